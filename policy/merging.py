"""Adds up the metrics of several processes, so that a scrape sees one service.

Each process gives its state; whoever answers the scrape merges them. Of a process that has ended
the counters are kept, since counters must never go back.
"""

from __future__ import annotations

import marshal
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias, TypedDict

from prometheus_client import REGISTRY, Metric, generate_latest

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

Way: TypeAlias = Callable[[Iterable[float]], float]

_Key: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]  # a sample's name, and its labels

# What the metrics of the process itself, which come with `prometheus_client`, are in several.
# Memory adds up, though pages that processes share count for each. Files are what one process may
# run out of, so that the one nearest to its limit is shown. The oldest start is the service's.
OF_THE_PROCESS: Final[Mapping[str, Way]] = {
    "process_virtual_memory_bytes": sum,
    "process_resident_memory_bytes": sum,
    "process_open_fds": max,
    "process_max_fds": min,
    "process_start_time_seconds": min,
    "python_info": max,
}


class _Family(TypedDict):
    name: str
    about: str
    type: str
    samples: list[tuple[_Key, float]]


def state(registry: CollectorRegistry = REGISTRY) -> bytes:
    """Give all metrics of this process, for `merged` in another of the same program."""
    return marshal.dumps([_family(metric) for metric in registry.collect()])


def retired(states: Iterable[bytes]) -> bytes:
    """Give one state with the counters of processes that have ended, and with nothing else."""
    return marshal.dumps(_only(_together(states, {}), lambda _: False))


def aside(state_of_one: bytes) -> bytes:
    """Give the state of a process that answers no calls: without gauges but those of the process.

    A gauge which nobody has set there would say that there are no rules, and no feed.
    """
    return marshal.dumps(_only(_read(state_of_one), OF_THE_PROCESS.__contains__))


def merged(states: Sequence[bytes], gauges: Mapping[str, Way]) -> bytes:
    """Give the metrics of all in Prometheus' text form.

    Counters and histograms are added up; `gauges` says for each gauge by name what becomes of
    several values. Of one state the text is what that process would have said.
    """
    families = _together(states, {**OF_THE_PROCESS, **gauges})
    return generate_latest(_Collected([_metric(family) for family in families]))


class _Collected:
    """Looks like a registry to what writes the text."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """Give them all."""
        return self._metrics


def _family(metric: Metric) -> _Family:
    return {
        "name": metric.name,
        "about": metric.documentation,
        "type": metric.type,
        "samples": [
            ((each.name, tuple(each.labels.items())), float(each.value)) for each in metric.samples
        ],
    }


def _metric(family: _Family) -> Metric:
    metric = Metric(family["name"], family["about"], family["type"])
    for (name, labels), value in family["samples"]:
        metric.add_sample(name, dict(labels), value)
    return metric


def _together(states: Iterable[bytes], gauges: Mapping[str, Way]) -> list[_Family]:
    families: dict[str, _Family] = {}
    values: dict[str, dict[_Key, list[float]]] = {}
    for each in states:
        for family in _read(each):
            families.setdefault(family["name"], family)
            known = values.setdefault(family["name"], {})
            for key, value in family["samples"]:
                known.setdefault(key, []).append(value)
    for name, family in families.items():
        family["samples"] = [
            (key, _way(family, key[0], gauges)(found)) for key, found in values[name].items()
        ]
    return list(families.values())


def _way(family: _Family, sample: str, gauges: Mapping[str, Way]) -> Way:
    if sample == f"{family['name']}_created":
        return min
    if family["type"] == "gauge":
        return gauges.get(family["name"], max)
    return math.fsum  # the same in any order


def _only(families: Iterable[_Family], is_wanted: Callable[[str], bool]) -> list[_Family]:
    """Drop the gauges but for those that are wanted."""
    return [each for each in families if each["type"] != "gauge" or is_wanted(each["name"])]


def _read(state_of_one: bytes) -> list[_Family]:
    families: list[_Family] = marshal.loads(state_of_one)  # noqa: S302  of a process of ours
    return families
