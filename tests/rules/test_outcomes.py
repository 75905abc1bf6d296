"""What a rule does, from the file to a value; tests/bad_rules has what it cannot do."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from policy.rules.model import (
    Changes,
    Continue,
    Credentials,
    Forward,
    NotFound,
    OnFailure,
    Outcome,
    Override,
    Redirect,
    Reject,
    RunScript,
    UseDirectory,
    UseLocation,
    UseLocationBySubnet,
    UseRoom,
    UseService,
)
from policy.rules.outcomes import ABOUT, CHANGES, OUTCOMES, TEMPLATED, Then
from policy.rules.subnets import MediaPlace
from policy.rules.templates import Template

TEST_CALL = {"service_type": "test_call", "name": "Test", "service_tag": ""}


@pytest.mark.parametrize(
    ("written", "want"),
    [
        ("continue", Continue()),
        ({"continue": True}, Continue()),
        ("not_found", NotFound()),
        ("directory", UseDirectory()),
        ({"reject": "closed"}, Reject(Template("closed"))),
        ({"redirect": "sip:${user}@example.net"}, Redirect(Template("sip:${user}@example.net"))),
        ({"room": "sip:Ward7@Example.org"}, UseRoom(Template("ward7@example.org"))),
        ({"room": "${1}@example.org"}, UseRoom(Template("${1}@example.org"))),
        ({"room": 721834}, UseRoom(Template("721834"))),
        ({"service": TEST_CALL}, UseService(TEST_CALL)),
        (
            {"service": {**TEST_CALL, "name": "${user}"}},
            UseService({**TEST_CALL, "name": "${user}"}, has_placeholders=True),
        ),
        (
            {"participant": {"preauthenticated_role": "chair"}},
            Override({"preauthenticated_role": "chair"}),
        ),
        ({"registration": {}}, Credentials({})),
        (
            {"registration": {"username": "", "password": ""}},
            Credentials({"username": "", "password": ""}),
        ),
        (
            {"location": {"location": "A", "overflow": ["B"]}},
            UseLocation(MediaPlace("A", ("B",))),
        ),
        ({"forward": {"to": "old"}}, Forward("old", 1.5, OnFailure.NEXT)),
        (
            {"forward": {"to": "old", "time_limit_s": "0.5", "on_failure": "reject"}},
            Forward("old", 0.5, OnFailure.REJECT),
        ),
    ],
)
def test_an_outcome_becomes_a_value(written: object, want: Outcome) -> None:
    """What needs no more than its name is one word."""
    assert Then.model_validate(written).compiled() == want


def test_subnets_and_scripts_are_compiled() -> None:
    """They are looked up and run for calls."""
    place = {"10.0.0.0/8": {"location": "A"}}

    assert isinstance(
        Then.model_validate({"location_by_subnet": place}).compiled(), UseLocationBySubnet
    )
    assert isinstance(Then.model_validate({"expr": "{}"}).compiled(), RunScript)


def test_changes_stand_beside_an_outcome_or_alone() -> None:
    """A rule that only changes something has no outcome."""
    written = {"set": {"x": "${user}"}, "rewrite": "7@example.org", "override": {"locked": True}}

    then = Then.model_validate(written)

    assert then.compiled() is None
    assert (then.key(), then.changing()) == ("", set(CHANGES))
    assert then.changes() == Changes(
        {"x": Template("${user}")}, {"locked": True}, Template("7@example.org")
    )
    assert then.placeholders() == ["user"]
    assert Then.model_validate({**written, "reject": "no"}).key() == "reject"
    assert Then.model_validate("continue").changes() is None


def test_names_of_the_platform_are_given_with_their_place() -> None:
    """Also from documents that become whole only for a call."""
    service = {**TEST_CALL, "name": "${user}", "ivr_theme_name": "T"}

    then = Then.model_validate({"service": service, "override": {"ivr_theme_name": "O"}})

    assert then.names() == {"service": service, "override": {"ivr_theme_name": "O"}}


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"continue": True, "not_found": True},
        {"continue": False},
        {"reject": ""},
        {"service": None},
        {"room": "@example.org"},
        {"room": "${user}@@example.org"},
        {"set": {}},
        "reject",
        "rejct",
        {"forward": "old"},
    ],
)
def test_what_cannot_be_carried_out_is_refused(written: object) -> None:
    """Nothing is guessed."""
    with pytest.raises(ValidationError):
        Then.model_validate(written)


def test_every_outcome_is_for_some_request_and_described() -> None:
    """Editors show what each does."""
    every = {field.alias or name for name, field in Then.model_fields.items()}

    assert frozenset().union(*OUTCOMES.values()) | set(CHANGES) == every == set(ABOUT)
    assert every > TEMPLATED
