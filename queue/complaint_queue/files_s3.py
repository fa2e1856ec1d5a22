"""The file store in an S3 bucket, for several gateways: the same names and the same sealed bytes as in a folder.

What is written grows encrypted in a folder here and is sent whole; S3's answer to a PUT means that it is durable. A
name that is there and young is not sent again; an old one is, because that makes it new. Nothing leaves the bucket in
one step: what nobody wants is copied to `aside/` and there forgotten only after it was unwanted for as long once more;
what is stored or wanted meanwhile is found in both places, and put back. So no two gateways need to agree on anything.

Protocol: Amazon S3's REST API, spoken by obstore (Apache's object_store); optional, the extra `s3`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import time
from collections.abc import AsyncIterator, Container
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog
from msgspec import Struct

from normalizer.errors import Damaged, Misconfigured, Unavailable
from normalizer.sentence import because

from .codec import Codec
from .file_port import Files, name_of
from .file_spool import HEAD, FileSpool, Pieces, Sealed, size_of, storage_error, sweep_growing, temporary
from .keys import sync_folder

if TYPE_CHECKING:
    from obstore import ObjectMeta

#: Frames fetched by one request (2 MiB), bytes of one part of an upload, and parts under way of one file.
_AT_ONCE, _PART, _PARTS = 32, 8 * 1024 * 1024, 2
#: Files that are sent at the same time: what this takes of memory is bounded by the parts of all of them.
_SENDING = 4
#: Seconds for which what is there counts as new and is not sent again; far shorter than any garbage's grace.
YOUNG = 86_400.0
ASIDE = "aside"
_CURE = "look at the bucket, its region and endpoint, and the key's rights: Get, Put, Delete, List"

log = structlog.get_logger()


class S3Place(Struct, frozen=True, kw_only=True):
    """A bucket. `prefix` is without slashes at its ends; no `endpoint` means Amazon's."""

    bucket: str
    access_key: str
    secret_key: str
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"

    @property
    def words(self) -> str:
        """For people, without the keys."""
        at = f" at {urlsplit(self.endpoint).netloc}" if self.endpoint else ""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/") + at


class S3Files(Files):
    """Content by SHA-256 in `place`; `spool` is a folder on a local disk. A request is tried again for
    `patience` seconds. See `file_port.Files`."""

    def __init__(
        self, place: S3Place, spool: Path, codec: Codec, *, young: float = YOUNG, patience: float = 8.0
    ) -> None:
        try:
            import obstore
            from obstore import exceptions
            from obstore.store import S3Store
        except ImportError:
            raise Misconfigured(
                "journal.files", "S3 needs the extra s3", "pip install 'kanal-aduan[s3]'"
            ) from None
        self.place, self._young = place, young
        self._s3 = obstore
        # What is not found comes as Python's own error; the others as obstore's.
        self._refusals = (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError, PermissionError)
        self._failures = (exceptions.BaseError, OSError)
        self._codec, self._growing = codec, spool
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="files")
        self._sending = asyncio.Semaphore(_SENDING)
        self._store = S3Store(
            place.bucket,
            prefix=place.prefix or None,
            access_key_id=place.access_key,
            secret_access_key=place.secret_key,
            config={"region": place.region, **({"endpoint": place.endpoint} if place.endpoint else {})},
            client_options={
                "allow_http": place.endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=5),
                "timeout": timedelta(seconds=60),
            },
            retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=patience)},
        )

    async def open(self) -> int:
        """Sweep the spool, and see whether the bucket may be used; one that does not answer for now is no fault."""
        swept = await asyncio.to_thread(self._sweep)
        try:
            await self.probe()
        except Unavailable as error:
            log.warning("file_store_away", reason=error.reason)
        return swept

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown, wait=True)

    def new_spool(self) -> FileSpool:
        return FileSpool(self._growing, self._codec)

    async def keep(self, spool: FileSpool) -> str:
        sha256 = spool.sha256
        name = self.name(sha256)
        try:
            there = await self._head(name)
            if there is not None and there["last_modified"].timestamp() > time.time() - self._young:
                return sha256
            loop = asyncio.get_running_loop()
            # No sync: it is S3's answer that makes it durable.
            path = await loop.run_in_executor(self._threads, lambda: spool.finish(synced=False))
            async with self._sending:
                await self._put(name, path)
        except OSError as error:
            raise storage_error(error) from None
        finally:
            spool.discard()
        return sha256

    async def chunks(self, sha256: str) -> AsyncIterator[bytes]:
        name, sealed = await self._found(sha256)
        whole = hashlib.sha256()
        for first in range(0, sealed.frames, _AT_ONCE):
            stored = await self._range(name, *sealed.span(first, _AT_ONCE))
            content = await asyncio.to_thread(sealed.opened_many, stored, first)
            whole.update(content)
            yield content
        if not hmac.compare_digest(whole.hexdigest(), sha256.lower()):
            raise Damaged("a stored file is not the one that its address names")

    @asynccontextmanager
    async def opened(self, sha256: str) -> AsyncIterator[Pieces]:
        name, sealed = await self._found(sha256)

        async def fetch(first: int, count: int) -> bytes:
            return await self._range(name, *sealed.span(first, count))

        yield Pieces(sealed, fetch)

    async def size(self, sha256: str) -> int | None:
        name = self.name(sha256)
        found = await self._head(name) or await self._head(_aside(name))
        return None if found is None else size_of(found["size"])

    def name(self, sha256: str) -> str:
        return name_of(self._codec, sha256)

    async def unwanted(
        self, wanted: Container[str], older_than: float, at_once: int = 200
    ) -> AsyncIterator[list[str]]:
        async for page in self._listed(None, at_once):
            names = [
                one["path"]
                for one in page
                if one["last_modified"].timestamp() < older_than and one["path"] not in wanted
            ]
            names = [name for name in names if not name.startswith(ASIDE + "/")]
            if names:
                yield names

    async def remove(self, name: str, older_than: float) -> int:
        """It is laid aside, and forgotten when it was unwanted for as long again."""
        found = await self._head(name)
        if found is None or found["last_modified"].timestamp() >= older_than:
            return 0
        try:
            await self._s3.copy_async(self._store, name, _aside(name))
            await self._s3.delete_async(self._store, name)
        except FileNotFoundError:
            return 0
        except self._failures as error:
            raise self._trouble(error) from None
        return found["size"]

    async def tend(self, wanted: Container[str], older_than: float) -> None:
        """What is wanted after all stands at its place again; what was unwanted for long enough goes."""
        async for page in self._listed(ASIDE, 200):
            for one in page:
                aside, name = one["path"], one["path"].removeprefix(ASIDE + "/")
                try:
                    if name in wanted:
                        if await self._head(name) is None:
                            await self._s3.copy_async(self._store, aside, name)
                    elif one["last_modified"].timestamp() >= older_than:
                        continue
                    await self._s3.delete_async(self._store, aside)
                except FileNotFoundError:
                    continue
                except self._failures as error:
                    raise self._trouble(error) from None

    async def probe(self) -> None:
        """Write, read and delete a small object. Raises `Misconfigured` with the cure, or `Unavailable`."""
        name, content = f"probe/{os.urandom(12).hex()}", os.urandom(64)
        try:
            await self._s3.put_async(self._store, name, content)
            read = bytes(await (await self._s3.get_async(self._store, name)).bytes_async())
            await self._s3.delete_async(self._store, name)
        except self._refusals:
            raise Misconfigured(
                "journal.s3", "{place} refuses our key", _CURE, place=self.place.words
            ) from None
        except FileNotFoundError:
            raise Misconfigured(
                "journal.files", "{place}: there is no such bucket", _CURE, place=self.place.words
            ) from None
        except self._failures as error:
            raise self._trouble(error) from None
        if read != content or await self._head(name) is not None:
            raise Misconfigured(
                "journal.files", "{place} does not give back what it took", _CURE, place=self.place.words
            )

    # how it speaks

    async def _found(self, sha256: str) -> tuple[str, Sealed]:
        """Where it is, and how it is opened. Raises `Damaged` when it is missing."""
        name = self.name(sha256)
        for where in (name, _aside(name), name):  # once more: it may have been put back in between
            try:
                got = await self._s3.get_async(self._store, where, options={"range": (0, HEAD)})
                head = bytes(await got.bytes_async())
            except FileNotFoundError:
                continue
            except self._failures as error:
                raise self._trouble(error) from None
            return where, Sealed(head, got.meta["size"], self._codec)
        raise Damaged("a file is missing from the file store")

    async def _head(self, name: str) -> ObjectMeta | None:
        try:
            return await self._s3.head_async(self._store, name)
        except FileNotFoundError:
            return None
        except self._failures as error:
            raise self._trouble(error) from None

    async def _range(self, name: str, begin: int, end: int) -> bytes:
        if end <= begin:
            return b""
        try:
            return bytes(await self._s3.get_range_async(self._store, name, start=begin, end=end))
        except FileNotFoundError:
            raise Damaged("a file is missing from the file store") from None
        except self._failures as error:
            raise self._trouble(error) from None

    async def _put(self, name: str, path: Path) -> None:
        try:
            await self._s3.put_async(self._store, name, path, chunk_size=_PART, max_concurrency=_PARTS)
        except self._failures as error:
            raise self._trouble(error) from None

    async def _listed(self, prefix: str | None, at_once: int) -> AsyncIterator[Any]:
        try:
            async for page in self._s3.list(self._store, prefix, chunk_size=at_once):
                yield page
        except self._failures as error:
            raise self._trouble(error) from None

    def _trouble(self, error: Exception) -> Unavailable:
        """Its text may hold a signed address, so it is not repeated; what a person can mend is told by `probe`."""
        refused = isinstance(error, self._refusals)
        return Unavailable(
            "the file store {place} refuses our key" if refused else "the file store {place} does not answer",
            10,
            place=self.place.words,
        )

    def _sweep(self) -> int:
        try:
            self._growing.mkdir(parents=True, exist_ok=True, mode=0o700)
            sync_folder(self._growing.parent)
            path, probe = temporary(self._growing)
            path.unlink()
            os.close(probe)
            return sweep_growing(self._growing)
        except OSError as error:
            raise Misconfigured(
                "gateway.data_dir",
                "{folder} cannot be written ({why})",
                "run: mkdir -p {folder} && chown of it to the gateway's user",
                folder=self._growing,
                why=because(error),
            ) from None


def _aside(name: str) -> str:
    return f"{ASIDE}/{name}"
