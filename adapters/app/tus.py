"""tus 1.0.0, the protocol of resumable uploads, at `<prefix>/uploads`: https://tus.io/protocols/resumable-upload

Core, creation, creation-with-upload, expiration, termination, checksum. A creation is signed like a report; afterwards
the upload's address, 256 random bits, is the right to it.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping, Sequence
from email.utils import format_datetime

from aiohttp import ClientError, web

from adapters.app import signing
from adapters.app.problems import Refusal
from adapters.app.upload import Note, Read, Upload
from adapters.app.uploads import Uploads
from adapters.base import Clock
from adapters.shared.http import read_body
from normalizer.errors import Overloaded
from normalizer.settings import Secret

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,termination,checksum"
CONTENT_TYPE = "application/offset+octet-stream"
#: The body of a creation is proved as a whole before a byte of it is kept, so it is in memory until then.
CREATION_BODY, CREATIONS_AT_ONCE = 4 * 1024 * 1024, 16
METADATA_MAX = 4096
_DIGESTS = {"sha1": 20, "sha256": 32}


class Tus:
    """The handlers. `location` is the public path of the uploads."""

    def __init__(self, uploads: Uploads, secrets: Sequence[Secret], clock: Clock, location: str) -> None:
        self._uploads, self._secrets, self._clock, self._location = uploads, secrets, clock, location
        self._creating = 0

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_route("*", "/uploads", self.collection)
        app.router.add_route("*", "/uploads/{upload}", self.one)

    async def collection(self, request: web.Request) -> web.Response:
        """OPTIONS and POST."""
        if request.method == "OPTIONS":
            return self._options()
        if request.method != "POST":
            raise Refusal("method", headers={"Allow": "OPTIONS, POST"})
        _check_version(request)
        return await self._create(request)

    async def one(self, request: web.Request) -> web.Response:
        """HEAD, PATCH, DELETE; also as a POST with `X-HTTP-Method-Override`, for networks that know only that."""
        method = request.method
        if method == "POST":
            method = request.headers.get("X-HTTP-Method-Override", "POST").upper()
        if method == "OPTIONS":
            return self._options()
        handler = {"HEAD": self._head, "PATCH": self._patch, "DELETE": self._delete}.get(method)
        if handler is None:
            raise Refusal("method", headers={"Allow": "OPTIONS, HEAD, PATCH, DELETE"})
        _check_version(request)
        return await handler(request, await self._uploads.find(request.match_info["upload"]))

    def _options(self) -> web.Response:
        return web.Response(
            status=204,
            headers={
                "Tus-Version": VERSION,
                "Tus-Extension": EXTENSIONS,
                "Tus-Max-Size": str(self._uploads.limits.size),
                "Tus-Checksum-Algorithm": ",".join(_DIGESTS),
            },
        )

    async def _create(self, request: web.Request) -> web.Response:
        signing.check_time(request.headers, self._clock.now())
        if self._creating >= CREATIONS_AT_ONCE and request.can_read_body:
            raise Overloaded("too many uploads are being created at once", 1)
        self._creating += 1
        try:
            body = await read_body(request, CREATION_BODY)
            secret = signing.check(self._secrets, request.headers, body, self._clock.now())
            length, metadata, checksum = _length(request), _metadata(request), _checksum(request)
            if length > self._uploads.limits.size:
                raise Refusal("too-large", f"an upload has at most {self._uploads.limits.size} bytes")
            if body:
                _check_content_type(request)
                if len(body) > length:
                    raise Refusal("too-large", "the body has more bytes than Upload-Length says")
            upload_id = await self._uploads.create(length, metadata, signing.label(secret))
            upload = await self._uploads.find(upload_id)
            if body:
                await self._first(upload, body, checksum)
        finally:
            self._creating -= 1
        headers = {"Location": f"{self._location}/{upload_id}", **_expires(upload.note)}
        if body:
            headers["Upload-Offset"] = str(upload.note.offset)
        return web.Response(status=201, headers=headers)

    async def _first(self, upload: Upload, body: bytes, checksum: tuple[str, bytes] | None) -> None:
        """The bytes that came with the creation; when they are refused, there was no creation."""
        rest = [body]

        async def read() -> bytes:
            return rest.pop() if rest else b""

        async with self._uploads.turn(upload):
            try:
                await self._uploads.append(upload, read, checksum)
            except Refusal as refusal:
                if refusal.kind != "media-type":
                    await self._uploads.drop(upload)
                raise

    async def _head(self, request: web.Request, upload: Upload) -> web.Response:
        async with self._uploads.turn(upload):
            note = upload.note
        headers = {
            "Upload-Offset": str(note.offset),
            "Upload-Length": str(note.length),
            "Cache-Control": "no-store",
        }
        if note.metadata:
            headers["Upload-Metadata"] = note.metadata
        return web.Response(status=200, headers={**headers, **_expires(note)})

    async def _patch(self, request: web.Request, upload: Upload) -> web.Response:
        _check_content_type(request)
        offset, checksum = _number(request, "Upload-Offset"), _checksum(request)
        async with self._uploads.turn(upload):
            note = upload.note
            if offset != note.offset:
                raise Refusal(
                    "tus-offset",
                    f"it stands at {note.offset}, not at {offset}",
                    headers={"Upload-Offset": str(note.offset)},
                )
            if (request.content_length or 0) > note.length - note.offset:
                raise Refusal("too-large", "more bytes than Upload-Length says")
            if request.can_read_body and not note.complete:
                await self._uploads.append(upload, _reader(request), checksum)
            note = upload.note
        return web.Response(status=204, headers={"Upload-Offset": str(note.offset), **_expires(note)})

    async def _delete(self, request: web.Request, upload: Upload) -> web.Response:
        async with self._uploads.turn(upload):
            if upload.note.report:
                raise Refusal("upload-filed")
            await self._uploads.drop(upload)
        return web.Response(status=204)


def _reader(request: web.Request) -> Read:
    """The body as it comes; a connection that breaks is an `OSError`, however aiohttp says it."""

    async def read() -> bytes:
        try:
            return await request.content.readany()
        except (ClientError, web.RequestPayloadError) as error:
            raise ConnectionError(type(error).__name__) from None

    return read


def metadata_of(written: str) -> Mapping[str, str]:
    """`Upload-Metadata` as text: names with values that were base64. Raises `Refusal` when it is not that."""
    found: dict[str, str] = {}
    for pair in filter(None, (p.strip() for p in written.split(","))):
        name, _, value = pair.partition(" ")
        try:
            text = b64decode(value.strip(), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            raise Refusal(
                "tus-header", f"Upload-Metadata: the value of {name[:40]!r} is not base64"
            ) from None
        if name in found:
            raise Refusal("tus-header", f"Upload-Metadata: {name[:40]!r} comes twice")
        found[name] = text
    return found


def _metadata(request: web.Request) -> str:
    written = request.headers.get("Upload-Metadata", "").strip()
    if len(written) > METADATA_MAX or not written.isascii():
        raise Refusal(
            "tus-header", f"Upload-Metadata has at most {METADATA_MAX} characters, all of them ASCII"
        )
    metadata_of(written)
    return written


def _length(request: web.Request) -> int:
    if "Upload-Defer-Length" in request.headers or "Upload-Concat" in request.headers:
        raise Refusal(
            "tus-header", "creation-defer-length and concatenation are not offered", cure="send Upload-Length"
        )
    length = _number(request, "Upload-Length")
    if length == 0:
        raise Refusal("tus-header", "Upload-Length is 0", cure="an empty file shows nothing; leave it out")
    return length


def _number(request: web.Request, name: str) -> int:
    written = request.headers.get(name, "")
    if not (written.isascii() and written.isdigit() and len(written) <= 18):
        raise Refusal("tus-header", f"{name} is absent or no number of bytes")
    return int(written)


def _checksum(request: web.Request) -> tuple[str, bytes] | None:
    written = request.headers.get("Upload-Checksum")
    if written is None:
        return None
    name, _, value = written.partition(" ")
    if name not in _DIGESTS:
        raise Refusal(
            "tus-header", "Upload-Checksum: unknown algorithm", cure=f"use one of: {', '.join(_DIGESTS)}"
        )
    try:
        digest = b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != _DIGESTS[name]:
        raise Refusal("tus-header", f"Upload-Checksum: no {name} in base64")
    return name, digest


def _check_version(request: web.Request) -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise Refusal("tus-version", headers={"Tus-Version": VERSION})


def _check_content_type(request: web.Request) -> None:
    if request.content_type != CONTENT_TYPE:
        raise Refusal("media-type", f"the bytes of an upload come as {CONTENT_TYPE}")


def _expires(note: Note) -> dict[str, str]:
    """Only while it may: a report's uploads do not expire."""
    return {} if note.report else {"Upload-Expires": format_datetime(note.expires_at, usegmt=True)}
