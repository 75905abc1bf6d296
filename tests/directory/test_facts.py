"""Subtrees and tags: the same from both directories, whatever becomes of the tree."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from policy.directory.document import DirectoryFile, Tags
from policy.directory.memory import MemoryDirectory, subtrees_of
from policy.directory.migrate import SCHEMA, migrate
from policy.directory.records import AddressKey, Booking, Device, PermanentRoom
from policy.documents import Marks, Parsed
from tests.directory.rows import file_of, parsed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from policy.directory.lookup import Directory
    from tests.database import Database
    from tests.directory.conftest import Holding

TREE: Final = """
organisations:
  - {code: north, name: North}
  - {code: hospital, name: Hospital, parent: north}
  - {code: ward, name: Ward, parent: hospital}
  - {code: south, name: South}
domains: [{domain: example.org, organisation: north, inherit: true}]
rooms:
  - {organisation: ward, aliases: [700@example.org], service_name: r-1, tags: [Surgery, round]}
  - {organisation: south, aliases: [701@example.org], service_name: r-2}
bookings:
  - organisation: hospital
    aliases: [800@example.org]
    service_name: r-3
    tags: [Blåbær]
    starts_at: 2026-05-04T10:00+02:00
    ends_at: 2026-05-04T11:00+02:00
devices:
  - {organisation: ward, alias: screen@example.org, without_proof: true, tags: [" kiosk"]}
"""
LOCALS: Final = ("700", "701", "800", "screen")
MOVE: Final = """
UPDATE organisation SET parent_id = (SELECT id FROM organisation WHERE code = $2) WHERE code = $1
"""
PATHS: Final = "SELECT coalesce(code, name), path FROM organisation"


async def facts(directory: Directory) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Give owner, subtree and tags of everything in the tree."""
    found = []
    for local in LOCALS:
        target = (await directory.find(AddressKey(local, "example.org"))).target
        assert isinstance(target, PermanentRoom | Booking | Device)
        found.append((target.owner, target.subtree, target.tags))
    return found


async def paths(database: Database) -> dict[str, list[str]]:
    """Give the path of every organisation, by its code."""
    return {row[0]: row[1] for row in await database.sql.fetch(PATHS)}


async def test_whoever_is_above_an_owner_is_told(holding: Holding) -> None:
    """The owner comes first and the root last; tags are as they were written."""
    async with holding(parsed(TREE).value) as directory:
        found = await facts(directory)

    ward = ("ward", "hospital", "north")
    assert found == [
        ("ward", ward, ("Surgery", "round")),
        ("south", ("south",), ()),
        ("hospital", ward[1:], ("Blåbær",)),
        ("ward", ward, (" kiosk",)),
    ]


async def test_an_organisation_that_moves_takes_all_below_along(database: Database) -> None:
    """What the database says after a move is what a file with the tree so drawn says."""
    await database.load(parsed(TREE))
    moved = TREE.replace("parent: north", "parent: south").replace(
        "  - {code: south, name: South}\n", ""
    )
    moved = moved.replace("organisations:\n", "organisations:\n  - {code: south, name: South}\n")

    await database.sql.execute(MOVE, "hospital", "south")

    async with database.directory() as directory:
        assert await facts(directory) == await facts(MemoryDirectory(parsed(moved).value))


async def test_an_organisation_that_is_merged_leaves_no_trace(database: Database) -> None:
    """Its children hang on the other, under a code that is renamed in the end, and it goes."""
    await database.load(parsed(TREE))
    await database.sql.execute("UPDATE booking SET cancelled_at = now()")

    await database.sql.execute(
        """
        UPDATE organisation SET parent_id = (SELECT id FROM organisation WHERE code = 'south')
        WHERE parent_id = (SELECT id FROM organisation WHERE code = 'hospital');
        DELETE FROM address WHERE local = '800'; DELETE FROM booking;
        DELETE FROM room WHERE kind = 'booking';
        DELETE FROM organisation WHERE code = 'hospital';
        UPDATE organisation SET code = 'south-west' WHERE code = 'south'
        """
    )

    assert await paths(database) == {
        "north": ["north"],
        "south-west": ["south-west"],
        "ward": ["ward", "south-west"],
    }


async def test_a_group_leaves_no_code(database: Database) -> None:
    """It holds organisations together and is nobody a rule could name."""
    await database.load(parsed(TREE))

    await database.sql.execute(
        "UPDATE organisation SET type = 'group', code = NULL WHERE code = 'hospital'"
    )

    async with database.directory() as directory:
        found = await facts(directory)
    assert [each[:2] for each in found] == [
        ("ward", ("ward", "north")),
        ("south", ("south",)),
        ("", ("north",)),
        ("ward", ("ward", "north")),
    ]


async def test_rows_of_one_statement_come_in_any_order(database: Database) -> None:
    """A child may be written before its parent, and a parent renamed together with it."""
    child, parent, root = (f"10000000-0000-0000-0000-00000000000{n}" for n in range(3))
    rows = [(child, "c", parent), (parent, "b", root), (root, "a", None)]

    await database.sql.execute(
        """
        INSERT INTO organisation (id, code, name, parent_id)
        SELECT id, code, code, parent_id
        FROM unnest($1::uuid[], $2::text[], $3::uuid[]) AS new (id, code, parent_id)
        """,
        *(list(column) for column in zip(*rows, strict=True)),
    )
    written = await paths(database)
    await database.sql.execute("UPDATE organisation SET code = upper(code)")

    assert written == {"a": ["a"], "b": ["b", "a"], "c": ["c", "b", "a"]}
    assert await paths(database) == {"A": ["A"], "B": ["B", "A"], "C": ["C", "B", "A"]}


async def test_nobody_writes_a_path(database: Database) -> None:
    """Whoever does, when a row is made or later, finds what is true instead."""
    await database.load(parsed(TREE))

    await database.sql.execute("UPDATE organisation SET path = '{}' WHERE code = 'hospital'")
    await database.sql.execute(
        "INSERT INTO organisation (code, name, path) VALUES ('x', 'X', '{y}')"
    )

    assert await paths(database) == {
        "north": ["north"],
        "hospital": ["hospital", "north"],
        "ward": ["ward", "hospital", "north"],
        "south": ["south"],
        "x": ["x"],
    }


@pytest.mark.parametrize(
    ("moved", "below"), [(["north"], "ward"), (["north", "south"], "hospital")]
)
async def test_nobody_is_above_themselves(database: Database, moved: list[str], below: str) -> None:
    """A circle is refused, and the tree stays as it was."""
    await database.load(parsed(TREE))
    before = await paths(database)

    with pytest.raises(asyncpg.CheckViolationError, match=r"is above itself$") as caught:
        await database.sql.execute(MOVE.replace("= $1", "= ANY ($1)"), moved, below)

    assert caught.value.constraint_name == "no_organisation_is_above_itself"
    assert await paths(database) == before


async def test_two_moves_at_once_make_no_circle(database: Database) -> None:
    """Who comes second waits, sees what the first has done, and is refused."""
    await database.load(parsed(TREE))
    first = await asyncpg.connect(database.dsn)
    second = await asyncpg.connect(database.dsn)
    watching = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    transaction = first.transaction()
    await transaction.start()

    await first.execute(MOVE, "north", "south")
    late = asyncio.create_task(second.execute(MOVE, "south", "ward"))
    while not await database.sql.fetchval(watching):
        assert not late.done()
    await transaction.commit()

    with pytest.raises(asyncpg.CheckViolationError, match=r"is above itself$"):
        await late
    assert (await paths(database))["ward"] == ["ward", "hospital", "north", "south"]
    await first.close()
    await second.close()


async def test_an_older_database_gets_its_paths(bare: str) -> None:
    """The migration writes the paths of organisations that were there before it."""
    connection = await asyncpg.connect(bare)
    for file in sorted(SCHEMA.glob("000[1-5]*.sql")):
        await connection.execute(file.read_text(encoding="utf-8"))
    await connection.execute(
        """
        CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
        INSERT INTO alembic_version VALUES ('0005');
        INSERT INTO organisation (code, name) VALUES ('north', 'North');
        INSERT INTO organisation (code, name, parent_id) SELECT 'ward', 'Ward', id FROM organisation
        """
    )

    migrated = await migrate(bare)

    found = {row[0]: row[1] for row in await connection.fetch(PATHS)}
    await connection.close()
    assert migrated[0] == "0005"
    assert found == {"north": ["north"], "ward": ["ward", "north"]}


CODES: Final = tuple("abcdefg")
# Who hangs below whom: each one below another that stands before it in some order, or below nobody.
TREES: Final = st.permutations(CODES).flatmap(
    lambda codes: st.tuples(
        *(st.sampled_from((None, *codes[:index])) for index in range(len(codes)))
    ).map(lambda parents: dict(zip(codes, parents, strict=True)))
)


def _file(tree: Mapping[str, str | None]) -> DirectoryFile:
    rows = [{"code": code, "name": code, "parent": parent} for code, parent in tree.items()]
    return DirectoryFile.model_validate({"organisations": rows})


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(trees=st.lists(TREES, min_size=2, max_size=3), one_statement=st.booleans())
async def test_any_tree_may_become_any_other(
    database: Database, trees: Sequence[Mapping[str, str | None]], *, one_statement: bool
) -> None:
    """However often all is moved about, at once or one by one, paths are those of the last tree."""
    await database.load(Parsed(_file(trees[0]), Marks("directory.yaml")))

    for tree in trees[1:]:
        if one_statement:
            await database.sql.execute(
                """
                UPDATE organisation SET parent_id = parent.id
                FROM unnest($1::text[], $2::text[]) AS move (code, parent)
                LEFT JOIN organisation AS parent ON parent.code = move.parent
                WHERE organisation.code = move.code
                """,
                list(tree),
                list(tree.values()),
            )
        else:
            await database.sql.execute("UPDATE organisation SET parent_id = NULL")
            for code, parent in tree.items():
                await database.sql.execute(MOVE, code, parent)

    wanted = subtrees_of(_file(trees[-1]))
    assert await paths(database) == {code: list(path) for code, path in wanted.items()}


WORDS: Final = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4
) | st.sampled_from(["", "a" * 100, "a" * 101, "\n", "a\n", "\x7f", "\x9f", "\xa0", "\u2028"])


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tags=st.lists(WORDS, max_size=3) | st.sampled_from([["a"] * 50, ["a"] * 51]))
@pytest.mark.parametrize("table", ["room", "device"])
async def test_the_file_and_the_database_take_the_same_tags(
    database: Database, table: str, tags: list[str]
) -> None:
    """At most 50 of 1 to 100 characters, and no control characters."""
    await database.load(Parsed(file_of(), Marks("directory.yaml")))
    columns = {"room": "kind, tags", "device": "without_proof, tags"}[table]
    values = {"room": "'permanent', $1", "device": "true, $1"}[table]
    insert = (
        f"INSERT INTO {table} (organisation_id, {columns}) SELECT id, {values} FROM organisation "  # noqa: S608  ours
        "WHERE state = 'active'"
    )
    try:
        TypeAdapter(Tags).validate_python(tags)
        accepted = True
    except ValidationError:
        accepted = False

    try:
        await database.sql.execute(insert, tags)
        refusal = ""
    except asyncpg.CheckViolationError as exc:
        refusal = exc.constraint_name or "refused"

    assert ("tag" in refusal) != accepted


@pytest.mark.parametrize("tags", ["{{a,b},{c,d}}", "{a,NULL}"])
async def test_tags_are_a_plain_list(database: Database, tags: str) -> None:
    """A list of lists, or one with a hole, is refused."""
    await database.load(parsed(TREE))

    with pytest.raises(asyncpg.CheckViolationError) as caught:
        await database.sql.execute(f"UPDATE device SET tags = '{tags}'")  # noqa: S608  ours

    assert caught.value.constraint_name == "a_tag_has_1_to_100_characters"
