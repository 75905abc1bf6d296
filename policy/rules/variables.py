"""What scripts see of a request, in the words of Pexip's local policy. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.wire.local_policy import script_variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.rules.question import Question
    from policy.scripts.script import Script


def variables_of(script: Script, question: Question) -> Mapping[str, object]:
    """Give a script's variables; the directory is asked only by one that reads `service_config`.

    Raises NeedsEntry.
    """
    service = question.service_config() if "service_config" in script.names else None
    return script_variables(question.request, question.parameters, service_config=service)
