"""Scripts that are understood, and those that are not."""

from __future__ import annotations

import pytest

from policy.rules.local.shapes import Refusals, refusals_of

PASS = '"action": "continue", "result": {{ service_config|pex_to_json }}'
ELSE = '{% else %} "action": "reject", "result": {} {% endif %} }'


@pytest.mark.parametrize(
    ("script", "rules"),
    [
        (f"{{ {{% if service_config %}} {PASS} {ELSE}", ()),
        (
            (
                '{% set bad = ["a", "b"] %}{ '
                f"{{% if service_config and call_info.vendor not in bad %}} {PASS} {ELSE}"
            ),
            (('(call_info.vendor in ["a", "b"])', ""),),
        ),
        (
            (
                '{ {% if call_info.location == "x" or not call_info.registered %}"action": "reject"'
                f"{{% elif service_config %}} {PASS} {ELSE}"
            ),
            (('((call_info.location == "x") or (not call_info.registered))', ""),),
        ),
        (
            (
                '{ {% if service_config %}{% if call_info.protocol != "sip" %}'
                '"action": "redirect", "result": {"new_alias": "a@b"}'
                f"{{% else %}} {PASS} {{% endif %}} {ELSE}"
            ),
            (('(call_info.protocol != "sip")', "a@b"),),
        ),
    ],
)
def test_a_shape_is_recognised(script: str, rules: tuple[tuple[str, str], ...]) -> None:
    """What it refuses, where it redirects, and nothing for what passes."""
    assert refusals_of(script) == Refusals(rules)


@pytest.mark.parametrize(
    "script",
    [
        "{}",
        "no JSON",
        "[]",
        '{"action": "continue", "result": {{ service_config|pex_to_json }}}',  # null for nobody
        f'{{ {{% if service_config %}} {PASS} {{% else %}} "action": "continue" {{% endif %}} }}',
        f'{{ {{% if service_config.name == "x" %}} {PASS} {ELSE}',
        f'{{ {{% if service_config and call_info.vendor.startswith("x") %}} {PASS} {ELSE}',
        f"{{ {{% if service_config and call_info.vendor in other %}} {PASS} {ELSE}",
        f'{{ {{% if service_config and call_info.service_name == "x" %}} {PASS} {ELSE}',
        f"{{ {{% if service_config and call_info.bandwidth == 0 %}} {PASS} {ELSE}",
        f'{{% set a = "x" %}}{{% set a = "y" %}}{{ {{% if service_config %}} {PASS} {ELSE}',
        f"{{ {{% for a in [1] %}}{{% endfor %}}{{% if service_config %}} {PASS} {ELSE}",
        '{ {% if service_config %}"action": "redirect", "result": {"new_alias": "${a}"}' + ELSE,
        "{% if %}",
    ],
)
def test_anything_else_is_not(script: str) -> None:
    """Where the same cannot be proved, the script stays a script."""
    assert refusals_of(script) is None
