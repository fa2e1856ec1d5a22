"""Uploads that are under way: their bytes and notes in the account's private folder, and what becomes of them.

Each upload is one private store. Bytes become a kept part as they come, at the latest every 8 MiB or 30 s, and when the
connection breaks; the note says which parts make the upload. A part counts once the note has been synced, and only
then is its offset told to anybody. So what a client was told survives kill -9.

    created --parts--> complete --bind--> filed in a report --fetched--> dropped
       \\--expired, or ended by the client--> dropped

A filed upload stays until the media job has had it, however long that takes.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
import structlog
from msgspec import Meta, Struct
from msgspec.structs import replace

from adapters.app.problems import Refusal
from adapters.app.upload import Note, Read, Upload
from adapters.base import Clock, PrivateFiles, PrivateFolder
from normalizer.errors import Damaged, Overloaded, ProviderRefused, Unavailable
from normalizer.identity import ticket_day
from normalizer.media import HEAD, sniff

#: A connection that breaks some thousand times is none.
PARTS_MAX = 4_000
#: How long the bytes stay after the media job had them, and how long the gateway must have run meanwhile: a job
#: that failed behind the last byte comes again well within that time.
_FETCHED_KEPT, _SETTLED = timedelta(hours=24), timedelta(hours=2)
_GONE_REMEMBERED = 10_000
#: What telephones really record and people attach, by content.
MEDIA_TYPES = (
    *(
        "image/jpeg",
        "image/png",
        "image/gif",
        "image/webp",
        "image/heic",
        "image/heif",
        "image/avif",
        "image/tiff",
    ),
    *(
        "image/bmp",
        "video/mp4",
        "video/quicktime",
        "video/3gpp",
        "video/webm",
        "video/x-matroska",
        "video/x-msvideo",
    ),
    *(
        "video/mpeg",
        "video/ogg",
        "audio/mpeg",
        "audio/mp4",
        "audio/aac",
        "audio/amr",
        "audio/ogg",
        "audio/wav",
    ),
    *("audio/flac", "application/pdf"),
)

log = structlog.get_logger()


class Limits(Struct, frozen=True, kw_only=True):
    """`size` of one upload and `stored` of all together in bytes, `per_day` for each secret, `expires` in seconds."""

    size: Annotated[int, Meta(ge=1)] = 100 * 1024 * 1024
    stored: Annotated[int, Meta(ge=1)] = 20 * 1024 * 1024 * 1024
    per_day: Annotated[int, Meta(ge=1)] = 20_000
    expires: Annotated[float, Meta(gt=0)] = 24 * 3600.0


class Uploads:
    """All uploads of one account. `known` tells whether the report with a key is in the journal."""

    def __init__(
        self, private: PrivateFolder, clock: Clock, limits: Limits, known: Callable[[str], Awaitable[bool]]
    ) -> None:
        self._private, self._clock, self.limits, self._known = private, clock, limits, known
        self._uploads: dict[str, Upload] = {}
        self._gone: OrderedDict[str, None] = OrderedDict()
        self._today: Counter[str] = Counter()
        self._day = ""
        self._started = clock.now()
        self._loading = asyncio.Lock()
        self._loaded = False

    async def load(self) -> None:
        """Read every note, once. Called before anything else by everything else."""
        async with self._loading:
            if self._loaded:
                return
            for name in self._private.names():
                store = self._private.store(name)
                try:
                    packed = await store.note()
                    if packed is None:
                        # Nobody was told of it: its note is written before its address is given out.
                        await store.drop()
                        continue
                    note = msgspec.msgpack.decode(packed, type=Note)
                except (Damaged, msgspec.DecodeError):
                    log.error("upload_damaged", store=name)
                    continue
                self._uploads[name] = Upload(name, note)
                self._count(note)
            self._loaded = True

    async def create(self, length: int, metadata: str, secret: str) -> str:
        """A new upload's id, which is its right as well. Raises `Refusal` or `Unavailable`."""
        await self.load()
        now = self._clock.now()
        self._turn_day(now)
        if self._today[secret] >= self.limits.per_day:
            wait = str(86_400 - (int(now.timestamp()) + 7 * 3600) % 86_400)
            raise Refusal(
                "too-many", f"{self.limits.per_day} uploads a day are allowed", headers={"Retry-After": wait}
            )
        if sum(u.note.length for u in self._uploads.values()) + length > self.limits.stored:
            raise Overloaded("the uploads under way fill the room that they have", 60)
        upload_id = secrets.token_urlsafe(32)
        note = Note(
            length=length,
            created_at=now,
            expires_at=now + timedelta(seconds=self.limits.expires),
            secret=secret,
            metadata=metadata,
        )
        upload = Upload(store_name(upload_id), note)
        self._uploads[upload.name] = upload
        self._count(note)
        try:
            await self._write(upload, note)
        except BaseException:
            del self._uploads[upload.name]
            raise
        return upload_id

    async def find(self, upload_id: str) -> Upload:
        """Raises `Refusal`: not found, or gone."""
        await self.load()
        name = store_name(upload_id)
        upload = self._uploads.get(name)
        if upload is None:
            raise Refusal("upload-gone" if name in self._gone else "not-found", "there is no such upload")
        self._check_alive(upload)
        return upload

    def _check_alive(self, upload: Upload) -> None:
        if upload.name in self._gone or (
            not upload.note.report and upload.note.expires_at <= self._clock.now()
        ):
            raise Refusal("upload-gone", "the upload has expired, or was ended")

    @asynccontextmanager
    async def turn(self, upload: Upload) -> AsyncIterator[None]:
        """Alone with an upload; a PATCH that still writes to it keeps what it has and ends."""
        upload.interrupt()
        async with upload.lock:
            self._check_alive(upload)
            yield

    async def append(self, upload: Upload, read: Read, checksum: tuple[str, bytes] | None = None) -> None:
        """Add what `read` gives until b"", in one's `turn`. What is kept afterwards is in `upload.note`.

        A `checksum` (name, digest) holds for the whole body: then a broken one leaves nothing.
        Raises `Refusal` (too many bytes, wrong checksum, a type that is not taken) or `Unavailable`.
        """
        digest = hashlib.new(checksum[0], usedforsecurity=False) if checksum else None
        how = "full"
        while how == "full":
            if len(upload.note.parts) >= PARTS_MAX:
                raise Refusal("too-large", "the upload came in too many pieces", cure="begin a new one")
            how = await self._piece(upload, read, digest, checksum[1] if checksum else b"")

    async def _piece(self, upload: Upload, read: Read, digest: Any, expected: bytes) -> str:
        store = self._private.store(upload.name)
        head = bytearray(upload.note.head)
        cancelled = False

        def seen(chunk: bytes) -> None:
            head.extend(chunk[: max(0, HEAD - len(head))])
            if digest is not None:
                digest.update(chunk)

        spool = await asyncio.to_thread(store.new_spool)
        try:
            try:
                how = await self._pour(upload, read, spool, seen, whole=digest is not None)
            except asyncio.CancelledError:
                how, cancelled = "cut", True
            if digest is not None and how == "cut":
                return how
            if digest is not None and not secrets.compare_digest(digest.digest(), expected):
                raise Refusal("tus-checksum")
            if spool.size:
                await self._keep(upload, store, spool, bytes(head))
        finally:
            spool.discard()
            if cancelled:
                raise asyncio.CancelledError
        return how

    async def _pour(
        self, upload: Upload, read: Read, spool: Any, seen: Callable[[bytes], None], *, whole: bool
    ) -> str:
        """One piece, or with `whole` the body to its end."""
        room = upload.note.length - upload.note.offset
        how = await upload.pour(read, spool, room, seen)
        while how == "full" and whole:
            how = await upload.pour(read, spool, room, seen)
        return how

    async def _keep(self, upload: Upload, store: PrivateFiles, spool: Any, head: bytes) -> None:
        note = upload.note
        complete = note.offset + spool.size == note.length
        media_type = note.media_type
        if not media_type and (complete or len(head) >= HEAD):
            media_type = sniff(head)
            if media_type not in MEDIA_TYPES:
                await self.drop(upload)
                raise Refusal(
                    "media-type",
                    f"the file is {media_type}",
                    cure="send a photo, video, sound or PDF; the upload has ended",
                )
        size = spool.size
        part = (await store.keep(spool), size)
        note = replace(
            note, parts=(*note.parts, part), media_type=media_type, head=b"" if media_type else head
        )
        await self._write(upload, note, store)

    async def bind(self, upload: Upload, report: str) -> None:
        """Give it to the report with this key, durably; in its `turn`. Raises `Unavailable`."""
        if upload.note.report != report:
            await self._write(upload, replace(upload.note, report=report, fetched_at=None))

    async def hindrance(self, upload: Upload, report: str) -> str:
        """Why the report with this key cannot have it; empty when it can.

        A report that came to nothing (its key is not in the journal) loses its uploads to the next.
        """
        note = upload.note
        if not note.complete:
            return f"is not complete: the gateway has {note.offset} of {note.length} bytes"
        if note.report not in ("", report) and await self._known(note.report):
            return "belongs to another report"
        return ""

    async def fetch(self, upload_id: str) -> AsyncIterator[bytes]:
        """The bytes of a filed upload, for the media job. Raises `ProviderRefused`."""
        await self.load()
        upload = self._uploads.get(store_name(upload_id))
        if upload is None:
            raise ProviderRefused("the upload is not here any more")
        async for chunk in self.content(upload):
            yield chunk
        async with upload.lock:
            if upload.name in self._uploads:
                await self.copied(upload)

    async def content(self, upload: Upload) -> AsyncIterator[bytes]:
        """Its bytes. Raises `ProviderRefused` when they are damaged."""
        store = self._private.store(upload.name)
        try:
            for sha256, _ in upload.note.parts:
                async for chunk in store.chunks(sha256):
                    yield chunk
        except Damaged as error:
            raise ProviderRefused(f"the upload's bytes are damaged: {error}") from None

    async def copied(self, upload: Upload) -> None:
        """Its bytes are in the file store; in its `turn`."""
        try:
            await self._write(upload, replace(upload.note, fetched_at=self._clock.now()))
        except Unavailable as error:
            # The bytes were given; that they stay longer than they need to is no harm.
            log.warning("upload_note_not_kept", reason=error.reason)

    async def drop(self, upload: Upload) -> None:
        """End it and free its bytes. In its `turn`."""
        self._gone[upload.name] = None
        if len(self._gone) > _GONE_REMEMBERED:
            self._gone.popitem(last=False)
        self._uploads.pop(upload.name, None)
        await self._private.store(upload.name).drop()

    async def sweep(self) -> int:
        """Drop what nobody needs any more; how many that were."""
        await self.load()
        dropped = 0
        for upload in list(self._uploads.values()):
            if not upload.lock.locked() and await self._done_with(upload):
                async with upload.lock:
                    # Asked again: a report may have taken it while we waited.
                    if upload.name in self._uploads and await self._done_with(upload):
                        await self.drop(upload)
                        dropped += 1
        return dropped

    async def _done_with(self, upload: Upload) -> bool:
        note, now = upload.note, self._clock.now()
        if note.fetched_at is not None:
            return now - note.fetched_at > _FETCHED_KEPT and now - self._started > _SETTLED
        if note.expires_at > now:
            return False
        return not note.report or not await self._known(note.report)

    async def _write(self, upload: Upload, note: Note, store: PrivateFiles | None = None) -> None:
        """The note, synced, and only then believed."""
        store = store or self._private.store(upload.name)
        await store.write_note(msgspec.msgpack.encode(note))
        upload.note = note

    def _turn_day(self, now: datetime) -> None:
        day = ticket_day(now).isoformat()
        if day != self._day:
            self._day = day
            self._today.clear()

    def _count(self, note: Note) -> None:
        """Of this day, in Jakarta. After a restart, uploads that have ended are no longer counted."""
        self._turn_day(self._clock.now())
        if ticket_day(note.created_at).isoformat() == self._day:
            self._today[note.secret] += 1


def store_name(upload_id: str) -> str:
    """The name of an upload's store: who lists the folder shall not hold the keys to it."""
    return hashlib.sha256(upload_id.encode("utf-8", "surrogatepass")).hexdigest()[:40]
