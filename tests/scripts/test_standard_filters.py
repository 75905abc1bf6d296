"""The standard filters do what Jinja's own do, within bounds."""

from __future__ import annotations

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.scripts.standard_filters import FILTERS, TEST_FUNCTIONS
from tests.scripts.scripting import refused, rendered

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1_000, 1_000),
    st.floats(-1_000, 1_000),
    st.text(st.characters(max_codepoint=0x2FF), max_size=30),
    st.lists(st.one_of(st.integers(0, 9), st.text("ab<>&; -1", max_size=8)), max_size=5),
)
EXPRESSIONS = (
    "v|capitalize",
    "v|default('x')",
    "v|default('x', true)",
    "v|first",
    "v|last",
    "v|float",
    "v|int",
    "v|int(7)",
    "v|join('-')",
    "v|length",
    "v|lower",
    "v|upper",
    "v|trim",
    "v|trim('a')",
    "v|truncate(9)",
    "v|truncate(9, true, '.', 0)",
    "v|replace('a', 'bc')",
    "v|replace('a', 'bc', 1)",
    "v|striptags",
    "v|round",
    "v|round(1, 'ceil')",
    "v|round(method='floor')",
    "v|abs",
    "'%s!'|format(v)",
    "missing|default('x')",
    "missing|lower",
    "missing|length",
)


@pytest.mark.parametrize("expression", EXPRESSIONS)
@given(value=VALUES)
def test_filters_do_what_jinja_does(expression: str, value: object) -> None:
    """Whatever Jinja makes of a value, scripts make of it; what fails there fails here."""
    script = (
        "{% set v = call_info.v %}{% set missing = call_info.missing %}{{ " + expression + " }}"
    )
    given_value = {"call_info": {"v": value}}
    try:
        wanted = jinja2.Environment().from_string(script).render(given_value)  # noqa: S701  # no HTML
    except Exception:  # noqa: BLE001  # whatever it is, ours fails too
        assert refused(script, **given_value)
    else:
        assert rendered(script, **given_value) == wanted


@pytest.mark.parametrize("name", TEST_FUNCTIONS)
def test_tests_do_what_jinja_does(name: str) -> None:
    """Every test that is on says the same of every kind of value."""
    for value in (None, True, 3, 2.5, "x", "X", "", [1], {"a": 1}):
        for script in (f"{{{{ call_info.v is {name} }}}}", f"{{{{ call_info.v is {name}(3) }}}}"):
            variables = {"call_info": {"v": value}}
            try:
                wanted = jinja2.Environment().from_string(script).render(variables)  # noqa: S701
            except Exception:  # noqa: BLE001, S112  # a test that takes no value, or needs one
                continue
            assert rendered(script, **variables) == wanted, script


def test_exactly_what_pexip_has_on_is_on() -> None:
    """The list of the reference."""
    on = (
        "abs capitalize default first float format int join last length lower range replace round "
        "striptags trim truncate upper"
    )
    assert " ".join(sorted(FILTERS)) == on


def test_counting_has_an_end() -> None:
    """A range is a filter and a function, of ten thousand numbers at most."""
    assert rendered("{% for i in range(2, 5) %}{{ i }}{% endfor %}{{ 3|range|last }}") == "2342"
    assert "10000 numbers at most" in refused("{{ range(10001) }}")


def test_strange_arguments_are_refused() -> None:
    """What Jinja does not check is checked."""
    assert "values or named values" in refused("{{ 'x'|format(1, a=2) }}")
    assert "300 decimals" in refused("{{ 1|round(301) }}")
    assert "common, ceil or floor" in refused("{{ 1|round(1, 'up') }}")
    assert "at least that of its end" in refused("{{ 'x'|truncate(2) }}")


def test_trimming_by_many_characters_is_work() -> None:
    """Each letter is looked for among them."""
    script = "{% set v = 'b' * 60000 %}{% set c = 'a' * 60000 ~ 'b' %}{{ v|trim(c) }}"

    assert "it works" in refused(script)
