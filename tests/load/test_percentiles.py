"""Percentiles are values that were seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.percentiles import percentile


@pytest.mark.parametrize(
    ("percent", "want"), [(50, 500), (99, 990), (99.9, 999), (100, 1000), (0, 1)]
)
def test_percentiles_of_a_thousand(percent: float, want: float) -> None:
    """Of 1 to 1,000 the 99.9th percentile is 999."""
    assert percentile([float(each) for each in range(1, 1001)], percent) == want


@given(
    st.lists(st.floats(0, 10), min_size=1).map(sorted),
    st.floats(0.1, 100),
)
def test_enough_values_are_no_greater(ordered: list[float], percent: float) -> None:
    """At least so many of a hundred do not exceed it, and it is one of them."""
    found = percentile(ordered, percent)
    assert found in ordered
    assert sum(each <= found for each in ordered) >= len(ordered) * percent / 100 - 1e-6
