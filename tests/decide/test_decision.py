"""What a decision carries besides its action."""

from __future__ import annotations

from policy.decide.decision import Decision, Reason, leave, refuse
from policy.wire.vocabulary import Action


def test_a_refusal_carries_no_result() -> None:
    """A node that sees a usable result lets the caller in, so a refusal has none."""
    decision = refuse(Reason.ENDED)

    assert decision == Decision(Action.REJECT, Reason.ENDED, None)


def test_leaving_a_call_to_the_platform_carries_no_result() -> None:
    """The platform's own configuration is searched when there is no result."""
    decision = leave(Reason.DEVICE)

    assert decision == Decision(Action.CONTINUE, Reason.DEVICE, None)


def test_the_notes_say_why() -> None:
    """Every answer has its reason in the support log; rule and text only where there are any."""
    plain = refuse(Reason.ENDED).notes()
    full = Decision(Action.REJECT, Reason.BY_RULE, None, "closed", "closed today").notes()

    assert plain == {"reason": "ENDED"}
    assert full == {"reason": "BY_RULE", "rule": "closed", "text": "closed today"}


def test_a_decision_does_not_show_its_result() -> None:
    """PINs and passwords are in the result, which is therefore not printed with a decision."""
    decision = Decision(Action.CONTINUE, Reason.OK, {"pin": "48213"})

    assert "48213" not in repr(decision)
