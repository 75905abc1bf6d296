"""Recognises scripts that only refuse or redirect some calls and let all others pass. Pure.

Every way through such a script ends in one JSON text that stands in it, and what it branches on
cannot fail. Anything else is not recognised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import jinja2
import orjson
from jinja2 import nodes

from policy.rules.local.writing import UnfitError, literal
from policy.wire.fields import MAX_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_WAYS: Final = 50
_SERVICE: Final = "\ue000service"
_TEXTS: Final = frozenset(
    {"call_direction", "local_alias", "location", "node_ip", "protocol", "remote_address"}
    | {"remote_alias", "remote_display_name", "trigger", "vendor", "call_tag", "idp_uuid"}
    | {"teams_tenant_id", "pseudo_version_id", "version_id"}
)
_FLAGS: Final = frozenset(
    {"registered", "has_authenticated_display_name", "supports_direct_media"}
)
_COMPARED: Final = {"eq": "==", "ne": "!=", "in": "in", "notin": "not in"}


@dataclass(frozen=True, slots=True)
class Refusals:
    """Conditions that exclude each other, and where each redirects; empty for a refusal."""

    rules: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Way:
    """One way through a script; `has_service` is None where it does not ask."""

    text: str = ""
    conditions: tuple[str, ...] = ()
    has_service: bool | None = None


def refusals_of(script: str) -> Refusals | None:
    """Give what a script refuses or redirects; None for one of any other shape."""
    try:
        ways = _ways(jinja2.Environment(autoescape=True).parse(script).body, [_Way()])
        return Refusals(tuple(_rules(ways)))
    except (UnfitError, ValueError):
        return None


def _rules(ways: Sequence[_Way]) -> Iterator[tuple[str, str]]:
    for way in ways:
        action, target = _ending(way)
        if way.has_service is False:
            if action != "reject":
                raise UnfitError("without a service it does not refuse")
        elif action != "pass":
            yield " and ".join(way.conditions), target


def _ending(way: _Way) -> tuple[str, str]:
    written = orjson.loads(way.text)
    if not isinstance(written, dict) or not written.keys() <= {"action", "result"}:
        raise UnfitError("no answer")
    action, result = written.get("action"), written.get("result")
    if action == "continue" and result == _SERVICE and way.has_service:
        return "pass", ""
    if action == "reject" and not result:
        return "reject", ""
    if action == "redirect" and isinstance(result, dict) and result.keys() == {"new_alias"}:
        target = result["new_alias"]
        if isinstance(target, str) and 0 < len(target) <= MAX_TEXT and "${" not in target:
            return "redirect", target
    raise UnfitError("another answer")


def _ways(body: Sequence[nodes.Node], before: list[_Way]) -> list[_Way]:
    ways = before
    for node in body:
        if isinstance(node, nodes.Output):
            text = "".join(_written(each) for each in node.nodes)
            ways = [_Way(way.text + text, way.conditions, way.has_service) for way in ways]
        elif isinstance(node, nodes.If):
            ways = [found for way in ways for found in _branches(node, way)]
        else:
            raise UnfitError("neither text nor if")
        if len(ways) > MAX_WAYS:
            raise UnfitError("too many ways")
    return ways


def _branches(node: nodes.If, way: _Way) -> Iterator[_Way]:
    for test, body in ((node.test, node.body), *((each.test, each.body) for each in node.elif_)):
        taken = _taken(test, way, holds=True)
        if taken is not None:
            yield from _ways(body, [taken])
        other = _taken(test, way, holds=False)
        if other is None:
            return
        way = other
    yield from _ways(node.else_, [way])


def _taken(test: nodes.Expr, way: _Way, *, holds: bool) -> _Way | None:
    """Go one way at a branch; None when that contradicts what was asked before."""
    if isinstance(test, nodes.Name) and test.name == "service_config":
        if way.has_service is not None:
            return way if way.has_service is holds else None
        return _Way(way.text, way.conditions, holds)
    if isinstance(test, nodes.And) and isinstance(test.left, nodes.Name):
        return _taken_of_both(test, way, holds=holds)
    said = condition_text(test)
    return _Way(way.text, (*way.conditions, said if holds else f"not {said}"), way.has_service)


def _taken_of_both(test: nodes.And, way: _Way, *, holds: bool) -> _Way | None:
    """Go on where `service_config and …` holds; where it does not, only if a service is there."""
    left = _taken(test.left, way, holds=True)
    if holds or way.has_service:
        return None if left is None else _taken(test.right, left, holds=holds)
    raise UnfitError("without a service it is not known what holds")


def condition_text(test: nodes.Node) -> str:
    """Write a condition that cannot fail; raises UnfitError for any other."""
    match test:
        case nodes.And():
            return f"({condition_text(test.left)} and {condition_text(test.right)})"
        case nodes.Or():
            return f"({condition_text(test.left)} or {condition_text(test.right)})"
        case nodes.Not():
            return f"(not {condition_text(test.node)})"
        case nodes.Getattr() if test.attr in _FLAGS:
            return _read(test)
        case nodes.Compare() if len(test.ops) == 1 and test.ops[0].op in _COMPARED:
            operand = test.ops[0]
            value = _literal(operand.expr, is_list=operand.op in {"in", "notin"})
            return f"({_read(test.expr, _TEXTS)} {_COMPARED[operand.op]} {value})"
        case _:
            raise UnfitError("another condition")


def _read(node: nodes.Node, known: frozenset[str] = _FLAGS) -> str:
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        if node.node.name == "call_info" and node.attr in known:
            return f"call_info.{node.attr}"
    raise UnfitError("not a fact of the call")


def _literal(node: nodes.Expr, *, is_list: bool) -> str:
    value = node.as_const()
    values = list(value) if is_list and isinstance(value, list | tuple) else [value]
    if not all(isinstance(each, str) for each in values) or is_list is isinstance(value, str):
        raise UnfitError("not a text or a list of texts")
    return literal(values if is_list else value)


def _written(node: nodes.Node) -> str:
    if isinstance(node, nodes.TemplateData):
        return node.data
    if isinstance(node, nodes.Filter) and node.name == "pex_to_json" and not node.args:
        if isinstance(node.node, nodes.Name) and node.node.name == "service_config":
            return f'"{_SERVICE}"'
    raise UnfitError("another text")
