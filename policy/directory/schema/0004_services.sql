-- What a Conferencing Node would refuse in a result document is refused when a row is written: it
-- drops a whole answer for one bad value, and does not say why.

-- The JSON Schemas of the program's own models; a test holds the two together.
CREATE TABLE service_schema (
    service_type text PRIMARY KEY,
    schema jsonb NOT NULL
);

INSERT INTO service_schema (service_type, schema) VALUES
('conference', $schema$
{"$defs": {"AutomaticParticipant": {"additionalProperties": false, "properties": {"call_type":
{"enum": ["video", "video-only", "audio"], "type": "string"}, "description": {"maxLength": 250,
"type": "string"}, "dtmf_sequence": {"pattern": "^([0-9*#,]{1,250})$", "type": "string"},
"keep_conference_alive": {"enum": ["keep_conference_alive", "keep_conference_alive_if_multiple",
"keep_conference_alive_never"], "type": "string"}, "local_alias": {"maxLength": 250, "minLength":
1, "type": "string"}, "local_display_name": {"maxLength": 250, "minLength": 1, "type": "string"},
"presentation_url": {"maxLength": 250, "minLength": 1, "type": "string"}, "protocol": {"enum":
["h323", "sip", "mssip", "rtmp"], "type": "string"}, "remote_alias": {"maxLength": 250,
"minLength": 1, "type": "string"}, "remote_display_name": {"maxLength": 250, "minLength": 1,
"type": "string"}, "role": {"enum": ["chair", "guest"], "type": "string"}, "routing": {"enum":
["manual", "routing_rule"], "type": "string"}, "streaming": {"type": "boolean"},
"system_location_name": {"maxLength": 250, "minLength": 1, "type": "string"}}, "required":
["local_alias", "remote_alias", "protocol", "role"], "type": "object"}}, "additionalProperties":
false, "properties": {"allow_guests": {"type": "boolean"}, "automatic_participants": {"items":
{"$ref": "#/$defs/AutomaticParticipant"}, "type": "array"}, "breakout": {"type": "boolean"},
"breakout_description": {"maxLength": 250, "type": "string"}, "breakout_guests_allowed_to_leave":
{"type": "boolean"}, "breakout_name": {"maxLength": 250, "minLength": 1, "type": "string"},
"breakout_rooms": {"type": "boolean"}, "breakout_uuid": {"pattern":
"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$", "type": "string"}, "breakout_uuids": {"items":
{"pattern": "^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$", "type": "string"}, "type": "array"},
"bypass_proxy": {"type": "boolean"}, "call_type": {"enum": ["video", "video-only", "audio"],
"type": "string"}, "crypto_mode": {"anyOf": [{"enum": ["besteffort", "on", "off"], "type":
"string"}, {"type": "null"}]}, "denoise_enabled": {"type": "boolean"}, "description":
{"maxLength": 250, "type": "string"}, "direct_media": {"enum": ["never", "best_effort", "always"],
"type": "string"}, "direct_media_notification_duration": {"maximum": 30, "minimum": 0, "type":
"integer"}, "enable_active_speaker_indication": {"type": "boolean"}, "enable_chat": {"enum":
["default", "yes", "no"], "type": "string"}, "enable_overlay_text": {"type": "boolean"},
"end_action": {"enum": ["transfer", "disconnect"], "type": "string"}, "end_time": {"maximum":
253402300799, "minimum": 0, "type": "integer"}, "guest_identity_provider_group": {"maxLength":
250, "minLength": 1, "type": "string"}, "guest_pin": {"pattern": "^([0-9]{4,20}|[0-9]{3,19}#)$",
"type": "string"}, "guests_can_present": {"type": "boolean"}, "host_identity_provider_group":
{"maxLength": 250, "minLength": 1, "type": "string"}, "ivr_theme_name": {"maxLength": 250,
"minLength": 1, "type": "string"}, "live_captions_enabled": {"enum": ["default", "yes", "no"],
"type": "string"}, "live_captions_language": {"maxLength": 250, "minLength": 1, "type": "string"},
"local_display_name": {"maxLength": 250, "minLength": 1, "type": "string"}, "locked": {"type":
"boolean"}, "max_callrate_in": {"maximum": 8192000, "minimum": 128000, "type": "integer"},
"max_callrate_out": {"maximum": 8192000, "minimum": 128000, "type": "integer"},
"max_pixels_per_second": {"anyOf": [{"enum": ["sd", "hd", "fullhd"], "type": "string"}, {"type":
"null"}]}, "mute_all_guests": {"type": "boolean"}, "name": {"maxLength": 250, "minLength": 1,
"type": "string"}, "non_idp_participants": {"enum": ["disallow_all", "allow_if_trusted"], "type":
"string"}, "participant_limit": {"maximum": 1000000, "minimum": 0, "type": "integer"}, "pin":
{"pattern": "^([0-9]{4,20}|[0-9]{3,19}#)$", "type": "string"}, "pinning_config": {"maxLength":
250, "minLength": 1, "type": "string"}, "prefer_ipv6": {"enum": ["default", "yes", "no"], "type":
"string"}, "primary_owner_email_address": {"maxLength": 100, "minLength": 1, "type": "string"},
"service_tag": {"maxLength": 250, "type": "string"}, "service_type": {"const": "conference",
"type": "string"}, "softmute_enabled": {"type": "boolean"}, "source_language": {"maxLength": 250,
"minLength": 1, "type": "string"}, "view": {"enum": ["one_main_zero_pips", "one_main_seven_pips",
"one_main_twentyone_pips", "two_mains_twentyone_pips", "one_main_thirtythree_pips",
"four_mains_zero_pips", "nine_mains_zero_pips", "sixteen_mains_zero_pips",
"twentyfive_mains_zero_pips", "one_main_one_pip", "one_main_nine_around",
"one_main_twelve_around", "two_mains_eight_around", "five_mains_seven_pips"], "type": "string"}},
"required": ["name", "service_tag", "service_type"], "type": "object"}
$schema$),
('lecture', $schema$
{"$defs": {"AutomaticParticipant": {"additionalProperties": false, "properties": {"call_type":
{"enum": ["video", "video-only", "audio"], "type": "string"}, "description": {"maxLength": 250,
"type": "string"}, "dtmf_sequence": {"pattern": "^([0-9*#,]{1,250})$", "type": "string"},
"keep_conference_alive": {"enum": ["keep_conference_alive", "keep_conference_alive_if_multiple",
"keep_conference_alive_never"], "type": "string"}, "local_alias": {"maxLength": 250, "minLength":
1, "type": "string"}, "local_display_name": {"maxLength": 250, "minLength": 1, "type": "string"},
"presentation_url": {"maxLength": 250, "minLength": 1, "type": "string"}, "protocol": {"enum":
["h323", "sip", "mssip", "rtmp"], "type": "string"}, "remote_alias": {"maxLength": 250,
"minLength": 1, "type": "string"}, "remote_display_name": {"maxLength": 250, "minLength": 1,
"type": "string"}, "role": {"enum": ["chair", "guest"], "type": "string"}, "routing": {"enum":
["manual", "routing_rule"], "type": "string"}, "streaming": {"type": "boolean"},
"system_location_name": {"maxLength": 250, "minLength": 1, "type": "string"}}, "required":
["local_alias", "remote_alias", "protocol", "role"], "type": "object"}}, "additionalProperties":
false, "properties": {"allow_guests": {"type": "boolean"}, "automatic_participants": {"items":
{"$ref": "#/$defs/AutomaticParticipant"}, "type": "array"}, "bypass_proxy": {"type": "boolean"},
"call_type": {"enum": ["video", "video-only", "audio"], "type": "string"}, "crypto_mode":
{"anyOf": [{"enum": ["besteffort", "on", "off"], "type": "string"}, {"type": "null"}]},
"denoise_enabled": {"type": "boolean"}, "description": {"maxLength": 250, "type": "string"},
"direct_media": {"enum": ["never", "best_effort", "always"], "type": "string"},
"direct_media_notification_duration": {"maximum": 30, "minimum": 0, "type": "integer"},
"enable_active_speaker_indication": {"type": "boolean"}, "enable_chat": {"enum": ["default",
"yes", "no"], "type": "string"}, "enable_overlay_text": {"type": "boolean"},
"force_presenter_into_main": {"type": "boolean"}, "guest_identity_provider_group": {"maxLength":
250, "minLength": 1, "type": "string"}, "guest_pin": {"pattern": "^([0-9]{4,20}|[0-9]{3,19}#)$",
"type": "string"}, "guest_view": {"enum": ["one_main_zero_pips", "one_main_seven_pips",
"one_main_twentyone_pips", "two_mains_twentyone_pips", "one_main_thirtythree_pips",
"four_mains_zero_pips", "nine_mains_zero_pips", "sixteen_mains_zero_pips",
"twentyfive_mains_zero_pips", "one_main_one_pip", "one_main_nine_around",
"one_main_twelve_around", "two_mains_eight_around"], "type": "string"}, "guests_can_present":
{"type": "boolean"}, "guests_can_see_guests": {"enum": ["no_hosts", "always", "never"], "type":
"string"}, "host_identity_provider_group": {"maxLength": 250, "minLength": 1, "type": "string"},
"host_view": {"enum": ["one_main_zero_pips", "one_main_seven_pips", "one_main_twentyone_pips",
"two_mains_twentyone_pips", "one_main_thirtythree_pips", "four_mains_zero_pips",
"nine_mains_zero_pips", "sixteen_mains_zero_pips", "twentyfive_mains_zero_pips",
"one_main_one_pip", "one_main_nine_around", "one_main_twelve_around", "two_mains_eight_around"],
"type": "string"}, "ivr_theme_name": {"maxLength": 250, "minLength": 1, "type": "string"},
"live_captions_enabled": {"enum": ["default", "yes", "no"], "type": "string"},
"live_captions_language": {"maxLength": 250, "minLength": 1, "type": "string"},
"local_display_name": {"maxLength": 250, "minLength": 1, "type": "string"}, "locked": {"type":
"boolean"}, "max_callrate_in": {"maximum": 8192000, "minimum": 128000, "type": "integer"},
"max_callrate_out": {"maximum": 8192000, "minimum": 128000, "type": "integer"},
"max_pixels_per_second": {"anyOf": [{"enum": ["sd", "hd", "fullhd"], "type": "string"}, {"type":
"null"}]}, "mute_all_guests": {"type": "boolean"}, "name": {"maxLength": 250, "minLength": 1,
"type": "string"}, "non_idp_participants": {"enum": ["disallow_all", "allow_if_trusted"], "type":
"string"}, "participant_limit": {"maximum": 1000000, "minimum": 0, "type": "integer"}, "pin":
{"pattern": "^([0-9]{4,20}|[0-9]{3,19}#)$", "type": "string"}, "pinning_config": {"maxLength":
250, "minLength": 1, "type": "string"}, "prefer_ipv6": {"enum": ["default", "yes", "no"], "type":
"string"}, "primary_owner_email_address": {"maxLength": 100, "minLength": 1, "type": "string"},
"service_tag": {"maxLength": 250, "type": "string"}, "service_type": {"const": "lecture", "type":
"string"}, "softmute_enabled": {"type": "boolean"}, "source_language": {"maxLength": 250,
"minLength": 1, "type": "string"}}, "required": ["name", "service_tag", "service_type"], "type":
"object"}
$schema$),
('gateway', $schema$
{"additionalProperties": false, "properties": {"bypass_proxy": {"type": "boolean"}, "call_type":
{"enum": ["video", "video-only", "audio", "auto"], "type": "string"}, "called_device_type":
{"enum": ["external", "registration", "mssip_conference_id", "mssip_server", "gms_conference",
"teams_conference", "teams_user", "telehealth_profile"], "type": "string"}, "crypto_mode":
{"anyOf": [{"enum": ["besteffort", "on", "off"], "type": "string"}, {"type": "null"}]},
"denoise_audio": {"type": "boolean"}, "description": {"maxLength": 250, "type": "string"},
"dtmf_sequence": {"pattern": "^([0-9*#,]{1,250})$", "type": "string"},
"enable_active_speaker_indication": {"type": "boolean"}, "enable_overlay_text": {"type":
"boolean"}, "external_participant_avatar_lookup": {"enum": ["default", "yes", "no"], "type":
"string"}, "gms_access_token_name": {"maxLength": 250, "minLength": 1, "type": "string"},
"h323_gatekeeper_name": {"maxLength": 250, "minLength": 1, "type": "string"}, "ivr_theme_name":
{"maxLength": 250, "minLength": 1, "type": "string"}, "live_captions_enabled": {"enum":
["default", "yes", "no"], "type": "string"}, "live_captions_language": {"maxLength": 250,
"minLength": 1, "type": "string"}, "local_alias": {"maxLength": 250, "minLength": 1, "type":
"string"}, "local_display_name": {"maxLength": 250, "minLength": 1, "type": "string"},
"max_callrate_in": {"maximum": 8192000, "minimum": 128000, "type": "integer"}, "max_callrate_out":
{"maximum": 8192000, "minimum": 128000, "type": "integer"}, "max_pixels_per_second": {"anyOf":
[{"enum": ["sd", "hd", "fullhd"], "type": "string"}, {"type": "null"}]}, "mssip_proxy_name":
{"maxLength": 250, "minLength": 1, "type": "string"}, "name": {"maxLength": 213, "minLength": 1,
"type": "string"}, "outgoing_location_name": {"maxLength": 250, "minLength": 1, "type": "string"},
"outgoing_protocol": {"enum": ["h323", "sip", "mssip", "rtmp", "gms", "teams"], "type": "string"},
"prefer_ipv6": {"enum": ["default", "yes", "no"], "type": "string"}, "remote_alias": {"maxLength":
250, "minLength": 1, "type": "string"}, "service_tag": {"maxLength": 250, "type": "string"},
"service_type": {"const": "gateway", "type": "string"}, "sip_proxy_name": {"maxLength": 250,
"minLength": 1, "type": "string"}, "source_language": {"maxLength": 250, "minLength": 1, "type":
"string"}, "stun_server_name": {"maxLength": 250, "minLength": 1, "type": "string"},
"teams_fit_to_frame": {"enum": ["yes", "no"], "type": "string"}, "teams_proxy_name": {"maxLength":
250, "minLength": 1, "type": "string"}, "transcoding_enabled": {"type": "boolean"},
"treat_as_trusted": {"type": "boolean"}, "turn_server_name": {"maxLength": 250, "minLength": 1,
"type": "string"}, "view": {"enum": ["one_main_zero_pips", "one_main_seven_pips",
"one_main_twentyone_pips", "two_mains_twentyone_pips", "one_main_thirtythree_pips",
"four_mains_zero_pips", "nine_mains_zero_pips", "sixteen_mains_zero_pips",
"twentyfive_mains_zero_pips", "one_main_one_pip", "one_main_nine_around",
"one_main_twelve_around", "two_mains_eight_around", "five_mains_seven_pips", "teams",
"teams_focus"], "type": "string"}}, "required": ["name", "service_tag", "service_type",
"local_alias", "remote_alias", "outgoing_protocol"], "type": "object"}
$schema$),
('two_stage_dialing', $schema$
{"additionalProperties": false, "properties": {"bypass_proxy": {"type": "boolean"}, "call_type":
{"enum": ["video", "video-only", "audio"], "type": "string"}, "crypto_mode": {"anyOf": [{"enum":
["besteffort", "on", "off"], "type": "string"}, {"type": "null"}]}, "description": {"maxLength":
250, "type": "string"}, "gms_access_token_name": {"maxLength": 250, "minLength": 1, "type":
"string"}, "ivr_theme_name": {"maxLength": 250, "minLength": 1, "type": "string"},
"local_display_name": {"maxLength": 250, "minLength": 1, "type": "string"}, "match_string":
{"maxLength": 250, "minLength": 1, "type": "string"}, "max_callrate_in": {"maximum": 8192000,
"minimum": 128000, "type": "integer"}, "max_callrate_out": {"maximum": 8192000, "minimum": 128000,
"type": "integer"}, "max_pixels_per_second": {"anyOf": [{"enum": ["sd", "hd", "fullhd"], "type":
"string"}, {"type": "null"}]}, "mssip_proxy_name": {"maxLength": 250, "minLength": 1, "type":
"string"}, "name": {"maxLength": 250, "minLength": 1, "type": "string"}, "post_match_string":
{"maxLength": 250, "minLength": 1, "type": "string"}, "post_replace_string": {"maxLength": 250,
"minLength": 1, "type": "string"}, "replace_string": {"maxLength": 250, "minLength": 1, "type":
"string"}, "service_tag": {"maxLength": 250, "type": "string"}, "service_type": {"const":
"two_stage_dialing", "type": "string"}, "system_location_name": {"maxLength": 250, "minLength": 1,
"type": "string"}, "teams_proxy_name": {"maxLength": 250, "minLength": 1, "type": "string"},
"two_stage_dial_type": {"enum": ["regular", "mssip", "gms", "teams"], "type": "string"}},
"required": ["name", "service_tag", "service_type"], "type": "object"}
$schema$),
('media_playback', $schema$
{"$defs": {"OnCompletion": {"additionalProperties": false, "properties": {"disconnect": {"anyOf":
[{"const": true, "type": "boolean"}, {"type": "null"}]}, "transfer": {"anyOf": [{"$ref":
"#/$defs/Transfer"}, {"type": "null"}]}}, "type": "object"}, "Transfer": {"additionalProperties":
false, "properties": {"conference": {"maxLength": 250, "minLength": 1, "type": "string"}, "role":
{"enum": ["chair", "guest"], "type": "string"}}, "required": ["conference"], "type": "object"}},
"additionalProperties": false, "properties": {"allow_guests": {"type": "boolean"}, "description":
{"maxLength": 250, "type": "string"}, "guest_identity_provider_group": {"maxLength": 250,
"minLength": 1, "type": "string"}, "guest_pin": {"pattern": "^([0-9]{4,20}|[0-9]{3,19}#)$",
"type": "string"}, "host_identity_provider_group": {"maxLength": 250, "minLength": 1, "type":
"string"}, "ivr_theme_name": {"maxLength": 250, "minLength": 1, "type": "string"},
"max_callrate_in": {"maximum": 8192000, "minimum": 128000, "type": "integer"}, "max_callrate_out":
{"maximum": 8192000, "minimum": 128000, "type": "integer"}, "max_pixels_per_second": {"anyOf":
[{"enum": ["sd", "hd", "fullhd"], "type": "string"}, {"type": "null"}]}, "media_playlist_name":
{"maxLength": 250, "minLength": 1, "type": "string"}, "name": {"maxLength": 250, "minLength": 1,
"type": "string"}, "non_idp_participants": {"enum": ["disallow_all", "allow_if_trusted"], "type":
"string"}, "on_completion": {"$ref": "#/$defs/OnCompletion"}, "pin": {"pattern":
"^([0-9]{4,20}|[0-9]{3,19}#)$", "type": "string"}, "service_tag": {"maxLength": 250, "type":
"string"}, "service_type": {"const": "media_playback", "type": "string"}}, "required": ["name",
"service_tag", "service_type", "media_playlist_name"], "type": "object"}
$schema$),
('test_call', $schema$
{"additionalProperties": false, "properties": {"bypass_proxy": {"type": "boolean"}, "call_type":
{"enum": ["video", "video-only", "audio"], "type": "string"}, "crypto_mode": {"anyOf": [{"enum":
["besteffort", "on", "off"], "type": "string"}, {"type": "null"}]}, "description": {"maxLength":
250, "type": "string"}, "ivr_theme_name": {"maxLength": 250, "minLength": 1, "type": "string"},
"local_display_name": {"maxLength": 250, "minLength": 1, "type": "string"}, "max_callrate_in":
{"maximum": 8192000, "minimum": 128000, "type": "integer"}, "max_pixels_per_second": {"anyOf":
[{"enum": ["sd", "hd", "fullhd"], "type": "string"}, {"type": "null"}]}, "name": {"maxLength":
250, "minLength": 1, "type": "string"}, "service_tag": {"maxLength": 250, "type": "string"},
"service_type": {"const": "test_call", "type": "string"}}, "required": ["name", "service_tag",
"service_type"], "type": "object"}
$schema$);


-- Says what is wrong with a value, null when nothing is. Knows the words that the schemas use.
CREATE FUNCTION json_fault(schema jsonb, value jsonb, path text, root jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $function$
DECLARE
    -- A secret is never shown.
    shown text := CASE WHEN path ~ 'pin$' THEN 'its value' ELSE left(value::text, 80) END;
    kind text := jsonb_typeof(value);
    said text := value #>> '{}';
    fault text;
    part jsonb;
    key text;
    position integer := 0;
BEGIN
    IF schema ? '$ref' THEN
        RETURN json_fault(root #> string_to_array(substr(schema ->> '$ref', 3), '/'), value, path, root);
    END IF;
    IF schema ? 'anyOf' THEN
        FOR part IN SELECT jsonb_array_elements(schema -> 'anyOf') LOOP
            IF json_fault(part, value, path, root) IS NULL THEN
                RETURN NULL;
            END IF;
            fault := coalesce(fault, json_fault(part, value, path, root));
        END LOOP;
        RETURN fault;
    END IF;
    IF schema ? 'const' AND value <> schema -> 'const' THEN
        RETURN format('%s: %s is not %s', path, shown, schema -> 'const');
    END IF;
    IF schema ? 'enum' AND NOT schema -> 'enum' @> value THEN
        RETURN format('%s: %s is not one of %s', path, shown, schema -> 'enum');
    END IF;
    CASE schema ->> 'type'
        WHEN 'boolean', 'null', 'string', 'object', 'array' THEN
            IF kind <> schema ->> 'type' THEN
                RETURN format('%s: %s is no %s', path, shown, schema ->> 'type');
            END IF;
        WHEN 'integer' THEN
            IF kind <> 'number' OR said !~ '^-?[0-9]+$' THEN
                RETURN format('%s: %s is no whole number', path, shown);
            END IF;
        ELSE NULL;
    END CASE;
    IF kind = 'number' AND (
        said::numeric < (schema ->> 'minimum')::numeric
        OR said::numeric > (schema ->> 'maximum')::numeric
    ) THEN
        RETURN format('%s: %s is not from %s to %s', path, shown,
            coalesce(schema ->> 'minimum', '-'), coalesce(schema ->> 'maximum', '-'));
    END IF;
    IF kind = 'string' AND (
        length(said) < (schema ->> 'minLength')::integer
        OR length(said) > (schema ->> 'maxLength')::integer
    ) THEN
        RETURN format('%s: has %s characters, not %s to %s', path, length(said),
            coalesce(schema ->> 'minLength', '0'), schema ->> 'maxLength');
    END IF;
    IF kind = 'string' AND said !~ (schema ->> 'pattern') THEN
        RETURN format('%s: %s does not match %s', path, shown, schema ->> 'pattern');
    END IF;
    IF kind = 'array' AND schema ? 'items' THEN
        FOR part IN SELECT jsonb_array_elements(value) LOOP
            fault := json_fault(schema -> 'items', part, format('%s.%s', path, position), root);
            EXIT WHEN fault IS NOT NULL;
            position := position + 1;
        END LOOP;
        RETURN fault;
    END IF;
    IF kind = 'object' THEN
        FOR key, part IN SELECT * FROM jsonb_each(value) LOOP
            fault := CASE
                WHEN schema -> 'properties' ? key THEN
                    json_fault(schema #> ARRAY['properties', key], part,
                        concat_ws('.', nullif(path, ''), key), root)
                WHEN schema -> 'additionalProperties' = 'false' THEN
                    format('%s: is no field here', concat_ws('.', nullif(path, ''), key))
            END;
            IF fault IS NOT NULL THEN
                RETURN fault;
            END IF;
        END LOOP;
        FOR key IN SELECT jsonb_array_elements_text(schema -> 'required') LOOP
            IF NOT value ? key THEN
                RETURN format('%s: is missing', concat_ws('.', nullif(path, ''), key));
            END IF;
        END LOOP;
    END IF;
    RETURN NULL;
END
$function$;

-- The rules between fields, in the words of policy/wire/services.py.
CREATE FUNCTION combination_fault(document jsonb) RETURNS text
LANGUAGE sql IMMUTABLE AS $function$
SELECT CASE
    WHEN document ? 'guest_pin' AND NOT document ? 'pin' THEN 'guest_pin needs a pin'
    WHEN document ? 'guest_pin' AND NOT allow_guests THEN 'guest_pin needs allow_guests: true'
    WHEN pin = guest_pin THEN 'pin and guest_pin must differ'
    WHEN (pin LIKE '%#') <> (guest_pin LIKE '%#')
        THEN 'either both of pin and guest_pin end with ''#'' or neither does'
    WHEN pin NOT LIKE '%#' AND length(pin) <> length(guest_pin)
        THEN 'pin and guest_pin must have the same length, or both end with ''#'''
    WHEN allow_guests AND NOT document ?| ARRAY['pin', 'host_identity_provider_group']
        THEN 'allow_guests needs a pin or a host_identity_provider_group'
    WHEN breakout AND breakout_rooms THEN 'breakout_rooms must be false in a breakout room'
    WHEN breakout AND NOT document ? 'breakout_uuid' THEN 'a breakout room needs breakout_uuid'
    WHEN breakout AND NOT document ? 'breakout_name' THEN 'a breakout room needs breakout_name'
    WHEN NOT breakout AND document ?| ARRAY[
        'breakout_uuid', 'breakout_name', 'breakout_description',
        'breakout_guests_allowed_to_leave', 'end_action', 'end_time'
    ] THEN 'the fields of a breakout room need breakout: true'
    WHEN jsonb_array_length(document -> 'breakout_uuids') > 0 AND NOT breakout_rooms
        THEN 'breakout_uuids needs breakout_rooms: true'
    WHEN breakout_rooms AND document ->> 'direct_media' <> 'never'
        THEN 'direct_media must be never when breakout_rooms is true'
    WHEN document ->> 'view' IN ('teams', 'teams_focus')
        AND document ->> 'outgoing_protocol' <> 'teams'
        THEN 'view teams and teams_focus need outgoing_protocol: teams'
    WHEN jsonb_path_exists(
        document, '$.automatic_participants[*] ? (@.protocol != "rtmp" && exists(@.presentation_url))'
    ) THEN 'presentation_url is for protocol rtmp only'
    WHEN document ? 'on_completion' AND (
        (SELECT count(*) FROM jsonb_each(document -> 'on_completion')) <> 1
        OR jsonb_path_exists(document, '$.on_completion.* ? (@ == null)')
    ) THEN 'on_completion is either disconnect: true or transfer'
END
FROM (SELECT
    document ->> 'pin' AS pin,
    document ->> 'guest_pin' AS guest_pin,
    coalesce((document ->> 'allow_guests')::boolean, false) AS allow_guests,
    coalesce((document ->> 'breakout')::boolean, false) AS breakout,
    coalesce((document ->> 'breakout_rooms')::boolean, false) AS breakout_rooms
) AS said
$function$;

-- Says what is wrong with a whole result document, null when a node would take it.
CREATE FUNCTION service_fault(document jsonb) RETURNS text
LANGUAGE plpgsql STABLE AS $function$
DECLARE
    root jsonb;
BEGIN
    SELECT schema INTO root FROM service_schema WHERE service_type = document ->> 'service_type';
    IF root IS NULL THEN
        RETURN format('service_type: %s is not known', document -> 'service_type');
    END IF;
    -- Types first: the rules between fields rely on them.
    RETURN coalesce(json_fault(root, document, '', root), combination_fault(document));
END
$function$;

-- Templates hold what many rooms have in common. Every field of a conference or lecture may stand
-- in one but its name, its tag and its PINs.
CREATE TABLE template (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organisation_id uuid NOT NULL REFERENCES organisation,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 250),
    service_type text NOT NULL DEFAULT 'conference'
        CHECK (service_type IN ('conference', 'lecture')),
    service jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(service) = 'object'),
    UNIQUE (organisation_id, name),
    UNIQUE (id, service_type),
    CONSTRAINT a_template_leaves_some_fields_to_its_rooms CHECK (NOT service ?| ARRAY[
        'name', 'service_tag', 'service_type', 'pin', 'guest_pin', 'allow_guests'
    ])
);

-- A room may be any service, and may carry every field of it: in its column, else in `service`.
ALTER TABLE room
ADD COLUMN template_id uuid,
ADD COLUMN service jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(service) = 'object'),
ADD CONSTRAINT a_template_is_for_its_service_type
    FOREIGN KEY (template_id, service_type) REFERENCES template (id, service_type),
ADD CONSTRAINT what_has_a_column_stands_there CHECK (NOT service ?| ARRAY[
    'name', 'service_tag', 'service_type', 'description', 'pin', 'guest_pin', 'allow_guests',
    'participant_limit', 'view', 'host_view', 'guest_view', 'max_pixels_per_second',
    'ivr_theme_name', 'enable_overlay_text', 'guests_can_present', 'enable_chat',
    'force_presenter_into_main', 'mute_all_guests', 'crypto_mode', 'direct_media'
]),
DROP CONSTRAINT room_service_type_check,
ADD CONSTRAINT room_service_type_check CHECK (service_type IN (
    'conference', 'lecture', 'gateway', 'two_stage_dialing', 'media_playback', 'test_call'
)),
ADD CONSTRAINT a_booking_is_a_conference_or_a_lecture
    CHECK (kind = 'permanent' OR service_type IN ('conference', 'lecture')),
DROP CONSTRAINT room_view_check,
ADD CONSTRAINT room_view_check CHECK (view IN (
    'one_main_zero_pips', 'one_main_seven_pips', 'one_main_twentyone_pips',
    'two_mains_twentyone_pips', 'one_main_thirtythree_pips', 'four_mains_zero_pips',
    'nine_mains_zero_pips', 'sixteen_mains_zero_pips', 'twentyfive_mains_zero_pips',
    'one_main_one_pip', 'one_main_nine_around', 'one_main_twelve_around',
    'two_mains_eight_around', 'five_mains_seven_pips', 'teams', 'teams_focus'
)),
DROP CONSTRAINT view_is_for_conferences,
ADD CONSTRAINT view_is_for_conferences_and_gateways
    CHECK (view IS NULL OR service_type IN ('conference', 'gateway')),
-- An identity provider may stand in for the PIN; the rules between fields below know that.
DROP CONSTRAINT allow_guests_needs_pin;
CREATE INDEX room_of_template ON room (template_id) WHERE template_id IS NOT NULL;

-- The result document of a room, as the program makes it: template, columns, further fields.
CREATE FUNCTION room_document(room room) RETURNS jsonb
LANGUAGE sql STABLE AS $function$
SELECT coalesce((SELECT template.service FROM template WHERE template.id = room.template_id), '{}')
    || jsonb_strip_nulls(jsonb_build_object(
        'name', room.service_name,
        'service_tag', coalesce(room.service_tag, ''),
        'service_type', room.service_type,
        'description', room.description,
        'pin', room.pin,
        'guest_pin', room.guest_pin,
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

CREATE FUNCTION refuse_what_a_node_would() RETURNS trigger
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

CREATE TRIGGER a_node_takes_the_service AFTER INSERT OR UPDATE ON room
FOR EACH ROW EXECUTE FUNCTION refuse_what_a_node_would();

-- A changed template changes every room that has it.
CREATE FUNCTION refuse_what_rooms_cannot_have() RETURNS trigger
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

CREATE TRIGGER rooms_can_have_it AFTER INSERT OR UPDATE ON template
FOR EACH ROW EXECUTE FUNCTION refuse_what_rooms_cannot_have();
