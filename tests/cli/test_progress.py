"""How far work has come is shown beside what it prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.cli.progress import watched

if TYPE_CHECKING:
    import pytest


def test_progress_is_for_people_only(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever sends the output into a file or a mail gets none of it."""
    with watched("sweeping", 3) as done:
        done(1)
        done(2)

    assert capsys.readouterr() == ("", "")
