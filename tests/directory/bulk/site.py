"""A directory with something of everything, as files, and what brings it in and out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import asyncpg

from policy.directory.bulk.exporting import Export, export_folder
from policy.directory.bulk.importing import Import, Imported, Mode, import_files
from policy.directory.bulk.reading import find_sources
from tests.database import SEAL

if TYPE_CHECKING:
    from tests.database import Database

GROUP: Final = "11111111-1111-4111-8111-111111111111"
SCREEN: Final = "22222222-2222-4222-8222-222222222222"
FILES: Final = {
    "organisations.csv": f"""\
code;id;name;type;state;parent;purposes;legacy_group_id;device_webhook_key;merged_into;deleted_at
;{GROUP};Regions;group;;;;3;;;
region/nord æ;;Region North;organisation;;{GROUP};cross-sector citizen;4;k3y;;
practice;;Practice;praksis;leaving;region/nord æ;;;;;
shut;;Closed;organisation;closed;;;;;practice;2026-01-01T00:00:00Z
""",
    "agreements.jsonl": """\
{"organisation": "practice", "kind": "dpa", "version": "2", "signed_on": "2026-01-01",\
 "valid_from": "2026-01-01", "instruction": {"retention_days": {"calls": 30}}}
""",
    "users.csv": """\
organisation,email,roles
practice,anna@example.org,meeting-user|meeting-admin
practice,not an address,
""",
    "domains.csv": """\
domain,organisation,inherit
rooms.example.org,region/nord æ,true
""",
    "ranges.csv": """\
organisation,name,domain,prefix,low,high
,main,rooms.example.org,,100000,999999
practice,main,rooms.example.org,88,1000,9999
""",
    "templates.csv": """\
organisation,name,service,is_default,range,range_organisation,lead_minutes,host_pin_required
practice,plain,"{""enable_chat"": ""no""}",true,main,practice,10,true
,platform,,true,main,,,
""",
    "themes.csv": "organisation,name,pexip_name\npractice,quiet,Quiet\n",
    "message_templates.csv": 'organisation,name,body\npractice,invite,"Come,\nplease"\n',
    "rooms.csv": """\
organisation,aliases,state,service_name,description,pin,guest_pin,tags,template,listed
practice,721834@rooms.example.org discharge@rooms.example.org,,ward,"Ward ""7"", 2",48213,90377,\
ward 7|a\\|b,plain,true
practice,,draft,later,,4821#,,,,
shut,old@rooms.example.org,retired,old,,,,,,
region/nord æ,740001@rooms.example.org,,,,,,,,
""",
    "bookings.jsonl": """\
{"organisation": "practice", "aliases": ["810001@rooms.example.org"], "pin": "50718",\
 "guest_pin": "33941", "starts_at": "2026-03-02T10:00:00+01:00",\
 "ends_at": "2026-03-02T11:00:00+01:00", "details": {"subject": "Talk", "labels": ["a"]},\
 "organised_by": "Anna@example.org", "external_id": "e1", "short_id": "0123456789ab",\
 "sources": {"view": "built in"}, "service_name": "m1"}
{"organisation": "practice", "aliases": [], "service_name": "m2",\
 "starts_at": "2020-03-02T10:00:00Z", "ends_at": "2020-03-02T11:00:00Z",\
 "ended_at": "2020-03-02T10:30:00Z"}
{"organisation": "practice", "aliases": ["810003@rooms.example.org"], "service_name": "m3",\
 "starts_at": "2031-03-02T10:00:00Z", "ends_at": "2031-03-04T11:00:00Z", "long_permitted": true,\
 "cancelled_at": "2026-03-02T10:30:00Z"}
""",
    "devices.csv": f"""\
organisation,alias,more_aliases,id,description,username,password,tags
practice,screen@rooms.example.org,second@rooms.example.org,{SCREEN},Screen,screen,s3cret,ward 7
""",
    "addresses.csv": """\
alias,state,kind,room,organisation,since,until,description,range,range_organisation,last_used_at
810002@rooms.example.org,quarantined,booking,m2,,2020-03-02T11:00:00Z,2031-01-01T00:00:00Z,,,,
899999@rooms.example.org,held,,,practice,,2031-01-01T00:00:00Z,,,,
899998@rooms.example.org,quarantined,,,,,,,,,
721834@rooms.example.org,active,,,,,,Main,main,,2026-01-01T00:00:00Z
""",
    "phonebook_grants.csv": "organisation,seen_by\npractice,region/nord æ\n",
}


class NoProgress:
    """Shows nothing, and remembers the steps."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    def read(self, size_bytes: int, rows: int) -> None:
        """Take note of nothing."""

    def moved(self, step: str, rows: int, total: int) -> None:
        """Remember a step."""
        assert rows <= total
        if step not in self.steps:
            self.steps.append(step)


def write_files(folder: Path, **changed: str | None) -> Path:
    """Write the files; a keyword gives the name of a file another text, or leaves it out."""
    folder.mkdir(exist_ok=True)
    for name, text in FILES.items():
        stem = name.partition(".")[0]
        kept = changed.get(stem, text)
        if kept is not None:
            (folder / name).write_text(kept, encoding="utf-8")
    return folder


async def bring_in(
    database: Database, *paths: Path, mode: Mode = Mode.ADD, restore: bool = True
) -> Imported:
    """Bring files in, and keep that if nothing is wrong."""
    connection = await asyncpg.connect(database.dsn)
    try:
        transaction = connection.transaction()
        await transaction.start()
        wanted = Import(find_sources(paths), mode, restore)
        imported = await import_files(connection, wanted, SEAL, NoProgress())
        if imported.problems:
            await transaction.rollback()
        else:
            await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            await transaction.commit()
    finally:
        await connection.close()
    return imported


async def bring_out(
    database: Database,
    folder: Path,
    *,
    form: Literal["csv", "jsonl"] = "csv",
    organisation: str | None = None,
    with_secrets: bool = True,
) -> dict[str, str]:
    """Write the directory into a folder and give its files."""
    wanted = Export(form, organisation, with_secrets)
    connection = await asyncpg.connect(database.dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await export_folder(connection, folder, wanted, SEAL, lambda _kind, _rows: None)
    finally:
        await connection.close()
    return read_files(folder)


def read_files(folder: Path) -> dict[str, str]:
    """Give the files of a folder by name."""
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.*")}


def problems_of(imported: Imported) -> list[str]:
    """Give the problems without the folder."""
    return [str(replace(each, source=Path(each.source).name)) for each in imported.problems]
