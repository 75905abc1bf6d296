"""What errors say to a person."""

from __future__ import annotations

import pytest

from policy.errors import (
    DirectoryError,
    DocumentError,
    PolicyError,
    Problem,
    RequestError,
    RulesError,
    SettingsError,
    StartError,
)


@pytest.mark.parametrize(
    "error",
    [SettingsError, RulesError, DocumentError, RequestError, DirectoryError, StartError],
)
def test_every_error_on_purpose_is_a_policy_error(error: type[Exception]) -> None:
    """Whoever catches the root catches them all."""
    assert issubclass(error, PolicyError)


def test_a_problem_says_where_it_stands() -> None:
    """Source, line and column as editors understand them; without a line only the source."""
    assert str(Problem("a.yaml", 12, 5, "is wrong")) == "a.yaml:12:5: is wrong"
    assert str(Problem("a.yaml", 0, 0, "is wrong")) == "a.yaml: is wrong"


@pytest.mark.parametrize("error", [DocumentError, SettingsError, RulesError])
def test_an_error_about_files_carries_every_problem(error: type[DocumentError]) -> None:
    """The text has one line for each problem, in their order."""
    problems = [Problem("a.yaml", 1, 2, "one"), Problem("b.yaml", 0, 0, "two")]

    got = error(problems)

    assert got.problems == tuple(problems)
    assert str(got) == "a.yaml:1:2: one\nb.yaml: two"


def test_an_error_about_a_request_names_the_parameter() -> None:
    """The parameter comes first, then what is wrong with it."""
    got = RequestError("alias", "is empty")

    assert (got.parameter, str(got)) == ("alias", "alias: is empty")
