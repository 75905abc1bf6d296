"""Jinja2 scripts in the words of Pexip's local policy: compiled at load, run for a call. Pure."""

from __future__ import annotations

import marshal
import warnings
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import orjson
from jinja2 import Template, TemplateSyntaxError, UndefinedError, nodes
from jinja2.parser import Parser

from policy.errors import OutcomeError
from policy.scripts.budget import MAX_SIZE, Run, SandboxError
from policy.scripts.checks import FILTERS, FUNCTIONS, TESTS, UNMEASURED, problems, variables
from policy.scripts.metering import metered
from policy.scripts.sandbox import RUN, Sandbox, private

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from policy.scripts.allowance import Allowance, ScriptLog

# What a node takes.
MAX_SCRIPT: Final = 49_152
_FILE: Final = "<script>"
_TRUE: Final = "true"
# What is compiled to be checked is compiled once more for its rule; unpacked it takes some 20 kB.
_MAX_UNPACKED: Final = 4_096


class ScriptError(ValueError):
    """A script is wrong; `line` and the text are the first problem's, `problems` are all."""

    def __init__(self, problems: Sequence[tuple[int, str]]) -> None:
        self.problems = tuple(problems)
        self.line, text = self.problems[0]
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Script:
    """A compiled script; `code` is marshalled, so that whoever gets it needs not compile.

    What uses one needs nothing of this module, and a service whose rules have none never loads it.
    """

    source: str = field(repr=False)
    code: bytes = field(repr=False)
    names: frozenset[str]

    def render(
        self,
        variables: Mapping[str, object],
        *,
        now: datetime,
        token: str,
        log: ScriptLog | None = None,
        allowance: Allowance | None = None,
    ) -> str:
        """Run it; raises OutcomeError for whatever goes wrong in it.

        The same variables, time and token give the same text. `log` takes what the script logs.
        """
        template = _template(self.code)
        run = Run(now, token, log, allowance)
        pieces: list[str] = []
        size = 0
        try:
            given = {name: private(variables[name]) for name in self.names if name in variables}
            given[RUN] = run
            for piece in template.root_render_func(template.new_context(given)):
                pieces.append(piece)
                size += len(piece)
                if size > MAX_SIZE:
                    raise SandboxError(f"it writes more than {MAX_SIZE} characters")  # noqa: TRY301
        except Exception as exc:  # noqa: BLE001  # a script can raise anything that Python can
            # Neither the text nor the chain: both may hold values of the call.
            raise OutcomeError(_worded(exc, template)) from None
        finally:
            run.end()
        return "".join(pieces)

    def answer(
        self,
        variables: Mapping[str, object],
        *,
        now: datetime,
        token: str,
        allowance: Allowance | None = None,
    ) -> ScriptOutput:
        """Run it and read what it writes; raises OutcomeError."""
        return read_output(self.render(variables, now=now, token=token, allowance=allowance))

    def holds(
        self,
        variables: Mapping[str, object],
        *,
        now: datetime,
        token: str,
        allowance: Allowance | None = None,
    ) -> bool:
        """Say whether an expression holds; raises OutcomeError."""
        return self.render(variables, now=now, token=token, allowance=allowance) == _TRUE


@dataclass(frozen=True, slots=True)
class ScriptOutput:
    """What a script says; either part may be missing."""

    action: str | None
    result: Mapping[str, object] | None = field(repr=False)


def compile_script(source: str) -> Script:
    """Compile a script that writes JSON; raises ScriptError."""
    return _compiled(source, is_expression=False)


def compile_expression(source: str) -> Script:
    """Compile one expression, for a condition; raises ScriptError."""
    return _compiled(source, is_expression=True)


def read_output(text: str) -> ScriptOutput:
    """Read what a script wrote: one JSON object, of which a key may be there twice."""
    try:
        written = orjson.loads(text)
    except orjson.JSONDecodeError as exc:
        said = f"{exc.msg}, line {exc.lineno} column {exc.colno} of what it wrote"
        raise OutcomeError(f"the script writes no JSON: {said}") from None
    if not isinstance(written, dict):
        raise OutcomeError("the script writes no JSON object")
    action, result = written.get("action"), written.get("result")
    if action is not None and not isinstance(action, str):
        raise OutcomeError("the script's 'action' is no text")
    if result is not None and not isinstance(result, dict):
        raise OutcomeError("the script's 'result' is no object")
    return ScriptOutput(action, result)


@lru_cache(maxsize=1)
def _sandbox() -> Sandbox:
    return Sandbox(filters=FILTERS, functions=FUNCTIONS, tests=TESTS, unmeasured=UNMEASURED)


@lru_cache(maxsize=_MAX_UNPACKED)
def _template(code: bytes) -> Template:
    sandbox = _sandbox()
    # The bytes are ours: they come from a compiled rule, never from a file or a network.
    return Template.from_code(sandbox, marshal.loads(code), sandbox.globals)  # noqa: S302


@lru_cache(maxsize=_MAX_UNPACKED)
def _compiled(source: str, *, is_expression: bool) -> Script:
    if len(source) > MAX_SCRIPT:
        raise ScriptError([(1, f"{len(source)} characters, {MAX_SCRIPT} are the most")])
    sandbox = _sandbox()
    try:
        tree = _parsed(sandbox, source, is_expression=is_expression)
        wrong = problems(tree)
        if wrong:
            raise ScriptError(wrong)
        names = variables(tree)
        metered(tree).set_environment(sandbox)
        code = sandbox.compile(tree, filename=_FILE)
    except TemplateSyntaxError as exc:
        said = (exc.message or "not a script").rstrip(".")
        raise ScriptError([(exc.lineno, said[:1].lower() + said[1:])]) from None
    except (RecursionError, MemoryError, SyntaxError):
        raise ScriptError([(1, "nested too deeply; part it with set")]) from None
    except (ValueError, OverflowError) as exc:
        if isinstance(exc, ScriptError):
            raise
        raise ScriptError([(1, "a number is too large")]) from None
    return Script(source, marshal.dumps(code), names)


def _parsed(sandbox: Sandbox, source: str, *, is_expression: bool) -> nodes.Template:
    with warnings.catch_warnings():
        # Patterns such as '\d' are written with one backslash; Python would rather have two.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", SyntaxWarning)
        if not is_expression:
            return sandbox.parse(source)
        parser = Parser(sandbox, source, state="variable")
        expression = parser.parse_expression()
        if not parser.stream.eos:
            raise TemplateSyntaxError("one expression is wanted", parser.stream.current.lineno)
    holds = nodes.CondExpr(expression, nodes.Const(_TRUE), nodes.Const(""), lineno=1)
    return nodes.Template([nodes.Output([holds], lineno=1)], lineno=1)


def _worded(exc: Exception, template: Template) -> str:
    """Say what went wrong and in which line, without a word of the call."""
    match exc:
        case SandboxError():
            said = str(exc)
        case UndefinedError():
            said = "something is used that is not there"
        case ZeroDivisionError():
            said = "division by zero"
        case RecursionError():
            said = "values are nested too deeply"
        case OverflowError():
            said = "a number grows too large"
        case LookupError():
            said = "something is looked up that is not there"
        case TypeError() | ValueError():
            said = "a value is not of the kind that is wanted"
        case _:
            said = type(exc).__name__
    line = _line(exc, template)
    return f"script line {line}: {said}" if line else f"script: {said}"


def _line(exc: Exception, template: Template) -> int:
    line = 0
    trace = exc.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _FILE:
            line = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return line
