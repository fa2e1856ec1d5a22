"""What the PostgreSQL journal holds of one person (`persons.Persons`)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from .persons import PersonRows

if TYPE_CHECKING:
    from .postgres_reads import Reads

T = TypeVar("T")


class PostgresPersons(PersonRows):
    """The part of `PostgresJournal` that finds people."""

    @abstractmethod
    async def _ask(self, question: Callable[[Reads], Awaitable[T]]) -> T: ...

    async def _query(self, sql: str, *values: Any) -> list[Any]:
        return list(await self._ask(lambda reads: reads.db.fetch(sql, *values)))
