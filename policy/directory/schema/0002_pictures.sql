-- Pictures of devices and rooms: what a node asks for as an avatar.

CREATE TABLE picture (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organisation_id uuid NOT NULL REFERENCES organisation,
    image bytea NOT NULL,
    sha256 bytea NOT NULL GENERATED ALWAYS AS (sha256(image)) STORED,
    width integer NOT NULL CHECK (width BETWEEN 16 AND 1024),
    height integer NOT NULL CHECK (height BETWEEN 16 AND 1024),
    added_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, organisation_id),
    UNIQUE (organisation_id, sha256),
    CONSTRAINT an_image_is_a_jpeg CHECK (substring(image FROM 1 FOR 3) = '\xffd8ff'),
    CONSTRAINT an_image_has_at_most_2_mb CHECK (octet_length(image) <= 2097152)
);
COMMENT ON TABLE picture IS 'checked and encoded anew by the program; each once per organisation';
-- A JPEG does not get smaller, and is read whole.
ALTER TABLE picture ALTER COLUMN image SET STORAGE EXTERNAL;

-- What has been drawn from a picture is kept under its id.
CREATE FUNCTION refuse_to_change_a_picture() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a picture never changes: add another one'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER a_picture_never_changes BEFORE UPDATE OF id, image, width, height ON picture
FOR EACH ROW EXECUTE FUNCTION refuse_to_change_a_picture();

-- Nobody shows a picture of another organisation.
ALTER TABLE room
ADD COLUMN picture_id uuid,
ADD CONSTRAINT a_room_shows_a_picture_of_its_organisation
FOREIGN KEY (picture_id, organisation_id) REFERENCES picture (id, organisation_id)
ON DELETE SET NULL (picture_id);

ALTER TABLE device
ADD COLUMN picture_id uuid,
ADD CONSTRAINT a_device_shows_a_picture_of_its_organisation
FOREIGN KEY (picture_id, organisation_id) REFERENCES picture (id, organisation_id)
ON DELETE SET NULL (picture_id);

CREATE INDEX room_of_picture ON room (picture_id) WHERE picture_id IS NOT NULL;
CREATE INDEX device_of_picture ON device (picture_id) WHERE picture_id IS NOT NULL;
