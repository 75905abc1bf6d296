"""Answers to bytes: the one envelope that every JSON answer to a node has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from policy.wire.results import embedded
from policy.wire.vocabulary import Action

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from policy.wire.results import ServiceResult

CONTENT_TYPE: Final = "application/json"
IMAGE_TYPE: Final = "image/jpeg"

_SERVICE: Final = b'{"status":"success","action":"continue","result":%b,"reason":"%b"}'


def render(
    action: Action,
    result: Mapping[str, object] | Sequence[object] | None,
    notes: Mapping[str, object],
) -> bytes:
    """Give the body of an answer.

    `result` None leaves the key out: a node that sees a usable result in a service answer lets
    the caller in, whatever `action` says. `notes` are extra keys; a node ignores them and prints
    them in its support log, which is where an operator looks first.
    """
    body: dict[str, object] = {"status": "success", "action": action.value}
    if action is Action.NOT_FOUND:
        # Sent with HTTP 404, as the vendor's sample server does: no opinion.
        body = {"status": "fail", "action": Action.CONTINUE.value}
    if result is not None:
        body["result"] = result
    return orjson.dumps(body | dict(notes), default=embedded)


def render_service(result: ServiceResult, reason: str) -> bytes:
    """Give what `render` gives for a service without any note but the reason, one plain word.

    Nearly every call that is let in gets this answer, and its room is at hand as JSON.
    """
    return _SERVICE % (result.json, reason.encode("ascii"))
