"""playSMS's web service, polled: what its one call to us did not bring, and what became of our answers.

`in`, `ix`, `sx` and `ds` answer the newest rows first and at most `c` of them, above the number `last`. So a full
page hides older rows: it is asked for again, larger, until it is not full, and only then does the cursor move.
"""

from __future__ import annotations

from typing import Any

import msgspec

from adapters.base import Cursor
from adapters.sms.providers.playsms import PULLED, PlaysmsSettings
from adapters.sms.senders.base import text_of
from adapters.sms.senders.playsms import ask, error_of
from adapters.sms.sources.base import Source
from normalizer.errors import ProviderUnavailable

#: Rows of the first page, and of the largest; and rows that are handed on together.
_FIRST_PAGE, _LARGEST_PAGE, _TOGETHER = 100, 12_800, 100
#: No data, and nothing in the queue: the words of an empty page.
_EMPTY = {"400", "401", "402", "501"}


class PlaysmsSource(Source[PlaysmsSettings]):
    """One playSMS user."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._states: dict[str, str] = {}

    @property
    def pause(self) -> float:
        return self.settings.interval

    def wanted(self) -> bool:
        return bool(self.settings.pull_url and self.settings.interval)

    async def look(self) -> None:
        await self._messages()
        await self._receipts()

    async def _messages(self) -> None:
        operation = self.settings.pull_operation
        name = f"playsms-{operation}"
        last = _number(await self.ports.inbox.cursor(name))
        found = await self._news(operation, last)
        for start in range(0, len(found), _TOGETHER):
            rows = found[start : start + _TOGETHER]
            last = max([last, *(_number(row.get("id")) for row in rows)])
            await self.hand_on(
                msgspec.json.encode(rows), {PULLED: operation}, Cursor(name=name, value=str(last))
            )

    async def _news(self, operation: str, last: int) -> list[dict[str, Any]]:
        """All rows above `last`, the oldest first."""
        size = _FIRST_PAGE
        while len(rows := await self._page(operation, c=str(size), last=str(last))) >= size:
            if size >= _LARGEST_PAGE:
                self.ports.trouble(
                    "backlog",
                    f"playSMS holds more than {size} messages that were not fetched; cure: let its administrator "
                    "archive what is filed already, the rest is then fetched",
                )
                raise ProviderUnavailable("playSMS holds more messages than one page", retry_after=300.0)
            size *= 2
        self.ports.trouble("backlog", None)
        found = [row for row in rows if _number(row.get("id")) > last]
        return sorted(found, key=lambda row: _number(row.get("id")))

    async def _receipts(self) -> None:
        """The state of the newest of our answers, where it is another than at the last look."""
        rows = await self._page("ds", c=str(_FIRST_PAGE))
        states = {text_of(row.get("smslog_id")): text_of(row.get("status")) for row in rows}
        news = [
            {name: row.get(name) for name in ("smslog_id", "status", "update")}
            for row in rows
            if self._states.get(text_of(row.get("smslog_id"))) != text_of(row.get("status"))
        ]
        if news:
            await self.hand_on(msgspec.json.encode(news), {PULLED: "ds"})
        self._states = states

    async def _page(self, operation: str, **fields: str) -> list[dict[str, Any]]:
        said = await ask(self.line, self.settings, operation, **fields)
        code = error_of(said)
        if code and code not in _EMPTY:
            raise ProviderUnavailable(f"playSMS answered ERR {code} to {operation}", retry_after=60.0)
        self.line.authorised()
        rows = said.get("data")
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _number(value: Any) -> int:
    written = text_of(value)
    return int(written) if written.isdecimal() and len(written) < 19 else 0


SOURCE = PlaysmsSource
