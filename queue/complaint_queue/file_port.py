"""The file store as everybody else sees it; `files.FileStore` and `files_s3.S3Files` fulfil it, one conformance suite
holds for both (tests/contract/test_files.py).

Content has the SHA-256 of itself for an address, is encrypted before it leaves the process, and is durable before
`keep` returns. What is stored again counts as new, so that nobody takes it for garbage before the journal names it.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Container, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from complaint_queue.codec import Codec
from complaint_queue.file_spool import FileSpool, Pieces


class Files(Protocol):
    """Content by SHA-256. `open` once at start, `close` at the end.

    What cannot be reached or written raises `Unavailable`, a full disk `StorageFull`, what is missing or is not what
    was stored `Damaged`, a store that cannot be used at all `Misconfigured` from `open`.
    """

    async def open(self) -> int:
        """Make ready, and remove what a crash left half written here; how many files that were."""
        ...

    async def close(self) -> None: ...

    def new_spool(self) -> FileSpool:
        """A file to write into; end it with `keep` or `discard`."""
        ...

    async def keep(self, spool: FileSpool) -> str:
        """Make the spool's content durable; its SHA-256. The temporary file is gone in any case."""
        ...

    async def put(self, content: bytes) -> str:
        """Make `content` durable; its SHA-256."""
        spool = self.new_spool()
        spool.write(content)
        return await self.keep(spool)

    async def put_many(self, contents: Iterable[bytes]) -> tuple[str, ...]:
        """Several at once; raises the first one's error when all have ended."""
        done = await asyncio.gather(*(self.put(c) for c in contents), return_exceptions=True)
        for result in done:
            if isinstance(result, BaseException):
                raise result
        return tuple(r for r in done if isinstance(r, str))

    async def read(self, sha256: str) -> bytes:
        """The whole content. Raises `Damaged` when it is missing or not what was stored."""
        return b"".join([chunk async for chunk in self.chunks(sha256)])

    def chunks(self, sha256: str) -> AsyncIterator[bytes]:
        """The content piece by piece. Raises `Damaged` at the end when the whole is not what was stored."""
        ...

    def opened(self, sha256: str) -> AbstractAsyncContextManager[Pieces]:
        """The content for reading here and there."""
        ...

    async def size(self, sha256: str) -> int | None:
        """Bytes of content, or None when there is no such file."""
        ...

    def name(self, sha256: str) -> str:
        """Its name in the store, which does not tell the content: `ab/cdef…`."""
        ...

    def unwanted(
        self, wanted: Container[str], older_than: float, at_once: int = 200
    ) -> AsyncIterator[list[str]]:
        """The names that are not `wanted` and were last wanted before `older_than` (seconds since 1970), by pages."""
        ...

    async def remove(self, name: str, older_than: float) -> int:
        """Remove it if it was last wanted before that; the bytes that became free."""
        ...

    async def tend(self, wanted: Container[str], older_than: float) -> None:
        """See to what `remove` laid aside, where it does that: what is wanted after all comes back."""
        ...


def name_of(codec: Codec, sha256: str) -> str:
    """The name of this content in any store under the same keys."""
    name = hmac.digest(codec.keyring.naming, sha256.lower().encode(), "sha256").hex()
    return f"{name[:2]}/{name[2:42]}"
