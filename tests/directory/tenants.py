"""Organisations that each have a row in every table, and what of others may not be seen."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from policy.directory.writing.scope import act_as

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    import asyncpg

    from tests.database import Database

# The tree: root over a and b, a over below-a, b over below-b.
PLACES: Final = {"root": None, "a": "root", "below-a": "a", "b": "root", "below-b": "b"}
INSIDE: Final = frozenset({"a", "below-a"})
DIGITS: Final = {name: str(number) for number, name in enumerate(PLACES, start=1)}

# Ids are told by their first digit, and everything else by the word `of-<code>`.
KINDS: Final = {
    "organisation": 1, "agreement": 2, "user_account": 3, "contact": 4, "number_range": 5,
    "template": 6, "message_template": 7, "theme": 8, "room": 9, "booking": 10, "device": 11,
    "picture": 12, "reservation": 13, "meeting_room": 14, "held_room": 15,
    "past_room": 16, "past_booking": 17, "past_held_room": 18, "past_reservation": 19,
}  # fmt: skip

TABLES: Final = (
    "organisation", "domain", "agreement", "user_account", "contact", "number_range", "template",
    "message_template", "theme", "picture", "room", "booking", "reservation", "device", "address",
    "phonebook_grant", "phonebook_entry", "audit",
)  # fmt: skip

_FILL: Final = """
INSERT INTO organisation (id, code, name, parent_id)
VALUES ('{organisation}', 'of-{code}', 'of-{code}', {parent});
INSERT INTO domain (domain, organisation_id, inherit)
VALUES ('of-{code}.example.org', '{organisation}', '{code}' = 'root');
INSERT INTO agreement (id, organisation_id, kind, version, signed_on, valid_from)
VALUES ('{agreement}', '{organisation}', 'dpa', 'of-{code}', '2026-01-01', '2026-01-01');
INSERT INTO agreement (organisation_id, kind, version, signed_on, valid_from, valid_to)
VALUES ('{organisation}', 'connection', 'of-{code}', '2026-01-01', '2026-01-01', day_of(now()) + 5);
UPDATE organisation SET agreements_required = true WHERE id = '{organisation}';
INSERT INTO user_account (id, organisation_id, email, roles)
VALUES ('{user_account}', '{organisation}', 'of-{code}@example.org', '{{meeting-admin}}');
INSERT INTO contact (id, user_account_id, sealed_details)
VALUES ('{contact}', '{user_account}', 'of-{code}');
INSERT INTO number_range (id, organisation_id, name, domain, low, high) VALUES (
    '{number_range}', '{organisation}', 'of-{code}', 'of-{code}.example.org', {digit}000, {digit}999
);
INSERT INTO template (id, organisation_id, name, range_id, is_default)
VALUES ('{template}', '{organisation}', 'of-{code}', '{number_range}', '{code}' <> 'root');
INSERT INTO message_template (id, organisation_id, name, body)
VALUES ('{message_template}', '{organisation}', 'of-{code}', 'of-{code}');
INSERT INTO theme (id, organisation_id, name, pexip_name)
VALUES ('{theme}', '{organisation}', 'of-{code}', 'of-{code}');
INSERT INTO picture (id, organisation_id, image, width, height)
VALUES ('{picture}', '{organisation}', '\\xffd8ff' || convert_to('of-{code}', 'UTF8'), 16, 16);
INSERT INTO room (id, organisation_id, kind, service_name, description, listed, picture_id, pin)
VALUES (
    '{room}', '{organisation}', 'permanent', 'of-{code}', 'of-{code}', true, '{picture}',
    '4.0123456789abcdef.01234567.' || repeat('A', 44)
);
INSERT INTO room (id, organisation_id, kind, service_name, template_id) VALUES
    ('{meeting_room}', '{organisation}', 'booking', 'meeting of-{code}', '{template}'),
    ('{held_room}', '{organisation}', 'booking', 'held of-{code}', NULL),
    ('{past_room}', '{organisation}', 'booking', 'past meeting of-{code}', NULL),
    ('{past_held_room}', '{organisation}', 'booking', 'past held of-{code}', NULL);
INSERT INTO booking (
    id, room_id, starts_at, ends_at, external_id, project_code, sealed_details, created_by
)
VALUES (
    '{booking}', '{meeting_room}', now(), now() + interval '1 hour', 'of-{code}', 'of-{code}',
    'of-{code}', '{user_account}'
);
INSERT INTO booking (id, room_id, starts_at, ends_at) VALUES (
    '{past_booking}', '{past_room}', now() - interval '50 days', now() - interval '49 days'
);
INSERT INTO reservation (id, organisation_id, room_id, until) VALUES
    ('{reservation}', '{organisation}', '{held_room}', now() + interval '1 day'),
    ('{past_reservation}', '{organisation}', '{past_held_room}', now() - interval '1 day');
INSERT INTO device (id, organisation_id, description, username, sealed_password, listed)
VALUES ('{device}', '{organisation}', 'of-{code}', 'of-{code}', 'of-{code}', true);
INSERT INTO address (local, domain, kind, room_id, device_id) VALUES
    ('room.of-{code}', 'of-{code}.example.org', 'permanent', '{room}', NULL),
    ('meeting.of-{code}', 'of-{code}.example.org', 'booking', '{meeting_room}', NULL),
    ('device.of-{code}', 'of-{code}.example.org', 'device', NULL, '{device}');
INSERT INTO address (local, domain, kind, state, organisation_id)
VALUES ('held.of-{code}', 'of-{code}.example.org', 'reserved', 'held', '{organisation}');
INSERT INTO address (local, domain, kind, state, organisation_id, until) VALUES (
    'past.of-{code}', 'of-{code}.example.org', 'reserved', 'held', '{organisation}',
    now() - interval '1 day'
);
INSERT INTO address_use (address_id, last_used_at, calls)
SELECT id, now(), 1 FROM address WHERE local = 'room.of-{code}'
"""

_GRANTS: Final = """
INSERT INTO phonebook_grant (organisation_id, seen_by_id)
SELECT one.id, other.id FROM organisation AS one, organisation AS other
WHERE (one.code, other.code) IN (
    ('of-a', 'of-below-a'), ('of-b', 'of-root'), ('of-below-b', 'of-b'), ('of-root', 'of-below-b')
)
"""

# A device with an address that it should not have, and a theme that does not exist.
_FAULTS: Final = """
INSERT INTO address (local, domain, kind, device_id)
SELECT 'stray.of-b', 'of-below-b.example.org', 'device', device_id
FROM address WHERE local = 'device.of-b';
UPDATE room SET ivr_theme_name = 'of-b' WHERE service_name = 'of-b'
"""

_PLATFORM: Final = """
INSERT INTO template (name, is_default) VALUES ('of-platform', true);
INSERT INTO platform_names (kind, names) VALUES ('themes', '{of-platform}')
"""

_OTHERS: Final = """
SELECT md5(string_agg(concat(each.*, each.xmin), ',' ORDER BY each::text))
FROM {table} AS each
WHERE coalesce(audit_owner('{table}', to_jsonb(each)) <> ALL ($1::uuid[]), true)
"""


_REMOVE: Final = """
DELETE FROM {table} AS each WHERE audit_owner('{table}', to_jsonb(each)) = ANY ($1::uuid[])
"""

_REMOVE_THE_REST: Final = """
WITH granted AS (
    DELETE FROM phonebook_grant WHERE organisation_id = ANY ($1::uuid[])
)
DELETE FROM phonebook_entry WHERE organisation_id = ANY ($1::uuid[])
"""


def id_of(kind: str, code: str) -> str:
    """Give the id of a row: which table, and whose."""
    return f"{KINDS[kind]:02d}000000-0000-4000-8000-{DIGITS[code] * 12}"


# What statements of `a` name: its own, and what they should not reach.
MINE: Final = {
    "organisation": id_of("organisation", "a"),
    "below": id_of("organisation", "below-a"),
    "room": id_of("room", "a"),
    "device": id_of("device", "a"),
    "range": id_of("number_range", "a"),
    "their_template": id_of("template", "b"),
    "their_picture": id_of("picture", "b"),
    "their_room": id_of("room", "b"),
    "their": id_of("organisation", "b"),
    "root": id_of("organisation", "root"),
    "group": "01000000-0000-4000-8000-999999999999",
}


async def fill(database: Database) -> None:
    """Give each organisation a row in every table."""
    await database.empty()
    await database.sql.execute("DELETE FROM platform_names")
    for code, parent in PLACES.items():
        ids = {kind: id_of(kind, code) for kind in KINDS}
        above = "NULL" if parent is None else f"'{id_of('organisation', parent)}'"
        await database.sql.execute(_FILL.format(code=code, digit=DIGITS[code], parent=above, **ids))
    await database.sql.execute(_GRANTS)
    await database.sql.execute(_FAULTS)
    await database.sql.execute(_PLATFORM)


async def clear(database: Database) -> None:
    """Take it all away."""
    await database.empty()
    await database.sql.execute("DELETE FROM platform_names")


def secrets() -> tuple[str, ...]:
    """List what nobody within `a` may see: whatever is of b, below it, or beside a."""
    others = [code for code in PLACES if code not in INSIDE]
    ids = [id_of(kind, code) for kind in KINDS for code in others if (kind, code) not in INHERITED]
    return (
        *ids,
        "of-b@",
        "of-b.",
        "of-below-b",
        "meeting of-root",
        "room.of-root",
        "device.of-root",
    )


# Of those above, what is inherited may be seen.
INHERITED: Final = {("organisation", "root"), ("number_range", "root"), ("template", "root")}


@dataclass(frozen=True, slots=True)
class Prints:
    """What all rows of others looked like, table by table."""

    of: dict[str, str | None]

    @classmethod
    async def take(cls, sql: asyncpg.Connection[asyncpg.Record]) -> Prints:
        """Look at all rows that are not of `a` or below it; as who owns the tables."""
        inside = [id_of("organisation", code) for code in sorted(INSIDE)]
        return cls(
            {
                table: await sql.fetchval(_OTHERS.format(table=table), inside)
                for table in TABLES
                if table != "audit"
            }
        )


@asynccontextmanager
async def operating(database: Database) -> AsyncIterator[None]:
    """Act as who owns the tables for a while, and take back all that was done."""
    transaction = database.sql.transaction()
    await transaction.start()
    try:
        yield
    finally:
        await transaction.rollback()


@asynccontextmanager
async def within(database: Database, code: str = "a") -> AsyncIterator[None]:
    """Act for an organisation for a while, and take back all that was done."""
    async with operating(database):
        await act_as(database.sql, "kirsten", within=f"of-{code}")
        yield


@asynccontextmanager
async def lonely(
    database: Database, acting: AbstractAsyncContextManager[None]
) -> AsyncIterator[None]:
    """Act in a world in which there is nobody but `a`, those below it and those above it."""
    async with operating(database):
        await database.sql.execute("SET LOCAL session_replication_role = replica")
        others = [id_of("organisation", code) for code in ("b", "below-b")]
        for table in ("address", "contact", *TABLES):  # those whose owner another table names first
            if table not in {"phonebook_entry", "phonebook_grant"}:
                await database.sql.execute(_REMOVE.format(table=table), others)
        await database.sql.execute(_REMOVE_THE_REST, others)
        await database.sql.execute("SET LOCAL session_replication_role = origin")
        async with acting:
            yield
