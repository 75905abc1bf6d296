"""The sandbox of scripts: what they reach, what they may call, and what they may work with. Pure.

Built on Jinja's own immutable sandbox, and stricter: instead of keeping off what is known to be
dangerous, it allows the methods listed here. Scripts of Pexip extend lists and update dictionaries;
they may, since all they get is copied for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import BuiltinMethodType, FunctionType, MethodType
from typing import TYPE_CHECKING, Final

from jinja2 import Undefined, pass_context
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from policy.scripts import growth
from policy.scripts.budget import Run, SandboxError, checked_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from jinja2.runtime import Context

    from policy.scripts.budget import ScriptFunction

# The name under which a run stands beside the variables; no script can write a space in a name.
RUN: Final = " run"
# Filters that stand for what Jinja would do without asking anybody; see metering.py.
JOINED: Final = " joined"
HOLDS: Final = " holds"
EACH: Final = " each"
FLAT: Final = " flat"
KEY: Final = " key"

_TEXT: Final = (
    "capitalize casefold center count endswith find format format_map index isalnum isalpha "
    "isascii isdecimal isdigit islower isnumeric isspace istitle isupper join ljust lower lstrip "
    "partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split "
    "splitlines startswith strip swapcase title upper zfill"
)
_LIST: Final = "append clear copy count extend index insert pop remove reverse"
_DICT: Final = "clear copy get items keys pop setdefault update values"
_LOOP: Final = (
    "changed cycle depth depth0 first index index0 last length nextitem previtem revindex revindex0"
)
_TIME: Final = "year month day hour minute second microsecond weekday isoweekday isoformat"
ATTRIBUTES: Final[Mapping[type, frozenset[str]]] = {
    str: frozenset(_TEXT.split()),
    list: frozenset(_LIST.split()),
    tuple: frozenset({"count", "index"}),
    dict: frozenset(_DICT.split()),
    float: frozenset({"is_integer"}),
    datetime: frozenset(_TIME.split()),
    LoopContext: frozenset(_LOOP.split()),
}


class Sandbox(ImmutableSandboxedEnvironment):
    """Where scripts run; inherits because an environment is how Jinja is told what is allowed."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "**", "%"})

    def __init__(
        self,
        *,
        filters: Mapping[str, ScriptFunction],
        functions: Mapping[str, ScriptFunction],
        tests: Mapping[str, Callable[..., object]],
        unmeasured: frozenset[ScriptFunction],
    ) -> None:
        # Nothing is reckoned while compiling: there is no run then that could bound it.
        super().__init__(optimized=False, finalize=_measured_output)
        self.globals = dict(functions)
        self.filters = {name: _as_filter(each, unmeasured) for name, each in filters.items()}
        self.filters |= {JOINED: _joined, HOLDS: _holds, EACH: _each, FLAT: _flat, KEY: _key}
        self.tests = {name: _as_test(each) for name, each in tests.items()}
        self._callable = frozenset(functions.values())
        self._unmeasured = unmeasured

    def getattr(self, obj: object, attribute: str) -> object:
        """Give what `obj.attribute` is: a method of the list above, or an entry of a dictionary."""
        kind = type(obj)
        if attribute in ATTRIBUTES.get(kind, ()):
            return getattr(obj, attribute)
        if kind is dict:
            return self._entry(obj, attribute)
        if isinstance(obj, Undefined):
            return obj[attribute]  # raises UndefinedError
        if attribute.startswith("_") or hasattr(kind, attribute):
            # The name may come from the call, so it is not repeated.
            raise SandboxError("an attribute is used that is not for scripts")
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: object, argument: object) -> object:
        """Give what `obj[argument]` is."""
        if isinstance(argument, tuple):
            growth.key(argument)
        if type(obj) is dict and isinstance(argument, str):
            return self._entry(obj, argument)
        if isinstance(obj, str | list | tuple | dict | range | Undefined):
            try:
                return obj[argument]  # type: ignore[index,call-overload]  # what does not fit raises
            except (TypeError, LookupError):
                pass
        if isinstance(argument, str):
            return self.getattr(obj, argument)
        return self.undefined(obj=obj, name=str(argument)[:40])

    def _entry(self, entries: object, name: str) -> object:
        try:
            return entries[name]  # type: ignore[index]  # both callers have a dictionary
        except KeyError:
            if name in ATTRIBUTES[dict]:
                return getattr(entries, name)
            return self.undefined(obj=entries, name=name)

    def call(self, context: Context, obj: object, /, *args: object, **kwargs: object) -> object:
        """Call a function of ours or a method of the list above, and nothing else."""
        kwargs.pop("_loop_vars", None)  # Jinja adds these for functions that want the context
        kwargs.pop("_block_vars", None)
        run = _run(context)
        if isinstance(obj, FunctionType) and obj in self._callable:
            if obj not in self._unmeasured:
                _measure_all(run, args, kwargs)
            return growth.made(run, obj(run, *args, **kwargs))
        if isinstance(obj, BuiltinMethodType | MethodType):
            return self._call_method(run, obj, args, kwargs)
        if isinstance(obj, Undefined):
            return obj()  # raises UndefinedError
        raise SandboxError("only functions and methods can be called")

    def _call_method(
        self,
        run: Run,
        method: BuiltinMethodType | MethodType,
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
    ) -> object:
        receiver, name = method.__self__, method.__name__
        if name not in ATTRIBUTES.get(type(receiver), ()):
            raise SandboxError("only functions and methods can be called")
        if isinstance(receiver, str) and name in {"format", "format_map"}:
            _measure_all(run, args, kwargs)
            formatter = growth.BoundedFormatter(run, self.getattr, self.getitem)
            if name == "format_map" and args and isinstance(args[0], dict):
                return growth.formatted(formatter, receiver, (), args[0])
            return growth.formatted(formatter, receiver, args, kwargs)
        return growth.call_method(run, receiver, name, args, kwargs)

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Reckon, within bounds."""
        return growth.binary(_run(context), operator, left, right)


def private(value: object) -> object:
    """Copy what a script gets, as plain dictionaries, lists, texts and numbers."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, str):
        return str(value)  # a word of one of our closed sets becomes a plain text
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        return {str(name): private(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [private(each) for each in value]
    return str(value)


def _run(context: Context) -> Run:
    run = context.parent[RUN]
    if not isinstance(run, Run):
        raise SandboxError("there is no run")
    return run


def _measure_all(run: Run, args: Iterable[object], kwargs: Mapping[str, object]) -> None:
    for arg in args:
        run.measure(arg)
    for arg in kwargs.values():
        run.measure(arg)


def _as_filter(
    function: ScriptFunction, unmeasured: frozenset[ScriptFunction]
) -> Callable[..., object]:
    is_measured = function not in unmeasured

    @pass_context
    def filtered(context: Context, *args: object, **kwargs: object) -> object:
        run = _run(context)
        if is_measured:
            _measure_all(run, args, kwargs)
        return growth.made(run, function(run, *args, **kwargs))

    return filtered


def _as_test(test: Callable[..., object]) -> Callable[..., bool]:
    @pass_context
    def tested(context: Context, *args: object) -> bool:
        _measure_all(_run(context), args, {})
        return bool(test(*args))

    return tested


@pass_context
def _measured_output(context: Context, value: object) -> object:
    run = _run(context)
    run.spend(run.measure(value) >> 2)
    return value


@pass_context
def _joined(context: Context, values: list[object]) -> str:
    run = _run(context)
    checked_size(sum(run.measure(value) for value in values))
    return str(growth.made(run, "".join(map(str, values))))


@pass_context
def _holds(context: Context, container: object, wanted: object) -> bool:
    return growth.holds(_run(context), container, wanted)


@pass_context
def _each(context: Context, values: Iterable[object], units: int) -> Iterator[object]:
    run = _run(context)
    for value in values:
        run.spend(units)
        yield value


@pass_context
def _flat(context: Context, value: object) -> object:
    _run(context).measure(value)
    return value


@pass_context
def _key(_context: Context, value: object) -> object:
    return growth.key(value)
