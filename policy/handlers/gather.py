"""Decides with what is known, fetches what deciding asks for, and decides again."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from policy.decide.decision import Needs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from policy.directory.cache import Lookup
    from policy.directory.records import AddressKey, Found


OutcomeT = TypeVar("OutcomeT")


async def settle(
    decide: Callable[[Mapping[AddressKey, Found]], OutcomeT | Needs], directory: Lookup
) -> OutcomeT:
    """Give the decision; it ends because deciding never asks for the same key twice.

    Raises DirectoryError.
    """
    known: dict[AddressKey, Found] = {}
    while isinstance(outcome := decide(known), Needs):
        known[outcome.key] = await directory.find(outcome.key)
    return outcome
