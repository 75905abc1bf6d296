"""Whatever the database refuses is told in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import asyncpg
import pytest

from policy.directory.writing.refusals import SENTENCES, said_by

if TYPE_CHECKING:
    from tests.database import Database

# Rules that no command can meet: keys that the program or the database draws, sets of words that
# are constants of the program, and tables that only triggers and migrations write.
_TABLES_OF_THE_PROGRAM: Final = frozenset(
    {
        "address_use",
        "alembic_version",
        "audit",
        "audit_head",
        "change_log",
        "phonebook_entry",
        "platform_names",
        "service_schema",
    }
)
NEVER_MET: Final = frozenset(
    {
        "address_kind_check",
        "address_pkey",
        "address_state_check",
        "agreement_kind_check",
        "agreement_pkey",
        "an_active_address_has_the_target_of_its_kind",
        "booking_kind_check",
        "booking_meeting_type_check",
        "booking_room_id_key",
        "booking_sources_check",
        "contact_pkey",
        "device_pkey",
        "message_template_pkey",
        "number_range_expected_check",
        "number_range_pkey",
        "only_a_held_address_is_held_for_somebody",
        "organisation_history_api_key_sha256_check",
        "organisation_pkey",
        "organisation_state_check",
        "organisation_type_check",
        "picture_id_organisation_id_key",
        "picture_organisation_id_sha256_key",
        "picture_pkey",
        "reservation_pkey",
        "reservation_room_id_key",
        "room_id_kind_key",
        "room_id_organisation_id_key",
        "room_kind_check",
        "room_pkey",
        "room_state_check",
        "template_id_service_type_key",
        "template_pkey",
        "theme_pkey",
        "user_account_pkey",
    }
)
RULES: Final = """
SELECT conname AS name, conrelid::regclass::text AS of FROM pg_constraint
WHERE connamespace = current_schema()::regnamespace AND contype IN ('c', 'u', 'p', 'x')
UNION
SELECT indexrelid::regclass::text, indrelid::regclass::text FROM pg_index
JOIN pg_class ON pg_class.oid = indexrelid
WHERE indisunique AND relnamespace = current_schema()::regnamespace
"""


async def test_every_rule_has_a_sentence(database: Database) -> None:
    """Whoever adds a constraint says in words what it wants, or that nobody can meet it."""
    rows = await database.sql.fetch(RULES)
    rules = {row["name"] for row in rows if row["of"] not in _TABLES_OF_THE_PROGRAM}
    told = SENTENCES.keys() | NEVER_MET
    # These are foreign keys, which the question above does not ask for.
    of_foreign_keys = {
        "a_room_shows_a_picture_of_its_organisation",
        "a_device_shows_a_picture_of_its_organisation",
        "a_template_is_for_its_service_type",
    }

    assert sorted(rules - told) == []
    assert sorted(told - rules - of_foreign_keys) == []
    assert not SENTENCES.keys() & NEVER_MET


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "INSERT INTO organisation (code, name) VALUES ('north', 'N'), ('north', 'N')",
            "organisation: there is one of this code already",
        ),
        (
            "INSERT INTO domain VALUES ('example.org', gen_random_uuid())",
            "domain: there is no such organisation",
        ),
        (
            "INSERT INTO number_range (name, domain, low, high) VALUES ('n', 'a.example', 1, 9)",
            "number range: there is no such domain",
        ),
        ("INSERT INTO organisation (code) VALUES ('north')", "organisation: name is missing"),
        ("SELECT refuse('a_rule', 'room: what is said')", "room: what is said"),
        (
            """CREATE TEMPORARY TABLE odd (a integer CONSTRAINT a_rule CHECK (a > 0));
            INSERT INTO odd VALUES (0)""",
            "odd: is refused by the rule a_rule",
        ),
        (
            """INSERT INTO organisation (code, name) VALUES ('north', 'N');
            INSERT INTO domain SELECT 'example.org', id FROM organisation;
            DELETE FROM organisation""",
            "organisation: a domain still needs it",
        ),
    ],
)
async def test_a_refusal_is_a_sentence_without_the_row(
    database: Database, statement: str, said: str
) -> None:
    """What is missing, who still needs it, which rule; values never."""
    transaction = database.sql.transaction()
    await transaction.start()
    try:
        with pytest.raises(asyncpg.PostgresError) as caught:
            await database.sql.execute(statement)
    finally:
        await transaction.rollback()

    assert said_by(caught.value) == said
