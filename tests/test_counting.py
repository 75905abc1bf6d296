"""What is counted without locks reads like what `prometheus_client` counts."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.registry import DuplicateTimeseries

from policy.counting import Counts, Timings

if TYPE_CHECKING:
    from collections.abc import Sequence

BUCKETS: Final = (0.0002, 0.5, 1, 2_500_000)
LABELS: Final = st.tuples(st.text(max_size=5), st.sampled_from(("", 'a"b', "a\\n", "a\nb", "å")))
ABOUT: Final = "A thing, with \\ and\nmore."
_SINCE: Final = re.compile(r"^(\w+_created.*) \S+$", re.MULTILINE)


def text_of(registry: CollectorRegistry) -> str:
    """Give the text of a registry, without the moments at which counting began."""
    return _SINCE.sub(r"\1 then", generate_latest(registry).decode())


@given(st.lists(st.tuples(LABELS, st.integers(0, 1 << 40))))
def test_a_counter_reads_like_that_of_the_library(
    counted: Sequence[tuple[tuple[str, str], int]],
) -> None:
    """The same names, labels, escapes and order."""
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    counts = Counts("a_total", ABOUT, ("one", "other"), registry=ours)
    counter = Counter("a_total", ABOUT, ("one", "other"), registry=theirs)

    for labels, amount in counted:
        counts.add(labels, amount)
        counts.labels(*labels).inc()
        counter.labels(*labels).inc(amount + 1)

    assert text_of(ours) == text_of(theirs)


@given(st.lists(st.tuples(LABELS, st.floats(0, 3e6) | st.sampled_from(BUCKETS))))
def test_a_histogram_reads_like_that_of_the_library(
    seen: Sequence[tuple[tuple[str, str], float]],
) -> None:
    """Buckets add up, a bound belongs to its bucket, sum and count are there."""
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    timings = Timings("a", ABOUT, ("one", "other"), buckets=BUCKETS, registry=ours)
    histogram = Histogram("a", ABOUT, ("one", "other"), buckets=BUCKETS, registry=theirs)

    for labels, seconds in seen:
        timings.labels(*labels).observe(seconds)
        histogram.labels(*labels).observe(seconds)

    assert text_of(ours) == text_of(theirs)


def test_the_age_of_counts_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's own variable does it, for all metrics alike."""
    registry = CollectorRegistry()
    Counts("a_total", ABOUT, ("one",), registry=registry).labels("b").inc()
    with_age = generate_latest(registry)

    monkeypatch.setenv("PROMETHEUS_DISABLE_CREATED_SERIES", "True")

    assert b"a_created{" in with_age
    assert b"_created" not in generate_latest(registry)


def test_a_child_is_the_same_for_the_same_labels() -> None:
    """Whoever counts often keeps it at hand."""
    counts = Counts("a_total", ABOUT, ("one",), registry=CollectorRegistry())

    kept = counts.labels("b")
    kept.inc(2)
    counts.add(("b",))

    assert counts.labels("b") is kept
    assert kept.value == 3


def test_what_does_not_fit_is_refused() -> None:
    """A label too many, and two metrics of one name."""
    registry = CollectorRegistry()
    counts = Counts("a_total", ABOUT, ("one",), registry=registry)

    with pytest.raises(ValueError, match="a: 2 labels, not 1"):
        counts.add(("b", "c"))
    with pytest.raises(DuplicateTimeseries):
        Counts("a_total", ABOUT, (), registry=registry)
    assert "a_total{" not in text_of(registry)


def test_a_scrape_in_another_thread_disturbs_nothing() -> None:
    """Children may come while somebody reads, and a count is never seen to go back."""
    registry = CollectorRegistry()
    counts = Counts("a_total", ABOUT, ("one",), registry=registry)
    timings = Timings("b", ABOUT, ("one",), buckets=BUCKETS, registry=registry)
    seen: list[float] = []
    stopping = threading.Event()

    def scrape() -> None:
        while not stopping.is_set():
            generate_latest(registry)
            seen.append(registry.get_sample_value("b_count", {"one": "0"}) or 0.0)

    reader = threading.Thread(target=scrape)
    reader.start()
    for number in range(20_000):
        counts.add((str(number % 500),))
        timings.labels(str(number % 7)).observe(0.3)
    stopping.set()
    reader.join()

    assert seen == sorted(seen)
    assert registry.get_sample_value("a_total", {"one": "0"}) == 40
