"""Pseudonyms last as long as their key, and a note names the rules that were in force."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import orjson

from policy.decide.decision import Decision, Reason
from policy.directory.sealing import create_key_file
from policy.handlers.decision_log import DecisionLog
from policy.handlers.notebook import Notebook, pseudonym_key
from policy.metrics import DECISIONS_DROPPED
from policy.rules.reload import LiveRules
from policy.rules.table import RuleTable
from policy.scribe.process import Scribe
from policy.wire.asked import Asked
from policy.wire.vocabulary import Action, RequestType
from tests.facts import NOON

if TYPE_CHECKING:
    from pathlib import Path


def test_servers_with_one_key_file_have_the_same_pseudonyms(tmp_path: Path) -> None:
    """And none of them is the key itself."""
    create_key_file(tmp_path / "keys")

    one, other = pseudonym_key(tmp_path / "keys"), pseudonym_key(tmp_path / "keys")

    assert one == other
    assert one not in (tmp_path / "keys").read_bytes()


def test_without_a_key_file_pseudonyms_last_for_one_run(tmp_path: Path) -> None:
    """Nobody can tell afterwards who was meant."""
    assert pseudonym_key(None) != pseudonym_key(tmp_path / "missing")


async def test_a_note_says_when_and_by_which_rules(tmp_path: Path) -> None:
    """Those that were in force when the request came, as whoever decided it says."""
    scribe = Scribe(tmp_path / "decisions.jsonl", key=b"k" * 32)
    log = DecisionLog.of(scribe, dropped=DECISIONS_DROPPED)
    await log.open()
    notebook = Notebook(log, LiveRules(RuleTable(version="after")), lambda: NOON)
    asked = Asked(RequestType.SERVICE, "", "protocol=sip")
    began_s = time.perf_counter() - 20

    notebook.note(asked, Decision(Action.CONTINUE, Reason.OK), began_s, "before", 0.5)
    await log.close()

    line = orjson.loads((tmp_path / "decisions.jsonl").read_bytes())
    assert (line["rules"], line["ms"], line["action"]) == ("before", 500.0, "continue")
    off = datetime.fromisoformat(line["at"]) - (NOON - timedelta(seconds=20))
    assert abs(off) < timedelta(seconds=1)
