"""Nobody gets out of the sandbox, nor keeps it busy, whatever a script does."""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from time import thread_time
from types import MappingProxyType
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.errors import OutcomeError
from policy.scripts.budget import MAX_SIZE
from policy.scripts.sandbox import private
from policy.scripts.script import ScriptError
from tests.scripts.scripting import refused, rendered

_TWICE: Final = "{% set a = [1] %}" + "{% set a = [a, a] %}" * 60
_TWO: Final = "{% set a = [1] %}{% set b = [1] %}" + "{% set a=[a,a] %}{% set b=[b,b] %}" * 60
_TUPLES: Final = "{% set a = (1, 2) %}" + "{% set a = (a, a) %}" * 60
_LONG: Final = "{% set s = 'x' * 60000 %}"
_MANY: Final = 1_500

ATTACKS: Final = {
    # What is held twice, twice, twice ...
    "written": _TWICE + "{{ a }}",
    "compared": _TWO + "{{ a == b }}",
    "looked for": _TWO + "{{ a in [b] }}",
    "indexed": _TWO + "{{ [a].index(b) }}",
    "tested": _TWO + "{{ a is eq b }}",
    "hashed": _TUPLES + "{{ {a: 1} }}",
    "got": _TUPLES + "{{ {}.get(a) }}",
    "subscribed": _TUPLES + "{{ {}[a] }}",
    "as JSON": _TWICE + "{{ a|pex_to_json }}",
    "joined": _TWICE + "{{ a|join }}",
    "concatenated": _TWICE + "{{ a ~ '' }}",
    "formatted": _TWICE + "{{ '{}'.format(a) }}",
    "printed": _TWICE + "{{ '%s'|format(a) }}",
    "in itself": "{% set a = [1] %}{{ a.append(a) }}{{ a }}",
    "built from the outside": "".join(f"{{% set a{i} = [] %}}" for i in range(60))
    + "".join(f"{{{{ a{i}.extend([a{i + 1}, a{i + 1}]) or '' }}}}" for i in range(59))
    + "{{ a0 }}",
    # Loops.
    "nested loops": "{% for a in range(9999) %}" * 3 + "x" + "{% endfor %}" * 3,
    "many loops": "{% for a in range(9999) %}{% endfor %}" * 900,
    "a list that grows": "{% set a = [1] %}{% for x in a %}{{ a.append(x) or '' }}{% endfor %}",
    "a long text": "{% set s = 'x' * 65536 %}{% for x in s %}{% endfor %}",
    "a long range": "{{ range(1000000000) }}",
    "a list in a loop": "{% for x in range(9999) %}{{ 0 in [" + "1," * 9999 + "] }}{% endfor %}",
    "text in a loop": "{% set b %}{% for x in range(9000) %}"
    + "x" * 40000
    + "{% endfor %}{% endset %}",
    "texts in a loop": _LONG
    + "{% set b %}{% for x in range(9000) %}{{ s }}{% endfor %}{% endset %}",
    # Doubling.
    "plus": "{% set s = 'xxxxxxxx' %}" + "{% set s = s + s %}" * 2000,
    "tilde": "{% set s = 'xxxxxxxx' %}" + "{% set s = s ~ s %}" * 2000,
    "lists": "{% set s = [1] %}" + "{% set s = s + s %}" * 2000,
    "extend": "{% set s = [1] %}" + "{{ s.extend(s) or '' }}" * 2000,
    "squares": "{% set x = 2 %}" + "{% set x = x * x %}" * 2000,
    # Memory that is kept.
    "pieces": _LONG + "".join(f"{{% set a{i} = s.split('x') %}}" for i in range(_MANY)),
    "copies": "{% set s = [1] * 60000 %}"
    + "".join(f"{{% set a{i} = s + [] %}}" for i in range(_MANY)),
    "slices": "{% set s = [1] * 60000 %}"
    + "".join(f"{{% set a{i} = s[1:] %}}" for i in range(_MANY)),
    # Reckoning, padding, filling in.
    "powers": "{{ 2 ** 100000 }}",
    "powers of floats": "{{ 10.0 ** 400 }}",
    "roots": "{{ (-1) ** 0.5 }}",
    "times": "{{ 'x' * 1000000000 }}",
    "times a list": "{{ 1000000000 * [1] }}",
    "decimals": "{{ 1|round(1000000000, 'ceil') }}",
    "center": "{{ 'x'.center(1000000000) }}",
    "zfill": "{{ 'x'.zfill(1000000000) }}",
    "width": "{{ '%1000000000d' % 1 }}",
    "width as a value": "{{ '%*d' % (1000000000, 1) }}",
    "width of a filter": "{{ '%1000000000d'|format(1) }}",
    "width of a format": "{{ '{:1000000000}'.format(1) }}",
    "width within a width": "{{ '{:{}}'.format(1, 1000000000) }}",
    "one value many times": "{{ ('%(a)s' * 9999) % {'a': 'x' * 60000} }}",
    "one field many times": "{{ ('{0}' * 20000).format('x' * 60000) }}",
    "empty fields": "{{ ('{0}' * 21000).format('') }}",
    "open brackets": "{{ ('%(' * 32000) % {} }}",
    "replace": _LONG + "{{ s|replace('x', s) }}",
    "replace nothing": _LONG + "{{ s.replace('', s) }}",
    "join": _LONG + "{{ s.join(s) }}",
    "join keys": "{{ ('x' * 60000).join({'a': 1, 'b': 2}.keys()) }}",
    "url": "{{ ('☃' * 60000)|pex_url_encode }}",
    # Searching.
    "find": _LONG + "{% set t = 'x' * 900 ~ 'y' %}" + "{{ t in s }}" * 2000,
    "find from behind": _LONG + "{% set t = 'y' ~ 'x' * 30000 %}" + "{{ s.rfind(t) }}" * 2000,
    "patterns from every place": _LONG + "{{ s|pex_regex_replace('x.*y|x', '') }}",
    "large patterns": _LONG + "{{ s|pex_regex_replace('((x{0,30}){0,30})y', '') }}",
    "many patterns": "{% set s = 'x' * 5000 %}"
    + "{{ s|pex_regex_replace('((x{0,30}){0,30})y', '')|length }}" * 600,
    "a made pattern": "{{ pex_regex_search('(' * 900 ~ 'a' ~ ')' * 900 ~ '+' * 900, 'a') }}",
    # Depth.
    "deep lists": "{% set a = [] %}" + "{% set a = [a] %}" * 2500 + "{{ a }}",
    "deep JSON": "{% set a = [] %}" + "{% set a = [a] %}" * 2500 + "{{ a|pex_to_json }}",
    "brackets": "{{ " + "(" * 9000 + "1" + ")" * 9000 + " }}",
    "not": "{{ " + "not " * 9000 + "1 }}",
    "attributes": "{{ call_info" + ".a" * 9000 + " }}",
    "ifs": "{% if 1 %}" * 2000 + "{% endif %}" * 2000,
    # Getting out.
    "class": "{{ ''.__class__ }}",
    "class by key": "{{ ''['__class__'] }}",
    "class by a text": "{{ ''['__cl' ~ 'ass__'] }}",
    "class of a format": "{{ '{0.__class__.__mro__}'.format('') }}",
    "class of a mapping": "{{ '{a.__init__}'.format_map({'a': 1}) }}",
    "class of a number": "{{ (1).real }}",
    "class of a time": "{{ pex_now()['__class__'] }}",
    "zone of a time": "{{ pex_now().tzinfo }}",
    "owner of a method": "{{ call_info.get['__self__'] }}",
    "globals": "{{ pex_now.__globals__ }}",
    "globals by key": "{{ pex_now['__globals__'] }}",
    "loop": "{% for x in [1] %}{{ loop._iterable }}{% endfor %}",
    "loop by key": "{% for x in [1] %}{{ loop['_iterator'] }}{% endfor %}",
    "filter attr": "{{ ''|attr('__class__') }}",
    "self": "{{ self }}",
    "undefined": "{{ call_info.nothing.__class__ }}",
    "a function written": "{{ pex_now }}",
    "a method written": "{{ [call_info.get]|join }}",
    "a method kept": "{{ {'get': 'x'.format}['get']() }}",
    "output": _LONG + "{{ s }}{{ s }}",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_ends_soon(name: str) -> None:
    """It is refused when it is read or while it runs, and never fails in any other way."""
    began = thread_time()

    with pytest.raises((OutcomeError, ScriptError)):
        rendered(ATTACKS[name])

    # Compiling takes most; half a second for the largest script of all.
    assert thread_time() - began < 3


_PIECES: Final = (
    "{{", "}}", "{%", "%}", " set a = ", " for x in a ", " if a ", " endfor ", " endif ", " else ",
    "call_info", ".local_alias", ".get(", ")", "[", "]", "(", "a", "x", "'y'", "9", " * ", " ** ",
    " ~ ", " + ", " % ", " in ", " == ", "|join", "|upper", "|int", "|format(", "|pex_to_json",
    "|pex_regex_replace('a', '')", ".append(", ".format(", "['__class__']", "range(99)", ", ", ": ",
    "loop.index", " is none", " not ", "{#", "#}",
)  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES), max_size=30).map("".join))
def test_any_script_is_answered_or_refused(source: str) -> None:
    """Nothing that can be put together from pieces of scripts raises anything else."""
    with suppress(OutcomeError, ScriptError):
        assert len(rendered(source)) <= MAX_SIZE


def test_errors_repeat_nothing_of_the_call() -> None:
    """Neither the text nor what it comes from tells who called."""
    secrets = {"call_info": {"local_alias": "_secret"}}
    for script in (
        "{{ {}.pop(call_info.local_alias) }}",
        "{{ ''[call_info.local_alias] }}",
        "{{ call_info.local_alias + 1 }}",
        "{{ call_info[call_info.local_alias].x }}",
        "{{ pex_regex_search(call_info.local_alias ~ '(', '') }}",
        "{{ pex_now(call_info.local_alias) }}",
        "{{ pex_in_subnet('10.0.0.1', call_info.local_alias) }}",
        "{{ [].index(call_info.local_alias) }}",
    ):
        with pytest.raises(OutcomeError) as failed:
            rendered(script, **secrets)
        assert "secret" not in str(failed.value)
        assert failed.value.__cause__ is None
        assert failed.value.__suppress_context__


def test_a_script_changes_only_its_own() -> None:
    """Lists and dictionaries may be changed, and stay as they were for everybody else."""
    shared = {"name": "x", "list": [{"a": 1}]}

    got = rendered(
        "{% set x = service_config %}{{ x.list.extend([2]) or '' }}"
        "{{ x.list[0].update({'a': 3}) or '' }}{{ x.update({'name': 'y'}) or '' }}"
        "{{ service_config|pex_to_json }}",
        service_config=shared,
    )

    assert got == '{"name":"y","list":[{"a":3},2]}'
    assert shared == {"name": "x", "list": [{"a": 1}]}


class _Word(StrEnum):
    CHAIR = "chair"


def test_what_a_script_gets_is_plain() -> None:
    """Frozen values become dictionaries and lists, and words of closed sets become texts."""
    given = MappingProxyType({"role": _Word.CHAIR, "rooms": ("a", frozenset({"b"})), "n": True})

    got = private(given)

    assert got == {"role": "chair", "rooms": ["a", ["b"]], "n": True}
    assert isinstance(got, dict)
    assert type(got["role"]) is str


def test_missing_things_are_undefined() -> None:
    """What is not there is empty, false and less than nothing, as in any Jinja."""
    assert rendered("{{ call_info.nothing }}{{ call_info['x'] }}{{ service_config.name }}") == ""
    assert rendered("{{ [1][7] }}{{ 'abc'[9] }}{{ participant }}{{ none.x }}") == ""
    assert (
        rendered("{{ 1 if call_info.nothing else 2 }}{{ call_info.nothing is defined }}")
        == "2False"
    )
    assert refused("{{ call_info.nothing.more }}") == (
        "script line 1: something is used that is not there"
    )
    assert refused("\n{{ call_info.nothing.get('x') }}") == (
        "script line 2: something is used that is not there"
    )


def test_keys_come_before_methods_in_brackets_and_after_a_dot() -> None:
    """`x.items` is the method and `x['items']` the key, as in any Jinja."""
    variables = {"service_config": {"items": 1, "clear": 2, "fromkeys": 3}}
    assert rendered("{{ service_config['items'] }}", **variables) == "1"
    assert (
        rendered("{% for k, v in service_config.items() %}{{ v }}{% endfor %}", **variables)
        == "123"
    )
    assert rendered("{{ service_config.fromkeys }}", **variables) == "3"
