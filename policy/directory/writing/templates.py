"""Templates: what the meetings of an organisation have in common, or those of the platform."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

from policy.directory.queries.templates import (
    ADD_TEMPLATE_OF,
    CHANGE_TEMPLATE,
    DEFAULT_NAME,
    DELETE_TEMPLATE,
    LIST_TEMPLATES,
    LOCK_TEMPLATE,
    SET_DEFAULT,
    TEMPLATE_COLUMNS,
    UNSET_DEFAULT,
)
from policy.directory.writing.free_text import refuse_cpr
from policy.directory.writing.inheritance import get_range, get_template_id, level_of
from policy.directory.writing.values import names_of, pin_range_of, values_of
from policy.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    import asyncpg

    from policy.directory.connection import Connection
    from policy.directory.writing.values import Values


@dataclass(frozen=True, slots=True)
class NewTemplate:
    """What is said of a template when it is made; without an organisation it is the platform's."""

    organisation_id: UUID | None
    name: str
    said: Mapping[str, object] = field(default_factory=dict)
    is_default: bool = False
    is_pool: bool = False


@dataclass(frozen=True, slots=True)
class TemplateChange:
    """What changes of a template: values that it says, and those that it says no more."""

    said: Mapping[str, object] = field(default_factory=dict)
    inherited: Sequence[str] = ()
    name: str | None = None
    is_pool: bool | None = None


async def create_template(connection: Connection, new: NewTemplate) -> UUID:
    """Add a template; as a default it takes the place of the one before. Gives its id."""
    refuse_cpr("template name", new.name)
    values = values_of(new.said)
    range_id = await _range_id(connection, new.organisation_id, new.said)
    added: UUID = await connection.fetchval(
        ADD_TEMPLATE_OF, new.organisation_id, new.name, *_written(values, range_id, new.is_pool)
    )
    if new.is_default:
        await _become_default(connection, new.organisation_id, added)
    return added


async def change_template(
    connection: Connection, organisation_id: UUID | None, name: str, change: TemplateChange
) -> None:
    """Say other values; what is inherited again is left to those above."""
    row = await _lock(connection, organisation_id, name)
    refuse_cpr("template name", change.name or "")
    said = {**_without(level_of(row).said, change.inherited), **change.said}
    range_id: UUID | None = row["range_id"] if "range" in said else None
    if "range" in change.said:
        range_id = await _range_id(connection, organisation_id, change.said)
    values = values_of({key: str(each) if key == "range" else each for key, each in said.items()})
    is_pool = row["is_pool"] if change.is_pool is None else change.is_pool
    written = _written(values, range_id, is_pool)
    await connection.execute(CHANGE_TEMPLATE, row["id"], change.name or name, *written)


async def get_default_name(connection: Connection, organisation_id: UUID | None) -> str | None:
    """Give the name of the template that is the default, None when there is none."""
    name: str | None = await connection.fetchval(DEFAULT_NAME, organisation_id)
    return name


async def set_default_template(
    connection: Connection, organisation_id: UUID | None, name: str
) -> None:
    """Let meetings that name no template have this one, from here on down."""
    row = await _lock(connection, organisation_id, name)
    await _become_default(connection, organisation_id, row["id"])


async def delete_template(connection: Connection, organisation_id: UUID | None, name: str) -> bool:
    """Take a template away; meetings that were booked with it keep their values.

    Says whether it was the default.
    """
    row = await _lock(connection, organisation_id, name)
    if row["rooms"]:
        raise RefusedError(f"template {name!r}: {row['rooms']} permanent rooms have it")
    await connection.execute(DELETE_TEMPLATE, row["id"])
    return bool(row["is_default"])


async def list_templates(
    connection: Connection, organisation_id: UUID | None
) -> list[asyncpg.Record]:
    """List what an organisation can see: its own, of those above, the platform's; or all."""
    return await connection.fetch(LIST_TEMPLATES, organisation_id)


async def _lock(connection: Connection, organisation_id: UUID | None, name: str) -> asyncpg.Record:
    """Give a template and hold it; who acts for an organisation holds none of the platform's."""
    template_id = await get_template_id(connection, organisation_id, name)
    row = await connection.fetchrow(LOCK_TEMPLATE, template_id)
    if row is None:
        raise RefusedError(f"template {name!r}: is not for this organisation to change")
    return row


async def _become_default(
    connection: Connection, organisation_id: UUID | None, template_id: UUID
) -> None:
    await connection.execute(UNSET_DEFAULT, organisation_id, template_id)
    await connection.execute(SET_DEFAULT, template_id)


async def _range_id(
    connection: Connection, organisation_id: UUID | None, said: Mapping[str, object]
) -> UUID | None:
    if "range" not in said:
        return None
    return (await get_range(connection, organisation_id, str(said["range"]))).id


def _without(said: Mapping[str, object], inherited: Sequence[str]) -> dict[str, object]:
    known = names_of(str(said["type"]))
    for name in inherited:
        if name == "type" or name not in known:
            raise RefusedError(f"{name}: is nothing that a template can inherit")
    return {name: value for name, value in said.items() if name not in inherited}


def _written(values: Values, range_id: UUID | None, is_pool: bool) -> list[object]:  # noqa: FBT001  a column
    """Give service type, service, range, pool and the columns, in the order of the queries."""
    columns = {**values.ours, "call_type": values.ours.get("portal_call_type")}
    for which in ("host", "guest"):
        if f"{which}_pins" in columns:
            numbers = pin_range_of(columns[f"{which}_pins"])
            columns |= {f"{which}_pin_low": numbers.low, f"{which}_pin_high": numbers.high}
    return [
        values.ours.get("type", "conference"),
        orjson.dumps(dict(values.service)).decode(),
        range_id,
        is_pool,
        *(columns.get(name) for name in TEMPLATE_COLUMNS),
    ]
