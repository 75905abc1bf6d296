-- The whole model: agreements, users, number ranges, templates with a chain, bookings with all that
-- organisations say of them, and the ways from one state to the next.

-- Whoever brings back rows that existed before sets this for the transaction: states may then be
-- written as they were, and what is asked of new rows only is not asked.
CREATE FUNCTION is_restoring() RETURNS boolean
STABLE PARALLEL SAFE
RETURN coalesce(current_setting('vdx_policy.restoring', true), '') = 'on';

-- A day of an agreement is a day in Denmark, whatever clock the server is set to.
CREATE FUNCTION day_of(moment timestamptz) RETURNS date
STABLE STRICT PARALLEL SAFE
RETURN (moment AT TIME ZONE 'Europe/Copenhagen')::date;

-- Raises what a person is told: `rule` names it for the program, `said` is the sentence.
CREATE FUNCTION refuse(rule text, said text) RETURNS void
LANGUAGE plpgsql AS $function$
BEGIN
    RAISE EXCEPTION '%', said USING ERRCODE = 'check_violation', CONSTRAINT = rule;
END
$function$;

-- One function for every life cycle: the trigger's arguments are the permitted steps.
CREATE FUNCTION refuse_a_wrong_step() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
BEGIN
    IF NOT (OLD.state || '>' || NEW.state = ANY (TG_ARGV)) AND NOT is_restoring() THEN
        PERFORM refuse('a_step_of_the_life_cycle', format(
            '%s: from %s to %s is no step of its life', TG_TABLE_NAME, OLD.state, NEW.state
        ));
    END IF;
    RETURN NEW;
END
$function$;


-- Organisations -----------------------------------------------------------------------------------

ALTER TABLE organisation
ADD COLUMN legacy_group_id integer UNIQUE,
ADD COLUMN purposes text[] NOT NULL DEFAULT '{}' CHECK (purposes <@ ARRAY[
    'cross-sector', 'citizen', 'general-practice', 'administrative', 'training', 'other'
]),
ADD COLUMN quota_permanent_rooms integer CHECK (quota_permanent_rooms >= 0),
ADD COLUMN pool_size integer CHECK (pool_size >= 0),
ADD COLUMN allow_own_address boolean NOT NULL DEFAULT false,
ADD COLUMN sms_sender_name text CHECK (sms_sender_name ~ '^[A-Za-z0-9 ]{1,11}$'),
ADD COLUMN sms_callback_url text
    CHECK (length(sms_callback_url) <= 100 AND sms_callback_url ~ '^https?://'),
ADD COLUMN history_api_key_sha256 bytea UNIQUE CHECK (octet_length(history_api_key_sha256) = 32),
ADD COLUMN device_webhook_endpoint text
    CHECK (length(device_webhook_endpoint) <= 100 AND device_webhook_endpoint ~ '^https?://'),
ADD COLUMN sealed_device_webhook_key text,
ADD COLUMN agreements_required boolean NOT NULL DEFAULT false,
ADD COLUMN merged_into_id uuid REFERENCES organisation,
ADD COLUMN deleted_at timestamptz,
ADD CONSTRAINT a_group_has_none_of_this CHECK (type <> 'group' OR (
    quota_permanent_rooms IS NULL AND pool_size IS NULL AND sms_sender_name IS NULL
    AND sms_callback_url IS NULL AND history_api_key_sha256 IS NULL
    AND device_webhook_endpoint IS NULL AND sealed_device_webhook_key IS NULL
    AND NOT agreements_required AND NOT allow_own_address
)),
ADD CONSTRAINT what_is_merged_is_closed CHECK (merged_into_id IS NULL OR state = 'closed');
COMMENT ON COLUMN organisation.agreements_required IS
'true: active needs a valid connection agreement and a valid data processing agreement';
COMMENT ON COLUMN organisation.pool_size IS 'for old clients; null and 0: ad hoc is not enabled';

CREATE TRIGGER a_step_of_the_life_cycle BEFORE UPDATE OF state ON organisation
FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION refuse_a_wrong_step(
    'prospect>agreement-pending', 'prospect>closed', 'agreement-pending>active',
    'agreement-pending>closed', 'active>suspended', 'suspended>active', 'active>leaving',
    'suspended>leaving', 'leaving>active', 'leaving>closed'
);

CREATE TABLE agreement (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organisation_id uuid NOT NULL REFERENCES organisation ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('connection', 'dpa')),
    version text NOT NULL CHECK (length(version) BETWEEN 1 AND 100),
    signed_on date NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    sub_processor_list_version text CHECK (length(sub_processor_list_version) BETWEEN 1 AND 100),
    instruction jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(instruction) = 'object'),
    UNIQUE (organisation_id, kind, version),
    CONSTRAINT an_agreement_ends_after_its_start CHECK (valid_to >= valid_from),
    CONSTRAINT only_a_dpa_instructs CHECK (
        kind = 'dpa' OR (sub_processor_list_version IS NULL AND instruction = '{}')
    )
);
COMMENT ON COLUMN agreement.instruction IS
'processing instruction: retention_days by class of log, purposes, limits of logging';

CREATE FUNCTION agreements_hold(asked uuid, moment timestamptz) RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path FROM CURRENT AS $function$
SELECT count(DISTINCT kind) = 2 FROM agreement
WHERE organisation_id = asked AND day_of(moment) BETWEEN valid_from AND coalesce(valid_to, 'infinity')
$function$;

-- At the end of the transaction, so that an organisation and its agreements may come in any order.
CREATE FUNCTION refuse_active_without_agreements() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
BEGIN
    IF NOT is_restoring() AND EXISTS (
        SELECT FROM organisation WHERE id = NEW.id AND state = 'active' AND agreements_required
    ) AND NOT agreements_hold(NEW.id, now()) THEN
        PERFORM refuse('active_needs_agreements', format(
            'organisation %s: active needs a valid connection agreement and a valid dpa',
            coalesce(NEW.code, NEW.name)
        ));
    END IF;
    RETURN NULL;
END
$function$;
CREATE CONSTRAINT TRIGGER active_needs_agreements
AFTER INSERT OR UPDATE OF state, agreements_required ON organisation
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.agreements_required AND NEW.state = 'active')
EXECUTE FUNCTION refuse_active_without_agreements();

CREATE TABLE user_account (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organisation_id uuid NOT NULL REFERENCES organisation ON DELETE CASCADE,
    email text NOT NULL CHECK (length(email) BETWEEN 1 AND 100),
    roles text[] NOT NULL DEFAULT '{}' CHECK (roles <@ ARRAY[
        'meeting-user', 'meeting-planner', 'meeting-admin', 'meeting-provisioner',
        'meeting-provisioner-user', 'auditor', 'operator', 'support'
    ])
);
COMMENT ON COLUMN user_account.email IS 'not always an e-mail address';
CREATE UNIQUE INDEX user_account_email ON user_account (organisation_id, lower(email));

CREATE FUNCTION refuse_users_of_a_group() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
BEGIN
    IF EXISTS (SELECT FROM organisation WHERE id = NEW.organisation_id AND type = 'group') THEN
        PERFORM refuse('a_group_has_no_users', 'user: belongs to an organisation, never to a group');
    END IF;
    RETURN NEW;
END
$function$;
CREATE TRIGGER a_group_has_no_users BEFORE INSERT OR UPDATE OF organisation_id ON user_account
FOR EACH ROW EXECUTE FUNCTION refuse_users_of_a_group();


-- The register ------------------------------------------------------------------------------------

-- Limits are inclusive. Without an organisation it is the platform's, for all to draw from.
CREATE TABLE number_range (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organisation_id uuid REFERENCES organisation,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    domain text NOT NULL REFERENCES domain,
    prefix text NOT NULL DEFAULT '' CHECK (prefix ~ '^[a-z0-9._-]{0,50}$'),
    low bigint NOT NULL CHECK (low > 0),
    high bigint NOT NULL CHECK (high < 1000000000000000000),
    expected integer NOT NULL DEFAULT 0 CHECK (expected >= 0),
    CONSTRAINT a_range_goes_upwards CHECK (low <= high),
    CONSTRAINT a_range_holds_ten_times_what_is_expected CHECK (high - low + 1 >= 10 * expected::bigint)
);
CREATE UNIQUE INDEX number_range_name ON number_range (organisation_id, name) NULLS NOT DISTINCT;
COMMENT ON COLUMN number_range.prefix IS 'stands before the number in the address with the domain';
COMMENT ON COLUMN number_range.expected IS 'how many addresses are held at once';

-- Never issued, whichever range they are in; operators may add to it.
CREATE TABLE emergency_number (number text PRIMARY KEY CHECK (number ~ '^[0-9]{2,10}$'));
INSERT INTO emergency_number VALUES
('000'), ('110'), ('112'), ('113'), ('114'), ('115'), ('116'), ('117'), ('118'), ('119'), ('122'),
('911'), ('999'), ('1813'), ('116000'), ('116006'), ('116111'), ('116117'), ('116123');

ALTER TABLE address
DROP COLUMN last_used_at,
-- The length apart: counted in the regular expression it costs ten times as much.
DROP CONSTRAINT address_local_check,
ADD CONSTRAINT address_local_check
    CHECK (local ~ '^[a-z0-9æøå._-]+$' AND length(local) BETWEEN 1 AND 100),
ADD COLUMN description text CHECK (length(description) <= 250),
ADD COLUMN organisation_id uuid REFERENCES organisation,
ADD COLUMN range_id uuid REFERENCES number_range,
ADD CONSTRAINT an_address_of_a_meeting_is_short CHECK (kind <> 'booking' OR (
    local ~ '^[a-z0-9._-]+$' AND length(local) + coalesce(length(domain) + 1, 0) <= 100
)),
ADD CONSTRAINT only_a_held_address_is_held_for_somebody
    CHECK (organisation_id IS NULL OR num_nonnulls(room_id, device_id) = 0);
COMMENT ON COLUMN address.organisation_id IS 'for whom an address without a target is kept';
COMMENT ON COLUMN address.until IS 'when a hold or a quarantine ends';
CREATE INDEX address_that_ends ON address (until) WHERE until IS NOT NULL AND state <> 'free';
CREATE INDEX address_that_is_free ON address (local, since) WHERE state = 'free';
CREATE INDEX address_held_for ON address (organisation_id) WHERE organisation_id IS NOT NULL;
CREATE INDEX address_of_range ON address (range_id) WHERE range_id IS NOT NULL AND state <> 'free';

CREATE TRIGGER a_step_of_the_life_cycle BEFORE UPDATE OF state ON address
FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION refuse_a_wrong_step(
    'held>active', 'held>free', 'active>quarantined', 'quarantined>active', 'quarantined>free'
);

-- How often and when an address was last called: a table of its own, since it changes all the time
-- and nobody's answer with it. `calls` is worth half after a week.
CREATE TABLE address_use (
    address_id bigint PRIMARY KEY REFERENCES address ON DELETE CASCADE,
    last_used_at timestamptz NOT NULL,
    calls real NOT NULL CHECK (calls >= 0)
) WITH (fillfactor = 70);


-- Templates ---------------------------------------------------------------------------------------

ALTER TABLE template
ALTER COLUMN organisation_id DROP NOT NULL,
ADD COLUMN is_default boolean NOT NULL DEFAULT false,
ADD COLUMN range_id uuid REFERENCES number_range,
ADD COLUMN host_pin_required boolean,
ADD COLUMN guest_pin_required boolean,
ADD COLUMN host_pin_low integer,
ADD COLUMN host_pin_high integer,
ADD COLUMN guest_pin_low integer,
ADD COLUMN guest_pin_high integer,
ADD COLUMN lead_minutes integer CHECK (lead_minutes BETWEEN 0 AND 525600),
ADD COLUMN end_meeting_on_end_time boolean,
ADD COLUMN custom_portal_guest text CHECK (length(custom_portal_guest) BETWEEN 1 AND 200),
ADD COLUMN custom_portal_host text CHECK (length(custom_portal_host) BETWEEN 1 AND 200),
ADD COLUMN return_url text CHECK (length(return_url) BETWEEN 1 AND 200),
ADD COLUMN call_type text CHECK (length(call_type) BETWEEN 1 AND 64),
ADD COLUMN is_pool boolean NOT NULL DEFAULT false,
ADD COLUMN legacy_id bigint UNIQUE,
ADD CONSTRAINT guests_have_pins_only_where_hosts_do
    CHECK (guest_pin_required IS NOT TRUE OR host_pin_required IS NOT FALSE),
ADD CONSTRAINT pin_ranges_are_whole CHECK (
    (host_pin_low IS NULL) = (host_pin_high IS NULL)
    AND (guest_pin_low IS NULL) = (guest_pin_high IS NULL)
    AND (guest_pin_low IS NULL OR host_pin_low IS NOT NULL)
),
ADD CONSTRAINT pin_ranges_go_upwards
    CHECK (host_pin_low < host_pin_high AND guest_pin_low < guest_pin_high
        OR host_pin_low IS NULL OR guest_pin_low IS NULL AND host_pin_low < host_pin_high),
-- Of each range at least two, and 100 to choose from, so that a pair can always differ.
ADD CONSTRAINT pin_ranges_give_pairs CHECK (
    host_pin_high - host_pin_low >= 99 AND guest_pin_high - guest_pin_low >= 99
    OR host_pin_low IS NULL OR guest_pin_low IS NULL AND host_pin_high - host_pin_low >= 99
),
ADD CONSTRAINT pins_of_a_template_have_4_to_9_digits_and_the_same_number CHECK (
    host_pin_low IS NULL OR (
        host_pin_low >= 1000 AND host_pin_high <= 999999999
        AND length(host_pin_low::text) = length(host_pin_high::text)
        AND (guest_pin_low IS NULL OR (
            length(guest_pin_low::text) = length(host_pin_low::text)
            AND length(guest_pin_high::text) = length(host_pin_low::text)
        ))
    )
);
COMMENT ON COLUMN template.organisation_id IS 'null: the platform''s, the last of every chain';
COMMENT ON COLUMN template.is_pool IS 'for old clients: the one that their pool of rooms is made of';
COMMENT ON COLUMN template.call_type IS 'for the link of the portal, never for a node';
COMMENT ON COLUMN template.is_default IS 'for meetings that name none; what is null is inherited';
CREATE UNIQUE INDEX template_default ON template (organisation_id) NULLS NOT DISTINCT
WHERE is_default;
CREATE UNIQUE INDEX template_pool ON template (organisation_id) NULLS NOT DISTINCT WHERE is_pool;
CREATE UNIQUE INDEX template_of_the_platform ON template (name) WHERE organisation_id IS NULL;

-- In order: the named one, the organisation's own default, that of each one above, the platform's.
CREATE FUNCTION template_chain(organisation uuid, named uuid)
RETURNS TABLE (step integer, template_id uuid)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $function$
WITH RECURSIVE above (id, parent_id, step) AS (
    SELECT asked.id, asked.parent_id, 1 FROM organisation AS asked
    WHERE asked.id = template_chain.organisation
    UNION ALL
    SELECT parent.id, parent.parent_id, above.step + 1
    FROM organisation AS parent JOIN above ON above.parent_id = parent.id
), chain AS (
    SELECT 0 AS step, template.id FROM template
    WHERE template.id = named
        AND template.organisation_id IS NOT DISTINCT FROM template_chain.organisation
    UNION ALL
    SELECT above.step, template.id
    FROM above JOIN template ON template.organisation_id = above.id AND template.is_default
    UNION ALL
    SELECT 1000000, template.id FROM template
    WHERE template.organisation_id IS NULL AND template.is_default
)
SELECT min(chain.step), chain.id FROM chain GROUP BY chain.id ORDER BY min(chain.step)
$function$;

CREATE TABLE message_template (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organisation_id uuid NOT NULL REFERENCES organisation ON DELETE CASCADE,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 250),
    body text NOT NULL CHECK (length(body) BETWEEN 1 AND 10000),
    inherit boolean NOT NULL DEFAULT false,
    UNIQUE (organisation_id, name)
);

CREATE TABLE contact (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_account_id uuid NOT NULL REFERENCES user_account ON DELETE CASCADE,
    sealed_details text NOT NULL
);
COMMENT ON COLUMN contact.sealed_details IS 'encrypted by the program: name, e-mail, phone number';

CREATE TABLE theme (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organisation_id uuid NOT NULL REFERENCES organisation ON DELETE CASCADE,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 250),
    pexip_name text NOT NULL CHECK (length(pexip_name) BETWEEN 1 AND 250),
    archive bytea CHECK (octet_length(archive) <= 20971520),
    inherit boolean NOT NULL DEFAULT false,
    legacy_key text CHECK (length(legacy_key) BETWEEN 1 AND 100),
    UNIQUE (organisation_id, name)
);
COMMENT ON COLUMN theme.legacy_key IS 'path, id or uuid by which VDX knew it';


-- Rooms -------------------------------------------------------------------------------------------

ALTER TABLE room
ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
ADD UNIQUE (id, organisation_id);
CREATE INDEX room_of_organisation ON room (organisation_id, kind, state);
CREATE INDEX device_of_organisation ON device (organisation_id);

ALTER TABLE device
ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
ADD COLUMN registered_until timestamptz;

CREATE TRIGGER a_step_of_the_life_cycle BEFORE UPDATE OF state ON room
FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION refuse_a_wrong_step(
    'draft>active', 'draft>deleted', 'active>unused-warned', 'unused-warned>active',
    'active>retired', 'unused-warned>retired', 'retired>active', 'retired>deleted'
);

-- An organisation that is not active, or whose agreements have lapsed, gets nothing new; what it has
-- goes on. Quotas are counted when a permanent room becomes active, one room at a time.
CREATE FUNCTION refuse_a_new_room() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
DECLARE
    owner organisation;
BEGIN
    IF is_restoring() THEN
        RETURN NEW;
    END IF;
    -- Waits for a merge or a closing that is under way, and sees what came of it.
    SELECT * INTO owner FROM organisation WHERE id = NEW.organisation_id FOR KEY SHARE;
    IF TG_OP = 'INSERT' THEN
        IF owner.state <> 'active' THEN
            PERFORM refuse('new_rooms_need_an_active_organisation', format(
                'organisation %s is %s: it gets no new rooms', coalesce(owner.code, owner.name), owner.state
            ));
        END IF;
        IF owner.agreements_required AND NOT agreements_hold(owner.id, now()) THEN
            PERFORM refuse('new_rooms_need_agreements', format(
                'organisation %s: an agreement has lapsed, it gets no new rooms',
                coalesce(owner.code, owner.name)
            ));
        END IF;
    END IF;
    IF owner.quota_permanent_rooms IS NOT NULL AND NEW.kind = 'permanent' AND NEW.state = 'active' THEN
        PERFORM FROM organisation WHERE id = NEW.organisation_id FOR NO KEY UPDATE;
        IF (
            SELECT count(*) FROM room
            WHERE organisation_id = NEW.organisation_id AND kind = 'permanent'
                AND state IN ('active', 'unused-warned') AND id <> NEW.id
        ) >= owner.quota_permanent_rooms THEN
            PERFORM refuse('quota_of_permanent_rooms', format(
                'organisation %s: its quota of %s permanent rooms is used',
                coalesce(owner.code, owner.name), owner.quota_permanent_rooms
            ));
        END IF;
    END IF;
    RETURN NEW;
END
$function$;
CREATE TRIGGER b_new_rooms BEFORE INSERT ON room
FOR EACH ROW EXECUTE FUNCTION refuse_a_new_room();
CREATE TRIGGER b_rooms_that_become_active BEFORE UPDATE OF state ON room
FOR EACH ROW WHEN (NEW.state = 'active' AND OLD.state NOT IN ('active', 'unused-warned'))
EXECUTE FUNCTION refuse_a_new_room();


-- Bookings ----------------------------------------------------------------------------------------

ALTER TABLE booking
DROP CONSTRAINT booking_room_id_kind_fkey,
ADD FOREIGN KEY (room_id, kind) REFERENCES room (id, kind) ON DELETE CASCADE,
ADD COLUMN organisation_id uuid,
ADD COLUMN ended_at timestamptz,
ADD COLUMN runs_seen_at timestamptz,
ADD COLUMN swept_at timestamptz,
ADD COLUMN overrun_minutes integer NOT NULL DEFAULT 120 CHECK (overrun_minutes BETWEEN 0 AND 1440),
ADD COLUMN long_permitted boolean NOT NULL DEFAULT false,
ADD COLUMN sealed_details text,
ADD COLUMN organised_by uuid REFERENCES user_account ON DELETE SET NULL,
ADD COLUMN created_by uuid REFERENCES user_account ON DELETE SET NULL,
ADD COLUMN updated_by uuid REFERENCES user_account ON DELETE SET NULL,
ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
ADD COLUMN project_code text CHECK (length(project_code) BETWEEN 1 AND 100),
ADD COLUMN external_id text CHECK (length(external_id) BETWEEN 1 AND 200),
ADD COLUMN guest_microphone text NOT NULL DEFAULT 'on'
    CHECK (guest_microphone IN ('on', 'off', 'muted')),
ADD COLUMN guest_pin_required boolean NOT NULL DEFAULT false,
ADD COLUMN short_id text NOT NULL UNIQUE
    DEFAULT substr(replace(gen_random_uuid()::text, '-', ''), 1, 12)
    CHECK (short_id ~ '^[0-9a-f]{12}$'),
ADD COLUMN meeting_type text NOT NULL DEFAULT 'NORMAL' CHECK (meeting_type IN ('NORMAL', 'POOL')),
ADD COLUMN custom_portal_guest text CHECK (length(custom_portal_guest) BETWEEN 1 AND 200),
ADD COLUMN custom_portal_host text CHECK (length(custom_portal_host) BETWEEN 1 AND 200),
ADD COLUMN return_url text CHECK (length(return_url) BETWEEN 1 AND 200),
ADD COLUMN call_type text CHECK (length(call_type) BETWEEN 1 AND 64),
ADD COLUMN sources jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(sources) = 'object');
COMMENT ON COLUMN booking.sealed_details IS
'encrypted by the program: subject, description, labels, additional information';
COMMENT ON COLUMN booking.runs_seen_at IS 'when the platform last said that the conference runs';
COMMENT ON COLUMN booking.swept_at IS 'when its addresses were quarantined, after its end';
COMMENT ON COLUMN booking.overrun_minutes IS 'how long after its end a running meeting may be joined';
COMMENT ON COLUMN booking.guest_pin_required IS 'whether the short link asks for the PIN';
COMMENT ON COLUMN booking.sources IS 'for each value that was inherited, which template it came from';

UPDATE booking SET
    organisation_id = room.organisation_id,
    long_permitted = ends_at - starts_at > interval '24 hours'
FROM room WHERE room.id = booking.room_id;
ALTER TABLE booking
ALTER COLUMN organisation_id SET NOT NULL,
-- Whoever gets the room gets the meeting.
ADD FOREIGN KEY (room_id, organisation_id) REFERENCES room (id, organisation_id)
    ON UPDATE CASCADE ON DELETE CASCADE,
ADD CONSTRAINT a_meeting_lasts_a_day_at_most
    CHECK (long_permitted OR ends_at - starts_at <= interval '24 hours'),
ADD CONSTRAINT a_meeting_ends_in_one_way CHECK (cancelled_at IS NULL OR ended_at IS NULL),
ADD CONSTRAINT a_meeting_ends_at_a_time CHECK (isfinite(cancelled_at) AND isfinite(ended_at)),
ADD CONSTRAINT an_external_id_is_used_once UNIQUE (organisation_id, external_id);
CREATE INDEX booking_by_end ON booking (ends_at);
CREATE INDEX booking_to_sweep ON booking (ends_at) WHERE swept_at IS NULL;

CREATE FUNCTION fill_booking() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.organisation_id IS NULL THEN
        SELECT organisation_id INTO NEW.organisation_id FROM room WHERE id = NEW.room_id;
    ELSIF TG_OP = 'UPDATE' AND NOT is_restoring() AND (
        (OLD.cancelled_at IS NOT NULL OR OLD.ended_at IS NOT NULL) AND (
            OLD.cancelled_at, OLD.ended_at, OLD.starts_at, OLD.ends_at, OLD.lead_minutes
        ) IS DISTINCT FROM (
            NEW.cancelled_at, NEW.ended_at, NEW.starts_at, NEW.ends_at, NEW.lead_minutes
        )
    ) THEN
        PERFORM refuse('a_step_of_the_life_cycle', format(
            'booking: is %s, its times do not change any more',
            CASE WHEN OLD.cancelled_at IS NULL THEN 'ended' ELSE 'cancelled' END
        ));
    END IF;
    RETURN NEW;
END
$function$;
CREATE TRIGGER a_booking_follows_its_room BEFORE INSERT OR UPDATE ON booking
FOR EACH ROW EXECUTE FUNCTION fill_booking();

-- When the room of a meeting closes: at its end, or later while it is known to run, and never after
-- somebody has ended it. Whoever tells that it runs tells it again every few minutes.
CREATE FUNCTION closes_at(meeting booking) RETURNS timestamptz
STABLE PARALLEL SAFE
RETURN least(meeting.ended_at, CASE
    WHEN meeting.end_meeting_on_end_time OR meeting.runs_seen_at IS NULL THEN meeting.ends_at
    ELSE greatest(meeting.ends_at, least(
        meeting.ends_at + make_interval(mins => meeting.overrun_minutes),
        meeting.runs_seen_at + interval '10 minutes'
    ))
END);

CREATE FUNCTION booking_state(meeting booking, moment timestamptz) RETURNS text
STABLE PARALLEL SAFE
RETURN CASE
    WHEN meeting.cancelled_at IS NOT NULL THEN 'cancelled'
    WHEN moment > closes_at(meeting) THEN 'ended'
    WHEN moment < meeting.starts_at - make_interval(mins => meeting.lead_minutes) THEN 'planned'
    ELSE 'open'
END;

-- A held number and its pair of PINs, until somebody books with it.
CREATE TABLE reservation (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organisation_id uuid NOT NULL REFERENCES organisation,
    room_id uuid NOT NULL UNIQUE,
    until timestamptz NOT NULL,
    created_by uuid REFERENCES user_account ON DELETE SET NULL,
    FOREIGN KEY (room_id, organisation_id) REFERENCES room (id, organisation_id)
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX reservation_that_ends ON reservation (until);


-- Merges ------------------------------------------------------------------------------------------

-- Nobody brings anything to an organisation that has been merged into another one: it would be left
-- behind. Who does so while the merge is under way waits for it. New rooms are looked at above.
CREATE FUNCTION refuse_what_comes_too_late() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
DECLARE
    owner organisation;
BEGIN
    SELECT * INTO owner FROM organisation WHERE id = NEW.organisation_id FOR KEY SHARE;
    IF owner.merged_into_id IS NOT NULL AND NOT is_restoring() THEN
        PERFORM refuse('what_is_merged_gets_nothing_new', format(
            'organisation %s: was merged into another one', coalesce(owner.code, owner.name)
        ));
    END IF;
    RETURN NEW;
END
$function$;

DO $block$
DECLARE
    owned text;
BEGIN
    FOREACH owned IN ARRAY ARRAY[
        'domain', 'device', 'picture', 'template', 'number_range', 'user_account',
        'message_template', 'theme', 'agreement'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER what_is_merged_gets_nothing_new
            BEFORE INSERT OR UPDATE OF organisation_id ON %I FOR EACH ROW
            EXECUTE FUNCTION refuse_what_comes_too_late()', owned
        );
    END LOOP;
END
$block$;
CREATE TRIGGER what_is_merged_gets_nothing_new BEFORE UPDATE OF organisation_id ON room
FOR EACH ROW EXECUTE FUNCTION refuse_what_comes_too_late();
CREATE TRIGGER what_is_merged_gets_nothing_new
BEFORE INSERT OR UPDATE OF organisation_id ON address
FOR EACH ROW WHEN (NEW.organisation_id IS NOT NULL) EXECUTE FUNCTION refuse_what_comes_too_late();
