"""How texts, numbers, versions and shares may be written; tests/bad_rules has how not."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from policy.rules.forms import (
    FactName,
    ListName,
    NumberForm,
    OneOrMore,
    ShareForm,
    TextForm,
    VersionForm,
    check_not_empty,
)


@pytest.mark.parametrize(
    ("written", "field", "want"),
    [
        ("Aarhus", "exact", {"aarhus"}),
        (["Aarhus", "", 7], "exact", {"aarhus", "", "7"}),
        ({"exact": "A"}, "exact", {"a"}),
        ({"prefix": "A"}, "prefix", {"a"}),
        ({"suffix": ["A", "b"]}, "suffix", {"a", "b"}),
        ({"contains": "A"}, "contains", {"a"}),
        ({"regex": "A.*"}, "regex", "A.*"),
        ({"list": "a.txt"}, "list_", "a.txt"),
    ],
)
def test_a_text_is_compared_in_one_way(written: object, field: str, want: object) -> None:
    """A text or a list of texts is short for `exact`."""
    form = TextForm.model_validate(written)

    assert getattr(form, field) == want
    assert form.model_fields_set == {field}


def test_a_number_is_a_number_or_its_bounds() -> None:
    """One number is both bounds."""
    assert NumberForm.model_validate(7) == NumberForm(at_least=7, at_most=7)
    assert NumberForm.model_validate({"at_most": 7}).at_least is None
    with pytest.raises(ValidationError):
        NumberForm.model_validate("7")


def test_a_version_is_compared_part_by_part() -> None:
    """`35` is each version that begins so."""
    assert VersionForm.model_validate("35.1").bounds() == ((35, 1), (35, 1))
    assert VersionForm.model_validate(35).bounds() == ((35,), (35,))
    assert VersionForm.model_validate({"at_least": "21.1"}).bounds() == ((21, 1), ())


@pytest.mark.parametrize(
    ("written", "want"), [("10%", 1000), ("0.5 %", 50), ("100%", 10_000), ("0.01%", 1)]
)
def test_a_share_is_some_per_cent(written: str, want: int) -> None:
    """With up to two decimals."""
    assert ShareForm.model_validate(written).percent == want
    assert ShareForm.model_validate({"percent": written, "name": "a"}).name == "a"


@pytest.mark.parametrize("written", ["10", 10, "0%", "100.01%", "ten%", "-1%", None])
def test_a_share_says_what_it_is_of(written: object) -> None:
    """A bare number could be a part of one or of a hundred."""
    with pytest.raises(ValidationError):
        ShareForm.model_validate(written)


def test_one_word_stands_for_a_list_of_one() -> None:
    """And a list of none for nothing at all."""
    adapter: TypeAdapter[frozenset[str]] = TypeAdapter(OneOrMore[str])

    assert adapter.validate_python("a") == adapter.validate_python(["a"]) == {"a"}
    with pytest.raises(ValidationError):
        adapter.validate_python([])
    with pytest.raises(ValueError, match="at least one"):
        check_not_empty(())


def test_names_are_held_against_what_there_is() -> None:
    """Lists of the folder are known while its files are read, and else every name is taken."""
    names: TypeAdapter[str] = TypeAdapter(ListName)

    assert names.validate_python("a.txt") == "a.txt"
    assert names.validate_python("a.txt", context={"lists": {"a.txt"}}) == "a.txt"
    with pytest.raises(ValidationError, match=r"did you mean 'a\.txt'"):
        names.validate_python("a.tx", context={"lists": {"a.txt"}})
    with pytest.raises(ValidationError):
        TypeAdapter(FactName).validate_python("Partner")


def test_editors_are_told_of_every_short_form() -> None:
    """A schema that knew only mappings would call most files wrong."""
    for form in (TextForm, NumberForm, VersionForm, ShareForm):
        schema = form.model_json_schema()
        assert len(schema["anyOf"]) >= 2
