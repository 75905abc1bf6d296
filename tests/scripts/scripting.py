"""Runs one script for a test."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest

from policy.errors import OutcomeError
from policy.scripts.budget import Run
from policy.scripts.script import ScriptError, compile_script

if TYPE_CHECKING:
    from policy.scripts.allowance import ScriptLog

NOON: Final = datetime(2026, 3, 2, 12, 30, 15, tzinfo=UTC)
CALL_INFO: Final = {
    "local_alias": "sip:ward7@example.org",
    "remote_alias": "sip:alice@example.org",
    "remote_address": "10.44.1.2",
    "registered": False,
    "bandwidth": 512,
}


def run_of(log: ScriptLog | None = None) -> Run:
    """Give a run with all its work before it."""
    return Run(NOON, "a", log)


def rendered(source: str, **variables: object) -> str:
    """Give what a script writes."""
    given = {"call_info": CALL_INFO, "service_config": None, **variables}
    return compile_script(source).render(given, now=NOON, token="a")


def logged(source: str, log: ScriptLog) -> str:
    """Give what a script writes, and keep what it logs."""
    return compile_script(source).render({"call_info": CALL_INFO}, now=NOON, token="a", log=log)


def refused(source: str, **variables: object) -> str:
    """Give the reason why a script fails when it runs."""
    with pytest.raises(OutcomeError) as failed:
        rendered(source, **variables)
    return str(failed.value)


def wrong(source: str) -> str:
    """Give the reason why a script is not even compiled."""
    with pytest.raises(ScriptError) as failed:
        compile_script(source)
    return f"{failed.value.line}: {failed.value}"
