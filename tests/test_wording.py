"""What is wrong is said once, with what would be right; test_documents.py has the places."""

from __future__ import annotations

import pytest

from policy.wording import did_you_mean


@pytest.mark.parametrize(
    ("word", "known", "want"),
    [
        ("alais", ["alias", "when"], ", did you mean 'alias'?"),
        ("zzz", ["alias", "when"], "; known here: alias, when"),
        ("zzz", [], ""),
    ],
)
def test_a_near_miss_is_guessed(word: str, known: list[str], want: str) -> None:
    """A misspelt word gets the nearest one, any other the list of what there is."""
    assert did_you_mean(word, known) == want
