"""The collector waits, and is as it was afterwards."""

from __future__ import annotations

import gc
from contextlib import suppress

import pytest

from policy.directory.collecting import uncollected


@pytest.mark.parametrize("fails", [False, True])
def test_the_collector_waits(*, fails: bool) -> None:
    """Also when what is done fails."""
    states = []

    with suppress(ZeroDivisionError), uncollected():
        states.append(gc.isenabled())
        states.append(bool(1 // (not fails)))

    assert (states[0], gc.isenabled()) == (False, True)


def test_who_switched_it_off_keeps_it_off() -> None:
    """One such work within another does not end it early."""
    with uncollected():
        with uncollected():
            pass
        inside = gc.isenabled()

    assert (inside, gc.isenabled()) == (False, True)
