"""Whatever a node sends, it gets a decision that it accepts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, quote, quote_from_bytes

import orjson
from hypothesis import given
from hypothesis import strategies as st

from policy.decide.grounds import Plan
from policy.directory.document import DirectoryFile
from policy.directory.records import Found
from policy.directory.shelf import Bounds
from policy.documents import parse
from policy.handlers.participant import ParticipantHandler
from policy.handlers.registration import RegistrationHandler
from policy.handlers.service import ServiceHandler
from policy.rules.known import Dialling
from policy.rules.syntax import parse_rules
from policy.rules.table import RuleTable
from policy.wire import responses
from policy.wire.asked import Asked
from policy.wire.vocabulary import Action, RequestType
from tests.facts import decided, facts_of
from tests.fakes.caching import caching
from tests.fakes.directory import FakeDirectory
from tests.fakes.judge import judge
from tests.fakes.verdict import Answer, Kind

if TYPE_CHECKING:
    from policy.decide.decision import Decision
    from policy.directory.cache import CachedDirectory, Lookup
    from policy.directory.records import AddressKey

RULES: Final = """
rules:
  - {name: barred, when: {alias: {regex: 'barred.*'}}, then: {reject: closed}}
  - {name: moved, when: {alias: {exact: old@example.org}}, then: {redirect: new@example.org}}
  - {name: to-ward, when: {alias: {exact: desk}}, then: {room: ward7@example.org}}
  - {name: quiet, when: {direction: non_dial, protocol: sip}, then: not_found}
  - {name: front, when: {alias: {kind: reception}}, then: {room: "721834"}}
  - name: partner
    when: {alias: {domain: partner.example.org}, direction: [dial_in, dial_out]}
    then:
      service:
        service_type: gateway
        name: Partner
        service_tag: ""
        local_alias: ward7@example.org
        remote_alias: desk@partner.example.org
        outgoing_protocol: sip
  - name: role
    for: participant
    when: {protocol: [sip, webrtc]}
    then: {participant: {preauthenticated_role: null, spotlight: 1}}
  - {name: staff, for: participant, when: {protocol: h323}, then: {reject: staff only}}
  - {name: shelf, for: registration, when: {protocol: h323}, then: {registration: {}}}
"""
DIRECTORY: Final = """
organisations:
  - {code: ward, name: Ward}
  - {code: gone, name: Gone, state: closed}
domains:
  - {domain: example.org, organisation: ward}
  - {domain: old.example.org, organisation: ward, history_only: true}
rooms:
  - {organisation: ward, aliases: [ward7@example.org], service_name: r-7, pin: "48213"}
  - {organisation: gone, aliases: [gone@example.org], service_name: r-gone}
bookings:
  - organisation: ward
    aliases: ["721834"]
    service_name: r-721834
    starts_at: 2026-05-04T10:00:00Z
    ends_at: 2026-05-04T11:00:00Z
devices:
  - {organisation: ward, alias: dev@example.org, username: dev, password: invented-7}
  - {organisation: ward, alias: sso@example.org, single_sign_on: true}
  - {organisation: ward, alias: free@example.org, without_proof: true}
addresses:
  - {alias: "900001", state: quarantined}
  - {alias: held@example.org, state: held}
"""
TABLE: Final = RuleTable([each.rule for each in parse_rules(RULES, "rules")])
ROWS: Final = parse(DIRECTORY, "directory", DirectoryFile).value

ALIASES: Final = st.sampled_from(
    [
        *("ward7@example.org", "gone@example.org", "721834", "dev@example.org", "sso@example.org"),
        *("free@example.org", "900001", "held@example.org", "barred@example.org", "desk", "ward7"),
        *("old@example.org", "x@partner.example.org", "nobody@example.org", "x@old.example.org"),
        *("203.0.113.10", "203.0.113.10##721834", "", "@", "%0d", "sip:a@b;gruu;opaque=app:conf"),
    ]
)
# What a node could send by its own tables, and what it never would.
VALUES: Final = {
    "local_alias": ALIASES,
    "call_direction": st.sampled_from(["dial_in", "dial_out", "non_dial", "None"]),
    "protocol": st.sampled_from(["sip", "h323", "webrtc", "api", "quic"]),
    "location": st.sampled_from(["Oslo", "London"]),
    "node_ip": st.sampled_from(["203.0.113.10", "198.51.100.9"]),
    "auth_type": st.sampled_from(["credentials", "sso", '"sso"']),
    "service_name": st.sampled_from(["Partner:1", "Partners:1"]),
}
ENCODED: Final = st.binary(max_size=20).map(quote_from_bytes) | st.text(max_size=20).map(quote)


@st.composite
def queries(draw: st.DrawFn) -> str:
    """Draw a query of known parameters, most of them with values that mean something."""
    names = draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=8))
    pairs = [f"{name}={draw(VALUES[name].map(quote) | ENCODED)}" for name in names]
    return "&".join(pairs)


RAW: Final = st.binary(max_size=60).map(lambda raw: raw.decode("ascii", "surrogateescape"))
QUERIES: Final = queries() | queries() | RAW | st.text(max_size=60)
SEGMENTS: Final = ALIASES.map(lambda alias: quote(alias, safe="")) | ENCODED | RAW
REQUESTS: Final = st.sampled_from(
    [RequestType.SERVICE, RequestType.PARTICIPANT, RequestType.REGISTRATION]
)


class _Uncached:
    """A directory that remembers nothing."""

    def __init__(self, directory: FakeDirectory) -> None:
        self._directory = directory

    def find(self, key: AddressKey) -> asyncio.Future[Found]:
        """Ask each time."""
        return asyncio.ensure_future(self._find(key))

    async def _find(self, key: AddressKey) -> Found:
        return Found(await self._directory.find(key))

    def peek(self, _key: AddressKey) -> None:
        """Nothing is at hand."""


def _cached() -> CachedDirectory:
    return caching(FakeDirectory(ROWS), bounds=Bounds(entries=4, bytes=1_000_000))


PLAN: Final = Plan(
    dialling=Dialling("example.org", {"Oslo": "oslo.example.org"}),
    own_nodes=frozenset({"203.0.113.10"}),
    own_devices_are_hosts=True,
)


async def _decide(request: RequestType, segment: str, query: str, directory: Lookup) -> Decision:
    facts = facts_of(directory, TABLE, PLAN)
    match request:
        case RequestType.SERVICE:
            return await decided(ServiceHandler(facts).answer(Asked(request, "", query)))
        case RequestType.PARTICIPANT:
            return await decided(ParticipantHandler(facts).answer(Asked(request, "", query)))
        case _:
            return await decided(RegistrationHandler(facts).answer(Asked(request, segment, query)))


def _without_token(decision: Decision) -> tuple[object, ...]:
    """Leave out what is drawn anew for each gateway call."""
    result = decision.result
    if isinstance(result, Mapping) and result.get("service_type") == "gateway":
        result = {**result, "name": ""}
    return decision.action, decision.reason, decision.rule, decision.text, result


@given(REQUESTS, SEGMENTS, QUERIES)
async def test_every_request_gets_an_answer_that_a_node_accepts(
    request_type: RequestType, segment: str, query: str
) -> None:
    """Deciding never raises, and the strict node finds no fault in the bytes of the answer."""
    decision = await _decide(request_type, segment, query, _cached())

    status = 404 if decision.action is Action.NOT_FOUND else 200
    body = responses.render(decision.action, decision.result, decision.notes())
    answer = Answer(status, responses.CONTENT_TYPE, body)
    asked: dict[str, str | list[str]] = dict(parse_qs(query, errors="replace"))
    verdict = judge(Kind(request_type.value), answer, asked)
    assert (verdict.faults, verdict.warnings) == ((), ())
    assert orjson.loads(body)["reason"] == decision.reason


@given(st.lists(st.tuples(REQUESTS, SEGMENTS, QUERIES), min_size=1, max_size=6))
async def test_cached_equals_uncached(asked: list[tuple[RequestType, str, str]]) -> None:
    """What a directory remembers decides as if it had been asked, however small it is."""
    cached, uncached = _cached(), _Uncached(FakeDirectory(ROWS))

    for request, segment, query in asked * 2:
        got = await _decide(request, segment, query, cached)
        want = await _decide(request, segment, query, uncached)
        assert _without_token(got) == _without_token(want)
    await cached.close()
