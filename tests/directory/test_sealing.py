"""Device passwords: unreadable without the key, readable with any key of the file."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.fernet import Fernet

from policy.directory.sealing import Seal, create_key_file
from policy.errors import DirectoryError, StartError

if TYPE_CHECKING:
    from pathlib import Path

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
