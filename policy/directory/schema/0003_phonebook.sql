-- Who finds whom: what a registered app shows when its user types into the search field.

-- Part of PostgreSQL and trusted: whoever may create in this database may have it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Nobody is found before somebody has said so: a description may tell of health or of a person.
ALTER TABLE room
ADD COLUMN listed boolean NOT NULL DEFAULT false,
ADD CONSTRAINT a_booking_is_never_listed CHECK (NOT listed OR kind = 'permanent');
ALTER TABLE device ADD COLUMN listed boolean NOT NULL DEFAULT false;

CREATE TABLE phonebook_grant (
    organisation_id uuid NOT NULL REFERENCES organisation ON DELETE CASCADE,
    seen_by_id uuid NOT NULL REFERENCES organisation ON DELETE CASCADE,
    PRIMARY KEY (seen_by_id, organisation_id),
    CONSTRAINT an_organisation_sees_itself_anyway CHECK (organisation_id <> seen_by_id)
);
COMMENT ON TABLE phonebook_grant IS
'the devices of seen_by find what organisation has listed; neither reaches further down the tree';
CREATE INDEX phonebook_grant_of_organisation ON phonebook_grant (organisation_id);
CREATE INDEX organisation_of_parent ON organisation (parent_id);

-- What follows names every letter itself and sorts by bytes, so that it gives the same on every
-- server: not all are built with ICU, and in the locale C trigrams see no letter beyond ASCII.

-- Lower case, letters apart from their marks, and one space for all that is no letter or digit.
CREATE FUNCTION phonebook_plain(written text) RETURNS text
IMMUTABLE STRICT PARALLEL SAFE
RETURN btrim(regexp_replace(
    lower(normalize(written, NFKD) COLLATE "C"),
    '[\u0001-\u002f\u003a-\u0060\u007b-\u00bf\u2000-\u206f]+', ' ', 'g'
));

CREATE FUNCTION phonebook_unmarked(plain text) RETURNS text
IMMUTABLE STRICT PARALLEL SAFE
RETURN replace(replace(
    translate(regexp_replace(plain, '[\u0300-\u036f]+', '', 'g'), 'ðÐđĐłŁÞ', 'ddddllþ'),
    'þ', 'th'
), 'ß', 'ss');

-- æ, ø, å in two letters: møde, moede and Møde are the same.
CREATE FUNCTION phonebook_long(written text) RETURNS text
IMMUTABLE STRICT PARALLEL SAFE
RETURN phonebook_unmarked(regexp_replace(regexp_replace(regexp_replace(
    phonebook_plain(written),
    'a\u030a', 'aa', 'g'), 'a\u0308|[æÆ]', 'ae', 'g'), 'o\u0308|[øØœŒ]', 'oe', 'g'
));

-- And in one: so are mode and møde.
CREATE FUNCTION phonebook_short(long text) RETURNS text
IMMUTABLE STRICT PARALLEL SAFE
RETURN regexp_replace(regexp_replace(long, 'a[ae]+', 'a', 'g'), 'oe+', 'o', 'g');

-- The words of an entry, each behind a space: long, and short where that is not the same.
CREATE FUNCTION phonebook_words(long text) RETURNS text
IMMUTABLE STRICT PARALLEL SAFE
RETURN ' ' || long || coalesce(' ' || nullif(phonebook_short(long), long), '') || ' ';

-- The Danish alphabet in ASCII: æ, ø, å (or aa) come after z, ü is y, a space before all.
CREATE FUNCTION phonebook_order(written text) RETURNS text
IMMUTABLE STRICT PARALLEL SAFE
RETURN phonebook_unmarked(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
    phonebook_plain(written),
    'a\u030a|aa', '}', 'g'), 'a\u0308|[æÆ]', '{', 'g'), 'o\u0308|[øØœŒ]', '|', 'g'), 'u\u0308', 'y', 'g'
));

-- All that is listed and can be dialled, as it is now. Of several aliases the first is shown, one
-- with a domain before a bare one; all of them are searched.
CREATE VIEW phonebook_source AS
SELECT
    target.room_id,
    target.device_id,
    target.organisation_id,
    dialled.alias,
    coalesce(nullif(target.description, ''), dialled.alias) AS description,
    phonebook_words(phonebook_long(concat_ws(' ', target.description, dialled.locals))) AS words
FROM (
    SELECT id AS room_id, NULL::uuid AS device_id, organisation_id, description
    FROM room
    WHERE listed AND kind = 'permanent' AND state IN ('active', 'unused-warned')
    UNION ALL
    SELECT NULL, id, organisation_id, description FROM device WHERE listed AND enabled
) AS target
CROSS JOIN LATERAL (
    SELECT
        (array_agg(
            concat_ws('@', address.local, address.domain)
            ORDER BY address.domain IS NULL, address.id
        ))[1] AS alias,
        string_agg(address.local, ' ' ORDER BY address.id) AS locals
    FROM address
    LEFT JOIN domain ON domain.domain = address.domain
    WHERE address.state = 'active' AND domain.history_only IS NOT TRUE
        AND (address.room_id = target.room_id OR address.device_id = target.device_id)
) AS dialled
WHERE dialled.alias IS NOT NULL;

CREATE TABLE phonebook_entry (
    room_id uuid UNIQUE REFERENCES room ON DELETE CASCADE,
    device_id uuid UNIQUE REFERENCES device ON DELETE CASCADE,
    organisation_id uuid NOT NULL REFERENCES organisation,
    alias text NOT NULL,
    description text NOT NULL,
    words text NOT NULL,
    sort_key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (phonebook_order(description)) STORED,
    CONSTRAINT an_entry_is_a_room_or_a_device CHECK (num_nonnulls(room_id, device_id) = 1)
);
COMMENT ON TABLE phonebook_entry IS 'phonebook_source, kept by triggers: nobody writes here';
-- Without a list of entries still to be sorted in: after 15,000 new ones it cost each search 80 ms.
CREATE INDEX phonebook_entry_by_words ON phonebook_entry USING gin (words gin_trgm_ops)
WITH (fastupdate = off);
CREATE INDEX phonebook_entry_of_organisation ON phonebook_entry (organisation_id);

-- The row is locked first: who changes the same room at the same time waits, and then sees it all.
CREATE FUNCTION phonebook_refresh(room_to_list uuid, device_to_list uuid) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM FROM room WHERE id = room_to_list FOR NO KEY UPDATE;
    PERFORM FROM device WHERE id = device_to_list FOR NO KEY UPDATE;
    DELETE FROM phonebook_entry WHERE room_id = room_to_list OR device_id = device_to_list;
    INSERT INTO phonebook_entry (room_id, device_id, organisation_id, alias, description, words)
    SELECT * FROM phonebook_source
    WHERE room_id = room_to_list OR device_id = device_to_list;
END $$;

CREATE FUNCTION phonebook_follow_room() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM phonebook_refresh(NEW.id, NULL);
    RETURN NULL;
END $$;

CREATE FUNCTION phonebook_follow_device() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM phonebook_refresh(NULL, NEW.id);
    RETURN NULL;
END $$;

CREATE FUNCTION phonebook_follow_address() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM phonebook_refresh(OLD.room_id, OLD.device_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM phonebook_refresh(NEW.room_id, NEW.device_id);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION phonebook_follow_domain() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM phonebook_refresh(room_id, device_id)
    FROM address
    WHERE domain = NEW.domain AND kind IN ('permanent', 'device');
    RETURN NULL;
END $$;

CREATE TRIGGER phonebook_follows
AFTER UPDATE OF organisation_id, state, description, listed ON room
FOR EACH ROW WHEN (NEW.listed OR OLD.listed) EXECUTE FUNCTION phonebook_follow_room();

CREATE TRIGGER phonebook_follows
AFTER UPDATE OF organisation_id, enabled, description, listed ON device
FOR EACH ROW WHEN (NEW.listed OR OLD.listed) EXECUTE FUNCTION phonebook_follow_device();

CREATE TRIGGER phonebook_follows_new AFTER INSERT ON address
FOR EACH ROW WHEN (NEW.kind IN ('permanent', 'device'))
EXECUTE FUNCTION phonebook_follow_address();

CREATE TRIGGER phonebook_follows_changed
AFTER UPDATE OF local, domain, kind, state, room_id, device_id ON address
FOR EACH ROW WHEN (OLD.kind IN ('permanent', 'device') OR NEW.kind IN ('permanent', 'device'))
EXECUTE FUNCTION phonebook_follow_address();

CREATE TRIGGER phonebook_follows_gone AFTER DELETE ON address
FOR EACH ROW WHEN (OLD.kind IN ('permanent', 'device'))
EXECUTE FUNCTION phonebook_follow_address();

CREATE TRIGGER phonebook_follows AFTER UPDATE OF history_only ON domain
FOR EACH ROW EXECUTE FUNCTION phonebook_follow_domain();
