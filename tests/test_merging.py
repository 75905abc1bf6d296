"""Several processes read as one service, whose counters never go back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, generate_latest

from policy.counting import Counts, Timings
from policy.merging import OF_THE_PROCESS, aside, merged, retired, state
from policy.metrics import GAUGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from policy.merging import Way

WAYS: Final[Mapping[str, Way]] = {"worst": max, "least": min, "all": sum}
WORDS: Final = st.sampled_from(("a", "b", 'c"\n'))
VALUES: Final = st.integers(0, 1000) | st.sampled_from((math.inf, 0.25))


def registry_of(
    counted: Sequence[tuple[str, int]],
    timed: Sequence[tuple[str, float]],
    gauges: tuple[float, float, float],
) -> CollectorRegistry:
    """Give a process that has counted."""
    registry = CollectorRegistry()
    counts = Counts("a_total", "Things.", ("word",), registry=registry)
    timings = Timings("t_seconds", "Times.", ("word",), buckets=(0.5, 1), registry=registry)
    plain = Counter("plain_total", "Plain things.", registry=registry)
    for word, amount in counted:
        counts.add((word,), amount)
        plain.inc(amount)
    for word, seconds in timed:
        timings.labels(word).observe(seconds)
    for name, value in zip(WAYS, gauges, strict=True):
        Gauge(name, "A state.", registry=registry).set(value)
    return registry


PROCESS: Final = st.builds(
    registry_of,
    st.lists(st.tuples(WORDS, st.integers(0, 1 << 40))),
    st.lists(st.tuples(WORDS, st.sampled_from((0.25, 0.5, 4.0)))),
    st.tuples(VALUES, VALUES, VALUES),
)
PROCESSES: Final = st.lists(PROCESS, min_size=1, max_size=4)


def lines(text: bytes) -> list[str]:
    """Give what a text says, in an order of its own."""
    return sorted(text.decode().splitlines())


def samples(text: bytes) -> dict[str, float]:
    """Give every sample of a text by name and labels."""
    told = (line.rpartition(" ") for line in lines(text) if not line.startswith("#"))
    return {name: float(value) for name, _, value in told}


def counters(text: bytes) -> dict[str, float]:
    """Give what must never go back."""
    found = samples(text).items()
    return {name: value for name, value in found if name not in WAYS and "_created" not in name}


@given(PROCESS)
def test_one_process_reads_as_it_would_alone(registry: CollectorRegistry) -> None:
    """Byte for byte what it would say itself."""
    assert merged([state(registry)], WAYS) == generate_latest(registry)


@given(PROCESSES)
def test_processes_add_up(registries: Sequence[CollectorRegistry]) -> None:
    """Every count is that of all, and every gauge what was declared for it."""
    got = samples(merged([state(each) for each in registries], WAYS))

    each_said = [samples(generate_latest(each)) for each in registries]
    assert got["plain_total"] == sum(said["plain_total"] for said in each_said)
    for name, way in WAYS.items():
        assert got[name] == way(said[name] for said in each_said)
    for name in {name for said in each_said for name in said if "_bucket" in name}:
        assert got[name] == sum(said.get(name, 0) for said in each_said)


@given(PROCESSES)
def test_the_order_of_processes_does_not_matter(registries: Sequence[CollectorRegistry]) -> None:
    """Whoever is asked first."""
    states = [state(each) for each in registries]
    assert lines(merged(states, WAYS)) == lines(merged(states[::-1], WAYS))


@given(PROCESSES)
def test_no_counter_goes_back_when_a_process_ends(registries: Sequence[CollectorRegistry]) -> None:
    """Its counts stay, also when one after another ends; its gauges go."""
    states = [state(each) for each in registries]
    before = counters(merged(states, WAYS))

    ended = retired([])
    for number, each in enumerate(states, 1):
        ended = retired([ended, each])
        assert counters(merged([ended, *states[number:]], WAYS)) == before

    assert set(samples(merged([ended], WAYS))).isdisjoint(WAYS)


def test_a_process_that_answers_no_calls_says_nothing_of_rules() -> None:
    """Its memory and its counts are shown; its gauges were never set."""
    registry = registry_of([("a", 1)], [], (1, 1, 1))
    Gauge("process_resident_memory_bytes", "Memory.", registry=registry).set(7)

    got = samples(merged([aside(state(registry)), aside(state(registry))], WAYS))

    assert got["process_resident_memory_bytes"] == 14
    assert got['a_total{word="a"}'] == 2
    assert set(got).isdisjoint(WAYS)


def test_every_gauge_says_what_several_are_together() -> None:
    """A new one is not forgotten."""
    gauges = {metric.name for metric in REGISTRY.collect() if metric.type == "gauge"}
    assert gauges - {*GAUGES, *OF_THE_PROCESS} == set()
    assert {*GAUGES} - gauges == set()


def test_all_metrics_of_this_process_can_be_merged() -> None:
    """Those that come with the library, too."""
    got = samples(merged([state(), state()], GAUGES))

    assert got["process_open_fds"] < got["process_max_fds"]
    assert got["process_cpu_seconds_total"] > 0
