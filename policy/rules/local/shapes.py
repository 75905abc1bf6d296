"""Recognises scripts that only refuse or redirect some calls and let all others pass. Pure.

Every way through such a script ends in one JSON text that stands in it, and what it branches on
cannot fail. Anything else is not recognised.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import jinja2
import orjson
from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from policy.rules.local.writing import UnfitError, literal
from policy.wire.fields import MAX_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MAX_WAYS: Final = 50
_SERVICE: Final = "\ue000service"
_TEXTS: Final = frozenset(
    {"call_direction", "local_alias", "location", "node_ip", "protocol", "remote_address"}
    | {"remote_alias", "remote_display_name", "trigger", "vendor", "call_tag", "idp_uuid"}
    | {"teams_tenant_id", "pseudo_version_id", "version_id"}
)
_FLAGS: Final = frozenset({"registered", "has_authenticated_display_name", "supports_direct_media"})
_GIVEN: Final = frozenset({"call_info", "service_config"})
_COMPARED: Final = {"eq": "==", "ne": "!=", "in": "in", "notin": "not in"}

_OPPOSITE: Final = {"eq": "ne", "ne": "eq", "in": "notin", "notin": "in"}


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
        with warnings.catch_warnings(action="ignore"):  # of patterns with single backslashes
            tree = jinja2.Environment(autoescape=True).parse(script)
        ways = _ways(_with_lists(tree), [_Way()])
        return Refusals(tuple(_rules(ways)))
    except (UnfitError, ValueError, nodes.Impossible, jinja2.TemplateSyntaxError):
        return None


class _Lists(NodeTransformer):
    """Puts lists in place of their names; Jinja's visitors are classes with such methods."""

    def __init__(self, lists: Mapping[str, nodes.Expr]) -> None:
        self._lists = lists

    def visit_Name(self, node: nodes.Name) -> nodes.Node:  # noqa: N802  # Jinja's name
        """Replace one name."""
        return self._lists.get(node.name, node)


def _with_lists(tree: nodes.Template) -> list[nodes.Node]:
    """Give what follows the lists and texts that are set in front."""
    lists: dict[str, nodes.Expr] = {}
    body = tree.body
    for position, node in enumerate(body):
        if isinstance(node, nodes.If):
            break
        if isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
            if node.target.name in lists or node.target.name in _GIVEN:
                raise UnfitError("set twice")
            lists[node.target.name] = _constant(node.node)
            body[position] = nodes.Output([])
    _Lists(lists).visit(tree)
    return list(tree.body)


def _constant(node: nodes.Node) -> nodes.Expr:
    if not isinstance(node, nodes.Expr):
        raise UnfitError("no value")
    node.as_const()  # raises Impossible
    return node


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
            ways = [replace(way, text=way.text + text) for way in ways]
        elif isinstance(node, nodes.If):
            ways = [found for way in ways for found in _branches(node, way)]
        else:
            raise UnfitError("neither text nor if")
        if len(ways) > MAX_WAYS:
            raise UnfitError("too many ways")
    return ways


def _branches(node: nodes.If, way: _Way) -> Iterator[_Way]:
    others = [way]
    for test, body in ((node.test, node.body), *((each.test, each.body) for each in node.elif_)):
        taken = [found for each in others for found in _where(test, each, holds=True)]
        yield from _ways(body, taken)
        others = [found for each in others for found in _where(test, each, holds=False)]
    yield from _ways(node.else_, others)


def _where(test: nodes.Node, way: _Way, *, holds: bool) -> list[_Way]:
    """Go one way at a branch: none where that contradicts what was asked before."""
    match test:
        case nodes.Name(name="service_config"):
            if way.has_service is not None:
                return [way] if way.has_service is holds else []
            return [replace(way, has_service=holds)]
        case nodes.And() if holds:
            lefts = _where(test.left, way, holds=True)
            return [found for left in lefts for found in _where(test.right, left, holds=True)]
        case nodes.And():
            lefts = _where(test.left, way, holds=True)
            fails = [found for left in lefts for found in _where(test.right, left, holds=False)]
            return [*_where(test.left, way, holds=False), *fails]
        case _:
            said = condition_text(test) if holds else _negated(test)
            return [replace(way, conditions=(*way.conditions, said))]


def _negated(test: nodes.Node) -> str:
    match test:
        case nodes.Compare(ops=[operand]) if operand.op in _OPPOSITE:
            opposite = nodes.Operand(_OPPOSITE[operand.op], operand.expr)
            return condition_text(nodes.Compare(test.expr, [opposite]))
        case nodes.Not():
            return condition_text(test.node)
        case _:
            return f"(not {condition_text(test)})"


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
    match node:
        case nodes.Getattr(node=nodes.Name(name="call_info")) if node.attr in known:
            return f"call_info.{node.attr}"
        case _:
            raise UnfitError("not a fact of the call")


def _literal(node: nodes.Expr, *, is_list: bool) -> str:
    value = node.as_const()
    values = list(value) if is_list and isinstance(value, list | tuple) else [value]
    if not all(isinstance(each, str) for each in values) or is_list is isinstance(value, str):
        raise UnfitError("not a text or a list of texts")
    return literal(values if is_list else value)


def _written(node: nodes.Node) -> str:
    match node:
        case nodes.TemplateData():
            return node.data
        case nodes.Filter(node=nodes.Name(name="service_config"), name="pex_to_json", args=[]):
            return f'"{_SERVICE}"'
        case _:
            raise UnfitError("another text")
