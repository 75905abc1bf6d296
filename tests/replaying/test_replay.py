"""Two sets of rules see the same call in the same moment, and what differs is counted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.decide.decision import Decision, Reason
from policy.decide.grounds import Plan
from policy.decide.rehearsal import Stage, rehearse
from policy.directory.memory import MemoryDirectory
from policy.directory.records import AddressKey, Entry
from policy.handlers.decision_log import plain_of
from policy.replaying.differing import Answer, Unfit
from policy.replaying.replay import (
    MAX_ENTRIES,
    MAX_GROUPS,
    REST,
    RULE,
    Call,
    Pair,
    Player,
    Tally,
)
from policy.rules.known import Dialling, NeedsEntry
from policy.rules.question import Moment
from policy.rules.syntax import parse_rules
from policy.rules.table import RuleTable
from policy.scribe.lines import Lines
from policy.wire.answers import ForwardedAnswer
from policy.wire.asked import Asked
from policy.wire.recorded import Recorded, read_line
from policy.wire.vocabulary import Action, RequestType
from tests.directory.rows import file_of

KEY: Final = b"an invented key."
NOON: Final = datetime(2026, 5, 4, 12, tzinfo=UTC)
NIGHT: Final = datetime(2026, 5, 4, 23, tzinfo=UTC)
PLAN: Final = Plan(Dialling("example.org"), own_devices_are_hosts=True, initials=True)
DIRECTORY: Final = MemoryDirectory(
    file_of(
        rooms=[{"aliases": ["700@example.org"], "pin": "940713", "service_name": "r-1"}],
        devices=[{"alias": "meeting@example.org", "without_proof": True}],
    )
)
TELLABLE: Final = """
rules:
  - {name: barred, when: {alias: {regex: 'barred.*'}}, then: {reject: 'closed for ${user}'}}
  - {name: night, when: {time: {from: '22:00', to: '06:00', zone: UTC}}, then: {reject: night}}
  - {name: tagged, then: {override: {description: "${location}"}}}
  - {name: moving, when: {alias: {user: old}}, then: {forward: {to: old-server}}}
  - name: partner
    when: {alias: {domain: partner.example.org}}
    then:
      service: {service_type: gateway, name: Partner, service_tag: "", outgoing_protocol: sip,
                local_alias: 700@example.org, remote_alias: desk@partner.example.org}
  - {name: pictures, for: avatar, when: {alias: {user: old}}, then: {forward: {to: old-server}}}
"""
# Afterwards nobody knows who called, or what a script has drawn.
RULES: Final = (
    TELLABLE
    + """  - {name: half, when: {share: 50 %, alias: {user: '7'}}, then: {room: 700@example.org}}
  - {name: drawn, when: {alias: {user: script}}, then: {expr: '{"action": "continue", "result":
      {"service_type": "conference", "name": "{{ "a" | pex_uuid4 }}", "service_tag": ""}}'}}
  - {name: guests, for: participant, when: {remote_alias: {user: bo}}, then: {reject: no}}
"""
)


def _table(text: str = RULES) -> RuleTable:
    return RuleTable([each.rule for each in parse_rules(text, "10-rules.yaml")])


TABLE: Final = _table()


def _player(before: RuleTable | None, after: RuleTable, at: datetime | None = None) -> Player:
    return Player((before, after), PLAN, at=at, otherwise=NOON)


def _asked(alias: str, request: RequestType = RequestType.SERVICE, **facts: str) -> Asked:
    if request in {RequestType.AVATAR, RequestType.REGISTRATION}:
        return Asked(request, quote(alias, safe=""), urlencode(facts))
    name = "registration_alias" if request is RequestType.PHONEBOOK else "local_alias"
    return Asked(request, "", urlencode({name: alias, **facts}))


def _play(player: Player, call: Call) -> Pair:
    while True:
        try:
            return player.play(call)
        except NeedsEntry as needs:
            player.learn({needs.key: DIRECTORY.find_now(needs.key)})


def _pair(player: Player, asked: Asked, at: datetime | None = NOON) -> Pair:
    return _play(player, player.prepare("calls.log:1", Recorded(asked, at, None)))


def _logged(asked: Asked, table: RuleTable) -> Recorded:
    """Decide as a server would, and read what its log says."""
    answer = ForwardedAnswer(Action.REJECT)
    stage = Stage(table, PLAN, DIRECTORY.find_now, lambda _: answer)
    decided = rehearse(asked, stage, Moment(NOON, str(uuid4())))
    decision = decided if isinstance(decided, Decision) else Decision(Action.CONTINUE, Reason.OK)
    plain = plain_of((NOON.timestamp(), asked, decision, table.version, 0.001))
    recorded = read_line(Lines(KEY).line_of(plain).decode())
    assert recorded is not None
    return recorded


def test_a_changed_rule_is_the_difference() -> None:
    """Both sides are named, and what the node would be told differs."""
    changed = _table(RULES.replace("{reject: 'closed for ${user}'}", "{room: 700@example.org}"))

    pair = _pair(_player(TABLE, changed), _asked("barred@example.org"))

    assert (pair.before.rule, pair.after.rule) == ("barred", "barred")
    assert pair.differs == ("action", "reason", "text", "result")


@pytest.mark.parametrize("alias", ["old@example.org", "script@example.org", "700@example.org"])
def test_equal_rules_say_the_same(alias: str) -> None:
    """A forwarded call, what a script draws, and an override with a placeholder among them."""
    pair = _pair(_player(TABLE, _table()), _asked(alias, location="London"))

    assert (pair.differs, pair.before) == ((), pair.after)


@pytest.mark.parametrize("request_type", [RequestType.SERVICE, RequestType.AVATAR])
def test_a_call_that_goes_to_another_server_differs_from_one_to_a_third(
    request_type: RequestType,
) -> None:
    """Nobody is asked: to whom the call goes is the answer."""
    elsewhere = _table(RULES.replace("to: old-server", "to: third-server"))
    asked = _asked("old@example.org", request_type, width="80", height="60")

    pair = _pair(_player(TABLE, elsewhere), asked)

    assert pair.differs == ("result.forwarded_to",)


@pytest.mark.parametrize(
    ("at", "recorded_at", "rule"),
    [(None, NIGHT, "night"), (None, NOON, ""), (NIGHT, NOON, "night"), (None, None, "")],
)
def test_a_call_is_decided_in_its_own_moment(
    at: datetime | None, recorded_at: datetime | None, rule: str
) -> None:
    """Unless one is given for all; a call without a time is decided as of the start."""
    pair = _pair(_player(TABLE, TABLE, at), _asked("700@example.org"), recorded_at)

    assert pair.before.rule == pair.after.rule == rule


def test_facts_are_asked_for_once() -> None:
    """What was learned is kept from call to call, and for both sides."""
    player = _player(TABLE, TABLE)
    asked = _asked("700@example.org")
    _pair(player, asked)

    pair = player.play(player.prepare("calls.log:2", Recorded(asked, NOON, None)))

    assert pair.after.reason == Reason.OK


def test_not_every_alias_is_kept() -> None:
    """A year of calls has more than fit into memory; what is lacking again is asked for again."""
    player = _player(TABLE, TABLE)
    asked = _asked("700@example.org")
    _pair(player, asked)
    nobody = Entry(own_domain=True, target=None)
    player.learn({AddressKey(str(number), "x"): nobody for number in range(MAX_ENTRIES)})

    player.learn({AddressKey("one more", "x"): nobody})

    with pytest.raises(NeedsEntry):
        player.play(player.prepare("calls.log:2", Recorded(asked, NOON, None)))


ALIASES: Final = st.sampled_from(
    [
        *("700@example.org", "700", "barred@example.org", "old@example.org", "7@example.org", "@"),
        *("x@partner.example.org", "meeting@example.org", "no@example.org", "script@example.org"),
    ]
)
FACTS: Final = st.fixed_dictionaries(
    {"protocol": st.sampled_from(["sip", "h323", "webrtc"])},
    optional={
        "remote_alias": st.sampled_from(["sip:bo@example.org", "meeting@example.org", "Bo"]),
        "registered": st.sampled_from(["True", "False"]),
        "call_direction": st.sampled_from(["dial_in", "dial_out", "non_dial"]),
        "remote_display_name": st.sampled_from(["Bo Lind", ""]),
        "location": st.text(max_size=5),
        "q": st.sampled_from(["", "karin"]),
        "width": st.just("80"),
        "height": st.just("60"),
    },
)
ASKED: Final = st.builds(
    lambda alias, request, facts: _asked(alias, request, **facts),
    ALIASES, st.sampled_from(list(RequestType)), FACTS,
)  # fmt: skip


@given(ASKED, st.datetimes(timezones=st.just(UTC)))
def test_the_same_rules_never_differ(asked: Asked, at: datetime) -> None:
    """Whatever was asked whenever: a difference is always one of the rules."""
    pair = _pair(_player(TABLE, _table()), asked, at)

    assert (pair.differs, pair.before.rule) == ((), pair.after.rule)


@given(ASKED)
def test_what_a_server_logged_is_what_its_rules_say(asked: Asked) -> None:
    """Masks, pseudonyms, names of gateway calls and other servers' answers make no difference."""
    table = _table(TELLABLE)
    player = _player(None, table)

    pair = _play(player, player.prepare("calls.log:1", _logged(asked, table)))

    assert pair.differs == ()
    if pair.unfit is None:
        assert pair.before.rule == pair.after.rule
    else:
        assert pair.unfit is Unfit.HIDDEN


def test_a_line_without_an_answer_says_nothing() -> None:
    """A support log holds what was asked, not what was answered."""
    pair = _pair(_player(None, TABLE), _asked("700@example.org"))

    assert pair.unfit is Unfit.UNRECORDED


def _counted(tally: Tally, player: Player, *aliases: str) -> None:
    for number, alias in enumerate(aliases, 1):
        call = player.prepare(f"calls.log:{number}", Recorded(_asked(alias), None, None))
        tally.add(call, _play(player, call))


def test_calls_that_differ_alike_are_one_group() -> None:
    """It counts all of them and keeps the first few; another name of a rule comes last."""
    changed = RULES.replace("{reject: 'closed for ${user}'}", "not_found")
    changed = changed.replace("name: partner", "name: partners")
    tally = Tally(samples=2, key=KEY)

    _counted(
        tally,
        _player(TABLE, _table(changed)),
        *[f"x{number}@partner.example.org" for number in range(5)],
        *["barred1", "barred2", "barred3", "700@example.org"],
    )

    assert (tally.calls, tally.compared, tally.differing, tally.renamed) == (9, 9, 3, 5)
    (first, group), (last, renamed) = tally.sorted_groups()
    assert first == ("barred", "barred", ("action", "text"))
    assert (group.calls, [each.place for each in group.samples]) == (
        3,
        ["calls.log:6", "calls.log:7"],
    )
    assert (last, renamed.calls) == (("partner", "partners", (RULE,)), 5)
    assert tally.without_time == 9


def test_what_rules_did_is_counted_on_both_sides() -> None:
    """Which decided, which only looked on, and which could not be carried out."""
    shadowed = _table(RULES.replace("{name: barred,", "{name: barred, mode: shadow,"))
    tally = Tally(samples=0, key=KEY)

    _counted(tally, _player(TABLE, shadowed), "barred@example.org")

    assert tally.before.decided == {"barred": 1}
    assert (tally.after.decided, tally.after.shadows) == ({}, {"barred": 1})
    assert tally.after.failed == {"tagged": 1}  # without a location it has nothing to say


def test_groups_cannot_fill_the_memory() -> None:
    """A script may make up any number of fields; beyond some thousand they are one group."""
    tally = Tally(samples=0, key=KEY)
    call = _player(TABLE, TABLE).prepare("", Recorded(_asked("700"), None, None))
    answer = Answer("continue", "OK")

    for number in range(MAX_GROUPS + 7):
        tally.add(call, Pair(answer, answer, (f"result.{number}",)))

    assert len(tally.groups) == MAX_GROUPS + 1
    assert tally.groups[REST].calls == 7
