-- What rules look at besides the owner: the organisations above it, and free words.

-- A word that a rule can name: short, and without what would break a line or hide.
CREATE FUNCTION tags_fit(tags text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $function$
SELECT coalesce(array_ndims(tags), 1) = 1
    AND NOT EXISTS (
        SELECT FROM unnest(tags) AS tag
        WHERE (tag ~ '^[^\u0001-\u001f\u007f-\u009f]{1,100}$') IS NOT TRUE
    )
$function$;

ALTER TABLE room
ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
ADD CONSTRAINT a_room_has_at_most_50_tags CHECK (cardinality(tags) <= 50),
ADD CONSTRAINT a_tag_has_1_to_100_characters CHECK (tags_fit(tags));
COMMENT ON COLUMN room.tags IS 'free words for rules to look at';

ALTER TABLE device
ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
ADD CONSTRAINT a_device_has_at_most_50_tags CHECK (cardinality(tags) <= 50),
ADD CONSTRAINT a_tag_has_1_to_100_characters CHECK (tags_fit(tags));
COMMENT ON COLUMN device.tags IS 'free words for rules to look at';

ALTER TABLE organisation ADD COLUMN path text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN organisation.path IS
'codes from the organisation itself up to its root, kept by triggers: nobody writes here';

-- Writes the paths of these organisations and of all below them. A group leaves no code in a path.
CREATE FUNCTION organisation_path_refresh(changed uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
DECLARE
    circle text;
BEGIN
    WITH RECURSIVE above (below_id, id) AS (
        SELECT id, parent_id FROM organisation WHERE id = ANY (changed)
        UNION
        SELECT above.below_id, organisation.parent_id
        FROM organisation JOIN above ON above.id = organisation.id
    )
    SELECT coalesce(organisation.code, organisation.name) INTO circle
    FROM above JOIN organisation USING (id) WHERE above.id = above.below_id LIMIT 1;
    IF circle IS NOT NULL THEN
        RAISE EXCEPTION 'organisation % is above itself', circle USING
            ERRCODE = 'check_violation', CONSTRAINT = 'no_organisation_is_above_itself';
    END IF;
    -- One that is below another of them is reached from both, and the longer way is the right one:
    -- the path of its parent is still to be written.
    WITH RECURSIVE below (id, path, steps) AS (
        SELECT
            organisation.id,
            array_remove(ARRAY[organisation.code], NULL) || coalesce(parent.path, '{}'),
            0
        FROM organisation LEFT JOIN organisation AS parent ON parent.id = organisation.parent_id
        WHERE organisation.id = ANY (changed)
        UNION ALL
        SELECT
            organisation.id,
            array_remove(ARRAY[organisation.code], NULL) || below.path,
            below.steps + 1
        FROM organisation JOIN below ON organisation.parent_id = below.id
    )
    UPDATE organisation SET path = furthest.path
    FROM (SELECT DISTINCT ON (id) id, path FROM below ORDER BY id, steps DESC) AS furthest
    WHERE organisation.id = furthest.id AND organisation.path IS DISTINCT FROM furthest.path;
END
$function$;

SELECT organisation_path_refresh(array_agg(id)) FROM organisation;

-- Who changes the tree waits for whoever is changing it, and then sees what they did: two moves at
-- once could each be right and together leave a wrong path, or a circle. The number is any.
CREATE FUNCTION organisation_tree_lock() RETURNS trigger
LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM pg_advisory_xact_lock(8390018);
    RETURN NULL;
END
$function$;

-- Runs once all rows of a statement are there, so that they may come in any order.
CREATE FUNCTION organisation_path_follow() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
DECLARE
    changed uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(id) INTO changed FROM newer;
    ELSE
        SELECT array_agg(newer.id) INTO changed FROM newer LEFT JOIN older USING (id)
        WHERE (newer.code, newer.parent_id, newer.path)
            IS DISTINCT FROM (older.code, older.parent_id, older.path);
    END IF;
    IF changed IS NOT NULL THEN  -- also what ends this: the refresh fires it again
        PERFORM organisation_path_refresh(changed);
    END IF;
    RETURN NULL;
END
$function$;

CREATE TRIGGER organisation_tree_waits BEFORE INSERT OR UPDATE OF code, parent_id ON organisation
FOR EACH STATEMENT EXECUTE FUNCTION organisation_tree_lock();

CREATE TRIGGER organisation_path_follows_new AFTER INSERT ON organisation
REFERENCING NEW TABLE AS newer
FOR EACH STATEMENT EXECUTE FUNCTION organisation_path_follow();

CREATE TRIGGER organisation_path_follows AFTER UPDATE ON organisation
REFERENCING OLD TABLE AS older NEW TABLE AS newer
FOR EACH STATEMENT EXECUTE FUNCTION organisation_path_follow();
