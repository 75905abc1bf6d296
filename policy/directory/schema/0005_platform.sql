-- Names of objects that exist on the platform, by kind, as `vdx-policy platform store` wrote them.
-- A row for a kind says that all of its names are known; without one every name is taken.
CREATE TABLE platform_names (
    kind text PRIMARY KEY,
    names text[] NOT NULL
);

-- Says which name of a result document does not exist, null when all do.
CREATE FUNCTION name_fault(document jsonb) RETURNS text
LANGUAGE sql STABLE AS $function$
SELECT format('%s: %s is not among the %s of the platform', said.field, said.name, platform_names.kind)
FROM (VALUES
    ('ivr_theme_name', 'themes'),
    ('outgoing_location_name', 'locations'),
    ('system_location_name', 'locations'),
    ('host_identity_provider_group', 'identity_provider_groups'),
    ('guest_identity_provider_group', 'identity_provider_groups'),
    ('media_playlist_name', 'media_playlists'),
    ('sip_proxy_name', 'sip_proxies'),
    ('mssip_proxy_name', 'mssip_proxies'),
    ('teams_proxy_name', 'teams_proxies'),
    ('h323_gatekeeper_name', 'h323_gatekeepers'),
    ('stun_server_name', 'stun_servers'),
    ('turn_server_name', 'turn_servers'),
    ('gms_access_token_name', 'gms_access_tokens')
) AS known (field, kind)
JOIN platform_names ON platform_names.kind = known.kind
JOIN LATERAL (
    SELECT known.field, document -> known.field AS name
    UNION ALL
    SELECT 'automatic_participants.' || known.field, participant -> known.field
    FROM jsonb_array_elements(document -> 'automatic_participants') AS participant
) AS said ON said.name IS NOT NULL AND NOT (said.name #>> '{}') = ANY (platform_names.names)
ORDER BY said.field
LIMIT 1
$function$;

CREATE OR REPLACE FUNCTION refuse_what_a_node_would() RETURNS trigger
LANGUAGE plpgsql AS $function$
DECLARE
    document jsonb := room_document(NEW);
    fault text := coalesce(service_fault(document), name_fault(document));
BEGIN
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'room: %', fault
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_node_takes_the_service';
    END IF;
    RETURN NEW;
END
$function$;

CREATE OR REPLACE FUNCTION refuse_what_rooms_cannot_have() RETURNS trigger
LANGUAGE plpgsql AS $function$
DECLARE
    fault text;
    root jsonb;
BEGIN
    SELECT schema - 'required' INTO root FROM service_schema
    WHERE service_schema.service_type = NEW.service_type;
    fault := coalesce(json_fault(root, NEW.service, '', root), name_fault(NEW.service));
    IF fault IS NULL THEN
        SELECT service_fault(room_document(room)) INTO fault FROM room
        WHERE template_id = NEW.id AND service_fault(room_document(room)) IS NOT NULL LIMIT 1;
    END IF;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'template: %', fault
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_node_takes_the_service';
    END IF;
    RETURN NEW;
END
$function$;
