"""Password hashing: argon2id at 19 MiB, two passes (OWASP Password Storage), two at once at most."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from intake.staff.rules import fold_password
from normalizer.errors import Overloaded

T = TypeVar("T")


class Passwords:
    """Hashes and verifies off the event loop; refuses, with `Overloaded`, when too many already wait."""

    def __init__(self, waiting: int) -> None:
        self._hasher = PasswordHasher(
            time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
        )
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
        self._waiting, self._limit = 0, waiting
        # An unknown user's password is checked against this, so that the answer takes as long as a known one's.
        self._dummy = self._hasher.hash("no password has this hash")

    async def hash(self, password: str) -> str:
        return await self._run(self._hasher.hash, fold_password(password))

    async def verify(self, hashed: str | None, password: str) -> bool:
        """Whether it is the password; None as the hash costs the same and is never right."""
        right = await self._run(self._verify, hashed or self._dummy, fold_password(password))
        return right and hashed is not None

    def outdated(self, hashed: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(hashed)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[..., T], *values: str) -> T:
        if self._waiting >= self._limit:
            raise Overloaded("too many sign-ins wait", retry_after=5)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *values)
        finally:
            self._waiting -= 1
