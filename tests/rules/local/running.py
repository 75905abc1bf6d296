"""Runs pieces of exported scripts as a node would, and pieces of rule files to try them with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from policy.rules.local.exporting import Site, export_rules
from policy.rules.syntax import parse_rules
from policy.wire.vocabulary import RequestType
from tests.fakes.local_policy import NOON, run_locally
from tests.fakes.local_scripts import CALLS, PARTICIPANTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from policy.rules.local.exporting import Export
    from policy.rules.model import Rule

CALL: Final = CALLS[0]


def rules_of(*written: Mapping[str, object]) -> list[Rule]:
    """Compile rules; one without a name is called after its position."""
    named = [{"name": f"rule {number}", **each} for number, each in enumerate(written)]
    text = json.dumps({"rules": named}, ensure_ascii=False)
    return [placed.rule for placed in parse_rules(text, "rules.yaml")]


def exported(*written: Mapping[str, object], site: Site | None = None) -> Export:
    """Export rules for service requests."""
    return export_rules(rules_of(*written), RequestType.SERVICE, site or Site())


def value_of(
    lines: str,
    expression: str,
    request: RequestType = RequestType.SERVICE,
    *,
    sent: Mapping[str, str | Sequence[str]] | None = None,
    now: datetime = NOON,
    **said: str,
) -> object:
    """Evaluate an expression behind the lines of a sheet, for a call that says this."""
    script = f'{lines}\n{{{{ {{"value": {expression} }}|pex_to_json }}}}'
    known = PARTICIPANTS[0] if request is RequestType.PARTICIPANT else CALL
    written = run_locally(script, {**known, **(sent or {}), **said}, None, request=request, now=now)
    assert written is not None, "the script fails"
    return written["value"]
