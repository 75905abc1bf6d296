"""A request target is one of six requests, or none; nothing of it is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.wire.asked import Asked
from policy.wire.vocabulary import RequestType

SERVICE = "/policy/v1/service/configuration"


@pytest.mark.parametrize(
    ("target", "want"),
    [
        (SERVICE, Asked(RequestType.SERVICE, "", "")),
        (f"{SERVICE}/?a=b", Asked(RequestType.SERVICE, "", "a=b")),
        (f"{SERVICE}?a=b?c=%2F", Asked(RequestType.SERVICE, "", "a=b?c=%2F")),
        (f"/%2F%ZZ/x{SERVICE}?a", Asked(RequestType.SERVICE, "", "a")),
        (f"https://a.example.org{SERVICE}?a", Asked(RequestType.SERVICE, "", "a")),
        ("/policy/v1/participant/properties", Asked(RequestType.PARTICIPANT, "", "")),
        ("/policy/v1/participant/location/", Asked(RequestType.LOCATION, "", "")),
        ("/policy/v1/registrations?q=a", Asked(RequestType.PHONEBOOK, "", "q=a")),
        ("/policy/v1/registrations/", Asked(RequestType.REGISTRATION, "", "")),
        (
            "/policy/v1/registrations/ward%2F7%40example.org?a=b",
            Asked(RequestType.REGISTRATION, "ward%2F7%40example.org", "a=b"),
        ),
        ("/policy/v1/registrations/a/b/", Asked(RequestType.REGISTRATION, "a/b/", "")),
        ("/policy/v1/participant/avatar/ana", Asked(RequestType.AVATAR, "ana", "")),
        (
            "/p/policy/v1/registrations/policy/v1/x",
            Asked(RequestType.REGISTRATION, "policy/v1/x", ""),
        ),
    ],
)
def test_a_policy_path_is_found_behind_any_prefix(target: str, want: Asked) -> None:
    """What is percent-encoded stays so, since `%2F` is part of an alias."""
    assert Asked.parse(target) == want


@pytest.mark.parametrize(
    "target",
    [
        "",
        "/",
        "service/configuration",
        "/policy/v1/",
        "/policy/v1/participant/avatar",
        "/policy/v1/service/configuration/more",
        "/policy/v1/Service/Configuration",
        "/policy/v1/service%2Fconfiguration",
        f"/?x={SERVICE}",
    ],
)
def test_any_other_path_is_none(target: str) -> None:
    """The query cannot make a path, and other letters are another path."""
    assert Asked.parse(target) is None


@given(
    request_type=st.sampled_from(RequestType),
    alias=st.text(st.characters(exclude_characters="?"), max_size=20),
    query=st.text(max_size=40),
)
def test_a_target_leads_back_to_what_was_asked(
    request_type: RequestType, alias: str, query: str
) -> None:
    """Whatever an alias or a query holds, writing and reading give the same."""
    has_alias = request_type in {RequestType.AVATAR, RequestType.REGISTRATION}
    asked = Asked(request_type, alias if has_alias else "", query)

    assert Asked.parse(asked.target()) == asked


def test_hops_are_said_by_whoever_reads_the_request() -> None:
    """They come in a header, not in the target."""
    asked = Asked.parse(SERVICE, 2)

    assert asked == Asked(RequestType.SERVICE, "", "", 2)


def test_nobody_is_shown() -> None:
    """A traceback or a log line that holds the value tells nothing but the type."""
    asked = Asked(RequestType.AVATAR, "karin.holm%40example.org", "remote_display_name=Karin")

    assert repr(asked) == f"Asked(request_type={RequestType.AVATAR!r}, hops=0)"
