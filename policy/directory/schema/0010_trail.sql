-- Who changed what: an audit that only grows, each row bound to the one before it by a hash.

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL CHECK (length(actor) BETWEEN 1 AND 250),
    operation text NOT NULL CHECK (operation IN ('create', 'update', 'delete')),
    entity text NOT NULL,
    entity_id text,
    organisation_id uuid,
    changed jsonb NOT NULL CHECK (jsonb_typeof(changed) = 'object'),
    chain_no bigint UNIQUE,
    previous bytea,
    hash bytea,
    CONSTRAINT a_link_is_whole CHECK (num_nonnulls(chain_no, previous, hash) IN (0, 3))
);
COMMENT ON COLUMN audit.entity_id IS 'null: a statement over many rows, counted in changed';
COMMENT ON COLUMN audit.changed IS
'by column: {from, to} where the value may be told, else the word changed';
COMMENT ON COLUMN audit.chain_no IS 'null until the transaction commits';
CREATE INDEX audit_of_organisation ON audit (organisation_id, chain_no);
CREATE INDEX audit_of_entity ON audit (entity_id, chain_no);
CREATE INDEX audit_without_a_link ON audit (id) WHERE chain_no IS NULL;

-- Where the chain ends, and from where on it is still kept.
CREATE TABLE audit_head (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    chain_no bigint NOT NULL DEFAULT 0,
    hash bytea NOT NULL DEFAULT sha256(''),
    anchor_no bigint NOT NULL DEFAULT 0,
    anchor_hash bytea NOT NULL DEFAULT sha256(''),
    CONSTRAINT the_anchor_is_in_the_chain CHECK (anchor_no <= chain_no)
);
COMMENT ON COLUMN audit_head.anchor_no IS 'number and hash of the last row that has been pruned';
INSERT INTO audit_head DEFAULT VALUES;

-- These functions run as who owns the tables, and find nothing that stands in another schema.
SELECT set_config('vdx_policy.search_path', current_setting('search_path'), true);
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);


-- The chain ---------------------------------------------------------------------------------------

-- What is hashed, behind the hash before it. policy/directory/chain.py writes the very same text.
CREATE FUNCTION audit_text(noted audit, chain_no bigint) RETURNS text
STABLE PARALLEL SAFE
RETURN jsonb_build_array(
    chain_no, noted.id, to_char(noted.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    noted.actor, noted.operation, noted.entity, noted.entity_id, noted.organisation_id, noted.changed
)::text;

-- At the end of the transaction, so that whoever commits waits for one that is committing and never
-- for one that is still at work, and has taken every other lock before. The first row of a
-- transaction links all of them: those of others cannot be seen before they are linked.
CREATE FUNCTION audit_link() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $function$
DECLARE
    head audit_head;
    noted audit;
    before bytea;
BEGIN
    IF (SELECT chain_no FROM audit WHERE id = NEW.id) IS NOT NULL THEN
        RETURN NULL;
    END IF;
    SELECT * INTO head FROM audit_head FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse('the_audit_only_grows', 'audit: its head is missing, nothing can be noted');
    END IF;
    FOR noted IN SELECT * FROM audit WHERE chain_no IS NULL AND id >= NEW.id ORDER BY id LOOP
        before := head.hash;
        head.chain_no := head.chain_no + 1;
        head.hash := sha256(before || convert_to(audit_text(noted, head.chain_no), 'UTF8'));
        UPDATE audit SET chain_no = head.chain_no, previous = before, hash = head.hash
        WHERE id = noted.id;
    END LOOP;
    UPDATE audit_head SET chain_no = head.chain_no, hash = head.hash;
    RETURN NULL;
END
$function$;
CREATE CONSTRAINT TRIGGER a_row_is_linked AFTER INSERT ON audit
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION audit_link();

CREATE FUNCTION refuse_to_rewrite_the_audit() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.chain_no IS NULL AND (
            OLD.id, OLD.at, OLD.actor, OLD.operation, OLD.entity, OLD.entity_id,
            OLD.organisation_id, OLD.changed
        ) IS NOT DISTINCT FROM (
            NEW.id, NEW.at, NEW.actor, NEW.operation, NEW.entity, NEW.entity_id,
            NEW.organisation_id, NEW.changed
        ) THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF OLD.chain_no <= (SELECT anchor_no FROM audit_head) THEN
            RETURN OLD;
        END IF;
    END IF;
    PERFORM refuse('the_audit_only_grows', 'audit: its rows are neither changed nor removed');
END
$function$;
CREATE TRIGGER the_audit_only_grows BEFORE UPDATE OR DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite_the_audit();
CREATE TRIGGER the_audit_is_not_emptied BEFORE TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_the_audit();

-- The anchor moves forwards only, and never over a row that must still be kept: what may be removed
-- follows from it.
CREATE FUNCTION refuse_a_wrong_anchor() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        PERFORM refuse('the_audit_only_grows', 'audit: its head is neither added to nor removed');
    ELSIF NEW.anchor_no < OLD.anchor_no OR EXISTS (
        SELECT FROM audit
        WHERE chain_no > OLD.anchor_no AND chain_no <= NEW.anchor_no
            AND at > now() - interval '13 months'
    ) THEN
        PERFORM refuse('the_audit_is_kept', 'audit: each row is kept for 13 months');
    ELSIF NEW.anchor_hash <> (SELECT hash FROM audit WHERE chain_no = NEW.anchor_no) THEN
        PERFORM refuse('the_audit_only_grows', 'audit: the anchor is the hash of the last pruned row');
    END IF;
    RETURN NEW;
END
$function$;
CREATE TRIGGER an_anchor_is_right BEFORE INSERT OR DELETE OR UPDATE OF anchor_no, anchor_hash
ON audit_head
FOR EACH ROW EXECUTE FUNCTION refuse_a_wrong_anchor();
CREATE TRIGGER the_head_is_not_emptied BEFORE TRUNCATE ON audit_head
FOR EACH STATEMENT EXECUTE FUNCTION refuse_a_wrong_anchor();

-- Removes the oldest rows, all before the first one that is not older; gives how many.
CREATE FUNCTION prune_audit(before timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
DECLARE
    head audit_head;
    last bigint;
    removed bigint;
BEGIN
    SELECT * INTO head FROM audit_head FOR UPDATE;
    SELECT coalesce(min(chain_no) - 1, head.chain_no) INTO last FROM audit WHERE at >= before;
    IF last <= head.anchor_no THEN
        RETURN 0;
    END IF;
    UPDATE audit_head
    SET anchor_no = last, anchor_hash = (SELECT hash FROM audit WHERE chain_no = last);
    DELETE FROM audit WHERE chain_no <= last;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END
$function$;
REVOKE EXECUTE ON FUNCTION prune_audit(timestamptz) FROM PUBLIC;


-- What is noted -----------------------------------------------------------------------------------

-- A key of several columns is written with a space between them.
CREATE FUNCTION audit_key(noted jsonb, columns text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
SELECT string_agg(noted ->> name, ' ' ORDER BY position)
FROM unnest(columns) WITH ORDINALITY AS key (name, position)
$function$;

CREATE FUNCTION audit_changes(before jsonb, after jsonb, told text[], untold text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
SELECT coalesce(jsonb_object_agg(name, CASE
    WHEN NOT name = ANY (told) THEN '"changed"'
    WHEN before IS NULL THEN jsonb_build_object('to', after -> name)
    WHEN after IS NULL THEN jsonb_build_object('from', before -> name)
    ELSE jsonb_build_object('from', before -> name, 'to', after -> name)
END), '{}')
FROM jsonb_object_keys(coalesce(after, before)) AS name
WHERE name <> ALL (untold)
    AND coalesce(before -> name, 'null') <> coalesce(after -> name, 'null')
    -- What a new row leaves empty is no news.
    AND (before IS NOT NULL OR after -> name NOT IN ('{}', '[]'))
$function$;

-- Whose row it is. An address that goes with its room is nobody's: the room is gone already.
CREATE FUNCTION audit_owner(entity text, noted jsonb) RETURNS uuid
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $function$
BEGIN
    RETURN CASE entity
        WHEN 'organisation' THEN (noted ->> 'id')::uuid
        WHEN 'address' THEN coalesce(
            (noted ->> 'organisation_id')::uuid,
            (SELECT organisation_id FROM room WHERE id = (noted ->> 'room_id')::uuid),
            (SELECT organisation_id FROM device WHERE id = (noted ->> 'device_id')::uuid)
        )
        WHEN 'contact' THEN (
            SELECT organisation_id FROM user_account WHERE id = (noted ->> 'user_account_id')::uuid
        )
        ELSE (noted ->> 'organisation_id')::uuid
    END;
END
$function$;

-- Arguments: the key; columns whose values are told; columns that are not looked at; and for tables
-- with large ones, all that are. Any other column, also one that a later migration adds, appears by
-- its name alone. More than 1,000 rows are counted and not told one by one.
CREATE FUNCTION note_changes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET timezone = 'UTC' AS $function$
DECLARE
    key text[] := TG_ARGV[0];
    told text[] := TG_ARGV[1];
    untold text[] := TG_ARGV[2];
    actor text := left(coalesce(
        nullif(current_setting('vdx_policy.actor', true), ''), session_user
    ), 250);
    operation text := CASE TG_OP
        WHEN 'INSERT' THEN 'create' WHEN 'UPDATE' THEN 'update' ELSE 'delete'
    END;
    many text := CASE TG_OP WHEN 'DELETE' THEN 'older' ELSE 'newer' END;
    older_rows jsonb[];
    newer_rows jsonb[];
    touched bigint;
    owner uuid;
BEGIN
    CASE TG_OP
        WHEN 'TRUNCATE' THEN NULL;
        WHEN 'DELETE' THEN SELECT count(*) INTO touched FROM older;
        ELSE SELECT count(*) INTO touched FROM newer;
    END CASE;
    IF touched = 0 THEN
        RETURN NULL;
    END IF;
    IF touched > 1000 AND 'organisation_id' = ANY (told) THEN
        EXECUTE format(
            'SELECT min(organisation_id::text) FROM %I HAVING count(DISTINCT organisation_id) = 1',
            many
        ) INTO owner;
    END IF;
    IF touched > 1000 OR touched IS NULL THEN
        INSERT INTO audit (actor, operation, entity, organisation_id, changed)
        VALUES (actor, operation, TG_TABLE_NAME, owner, jsonb_build_object(
            'rows', coalesce(touched::text, 'all')
        ));
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        IF TG_NARGS = 3 THEN
            SELECT array_agg(to_jsonb(older)) INTO older_rows FROM older;
        ELSE
            EXECUTE format(
                'SELECT array_agg(to_jsonb(each)) FROM (SELECT %s FROM older) AS each', TG_ARGV[3]
            ) INTO older_rows;
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        IF TG_NARGS = 3 THEN
            SELECT array_agg(to_jsonb(newer)) INTO newer_rows FROM newer;
        ELSE
            EXECUTE format(
                'SELECT array_agg(to_jsonb(each)) FROM (SELECT %s FROM newer) AS each', TG_ARGV[3]
            ) INTO newer_rows;
        END IF;
    END IF;
    INSERT INTO audit (actor, operation, entity, entity_id, organisation_id, changed)
    SELECT actor, operation, TG_TABLE_NAME, each.id, audit_owner(TG_TABLE_NAME, each.noted),
        each.changed
    FROM (
        SELECT
            coalesce(newer.id, older.id) AS id,
            coalesce(newer.noted, older.noted) AS noted,
            audit_changes(older.noted, newer.noted, told, key || untold) AS changed
        FROM (
            SELECT audit_key(noted, key) AS id, noted FROM unnest(older_rows) AS noted
        ) AS older
        FULL JOIN (
            SELECT audit_key(noted, key) AS id, noted FROM unnest(newer_rows) AS noted
        ) AS newer ON newer.id = older.id
    ) AS each
    WHERE operation <> 'update' OR each.changed <> '{}'
    ORDER BY each.id;
    RETURN NULL;
END
$function$;

-- Told are states, times, codes, limits, names of things and the addresses that are dialled. Not
-- told: what a person wrote freely, what opens something, what is encrypted.
DO $do$
DECLARE
    noted record;
BEGIN
    FOR noted IN
        SELECT * FROM (VALUES
            ('organisation', '{id}', '{parent_id,type,name,code,state,legacy_group_id,purposes,'
                'quota_permanent_rooms,pool_size,allow_own_address,sms_sender_name,'
                'agreements_required,merged_into_id,deleted_at}', '{path}', NULL),
            ('domain', '{domain}', '{organisation_id,inherit,history_only}', '{}', NULL),
            ('agreement', '{id}', '{organisation_id,kind,version,signed_on,valid_from,valid_to,'
                'sub_processor_list_version}', '{}', NULL),
            ('user_account', '{id}', '{organisation_id,email,roles}', '{}', NULL),
            ('number_range', '{id}', '{organisation_id,name,domain,prefix,low,high,expected}', '{}',
                NULL),
            ('template', '{id}', '{organisation_id,name,service_type,is_default,range_id,'
                'host_pin_required,guest_pin_required,lead_minutes,end_meeting_on_end_time,'
                'legacy_id}', '{}', NULL),
            ('room', '{id}', '{organisation_id,kind,state,service_name,service_type,allow_guests,'
                'participant_limit,view,host_view,guest_view,max_pixels_per_second,ivr_theme_name,'
                'enable_overlay_text,guests_can_present,enable_chat,force_presenter_into_main,'
                'mute_all_guests,crypto_mode,direct_media,template_id,listed,picture_id,created_at}',
                '{updated_at}', NULL),
            ('booking', '{id}', '{organisation_id,room_id,starts_at,ends_at,lead_minutes,'
                'end_meeting_on_end_time,cancelled_at,ended_at,overrun_minutes,long_permitted,'
                'organised_by,created_by,updated_by,created_at,project_code,external_id,'
                'guest_microphone,guest_pin_required,meeting_type}',
                '{kind,updated_at,runs_seen_at,swept_at}', NULL),
            ('device', '{id}', '{organisation_id,single_sign_on,without_proof,enabled,listed,'
                'picture_id,created_at}', '{registered_until}', NULL),
            ('address', '{id}', '{local,domain,kind,state,room_id,device_id,since,until,'
                'organisation_id,range_id}', '{}', NULL),
            ('picture', '{id}', '{organisation_id,sha256,width,height}', '{}',
                'id, organisation_id, sha256, width, height, added_at'),
            ('phonebook_grant', '{organisation_id,seen_by_id}', '{organisation_id,seen_by_id}', '{}',
                NULL),
            ('reservation', '{id}', '{organisation_id,room_id,until,created_by}', '{}', NULL),
            ('message_template', '{id}', '{organisation_id,name,inherit}', '{}', NULL),
            ('theme', '{id}', '{organisation_id,name,pexip_name,inherit,legacy_key}', '{}',
                'id, organisation_id, name, pexip_name, inherit, legacy_key, '
                'md5(archive) AS archive'),
            ('contact', '{id}', '{user_account_id}', '{}', NULL),
            ('emergency_number', '{number}', '{}', '{}', NULL),
            ('platform_names', '{kind}', '{}', '{}', NULL)
        ) AS noted (entity, key, told, untold, columns)
    LOOP
        EXECUTE format(
            'CREATE TRIGGER changes_are_noted_new AFTER INSERT ON %1$I '
            'REFERENCING NEW TABLE AS newer '
            'FOR EACH STATEMENT EXECUTE FUNCTION note_changes(%2$s); '
            'CREATE TRIGGER changes_are_noted_changed AFTER UPDATE ON %1$I '
            'REFERENCING OLD TABLE AS older NEW TABLE AS newer '
            'FOR EACH STATEMENT EXECUTE FUNCTION note_changes(%2$s); '
            'CREATE TRIGGER changes_are_noted_gone AFTER DELETE ON %1$I '
            'REFERENCING OLD TABLE AS older '
            'FOR EACH STATEMENT EXECUTE FUNCTION note_changes(%2$s); '
            'CREATE TRIGGER changes_are_noted_emptied AFTER TRUNCATE ON %1$I '
            'FOR EACH STATEMENT EXECUTE FUNCTION note_changes(%2$s)',
            noted.entity,
            concat_ws(', ', quote_literal(noted.key), quote_literal(noted.told),
                quote_literal(noted.untold), quote_literal(noted.columns))
        );
    END LOOP;
END
$do$;

SELECT set_config('search_path', current_setting('vdx_policy.search_path'), true);
