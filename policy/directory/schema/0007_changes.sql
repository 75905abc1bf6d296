-- What has changed, for servers that keep rows in memory. The log is written in the transaction of
-- the change itself; the notification only wakes whoever listens, and may be lost.

CREATE TABLE change_log (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind text NOT NULL,
    key text,
    -- Read by transaction, not by number: a number is taken long before it can be seen.
    PRIMARY KEY (xid, seq),
    CONSTRAINT a_change_is_of_an_address_of_a_row_or_of_all CHECK (
        kind IN ('local', 'row') AND key IS NOT NULL OR kind = 'all' AND key IS NULL
    )
);
COMMENT ON TABLE change_log IS 'what servers must look at again; rows go after a day';
COMMENT ON COLUMN change_log.key IS
'local: the local part of an address; row: id of a room, device, template or organisation';

-- Tenants will write under roles of their own: these functions run as who owns the tables, and find
-- nothing that somebody has put into another schema.
SELECT set_config('vdx_policy.search_path', current_setting('search_path'), true);
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

CREATE FUNCTION change_log_wake() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $function$
BEGIN
    PERFORM pg_notify('vdx_policy_changes', '');  -- those of one transaction become one
    RETURN NULL;
END
$function$;

CREATE TRIGGER change_log_wakes AFTER INSERT ON change_log
FOR EACH STATEMENT EXECUTE FUNCTION change_log_wake();

-- One by one up to 1,000; beyond that to look at everything again is less work.
CREATE FUNCTION change_log_add(kind text, keys text[]) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
BEGIN
    IF cardinality(keys) > 1000 THEN
        INSERT INTO change_log (kind) VALUES ('all');
    ELSIF cardinality(keys) > 0 THEN
        INSERT INTO change_log (kind, key) SELECT change_log_add.kind, unnest(keys);
    END IF;
END
$function$;

CREATE FUNCTION change_log_all() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $function$
BEGIN
    INSERT INTO change_log (kind) VALUES ('all');
    RETURN NULL;
END
$function$;

-- For tables whose rows are named by their id.
CREATE FUNCTION change_log_ids() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $function$
DECLARE
    keys text[];
BEGIN
    IF TG_OP = 'DELETE' THEN
        keys := ARRAY(SELECT id FROM older LIMIT 1001);
    ELSE
        keys := ARRAY(SELECT id FROM newer UNION SELECT id FROM older LIMIT 1001);
    END IF;
    PERFORM change_log_add('row', keys);
    RETURN NULL;
END
$function$;

-- For tables that belong to a room and change what its addresses answer.
CREATE FUNCTION change_log_rooms() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $function$
DECLARE
    keys text[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        keys := ARRAY(SELECT room_id FROM newer LIMIT 1001);
    ELSIF TG_OP = 'DELETE' THEN
        keys := ARRAY(SELECT room_id FROM older LIMIT 1001);
    ELSE
        keys := ARRAY(SELECT room_id FROM newer UNION SELECT room_id FROM older LIMIT 1001);
    END IF;
    PERFORM change_log_add('row', keys);
    RETURN NULL;
END
$function$;

CREATE FUNCTION change_log_locals() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $function$
DECLARE
    keys text[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        keys := ARRAY(SELECT local FROM newer LIMIT 1001);
    ELSIF TG_OP = 'DELETE' THEN
        keys := ARRAY(SELECT local FROM older LIMIT 1001);
    ELSE
        keys := ARRAY(SELECT local FROM newer UNION SELECT local FROM older LIMIT 1001);
    END IF;
    PERFORM change_log_add('local', keys);
    RETURN NULL;
END
$function$;

-- A path follows from codes and parents alone, of those above as well: whoever changes one of these
-- changes what is known of all below. A new organisation has nobody yet.
CREATE FUNCTION change_log_organisations() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $function$
BEGIN
    IF EXISTS (
        SELECT FROM newer LEFT JOIN older USING (id)
        WHERE (newer.code, newer.parent_id) IS DISTINCT FROM (older.code, older.parent_id)
    ) THEN
        INSERT INTO change_log (kind) VALUES ('all');
    ELSE
        PERFORM change_log_add('row', ARRAY(SELECT id::text FROM newer LIMIT 1001));
    END IF;
    RETURN NULL;
END
$function$;

SELECT set_config('search_path', current_setting('vdx_policy.search_path'), true);

-- A new room, device, template or organisation is nobody's before another row names it, and that
-- row is logged: an address, or a room that is changed. Only a booking comes after its address.

CREATE TRIGGER change_log_new AFTER INSERT ON address
REFERENCING NEW TABLE AS newer
FOR EACH STATEMENT EXECUTE FUNCTION change_log_locals();
CREATE TRIGGER change_log_changed AFTER UPDATE ON address
REFERENCING OLD TABLE AS older NEW TABLE AS newer
FOR EACH STATEMENT EXECUTE FUNCTION change_log_locals();
CREATE TRIGGER change_log_gone AFTER DELETE ON address
REFERENCING OLD TABLE AS older
FOR EACH STATEMENT EXECUTE FUNCTION change_log_locals();
CREATE TRIGGER change_log_emptied AFTER TRUNCATE ON address
FOR EACH STATEMENT EXECUTE FUNCTION change_log_all();

CREATE TRIGGER change_log_new AFTER INSERT ON booking
REFERENCING NEW TABLE AS newer
FOR EACH STATEMENT EXECUTE FUNCTION change_log_rooms();
CREATE TRIGGER change_log_changed AFTER UPDATE ON booking
REFERENCING OLD TABLE AS older NEW TABLE AS newer
FOR EACH STATEMENT EXECUTE FUNCTION change_log_rooms();
CREATE TRIGGER change_log_gone AFTER DELETE ON booking
REFERENCING OLD TABLE AS older
FOR EACH STATEMENT EXECUTE FUNCTION change_log_rooms();
CREATE TRIGGER change_log_emptied AFTER TRUNCATE ON booking
FOR EACH STATEMENT EXECUTE FUNCTION change_log_all();

CREATE TRIGGER change_log_changed AFTER UPDATE ON room
REFERENCING OLD TABLE AS older NEW TABLE AS newer
FOR EACH STATEMENT EXECUTE FUNCTION change_log_ids();
CREATE TRIGGER change_log_gone AFTER DELETE ON room
REFERENCING OLD TABLE AS older
FOR EACH STATEMENT EXECUTE FUNCTION change_log_ids();
CREATE TRIGGER change_log_emptied AFTER TRUNCATE ON room
FOR EACH STATEMENT EXECUTE FUNCTION change_log_all();

CREATE TRIGGER change_log_changed AFTER UPDATE ON device
REFERENCING OLD TABLE AS older NEW TABLE AS newer
FOR EACH STATEMENT EXECUTE FUNCTION change_log_ids();
CREATE TRIGGER change_log_gone AFTER DELETE ON device
REFERENCING OLD TABLE AS older
FOR EACH STATEMENT EXECUTE FUNCTION change_log_ids();
CREATE TRIGGER change_log_emptied AFTER TRUNCATE ON device
FOR EACH STATEMENT EXECUTE FUNCTION change_log_all();

CREATE TRIGGER change_log_changed AFTER UPDATE ON template
REFERENCING OLD TABLE AS older NEW TABLE AS newer
FOR EACH STATEMENT EXECUTE FUNCTION change_log_ids();
CREATE TRIGGER change_log_gone AFTER DELETE ON template
REFERENCING OLD TABLE AS older
FOR EACH STATEMENT EXECUTE FUNCTION change_log_ids();
CREATE TRIGGER change_log_emptied AFTER TRUNCATE ON template
FOR EACH STATEMENT EXECUTE FUNCTION change_log_all();

CREATE TRIGGER change_log_changed AFTER UPDATE ON organisation
REFERENCING OLD TABLE AS older NEW TABLE AS newer
FOR EACH STATEMENT EXECUTE FUNCTION change_log_organisations();
CREATE TRIGGER change_log_emptied AFTER TRUNCATE ON organisation
FOR EACH STATEMENT EXECUTE FUNCTION change_log_all();

-- Which domains are ours decides of every address, also of those that nobody owns.
CREATE TRIGGER change_log_any AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON domain
FOR EACH STATEMENT EXECUTE FUNCTION change_log_all();
