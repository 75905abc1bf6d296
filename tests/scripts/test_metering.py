"""Meters change what a script costs, never what it says."""

from __future__ import annotations

import jinja2
import pytest
from jinja2 import nodes

from policy.scripts.metering import metered
from policy.scripts.sandbox import EACH, FLAT, HOLDS, JOINED, KEY
from tests.scripts.scripting import CALL_INFO, rendered


@pytest.mark.parametrize(
    ("script", "meters"),
    [
        ("{{ a ~ 1 ~ b }}", [JOINED]),
        ("{{ a in b }}", [HOLDS]),
        ("{{ a not in b }}", [HOLDS]),
        ("{{ a == 1 }}", [FLAT]),
        ("{{ a < b <= c }}", [FLAT, FLAT, FLAT]),
        ("{{ a[1:2] }}", [FLAT]),
        ("{{ a[1] }}", []),
        ("{{ {a: 1, 'b': 2} }}", [KEY]),
        ("{% for x in a if x == 1 %}{% endfor %}", [EACH, FLAT]),
    ],
)
def test_what_can_take_long_gets_a_meter(script: str, meters: list[str]) -> None:
    """Whatever Jinja would do without asking anybody."""
    tree = metered(jinja2.Environment().parse(script))  # noqa: S701  # nothing is written

    assert sorted(node.name for node in tree.find_all(nodes.Filter)) == sorted(meters)


def test_a_larger_loop_costs_more() -> None:
    """A round costs what stands in it, text and all."""

    def units(body: str) -> object:
        tree = jinja2.Environment().parse(f"{{% for x in a %}}{body}{{% endfor %}}")  # noqa: S701
        call = next(node for node in metered(tree).find_all(nodes.Filter) if node.name == EACH)
        return call.args[0].as_const()

    assert units("") == 100
    assert units("x" * 400) == 100 + 100 + 4
    assert units("{{ x }}") == 100 + 4


@pytest.mark.parametrize(
    "script",
    [
        "{{ 1 ~ 'a' ~ none ~ [1] }}",
        "{{ 'sip' in call_info.local_alias }}{{ 'x' not in ['x'] }}{{ 'a' in {'a': 1} }}",
        "{{ 1 < 2 < 3 }}{{ 1 == 1.0 }}{{ call_info == call_info }}{{ 'x' in nothing }}",
        "{{ call_info.local_alias[4:] }}{{ [1, 2, 3][::-1] }}{{ 'abc'[-2:] }}",
        "{% for k, v in {'a': 1}.items() %}{{ loop.index }}{{ k }}{{ v }}{% endfor %}",
        "{% for x in [3, 1] if x > 1 %}{{ loop.last }}{{ x }}{% else %}none{% endfor %}",
        "{% for x in [] %}{% else %}none{% endfor %}",
        "{% set x %}a{{ 1 }}{% endset %}{{ x }}{% with y = 2 %}{{ y }}{% endwith %}",
        "{{ {call_info.bandwidth: 1} }}{{ 'a' if 1 else 'b' }}{{ not 1 }}{{ -3 }}",
    ],
)
def test_scripts_say_what_jinja_says(script: str) -> None:
    """With and without meters."""
    script = "{% set nothing = call_info.nothing %}" + script
    wanted = jinja2.Environment().from_string(script).render(call_info=CALL_INFO)  # noqa: S701

    assert rendered(script) == wanted
