"""Whatever an operator has at hand of a request is that request."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.errors import RequestError
from policy.wire.asked import PATHS, Asked
from policy.wire.recorded import MAX_CHARACTERS, Recorded, read_call, read_line
from policy.wire.vocabulary import RequestType
from tests.fakes.calls import BROWSER, S4B_CLIENT, Leg, Site

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakes.calls import Caller

SERVICE: Final = "/policy/v1/service/configuration"
FACTS: Final = {"local_alias": "sip:ana@example.org", "protocol": "sip", "vendor": "Cisco SX20"}
QUERY: Final = urlencode(FACTS)
ASKED: Final = Asked(RequestType.SERVICE, "", QUERY)
URL: Final = f"https://policy.example.org/a/prefix{SERVICE}?{QUERY}"
LOGGED: Final = (
    '2016-08-05T16:26:03.123+00:00 node7 2016-08-05 16:26:03,123 Level="INFO" '
    'Name="support.externalpolicy" Message="External policy request" Method="GET" '
    f'URL="{URL}" Timeout="5" Request-Id="644d4edc-d5c4-44cf-a7bd-12c0e0ae3a4d"'
)
AT: Final = datetime(2016, 8, 5, 16, 26, 3, 123_000, tzinfo=UTC)
DECIDED: Final[Mapping[str, object]] = {
    "action": "reject",
    "reason": "BY_RULE",
    "rule": "no-premium-numbers",
    "answer": None,
}


@pytest.mark.parametrize(
    "text",
    [
        URL,
        f"  {URL}\n",
        f"{SERVICE}?{QUERY}",
        f"/a/prefix{SERVICE}/?{QUERY}",
        f'"{URL}"',
        f"curl '{URL}'",
        f'192.0.2.7 - - [05/Aug/2016:16:26:03 +0000] "GET {SERVICE}?{QUERY} HTTP/1.1" 200 95',
        LOGGED,
        LOGGED.replace(f'"{URL}"', URL),
        LOGGED.replace(f'"{URL}"', f"'{URL}'"),
        LOGGED.replace("URL=", "Uri="),
        LOGGED.replace('"', r"\""),
        json.dumps({"MESSAGE": LOGGED}),
        json.dumps({"at": "2016-08-05T16:26:03Z", "target": f"{SERVICE}?{QUERY}"}),
        QUERY,
        f"?{QUERY}",
        'local_alias=sip:ana@example.org protocol=sip vendor="Cisco SX20"',
        "local_alias=sip:ana@example.org\nprotocol=sip\n'vendor=Cisco SX20'\n",
    ],
)
def test_one_call_in_every_form(text: str) -> None:
    """A URL, a path, a line of a log, a query string and words all say the same."""
    asked = read_call(text)

    assert asked.request_type is RequestType.SERVICE
    assert parse_qsl(asked.query) == list(FACTS.items())


@pytest.mark.parametrize("request_type", RequestType)
def test_the_path_says_which_request_it_is(request_type: RequestType) -> None:
    """Each of the six; an alias of the path stays percent-encoded."""
    has_alias = request_type in {RequestType.AVATAR, RequestType.REGISTRATION}
    want = Asked(request_type, "ward%2F7%40example.org" if has_alias else "", "protocol=sip")

    assert read_call(f"https://policy.example.org{want.target()}") == want
    assert read_call(want.target(), request_type=request_type) == want


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("local_alias=721834", "local_alias=721834"),
        ("local_alias=+4512345678", "local_alias=%2B4512345678"),
        ("remote_display_name='Ana & Bo' limit=1", "remote_display_name=Ana+%26+Bo&limit=1"),
        (r"remote_alias=REGION\ana", "remote_alias=REGION%5Cana"),
        ("local_alias=50%25 q=#1", "local_alias=50%2525&q=%231"),
        ('"idp_attribute_Full Name=Ana" q=', "idp_attribute_Full+Name=Ana&q="),
        ("q=a=b", "q=a%3Db"),
        ("of_a_later_version=1", "of_a_later_version=1"),
        (
            "remote_alias=http://a/policy/v1/b q=",
            "remote_alias=http%3A%2F%2Fa%2Fpolicy%2Fv1%2Fb&q=",
        ),
    ],
)
def test_words_are_plain(text: str, want: str) -> None:
    """What an operator types is meant as it stands: `+` is a plus and `%` is a percent sign."""
    assert read_call(text).query == want


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("alias=ana@example.org&protocol=sip", "protocol=sip"),
        ("alias=ana%40example.org&protocol=sip", "protocol=sip"),
        ("protocol=sip alias=ana@example.org", "protocol=sip"),
        ("alias=ana@example.org", ""),
    ],
)
def test_an_alias_stands_for_the_end_of_the_path(text: str, want: str) -> None:
    """Registrations and avatars have their alias there, and no parameter for it."""
    for request_type in (RequestType.REGISTRATION, RequestType.AVATAR):
        got = read_call(text, request_type=request_type)
        assert got == Asked(request_type, "ana%40example.org", want)


@pytest.mark.parametrize(
    ("text", "request_type", "want"),
    [
        ("", None, "call: is empty: write a URL or path"),
        ("hello", None, "call: word 1 is no name=value, or needs quotes around it: write a URL"),
        ("protocol=sip vendor=Cisco SX20", None, "call: word 3 is no name=value, or needs quotes"),
        ("https://policy.example.org/", None, "call: word 1 is no name=value"),
        ("a=1&b=2", None, "call: has no parameter of a policy request: write a URL"),
        ("vendor='Cisco SX20", None, "call: has a quote that is not closed"),
        ("local_alais=721834", None, "local_alais: is no parameter, did you mean 'local_alias'?"),
        ("Protocol=sip", None, "Protocol: is no parameter, did you mean 'protocol'?"),
        ("alias=ana", None, "alias: is no parameter of this request, did you mean 'local_alias'?"),
        (
            "protocol=sip",
            RequestType.AVATAR,
            "alias: is missing: a request of type avatar needs alias",
        ),
        ("vendor=Cisco SX20&protocol=sip", None, "call: word 2 is no name=value"),
        ("q=a b=c&protocol=sip", None, "call: word 2 is a query string: write + or %20"),
        (f"{SERVICE}?vendor=Cisco SX20", None, "call: has a blank within the URL: write + or %20"),
        ("/policy/v1/service", None, "target: has none of the six paths behind /policy/v1/"),
        (URL, RequestType.LOCATION, "call: is a service request, no location request"),
        ('{"target": "/policy/v1/serv', None, "line: begins like JSON, but is not: is it cut off?"),
        ('{"target": "/nowhere"}', None, "target: has none of the six paths behind /policy/v1/"),
        ("{}", None, "call: word 1 is no name=value"),
        pytest.param(
            "x" * (MAX_CHARACTERS + 1), None, "call: is longer than 1000000 characters", id="long"
        ),
        ("local_alias=\ud800", None, "call: holds characters that are no text"),
    ],
)
def test_what_cannot_be_read_is_told(
    text: str, request_type: RequestType | None, want: str
) -> None:
    """The message says what is wrong and what would be right, and repeats no value."""
    with pytest.raises(RequestError) as caught:
        read_call(text, request_type=request_type)

    assert str(caught.value).startswith(want)


@pytest.mark.parametrize(
    ("begins", "want"),
    [
        ("2016-08-05T16:26:03.123+00:00 node7", AT),
        ("2016-08-05T18:26:03.123+02:00 node7", AT),
        ("2016-08-05 16:26:03,123", AT),
        ("2016-08-05T16:26:03.123Z", AT),
        ("Aug  5 16:26:03 node7 2016-08-05T16:26:03.123+0000", AT),
        ("Aug  5 16:26:03 node7", None),
        ("2016-13-05T16:26:03.123+00:00", None),
        ("", None),
    ],
)
def test_a_line_of_a_support_log(begins: str, want: datetime | None) -> None:
    """Times of a node are UTC, and a line without one is a request all the same."""
    line = f"{begins} {LOGGED.partition('node7')[2].partition(',123 ')[2]}"

    assert read_line(line) == Recorded(ASKED, want, None)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "   \n",
        "# requests of Friday",
        f"# {URL}",
        "2016-08-05T16:26:03.123+00:00 node7 Level=INFO Name=support.participant Message=Joined",
        LOGGED.replace("policy request", "policy response"),
        '{"message": "rules reloaded"}',
        "[]",
    ],
)
def test_a_line_about_something_else_is_none(line: str) -> None:
    """An answer of the same log would count a request twice."""
    assert read_line(line) is None


def test_a_line_of_the_decision_log() -> None:
    """What was answered comes along, for whoever compares."""
    at = {"at": "2016-08-05T16:26:03.123+00:00"}
    target = {"target": ASKED.target()}
    line = json.dumps({**at, "request": "service", **target, **DECIDED})

    got = read_line(line)

    assert got == Recorded(ASKED, AT, DECIDED)
    assert "ana" not in repr(got)
    assert read_line(json.dumps(target)) == Recorded(ASKED, None, None)


@pytest.mark.parametrize(
    ("line", "want"),
    [
        ('{"at": "2016-', "line: begins like JSON"),
        ('{"target": 7}', "target: has none of the six paths"),
        (json.dumps({"at": "noon", "target": SERVICE}), "at: is no time such as 2026-03-01T12:00"),
        (json.dumps({"request": "avatar", "target": SERVICE}), "request: is not service, as the"),
        (LOGGED.replace("configuration", "confusion"), "target: has none of the six paths"),
    ],
)
def test_a_broken_line_is_told(line: str, want: str) -> None:
    """Whoever replays a file learns how many lines were lost, and why."""
    with pytest.raises(RequestError) as caught:
        read_line(line)

    assert str(caught.value).startswith(want)


@given(st.text() | st.text(st.sampled_from("{}\"'\\=&?%/ \npolicy/v1URL=alias")))
def test_any_text_is_a_request_or_an_error(text: str) -> None:
    """Nothing that is pasted makes a fault."""
    for request_type in (None, RequestType.AVATAR):
        with contextlib.suppress(RequestError):
            read_call(text, request_type=request_type)
    with contextlib.suppress(RequestError):
        read_line(text)


@given(
    values=st.lists(
        st.tuples(st.sampled_from(["local_alias", "vendor", "q"]), st.text(max_size=20)),
        min_size=1,
        max_size=5,
    ),
    request_type=st.sampled_from(sorted(PATHS)),
)
def test_a_recorded_request_is_the_request(
    values: list[tuple[str, str]], request_type: RequestType
) -> None:
    """A support log, a decision log and the wire lead to the same decision."""
    want = Asked.parse(f"/policy/v1/{PATHS[request_type]}?{urlencode(values)}")
    assert want is not None

    assert read_call(f"https://policy.example.org{want.target()}") == want
    line = LOGGED.replace(URL, f"https://policy.example.org{want.target()}")
    assert read_line(line) == Recorded(want, AT, None)
    assert read_line(json.dumps({"target": want.target()})) == Recorded(want, None, None)


@pytest.mark.parametrize("caller", [S4B_CLIENT, BROWSER])
def test_real_requests_survive_a_log(caller: Caller) -> None:
    """All that real nodes send comes back."""
    query = urlencode(Leg(Site(), caller, "ana@example.org").service())
    got = read_line(LOGGED.replace(QUERY, query))

    assert got is not None
    assert got.asked.query == query


@pytest.mark.parametrize("text", ['URL="', "URL=", "2016-08-05T", '\\"', "/policy/v1/ ", "' "])
def test_a_line_of_a_million_characters_is_read_in_no_time(text: str) -> None:
    """A file that is no log must not keep an operator waiting: nothing is quadratic."""
    with contextlib.suppress(RequestError):
        read_line(text * (MAX_CHARACTERS // len(text)))
