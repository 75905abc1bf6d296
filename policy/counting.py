"""Counts and times what happens at every request, without locks.

A counter of `prometheus_client` takes a lock and costs 600 ns, finding it by its labels 1,500 more;
a request would spend more on being counted than on being decided. These cost some 50 and 100 ns.

The price: only the thread of the event loop writes, or else counts get lost. Any thread may read.
"""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING, Generic, TypeVar

from prometheus_client import REGISTRY, CollectorRegistry, Metric
from prometheus_client.utils import floatToGoString

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ChildT = TypeVar("ChildT", "Count", "Timing")


class Count:
    """How often one thing happened; whoever counts it often keeps this at hand."""

    __slots__ = ("since", "value")

    def __init__(self) -> None:
        self.value = 0
        self.since = time.time()

    def inc(self, amount: int = 1) -> None:
        """Count some more."""
        self.value += amount


class Timing:
    """How long one thing took, each time; `counts` has one more place than there are buckets."""

    __slots__ = ("buckets", "counts", "since", "total_s")

    def __init__(self, buckets: tuple[float, ...]) -> None:
        self.buckets = buckets
        self.counts = [0] * (len(buckets) + 1)
        self.total_s = 0.0
        self.since = time.time()

    def observe(self, seconds: float) -> None:
        """Count how long it took."""
        self.counts[bisect_left(self.buckets, seconds)] += 1
        self.total_s += seconds


class _Family(ABC, Generic[ChildT]):
    """One metric with labels, known to a registry like those of `prometheus_client`."""

    type: str
    suffix: str

    def __init__(
        self, name: str, about: str, labels: Sequence[str], registry: CollectorRegistry
    ) -> None:
        self.name = name.removesuffix(self.suffix)
        self.about = about
        self.label_names = tuple(labels)
        self._children: dict[tuple[str, ...], ChildT] = {}
        registry.register(self)

    def labels(self, *values: str) -> ChildT:
        """Give what counts one set of labels, which is there from then on."""
        try:
            return self._children[values]
        except KeyError:
            return self._children.setdefault(self._checked(values), self._child())

    def describe(self) -> Iterable[Metric]:
        """Give the family without what was counted."""
        return [Metric(self.name, self.about, self.type)]

    def collect(self) -> Iterable[Metric]:
        """Give what was counted."""
        metric = Metric(self.name, self.about, self.type)
        with_age = not _ages_are_unwanted()
        for values, child in list(self._children.items()):  # one step: no child comes in between
            labels = dict(zip(self.label_names, map(str, values), strict=True))
            for suffix, more, value in self._samples(child):
                metric.add_sample(f"{self.name}{suffix}", labels | more, value)
            if with_age:
                metric.add_sample(f"{self.name}_created", labels, child.since)
        return [metric]

    def _checked(self, values: tuple[str, ...]) -> tuple[str, ...]:
        if len(values) != len(self.label_names):
            raise ValueError(f"{self.name}: {len(values)} labels, not {len(self.label_names)}")
        return values

    @abstractmethod
    def _child(self) -> ChildT:
        """Make what counts one set of labels."""

    @abstractmethod
    def _samples(self, child: ChildT) -> Iterator[tuple[str, dict[str, str], float]]:
        """Give what one set of labels has counted: suffix, further labels, value."""


class Counts(_Family[Count]):
    """A counter; `labels(...)` gives what counts, `add(...)` is quicker for labels that vary."""

    type = "counter"
    suffix = "_total"

    def __init__(
        self,
        name: str,
        about: str,
        labels: Sequence[str],
        *,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        super().__init__(name, about, labels, registry)

    def add(self, values: tuple[str, ...], amount: int = 1) -> None:
        """Count some more under the values of all labels, in their order."""
        try:
            self._children[values].value += amount
        except KeyError:
            self.labels(*values).value += amount

    def _child(self) -> Count:
        return Count()

    def _samples(self, child: Count) -> Iterator[tuple[str, dict[str, str], float]]:
        yield "_total", {}, child.value


class Timings(_Family[Timing]):
    """A histogram; `buckets` are upper bounds in seconds, rising, without the infinite one."""

    type = "histogram"
    suffix = ""

    def __init__(
        self,
        name: str,
        about: str,
        labels: Sequence[str],
        *,
        buckets: Sequence[float],
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._buckets = tuple(map(float, buckets))
        self._written = [_written(each) for each in (*self._buckets, float("inf"))]
        super().__init__(name, about, labels, registry)

    def _child(self) -> Timing:
        return Timing(self._buckets)

    def _samples(self, child: Timing) -> Iterator[tuple[str, dict[str, str], float]]:
        counts = list(accumulate(list(child.counts)))  # copied in one step
        for bound, count in zip(self._written, counts, strict=True):
            yield "_bucket", {"le": bound}, count
        yield "_count", {}, counts[-1]
        yield "_sum", {}, child.total_s


def _written(bound: float) -> str:
    return str(floatToGoString(bound))  # type: ignore[no-untyped-call]  # has no annotations


def _ages_are_unwanted() -> bool:
    """Say whether the series that tell since when something is counted are switched off.

    It is `prometheus_client`'s own variable, so that all metrics are alike.
    """
    said = os.environ.get("PROMETHEUS_DISABLE_CREATED_SERIES", "")
    return said.lower() in {"true", "1", "t"}
