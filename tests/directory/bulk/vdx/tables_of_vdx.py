"""Small tables of VDX with every trap in them, written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

FIRST: Final = "aaaaaaaa-0000-4000-8000-000000000001"
SECOND: Final = "aaaaaaaa-0000-4000-8000-000000000002"
THIRD: Final = "aaaaaaaa-0000-4000-8000-000000000003"
TABLES: Final = {
    "groups": """\
group_id,parent_id,group_type,group_name,organisation_id,pool_size,allow_custom_uri_without_domain,deleted_time
1,,1,Root,,,0,0001-01-01 00:00:00
2,1,2,Region North,region/nord æ,5,1,0001-01-01 00:00:00
3,2,praksis,Harbour,practice-harbour,,0,
4,99,2,Old,old,,0,2024-02-03 10:00:00
""",
    "domains": """\
domain,group_id
Rooms.Example.org,2
""",
    "users": """\
email,organisation_id,roles
anna@example.org,region/nord æ,meeting-user meeting_admin
bo,region/nord æ,wizard
""",
    "scheduling_templates": """\
id,organisation_id,uri_prefix,uri_domain,uri_number_range_low,uri_number_range_high,host_pin_required,\
guest_pin_required,host_pin_range_low,host_pin_range_high,guest_pin_range_low,guest_pin_range_high,\
is_default_template,vmr_type,host_view,vmr_quality,ivr_theme
7,region/nord æ,88,rooms.example.org,1000000,2000000,1,1,1000,10000,10000,99999,1,0,1,1,/theme/3/
8,region/nord æ,,rooms.example.org,1000,1000,0,1,,,,,1,1,5,2,
""",
    "meetings": f"""\
uuid,organisation_id,subject,start_time,end_time,organized_by,external_id,guest_microphone,short_id
{FIRST},region/nord æ,Talk,2031-03-02 10:00:00,2031-03-02 11:00:00,\
anna@example.org,e1,1,0123456789ab
{SECOND},practice-harbour,CPR 010203-1234 x,2031-03-02 10:00:00 +0000,2031-03-04 11:00:00 +0000,\
nobody,,muted,XX
{THIRD},practice-harbour,Old,2026-11-20 10:00:00,2026-11-20 11:00:00,,,,
aaaaaaaa-0000-4000-8000-000000000004,practice-harbour,Lost,2031-03-02 10:00:00,\
2031-03-02 11:00:00,,,,
""",
    "scheduling_info": f"""\
meeting_uuid,host_pin,guest_pin,uri_with_domain,uri_without_domain,portal_link,provision_status,\
max_participants,vmr_type,host_view,guest_view,ivr_theme,vmr_available_before
{FIRST.upper()},4829,4829,881000001@rooms.example.org,1000001,https://x.example.org/?pin=4829,\
3,0,0,1,2,/theme/3/,15
{SECOND},48213,903,721834@rooms.example.org,,,0,12,conference,,,/x/,0
{THIRD},48213,90377,1000003@rooms.example.org,,,6,,,,,,
,48213,90377,1000004@rooms.example.org,,,3,,,,,,
""",
    "permanent_rooms": """\
id,group_id,name,description,pin,guest_pin,allow_guests,participant_limit,type,host_layout,guest_layout,\
quality
r1,2,Room 1,,48213,48213,1,0,conference,one_main_seven_pips,,hd
r2,1,Room 2,,,,1,0,1,5,1,2
r3,3,Room 3,,abc,,0,5,0,,,
""",
    "permanent_aliases": """\
room_id,alias,description,last_use
r1,721834@rooms.example.org,Main,2026-01-01 00:00:00
r1,Discharge@rooms.example.org,The other,2026-01-01 00:00:00
r2,discharge@rooms.example.org,,
r3,harbour@elsewhere.example.org,,
""",
    "registered_clients": """\
alias,group_id,description,username,credential,single_sign_on,last_use,enabled
discharge@rooms.example.org,3,x,,,0,,1
screen@rooms.example.org,3,Screen,screen,s3cr3t,0,2026-01-01 00:00:00,1
""",
}


def write_tables(folder: Path, **changed: str) -> Path:
    """Write the tables; a keyword gives one of them another text."""
    folder.mkdir(exist_ok=True)
    for name, text in {**TABLES, **changed}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder
