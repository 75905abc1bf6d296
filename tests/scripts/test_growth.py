"""Operators and methods do what Python's do, until a result would be too large."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.scripts.budget import SandboxError
from policy.scripts.growth import binary, call_method, holds, key, number, printf
from tests.scripts.scripting import refused, rendered, run_of

TEXTS = st.text(max_size=20)
NUMBERS = st.integers(-1_000, 1_000)


@given(st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]), NUMBERS, NUMBERS)
def test_numbers_are_reckoned_as_in_python(operator: str, left: int, right: int) -> None:
    """Whatever is not too large is what Python says."""
    try:
        wanted = eval(f"({left}) {operator} ({right})")  # noqa: S307  # two numbers of our own
    except ArithmeticError as exc:
        with pytest.raises((type(exc), SandboxError)):
            binary(run_of(), operator, left, right)
        return
    if isinstance(wanted, int) and wanted.bit_length() > 1_024:
        with pytest.raises(SandboxError, match="a number grows too large"):
            binary(run_of(), operator, left, right)
    elif not (operator == "**" and left.bit_length() * right > 1_024):  # refused beforehand
        assert binary(run_of(), operator, left, right) == wanted


@given(TEXTS, TEXTS, st.integers(-3, 50))
def test_texts_and_lists_are_put_together(left: str, right: str, times: int) -> None:
    """Plus and times work on texts, lists and tuples."""
    run = run_of()
    assert binary(run, "+", left, right) == left + right
    assert binary(run, "+", [left], [right]) == [left, right]
    assert binary(run, "*", left, times) == binary(run, "*", times, left) == left * times
    assert binary(run, "*", (left,), times) == (left,) * times


@given(TEXTS, TEXTS, TEXTS)
def test_methods_of_texts_do_what_they_do(text: str, old: str, new: str) -> None:
    """Methods give what Python gives."""
    run = run_of()
    assert call_method(run, text, "replace", [old, new], {}) == text.replace(old, new)
    assert call_method(run, text, "join", [[old, new]], {}) == text.join([old, new])
    assert call_method(run, text, "partition", ["x"], {}) == text.partition("x")
    assert call_method(run, text, "startswith", [(old, new)], {}) == text.startswith((old, new))
    assert call_method(run, text, "center", [40], {}) == text.center(40)
    assert holds(run, text, old) == (old in text)


def test_methods_of_lists_and_dictionaries_change_them() -> None:
    """Scripts of Pexip extend lists."""
    run = run_of()
    values: list[object] = [1]
    entries: dict[str, object] = {}

    assert call_method(run, values, "extend", [["a", "b"]], {}) is None
    assert call_method(run, entries, "update", [{"a": 1}], {"b": 2}) is None

    assert values == [1, "a", "b"]
    assert entries == {"a": 1, "b": 2}
    assert call_method(run, values, "index", ["b"], {}) == 2
    assert call_method(run, entries, "get", ["c", 3], {}) == 3


def test_only_plain_values_are_reckoned_with() -> None:
    """Times, sets and complex numbers are of no use to anybody here."""
    unfit: tuple[object, ...] = (1j, {1}, None)
    for value in unfit:
        with pytest.raises(SandboxError, match="only numbers, texts and lists"):
            number(value)
    with pytest.raises(SandboxError, match="only numbers, texts and lists"):
        binary(run_of(), "-", {}.keys(), {}.keys())
    assert "only lists and dictionaries can be added" in refused("{{ [].extend(9) }}")


def test_keys_are_texts_numbers_and_pairs_of_them() -> None:
    """A tuple within a tuple takes forever to hash when it is made to."""
    assert key("a") == "a"
    assert key(("a", 1, None)) == ("a", 1, None)
    nested: tuple[object, ...] = ([], ((1,),), {})
    for value in nested:
        with pytest.raises(SandboxError, match="a key must be a text or a number"):
            key(value)
    assert rendered("{{ {('a', 1): 'x'}[('a', 1)] }}") == "x"
    assert "a key must be" in refused("{{ {}.get([]) }}")
    assert "a key must be" in refused("{{ [] in {} }}")


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("%s-%03d", ("a", 7)),
        ("%(a)s of %(b).2f%%", {"a": "x", "b": 1.5}),
        ("%5s|%-5s|%x", ("a", "b", 255)),
        ("%s", [1, 2]),
    ],
)
def test_texts_are_filled_in(template: str, values: object) -> None:
    """Percent signs work as in Python."""
    assert printf(run_of(), template, values) == template % values


@pytest.mark.parametrize("template", ["%1000d", "%*d", "%.1000f", "%0999999999999999d"])
def test_no_width_is_wider_than_a_line(template: str) -> None:
    """Nobody needs more, and a number in a script costs nothing to write."""
    with pytest.raises(SandboxError, match="a width of a format may be 999 at most"):
        printf(run_of(), template, 1)


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("{{ '{0} {b:>4}'.format('a', b=7) }}", "a    7"),
        ("{{ '{0!r} {1[x]} {2[0]}'.format('a', {'x': 1}, [2]) }}", "'a' 1 2"),
        ("{{ '{:{}}|'.format(1, 4) }}", "   1|"),
        ("{{ '{a.b}'.format_map({'a': {'b': 3}}) }}", "3"),
        ("{{ '{}'.format([1, 'x']) }}", "[1, 'x']"),
    ],
)
def test_texts_are_formatted(script: str, wanted: str) -> None:
    """Fields, keys, widths and conversions of `format` work as in Python."""
    assert rendered(script) == wanted


def test_formats_stay_within_bounds() -> None:
    """Neither a width nor a number of fields makes a text that is too large."""
    assert "999 at most" in refused("{{ '{:1000}'.format(1) }}")
    assert "only texts and numbers" in refused("{{ '{:5}'.format([1]) }}")
    assert "beyond 65536" in refused("{{ ('{0}' * 900).format('x' * 900) }}")


@pytest.mark.parametrize(
    "script",
    [
        "{{ '%((x))800000000d' % {'(x)': 1} }}",
        "{{ '%(a%b)500000000d' % {'a%b': 1} }}",
        "{{ '{:٩٠٠٠٠٠٠٠}'.format(1) }}",
    ],
)
def test_a_width_is_found_however_it_is_written(script: str) -> None:
    """Behind a key with parentheses, and in the digits of any script."""
    assert "width" in refused(script) or "format" in refused(script)
