"""What was decided, held against what a test wants."""

from __future__ import annotations

import pytest

from policy.casebook.differences import Difference, Image, Said, Unsaid, differences
from policy.casebook.text import Want
from policy.decide.decision import Reason
from policy.documents import read_tree
from policy.wire.vocabulary import Action

SAID = Said(
    action=Action.CONTINUE,
    reason=Reason.BY_RULE,
    rule="a-rule",
    text="a text",
    result={
        "name": "Ward 7:4711",
        "pin": "4821",
        "participant_limit": 12,
        "allow_guests": False,
        "overflow": ("Aarhus", "Odense"),
        "nested": {"a": 1, "b": None},
    },
    shadows=("s1", "s2"),
    image=Image(48, 64, initials="KH"),
    ignore_local=True,
)


def unlike(want: str, said: Said = SAID) -> list[tuple[str, object, object]]:
    """Give what differs from what is wanted, written as in a test file."""
    wanted = Want.model_validate(read_tree(f"{{{want}}}", "a").value)
    return [(each.key, each.wanted, each.got) for each in differences(wanted, said)]


@pytest.mark.parametrize(
    "want",
    [
        "action: continue, reason: BY_RULE, rule: a-rule, text: a text, ignore_local: true",
        "shadows: [s2, s1]",
        "result: {pin: '4821'}",
        "result: {pin: 4821}",  # without its quotes a number in YAML
        "result: {participant_limit: '12'}",
        "result: {name: 'Ward 7:*'}",
        "result: {nested: {a: 1}}",
        "result: {nested: {b: null}}",
        "result: {overflow: [Aarhus, Odense]}",
        "without: [guest_pin]",
        "without: guest_pin",
        "image: {width: 48, initials: KH}",
    ],
)
def test_what_a_test_does_not_name_may_be_anything(want: str) -> None:
    """A test holds as long as what it names is so."""
    assert unlike(want) == []


@pytest.mark.parametrize(
    ("want", "differing"),
    [
        ("action: reject", ("action", "reject", "continue")),
        ("rule: ''", ("rule", "", "a-rule")),
        ("rule: ", ("rule", "", "a-rule")),
        ("text: ''", ("text", "", "a text")),
        ("ignore_local: false", ("ignore_local", False, True)),
        ("shadows: [s1]", ("shadows", ["s1"], ["s1", "s2"])),
        ("shadows: []", ("shadows", [], ["s1", "s2"])),
        ("result: {pin: 482}", ("result.pin", 482, "4821")),
        ("result: {view: five}", ("result.view", "five", Unsaid.ABSENT)),
        ("result: {allow_guests: 0}", ("result.allow_guests", 0, False)),
        ("result: {name: 'Ward:*'}", ("result.name", "Ward:*", "Ward 7:4711")),
        ("result: {nested: {a: 2}}", ("result.nested.a", 2, 1)),
        ("result: {nested: 2}", ("result.nested", 2, {"a": 1, "b": None})),
        ("result: {overflow: [Aarhus, X]}", ("result.overflow[1]", "X", "Odense")),
        (
            "result: {overflow: [Aarhus]}",
            ("result.overflow", ["Aarhus"], ("Aarhus", "Odense")),
        ),
        ("result: {}", ("result", {}, SAID.result)),
        ("result: [a]", ("result", ["a"], SAID.result)),
        ("without: pin", ("result.pin", Unsaid.ABSENT, "4821")),
        ("image: {width: 49}", ("image.width", 49, 48)),
        ("image: {file: a.png}", ("image.file", "a.png", Unsaid.ABSENT)),
    ],
)
def test_what_differs_is_told_by_its_key(want: str, differing: tuple[str, object, object]) -> None:
    """The part of the answer, what was wanted, what came."""
    assert unlike(want) == [differing]


def test_an_empty_result_is_none() -> None:
    """A node makes no difference between a result that is empty and one that is not there."""
    nothing = Said(action=Action.REJECT, reason=Reason.BY_RULE)

    assert unlike("result: {}", nothing) == []
    assert unlike("result: []", nothing) == []
    assert unlike("result: {pin: 1}", nothing) == [("result.pin", 1, Unsaid.ABSENT)]
    assert unlike("without: pin", nothing) == []
    assert unlike("image: {width: 1}", nothing) == [("image", {"width": 1}, Unsaid.ABSENT)]


def test_what_a_search_finds_cannot_be_wanted() -> None:
    """A test that wants entries of the phone book fails and says why."""
    searched = Said(action=Action.CONTINUE, reason=Reason.OK, result=Unsaid.SEARCHED)

    assert unlike("result: []", searched) == [("result", [], Unsaid.SEARCHED)]
    assert unlike("reason: OK", searched) == []


def test_a_difference_knows_its_field() -> None:
    """Whether it may be shown depends on the name of the field, at any depth."""
    assert Difference(("result", "pins", 0), 1, 2).field == "pins"
    assert Difference(("result", "pins", 0), 1, 2).key == "result.pins[0]"
