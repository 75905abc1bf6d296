"""Pexip's filters and functions do what the reference says of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID

import pytest

from policy.scripts.allowance import ScriptLog
from policy.scripts.pexip_filters import FUNCTIONS
from policy.scripts.script import compile_script
from tests.scripts.scripting import NOON, logged, refused, rendered

TOLD = [
    ("{{ 'alice'|pex_base64 }}", "YWxpY2U="),
    ("{{ '+45 (70) 12-34 a'|pex_clean_phone_number }}", "+45701234"),
    ("{{ pex_debug_log('a', call_info) }}", ""),
    ("{{ ['smtp:a', 'SIP:b', 'SIP:c']|pex_find_first_match('^SIP:') }}", "SIP:b"),
    ("{{ pex_find_first_match(['a'], 'b') is none }}", "True"),
    ("{{ 'abcdef'|pex_head(2) }}{{ 'a'|pex_head(5) }}{{ 'abc'|pex_head(0) }}", "aba"),
    ("{{ 'abcdef'|pex_tail(2) }}{{ 'a'|pex_tail(5) }}{{ 'abc'|pex_tail(0) }}", "efa"),
    ("{{ pex_in_subnet('10.47.0.1', ['10.47.0.0/16', '10.147.0.0/16']) }}", "True"),
    ("{{ pex_in_subnet('10.44.0.1', ['10.47.0.0/16', '10.147.0.0/16']) }}", "False"),
    ("{{ pex_in_subnet('2001:658:22a:cafe:ffff:ffff:ffff:ffff', ['2001::/16']) }}", "True"),
    ("{{ pex_in_subnet('10.44.1.1', '10.44.7.7/16') }}", "True"),
    ("{{ pex_in_subnet('::ffff:10.44.1.1', ['10.44.0.0/16']) }}", "True"),
    ("{{ pex_in_subnet('', ['10.44.0.0/16']) }}", "False"),
    ("{{ 'alice'|pex_md5 }}", "6384e2b2184bcbf58eccf10ca7a6563c"),
    ("{{ 'user1@a.com'|pex_regex_replace('@.+', '@b.com') }}", "user1@b.com"),
    (r"{{ 'sip:88123@x'|pex_regex_replace('(sip:)?(\d+)(@.+)?', '\\2') }}", "88123"),
    ("{{ pex_regex_search('([a-z]+)@([a-z.]+)', 'to alice@example.org')[1] }}", "example.org"),
    ("{{ pex_regex_search('(x)', 'abc') is none }}", "True"),
    ("{{ pex_regex_search('a(x)?', 'abc') }}", "[None]"),
    ("{{ pex_regex_search('a', 'abc') }}", "[]"),
    ("{{ 'ab'|pex_require_min_length(2) }}", "ab"),
    ("{{ 'abc'|pex_reverse }}", "cba"),
    ("{{ 'Example'|pex_strlen + 1 }}", "8"),
    ("{{ {'a': [true, none, 'ø'], 1: 2.5}|pex_to_json }}", '{"a":[true,null,"ø"],"1":2.5}'),
    ("{{ 'AAECAwQFBgcICQoLDA0ODw=='|pex_to_uuid }}", "00010203-0405-0607-0809-0a0b0c0d0e0f"),
    ("{{ {'a': 1, 'b': [1]}|pex_update({'b': [2], 'c': 3}) }}", "{'a': 1, 'b': [2], 'c': 3}"),
    ("{{ 'a b/ø'|pex_url_encode }}{{ 'a%20b%2F'|pex_url_decode }}", "a%20b%2F%C3%B8a b/"),
    ("{{ call_info.nothing|pex_strlen }}", "0"),
]


@pytest.mark.parametrize(("script", "wanted"), TOLD)
def test_each_does_what_is_told_of_it(script: str, wanted: str) -> None:
    """The behaviour of section 5.4 of the reference."""
    assert rendered(script) == wanted


def test_all_but_the_hash_are_known() -> None:
    """How `pex_hash` reckons is not published."""
    assert len(FUNCTIONS) == 23
    assert "pex_hash" not in FUNCTIONS


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("{{ 'a'|pex_require_min_length(2) }}", "fewer than 2 characters"),
        ("{{ 'AA=='|pex_to_uuid }}", "a UUID has 16 bytes"),
        ("{{ '!'|pex_to_uuid }}", "not Base64"),
        ("{{ []|pex_md5 }}", "a text is wanted"),
        ("{{ none|pex_reverse }}", "a text is wanted"),
        ("{{ service_config|pex_update({}) }}", "changes a dictionary by a dictionary"),
        ("{{ pex_random_pin(0) }}", "1 to 250 digits"),
        ("{{ pex_random_pin('x') }}", "1 to 250 digits"),
        ("{{ pex_now(call_info.local_alias) }}", "there is no such time zone"),
        ("{{ pex_now('../../etc/passwd' ~ '') }}", "there is no such time zone"),
        ("{{ pex_now('Europe' ~ '') }}", "there is no such time zone"),
        ("{{ pex_in_subnet('10.0.0.1', [call_info.local_alias]) }}", "a network is written as"),
        ("{{ {'a': call_info.nothing}|pex_to_json }}", "a value is not of the kind"),
    ],
)
def test_what_cannot_be_done_stops_the_script(script: str, said: str) -> None:
    """A node would not apply the script either."""
    assert said in refused(script)


def test_the_time_is_that_of_the_question() -> None:
    """In UTC or in a zone, summer time and all."""
    script = "{% set n = pex_now('Europe/London') %}{{ n.day }} {{ n.hour }}:{{ n.minute }}"
    summer = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)

    assert rendered(script + "|{{ pex_now().second }}") == "2 12:30|15"
    assert compile_script(script).render({}, now=summer, token="a") == "1 13:0"


def test_chance_is_repeatable() -> None:
    """The same question draws the same digits; each draw of one script draws its own."""
    script = compile_script("{{ pex_random_pin(6) }} {{ ''|pex_random_pin(6) }} {{ pex_uuid4() }}")

    drawn = [script.render({}, now=NOON, token=token) for token in ("a", "a", "b")]

    first, second, unique = drawn[0].split()
    assert drawn[0] == drawn[1] != drawn[2]
    assert first != second
    assert re.fullmatch("[0-9]{6}", first)
    assert UUID(unique).version == 4
    assert len(rendered("{{ pex_random_pin(250) }}")) == 250


def test_logging_shows_nothing_and_is_kept() -> None:
    """Whoever explains a call reads what the script logged."""
    log = ScriptLog()

    got = logged("{{ pex_debug_log('from ', call_info.bandwidth) }}{{ pex_debug_log() }}", log)

    assert got == ""
    assert log.lines == ["from ,512", ""]
