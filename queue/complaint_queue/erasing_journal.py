"""What both journals share of `erasing.Erasing`: questions, and statements that run in the writer's transaction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from normalizer.errors import Damaged

from . import erasing_rows as rows
from .claiming import Hand
from .codec import Codec
from .erasing import Erased, Erasure, Unfinished, Waits
from .media_rows import facts_name
from .sqlite_rows import moment

T = TypeVar("T")


class ErasingRows(ABC):
    """Fulfils `Erasing` but for `traces`, over one question and one way to write."""

    codec: Codec

    @abstractmethod
    async def _query(self, sql: str, *values: Any) -> list[Any]: ...

    @abstractmethod
    async def _write(self, steps: Callable[[Hand], rows.Steps[None]]) -> None:
        """Run statements in the writer's transaction; what they write over leaves the disk where that can be done."""

    async def _asked(self, steps: rows.Steps[T]) -> T:
        """Statements that only ask."""
        found: list[Any] = []
        try:
            sql, values = next(steps)
            while True:
                found = await self._query(sql, *values)
                sql, values = steps.send(found)
        except StopIteration as end:
            answer: T = end.value
            return answer

    async def waiting(self, complaint_ids: Sequence[int]) -> dict[int, Waits]:
        found = {one: await self._asked(rows.waits(one)) for one in complaint_ids}
        return {one: why for one, why in found.items() if why is not None}

    async def raws_waiting(self, raw_ids: Sequence[int]) -> frozenset[int]:
        return frozenset([one for one in raw_ids if await self._asked(rows.raw_waits(one))])

    async def erase(self, erasure: Erasure) -> None:
        await self._write(lambda hand: rows.erase(hand, erasure))

    async def erased(self, complaint_ids: Iterable[int]) -> dict[int, Erased]:
        found = {}
        for complaint_id in complaint_ids:
            sql = "SELECT sequence, at FROM erased WHERE complaint_id = $1 ORDER BY change DESC LIMIT 1"
            for sequence, at in await self._query(sql, complaint_id):
                found[complaint_id] = Erased(sequence=sequence, at=moment(at))
        return found

    async def last_erased(self) -> int:
        return int((await self._query("SELECT coalesce(max(change), 0) FROM erased"))[0][0])

    async def unfinished(self) -> tuple[Unfinished, ...]:
        found = []
        for erasure_id, sealed in await self._query(
            "SELECT erasure_id, body FROM erasing ORDER BY erasure_id"
        ):
            try:
                left = self.codec.unpack("erasing", sealed, Unfinished)
            except (
                Damaged
            ):  # then it is not known what it left; `kanal verify` and the nightly work find the files
                left = Unfinished()
            found.append(msgspec.structs.replace(left, erasure_id=erasure_id))
        return tuple(found)

    async def forget_facts(self, sha256: Sequence[str]) -> None:
        names = [facts_name(self.codec, one) for one in sha256]
        await self._write(lambda hand: _each("DELETE FROM media_facts WHERE name = $1", names))

    async def finish(self, erasure_ids: Sequence[int]) -> None:
        await self._write(lambda hand: _each("DELETE FROM erasing WHERE erasure_id = $1", erasure_ids))


def _each(sql: str, values: Sequence[Any]) -> rows.Steps[None]:
    for value in values:
        yield sql, (value,)
