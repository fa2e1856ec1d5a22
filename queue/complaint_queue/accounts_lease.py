"""Which of several gateways polls an account: the one that holds its advisory lock in PostgreSQL.

The locks live in a session of their own: they end with it, whatever becomes of the gateway. One that was killed lets go
at once; one that is cut off or whose machine is gone is noticed on both sides within about fifteen seconds (keepalive
there, an unanswered question here); one that hangs asks nothing, and PostgreSQL ends its session (from version 14 on).
The next one takes the account over when it asks again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from .postgres_open import POLLING, connect, translate

#: Seconds between two tries for an account that another gateway polls, and between two questions whether we still do.
ASK_AGAIN, ANSWER_WITHIN = 5.0, 5.0
#: Seconds without a question after which PostgreSQL ends the session: whoever polls asks every `ASK_AGAIN`.
SILENT = 20.0
_ENDS_THE_SILENT = 14

log = structlog.get_logger()


class AccountsLease:
    """The turns of gateways on one PostgreSQL journal at `url`; times in seconds."""

    def __init__(self, url: str, *, ask_again: float = ASK_AGAIN, silent: float = SILENT) -> None:
        self._url, self._ask_again, self._silent = url, ask_again, silent
        self._db: Any = None
        self._asking = asyncio.Lock()

    async def while_ours(self, account: str, work: Callable[[], Awaitable[None]]) -> None:
        session = await self._take(account)
        while session is None:
            await asyncio.sleep(self._ask_again)
            session = await self._take(account)
        log.info("account_ours", account=account)
        working = asyncio.ensure_future(work())
        try:
            while not working.done():
                await asyncio.wait([working], timeout=self._ask_again)
                if not working.done() and not await self._alive(session):
                    log.warning("account_lost", account=account)
                    return
            await working
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            await self._give_back(session, account)

    async def close(self) -> None:
        """End the session, and with it every lock."""
        if self._db is not None:
            self._db.terminate()
            self._db = None

    async def _take(self, account: str) -> Any:
        """The session in which the account is ours now; None when another gateway has it."""
        async with self._asking:
            try:
                if self._db is None or self._db.is_closed():
                    self._db = await self._session()
                ours = await self._db.fetchval(
                    "SELECT pg_try_advisory_lock($1, hashtext($2))", POLLING, account, timeout=ANSWER_WITHIN
                )
            except Exception as error:
                log.warning("account_not_asked", account=account, error=str(translate(error)))
                await self.close()
                return None
            return self._db if ours else None

    async def _session(self) -> Any:
        db = await connect(self._url)
        if db.get_server_version().major >= _ENDS_THE_SILENT:
            await db.execute(
                f"SET idle_session_timeout = {round(self._silent * 1000)}", timeout=ANSWER_WITHIN
            )
        return db

    async def _alive(self, session: Any) -> bool:
        async with self._asking:
            if session is not self._db or session.is_closed():
                return False
            try:
                await session.fetchval("SELECT 1", timeout=ANSWER_WITHIN)
            except Exception:
                await self.close()
                return False
            return True

    async def _give_back(self, session: Any, account: str) -> None:
        async with self._asking:
            if session is self._db and not session.is_closed():
                try:
                    await session.execute(
                        "SELECT pg_advisory_unlock($1, hashtext($2))", POLLING, account, timeout=ANSWER_WITHIN
                    )
                except Exception:
                    await self.close()
