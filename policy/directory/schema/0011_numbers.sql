-- Numbers are drawn here: at random, never one that must not be issued, and never in vain while one
-- is free, whoever else is drawing.

-- Some of these functions run as who owns the tables, and find nothing in a schema of somebody else.
SELECT set_config('vdx_policy.search_path', current_setting('search_path'), true);
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

ALTER TABLE number_range
-- Dialled, digits with separators between them are those digits alone: nobody would reach it.
ADD CONSTRAINT a_prefix_is_a_number_or_has_a_letter
    CHECK (prefix ~ '^[0-9]*$' OR prefix ~ '[a-z_]'),
ADD CONSTRAINT no_number_begins_with_0 CHECK (prefix !~ '^0');

-- The range of a name that is nearest to an organisation: its own, that of the nearest above, else
-- the platform's, which alone is asked for with null. Also of those above a tenant.
CREATE FUNCTION range_of(owner uuid, asked text) RETURNS SETOF number_range
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $function$
WITH RECURSIVE above (id, parent_id, step) AS (
    SELECT id, parent_id, 1 FROM organisation WHERE id = owner AND in_scope(owner)
    UNION ALL
    SELECT parent.id, parent.parent_id, above.step + 1
    FROM organisation AS parent JOIN above ON above.parent_id = parent.id
)
SELECT number_range.* FROM number_range LEFT JOIN above ON above.id = number_range.organisation_id
WHERE number_range.name = asked AND (number_range.organisation_id IS NULL OR above.id IS NOT NULL)
ORDER BY above.step NULLS LAST
LIMIT 1
$function$;

-- The numbers of a range that may be issued, but for emergency numbers, as one span for each number
-- of digits: within a span the order of numbers is the order of their texts. Ten digits look like a
-- CPR number, with the prefix or without.
CREATE FUNCTION spans_of(asked number_range) RETURNS TABLE (low bigint, high bigint)
LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path FROM CURRENT AS $function$
SELECT greatest(asked.low, (10::numeric ^ (digits - 1))::bigint),
    least(asked.high, (10::numeric ^ digits - 1)::bigint)
FROM generate_series(length(asked.low::text), length(asked.high::text)) AS digits
WHERE digits <> 10 AND (asked.prefix !~ '^[0-9]+$' OR digits + length(asked.prefix) <> 10)
ORDER BY digits
$function$;

-- How many numbers a range has to give, and how many of them are somebody's.
CREATE FUNCTION count_numbers(asked number_range, OUT size bigint, OUT taken bigint)
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path FROM CURRENT AS $function$
WITH span AS (SELECT * FROM spans_of(asked)), never AS (
    SELECT DISTINCT number FROM (
        SELECT number FROM emergency_number
        UNION ALL
        SELECT substr(number, length(asked.prefix) + 1) FROM emergency_number
        WHERE starts_with(number, asked.prefix)
    ) AS said
    JOIN span ON CASE
        WHEN number ~ '^[1-9][0-9]*$' THEN number::bigint BETWEEN span.low AND span.high
    END
)
SELECT
    coalesce(sum(span.high - span.low + 1), 0)::bigint - (SELECT count(*) FROM never),
    coalesce(sum((
        SELECT count(*) FROM address
        WHERE state <> 'free' AND domain = asked.domain
            AND local BETWEEN asked.prefix || span.low AND asked.prefix || span.high
            AND length(local) = length(asked.prefix || span.low)
            AND ltrim(substr(local, length(asked.prefix) + 1), '0123456789') = ''
    )), 0)::bigint
FROM span
$function$;

-- The numbers from `first` to `last`, all with as many digits, that nobody has, in any order. A
-- window that is full is counted in the index and not looked at any closer.
CREATE FUNCTION free_numbers(asked number_range, first bigint, last bigint) RETURNS bigint[]
LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER
SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan AS $function$
DECLARE
    never text[] := ARRAY(SELECT number FROM emergency_number);
    found bigint[];
BEGIN
    IF last - first + 1 = (
        SELECT count(*) FROM address
        WHERE state <> 'free' AND domain = asked.domain
            AND local BETWEEN asked.prefix || first AND asked.prefix || last
            AND length(local) = length(asked.prefix || first)
            AND ltrim(substr(local, length(asked.prefix) + 1), '0123456789') = ''
    ) THEN
        RETURN '{}';
    END IF;
    SELECT array_agg(number ORDER BY random()) INTO found
    FROM generate_series(first, last) AS number
    WHERE number::text <> ALL (never) AND asked.prefix || number <> ALL (never)
        AND NOT EXISTS (
            SELECT FROM address
            WHERE state <> 'free' AND domain = asked.domain
                AND local BETWEEN asked.prefix || first AND asked.prefix || last
                AND local = asked.prefix || number
        )
        AND (asked.prefix = '' OR NOT EXISTS (
            SELECT FROM address
            WHERE state <> 'free' AND domain IS NULL
                AND local BETWEEN first::text AND last::text AND local = number::text
        ));
    RETURN coalesce(found, '{}');
END
$function$;

-- Frees what has been held or quarantined for long enough, among these local parts; says how many.
CREATE FUNCTION free_addresses_that_ended(
    in_domain text, locals text[], first text, last text
) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $function$
-- In one order, so that two who do this wait for each other and never both.
WITH ended AS (
    SELECT id FROM address
    WHERE until <= now() AND state IN ('held', 'quarantined')
        AND domain IS NOT DISTINCT FROM in_domain
        AND (local = ANY (locals) OR local BETWEEN first AND last)
    ORDER BY until, id
    LIMIT 1000
    FOR UPDATE
), freed AS (
    UPDATE address SET state = 'free', organisation_id = NULL FROM ended
    WHERE address.id = ended.id RETURNING 1
)
SELECT count(*) FROM freed
$function$;

-- Registers a number of a range, with its prefix and without; null when somebody has either. Waits
-- for whoever is about to have it.
CREATE FUNCTION take_number(
    asked number_range, number bigint, new_kind text, room uuid, new_state text, new_until timestamptz
) RETURNS bigint[]
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
DECLARE
    taken bigint[];
    wanted integer := CASE WHEN asked.prefix = '' THEN 1 ELSE 2 END;
BEGIN
    FOR attempt IN 1..2 LOOP
        BEGIN
            WITH added AS (
                INSERT INTO address (local, domain, kind, state, room_id, range_id, until)
                SELECT spelling.local, spelling.domain, new_kind, new_state, room, asked.id, new_until
                FROM (
                    VALUES (asked.prefix || number, asked.domain), (number::text, NULL)
                ) AS spelling (local, domain)
                LIMIT wanted
                ON CONFLICT (local, domain) WHERE state <> 'free' DO NOTHING
                RETURNING id
            )
            SELECT array_agg(id) INTO taken FROM added;
            IF cardinality(taken) = wanted THEN
                RETURN taken;
            END IF;
            RAISE EXCEPTION USING ERRCODE = 'VDX01';  -- gives back the one of the two
        EXCEPTION WHEN SQLSTATE 'VDX01' THEN
            NULL;
        END;
        EXIT WHEN attempt = 2 OR 0 = (
            free_addresses_that_ended(asked.domain, ARRAY[asked.prefix || number], NULL, NULL)
            + free_addresses_that_ended(NULL, ARRAY[number::text], NULL, NULL)
        );
    END LOOP;
    RETURN NULL;
END
$function$;

-- The same without waiting; nothing, but not null, when that would have been needed. So nobody waits
-- for others while there are more numbers, and two who draw many never wait for each other.
CREATE FUNCTION take_number_at_once(
    asked number_range, number bigint, new_kind text, room uuid, new_state text, new_until timestamptz
) RETURNS bigint[]
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '20ms' AS $function$
BEGIN
    RETURN take_number(asked, number, new_kind, room, new_state, new_until);
EXCEPTION WHEN lock_not_available THEN
    RETURN '{}';
END
$function$;

-- Any number of a range with the same likelihood; null when it has none to give.
CREATE FUNCTION random_number(asked number_range) RETURNS bigint
LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $function$
WITH span AS (
    SELECT high, sum(high - low + 1) OVER (ORDER BY low) AS up_to FROM spans_of(asked)
), drawn AS (
    -- The last 15 digits of a UUID are 60 bits of the system's own randomness.
    SELECT floor((SELECT max(up_to) FROM span) / 2::numeric ^ 60 * (
        'x' || right(replace(gen_random_uuid()::text, '-', ''), 15)
    )::bit(60)::bigint) AS position
)
SELECT (span.high - (span.up_to - 1 - drawn.position))::bigint
FROM span JOIN drawn ON drawn.position < span.up_to
ORDER BY span.up_to
LIMIT 1
$function$;

-- Looks through the whole range, from a random number on, and takes the first that can be had; says
-- how many it would have had to wait for.
CREATE FUNCTION search_number(
    asked number_range, new_kind text, room uuid, new_state text, new_until timestamptz,
    waits boolean, OUT taken bigint[], OUT passed bigint
)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
DECLARE
    start bigint := random_number(asked);
    step bigint := 10000;
    part record;
    first bigint;
    number bigint;
BEGIN
    passed := 0;
    FOR part IN
        SELECT false AS is_before, greatest(low, start) AS low, high
        FROM spans_of(asked) WHERE high >= start
        UNION ALL
        SELECT true, low, least(high, start - 1) FROM spans_of(asked) WHERE low < start
        ORDER BY is_before, low
    LOOP
        first := part.low;
        WHILE first <= part.high LOOP
            FOREACH number IN ARRAY free_numbers(asked, first, least(first + step - 1, part.high))
            LOOP
                taken := CASE
                    WHEN waits THEN take_number(asked, number, new_kind, room, new_state, new_until)
                    ELSE take_number_at_once(asked, number, new_kind, room, new_state, new_until)
                END;
                IF cardinality(taken) > 0 THEN
                    RETURN;
                END IF;
                passed := passed + (taken IS NOT NULL)::integer;
            END LOOP;
            first := first + step;
        END LOOP;
    END LOOP;
    taken := NULL;
END
$function$;

-- Takes any number that can be had, sooner or later; null when there is none. Each round frees some
-- of what has ended, so that there is an end to them.
CREATE FUNCTION find_number(
    asked number_range, new_kind text, room uuid, new_state text, new_until timestamptz
) RETURNS bigint[]
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
DECLARE
    found record;
    freed bigint;
BEGIN
    LOOP
        SELECT sum(
            free_addresses_that_ended(asked.domain, '{}', asked.prefix || low, asked.prefix || high)
            + CASE WHEN asked.prefix = '' THEN 0
                ELSE free_addresses_that_ended(NULL, '{}', low::text, high::text) END
        ) INTO freed FROM spans_of(asked);
        found := search_number(asked, new_kind, room, new_state, new_until, false);
        IF found.passed > 0 AND found.taken IS NULL THEN
            BEGIN
                found := search_number(asked, new_kind, room, new_state, new_until, true);
            EXCEPTION WHEN deadlock_detected THEN
                RETURN NULL;  -- each of two has what the other waits for: there is no more
            END;
        END IF;
        IF found.taken IS NOT NULL OR coalesce(freed, 0) = 0 THEN
            RETURN found.taken;
        END IF;
    END LOOP;
END
$function$;

-- Registers a number of a range for a room and gives its addresses: the one with the domain, and with
-- a prefix also the bare number. Inside a transaction that reads what is committed it cannot fail
-- while a number is free; where all that are left are about to be somebody's, it waits for those.
CREATE FUNCTION register_number(
    range uuid, kind text, room uuid, state text DEFAULT 'active', until timestamptz DEFAULT NULL
) RETURNS SETOF address
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
DECLARE
    asked number_range;
    drawn bigint;
    taken bigint[];
BEGIN
    SELECT * INTO asked FROM number_range WHERE id = range;
    IF NOT FOUND THEN
        PERFORM refuse('a_range_that_exists', 'number range: there is none of this id');
    END IF;
    FOR attempt IN 1..10 LOOP
        drawn := random_number(asked);
        EXIT WHEN drawn IS NULL;
        CONTINUE WHEN EXISTS (
            SELECT FROM emergency_number WHERE number IN (drawn::text, asked.prefix || drawn)
        );
        taken := take_number_at_once(asked, drawn, kind, room, state, until);
        EXIT WHEN cardinality(taken) > 0;
    END LOOP;
    taken := coalesce(nullif(taken, '{}'), find_number(asked, kind, room, state, until));
    IF taken IS NULL THEN
        PERFORM refuse('range_exhausted', format(
            'number range %s: exhausted, none of its %s numbers is free',
            asked.name, (SELECT size FROM count_numbers(asked))
        ));
    END IF;
    RETURN QUERY SELECT * FROM address WHERE id = ANY (taken) ORDER BY address.domain NULLS LAST;
END
$function$;

-- Rooms for citizens need a PIN, or an identity provider that knows the host.
CREATE FUNCTION refuse_open_rooms_for_citizens() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $function$
DECLARE
    owner organisation;
BEGIN
    SELECT * INTO owner FROM organisation WHERE id = NEW.organisation_id;
    IF 'citizen' = ANY (owner.purposes) AND NOT is_restoring() AND NOT (
        NEW.service
        || coalesce((SELECT service FROM template WHERE id = NEW.template_id), '{}')
    ) ? 'host_identity_provider_group' THEN
        PERFORM refuse('rooms_for_citizens_are_guarded', format(
            'organisation %s has meetings with citizens: each room needs a pin or a '
            'host_identity_provider_group', owner.code
        ));
    END IF;
    RETURN NEW;
END
$function$;
CREATE TRIGGER rooms_for_citizens_are_guarded
BEFORE INSERT OR UPDATE OF organisation_id, pin, service, template_id ON room
FOR EACH ROW WHEN (
    NEW.pin IS NULL AND NEW.state <> 'deleted' AND NEW.service_type IN ('conference', 'lecture')
)
EXECUTE FUNCTION refuse_open_rooms_for_citizens();

SELECT set_config('search_path', current_setting('vdx_policy.search_path'), true);
