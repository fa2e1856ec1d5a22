"""What the SQLite journal holds of one person (`persons.Persons`)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from .persons import PersonRows
from .sqlite_keeping import numbered

if TYPE_CHECKING:
    from .sqlite_reads import Reads

T = TypeVar("T")


class SqlitePersons(PersonRows):
    """The part of `SqliteJournal` that finds people."""

    @abstractmethod
    async def _ask(self, question: Callable[[Reads], T]) -> T: ...

    async def _query(self, sql: str, *values: Any) -> list[Any]:
        return await self._ask(lambda reads: reads.db.execute(numbered(sql), values).fetchall())
