"""What a server knew is read back whole by the same site, and by nobody else."""

from __future__ import annotations

import os
import stat
import zlib
from typing import TYPE_CHECKING, Final

import orjson
import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from policy.directory.cache import Lifetimes
from policy.directory.migrate import newest_revision
from policy.directory.records import AddressKey, Changes, Found
from policy.directory.sealing import Seal
from policy.directory.snapshot import INFO, MAGIC, read_snapshot, write_snapshot
from policy.errors import DirectoryError, StartError
from tests.fakes.caching import START, Clock, Rows, caching, room_entry
from tests.handlers.asking import counted

if TYPE_CHECKING:
    from pathlib import Path

OLD_KEY: Final = Fernet.generate_key().decode()
SEAL: Final = Seal((OLD_KEY,))
# Three chunks, the last of them not full.
ROOMS: Final = {
    AddressKey(str(number), "example.org"): room_entry(f"ward-{number}", address_id=number)
    for number in range(2500)
}
FIRST: Final = AddressKey("0", "example.org")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a place for the file."""
    return tmp_path / "snapshot"


def content_of(path: Path) -> bytes:
    """Read a file."""
    return path.read_bytes()


def beside(path: Path) -> list[Path]:
    """List the files of a file's folder."""
    return list(path.parent.iterdir())


def mode_of(path: Path) -> int:
    """Say who may do what with a file."""
    return stat.S_IMODE(path.stat().st_mode)


def make(path: Path) -> None:
    """Make a folder."""
    path.mkdir()


def put(path: Path, content: bytes) -> None:
    """Write a file."""
    path.write_bytes(content)


async def written(path: Path, rooms: int = len(ROOMS), seal: Seal = SEAL) -> int:
    """Write what a cache knows that was asked for so many rooms, and for an unknown alias."""
    cached = caching(Rows(ROOMS))
    for key in list(ROOMS)[:rooms]:
        await cached.find(key)
    await cached.find(AddressKey("nobody", "example.org"))
    return await write_snapshot(path, seal, cached, START)


@pytest.mark.parametrize("rooms", [0, 1, 1000, 1001, 2500])
async def test_what_was_known_is_read_back(path: Path, rooms: int) -> None:
    """All that somebody owns, with everything in it, and when that was."""
    number = await written(path, rooms)

    read = read_snapshot(path, SEAL)

    assert read is not None
    assert (number, read.written_at) == (rooms, START)
    assert sorted(read.entries, key=repr) == sorted(list(ROOMS.items())[:rooms], key=repr)
    assert {entry.address_id for _, entry in read.entries} == set(range(rooms))
    gauge = counted("policy_directory_snapshot_timestamp_seconds")
    assert gauge == START.timestamp()


async def test_a_bare_number_that_is_nobodys_is_kept(path: Path) -> None:
    """It leads on to the same number in the caller's own domain."""
    bare = AddressKey("700", "")
    cached = caching(Rows(ROOMS))
    nobodys = await cached.find(bare)

    await write_snapshot(path, SEAL, cached, START)
    read = read_snapshot(path, SEAL)

    assert read is not None
    assert read.entries == [(bare, nobodys.entry)]


async def test_a_server_without_a_database_serves_what_it_read(path: Path) -> None:
    """For `stale_s` from the start, marked as stale; with a database, as if it were not there."""
    await written(path)
    read = read_snapshot(path, SEAL)
    assert read is not None
    clock, directory = Clock(), Rows(ROOMS)
    cached = caching(directory, clock, lifetimes=Lifetimes(60, 30, stale_s=300))

    cached.restore(read.entries)
    directory.is_away = True
    stale = await cached.find(FIRST)
    clock.now_s += 299
    late = await cached.find(FIRST)
    clock.now_s += 1
    with pytest.raises(DirectoryError):
        await cached.find(FIRST)
    directory.is_away = False
    asked = directory.asked[FIRST]
    fresh = await cached.find(FIRST)

    assert stale == late == Found(ROOMS[FIRST], is_stale=True)
    assert fresh == Found(ROOMS[FIRST])
    assert directory.asked[FIRST] == asked + 1


async def test_what_is_known_already_is_not_replaced() -> None:
    """What was read from the database is younger than any file."""
    cached = caching(Rows({FIRST: room_entry("new")}))
    await cached.find(FIRST)

    cached.restore([(FIRST, room_entry("old"))])

    assert await cached.find(FIRST) == Found(room_entry("new"))


async def test_what_has_changed_or_was_never_read_here_is_not_written_on(path: Path) -> None:
    """Else the file would say that it was true at a time when nobody had looked."""
    directory = Rows(ROOMS)
    cached = caching(directory)
    cached.restore([(FIRST, ROOMS[FIRST])])
    for number in (1, 2, 3):
        await cached.find(AddressKey(str(number), "example.org"))
    directory.is_away = True
    cached.forget(Changes(locals=frozenset({"2"})))

    await write_snapshot(path, SEAL, cached, START)
    read = read_snapshot(path, SEAL)

    assert read is not None
    assert sorted(key.local for key, _ in read.entries) == ["1", "3"]


async def test_nobody_else_can_read_it(path: Path) -> None:
    """Neither another user of the machine, nor who gets hold of the file."""
    await written(path)

    content = content_of(path)
    assert b"ward" not in content
    assert b"example.org" not in content
    assert beside(path) == [path]
    assert mode_of(path) == 0o600


async def test_a_new_key_opens_nothing_and_the_old_one_below_it_does(path: Path) -> None:
    """A key that was put on top does not cost the snapshot."""
    await written(path, 3)
    new_key = Fernet.generate_key().decode()

    assert read_snapshot(path, Seal((new_key, OLD_KEY))) is not None
    with pytest.raises(StartError, match=r"/snapshot: a snapshot that is broken, or that no key"):
        read_snapshot(path, Seal((new_key,)))
    with pytest.raises(StartError, match=r"/snapshot: vdx-policy snapshot: .*key_file is not set"):
        read_snapshot(path, Seal())


def test_no_file_is_no_error(path: Path) -> None:
    """The first start of all has none."""
    assert read_snapshot(path, SEAL) is None


async def test_a_file_that_was_cut_short_is_refused(path: Path) -> None:
    """Wherever that was: nothing is half-loaded."""
    await written(path)
    content = content_of(path)
    # At each length of the beginning, between the chunks, and one byte before the end.
    ends = {*range(0, 300, 7), *_ends_of_blocks(content), len(content) - 1} - {len(content)}

    for end in sorted(ends):
        put(path, content[:end])
        with pytest.raises(StartError, match=r"/snapshot: .*: delete it, another is written"):
            read_snapshot(path, SEAL)


def _ends_of_blocks(content: bytes) -> list[int]:
    ends, at = [], len(MAGIC)
    while at < len(content):
        at += 4 + int.from_bytes(content[at : at + 4])
        ends.append(at)
    return ends


async def test_a_file_that_was_changed_is_refused(path: Path) -> None:
    """Whichever byte it was, and also where whole chunks change places or go."""
    await written(path)
    content = content_of(path)
    header, first, second, third = (
        content[start:end]
        for start, end in zip(
            [len(MAGIC), *_ends_of_blocks(content)], _ends_of_blocks(content), strict=False
        )
    )
    changed = [
        content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        for at in (*range(0, len(content), 997), len(content) - 1)
    ]
    changed += [
        MAGIC + header + b"".join(each) for each in ([second, first, third], [first, third])
    ]
    changed += [MAGIC + header + first + second + third + third, content + b"\x00"]
    changed.append(MAGIC + header.replace(b'"entries":2500', b'"entries":1000') + first)

    for each in changed:
        put(path, each)
        with pytest.raises(StartError, match=r"/snapshot: "):
            read_snapshot(path, SEAL)


@pytest.mark.parametrize("content", [b"", b"{}", MAGIC, b"vdx-policy snapshot 9\n" + b"x" * 99])
def test_any_other_file_is_refused(path: Path, content: bytes) -> None:
    """The message says what to do."""
    put(path, content)

    with pytest.raises(StartError, match=r"/snapshot: .*: delete it, another is written in time$"):
        read_snapshot(path, SEAL)


@pytest.mark.parametrize(
    ("schema", "text", "said"),
    [
        ("9999", b"[]", "a snapshot of schema 9999, not 0"),
        (newest_revision(), b'[["700", "", "spaceship", {}]]', "not entries of this version"),
        (newest_revision(), b"[", "not entries of this version"),
    ],
)
def test_a_file_of_another_version_is_refused(
    path: Path, schema: str, text: bytes, said: str
) -> None:
    """Its rows may mean something else."""
    header = orjson.dumps({"written_at": START, "entries": 0, "schema": schema})
    nonce = bytes(12)
    first = b"\x00\x00\x00\x01"
    sealed = AESGCM(SEAL.derive(INFO)).encrypt(nonce, zlib.compress(text), first + header)
    blocks = (header, nonce + sealed)
    put(path, MAGIC + b"".join(len(each).to_bytes(4) + each for each in blocks))

    with pytest.raises(StartError, match=rf"/snapshot: {said}"):
        read_snapshot(path, SEAL)


async def test_a_file_that_cannot_be_written_is_told(path: Path) -> None:
    """None is half-written: not in the place of a folder, nor in a folder that is away."""
    make(path)

    with pytest.raises(DirectoryError, match=r"^snapshot: .*/snapshot: is a directory$"):
        await written(path, 3)
    with pytest.raises(DirectoryError, match=r"^snapshot: .*/away/snapshot: no such file"):
        await written(path.parent / "away" / "snapshot", 3)

    assert beside(path) == [path]


def test_a_file_that_cannot_be_read_is_told(path: Path) -> None:
    """A folder in its place, say."""
    path.mkdir()

    with pytest.raises(StartError, match=r"/snapshot: is a directory: it should be a snapshot"):
        read_snapshot(path, SEAL)


async def test_the_header_can_be_read_by_anybody(path: Path) -> None:
    """How old it is and how much it holds is no secret."""
    await written(path, 3)
    content = content_of(path)[len(MAGIC) :]

    header = orjson.loads(content[4 : 4 + int.from_bytes(content[:4])])

    assert header["written_at"] == "2026-05-04T10:00:00+00:00"
    assert header["entries"] == 3


def test_a_pipe_is_not_waited_for(path: Path) -> None:
    """Nobody would ever write into it."""
    os.mkfifo(path)

    with pytest.raises(StartError, match=r"/snapshot: is a pipe: it should be a snapshot"):
        read_snapshot(path, SEAL)
