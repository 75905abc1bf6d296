"""What a query could do harm with: parameters guessed from its text and from the rows of others."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Final, TypeAlias
from uuid import UUID

from tests.directory.tenants import TABLES, id_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import asyncpg

    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]
    # By organisation, and by column with its table and without.
    Rows: TypeAlias = Mapping[str, Mapping[str, Sequence[object]]]

DRAWS: Final = 25
OTHERS: Final = ("b", "below-b")

NOW: Final = datetime.now(UTC)
# For parameters of which the text says nothing, by type.
POOLS: Final[Mapping[str, Sequence[object]]] = {
    "bool": (True, False),
    "int4": (1, 5, 100),
    "int8": (1, 4001, 10_000),
    "float4": (1.0,),
    "timestamptz": (NOW, NOW - timedelta(days=1), NOW + timedelta(days=1000)),
    "date": (date(2026, 1, 1), date(2027, 1, 1)),
    "interval": (timedelta(days=1),),
    "bytea": (b"\xff\xd8\xff",),
    "jsonb": ("{}",),
}

_ROWS: Final = "SELECT * FROM {table} AS each WHERE audit_owner('{table}', to_jsonb(each)) = $1"
_COMPARED: Final = (
    r"(\w+)(?:::\w+)?\)?\s*(?:=|<>|<|>|<=|>=|IN|LIKE)\s*(?:ANY\s*)?\(*(?:\w+\()*\${}\b"
)
_INSERTED: Final = re.compile(r"INSERT INTO (\w+)\s*\(([^)]*)\)\s*VALUES\s*\((.*)\)", re.DOTALL)
_TABLE: Final = re.compile(r"\b(?:FROM|UPDATE|INTO|JOIN)\s+(\w+)")


async def rows_of_others(sql: Connection) -> Rows:
    """Give all values of the columns of others."""
    found: dict[str, dict[str, list[object]]] = {}
    for code in OTHERS:
        columns: dict[str, list[object]] = defaultdict(list)
        for table in TABLES:
            if table == "audit":
                continue
            rows = await sql.fetch(_ROWS.format(table=table), id_of("organisation", code))
            for row in rows:
                for name, value in row.items():
                    columns[name].append(value)
                    columns[f"{table}.{name}"].append(value)
        found[code] = columns
    return found


class Guess:
    """Draws parameters for one query; the same in each run."""

    def __init__(self, text: str, types: Sequence[str], rows: Rows) -> None:
        self._columns = [_columns(text, number) for number in range(1, len(types) + 1)]
        self._types = types
        self._rows = rows
        self._random = Random(text)  # noqa: S311  no secrets are made here

    def draws(self) -> list[list[object]]:
        """Give sets of parameters: each of one organisation, now and then another's or none."""
        if not self._types:
            return [[]]
        return [self._draw(OTHERS[number % 2]) for number in range(DRAWS)]

    def _draw(self, code: str) -> list[object]:
        return [
            self._one(self._random.choice((code, code, code, OTHERS[0])), columns, kind)
            for columns, kind in zip(self._columns, self._types, strict=True)
        ]

    def _one(self, code: str, columns: Sequence[str], kind: str) -> object:
        if self._random.random() < 0.15:
            return None
        is_array = kind.endswith("[]")
        base = kind.removesuffix("[]")
        held = self._rows[code]
        likely = [value for name in columns for value in held.get(name, ()) if _fits(value, base)]
        if not likely or self._random.random() < 0.2:
            likely = list(POOLS.get(base, ())) or [
                value for values in held.values() for value in values if _fits(value, base)
            ]
        value = self._random.choice(likely) if likely else None
        return [value] if is_array else value


def _columns(text: str, number: int) -> list[str]:
    """Guess which columns a parameter is compared with or written to."""
    tables = _TABLE.findall(text)
    named = re.findall(_COMPARED.format(number), text)
    inserted = _INSERTED.search(text)
    if inserted is not None:
        columns = [each.strip() for each in inserted[2].split(",")]
        values = re.split(r",(?![^(]*\))", inserted[3])
        named += [
            f"{inserted[1]}.{column}"
            for column, value in zip(columns, values, strict=False)
            if re.search(rf"\${number}\b", value)
        ]
    named += re.findall(rf"\b(\w+) = (?:\w+\()?\${number}\b", text)
    return [f"{table}.{name}" for name in named for table in tables] + [
        name for name in named if name != "id"
    ]


_TYPES: Final[Mapping[str, type]] = {
    "uuid": UUID,
    "text": str,
    "bool": bool,
    "int4": int,
    "int8": int,
    "timestamptz": datetime,
    "date": date,
    "bytea": bytes,
    "jsonb": str,
}


def _fits(value: object, kind: str) -> bool:
    return kind in _TYPES and isinstance(value, _TYPES[kind])
