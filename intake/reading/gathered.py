"""Rows of the derived store as one answer, for questions whose threads share the interpreter with the doors.

Python's sqlite3 lets go of the interpreter's lock for each row and has to win it back for the next. While messages come
in that costs a long list a turn of waiting a row, and the doors as many interruptions. SQLite joins the rows into one
JSON text by itself, without the lock.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TypeVar

import msgspec

T = TypeVar("T")


def gathered(
    db: sqlite3.Connection, columns: str, rows: str, values: Sequence[object], kind: type[T]
) -> list[T]:
    """The `columns` (numbers and texts) of the query `rows`, in its order, each row as a `kind`.

    A `kind` is a tuple of the columns' types, or a `Struct` with `array_like`.
    """
    (text,) = db.execute(
        f"SELECT json_group_array(json_array({columns})) FROM ({rows})",  # noqa: S608 - both are ours
        values,
    ).fetchone()
    return msgspec.json.decode(text, type=list[kind])  # type: ignore[valid-type]
