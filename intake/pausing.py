"""Accounts that an operator has paused: nothing is taken from them until somebody resumes them.

What the door answers meanwhile is "try again" (503 with Retry-After, SMTP 451), so whoever delivers keeps it; an
account that is polled is left alone, and its mark does not move. What was taken before goes its way.

The journal keeps it (as a mark of the account, beside the adapter's own), so it survives a restart, stands in a backup,
and holds for every gateway on one journal. It is an alarm as long as it lasts: nobody forgets it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import msgspec
import structlog
from msgspec import Struct

from complaint_queue.journal import Admission, Journal
from intake.staff.audit import Audit, noted
from normalizer.errors import Misconfigured, Unavailable
from normalizer.record import RawEvent

#: The mark's name; no adapter's own begins with a colon.
MARK = ":paused"
#: Seconds after which whoever delivers may ask again.
ASK_AGAIN = 120
#: Seconds between two looks at the journal: another gateway's operator may have paused something.
LOOK_AGAIN = 5.0

log = structlog.get_logger()


class Pause(Struct, frozen=True, kw_only=True, tag="pause"):
    """Take nothing from `account` for now, or (`paused` false) take from it again."""

    account: str
    paused: bool
    reason: str = ""


class Paused(Struct, frozen=True, kw_only=True):
    """Since when an account is paused, who did it, and why."""

    since: datetime
    by: str
    reason: str = ""


async def carry_out(journal: Journal, audit: Audit, who: str, order: Pause) -> None:
    """Note it and do it; returns when the journal has synced it. Raises `Misconfigured` where a reason is missing."""
    reason = " ".join(order.reason.split())[:300]
    if order.paused and not reason:
        raise Misconfigured("reason", "is empty", "say in a few words why nothing may be taken")
    what: Literal["account_paused", "account_resumed"] = (
        "account_paused" if order.paused else "account_resumed"
    )
    async with noted(audit, who, what, order.account, {"reason": reason} if reason else {}):
        now = datetime.now(UTC)
        value = msgspec.json.encode(Paused(since=now, by=who, reason=reason)).decode() if order.paused else ""
        raw = RawEvent(account=order.account, received_at=now, body=b"")
        await journal.admit(Admission(raw=raw, cursor=(MARK, value)))


async def read(journal: Journal, accounts: Sequence[str]) -> dict[str, Paused]:
    """Those of `accounts` that are paused. Raises `Unavailable`."""
    found = {}
    for account in accounts:
        if value := await journal.cursor(account, MARK):
            found[account] = msgspec.json.decode(value, type=Paused)
    return found


@dataclass
class Pauses:
    """What is paused, as this gateway knows it. `alarm(name, words)` is raised for each, ended when it is over."""

    journal: Journal
    accounts: Sequence[str]
    alarm: Callable[[str, str | None], None]
    current: dict[str, Paused] = field(default_factory=dict)
    _look: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def load(self) -> Mapping[str, Paused]:
        """Read the journal anew. Raises `Unavailable`."""
        found = await read(self.journal, self.accounts)
        if found != self.current:
            for account in self.accounts:
                if (one := found.get(account)) is not None:
                    words = (
                        f"paused by {one.by}: {one.reason}; nothing is taken until `kanal resume {account}`"
                    )
                    self.alarm(f"{account}: paused", words)
                elif account in self.current:
                    self.alarm(f"{account}: paused", None)
            log.info("accounts_paused", accounts=sorted(found))
            self.current = found
            self._changed.set()
            self._changed = asyncio.Event()
        return self.current

    def wake(self) -> None:
        """An operator may have changed something."""
        self._look.set()

    async def run(self) -> None:
        """Keep up with the journal until cancelled."""
        while True:
            try:
                async with asyncio.timeout(LOOK_AGAIN):
                    await self._look.wait()
            except TimeoutError:
                pass
            self._look.clear()
            try:
                await self.load()
            except Unavailable as error:
                log.warning("pauses_not_read", reason=error.reason)

    def check(self, account: str) -> None:
        """Raises `Unavailable` while nothing may be taken from `account`."""
        if account in self.current:
            raise Unavailable("{account} is paused", ASK_AGAIN, account=account)

    async def while_open(self, account: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do `work` whenever the account is not paused; a pause cancels it, and afterwards it begins anew."""
        while True:
            while account in self.current:
                await self._changed.wait()
            working = asyncio.ensure_future(work())
            try:
                while not working.done() and account not in self.current:
                    changed = asyncio.ensure_future(self._changed.wait())
                    await asyncio.wait([working, changed], return_when=asyncio.FIRST_COMPLETED)
                    changed.cancel()
                if working.done():
                    await working
                    return
            finally:
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
            log.info("account_left_alone", account=account)
