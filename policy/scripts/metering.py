"""Puts meters into a script's syntax tree, where Jinja would work without asking anybody. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from policy.scripts.allowance import UNITS_PER_ITERATION
from policy.scripts.sandbox import EACH, FLAT, HOLDS, JOINED, KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNITS_PER_NODE: Final = 2
_CHARACTERS_PER_UNIT: Final = 4


def metered(tree: nodes.Template) -> nodes.Template:
    """Change a tree so that whatever compares, joins, slices or repeats is measured first."""
    _Metering().visit(tree)
    return tree


class _Metering(NodeTransformer):
    """Changes one kind of node after the other; Jinja's visitors are classes with such methods."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802  # Jinja's name
        """Let every round cost something, in all loops of a script together."""
        units = UNITS_PER_ITERATION + sum(_units(each) for each in node.body)
        self.generic_visit(node)
        node.iter = _filter(EACH, node.iter, nodes.Const(units))  # type: ignore[arg-type]  # Jinja's own type of it is too wide
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Expr:  # noqa: N802
        """Join within bounds."""
        self.generic_visit(node)
        return _filter(JOINED, nodes.List(node.nodes, lineno=node.lineno))

    def visit_Compare(self, node: nodes.Compare) -> nodes.Expr:  # noqa: N802
        """Measure what is compared."""
        self.generic_visit(node)
        operand = node.ops[0]
        if operand.op in {"in", "notin"}:
            held = _filter(HOLDS, operand.expr, node.expr)
            return held if operand.op == "in" else nodes.Not(held, lineno=node.lineno)
        node.expr = _flat(node.expr)
        for each in node.ops:
            each.expr = _flat(each.expr)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802
        """Measure what is sliced."""
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _flat(node.node)
        return node

    def visit_Pair(self, node: nodes.Pair) -> nodes.Node:  # noqa: N802
        """Keep what cannot be hashed quickly from being a key."""
        self.generic_visit(node)
        if not isinstance(node.key, nodes.Const):
            node.key = _filter(KEY, node.key)
        return node


def _flat(node: nodes.Expr) -> nodes.Expr:
    return node if isinstance(node, nodes.Const) else _filter(FLAT, node)


def _filter(name: str, value: nodes.Expr, *args: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(value, name, list(args), [], None, None, lineno=value.lineno)


def _units(node: nodes.Node) -> int:
    """Say what one round through a part of a loop costs, apart from what it calls."""
    characters = sum(len(each.data) for each in _all(node) if isinstance(each, nodes.TemplateData))
    return _UNITS_PER_NODE * sum(1 for _ in _all(node)) + characters // _CHARACTERS_PER_UNIT


def _all(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    yield from node.find_all(nodes.Node)
