"""The server, `vdx-policy test`, `explain` and `replay` never disagree: they are one code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import aiohttp
import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.casebook.cases import Casebook, CaseCompiler
from policy.casebook.runner import run_cases
from policy.casebook.text import CaseFile
from policy.decide.grounds import Plan
from policy.decide.rehearsal import Stage
from policy.directory.memory import MemoryDirectory
from policy.documents import Marks
from policy.rules.question import Moment
from policy.settings import Settings
from policy.wire.asked import Asked
from policy.wire.masking import MASK
from policy.wire.vocabulary import RequestType
from tests.explaining.offline import explain_on
from tests.facts import NOON
from tests.fakes.directory import FakeDirectory
from tests.properties.worlds import ALIASES, CALLS, directories, rule_lists, table_of
from tests.running import running

if TYPE_CHECKING:
    from policy.directory.document import DirectoryFile

CALLS_EACH: Final = 10
REQUESTS: Final = st.sampled_from(
    [
        RequestType.SERVICE,
        RequestType.PARTICIPANT,
        RequestType.LOCATION,
        RequestType.REGISTRATION,
    ]
)
PAIRS: Final = st.lists(st.tuples(REQUESTS, CALLS), min_size=CALLS_EACH, max_size=CALLS_EACH)


# Ten calls of each of a hundred sets of rules: a thousand pairs.
@settings(max_examples=max(100, settings().max_examples // 5))
@given(directories(), rule_lists(), PAIRS)
async def test_explain_test_and_server_agree(
    rows: DirectoryFile,
    rules: list[dict[str, object]],
    calls: list[tuple[RequestType, dict[str, str]]],
) -> None:
    """Whatever the server answers over HTTP, a test that wants it passes, and explain shows it."""
    table = table_of(rules)
    asked = [_asked(request, call) for request, call in calls]
    stage = Stage(table, Plan(), MemoryDirectory(rows).find_now, lambda _: None)

    async with running(FakeDirectory(rows), table, Settings()) as url:
        answers = [await _ask(url, each) for each in asked]

    for each, (request, call), (status, body) in zip(asked, calls, answers, strict=True):
        explanation = explain_on(each, stage, Moment(NOON, "token"))
        assert explanation.sent is not None
        assert explanation.sent.status == status
        assert _shows(explanation.sent.body, body)
        case = _case(request, call, status, body)
        (result,) = run_cases(_casebook(rows, case), table, Plan())
        assert result.is_passed, result.differences


def _asked(request: RequestType, call: dict[str, str]) -> Asked:
    alias = ALIASES[5].replace("@", "%40") if request is RequestType.REGISTRATION else ""
    return Asked(request, alias, urlencode(call))


async def _ask(url: str, asked: Asked) -> tuple[int, dict[str, object]]:
    async with aiohttp.ClientSession() as session, session.get(url + asked.target()) as response:
        body: dict[str, object] = orjson.loads(await response.read())
        return response.status, body


def _shows(explained: object, sent: object) -> bool:
    """Say whether an explanation shows what was sent, apart from what it hides."""
    if isinstance(explained, dict) and isinstance(sent, dict):
        # The name of a gateway is drawn anew for each call.
        drawn = {"name"} if sent.get("service_type") == "gateway" else set()
        return explained.keys() == sent.keys() and all(
            _shows(explained[key], sent[key]) for key in sent.keys() - drawn
        )
    if isinstance(explained, list) and isinstance(sent, list):
        return len(explained) == len(sent) and all(map(_shows, explained, sent))
    return explained == sent or (isinstance(explained, str) and MASK in explained)


def _case(
    request: RequestType, call: dict[str, str], status: int, body: dict[str, object]
) -> dict[str, object]:
    result = body.get("result", {})
    if isinstance(result, dict) and result.get("service_type") == "gateway":
        result = {**result, "name": f"{str(result['name']).rpartition(':')[0]}:*"}
    want = {
        "action": "not_found" if status == 404 else body["action"],
        "reason": body["reason"],
        "rule": body.get("rule", ""),
        "text": body.get("text", ""),
        "result": result,
    }
    named = {"alias": ALIASES[5]} if request is RequestType.REGISTRATION else {}
    at = NOON.isoformat()
    return {"name": "one", "request": request.value, "call": call, "at": at, **named, "want": want}


def _casebook(rows: DirectoryFile, case: dict[str, object]) -> Casebook:
    document = {"directory": rows.model_dump(mode="json", exclude_unset=True), "cases": [case]}
    file = CaseFile.model_validate(document)
    compiler = CaseCompiler(file, Marks("generated"), {})
    cases = compiler.cases()
    assert compiler.problems == []
    return Casebook(file, compiler.marks, cases, frozenset())
