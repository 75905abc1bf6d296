-- Whoever acts for an organisation sees and changes what belongs to it and to those below it, and
-- nothing else: row security for the role vdx_policy_tenant, within the organisation whose id
-- stands in vdx_policy.scope. The tables' owner is not limited.

-- Roles belong to the whole cluster: another database may have brought it.
DO $do$
DECLARE
    newer boolean := current_setting('server_version_num')::integer >= 160000;
    asked text := format(
        'CREATE ROLE vdx_policy_tenant NOLOGIN; GRANT vdx_policy_tenant TO %I%s', current_user,
        CASE WHEN newer THEN ' WITH INHERIT FALSE, SET TRUE' END
    );
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'vdx_policy_tenant') THEN
        BEGIN
            CREATE ROLE vdx_policy_tenant NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- another database brought it this very moment
        END;
    END IF;
    IF EXISTS (
        SELECT FROM pg_roles WHERE rolname = 'vdx_policy_tenant' AND (rolsuper OR rolbypassrls)
    ) THEN
        RAISE EXCEPTION 'role vdx_policy_tenant: must neither be a superuser nor bypass row security';
    END IF;
    IF NOT pg_has_role(
        current_user, 'vdx_policy_tenant', CASE WHEN newer THEN 'SET' ELSE 'MEMBER' END
    ) THEN
        EXECUTE split_part(asked, '; ', 2);
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'role vdx_policy_tenant: who migrates may not make it, a superuser runs: %', asked;
END
$do$;

SELECT set_config('vdx_policy.search_path', current_setting('search_path'), true);
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- What triggers keep right, they keep right for all: none of them is limited to what a tenant sees.
DO $do$
DECLARE
    each regprocedure;
BEGIN
    FOR each IN
        SELECT oid FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND prorettype = 'trigger'::regtype
    LOOP
        EXECUTE format(
            'ALTER FUNCTION %s SECURITY DEFINER SET search_path = %I, pg_temp', each, current_schema()
        );
    END LOOP;
END
$do$;
REVOKE EXECUTE ON FUNCTION phonebook_refresh(uuid, uuid) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION phonebook_refresh_listed(uuid[], uuid[]) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION organisation_path_refresh(uuid[]) FROM PUBLIC;


-- The scope ---------------------------------------------------------------------------------------

CREATE FUNCTION scope_root() RETURNS uuid
STABLE PARALLEL SAFE
RETURN nullif(current_setting('vdx_policy.scope', true), '')::uuid;

-- Asked for once per query, since policies write it as a subquery. Without a scope: none.
CREATE FUNCTION scope() RETURNS uuid[]
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path FROM CURRENT AS $function$
WITH RECURSIVE below (id) AS (
    SELECT id FROM organisation WHERE id = scope_root()
    UNION
    SELECT organisation.id FROM organisation JOIN below ON below.id = organisation.parent_id
)
SELECT array_agg(id) FROM below
$function$;

-- Those from which the organisation of the scope inherits.
CREATE FUNCTION scope_above() RETURNS uuid[]
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path FROM CURRENT AS $function$
WITH RECURSIVE above (id) AS (
    SELECT parent_id FROM organisation WHERE id = scope_root()
    UNION
    SELECT organisation.parent_id FROM organisation JOIN above ON above.id = organisation.id
)
SELECT array_agg(id) FROM above WHERE id IS NOT NULL
$function$;

-- For functions that look further than a tenant: nobody is outside when there is no scope.
CREATE FUNCTION in_scope(asked uuid) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path FROM CURRENT AS $function$
BEGIN
    RETURN scope_root() IS NULL OR asked = ANY (scope());
END
$function$;

-- As in 0005, also for those above a tenant.
CREATE OR REPLACE FUNCTION domain_serves(asked text, organisation uuid) RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE SECURITY DEFINER SET search_path FROM CURRENT AS $function$
WITH RECURSIVE above (id, parent_id) AS (
    SELECT organisation.id, organisation.parent_id FROM organisation
    WHERE organisation.id = domain_serves.organisation
    UNION
    SELECT organisation.id, organisation.parent_id FROM organisation
    JOIN above ON above.parent_id = organisation.id
)
SELECT in_scope(domain_serves.organisation) AND EXISTS (
    SELECT FROM domain
    WHERE domain.domain = domain_serves.asked AND (
        domain.organisation_id = domain_serves.organisation
        OR domain.inherit AND domain.organisation_id IN (SELECT id FROM above)
    )
)
$function$;

-- As in 0009, also for those above a tenant.
CREATE OR REPLACE FUNCTION template_chain(organisation uuid, named uuid)
RETURNS TABLE (step integer, template_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $function$
WITH RECURSIVE above (id, parent_id, step) AS (
    SELECT asked.id, asked.parent_id, 1 FROM organisation AS asked
    WHERE asked.id = template_chain.organisation AND in_scope(asked.id)
    UNION ALL
    SELECT parent.id, parent.parent_id, above.step + 1
    FROM organisation AS parent JOIN above ON above.parent_id = parent.id
), chain AS (
    SELECT 0 AS step, template.id FROM template
    WHERE template.id = named
        AND template.organisation_id IS NOT DISTINCT FROM template_chain.organisation
        AND (template.organisation_id IS NULL OR in_scope(template.organisation_id))
    UNION ALL
    SELECT above.step, template.id
    FROM above JOIN template ON template.organisation_id = above.id AND template.is_default
    UNION ALL
    SELECT 1000000, template.id FROM template
    WHERE template.organisation_id IS NULL AND template.is_default
)
SELECT min(chain.step), chain.id FROM chain GROUP BY chain.id ORDER BY min(chain.step)
$function$;


-- What a tenant may do ----------------------------------------------------------------------------

-- Restrictive: whatever other policy is added, this one holds as well. `reads` says which rows are
-- seen, `writes` which are changed and removed, `leaves` what they may become; null: nothing.
DO $do$
DECLARE
    inside text := 'organisation_id = ANY ((SELECT scope())::uuid[])';
    above text := 'organisation_id = ANY ((SELECT scope_above())::uuid[])';
    policy record;
BEGIN
    FOR policy IN
        SELECT entity, reads, writes, coalesce(leaves, writes) AS leaves FROM (VALUES
            ('organisation',
                'id = ANY ((SELECT scope())::uuid[]) OR parent_id = ANY ((SELECT scope())::uuid[])',
                'id = ANY ((SELECT scope())::uuid[])',
                '(parent_id = ANY ((SELECT scope())::uuid[]) OR id = (SELECT scope_root())) AND '
                '(merged_into_id IS NULL OR merged_into_id = ANY ((SELECT scope())::uuid[]))'),
            -- Between an organisation and the platform, which notes them.
            ('agreement', inside, NULL, NULL),
            -- What reaches beyond an organisation is given by the platform.
            ('user_account', inside, inside, inside || ' AND NOT roles && ARRAY['
                '''meeting-provisioner'', ''meeting-provisioner-user'', ''operator'', ''support'']'),
            ('contact',
                'EXISTS (SELECT FROM user_account WHERE user_account.id = user_account_id)',
                'EXISTS (SELECT FROM user_account WHERE user_account.id = user_account_id)', NULL),
            ('domain', format('%s OR inherit AND %s', inside, above), inside, NULL),
            ('number_range',
                format('%s OR %s OR organisation_id IS NULL', inside, above), NULL, NULL),
            ('template',
                format('%s OR is_default AND %s OR organisation_id IS NULL', inside, above), inside,
                inside || ' AND (range_id IS NULL OR EXISTS ('
                'SELECT FROM number_range WHERE number_range.id = range_id))'),
            ('message_template', format('%s OR inherit AND %s', inside, above), inside, NULL),
            ('theme', format('%s OR inherit AND %s', inside, above), inside, NULL),
            ('room', inside, inside,
                inside || ' AND (template_id IS NULL OR EXISTS ('
                'SELECT FROM template WHERE template.id = template_id))'),
            ('booking', inside, inside, NULL),
            ('reservation', inside, inside, NULL),
            ('device', inside, inside, NULL),
            ('picture', inside, inside, NULL),
            ('address',
                inside || ' OR EXISTS (SELECT FROM room WHERE room.id = room_id)'
                ' OR EXISTS (SELECT FROM device WHERE device.id = device_id)',
                inside || ' OR EXISTS (SELECT FROM room WHERE room.id = room_id)'
                ' OR EXISTS (SELECT FROM device WHERE device.id = device_id)', NULL),
            ('address_use', 'EXISTS (SELECT FROM address WHERE address.id = address_id)', NULL, NULL),
            ('phonebook_grant',
                format('%s OR seen_by_id = ANY ((SELECT scope())::uuid[])', inside), inside, NULL),
            ('phonebook_entry', inside, NULL, NULL),
            ('audit', inside, NULL, NULL)
        ) AS policy (entity, reads, writes, leaves)
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', policy.entity);
        EXECUTE format('CREATE POLICY everybody ON %I USING (true)', policy.entity);
        EXECUTE format(
            'CREATE POLICY tenants_read ON %I AS RESTRICTIVE FOR SELECT TO vdx_policy_tenant '
            'USING (%s)', policy.entity, policy.reads
        );
        EXECUTE format('GRANT SELECT ON %I TO vdx_policy_tenant', policy.entity);
        CONTINUE WHEN policy.writes IS NULL;
        EXECUTE format(
            'CREATE POLICY tenants_add ON %1$I AS RESTRICTIVE FOR INSERT TO vdx_policy_tenant '
            'WITH CHECK (%3$s);'
            'CREATE POLICY tenants_change ON %1$I AS RESTRICTIVE FOR UPDATE TO vdx_policy_tenant '
            'USING (%2$s) WITH CHECK (%3$s);'
            'CREATE POLICY tenants_remove ON %1$I AS RESTRICTIVE FOR DELETE TO vdx_policy_tenant '
            'USING (%2$s);'
            'GRANT INSERT, UPDATE, DELETE ON %1$I TO vdx_policy_tenant',
            policy.entity, policy.writes, policy.leaves
        );
    END LOOP;
END
$do$;
-- Ranges are given from above. They change hands, and names where both have one, in a merge.
GRANT UPDATE (organisation_id, name) ON number_range TO vdx_policy_tenant;
CREATE POLICY tenants_change ON number_range AS RESTRICTIVE FOR UPDATE TO vdx_policy_tenant
USING (organisation_id = ANY ((SELECT scope())::uuid[]))
WITH CHECK (organisation_id = ANY ((SELECT scope())::uuid[]));
GRANT SELECT ON emergency_number, service_schema, platform_names TO vdx_policy_tenant;
DO $do$
BEGIN
    IF NOT has_schema_privilege('vdx_policy_tenant', current_schema(), 'USAGE') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO vdx_policy_tenant', current_schema());
    END IF;
END
$do$;

-- An organisation is framed from above: within its own scope it cannot change its place, its state
-- or its limits, and not take itself away.
CREATE FUNCTION refuse_to_leave_the_frame() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
BEGIN
    IF OLD.id = scope_root() AND (TG_OP = 'DELETE' OR (
        OLD.id, OLD.parent_id, OLD.type, OLD.code, OLD.state, OLD.legacy_group_id,
        OLD.quota_permanent_rooms, OLD.pool_size, OLD.allow_own_address, OLD.agreements_required,
        OLD.merged_into_id, OLD.deleted_at
    ) IS DISTINCT FROM (
        NEW.id, NEW.parent_id, NEW.type, NEW.code, NEW.state, NEW.legacy_group_id,
        NEW.quota_permanent_rooms, NEW.pool_size, NEW.allow_own_address, NEW.agreements_required,
        NEW.merged_into_id, NEW.deleted_at
    )) THEN
        PERFORM refuse('an_organisation_is_framed_from_above', format(
            'organisation %s: its place, state and limits are changed from above it',
            coalesce(OLD.code, OLD.name)
        ));
    END IF;
    RETURN coalesce(NEW, OLD);
END
$function$;
CREATE TRIGGER a_tenant_stays_in_its_frame BEFORE UPDATE OR DELETE ON organisation
FOR EACH ROW WHEN (current_user = 'vdx_policy_tenant') EXECUTE FUNCTION refuse_to_leave_the_frame();

-- Below itself it gives no more than it has: limits are the operator's, an organisation that is made
-- gets those of the scope, and nothing begins below one that is not active.
CREATE FUNCTION refuse_to_widen_the_frame() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $function$
DECLARE
    root organisation;
    above organisation;
    widens boolean;
BEGIN
    IF (NEW.parent_id = ANY (scope())) IS NOT TRUE THEN
        RETURN NEW;  -- itself, or what the policies refuse
    END IF;
    SELECT * INTO root FROM organisation WHERE id = scope_root();
    IF TG_OP = 'UPDATE' THEN
        widens := (
            OLD.quota_permanent_rooms, OLD.pool_size, OLD.allow_own_address,
            OLD.agreements_required, OLD.type = 'group'
        ) IS DISTINCT FROM (
            NEW.quota_permanent_rooms, NEW.pool_size, NEW.allow_own_address,
            NEW.agreements_required, NEW.type = 'group'
        );
    ELSIF NEW.type <> 'group' THEN
        NEW.quota_permanent_rooms := coalesce(NEW.quota_permanent_rooms, root.quota_permanent_rooms);
        widens := NEW.quota_permanent_rooms IS DISTINCT FROM root.quota_permanent_rooms
            OR coalesce(NEW.pool_size, 0) NOT IN (0, coalesce(root.pool_size, 0))
            OR NEW.allow_own_address AND NOT root.allow_own_address
            OR root.agreements_required AND NOT NEW.agreements_required;
        IF 'citizen' = ANY (root.purposes) AND NOT 'citizen' = ANY (NEW.purposes) THEN
            NEW.purposes := NEW.purposes || 'citizen'::text;
        END IF;
    END IF;
    IF widens THEN
        PERFORM refuse('limits_are_set_by_the_operator', format(
            'organisation %s: its quota, pool, addresses and need for agreements are as %s has them,'
            ' only the operator sets others', coalesce(NEW.code, NEW.name), root.code
        ));
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.state <> 'active' OR OLD.state = 'active') THEN
        RETURN NEW;
    END IF;
    WITH RECURSIVE upwards (id) AS (
        SELECT NEW.parent_id
        UNION
        SELECT organisation.parent_id FROM organisation JOIN upwards ON upwards.id = organisation.id
        WHERE organisation.id <> root.id
    )
    SELECT organisation.* INTO above FROM organisation JOIN upwards USING (id)
    WHERE organisation.state <> 'active' LIMIT 1;
    IF FOUND THEN
        PERFORM refuse('nothing_begins_below_what_is_not_active', format(
            'organisation %s: would begin below %s, which is %s',
            coalesce(NEW.code, NEW.name), coalesce(above.code, above.name), above.state
        ));
    END IF;
    IF NEW.state = 'active' AND NEW.type <> 'group' AND NOT NEW.agreements_required
        AND root.agreements_required AND NOT agreements_hold(root.id, now())
    THEN
        PERFORM refuse('active_needs_agreements_above', format(
            'organisation %s: has no agreements of its own, and those of %s have lapsed',
            NEW.code, root.code
        ));
    END IF;
    RETURN NEW;
END
$function$;
CREATE TRIGGER a_tenant_widens_no_frame BEFORE INSERT OR UPDATE ON organisation
FOR EACH ROW WHEN (current_user = 'vdx_policy_tenant') EXECUTE FUNCTION refuse_to_widen_the_frame();

-- Rooms for citizens need a PIN: whoever could take the purpose away could take the PINs away.
CREATE FUNCTION refuse_to_leave_citizens() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $function$
BEGIN
    PERFORM refuse('limits_are_set_by_the_operator', format(
        'organisation %s: that it is for citizens only the operator takes back',
        coalesce(OLD.code, OLD.name)
    ));
    RETURN NEW;
END
$function$;
CREATE TRIGGER a_tenant_stays_for_citizens BEFORE UPDATE OF purposes ON organisation
FOR EACH ROW WHEN (
    current_user = 'vdx_policy_tenant'
    AND 'citizen' = ANY (OLD.purposes) AND NOT 'citizen' = ANY (NEW.purposes)
) EXECUTE FUNCTION refuse_to_leave_citizens();

-- Limits and agreements are those of organisations: in a group a tenant would have rooms without.
CREATE FUNCTION refuse_rooms_of_a_group() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $function$
BEGIN
    IF NEW.organisation_id = ANY (scope()) AND EXISTS (
        SELECT FROM organisation WHERE id = NEW.organisation_id AND type = 'group'
    ) THEN
        PERFORM refuse('a_group_has_no_rooms', 'room: belongs to an organisation, not to a group');
    END IF;
    RETURN NEW;
END
$function$;
CREATE TRIGGER a_tenant_has_rooms_in_organisations BEFORE INSERT OR UPDATE OF organisation_id ON room
FOR EACH ROW WHEN (current_user = 'vdx_policy_tenant') EXECUTE FUNCTION refuse_rooms_of_a_group();

-- Whoever has a domain takes the calls to it. A tenant divides what it was given: the nearest domain
-- above a new one is its own or inherited, and none below is somebody else's. What is for statistics
-- alone stays so.
CREATE FUNCTION refuse_a_foreign_domain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $function$
DECLARE
    given domain;
BEGIN
    IF (NEW.organisation_id = ANY (scope())) IS NOT TRUE THEN
        RETURN NEW;  -- the policies refuse it
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.domain = OLD.domain THEN
        IF OLD.history_only AND NOT NEW.history_only THEN
            PERFORM refuse('a_domain_is_dialled_by_the_operators_word', format(
                'domain %s: is for statistics, only the operator opens it to calls', NEW.domain
            ));
        END IF;
        RETURN NEW;
    END IF;
    SELECT * INTO given FROM domain
    WHERE right(NEW.domain, length(domain.domain) + 1) = '.' || domain.domain
    ORDER BY length(domain.domain) DESC LIMIT 1;
    IF (
        given.organisation_id = ANY (scope())
        OR given.inherit AND given.organisation_id = ANY (scope_above())
    ) IS NOT TRUE OR given.history_only AND NOT NEW.history_only OR EXISTS (
        SELECT FROM domain
        WHERE right(domain.domain, length(NEW.domain) + 1) = '.' || NEW.domain
            AND domain.organisation_id <> ALL (scope())
    ) THEN
        PERFORM refuse('a_new_domain_is_below_an_own_one', format(
            'domain %s: is not below a domain of this organisation and apart from those of others:'
            ' only the operator adds it', NEW.domain
        ));
    END IF;
    RETURN NEW;
END
$function$;
CREATE TRIGGER a_tenant_divides_its_own_domains BEFORE INSERT OR UPDATE ON domain
FOR EACH ROW WHEN (current_user = 'vdx_policy_tenant') EXECUTE FUNCTION refuse_a_foreign_domain();

-- A domain of somebody else is for those it serves. A bare address is valid in every own domain of
-- all organisations: a tenant has one only as a number of a range.
CREATE FUNCTION refuse_a_foreign_address() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
DECLARE
    owner uuid := coalesce(
        NEW.organisation_id,
        (SELECT organisation_id FROM room WHERE id = NEW.room_id),
        (SELECT organisation_id FROM device WHERE id = NEW.device_id)
    );
BEGIN
    IF NEW.domain IS NOT NULL AND NOT domain_serves(NEW.domain, owner) THEN
        PERFORM refuse('a_domain_of_others', format(
            'address: %s is no domain of this organisation, and none that it inherits', NEW.domain
        ));
    END IF;
    IF (NEW.domain IS NULL OR NEW.range_id IS NOT NULL) AND NOT EXISTS (
        SELECT FROM number_range
        WHERE id = NEW.range_id AND CASE
            WHEN NEW.domain IS NOT NULL THEN domain = NEW.domain
            WHEN NEW.local ~ '^[1-9][0-9]{0,17}$' THEN NEW.local::bigint BETWEEN low AND high
        END
    ) THEN
        PERFORM refuse('a_bare_address_is_a_number',
            'address: without a domain it is a number of a range that this organisation draws from');
    END IF;
    RETURN NEW;
END
$function$;
CREATE TRIGGER a_tenant_has_its_own_addresses
BEFORE INSERT OR UPDATE OF local, domain, organisation_id, room_id, device_id, range_id ON address
FOR EACH ROW WHEN (current_user = 'vdx_policy_tenant') EXECUTE FUNCTION refuse_a_foreign_address();

SELECT set_config('search_path', current_setting('vdx_policy.search_path'), true);
