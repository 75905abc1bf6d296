"""Agreements of an organisation with the platform, and when they lapse."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from policy.directory.queries.agreements import (
    ADD_AGREEMENT,
    AGREEMENTS_HOLD,
    END_AGREEMENT,
    FIND_EXPIRING,
    LIST_AGREEMENTS,
)
from policy.directory.writing.organisations import OrganisationType, Purpose
from policy.documents import Document
from policy.errors import RefusedError
from policy.wire.fields import Text

if TYPE_CHECKING:
    from datetime import date

    import asyncpg

    from policy.directory.connection import Connection
    from policy.directory.writing.organisations import Organisation

# How many days ahead of a lapse somebody is told, and told again.
WARNINGS: Final = (90, 30, 7)


class AgreementKind(StrEnum):
    """What an agreement is about; an organisation needs one of each to be active."""

    CONNECTION = "connection"
    DPA = "dpa"  # data processing agreement


class Retained(StrEnum):
    """What is kept for a time that an organisation may set."""

    BOOKINGS = "bookings"  # subject, description and the like, after the end of the meeting
    DECISIONS = "decisions"
    AUDIT = "audit"
    STATISTICS = "statistics"


class Instruction(Document):
    """What a data processing agreement tells the platform to do."""

    retention_days: dict[Retained, Annotated[int, Field(ge=1, le=3660)]] = Field(
        default_factory=dict
    )
    purposes: tuple[Purpose, ...] = ()
    logging_limits: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class NewAgreement:
    """A version that both have signed; `valid_to` is its last day, None: until it is ended."""

    kind: AgreementKind
    version: str
    signed_on: date
    valid_from: date
    valid_to: date | None = None
    sub_processor_list_version: str | None = None
    instruction: Instruction = field(default_factory=Instruction)


@dataclass(frozen=True, slots=True)
class Expiring:
    """An organisation that needs a new version of an agreement.

    `lasts_to` is the last day that is covered: in the past when it has lapsed, None when there
    never was one.
    """

    organisation: str
    kind: AgreementKind
    lasts_to: date | None
    days_left: int | None

    @property
    def has_lapsed(self) -> bool:
        """Say whether it is not covered today: it gets no new rooms."""
        return self.days_left is None or self.days_left < 0

    @property
    def warning(self) -> int | None:
        """Give the last of the three warnings that is due, in days; None when none is."""
        if self.days_left is None:
            return min(WARNINGS)
        return min((days for days in WARNINGS if self.days_left <= days), default=None)


async def add_agreement(
    connection: Connection, organisation: Organisation, new: NewAgreement
) -> None:
    """Note a signed version; those before it stay, and end when they say so or are ended."""
    if organisation.type is OrganisationType.GROUP:
        raise RefusedError(f"group {organisation.called}: only organisations have agreements")
    await connection.execute(
        ADD_AGREEMENT,
        organisation.id,
        new.kind,
        new.version,
        new.signed_on,
        new.valid_from,
        new.valid_to,
        new.sub_processor_list_version,
        new.instruction.model_dump_json(exclude_defaults=True),
    )


async def end_agreement(
    connection: Connection,
    organisation: Organisation,
    kind: AgreementKind,
    version: str,
    last_day: date,
) -> None:
    """Set the last day on which a version counts."""
    done = await connection.execute(END_AGREEMENT, organisation.id, kind, version, last_day)
    if done == "UPDATE 0":
        raise RefusedError(
            f"organisation {organisation.called}: has no {kind} agreement of version {version!r}"
        )


async def agreements_hold(connection: Connection, organisation: Organisation) -> bool:
    """Say whether an organisation has a valid agreement of each kind today."""
    return bool(await connection.fetchval(AGREEMENTS_HOLD, organisation.id))


async def list_agreements(
    connection: Connection, organisation: Organisation | None
) -> list[asyncpg.Record]:
    """List the versions of one organisation, or of all."""
    asked = organisation.id if organisation is not None else None
    return await connection.fetch(LIST_AGREEMENTS, asked)


async def expiring(connection: Connection, within_days: int) -> list[Expiring]:
    """Find agreements that lapse within so many days, or have lapsed; the most pressing first.

    Looks at organisations that need them and are connected.
    """
    rows = await connection.fetch(FIND_EXPIRING, within_days)
    return [
        Expiring(row["organisation"], AgreementKind(row["kind"]), row["lasts_to"], row["days_left"])
        for row in rows
    ]
