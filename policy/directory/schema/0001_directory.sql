-- Organisations, domains, rooms, bookings, devices, and the one register of every address.
-- What a Conferencing Node would refuse is refused here: it drops a whole answer for one bad value.

CREATE TABLE organisation (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    parent_id uuid REFERENCES organisation,
    type text NOT NULL DEFAULT 'organisation' CHECK (type IN ('group', 'organisation', 'praksis')),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 250),
    code text UNIQUE CHECK (length(code) BETWEEN 1 AND 250),
    state text NOT NULL DEFAULT 'active' CHECK (
        state IN ('prospect', 'agreement-pending', 'active', 'suspended', 'leaving', 'closed')
    ),
    CONSTRAINT only_organisations_have_a_code CHECK ((type = 'group') = (code IS NULL)),
    CONSTRAINT no_organisation_is_its_own_parent CHECK (parent_id <> id)
);

CREATE TABLE domain (
    domain text PRIMARY KEY CHECK (
        length(domain) <= 250 AND domain ~ '^[a-z0-9_-]+(\.[a-z0-9_-]+)*$'
    ),
    organisation_id uuid NOT NULL REFERENCES organisation,
    inherit boolean NOT NULL DEFAULT false,
    history_only boolean NOT NULL DEFAULT false
);
COMMENT ON COLUMN domain.history_only IS 'attributes calls in statistics; nothing is dialled there';

-- The technical room of a permanent room or of a booking. Columns that have a Pexip name carry it,
-- and null leaves the field out of the answer.
CREATE TABLE room (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organisation_id uuid NOT NULL REFERENCES organisation,
    kind text NOT NULL CHECK (kind IN ('permanent', 'booking')),
    state text NOT NULL DEFAULT 'active' CHECK (
        state IN ('draft', 'active', 'unused-warned', 'retired', 'deleted')
    ),
    service_name text NOT NULL UNIQUE DEFAULT 'r-' || gen_random_uuid()
        CHECK (length(service_name) BETWEEN 1 AND 250),
    service_tag text CHECK (length(service_tag) <= 250),
    service_type text NOT NULL DEFAULT 'conference'
        CHECK (service_type IN ('conference', 'lecture')),
    description text CHECK (length(description) <= 250),
    pin text CHECK (pin ~ '^([0-9]{4,20}|[0-9]{3,19}#)$'),
    guest_pin text CHECK (guest_pin ~ '^([0-9]{4,20}|[0-9]{3,19}#)$'),
    allow_guests boolean NOT NULL DEFAULT false,
    participant_limit integer CHECK (participant_limit BETWEEN 0 AND 1000000),
    view text CHECK (view IN (
        'one_main_zero_pips', 'one_main_seven_pips', 'one_main_twentyone_pips',
        'two_mains_twentyone_pips', 'one_main_thirtythree_pips', 'four_mains_zero_pips',
        'nine_mains_zero_pips', 'sixteen_mains_zero_pips', 'twentyfive_mains_zero_pips',
        'one_main_one_pip', 'one_main_nine_around', 'one_main_twelve_around',
        'two_mains_eight_around', 'five_mains_seven_pips'
    )),
    host_view text CHECK (host_view IN (
        'one_main_zero_pips', 'one_main_seven_pips', 'one_main_twentyone_pips',
        'two_mains_twentyone_pips', 'one_main_thirtythree_pips', 'four_mains_zero_pips',
        'nine_mains_zero_pips', 'sixteen_mains_zero_pips', 'twentyfive_mains_zero_pips',
        'one_main_one_pip', 'one_main_nine_around', 'one_main_twelve_around',
        'two_mains_eight_around'
    )),
    guest_view text CHECK (guest_view IN (
        'one_main_zero_pips', 'one_main_seven_pips', 'one_main_twentyone_pips',
        'two_mains_twentyone_pips', 'one_main_thirtythree_pips', 'four_mains_zero_pips',
        'nine_mains_zero_pips', 'sixteen_mains_zero_pips', 'twentyfive_mains_zero_pips',
        'one_main_one_pip', 'one_main_nine_around', 'one_main_twelve_around',
        'two_mains_eight_around'
    )),
    max_pixels_per_second text CHECK (max_pixels_per_second IN ('sd', 'hd', 'fullhd')),
    ivr_theme_name text CHECK (length(ivr_theme_name) BETWEEN 1 AND 250),
    enable_overlay_text boolean,
    guests_can_present boolean,
    enable_chat text CHECK (enable_chat IN ('default', 'yes', 'no')),
    force_presenter_into_main boolean,
    mute_all_guests boolean,
    crypto_mode text CHECK (crypto_mode IN ('besteffort', 'on', 'off')),
    direct_media text CHECK (direct_media IN ('never', 'best_effort', 'always')),
    UNIQUE (id, kind),
    CONSTRAINT guest_pin_needs_pin_and_allow_guests
        CHECK (guest_pin IS NULL OR (pin IS NOT NULL AND allow_guests)),
    CONSTRAINT allow_guests_needs_pin CHECK (NOT allow_guests OR pin IS NOT NULL),
    CONSTRAINT pins_differ CHECK (pin <> guest_pin),
    CONSTRAINT pins_have_the_same_length_or_both_end_with_hash CHECK (
        (pin LIKE '%#' AND guest_pin LIKE '%#')
        OR (pin NOT LIKE '%#' AND guest_pin NOT LIKE '%#' AND length(pin) = length(guest_pin))
    ),
    CONSTRAINT view_is_for_conferences CHECK (view IS NULL OR service_type = 'conference'),
    CONSTRAINT host_and_guest_view_are_for_lectures CHECK (
        service_type = 'lecture' OR (
            host_view IS NULL AND guest_view IS NULL AND force_presenter_into_main IS NULL
        )
    )
);

CREATE TABLE booking (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    room_id uuid NOT NULL UNIQUE,
    kind text NOT NULL DEFAULT 'booking' CHECK (kind = 'booking'),
    starts_at timestamptz NOT NULL CHECK (isfinite(starts_at)),
    ends_at timestamptz NOT NULL CHECK (isfinite(ends_at)),
    lead_minutes integer NOT NULL DEFAULT 0 CHECK (lead_minutes BETWEEN 0 AND 525600),
    end_meeting_on_end_time boolean NOT NULL DEFAULT false,
    cancelled_at timestamptz,
    FOREIGN KEY (room_id, kind) REFERENCES room (id, kind),
    CONSTRAINT a_meeting_ends_after_its_start CHECK (ends_at > starts_at),
    -- A clock of the program cannot count further.
    CONSTRAINT a_meeting_is_in_years_of_four_digits
        CHECK (starts_at >= '1971-01-01 00:00Z' AND ends_at < '9999-01-01 00:00Z')
);

CREATE TABLE device (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organisation_id uuid NOT NULL REFERENCES organisation,
    description text CHECK (length(description) <= 250),
    owner_email text CHECK (length(owner_email) <= 200),
    username text CHECK (length(username) BETWEEN 1 AND 200),
    -- A password of 250 letters of four bytes has 1,400 characters once it is sealed.
    sealed_password text CHECK (length(sealed_password) BETWEEN 1 AND 2000),
    single_sign_on boolean NOT NULL DEFAULT false,
    without_proof boolean NOT NULL DEFAULT false,
    enabled boolean NOT NULL DEFAULT true,
    CONSTRAINT username_and_password_come_together
        CHECK ((username IS NULL) = (sealed_password IS NULL)),
    CONSTRAINT a_password_is_proof CHECK (username IS NULL OR NOT without_proof)
);
COMMENT ON COLUMN device.sealed_password IS 'encrypted by the program, never clear text';

CREATE TABLE address (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    local text NOT NULL CHECK (local ~ '^[a-z0-9æøå._-]{1,100}$'),
    domain text REFERENCES domain,
    kind text NOT NULL CHECK (
        kind IN ('booking', 'permanent', 'device', 'reception', 'gateway-rule', 'reserved')
    ),
    state text NOT NULL DEFAULT 'active' CHECK (
        state IN ('free', 'held', 'active', 'quarantined')
    ),
    room_id uuid,
    device_id uuid REFERENCES device ON DELETE CASCADE,
    since timestamptz NOT NULL DEFAULT now(),
    until timestamptz,
    last_used_at timestamptz,
    -- The kind of an address is the kind of its room.
    FOREIGN KEY (room_id, kind) REFERENCES room (id, kind) ON DELETE CASCADE,
    CONSTRAINT a_whole_alias_has_at_most_250_characters
        CHECK (length(local) + coalesce(length(domain) + 1, 0) <= 250),
    CONSTRAINT an_active_address_has_the_target_of_its_kind CHECK (
        (kind IN ('booking', 'permanent')) = (room_id IS NOT NULL)
        AND (kind = 'device') = (device_id IS NOT NULL)
        OR state <> 'active' AND num_nonnulls(room_id, device_id) = 0
    )
);
COMMENT ON COLUMN address.domain IS 'null: a bare number or name, valid in every own domain';

-- One owner for every address, over rooms, bookings and devices; also the index of every lookup.
CREATE UNIQUE INDEX address_has_one_owner ON address (local, domain) NULLS NOT DISTINCT
WHERE state <> 'free';
CREATE INDEX address_of_room ON address (room_id);
CREATE INDEX address_of_device ON address (device_id);
