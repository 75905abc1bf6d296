"""Literals that no text breaks out of."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.rules.local.writing import UnfitError, comment, joined, literal, quoted
from policy.scripts.script import compile_script
from tests.fakes.local_policy import run_locally
from tests.rules.local.running import CALL, value_of

_TEXTS = st.text(
    st.one_of(st.sampled_from("{}%#\"\\'\n\x00\u2028 $"), st.characters()), max_size=30
)
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), _TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(_TEXTS, inner, max_size=3)
    ),
    max_leaves=8,
)


@given(_VALUES)
def test_a_literal_is_read_as_the_value(value: object) -> None:
    """Whatever stands in a document, a node writes it as it was."""
    assert value_of("", literal(value)) == value


@given(_TEXTS)
def test_no_mark_of_jinja_is_left(text: str) -> None:
    """Nobody who reads over a script sees a mark in a text, and it stays on its line."""
    written = quoted(text)

    assert re.search(r"\{[{%#]|[}%#]\}", written) is None
    assert len(written.splitlines()) == 1


@given(_TEXTS)
def test_a_comment_ends_where_it_should(text: str) -> None:
    """The name of a rule, whatever it is, does not get out of its comment."""
    script = f"{{# {comment(text)} #}}{{}}"

    compile_script(script)
    assert run_locally(script, CALL) == {}


def test_what_json_does_not_know_is_refused() -> None:
    """There is no such thing in a rule."""
    with pytest.raises(UnfitError, match="set has no place in a script"):
        literal({"a": {1}})


def test_many_conditions_nest_flat() -> None:
    """A thousand alternatives are ten brackets deep."""
    text = joined("or", ["false"] * 999 + ["true"])

    assert text.startswith("(" * 9 + "false")
    assert value_of("", text) is True
