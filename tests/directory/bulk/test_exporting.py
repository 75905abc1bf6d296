"""What is written can be brought back, and is then written the same."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Literal

import pytest

from policy.errors import RefusedError
from tests.directory.bulk.site import bring_in, bring_out, problems_of, write_files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.database import Database


@pytest.mark.parametrize("form", ["csv", "jsonl"])
async def test_out_and_in_and_out_again_is_the_same(
    database: Database, tmp_path: Path, form: Literal["csv", "jsonl"]
) -> None:
    """Everything that is carried is carried whole, with PINs and passwords when asked for."""
    await bring_in(database, write_files(tmp_path / "files"))
    first = await bring_out(database, tmp_path / "first", form=form)
    await database.empty()

    imported = await bring_in(database, tmp_path / "first")

    assert problems_of(imported) == []
    second = await bring_out(database, tmp_path / "second", form=form)
    assert first == second
    assert len(first) == 13
    assert "s3cret" in first[f"devices.{form}"]
    assert "48213" in first[f"rooms.{form}"]
    assert "Talk" in first[f"bookings.{form}"]
    mode = (tmp_path / "first" / f"rooms.{form}").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


async def test_secrets_stay_unless_asked_for(database: Database, tmp_path: Path) -> None:
    """No PIN, no password, nothing that people wrote about a meeting."""
    await bring_in(database, write_files(tmp_path / "files"))

    written = await bring_out(database, tmp_path / "out", with_secrets=False)

    text = "".join(written.values())
    for secret in ("48213", "90377", "50718", "33941", "4821#", "s3cret", "k3y", "Talk"):
        assert secret not in text
    assert not {"pin", "guest_pin"} & set(written["rooms.csv"].splitlines()[0].split(","))


async def test_a_subtree_is_all_that_is_its_own(database: Database, tmp_path: Path) -> None:
    """An organisation and those below it; what it uses of others must be where it is brought to."""
    await bring_in(database, write_files(tmp_path / "files"))

    written = await bring_out(database, tmp_path / "out", organisation="region/nord æ")

    assert [row.split(",")[0] for row in written["organisations.csv"].splitlines()[1:]] == [
        "practice",
        "region/nord æ",
    ]
    text = "".join(written.values())
    assert "old@rooms.example.org" not in text
    assert "899998" not in text
    assert "899999" in text
    await database.empty()
    ranges = tmp_path / "out" / "ranges.csv"
    assert "\n,main" not in ranges.read_text()
    imported = await bring_in(database, tmp_path / "out")
    assert problems_of(imported) == [
        (
            "addresses.csv:2:53: range 'main' is neither in the directory nor in these files,"
            " of range_organisation"
        )
    ]


async def test_it_writes_into_an_empty_folder_alone(database: Database, tmp_path: Path) -> None:
    """Old files are not taken for new ones; an unknown organisation is told."""
    (tmp_path / "rooms.csv").write_text("mine")
    with pytest.raises(RefusedError, match="is not empty"):
        await bring_out(database, tmp_path)
    with pytest.raises(RefusedError, match="organisation 'x': there is none"):
        await bring_out(database, tmp_path / "new", organisation="x")
