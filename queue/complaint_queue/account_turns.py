"""Whose turn it is to work for an account, where gateways share a journal and where one has it alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol


class AccountTurns(Protocol):
    """Lets one gateway at a time work for an account."""

    async def while_ours(self, account: str, work: Callable[[], Awaitable[None]]) -> None:
        """Wait for the account, then do `work`; it is cancelled when the account is no longer ours."""

    async def close(self) -> None: ...


class Alone:
    """The turns of a gateway that shares its journal with no other."""

    async def while_ours(self, account: str, work: Callable[[], Awaitable[None]]) -> None:
        await work()

    async def close(self) -> None:
        return None
