"""Erasing from the PostgreSQL journal (`erasing.Erasing`).

What is written over lies in dead rows until PostgreSQL's own VACUUM, and in its log and that log's archive for as long
as the database's keeper keeps them; sealed, all of it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence

from .claiming import Hand
from .erasing_journal import ErasingRows
from .erasing_rows import Steps
from .postgres_writer import Turn, Writer


class PostgresErasing(ErasingRows):
    """The part of `PostgresJournal` that forgets."""

    @abstractmethod
    def _w(self) -> Writer: ...

    async def _write(self, steps: Callable[[Hand], Steps[None]]) -> None:
        await self._w().call(lambda turn: _run(turn, steps(turn)))

    async def traces(self, heads: Sequence[bytes]) -> int:
        return 0


async def _run(turn: Turn, steps: Steps[None]) -> None:
    try:
        sql, values = next(steps)
        while True:
            sql, values = steps.send(list(await turn.db.fetch(sql, *values)))
    except StopIteration:
        pass
