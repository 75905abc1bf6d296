"""PINs and device passwords: unreadable without the key, readable with any key of the file."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Final
from uuid import UUID

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from policy.directory.sealing import PIN_COLUMNS, Seal, create_key_file, seal_of_embedded, stand_in
from policy.errors import DirectoryError, StartError

if TYPE_CHECKING:
    from pathlib import Path

    from policy.directory.sealing import PinColumn

SECRET: Final = "blåbærgrød med fløde"


def test_a_secret_comes_back() -> None:
    """What was sealed is opened by the same key, and its text shows nothing of it."""
    seal = Seal((Fernet.generate_key().decode(),))

    sealed = seal.seal(SECRET)

    assert seal.unseal(sealed) == SECRET
    assert "bl" not in sealed[:2]
    assert sealed != seal.seal(SECRET)


def test_a_new_key_goes_on_top() -> None:
    """With a new key above the old one, old secrets open and new ones need the new key."""
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    both = Seal((new, old))

    assert both.unseal(Seal((old,)).seal(SECRET)) == SECRET
    assert Seal((new,)).unseal(both.seal(SECRET)) == SECRET


@pytest.mark.parametrize("sealed", ["", "x", "gAAAAAB" + "A" * 100])
def test_what_no_key_opens_is_an_error(sealed: str) -> None:
    """A wrong key and a broken text are the same error, which repeats neither."""
    seal = Seal((Fernet.generate_key().decode(),))

    with pytest.raises(DirectoryError, match=r"^device password: no key of secrets.key_file"):
        seal.unseal(sealed or Seal((Fernet.generate_key().decode(),)).seal(SECRET))


def test_without_a_key_nothing_is_sealed() -> None:
    """Both ways the setting to look at is named."""
    for work in (Seal().seal, Seal().unseal):
        with pytest.raises(DirectoryError, match=r"secrets.key_file is not set$"):
            work(SECRET)


def test_a_key_file_is_read(tmp_path: Path) -> None:
    """One key a line; empty lines and spaces around do not matter."""
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    path = tmp_path / "keys"
    path.write_text(f"\n {new} \n\n{old}\n", encoding="ascii")

    seal = Seal.load(path)

    assert seal.unseal(Seal((old,)).seal(SECRET)) == SECRET
    assert Seal((new,)).unseal(seal.seal(SECRET)) == SECRET


@pytest.mark.parametrize("content", ["no key", "å", "AAAA", "a" * 44])
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: str) -> None:
    """The message names the file and repeats nothing of it, for it may be half a key."""
    path = tmp_path / "keys"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(StartError) as caught:
        Seal.load(path)

    assert str(caught.value) == f"{path}: holds something that is not a key"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    """A key file that holds no key is a mistake, which shows at the start and not at a call."""
    path = tmp_path / "keys"
    path.touch()

    with pytest.raises(StartError, match="holds no key"):
        Seal.load(path)


def test_a_missing_file_is_told_with_the_cure(tmp_path: Path) -> None:
    """The message names the command that makes one."""
    with pytest.raises(StartError) as caught:
        Seal.load(tmp_path / "keys")

    said = "no such file or directory: 'vdx-policy new-key' makes a key file"
    assert str(caught.value) == f"{tmp_path / 'keys'}: {said}"


def test_a_new_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Nobody else can read it, it works, and its folders are made."""
    path = tmp_path / "a" / "b" / "keys"

    create_key_file(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    seal = Seal.load(path)
    assert seal.unseal(seal.seal(SECRET)) == SECRET


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    """A lost key is a lost password of every device."""
    path = tmp_path / "keys"
    create_key_file(path)
    before = path.read_bytes()

    with pytest.raises(FileExistsError):
        create_key_file(path)

    assert path.read_bytes() == before


ROOM: Final = UUID("20000000-0000-0000-0000-000000000001")
OTHER_ROOM: Final = UUID("20000000-0000-0000-0000-000000000002")
PINS: Final = st.from_regex(r"[0-9]{4,20}|[0-9]{3,19}#", fullmatch=True)


def new_seal() -> Seal:
    """Give a seal with a key of its own."""
    return Seal((Fernet.generate_key().decode(),))


SEAL: Final = new_seal()


@given(pin=PINS, room=st.uuids(), which=st.sampled_from(PIN_COLUMNS))
def test_a_pin_comes_back(pin: str, room: UUID, which: PinColumn) -> None:
    """Whatever the PIN, and no two sealed ones are the same text."""
    sealed = SEAL.seal_pin(room, which, pin)

    assert SEAL.unseal_pin(room, which, sealed) == pin
    assert sealed != SEAL.seal_pin(room, which, pin)
    assert sealed.startswith(f"{len(pin)}#." if pin.endswith("#") else f"{len(pin)}.")


def test_a_mark_tells_equal_pins_of_one_room_and_nothing_else() -> None:
    """Host and guest PIN of a room can be compared; PINs of two rooms or of two keys cannot."""
    host, guest, other_room, other_key = (
        sealed.split(".")[1]
        for sealed in (
            SEAL.seal_pin(ROOM, "pin", "48213"),
            SEAL.seal_pin(ROOM, "guest_pin", "48213"),
            SEAL.seal_pin(OTHER_ROOM, "pin", "48213"),
            new_seal().seal_pin(ROOM, "pin", "48213"),
        )
    )

    assert host == guest
    assert len({host, other_room, other_key}) == 3


def test_a_pin_opens_in_its_place_only() -> None:
    """A PIN that was copied to another room or column does not become that one's."""
    sealed = SEAL.seal_pin(ROOM, "pin", "48213")
    places: list[tuple[UUID, PinColumn]] = [(OTHER_ROOM, "pin"), (ROOM, "guest_pin")]

    for room, which in places:
        with pytest.raises(DirectoryError, match=r"^room PIN: no key of secrets.key_file opens it"):
            SEAL.unseal_pin(room, which, sealed)


@pytest.mark.parametrize(
    "sealed", ["", "48213", "5.a.b", "5.a.b.c", "5.a.{key}.c", "5.a.{key}.AAAA"]
)
def test_a_broken_pin_is_an_error_that_repeats_nothing(sealed: str) -> None:
    """Clear text that somebody forced into the column is not shown either."""
    key = SEAL.seal_pin(ROOM, "pin", "4821").split(".")[2]

    with pytest.raises(DirectoryError) as caught:
        SEAL.unseal_pin(ROOM, "pin", sealed.format(key=key))

    assert str(caught.value) == "room PIN: no key of secrets.key_file opens it"


@pytest.mark.parametrize("pin", ["", "482", "4a21", "48213\n", "#", "482##", "4" * 21])
def test_what_is_no_pin_is_not_sealed(pin: str) -> None:
    """Once it is sealed nobody could see that a node would refuse it."""
    with pytest.raises(DirectoryError, match="a PIN is 4 to 20 digits"):
        SEAL.seal_pin(ROOM, "pin", pin)


@pytest.mark.parametrize("pin", ["4821", "48213976", "39471#"])
def test_another_pin_stands_in_for_a_sealed_one(pin: str) -> None:
    """It is as long and ends alike; that of guests is never that of hosts."""
    seal, room = Seal((Fernet.generate_key().decode(),)), UUID(int=7)

    host, guest = (stand_in(which, seal.seal_pin(room, which, pin)) for which in PIN_COLUMNS)

    assert len(host) == len(guest) == len(pin)
    assert host.endswith("#") == guest.endswith("#") == pin.endswith("#")
    assert host != guest


def test_a_new_key_goes_on_top_for_pins_too() -> None:
    """Old PINs open, new ones are of the new key, and each says which key it needs."""
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    both = Seal((new, old))
    sealed = Seal((old,)).seal_pin(ROOM, "pin", "48213")
    again = both.seal_pin(ROOM, "pin", "48213")

    assert both.unseal_pin(ROOM, "pin", sealed) == "48213"
    assert (both.is_newest_pin(sealed), both.is_newest_pin(again)) == (False, True)
    assert (Seal((new,)).opens_pin(sealed), Seal((new,)).opens_pin(again)) == (False, True)
    password = Seal((old,)).seal(SECRET)
    assert (both.is_newest(password), both.is_newest(both.seal(SECRET))) == (False, True)


def test_without_a_key_no_pin_is_sealed() -> None:
    """Both ways the setting to look at is named."""
    seal = Seal()
    sealed = SEAL.seal_pin(ROOM, "pin", "48213")

    with pytest.raises(DirectoryError, match=r"^room PIN: secrets.key_file is not set$"):
        seal.seal_pin(ROOM, "pin", "48213")
    with pytest.raises(DirectoryError, match=r"^room PIN: secrets.key_file is not set$"):
        seal.unseal_pin(ROOM, "pin", sealed)
    known = (seal.has_key, seal.opens_pin(sealed), seal.is_newest_pin(sealed), seal.is_newest("x"))
    assert not any(known)


def test_keys_for_other_purposes_are_derived() -> None:
    """One for each purpose and each key of the file, always the same, the newest first."""
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    both = Seal((new, old))

    keys = both.derive_all(b"snapshot")

    assert keys == (Seal((new,)).derive(b"snapshot"), Seal((old,)).derive(b"snapshot"))
    assert both.derive(b"snapshot") == keys[0]
    assert len({*keys, both.derive(b"audit")}) == 3
    assert {len(key) for key in keys} == {32}
    with pytest.raises(DirectoryError, match=r"^snapshot: secrets.key_file is not set$"):
        Seal().derive(b"snapshot")


def test_an_embedded_database_has_its_key_beside_it(tmp_path: Path) -> None:
    """It is made once; a file that the settings name is never made."""
    sealed = seal_of_embedded(None, tmp_path).seal(SECRET)

    assert seal_of_embedded(None, tmp_path).unseal(sealed) == SECRET
    assert Seal.load(tmp_path / "secret.key").unseal(sealed) == SECRET
    with pytest.raises(StartError, match="no such file"):
        seal_of_embedded(tmp_path / "keys", tmp_path)
