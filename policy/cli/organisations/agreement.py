"""`organisations agreement`: what an organisation has signed, and until when it counts."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from policy.cli.site import Site, reading, writing
from policy.cli.tables import json_option, show_rows
from policy.directory.writing.agreements import (
    AgreementKind,
    Instruction,
    NewAgreement,
    add_agreement,
    agreements_hold,
    end_agreement,
    list_agreements,
)
from policy.directory.writing.organisations import get_living, get_organisation
from policy.documents import load

if TYPE_CHECKING:
    import asyncpg


class _Day(click.ParamType[date]):
    """A day, written as 2026-12-31."""

    name = "day"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no day, write it as 2026-12-31", param, ctx)


_DAY: Final = _Day()
_kind_option = click.option(
    "--kind",
    required=True,
    type=click.Choice([each.value for each in AgreementKind]),
    help="Connection agreement, or data processing agreement (dpa).",
)
_version_option = click.option(
    "--version", required=True, help="Which version, as both sides call it; 1 to 100 characters."
)


@click.group()
def agreement() -> None:
    """Note what an organisation has signed; days are days in Denmark."""


@agreement.command()
@click.argument("organisation")
@_kind_option
@_version_option
@click.option("--signed", "signed_on", required=True, type=_DAY, help="Day of the signature.")
@click.option("--valid-from", type=_DAY, help="First day on which it counts; usually as signed.")
@click.option("--valid-to", type=_DAY, help="Last day on which it counts. Without: no end yet.")
@click.option(
    "--sub-processors",
    "sub_processor_list_version",
    help="Version of the list of sub-processors; dpa only.",
)
@click.option(
    "--instruction",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File (JSON or YAML) with retention_days, purposes and logging_limits; dpa only.",
)
@writing
def add(site: Site, /, organisation: str, instruction: Path | None, **said: object) -> None:
    """Note an agreement that ORGANISATION has signed.

    Those before it stay. When none covers today, the organisation gets no new
    rooms; what it has goes on.
    """
    said["instruction"] = (
        load(instruction, Instruction).value if instruction is not None else Instruction()
    )
    said["kind"] = AgreementKind(str(said["kind"]))
    said["valid_from"] = said["valid_from"] or said["signed_on"]
    new = NewAgreement(**said)  # type: ignore[arg-type]  # click has looked at the types
    hold = asyncio.run(_add(site, organisation, new))
    named = f"{new.kind} {new.version}"
    site.tell(f"{organisation}: {named} added", f"would add {named} to {organisation}")
    click.echo("both agreements are valid today" if hold else "not both agreements are valid today")


@agreement.command()
@click.argument("organisation")
@_kind_option
@_version_option
@click.option("--on", "last_day", required=True, type=_DAY, help="Last day on which it counts.")
@writing
def end(site: Site, organisation: str, kind: str, version: str, last_day: date) -> None:
    """Say when an agreement of ORGANISATION ends."""
    asyncio.run(_end(site, organisation, AgreementKind(kind), version, last_day))
    ended = f"{kind} {version} ends on {last_day}"
    site.tell(f"{organisation}: {ended}", f"would say that {ended}")


@agreement.command("list")
@click.argument("organisation", required=False)
@json_option
@reading
def list_command(site: Site, organisation: str | None, *, as_json: bool) -> None:
    """List the agreements of ORGANISATION, or of all."""
    rows = asyncio.run(_list(site, organisation))
    show_rows([dict(row) for row in rows], as_json=as_json)


async def _add(site: Site, written: str, new: NewAgreement) -> bool:
    async with site.transaction() as connection:
        organisation = await get_living(connection, written)
        await add_agreement(connection, organisation, new)
        return await agreements_hold(connection, organisation)


async def _end(site: Site, written: str, kind: AgreementKind, version: str, last_day: date) -> None:
    async with site.transaction() as connection:
        organisation = await get_living(connection, written)
        await end_agreement(connection, organisation, kind, version, last_day)


async def _list(site: Site, written: str | None) -> list[asyncpg.Record]:
    async with site.transaction() as connection:
        one = await get_organisation(connection, written) if written is not None else None
        return await list_agreements(connection, one)
