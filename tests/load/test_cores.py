"""The load generator has a core of its own, or somebody has said that it need not."""

from __future__ import annotations

import click
import pytest

from load.cores import divide


def test_the_generator_has_the_last_core() -> None:
    """Nobody else runs there."""
    cores = divide(frozenset({0, 1, 2, 3}), 2)
    assert (cores.generator, cores.server, cores.are_shared) == (
        frozenset({3}),
        frozenset({0, 1}),
        False,
    )


def test_too_few_cores_are_shared_and_it_is_said() -> None:
    """Two workers on two cores leave none for the generator."""
    cores = divide(frozenset({0, 1}), 2)
    assert cores.row()["shared"] is True


def test_a_single_core_is_refused() -> None:
    """A ratio measured on shared time needs an explicit wish."""
    with pytest.raises(click.ClickException, match="--share"):
        divide(frozenset({0}))
    assert divide(frozenset({0}), share=True).are_shared
