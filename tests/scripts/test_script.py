"""Scripts are compiled at load, run for a call, and answer with one JSON object."""

from __future__ import annotations

import pickle

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.errors import OutcomeError
from policy.scripts.allowance import Allowance, ScriptLog
from policy.scripts.script import (
    MAX_SCRIPT,
    ScriptError,
    ScriptOutput,
    compile_expression,
    compile_script,
    read_output,
)
from tests.scripts.scripting import CALL_INFO, NOON, logged, refused, rendered, wrong

SERVICE = {"name": "Ward 7", "service_type": "conference", "pin": "4821"}


def _holds(expression: str) -> bool:
    variables = {"call_info": CALL_INFO, "service_config": SERVICE}
    return compile_expression(expression).holds(variables, now=NOON, token="a")


def test_a_script_answers() -> None:
    """The shape that every script of Pexip has."""
    script = compile_script(
        '{ {% if service_config %} "action": "continue",'
        ' "result": {{ service_config|pex_update({"pin": ""})|pex_to_json }}'
        ' {% else %} "action": "reject", "result": {} {% endif %} }'
    )

    with_service = script.render({"service_config": SERVICE}, now=NOON, token="a")
    without = script.render({"service_config": None}, now=NOON, token="a")

    assert read_output(with_service) == ScriptOutput("continue", {**SERVICE, "pin": ""})
    assert read_output(without) == ScriptOutput("reject", {})
    assert script.names == {"service_config"}


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("call_info.bandwidth > 256", True),
        ("call_info.bandwidth > 512", False),
        ("call_info.registered", False),
        ("call_info.nothing", False),
        ("service_config.pin and\n not call_info.registered", True),
        ("service_config is none", False),
        ("call_info.local_alias|pex_regex_replace('@.*', '') == 'sip:ward7'", True),
        ("'' or []", False),
    ],
)
def test_an_expression_holds_or_does_not(expression: str, wanted: object) -> None:
    """As the same would in an if."""
    assert _holds(expression) is wanted


def test_an_expression_is_one_expression() -> None:
    """Neither text around it nor a second one."""
    for expression, said in (
        ("1 2", "one expression is wanted"),
        ("{{ 1 }}", "expected token"),
        ("", "unexpected 'end of template'"),
        ("1 if", "unexpected 'end of template'"),
        ("a", "unknown variable 'a'"),
        ("1 }} {{ 2", "one expression is wanted"),
    ):
        with pytest.raises(ScriptError, match=said):
            compile_expression(expression)


def test_an_expression_that_fails_is_no_answer() -> None:
    """Neither true nor false: whoever asked is told."""
    with pytest.raises(OutcomeError, match=r"^script line 1: division by zero$"):
        _holds("1 / 0 == 1")


def test_a_script_travels_between_processes() -> None:
    """It is a value, and needs no compiling where it arrives."""
    script = compile_script("{{ call_info.bandwidth }}")

    arrived = pickle.loads(pickle.dumps(script))  # noqa: S301  # made in the line itself

    assert arrived == script
    assert arrived.render({"call_info": CALL_INFO}, now=NOON, token="a") == "512"
    assert "call_info.bandwidth" not in repr(script)


def test_a_script_of_the_largest_size_is_taken() -> None:
    """Nodes take 49152 characters."""
    assert compile_script(" " * MAX_SCRIPT).names == frozenset()
    assert wrong(" " * (MAX_SCRIPT + 1)) == "1: 49153 characters, 49152 are the most"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("{% if %}", "1: expected an expression, got 'end of statement block'"),
        ("\n{% do x %}", "2: encountered unknown tag 'do'"),
        ("\n\n{{ 'a }}", "3: unexpected char"),
        ("{% for x in y %}", "1: unexpected end of template"),
        ("{{ " + "(" * 9000 + ")" * 9000 + " }}", "1: nested too deeply; part it with set"),
        ("{{ " + "9" * 5000 + " }}", "1: a number is too large"),
    ],
)
def test_what_jinja_cannot_read_is_said_with_its_line(script: str, said: str) -> None:
    """In lower case, as all our messages."""
    assert wrong(script).startswith(said)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("{{ 1 / 0 }}", "script line 1: division by zero"),
        (
            "\n{% if 1 %}\n{{ 'a' + 1 }}{% endif %}",
            "script line 3: a value is not of the kind that",
        ),
        ("{{ {}.pop('a') }}", "script line 1: something is looked up that is not there"),
        ("{{ 2.0 ** 9999 }}", "script line 1: a number grows too large"),
        ("{% set d = {'a': 1} %}{% for k in d %}{{ d.clear() }}{% endfor %}", "RuntimeError"),
    ],
)
def test_what_fails_at_run_time_is_said_with_its_line(script: str, said: str) -> None:
    """The kind of failure, and nothing of the call."""
    assert said in refused(script)


def test_a_script_logs_for_whoever_explains() -> None:
    """Without a log, logging costs nothing and shows nothing."""
    log = ScriptLog()
    script = '{{ pex_debug_log("alias", call_info.local_alias) }}'

    assert rendered(script) == logged(script, log) == ""
    assert log.lines == ["alias,sip:ward7@example.org"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{"action": "reject", "action": "continue"}', ScriptOutput("continue", None)),
        (' \n{"result": {"location": "Oslo"}, "status": "success"} ',
         ScriptOutput(None, {"location": "Oslo"})),
        ('{"action": "continue", "result": {}}', ScriptOutput("continue", {})),
        ('{"action": null, "result": null}', ScriptOutput(None, None)),
        ("{}", ScriptOutput(None, None)),
    ],
)  # fmt: skip
def test_output_is_read(text: str, wanted: ScriptOutput) -> None:
    """A key may be there twice, further keys do no harm."""
    assert read_output(text) == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the script writes no JSON: "),
        ('{"name": "secret"', "line 1 column "),
        ("{'a': 1}", "the script writes no JSON: "),
        ('{"a": True}', "the script writes no JSON: "),
        ('{"a": "\ud800"}', "the script writes no JSON: "),
        ("[]", "the script writes no JSON object"),
        ('{"action": 1}', "the script's 'action' is no text"),
        ('{"result": []}', "the script's 'result' is no object"),
    ],
)
def test_output_that_is_no_answer_is_refused(text: str, said: str) -> None:
    """What it wrote is not repeated: it may hold a PIN."""
    with pytest.raises(OutcomeError) as failed:
        read_output(text)
    assert said in str(failed.value)
    assert "secret" not in str(failed.value)


_KEYS = st.text(max_size=9)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(_KEYS, _JSON, max_size=6))
def test_a_service_passes_through_unchanged(service: dict[str, object]) -> None:
    """Whatever a service holds comes out of a script that changes nothing."""
    assert (
        orjson.loads(rendered("{{ service_config|pex_to_json }}", service_config=service))
        == service
    )


@given(st.text(max_size=200))
def test_any_text_is_a_script_or_is_refused(source: str) -> None:
    """Compiling raises ScriptError or nothing, for scripts and for expressions."""
    for compiled in (compile_script, compile_expression):
        try:
            script = compiled(source)
        except ScriptError as exc:
            assert exc.line >= 1  # noqa: PT017  # either way is right
        else:
            assert script.source == source


def test_scripts_of_one_request_share_their_work() -> None:
    """A hundred scripts that each use up what one may would keep every other call waiting."""
    heavy = compile_script("{% for i in range(6000) %}{% set x = 'abc'|upper %}{% endfor %}done")
    allowance = Allowance()

    first = heavy.render({}, now=NOON, token="a", allowance=allowance)
    with pytest.raises(OutcomeError):
        heavy.render({}, now=NOON, token="a", allowance=allowance)

    assert first == "done"
