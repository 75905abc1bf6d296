"""Every type of request goes the way that the server goes."""

from __future__ import annotations

import pytest

from policy.decide.asking import decide, parse_request
from policy.decide.avatar import Drawing
from policy.decide.decision import Decision
from policy.directory.records import PhonebookSearch
from policy.rules.known import NeedsEntry
from policy.wire.asked import Asked
from policy.wire.vocabulary import RequestType
from tests.decide.deciding import grounds


@pytest.mark.parametrize("request_type", RequestType)
def test_every_type_is_read_and_decided(request_type: RequestType) -> None:
    """Each is read as itself, and decided or asks for a fact."""
    asked = Asked(request_type, "desk%40example.org", "local_alias=desk&width=9&height=9&q=x")

    request = parse_request(asked, frozenset())

    assert type(request).__name__.casefold() == f"{request_type}request"
    try:
        assert isinstance(decide(request, grounds()), Decision | Drawing | PhonebookSearch)
    except NeedsEntry as needs:
        assert needs.key.local == "desk"  # noqa: PT017  asking is as good as deciding
