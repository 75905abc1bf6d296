-- PINs are encrypted by the program; what is left in clear is what the rules between them need. And
-- rows that are written by the million cost no more than they must.

-- A sealed PIN is `<length>[#].<mark>.<key>.<box>`, see policy/directory/sealing.py. The length
-- counts a `#` at the end; within one room equal PINs have equal marks. Not valid yet: rows that were
-- there before are sealed by the migration, which then validates.
ALTER TABLE room
DROP CONSTRAINT room_pin_check,
DROP CONSTRAINT room_guest_pin_check,
DROP CONSTRAINT pins_differ,
DROP CONSTRAINT pins_have_the_same_length_or_both_end_with_hash,
-- Lengths apart from letters: counted in the regular expression they cost twenty times as much.
ADD CONSTRAINT a_pin_is_sealed CHECK (
    pin ~ '^[0-9]+#?\.[0-9a-f]+\.[0-9a-f]+\.[A-Za-z0-9+/]+=*$'
    AND length(split_part(pin, '.', 2)) = 16 AND length(split_part(pin, '.', 3)) = 8
    AND length(split_part(pin, '.', 4)) BETWEEN 40 AND 82
    AND guest_pin ~ '^[0-9]+#?\.[0-9a-f]+\.[0-9a-f]+\.[A-Za-z0-9+/]+=*$'
    AND length(split_part(guest_pin, '.', 2)) = 16 AND length(split_part(guest_pin, '.', 3)) = 8
    AND length(split_part(guest_pin, '.', 4)) BETWEEN 40 AND 82
) NOT VALID,
ADD CONSTRAINT pins_have_4_to_20_characters CHECK (
    pin ~ '^([4-9]|1[0-9]|20)#?\.' AND guest_pin ~ '^([4-9]|1[0-9]|20)#?\.'
) NOT VALID,
-- Only marks of one key can be compared: who changes one PIN seals both.
ADD CONSTRAINT both_pins_are_sealed_with_one_key
    CHECK (split_part(pin, '.', 3) = split_part(guest_pin, '.', 3)) NOT VALID,
ADD CONSTRAINT pins_differ
    CHECK (split_part(pin, '.', 2) <> split_part(guest_pin, '.', 2)) NOT VALID,
ADD CONSTRAINT pins_have_the_same_length_or_both_end_with_hash CHECK (
    split_part(pin, '.', 1) = split_part(guest_pin, '.', 1)
    OR pin LIKE '%#.%' AND guest_pin LIKE '%#.%'
) NOT VALID;
COMMENT ON COLUMN room.pin IS 'encrypted by the program, never clear text';
COMMENT ON COLUMN room.guest_pin IS 'encrypted by the program, never clear text';

-- What stands in for a sealed PIN where rules between fields are looked at: as long, and not the
-- other one. That two PINs differ is for the constraint above.
CREATE FUNCTION pin_stand_in(sealed text, digit text) RETURNS text
IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN sealed LIKE '%#.%' THEN repeat(digit, rtrim(split_part(sealed, '.', 1), '#')::integer - 1) || '#'
    ELSE repeat(digit, split_part(sealed, '.', 1)::integer)
END;

-- As before, but for the PINs.
CREATE OR REPLACE FUNCTION room_document(room room) RETURNS jsonb
LANGUAGE sql STABLE AS $function$
SELECT coalesce((SELECT template.service FROM template WHERE template.id = room.template_id), '{}')
    || jsonb_strip_nulls(jsonb_build_object(
        'name', room.service_name,
        'service_tag', coalesce(room.service_tag, ''),
        'service_type', room.service_type,
        'description', room.description,
        'pin', pin_stand_in(room.pin, '1'),
        'guest_pin', pin_stand_in(room.guest_pin, '2'),
        'allow_guests', nullif(room.allow_guests, false),
        'participant_limit', nullif(room.participant_limit, 0),
        'view', room.view,
        'host_view', room.host_view,
        'guest_view', room.guest_view,
        'max_pixels_per_second', room.max_pixels_per_second,
        'ivr_theme_name', room.ivr_theme_name,
        'enable_overlay_text', room.enable_overlay_text,
        'guests_can_present', room.guests_can_present,
        'enable_chat', room.enable_chat,
        'force_presenter_into_main', room.force_presenter_into_main,
        'mute_all_guests', room.mute_all_guests,
        'crypto_mode', room.crypto_mode,
        'direct_media', room.direct_media
    ))
    || room.service
$function$;

-- A plain room has nothing but columns: conference or lecture, no template, no theme, no further
-- fields. Its constraints say all that service_fault() would, at a small part of the price; a test
-- holds the two together.
CREATE FUNCTION is_plain(room room) RETURNS boolean
IMMUTABLE PARALLEL SAFE
RETURN room.service_type IN ('conference', 'lecture') AND room.template_id IS NULL
    AND room.ivr_theme_name IS NULL AND room.service = '{}';

ALTER TABLE room
ADD CONSTRAINT guests_of_a_plain_room_need_a_pin CHECK (
    NOT allow_guests OR pin IS NOT NULL
    OR template_id IS NOT NULL OR service <> '{}'
),
ADD CONSTRAINT teams_views_are_for_gateways
    CHECK (service_type = 'gateway' OR view NOT IN ('teams', 'teams_focus')),
DROP CONSTRAINT a_tag_has_1_to_100_characters,
-- Most rooms have no tags, and calling a function for each costs as much as writing the row.
ADD CONSTRAINT a_tag_has_1_to_100_characters CHECK (tags = '{}' OR tags_fit(tags));

DROP TRIGGER a_node_takes_the_service ON room;
CREATE TRIGGER a_node_takes_the_service AFTER INSERT OR UPDATE ON room
FOR EACH ROW WHEN (NOT is_plain(NEW)) EXECUTE FUNCTION refuse_what_a_node_would();

-- The phone book follows addresses by the statement, and looks only at who is listed. Rooms and
-- devices are locked first: whoever lists one meanwhile waits, and then sees the addresses of here.
CREATE FUNCTION phonebook_refresh_listed(rooms uuid[], devices uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
BEGIN
    PERFORM FROM room WHERE id = ANY (rooms) ORDER BY id FOR KEY SHARE;
    PERFORM FROM device WHERE id = ANY (devices) ORDER BY id FOR KEY SHARE;
    SELECT array_agg(id) INTO rooms FROM room WHERE id = ANY (rooms) AND listed;
    SELECT array_agg(id) INTO devices FROM device WHERE id = ANY (devices) AND listed;
    IF rooms IS NULL AND devices IS NULL THEN
        RETURN;
    END IF;
    PERFORM FROM room WHERE id = ANY (rooms) ORDER BY id FOR NO KEY UPDATE;
    PERFORM FROM device WHERE id = ANY (devices) ORDER BY id FOR NO KEY UPDATE;
    DELETE FROM phonebook_entry WHERE room_id = ANY (rooms) OR device_id = ANY (devices);
    INSERT INTO phonebook_entry (room_id, device_id, organisation_id, alias, description, words)
    SELECT * FROM phonebook_source
    WHERE room_id = ANY (rooms) OR device_id = ANY (devices);
END
$function$;

CREATE FUNCTION phonebook_follow_addresses() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
DECLARE
    rooms uuid[];
    devices uuid[];
BEGIN
    CASE TG_OP
        WHEN 'INSERT' THEN
            SELECT array_agg(DISTINCT room_id), array_agg(DISTINCT device_id) INTO rooms, devices
            FROM newer WHERE kind IN ('permanent', 'device');
        WHEN 'DELETE' THEN
            SELECT array_agg(DISTINCT room_id), array_agg(DISTINCT device_id) INTO rooms, devices
            FROM older WHERE kind IN ('permanent', 'device');
        ELSE
            SELECT array_agg(DISTINCT room_id), array_agg(DISTINCT device_id) INTO rooms, devices
            FROM (
                SELECT unnest(ARRAY[older.room_id, newer.room_id]) AS room_id,
                    unnest(ARRAY[older.device_id, newer.device_id]) AS device_id
                FROM older JOIN newer USING (id)
                WHERE (older.kind IN ('permanent', 'device') OR newer.kind IN ('permanent', 'device'))
                    AND (
                        older.local, older.domain, older.kind,
                        older.state, older.room_id, older.device_id
                    ) IS DISTINCT FROM (
                        newer.local, newer.domain, newer.kind,
                        newer.state, newer.room_id, newer.device_id
                    )
            ) AS changed;
    END CASE;
    IF rooms IS NOT NULL THEN  -- one that has any has both
        PERFORM phonebook_refresh_listed(rooms, devices);
    END IF;
    RETURN NULL;
END
$function$;

DROP TRIGGER phonebook_follows_new ON address;
CREATE TRIGGER phonebook_follows_new AFTER INSERT ON address
REFERENCING NEW TABLE AS newer
FOR EACH STATEMENT EXECUTE FUNCTION phonebook_follow_addresses();

DROP TRIGGER phonebook_follows_changed ON address;
CREATE TRIGGER phonebook_follows_changed AFTER UPDATE ON address
REFERENCING OLD TABLE AS older NEW TABLE AS newer
FOR EACH STATEMENT EXECUTE FUNCTION phonebook_follow_addresses();

DROP TRIGGER phonebook_follows_gone ON address;
CREATE TRIGGER phonebook_follows_gone AFTER DELETE ON address
REFERENCING OLD TABLE AS older
FOR EACH STATEMENT EXECUTE FUNCTION phonebook_follow_addresses();
DROP FUNCTION phonebook_follow_address();

-- Whoever begins to list waits for those who are writing addresses of the same room or device, who
-- did not see that it is listed.
CREATE OR REPLACE FUNCTION phonebook_follow_room() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
BEGIN
    IF NOT OLD.listed THEN
        PERFORM FROM room WHERE id = NEW.id FOR UPDATE;
    END IF;
    PERFORM phonebook_refresh(NEW.id, NULL);
    RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION phonebook_follow_device() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
BEGIN
    IF NOT OLD.listed THEN
        PERFORM FROM device WHERE id = NEW.id FOR UPDATE;
    END IF;
    PERFORM phonebook_refresh(NULL, NEW.id);
    RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION phonebook_follow_domain() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
BEGIN
    PERFORM phonebook_refresh_listed(array_agg(DISTINCT room_id), array_agg(DISTINCT device_id))
    FROM address
    WHERE domain = NEW.domain AND kind IN ('permanent', 'device');
    RETURN NULL;
END
$function$;
