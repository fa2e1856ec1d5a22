"""How the PostgreSQL journal writes things down: many rows in one statement, many statements in one round trip."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import asyncpg  # type: ignore[import-untyped]

#: A connection, or one that a pool has lent.
Db: TypeAlias = "asyncpg.Connection[Any]"


@lru_cache(maxsize=512)
def _moved(sql: str, by: int) -> str:
    return re.sub(r"\$(\d+)", lambda found: f"${int(found[1]) + by}", sql) if by else sql


@lru_cache(maxsize=64)
def unnest(types: str) -> str:
    """`unnest($1::bigint[], $2::text[])` for `bigint text`."""
    return f"unnest({', '.join(f'${n}::{kind}[]' for n, kind in enumerate(types.split(), 1))})"


def columns(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Rows as the arrays that `unnest` takes."""
    return [list(column) for column in zip(*rows, strict=True)]


class Together:
    """Writes to different tables that go out as one statement: the server does them all in one round trip.

    They share one snapshot, so none may touch a row that another one writes.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._values: list[Any] = []

    def add(self, sql: str, *values: Any) -> None:
        """An INSERT, UPDATE or DELETE with its values."""
        self._parts.append(_moved(sql, len(self._values)))
        self._values += values

    def insert(self, table: str, types: str, rows: Sequence[Sequence[Any]], tail: str = "") -> None:
        """Whole rows, `types` in the order of the table's columns; none: nothing."""
        if rows:
            self.add(f"INSERT INTO {table} SELECT * FROM {unnest(types)} {tail}", *columns(rows))  # noqa: S608

    async def run(self, db: Db) -> None:
        """Send what was added, if anything."""
        if self._parts:
            *first, last = self._parts
            names = ", ".join(f"w{n} AS ({part})" for n, part in enumerate(first))
            await db.execute(f"WITH {names} {last}" if first else last, *self._values)
