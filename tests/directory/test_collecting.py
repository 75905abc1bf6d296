"""The collector waits, and is as it was afterwards."""

from __future__ import annotations

import gc
from contextlib import suppress

import pytest

from policy.directory.collecting import YOUNG, Settling, uncollected


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


def test_what_is_young_is_looked_at_rarely() -> None:
    """A few hundred calls under way are not looked at again and again."""
    before = gc.get_threshold()
    try:
        Settling()

        assert gc.get_threshold() == (YOUNG, *before[1:])
    finally:
        gc.set_threshold(*before)


def test_what_has_come_to_stay_is_not_looked_at() -> None:
    """Every so often; what leaves by its count is freed all the same."""
    settling, before = Settling(every=3), gc.get_freeze_count()
    try:
        stays: list[object] = [[]]
        for _ in range(2):
            settling.one_more()
        not_yet = gc.get_freeze_count()
        settling.one_more()

        looked_at = {id(each) for each in gc.get_objects()}
        assert not_yet == before
        assert gc.get_freeze_count() > before
        assert id(stays) not in looked_at
    finally:
        gc.unfreeze()
