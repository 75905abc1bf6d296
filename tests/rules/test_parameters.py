"""The table of parameters agrees with what nodes send."""

from __future__ import annotations

import pytest

from policy.rules.parameters import PARAMETERS, Kind, requests_of
from policy.wire.vocabulary import RequestType
from tests.rules.asking import asked, holds

VALUES = {
    Kind.TEXT: ("Some Text", "some text"),
    Kind.TEXTS: ("Some Text", "some text"),
    Kind.FLAG: ("True", "true"),
    Kind.NUMBER: ("7", "7"),
    Kind.ADDRESS: ("192.0.2.7", "192.0.2.0/24"),
    Kind.ADDRESSES: ("192.0.2.7", "192.0.2.0/24"),
    Kind.VERSION: ("35.1", "'35'"),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_each_parameter_is_read_under_its_name_on_the_wire(name: str) -> None:
    """A rule that names it matches what was sent, and not what was not."""
    parameter = PARAMETERS[name]
    request = min(parameter.requests)
    sent, written = VALUES.get(parameter.kind, ("", ""))
    if parameter.words is not None:
        sent = written = str(min(parameter.words))
    call = {parameter.wire or name: sent}
    when = f"{{{name}: {written!r}}}" if parameter.kind is Kind.WORD else f"{{{name}: {written}}}"
    others = {"call_direction": "" if name == "direction" else "dial_in"}

    assert holds(when, asked(request=request, sent=others | call))
    assert not holds(when, asked(request=request, sent=others))


def test_letters_stand_for_requests() -> None:
    """One letter each, for a table that fits the page."""
    assert requests_of("SPLADR") == frozenset(RequestType)
