"""What any phone book finds: the real one and the one in memory alike."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy.directory.document import DirectoryFile
from policy.directory.phonebook import PostgresPhonebook
from policy.directory.pool import Pool
from policy.directory.records import AddressKey, PhonebookSearch
from policy.documents import Marks, Parsed
from policy.errors import DirectoryError
from tests.directory.proxy import proxy_to
from tests.fakes.phonebook import FakePhonebook, long, order, short

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from policy.directory.phonebook import Phonebook
    from tests.database import Database

    Holding = Callable[[DirectoryFile], AbstractAsyncContextManager[Phonebook]]

ANA: Final = "ana@example.org"
# From first to last: an aa is an å, a capital comes before its letter, punctuation is a space.
ALPHABET: Final = (
    "1. floor",
    "10. floor",
    "2. floor",
    "Abe",
    "Abe sal",
    "Abemad",
    "Müller",
    "Mynt",
    "Zebra",
    "zebra",
    "(Zoo)",
    "Äpple",
    "Ærø",
    "Ö",
    "Øster",
    "Aarhus",
    "Århus",
)


@pytest.fixture(params=["memory", "postgresql"])
def holding(request: pytest.FixtureRequest, database: Database) -> Holding:
    """Open a phone book that holds the rows of a file and no others."""

    @asynccontextmanager
    async def in_memory(file: DirectoryFile) -> AsyncIterator[Phonebook]:
        yield FakePhonebook(file)

    @asynccontextmanager
    async def in_postgresql(file: DirectoryFile) -> AsyncIterator[Phonebook]:
        await database.load(Parsed(file, Marks("directory.yaml")))
        async with database.phonebook() as phonebook:
            yield phonebook

    return in_memory if request.param == "memory" else in_postgresql


def room(*aliases: str, **more: object) -> dict[str, object]:
    """Write a listed room."""
    return {"organisation": "north", "aliases": list(aliases), "listed": True, **more}


def device(alias: str, **more: object) -> dict[str, object]:
    """Write a listed device."""
    row = {"organisation": "north", "alias": alias, "listed": True, "without_proof": True}
    return {**row, **more}


def named(*descriptions: str) -> list[dict[str, object]]:
    """Write listed rooms with these descriptions, and aliases that nobody looks for."""
    return [room(f"77{n}@example.org", description=text) for n, text in enumerate(descriptions)]


SPELLINGS: Final = {
    "Møde": ("møde", "moede", "mode", "MØDE", "mo\u0308de", "mø", "m", "  møde  "),
    "Mode": ("møde", "moede", "mode"),
    "Moede": ("møde", "mode"),
    "Aarhus": ("århus", "aarhus", "arhus", "ÅRHUS", "a\u030arhus", "aa", "å", "a", "rhu"),
    "Århus": ("århus", "aarhus", "arhus"),
    "Ærø": ("ærø", "aeroe", "aro", "æ", "äro"),
    "Søerne": ("søerne", "soerne", "soeerne", "sorne", "erne"),
    "Radioenheden": ("radio", "enheden"),
    "Müller & Søn's café": ("muller", "cafe", "s", "søn cafe", "café müller", "søn's"),
    "Consultations": ("consultaton", "konsultations", "consultatoins", "sultation"),
    "Sygehus": ("sygehs", "syge", "hus"),
    "100% _off_": ("%100", "100%", "off", "_off"),
}


def file_of(
    rooms: Sequence[object] = (),
    devices: Sequence[object] = (),
    grants: Sequence[tuple[str, str]] = (),
    states: dict[str, str] | None = None,
) -> DirectoryFile:
    """Add rows to a small tree: north with a ward and its bay, south, and ana who looks around."""
    states = states or {}
    tree = {"north": None, "ward": "north", "bay": "ward", "south": None, "shop": "south"}
    domain = {"domain": "example.org", "organisation": "north"}
    old = {"domain": "old.example.org", "organisation": "north", "history_only": True}
    return DirectoryFile.model_validate(
        {
            "organisations": [
                {"code": code, "name": code, "parent": parent, "state": states.get(code, "active")}
                for code, parent in tree.items()
            ],
            "domains": [domain, old],
            "rooms": rooms,
            "devices": [device(ANA), *devices],
            "phonebook_grants": [{"organisation": o, "seen_by": by} for o, by in grants],
        }
    )


def by(alias: str, typed: str, limit: int = 10) -> PhonebookSearch:
    """Let a device look for something."""
    user, _, host = alias.partition("@")
    return PhonebookSearch(AddressKey(user, host), typed, limit)


async def found(phonebook: Phonebook, typed: str, limit: int = 10, alias: str = ANA) -> list[str]:
    """Give the descriptions of what is found."""
    return [each.description for each in await phonebook.search(by(alias, typed, limit))]


@pytest.mark.parametrize(
    ("description", "typed"),
    [(description, typed) for description, all_ in SPELLINGS.items() for typed in all_],
)
async def test_a_spelling_finds(description: str, typed: str, holding: Holding) -> None:
    """Danish letters may be typed in any way, marks left out, and some letters wrong."""
    async with holding(file_of(named(description))) as phonebook:
        assert await found(phonebook, typed) == [description]


@pytest.mark.parametrize(
    ("description", "typed"),
    [
        ("Møde", "e"),
        ("Møde", "møbel"),
        ("Ward", "wird"),
        ("Ward 7", "ward 8"),
        ("Ward 77", "ward 7 8"),
        ("Aarhus", "r"),
        ("50% off", "%"),
        ("50% off", "5%f"),
        ("50% off", "__ off off_f"),
        ("Ward", "\\%\\_"),
        ("Ward", "war%d\\"),
        ("Ward", "'; DROP TABLE room; --"),
        ("Ward", ""),
        ("Ward", "   "),
        ("Ward", "\U0001f389"),
        ("Ward 721834", "721835"),
        ("Ward 721834", "ward 72183x"),
        ("Ward", "w" * 10_000),
    ],
)
async def test_something_else_does_not(description: str, typed: str, holding: Holding) -> None:
    """One letter is a beginning, no character is a pattern, and what is unlike is not found."""
    async with holding(file_of(named(description))) as phonebook:
        assert await found(phonebook, typed) == []


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        # At the start of a word, inside of one, nearly; each in the order of the alphabet.
        ("mode", ["Et møde", "Møde", "Ø-møder", "Formøde", "Årsmøde", "Modde"]),
        ("consultation", ["A consultation", "Consultations", "Teleconsultation", "Consultaton"]),
        # A hit is as good as the worst of its words.
        ("ward seven", ["Seven, ward", "Ward seven", "Forward seven", "Ward sevven"]),
        ("s w", ["Seven, ward", "Ward seven", "Ward sevven"]),
    ],
)
async def test_good_hits_come_first(typed: str, wanted: list[str], holding: Holding) -> None:
    """Quality decides, then the Danish alphabet."""
    meetings = ("Modde", "Årsmøde", "Formøde", "Møde", "Ø-møder", "Et møde")
    talks = ("Consultaton", "Teleconsultation", "Consultations", "A consultation")
    wards = ("Ward sevven", "Forward seven", "Ward seven", "Seven, ward")

    async with holding(file_of(named(*meetings, *talks, *wards))) as phonebook:
        assert await found(phonebook, typed) == wanted


async def test_hits_of_one_quality_are_in_danish_order(holding: Holding) -> None:
    """The alphabet ends with æ, ø, å; digits come before letters."""
    rooms = named(*(f"{text} hit" for text in reversed(ALPHABET)))

    async with holding(file_of(rooms)) as phonebook:
        got = await found(phonebook, "hit", limit=100)

    assert got == [f"{text} hit" for text in ALPHABET]


async def test_what_is_called_the_same_is_in_order_of_alias(holding: Holding) -> None:
    """The same search gives the same list."""
    rooms = [room(f"{n}@example.org", description="Ward") for n in (730, 710, 720)]

    async with holding(file_of(rooms)) as phonebook:
        hits = await phonebook.search(by(ANA, "ward"))

    assert [each.alias for each in hits] == [f"{n}@example.org" for n in (710, 720, 730)]


@pytest.mark.parametrize("limit", [0, 1, 3, 4, 100])
async def test_no_more_than_the_limit_is_given(limit: int, holding: Holding) -> None:
    """The first of all, not any."""
    async with holding(file_of(named("Ward d", "Ward b", "Ward a", "Ward c"))) as phonebook:
        got = await found(phonebook, "ward", limit)

    assert got == ["Ward a", "Ward b", "Ward c", "Ward d"][:limit]


@pytest.mark.parametrize(
    ("row", "typed", "wanted"),
    [
        (room("700@example.org", "ward@example.org"), "ward", [("700@example.org",) * 2]),
        (room("700@example.org", "ward@example.org"), "7", [("700@example.org",) * 2]),
        (room("700", "701@example.org"), "700", [("701@example.org",) * 2]),
        (room("700"), "700", [("700", "700")]),
        (room("700@old.example.org", "701@example.org"), "70", [("701@example.org",) * 2]),
        (room("700@old.example.org", "701@example.org"), "700", []),
        (room("700@old.example.org"), "700", []),
        (room("700@example.org", description=""), "700", [("700@example.org",) * 2]),
        (room("700@example.org", description="Ward"), "700", [("700@example.org", "Ward")]),
        (room("700@example.org", description="Ward"), "ward 700", [("700@example.org", "Ward")]),
        (room("møde@example.org", description="Ward"), "mode", [("møde@example.org", "Ward")]),
        (room("700@example.org"), "example", []),
        (room("700@example.org", state="unused-warned"), "700", [("700@example.org",) * 2]),
        (room("700@example.org", state="draft"), "700", []),
        (room("700@example.org", state="retired"), "700", []),
        (room("700@example.org", state="deleted"), "700", []),
        (room("700@example.org", listed=False), "700", []),
        (device("desk@example.org"), "desk", [("desk@example.org",) * 2]),
        (device("desk@example.org", description="Desk"), "des", [("desk@example.org", "Desk")]),
        (device("desk@example.org", enabled=False), "desk", []),
        (device("desk@example.org", listed=False), "desk", []),
        (device(ANA), "ana", []),
    ],
)
async def test_what_is_listed_and_can_be_called_is_found_once(
    row: dict[str, object], typed: str, wanted: list[tuple[str, str]], holding: Holding
) -> None:
    """By any of its aliases or its description, shown with the first alias; never the asker."""
    rooms, devices = ([row], []) if "aliases" in row else ([], [row] if row["alias"] != ANA else [])

    async with holding(file_of(rooms, devices)) as phonebook:
        hits = await phonebook.search(by(ANA, typed))

    assert [(each.alias, each.description) for each in hits] == wanted


@pytest.mark.parametrize(
    ("asker", "grants", "states", "wanted"),
    [
        # Its own organisation and what is below; nothing above, nothing beside.
        ("north", [], {}, ["bay", "north", "ward"]),
        ("ward", [], {}, ["bay", "ward"]),
        ("bay", [], {}, ["bay"]),
        ("shop", [], {}, ["shop"]),
        # A grant is for exactly the two that it names, and in one direction.
        ("shop", [("north", "shop")], {}, ["north", "shop"]),
        ("south", [("north", "shop")], {}, ["shop", "south"]),
        ("north", [("north", "shop")], {}, ["bay", "north", "ward"]),
        ("shop", [("north", "south")], {}, ["shop"]),
        ("bay", [("ward", "bay"), ("south", "bay")], {}, ["bay", "south", "ward"]),
        # What cannot be called is not shown; what stands between does not matter.
        ("north", [], {"ward": "suspended"}, ["bay", "north"]),
        ("north", [], {"ward": "leaving", "bay": "closed"}, ["north", "ward"]),
        ("shop", [("north", "shop")], {"north": "prospect"}, ["shop"]),
        # Nor does anybody look around whose organisation is not active.
        ("shop", [("north", "shop")], {"shop": "suspended"}, []),
        ("shop", [], {"south": "closed"}, ["shop"]),
    ],
)
async def test_an_organisation_sees_what_is_its_own_or_granted(
    asker: str,
    grants: list[tuple[str, str]],
    states: dict[str, str],
    wanted: list[str],
    holding: Holding,
) -> None:
    """Never an entry of a foreign organisation without a grant."""
    codes = ("north", "ward", "bay", "south", "shop")
    rooms = [room(f"7-{code}@example.org", organisation=code, description=code) for code in codes]
    devices = [device("asker@example.org", organisation=asker, listed=False)]

    async with holding(file_of(rooms, devices, grants, states)) as phonebook:
        got = await found(phonebook, "7", alias="asker@example.org")

    assert got == wanted


@pytest.mark.parametrize(
    ("alias", "wanted"),
    [
        (ANA, ["Ward"]),
        ("desk@example.org", ["Ward"]),  # a bare alias is valid in every own domain
        ("desk", ["Ward"]),
        ("desk@elsewhere.example", []),
        ("desk@old.example.org", []),
        ("nobody@example.org", []),
        ("770@example.org", []),  # a room
        ("off@example.org", []),
        ("'@example.org", []),
    ],
)
async def test_only_an_enabled_device_finds_anything(
    alias: str, wanted: list[str], holding: Holding
) -> None:
    """Who asks is looked up anew in every search."""
    devices = [
        device("desk", listed=False),
        device("off@example.org", enabled=False),
    ]

    async with holding(file_of(named("Ward"), devices)) as phonebook:
        assert await found(phonebook, "ward", alias=alias) == wanted


async def test_a_booking_is_never_listed() -> None:
    """A meeting is for who is invited: a file that lists one is refused."""
    times = {"starts_at": "2026-03-02T10:00:00Z", "ends_at": "2026-03-02T11:00:00Z"}

    with pytest.raises(ValueError, match="a booking is never listed"):
        DirectoryFile.model_validate({"bookings": [room("700@example.org") | times]})


async def test_a_database_that_is_away_is_told(database: Database) -> None:
    """Whoever searches meanwhile gets an error in time, and hits again when it is back."""
    await database.load(Parsed(file_of(named("Ward")), Marks("directory.yaml")))

    async with proxy_to(database.dsn) as proxy:
        pool = Pool(proxy.dsn, timeout_s=5)
        await pool.open()
        phonebook = PostgresPhonebook(pool)
        before = await found(phonebook, "ward")
        await proxy.close()
        with pytest.raises(DirectoryError, match=r"^database: "):
            await found(phonebook, "ward")
        await proxy.open()
        after = await found(phonebook, "ward")
        await pool.close()

    assert before == after == ["Ward"]


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs", "Cn"])))
async def test_memory_and_database_spell_alike(text: str, database: Database) -> None:
    """Any text at all is folded to the same words and the same order by both."""
    query = "SELECT phonebook_long($1), phonebook_short(phonebook_long($1)), phonebook_order($1)"

    got = await database.sql.fetchrow(query, text)

    assert tuple(got or ()) == (long(text), short(long(text)), order(text))
