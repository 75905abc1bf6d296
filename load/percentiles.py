"""Percentiles of sorted times."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Give the value that so many of a hundred do not exceed; `ordered` must not be empty."""
    # The least rank that is enough; 1e-9 keeps 99.9 % of 1,000 from becoming 1,000.
    rank = -int(-(len(ordered) * percent / 100 - 1e-9) // 1)
    return ordered[min(max(rank, 1), len(ordered)) - 1]
