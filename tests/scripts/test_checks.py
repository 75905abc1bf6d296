"""What a script gets wrong is said when it is read, with its line and with what would be right."""

from __future__ import annotations

import pytest

from policy.scripts.checks import FILTERS, FUNCTIONS, problems
from policy.scripts.script import ScriptError, compile_script
from tests.fakes.local_scripts import LOCATION_SCRIPTS, PARTICIPANT_SCRIPTS, SERVICE_SCRIPTS
from tests.scripts.scripting import wrong

WRONG = [
    ("{{ call_info.vendor|lowr }}", "1: unknown filter 'lowr', did you mean 'lower'?"),
    ("\n\n{{ 'x'|qqq }}", "3: unknown filter 'qqq'"),
    ("{{ 'x'|tojson }}", "1: the filter 'tojson' is off in Pexip, use pex_to_json"),
    ("{{ [1]|map }}", "1: the filter 'map' is off in Pexip"),
    ("{{ 'x'|pex_head }}", "1: pex_head: missing a required argument: 'count'"),
    ("{{ 'x'|lower(1) }}", "1: lower: too many positional arguments"),
    ("{{ 'x'|join(by=1) }}", "1: join: got an unexpected keyword argument 'by'"),
    ("{{ 'x'|pex_head(*[1]) }}", "1: '*' before an argument is not for scripts"),
    ("{{ 'x'.strip(*[1]) }}", "1: '*' before an argument is not for scripts"),
    ("{{ pex_nov() }}", "1: unknown function 'pex_nov', did you mean 'pex_now'?"),
    ("{{ namespace() }}", "1: the function 'namespace' is off in Pexip"),
    ("{{ lower('X') }}", "1: 'lower' is a filter, written value|lower"),
    ("{{ 'x'() }}", "1: only functions and methods can be called"),
    ("{{ 'x'.lowr() }}", "1: unknown method 'lowr', did you mean 'lower'?"),
    ("{{ x.__class__ }}{% set x = 1 %}", "1: the attribute '__class__' is not for scripts"),
    ("{{ call_infos.vendor }}", "1: unknown variable 'call_infos', did you mean 'call_info'?"),
    ("{{ self }}", "1: unknown variable 'self'"),
    ("{% set rooms = 1 %}{{ room }}", "1: unknown variable 'room', did you mean 'rooms'?"),
    ("{{ call_info.local_alais }}", "1: unknown key 'local_alais', did you mean 'local_alias'?"),
    (
        "{{ participant.idp_attribute }}",
        "1: unknown key 'idp_attribute', did you mean 'idp_attributes'?",
    ),
    ("{{ 1 is prime }}", "1: the test 'prime' is unknown"),
    ("{{ 1 is callable }}", "1: the test 'callable' is off here"),
    ("{{ 1 is nonne }}", "1: the test 'nonne' is unknown, did you mean 'none'?"),
    ("{{ 1 in [1] in [[1]] }}", "1: 'in' cannot be part of a chain of comparisons; use 'and'"),
    ("{{ 1e999 }}", "1: a number is too large"),
    ("{% set call_info.x = 1 %}", "1: 'set' takes a name, no attribute of something"),
    ("{% for x in [] recursive %}{% endfor %}", "1: a loop cannot be recursive"),
    (
        "{% set x|upper %}{% endset %}",
        "1: 'set' with a filter is not for scripts; put the filter where the text is used",
    ),
]
REFUSED = {
    "import": "{% import 'a' as b %}",
    "from": "{% from 'a' import b %}",
    "include": "{% include 'a' %}",
    "extends": "{% extends 'a' %}",
    "block": "{% block a %}{% endblock %}",
    "macro": "{% macro a() %}{% endmacro %}",
    "call": "{% call pex_now() %}{% endcall %}",
    "filter": "{% filter upper %}{% endfilter %}",
    "autoescape": "{% autoescape true %}{% endautoescape %}",
}


@pytest.mark.parametrize(("script", "said"), WRONG)
def test_slips_are_said_with_their_line(script: str, said: str) -> None:
    """Unknown names, what Pexip has off, and arguments that do not fit."""
    got = wrong(script)
    assert got == said or (got.startswith(said) and "; known here: " in got)


@pytest.mark.parametrize("word", REFUSED)
def test_statements_that_scripts_do_not_use_are_refused(word: str) -> None:
    """A script stands alone: there is nothing to import, and nothing to extend."""
    assert wrong(REFUSED[word]) == f"1: {word!r} is not for scripts; if, for, set and comments are"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("{{ pex_regex_search('(?!a)b', 'x') }}", "RE2, which keeps regular expressions quick"),
        (r"{{ 'x'|pex_regex_replace('(a)\\1', '') }}", "has no back-references"),
        ("{{ ['x']|pex_find_first_match('(') }}", r"missing \)"),
        (r"{{ 'x'|pex_regex_replace('(a)', '\\2') }}", "wants group 2 of 1"),
        ("{{ pex_now('Mars/Olympus') }}", "zones are named as Europe/Oslo"),
        ("{{ pex_in_subnet('a', ['10.0.0.0/8', '10.1']) }}", "'10.1': a network is written as"),
        ("{{ 'x'|pex_hash }}", "Pexip has not published how it reckons"),
        ("{{ pex_hash('x') }}", "Pexip has not published how it reckons"),
    ],
)
def test_what_stands_in_a_script_is_tried_at_once(script: str, said: str) -> None:
    """Patterns, replacements, zones and networks need no call to be found wrong."""
    with pytest.raises(ScriptError, match=said):
        compile_script(script)


def test_all_problems_are_found_at_once() -> None:
    """In the order of their lines, each once."""
    with pytest.raises(ScriptError) as failed:
        compile_script("{{ a }}{{ a }}\n{{ 'x'|b }}\n{{ c() }}{{ call_info.vendor|d }}")

    assert [line for line, _ in failed.value.problems] == [1, 2, 3, 3]
    assert failed.value.line == 1


@pytest.mark.parametrize(
    "script",
    [
        "{% if 1 %}{% set x = 1 %}{% endif %}{{ x }}",
        "{{ call_info.some_new_key }}{{ participant.x }}{{ service_config.service_tagg }}",
        "{{ true }}{{ True }}{{ none }}{{ None }}{{ false }}{{ False }}",
        "{% for a, b in [(1, 2)] %}{{ loop.index }}{{ a }}{% endfor %}",
        r"{{ 'x'|pex_regex_replace('^(h323:|sip:)?77(\d{6})(@vc.pexip.com.au)?', 'y') }}",
        r"{{ pex_regex_search('.+\_\d+\_(..).+', 'x') }}{% raw %}{{ x }}{% endraw %}{# {{ y }} #}",
        *SERVICE_SCRIPTS.values(),
        *PARTICIPANT_SCRIPTS.values(),
        *LOCATION_SCRIPTS.values(),
    ],
)
def test_what_nodes_take_is_taken(script: str) -> None:
    """Scripts as they are in use."""
    assert compile_script(script).source == script


def test_a_long_chain_of_branches_is_taken() -> None:
    """A script of 500 rules, as an export of them would write it."""
    branches = "".join(
        f'{{% elif call_info.local_alias == "room{n}@example.org" %}}{n}' for n in range(500)
    )
    assert compile_script("{% if 0 %}" + branches + "{% endif %}").names == {"call_info"}


def test_every_function_says_how_it_is_called() -> None:
    """Each takes the run first, which no script can name."""
    assert set(FUNCTIONS) - set(FILTERS) == set()
    assert callable(problems)
