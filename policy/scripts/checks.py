"""Checks a script's syntax tree against what Pexip has on. Pure."""

from __future__ import annotations

import difflib
import inspect
import math
from typing import TYPE_CHECKING, Final

from jinja2 import nodes
from jinja2.defaults import DEFAULT_NAMESPACE
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.tests import TESTS as JINJA_TESTS

from policy.scripts import pexip_filters, standard_filters
from policy.scripts.budget import SandboxError
from policy.scripts.patterns import check_replacement, compiled
from policy.scripts.sandbox import ATTRIBUTES
from policy.wire.local_policy import CALL_INFO_KEYS, PARTICIPANT_KEYS
from policy.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from policy.scripts.budget import ScriptFunction

FILTERS: Final[Mapping[str, ScriptFunction]] = {
    **standard_filters.FILTERS,
    **pexip_filters.FUNCTIONS,
}
FUNCTIONS: Final[Mapping[str, ScriptFunction]] = {
    **standard_filters.FUNCTIONS,
    **pexip_filters.FUNCTIONS,
}
TESTS: Final = standard_filters.TEST_FUNCTIONS
UNMEASURED: Final = standard_filters.UNMEASURED | pexip_filters.UNMEASURED

VARIABLES: Final = frozenset(
    {"call_info", "service_config", "participant", "suggested_media_overflow_locations"}
)
MAX_DEPTH: Final = 60
MAX_HINT: Final = 120

_METHODS: Final = frozenset().union(*ATTRIBUTES.values())
_KEYS: Final[Mapping[str, Sequence[str]]] = {
    "call_info": CALL_INFO_KEYS,
    "participant": PARTICIPANT_KEYS,
}
# So alike that it can only be a slip: nodes to come may send what is not known here.
_ALIKE: Final = 0.85
_INSTEAD: Final[Mapping[str, str]] = {
    "count": "length",
    "d": "default",
    "reverse": "pex_reverse",
    "string": "~ ''",
    "tojson": "pex_to_json",
    "urlencode": "pex_url_encode",
}
_REFUSED: Final[Mapping[type[nodes.Node], str]] = {
    nodes.Block: "block",
    nodes.CallBlock: "call",
    nodes.Extends: "extends",
    nodes.FilterBlock: "filter",
    nodes.FromImport: "from",
    nodes.Import: "import",
    nodes.Include: "include",
    nodes.Macro: "macro",
    nodes.ScopedEvalContextModifier: "autoescape",
}


def problems(tree: nodes.Template) -> list[tuple[int, str]]:
    """List what is wrong, each with its line, in the order of the script."""
    own = frozenset(name.name for name in tree.find_all(nodes.Name) if name.ctx != "load")
    found: list[tuple[int, str]] = []
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > MAX_DEPTH:
            return [(node.lineno, "nested too deeply; part it with set")]
        found += [(node.lineno, text) for text in _wrong(node, own)]
        if type(node) not in _REFUSED:
            waiting += [(child, depth + 1) for child in _children(node)]
    return sorted(set(found))


def variables(tree: nodes.Template) -> frozenset[str]:
    """Name the variables of a call that a script reads."""
    return VARIABLES.intersection(name.name for name in tree.find_all(nodes.Name))


def _children(node: nodes.Node) -> Iterator[nodes.Node]:
    for child in node.iter_child_nodes():
        is_function = isinstance(node, nodes.Call) and child is node.node
        if not (is_function and isinstance(child, nodes.Name)):
            yield child


def _wrong(node: nodes.Node, own: frozenset[str]) -> Iterator[str]:
    word = _REFUSED.get(type(node))
    if word is not None:
        yield f"{word!r} is not for scripts; if, for, set and comments are"
    elif isinstance(node, nodes.Name):
        yield from _wrong_name(node, own)
    elif isinstance(node, nodes.Filter):
        yield from _wrong_filter(node)
    elif isinstance(node, nodes.Call):
        yield from _wrong_call(node)
    elif isinstance(node, nodes.Getattr):
        yield from _wrong_attribute(node)
    else:
        yield from _wrong_otherwise(node)


def _wrong_otherwise(node: nodes.Node) -> Iterator[str]:
    match node:
        case nodes.Test() if node.name not in TESTS:
            off = " is off here" if node.name in JINJA_TESTS else " is unknown"
            yield f"the test {node.name!r}{off}{_hint(node.name, TESTS)}"
        case nodes.For() if node.recursive:
            yield "a loop cannot be recursive"
        case nodes.AssignBlock() if node.filter is not None:
            yield "'set' with a filter is not for scripts; put the filter where the text is used"
        case nodes.NSRef():
            yield "'set' takes a name, no attribute of something"
        case nodes.Const() if isinstance(node.value, float) and not math.isfinite(node.value):
            yield "a number is too large"
        case nodes.Compare() if len(node.ops) > 1:
            if any(operand.op in {"in", "notin"} for operand in node.ops):
                yield "'in' cannot be part of a chain of comparisons; use 'and'"
        case _:
            pass


def _wrong_name(node: nodes.Name, own: frozenset[str]) -> Iterator[str]:
    if node.ctx != "load" or node.name in own or node.name in VARIABLES or node.name == "loop":
        return
    if node.name not in FUNCTIONS:
        yield f"unknown variable {node.name!r}{_hint(node.name, VARIABLES | own)}"


def _wrong_filter(node: nodes.Filter) -> Iterator[str]:
    function = FILTERS.get(node.name)
    if node.name == "pex_hash":
        yield pexip_filters.NO_HASH
    elif function is not None:
        value = [] if node.node is None else [node.node]
        yield from _wrong_arguments(node.name, function, node, [*value, *node.args])
    elif node.name in JINJA_FILTERS:
        instead = f", use {_INSTEAD[node.name]}" if node.name in _INSTEAD else ""
        yield f"the filter {node.name!r} is off in Pexip{instead}"
    else:
        yield f"unknown filter {node.name!r}{_hint(node.name, FILTERS)}"


def _wrong_call(node: nodes.Call) -> Iterator[str]:
    called = node.node
    if isinstance(called, nodes.Getattr):
        if called.attr not in _METHODS:
            yield f"unknown method {called.attr!r}{_hint(called.attr, _METHODS)}"
        elif node.dyn_args or node.dyn_kwargs:
            yield "'*' before an argument is not for scripts"
    elif not isinstance(called, nodes.Name):
        yield "only functions and methods can be called"
    elif called.name in FUNCTIONS:
        yield from _wrong_arguments(called.name, FUNCTIONS[called.name], node, node.args)
    else:
        yield _unknown_function(called.name)


def _unknown_function(name: str) -> str:
    if name == "pex_hash":
        return pexip_filters.NO_HASH
    if name in FILTERS:
        return f"{name!r} is a filter, written value|{name}"
    if name in DEFAULT_NAMESPACE:
        return f"the function {name!r} is off in Pexip"
    return f"unknown function {name!r}{_hint(name, FUNCTIONS)}"


def _hint(word: str, known: Collection[str]) -> str:
    """Say what was meant, and list what is known where that fits on a line."""
    hint = did_you_mean(word, sorted(known))
    return hint if len(hint) <= MAX_HINT else ""


def _wrong_attribute(node: nodes.Getattr) -> Iterator[str]:
    if node.attr.startswith("__"):
        yield f"the attribute {node.attr!r} is not for scripts"
    known = _KEYS.get(node.node.name, ()) if isinstance(node.node, nodes.Name) else ()
    if node.attr not in known and node.attr not in _METHODS:
        for alike in difflib.get_close_matches(node.attr, known, n=1, cutoff=_ALIKE):
            yield f"unknown key {node.attr!r}, did you mean {alike!r}?"


def _wrong_arguments(
    name: str,
    function: ScriptFunction,
    node: nodes.Filter | nodes.Call,
    args: Sequence[nodes.Expr],
) -> Iterator[str]:
    if node.dyn_args or node.dyn_kwargs:
        yield "'*' before an argument is not for scripts"
        return
    try:
        named = {str(keyword.key): None for keyword in _keywords(node)}
        inspect.signature(function).bind(None, *args, **named)
    except TypeError as exc:
        yield f"{name}: {exc}"
        return
    check = _LITERALS.get(name)
    if check is not None:
        try:
            check([_literal(arg) for arg in args])
        except SandboxError as exc:
            yield f"{name}: {exc}"


def _keywords(node: nodes.Filter | nodes.Call) -> list[nodes.Keyword]:
    return [each for each in node.kwargs if isinstance(each, nodes.Keyword)]


def _literal(node: nodes.Expr) -> object:
    """Give what stands in the script itself, None for what is known only during a call."""
    if isinstance(node, nodes.Const):
        return node.value
    if isinstance(node, nodes.List | nodes.Tuple):
        return [_literal(item) for item in node.items]
    return None


def _check_pattern(pattern: object) -> None:
    if isinstance(pattern, str):
        try:
            compiled(pattern)
        except SandboxError as exc:
            raise SandboxError(f"{pattern[:60]!r}: {exc}") from exc


def _check_replacement(args: Sequence[object]) -> None:
    pattern, replacement = [*args, None, None][1:3]
    _check_pattern(pattern)
    if isinstance(pattern, str) and isinstance(replacement, str):
        check_replacement(pattern, replacement)


def _check_zone(args: Sequence[object]) -> None:
    for name in args:
        if isinstance(name, str):
            pexip_filters.zone(name)


def _check_networks(args: Sequence[object]) -> None:
    for networks in args[1:]:
        for network in networks if isinstance(networks, list) else [networks]:
            if isinstance(network, str):
                _check_network(network)


def _check_network(text: str) -> None:
    try:
        pexip_filters.network(text)
    except SandboxError as exc:
        raise SandboxError(f"{text[:60]!r}: {exc}") from exc


_LITERALS: Final[Mapping[str, Callable[[Sequence[object]], None]]] = {
    "pex_find_first_match": lambda args: _check_pattern([*args, None, None][1]),
    "pex_in_subnet": _check_networks,
    "pex_now": _check_zone,
    "pex_regex_replace": _check_replacement,
    "pex_regex_search": lambda args: _check_pattern([*args, None][0]),
}
