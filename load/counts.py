"""Reads what the service counts of itself."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

_SAMPLE: Final = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
_LABEL: Final = re.compile(r'(\w+)="([^"]*)"')


def by_label(text: str, metric: str, label: str, **wanted: str) -> Counter[str]:
    """Add up a metric by one of its labels, over samples that have the wanted values of others."""
    found: Counter[str] = Counter()
    for name, labels, value in _SAMPLE.findall(text):
        if name != metric:
            continue
        named = dict(_LABEL.findall(labels))
        if all(named.get(key) == each for key, each in wanted.items()):
            found[named.get(label, "")] += int(float(value))
    return found


def reasons(text: str, request: str) -> Counter[str]:
    """Give how many requests of a type were answered, by reason."""
    return by_label(text, "policy_handlers_requests_total", "reason", request=request)


def dropped(text: str) -> int:
    """Give how many entries of the decision log were not kept."""
    return sum(by_label(text, "policy_handlers_decisions_dropped_total", "").values())


def lookups(text: str) -> Counter[str]:
    """Give how often the cache was asked, by outcome."""
    return by_label(text, "policy_directory_lookups_total", "outcome")
