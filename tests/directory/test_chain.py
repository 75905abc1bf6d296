"""The chain: what its text is, and what is found when somebody has been at it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy.directory.chain import Anchor, Ends, Link, Verifier, hash_of
from policy.errors import DirectoryError
from tests.directory.audits import note, read_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.database import Database

START: Final = Anchor(7, b"\x01" * 32)


def chain(count: int) -> list[Link]:
    """Make rows that follow one another."""
    links: list[Link] = []
    before = START
    for number in range(8, 8 + count):
        link = Link(
            chain_no=number,
            id=number,
            at="2026-11-23T12:00:00.000000Z",
            actor="kirsten",
            operation="update",
            entity="room",
            entity_id="r1",
            organisation_id=None,
            changed={"state": {"from": "active", "to": "retired"}, "pin": "changed"},
            previous=before.hash,
            hash=None,
        )
        link = replace(link, hash=hash_of(link, before.hash))
        before = anchor_of(link)
        links.append(link)
    return links


def anchor_of(link: Link) -> Anchor:
    """Give the place of a row that has one."""
    assert link.chain_no is not None
    assert link.hash is not None
    return Anchor(link.chain_no, link.hash)


def verdict(links: list[Link], head: Anchor, known: Anchor | None = None) -> str:
    """Say what is wrong, empty for nothing."""
    try:
        verifier = Verifier(Ends(START, head), known)
        for link in links:
            verifier.take(link)
        verifier.end()
    except DirectoryError as exc:
        return str(exc)
    return ""


def test_a_whole_chain_is_whole() -> None:
    """Also with a row in it that was noted earlier, and with none at all."""
    links = chain(5)
    head = anchor_of(links[-1])

    assert verdict(links, head) == ""
    assert verdict(links, head, anchor_of(links[2])) == ""
    assert verdict(links, head, START) == ""
    assert verdict([], START) == ""


@pytest.mark.parametrize(
    ("done", "wanted"),
    [
        (
            lambda rows: [*rows[:2], replace(rows[2], actor="x"), *rows[3:]],
            "row 10 has been changed",
        ),
        (
            lambda rows: [*rows[:2], replace(rows[2], changed={}), *rows[3:]],
            "row 10 has been changed",
        ),
        (lambda rows: rows[:2] + rows[3:], "row 10 is missing"),
        (lambda rows: [rows[1], rows[0], *rows[2:]], "row 8 is missing"),
        (
            lambda rows: [
                rows[0],
                replace(rows[2], chain_no=9),
                replace(rows[1], chain_no=10),
                *rows[3:],
            ],
            "row 9 does not follow the one before it",
        ),
        (lambda rows: rows[:3], "row 11 is missing, the last one is 12"),
        (lambda rows: rows[1:], "row 8 is missing"),
        (
            lambda rows: [*rows, replace(rows[0], chain_no=None, hash=None, id=99)],
            "a row stands beside the chain, its id is 99",
        ),
    ],
)
def test_what_somebody_did_is_found(done: Callable[[list[Link]], list[Link]], wanted: str) -> None:
    """A row changed, left out, swapped, cut off or slipped in: the first break has its number."""
    links = chain(5)

    assert verdict(done(links), anchor_of(links[-1])) == f"audit: {wanted}"


def test_a_chain_that_was_made_anew_does_not_hold_the_known_row() -> None:
    """Whoever owns the database can rewrite all of it, but not what was noted elsewhere."""
    links = chain(5)
    forged = replace(links[0], actor="nobody")
    forged = replace(forged, hash=hash_of(forged, START.hash))

    assert verdict([forged], anchor_of(forged)) == ""
    assert (
        verdict([forged], anchor_of(forged), anchor_of(links[0]))
        == "audit: row 8 has not the hash that is known"
    )
    assert (
        verdict(links[:3], anchor_of(links[2]), anchor_of(links[4]))
        == "audit: row 12 is missing, the chain ends with 10"
    )
    assert verdict(links, anchor_of(links[-1]), Anchor(3, START.hash)) == (
        "audit: row 3 is kept no longer, the first that is has the number 8"
    )


def test_a_place_is_read_as_it_is_written() -> None:
    """NUMBER:HASH, and nothing shorter."""
    assert Anchor.parse(str(START)) == START
    for text in ("", "7", "7:", "7:01", "x:" + "01" * 32, "7:" + "zz" * 32):
        with pytest.raises(ValueError, match=r"NUMBER:HASH|invalid literal|non-hexadecimal"):
            Anchor.parse(text)


TEXT: Final = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
CHANGED: Final = st.dictionaries(
    TEXT,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=5,
)


@given(
    actor=TEXT.filter(lambda text: 0 < len(text) <= 250),
    entity_id=st.none() | TEXT,
    changed=CHANGED,
)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_program_and_database_hash_the_same_text(
    database: Database, actor: str, entity_id: str | None, changed: dict[str, object]
) -> None:
    """Whatever is noted: odd characters, nested values, keys of all lengths."""
    await note(database, actor, entity_id, changed)

    ends, links = await read_all(database)

    assert links[-1].hash == hash_of(links[-1], links[-1].previous or b"")
    assert anchor_of(links[-1]) == ends.head
