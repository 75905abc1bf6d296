"""What counts as another answer, and what a log cannot say of one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from policy.decide.avatar import Drawing
from policy.decide.decision import Decision, Reason
from policy.directory.records import AddressKey, PhonebookSearch
from policy.pictures.initials import Initials
from policy.replaying.differing import (
    Answer,
    Unfit,
    answer_of,
    as_recorded,
    differences,
    made_comparable,
    plain,
    recorded_answer,
    recorded_token,
    why_unfit,
)
from policy.wire.vocabulary import Action, RequestType

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN = "3f2b8c1e-1111-4222-8333-444455556666"
ROOM: Mapping[str, object] = {"service_type": "conference", "name": "r-1", "pin": "940713"}
LET_IN = Answer("continue", "OK", result=ROOM)
REFUSED = Answer("reject", "BY_RULE", "barred", "closed")


@pytest.mark.parametrize(
    ("before", "after", "differs"),
    [
        (LET_IN, LET_IN, ()),
        (LET_IN, Answer("continue", "OK", "a-rule", result=ROOM), ()),
        (LET_IN, REFUSED, ("action", "reason", "text", "result")),
        (LET_IN, Answer("continue", "OK", result={**ROOM, "pin": "1"}), ("result.pin",)),
        (LET_IN, Answer("continue", "OK", result={"name": "r-1"}),
         ("result.pin", "result.service_type")),
        (Answer("continue", "OK", result={}), Answer("continue", "OK"), ("result",)),
        (Answer("continue", "OK", result={"a": (1, 2)}),
         Answer("continue", "OK", result={"a": [1, 2]}), ()),
    ],
)  # fmt: skip
def test_what_a_node_is_told_differs_by_name(
    before: Answer, after: Answer, differs: tuple[str, ...]
) -> None:
    """Fields are named one by one; another rule, or a tuple for a list, is no other answer."""
    assert differences(before, after) == differs
    assert differences(after, before) == differs


def test_what_is_looked_up_elsewhere_is_an_answer_too() -> None:
    """Pictures are not drawn and phone books not searched: whose it is says enough."""
    picture = answer_of(Drawing(UUID(int=7), 80, 60, Reason.OK))
    initials = answer_of(Drawing(Initials("KH", "#123456"), 80, 60, Reason.INITIALS))
    search = answer_of(PhonebookSearch(AddressKey("meeting", "example.org"), "Karin", 10))

    assert differences(picture, initials) == ("reason", "result.picture")
    assert "KH" not in str(initials.result)
    assert search.result == {"alias": "meeting@example.org"}


def test_a_decision_says_what_the_rules_did() -> None:
    """Shadow rules and faults come along, without the reason of a fault."""
    decision = Decision(
        Action.REJECT,
        Reason.BY_RULE,
        None,
        "barred",
        "closed",
        shadows=("s",),
        faults=(("f", "x"),),
    )

    assert answer_of(decision) == Answer(
        "reject", "BY_RULE", "barred", "closed", shadows=("s",), faults=("f",)
    )


def test_a_log_never_says_what_is_secret() -> None:
    """A recorded answer is held against one that is masked the same way."""
    recorded = recorded_answer(
        {
            "action": "continue",
            "reason": "OK_DEGRADED",
            "rule": "",
            "answer": {**ROOM, "pin": "****"},
        }
    )

    assert as_recorded(LET_IN) == recorded
    assert as_recorded(REFUSED).text == ""


@pytest.mark.parametrize(
    ("request_type", "recorded", "unfit"),
    [
        (RequestType.SERVICE, Answer("", ""), Unfit.UNRECORDED),
        (RequestType.SERVICE, Answer("continue", "FALLBACK"), Unfit.NO_DECISION),
        (RequestType.SERVICE, Answer("continue", "LATE"), Unfit.NO_DECISION),
        (RequestType.AVATAR, Answer("continue", "OK"), Unfit.HIDDEN),
        (RequestType.PHONEBOOK, Answer("continue", "OK"), Unfit.HIDDEN),
        (RequestType.PARTICIPANT, Answer("continue", "OWN_DEVICE"), Unfit.HIDDEN),
        (RequestType.PARTICIPANT, Answer("continue", "NO_RULE"), None),
        (RequestType.AVATAR, Answer("not_found", "BY_RULE", "no-pictures"), Unfit.HIDDEN),
    ],
)
def test_some_records_say_nothing_about_the_rules(
    request_type: RequestType, recorded: Answer, unfit: Unfit | None
) -> None:
    """The database was away, or the log hides whom the directory was asked for."""
    assert why_unfit(request_type, recorded, Answer("continue", "NO_RULE")) is unfit


def test_a_rule_that_speaks_for_a_hidden_alias_is_compared() -> None:
    """It does not need to know whose picture that is."""
    recorded, replayed = Answer("continue", "OK"), Answer("not_found", "BY_RULE", "no-pictures")

    assert why_unfit(RequestType.AVATAR, recorded, replayed) is None


def test_another_servers_answer_is_not_asked_for_again() -> None:
    """Forwarded then and forwarded now is the same, whatever the other server said."""
    recorded = Answer("continue", "FORWARD_FAILED", "to-old", result={})
    replayed = Answer("continue", "FORWARDED", "to-old", result={"forwarded_to": "old"})

    assert differences(*made_comparable(RequestType.SERVICE, recorded, replayed)) == ()
    assert differences(*made_comparable(RequestType.SERVICE, LET_IN, replayed)) != ()


def test_a_gateway_call_keeps_the_name_that_it_had() -> None:
    """Its token is found in the recorded answer; other answers have none."""
    gateway = {"service_type": "gateway", "name": f"Partner:{TOKEN}"}

    assert recorded_token({"answer": gateway}) == TOKEN
    masked = "caecdbxxxxxxxxxx-8a85-7b19de363e0d"
    assert recorded_token({"answer": {**gateway, "name": f"Partner:{masked}"}}) == masked
    assert recorded_token({"answer": {**gateway, "name": "Partner"}}) == ""
    assert recorded_token({"answer": ROOM}) == ""
    assert recorded_token(None) == ""


def test_what_json_cannot_say_stays_as_it_is() -> None:
    """Nobody can send it, and comparing it must not fail."""
    unsayable = {"a": object()}

    assert plain(unsayable) is unsayable
    assert plain({"a": (1,)}) == {"a": [1]}
