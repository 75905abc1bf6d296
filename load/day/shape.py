"""When calls begin: a working day with its hills, and crowds on the hour and the quarters."""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from load.day.plan import HOURS

if TYPE_CHECKING:
    import random

# Eight to six. The busiest hour has some 13 % of the day, about as measured in 2020.
HILLS: Final = (0.7, 1.1, 1.3, 1.2, 0.9, 1.0, 1.2, 1.1, 0.8, 0.7)
# Three minutes of each hour and of each quarter: the rates that are planned for are those of the
# crowd already (64 joins a second), so it is no more than three times the usual here.
CROWD_S_OF_HOUR: Final = 1 / 20
ON_THE_HOUR: Final = 3.0
ON_THE_QUARTER: Final = 1.5
_STEPS: Final = 20  # of an hour; a crowd lasts one of them


def _weights() -> list[float]:
    weights = []
    for hill in HILLS:
        for step in range(_STEPS):
            crowd = ON_THE_HOUR if step == 0 else ON_THE_QUARTER if step % 5 == 0 else 1.0
            weights.append(hill * crowd)
    return weights


_SUMS: Final = tuple(accumulate(_weights()))


def moment(draw: random.Random, seconds: float) -> float:
    """Draw when a call begins, within a day of so many seconds."""
    step = bisect(_SUMS, draw.random() * _SUMS[-1])
    step = min(step, len(_SUMS) - 1)
    return (step + draw.random()) * seconds / (HOURS * _STEPS)
