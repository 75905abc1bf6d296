"""The bytes of every kind of answer."""

from __future__ import annotations

import orjson
import pytest

from policy.wire.responses import CONTENT_TYPE, render
from policy.wire.vocabulary import Action


@pytest.mark.parametrize("action", [Action.CONTINUE, Action.REJECT, Action.REDIRECT])
def test_an_answer_is_a_success_with_its_action(action: Action) -> None:
    """A node takes an answer only when its status is `success`, refusals included."""
    body = orjson.loads(render(action, None, {}))

    assert body == {"status": "success", "action": action.value}


def test_no_opinion_is_a_failure_that_continues() -> None:
    """The body of a 404 says what the node does with it, as the vendor's sample does."""
    body = orjson.loads(render(Action.NOT_FOUND, None, {"reason": "BY_RULE"}))

    assert body == {"status": "fail", "action": "continue", "reason": "BY_RULE"}


def test_an_empty_result_is_not_no_result() -> None:
    """A refused registration must have an empty result; a refused call must have none."""
    with_one = orjson.loads(render(Action.REJECT, {}, {}))
    without = orjson.loads(render(Action.REJECT, None, {}))

    assert with_one["result"] == {}
    assert "result" not in without


def test_notes_stand_beside_the_result() -> None:
    """What is for the support log never gets among the fields of a service."""
    result = {"name": "møde", "pin": "0123", "crypto_mode": None, "locked": False}

    body = orjson.loads(render(Action.CONTINUE, result, {"reason": "OK"}))

    assert body == {"status": "success", "action": "continue", "reason": "OK", "result": result}


def test_letters_are_sent_as_they_are() -> None:
    """The body is UTF-8, which is all that JSON over HTTP can be."""
    assert "møde".encode() in render(Action.CONTINUE, {"name": "møde"}, {})
    assert CONTENT_TYPE == "application/json"
