"""Entries as servers send them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from tests.handlers.asking import CALL

if TYPE_CHECKING:
    from policy.scribe.lines import Plain

KEY: Final = b"an invented key."


def entry(
    query: str = urlencode(CALL),
    result: bytes | None = b'{"service_type":"conference","name":"r-1"}',
    *,
    request: str = "service",
    alias: str = "",
    rule: str = "hosts-first",
) -> Plain:
    """Give what happened."""
    at, rules, ms = 1772362800.25, "1f2e3d", 1.234567
    return at, request, alias, query, "continue", "BY_RULE", rule, ("s",), (), rules, ms, result
