"""Resumable uploads: tus 1.0.0 word by word over real HTTP, broken connections, restarts, limits, the janitor."""

from __future__ import annotations

import asyncio
import hashlib
import re
import shutil
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from adapters.app import tus, upload, uploads
from normalizer.errors import ProviderRefused, StorageFull
from normalizer.record import Attachment
from tests.app_world import JPEG, PREFIX, TUS, AppWorld, app_world

UPLOADS = f"{PREFIX}/uploads"
LARGE = JPEG * 8


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[AppWorld]:
    async with app_world(tmp_path) as made:
        yield made


async def test_options_say_what_is_offered(world: AppWorld) -> None:
    status, headers, _ = await world.call("OPTIONS", UPLOADS)
    assert status == 204
    assert headers["Tus-Version"] == "1.0.0"
    assert headers["Tus-Max-Size"] == str(100 * 1024 * 1024)
    assert set(headers["Tus-Extension"].split(",")) == {
        *("creation", "creation-with-upload", "expiration", "termination", "checksum"),
    }
    assert headers["Tus-Checksum-Algorithm"] == "sha1,sha256"


async def test_an_upload_from_its_creation_to_its_end(world: AppWorld) -> None:
    metadata = f"filename {b64encode(b'foto.jpg').decode()},is_confidential"
    status, headers, _ = await world.create(len(JPEG), Upload_Metadata=metadata)
    assert status == 201
    assert headers["Tus-Resumable"] == "1.0.0"
    assert headers["Upload-Expires"] == "Tue, 24 Nov 2026 04:30:00 GMT"
    location = headers["Location"]
    assert re.fullmatch(rf"{UPLOADS}/[A-Za-z0-9_-]{{43}}", location)
    status, headers, _ = await world.patch(location, 0, JPEG[:5000])
    assert (status, headers["Upload-Offset"]) == (204, "5000")
    assert "Upload-Expires" in headers
    status, headers, body = await world.call("HEAD", location, **TUS)
    assert (status, body) == (200, b"")
    assert (headers["Upload-Offset"], headers["Upload-Length"]) == ("5000", str(len(JPEG)))
    assert (headers["Upload-Metadata"], headers["Cache-Control"]) == (metadata, "no-store")
    status, headers, _ = await world.patch(location, 5000, JPEG[5000:])
    assert (status, headers["Upload-Offset"]) == (204, str(len(JPEG)))
    assert b"".join([c async for c in world.adapter.fetch(_attachment(location))]) == JPEG


async def test_a_creation_may_bring_bytes(world: AppWorld) -> None:
    status, headers, _ = await world.create(len(JPEG), JPEG[:6000])
    assert (status, headers["Upload-Offset"]) == (201, "6000")
    status, headers, _ = await world.create(len(JPEG), JPEG)
    assert (status, headers["Upload-Offset"]) == (201, str(len(JPEG)))
    status, _, _ = await world.create(len(JPEG), JPEG, Content_Type="image/jpeg")
    assert status == 415
    status, _, _ = await world.create(10, JPEG)
    assert status == 413
    forged = await world.create(len(JPEG), JPEG, **{"X-Kanal-Signature": "sha256=" + "0" * 64})
    assert forged[0] == 401
    wrong = b64encode(hashlib.sha1(b"other", usedforsecurity=False).digest()).decode()
    assert (await world.create(len(JPEG), JPEG, Upload_Checksum=f"sha1 {wrong}"))[0] == 460
    big = b"\xff\xd8\xff" + b"x" * tus.CREATION_BODY
    assert (await world.create(len(big), big))[0] == 413


async def test_creation_needs_a_signature_and_sane_headers(world: AppWorld) -> None:
    assert (await world.call("POST", UPLOADS, **TUS, Upload_Length="10"))[0] == 401
    signed = world.signed()
    assert (await world.call("POST", UPLOADS, **TUS, **world.signed(late=301), Upload_Length="10"))[0] == 401
    for headers in (
        {},
        {"Upload-Length": "-1"},
        {"Upload-Length": "x"},
        {"Upload-Length": "0"},
        {"Upload-Length": "9" * 40},
        {"Upload-Length": "5", "Upload-Concat": "partial"},
        {"Upload-Defer-Length": "1"},
        {"Upload-Length": "5", "Upload-Metadata": "filename *"},
        {"Upload-Length": "5", "Upload-Metadata": "a Yg==,a Yg=="},
        {"Upload-Length": "5", "Upload-Metadata": "a " + "A" * 5000},
        {"Upload-Length": "5", "Upload-Checksum": "md5 AAAA"},
    ):
        status, answered, said = await world.call("POST", UPLOADS, **TUS, **signed, **headers)
        assert (status, answered["Content-Type"]) == (400, "application/problem+json"), (headers, said)
    assert (await world.create(100 * 1024 * 1024 + 1))[0] == 413
    assert (await world.call("GET", UPLOADS, **TUS))[0] == 405


async def test_another_version_of_tus_is_412_and_touches_nothing(world: AppWorld) -> None:
    location = (await world.create(len(JPEG)))[1]["Location"]
    for method in ("HEAD", "PATCH", "DELETE"):
        for version in ({}, {"Tus-Resumable": "0.2.2"}):
            status, headers, _ = await world.call(method, location, **version)
            assert (status, headers["Tus-Version"]) == (412, "1.0.0")
    status, _, _ = await world.call("POST", UPLOADS, **world.signed(), Upload_Length="5")
    assert status == 412
    assert (await world.call("HEAD", location, **TUS))[1]["Upload-Offset"] == "0"


async def test_wrong_offsets_types_and_lengths(world: AppWorld) -> None:
    location = (await world.create(len(JPEG)))[1]["Location"]
    await world.patch(location, 0, JPEG[:100])
    status, headers, _ = await world.patch(location, 50, JPEG[100:])
    assert (status, headers["Upload-Offset"]) == (409, "100")
    assert (await world.patch(location, 101, JPEG[100:]))[0] == 409
    assert (await world.patch(location, 100, JPEG, **{"Content-Type": "image/jpeg"}))[0] == 415
    assert (await world.patch(location, 100, JPEG[100:] + b"!"))[0] == 413
    assert (await world.patch(location, 100, _slowly(JPEG[100:] + b"!")))[0] == 413, "without Content-Length"
    assert (await world.patch(location, 100, b"", **{"Upload-Offset": "x"}))[0] == 400
    status, headers, _ = await world.patch(location, 100, b"")
    assert (status, headers["Upload-Offset"]) == (204, "100")
    assert (await world.call("GET", location, **TUS))[0] == 405
    for unknown in (f"{UPLOADS}/{'x' * 43}", f"{UPLOADS}/..%2f..%2fkeys", f"{UPLOADS}/%00"):
        for method in ("HEAD", "DELETE"):
            status, headers, _ = await world.call(method, unknown, **TUS)
            assert status == 404
            assert "Upload-Offset" not in headers


@pytest.mark.parametrize("name", ["sha1", "sha256"])
async def test_a_checksum_holds_for_the_whole_patch(world: AppWorld, name: str) -> None:
    location = (await world.create(len(JPEG)))[1]["Location"]
    right = b64encode(hashlib.new(name, JPEG[:9000]).digest()).decode()
    status, _, _ = await world.patch(location, 0, JPEG[:8999] + b"x", Upload_Checksum=f"{name} {right}")
    assert status == 460
    assert (await world.call("HEAD", location, **TUS))[1]["Upload-Offset"] == "0"
    status, headers, _ = await world.patch(location, 0, JPEG[:9000], Upload_Checksum=f"{name} {right}")
    assert (status, headers["Upload-Offset"]) == (204, "9000")
    for bad in ("md5 AAAA", f"{name} !", f"{name}", f"{name} AAAA"):
        assert (await world.patch(location, 9000, JPEG[9000:], Upload_Checksum=bad))[0] == 400


async def test_methods_may_travel_in_a_header(world: AppWorld) -> None:
    location = (await world.create(len(JPEG)))[1]["Location"]
    more = {**TUS, "X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0"}
    status, headers, _ = await world.call(
        "POST", location, JPEG, **more, Content_Type="application/offset+octet-stream"
    )
    assert (status, headers["Upload-Offset"]) == (204, str(len(JPEG)))
    assert (await world.call("POST", location, **TUS))[0] == 405
    assert (await world.call("POST", location, **TUS, X_HTTP_Method_Override="DELETE"))[0] == 204


async def test_a_terminated_upload_is_gone(world: AppWorld) -> None:
    location = await world.uploaded()
    assert (await world.call("DELETE", location, **TUS))[0] == 204
    for method in ("HEAD", "DELETE", "PATCH"):
        headers = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        assert (await world.call(method, location, **TUS, **headers))[0] == 410
    assert list(world.folder.iterdir()) == []


async def test_a_broken_connection_leaves_what_came(world: AppWorld) -> None:
    location = (await world.create(len(LARGE)))[1]["Location"]
    await _break_off(world, location, LARGE, 300_000)
    offset = int((await world.call("HEAD", location, **TUS))[1]["Upload-Offset"])
    assert 0 < offset <= 300_000
    status, headers, _ = await world.patch(location, offset, LARGE[offset:])
    assert (status, headers["Upload-Offset"]) == (204, str(len(LARGE)))
    assert b"".join([c async for c in world.adapter.fetch(_attachment(location))]) == LARGE


async def test_a_broken_connection_with_a_checksum_leaves_nothing(world: AppWorld) -> None:
    location = (await world.create(len(LARGE)))[1]["Location"]
    digest = b64encode(hashlib.sha256(LARGE).digest()).decode()
    await _break_off(world, location, LARGE, 300_000, f"Upload-Checksum: sha256 {digest}\r\n")
    assert (await world.call("HEAD", location, **TUS))[1]["Upload-Offset"] == "0"


async def test_who_comes_back_does_not_wait_for_the_dead_connection(world: AppWorld) -> None:
    location = (await world.create(len(LARGE)))[1]["Location"]
    _, writer = await _begin(world, location, LARGE, 200_000)
    try:
        await asyncio.sleep(0.1)  # the bytes arrive; the connection hangs
        async with asyncio.timeout(5):
            offset = int((await world.call("HEAD", location, **TUS))[1]["Upload-Offset"])
        assert 0 < offset <= 200_000, "the hanging PATCH kept what it had"
        status, headers, _ = await world.patch(location, offset, LARGE[offset:])
        assert (status, headers["Upload-Offset"]) == (204, str(len(LARGE)))
    finally:
        writer.close()
        await writer.wait_closed()
    assert b"".join([c async for c in world.adapter.fetch(_attachment(location))]) == LARGE


async def test_a_silent_connection_is_given_up(world: AppWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "IDLE", 0.1)
    location = (await world.create(len(LARGE)))[1]["Location"]
    reader, writer = await _begin(world, location, LARGE, 100_000)
    async with asyncio.timeout(5):
        answer = await reader.readuntil(b"\r\n\r\n")
    assert b"Upload-Offset: 100000" in answer
    writer.close()
    await writer.wait_closed()


async def test_large_bodies_are_kept_piece_by_piece(world: AppWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "PIECE", 200_000)
    location = (await world.create(len(LARGE)))[1]["Location"]
    assert (await world.patch(location, 0, LARGE))[0] == 204
    found = await world.adapter.uploads.find(location.rpartition("/")[2])
    assert len(found.note.parts) >= 2
    assert b"".join([c async for c in world.adapter.fetch(_attachment(location))]) == LARGE


async def test_slow_bodies_are_kept_as_time_passes(world: AppWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "PIECE_SECONDS", 0.05)
    location = (await world.create(len(LARGE)))[1]["Location"]
    _, writer = await _begin(world, location, LARGE, 50_000)
    found = await world.adapter.uploads.find(location.rpartition("/")[2])
    async with asyncio.timeout(5):
        while not found.note.parts:
            await asyncio.sleep(0.05)
            writer.write(b"\0" * 1000)
    writer.close()
    await writer.wait_closed()
    assert found.note.offset > 50_000


async def test_an_upload_goes_on_after_a_restart(world: AppWorld) -> None:
    location = (await world.create(len(LARGE)))[1]["Location"]
    await world.patch(location, 0, LARGE[:70_000])
    await world.serve()
    headers = (await world.call("HEAD", location, **TUS))[1]
    assert headers["Upload-Offset"] == "70000"
    assert (await world.patch(location, 70_000, LARGE[70_000:]))[0] == 204
    await world.serve()
    report = {"text": "Foto terlampir.", "attachments": [location]}
    assert (await world.post(report))[0] == 201


async def test_only_what_citizens_really_send_is_taken(world: AppWorld) -> None:
    for content in (
        b"<html><script>alert(1)</script>" * 200,
        b"PK\x03\x04" + bytes(6000),
        b"MZ" + bytes(6000),
    ):
        _, headers, _ = await world.create(len(content), Upload_Metadata="filetype aW1hZ2UvanBlZw==")
        status, _, said = await world.patch(headers["Location"], 0, content)
        assert status == 415
        assert b"photo, video, sound or PDF" in said
        assert (await world.call("HEAD", headers["Location"], **TUS))[0] == 410
    for content in (
        b"%PDF-1.7\n" + b"x" * 50,
        b"\x00\x00\x00\x18ftypmp42" + bytes(100),
        b"#!AMR\n" + bytes(40),
    ):
        await world.uploaded(content)
    for begin in (1, 3, 4095, 4096, 4097):
        _, headers, _ = await world.create(len(JPEG))
        await world.patch(headers["Location"], 0, JPEG[:begin])
        assert (await world.patch(headers["Location"], begin, JPEG[begin:]))[0] == 204


async def test_uploads_a_day_and_room_are_bounded(world: AppWorld) -> None:
    await world.serve(uploads={"per_day": 3, "stored": 10_000_000})
    for _ in range(3):
        assert (await world.create(1000))[0] == 201
    status, headers, _ = await world.create(1000)
    assert status == 429
    assert int(headers["Retry-After"]) == 12 * 3600 + 30 * 60, "until midnight in Jakarta"
    await world.serve()
    assert (await world.create(1000))[0] == 429, "also after a restart"
    world.intake.clock.forward(13 * 3600)
    assert (await world.create(1000))[0] == 201
    status, headers, _ = await world.create(9_999_000)
    assert (status, "Retry-After" in headers) == (503, True)


async def test_what_cannot_be_kept_is_to_come_again(world: AppWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    from intake.private_files import PrivateFiles

    async def full(self: PrivateFiles, content: object) -> str:
        raise StorageFull("no room", 30)

    location = (await world.create(len(JPEG)))[1]["Location"]
    for method in ("keep", "write_note"):
        with monkeypatch.context() as patch:
            patch.setattr(PrivateFiles, method, full)
            status, headers, _ = await world.patch(location, 0, JPEG)
            assert (status, headers["Retry-After"]) == (503, "30")
            if method == "write_note":
                assert (await world.create(100))[0] == 503
        assert (await world.call("HEAD", location, **TUS))[1]["Upload-Offset"] == "0", (
            "nothing false was said"
        )
    assert (await world.patch(location, 0, JPEG))[0] == 204


async def test_an_expired_upload_is_gone_and_dropped(world: AppWorld) -> None:
    location = await world.uploaded()
    clock = world.intake.clock
    clock.forward(24 * 3600 - 1)
    assert (await world.call("HEAD", location, **TUS))[0] == 200
    assert await world.adapter.uploads.sweep() == 0
    clock.forward(1)
    assert (await world.call("HEAD", location, **TUS))[0] == 410
    status, said, _ = await world.post({"text": "Foto.", "attachments": [location]})
    assert (status, said["errors"][0]["problem"]) == (422, "has expired or was ended")
    assert await world.adapter.uploads.sweep() == 1
    assert list(world.folder.iterdir()) == []
    assert (await world.call("HEAD", location, **TUS))[0] == 410


async def test_a_filed_upload_stays_until_the_media_job_had_it(world: AppWorld) -> None:
    location = await world.uploaded()
    assert (await world.post({"text": "Foto.", "attachments": [location]}))[0] == 201
    clock = world.intake.clock
    clock.forward(400 * 86_400)
    await world.serve()
    assert await world.adapter.uploads.sweep() == 0, "a media job may still have to come"
    assert b"".join([c async for c in world.adapter.fetch(_attachment(location))]) == JPEG
    assert await world.adapter.uploads.sweep() == 0, "it may fail behind the last byte, and come again"
    clock.forward(24 * 3600 + 1)
    await world.serve()
    assert await world.adapter.uploads.sweep() == 0, "after a restart it gets its time to come"
    clock.forward(2 * 3600 + 1)
    assert await world.adapter.uploads.sweep() == 1
    with pytest.raises(ProviderRefused):
        _ = [c async for c in world.adapter.fetch(_attachment(location))]


async def test_a_filed_upload_is_in_the_shared_store_before_the_answer(world: AppWorld) -> None:
    world.shared = True
    await world.serve()
    location = await world.uploaded(LARGE)
    status, said, _ = await world.post({"text": "Foto.", "attachments": [location]})
    assert status == 201
    shutil.rmtree(world.folder)  # this machine is gone, another gateway goes on
    file = await world.intake.journal.complaint_by_ticket(said["ticket"])
    assert file is not None
    (photo,) = file.messages[0].message.attachments
    assert (photo.state, photo.size) == ("stored", len(LARGE))
    assert await world.intake.files.read(photo.sha256) == LARGE
    assert await world.intake.journal.media_due(world.intake.clock.now()) == (), "nothing is left to fetch"


async def test_a_fetch_that_breaks_off_does_not_count(world: AppWorld) -> None:
    location = await world.uploaded(LARGE)
    await world.post({"text": "Foto.", "attachments": [location]})
    chunks = world.adapter.fetch(_attachment(location))
    assert await anext(chunks)
    await chunks.aclose()  # type: ignore[attr-defined]
    world.intake.clock.forward(30 * 86_400)
    assert await world.adapter.uploads.sweep() == 0


async def test_a_report_that_came_to_nothing_gives_its_uploads_back(world: AppWorld) -> None:
    location = await world.uploaded()
    store = world.adapter.uploads
    one = await store.find(location.rpartition("/")[2])
    async with store.turn(one):
        await store.bind(one, "kunci-yang-tidak-pernah-sampai")
    assert (await world.post({"text": "Foto.", "attachments": [location]}))[0] == 201
    other = await world.uploaded(JPEG + b"2")
    two = await store.find(other.rpartition("/")[2])
    async with store.turn(two):
        await store.bind(two, "kunci-yang-tidak-pernah-sampai")
    world.intake.clock.forward(86_401)
    assert await store.sweep() == 1


async def test_the_folder_holds_no_keys_and_no_plain_bytes(world: AppWorld) -> None:
    location = await world.uploaded()
    upload_id = location.rpartition("/")[2]
    for path in world.folder.rglob("*"):
        assert upload_id not in str(path)
        assert path.is_dir() or (
            JPEG[:64] not in path.read_bytes() and upload_id.encode() not in path.read_bytes()
        )


async def test_what_a_crash_left_without_a_note_is_removed(world: AppWorld) -> None:
    (world.folder / "0123456789abcdef" / "files").mkdir(parents=True)
    location = await world.uploaded()
    await world.serve()
    assert (await world.call("HEAD", location, **TUS))[0] == 200
    assert len(list(world.folder.iterdir())) == 1


def test_the_limits_of_parts_leave_room_for_the_largest_upload() -> None:
    assert 50 * uploads.Limits().size < uploads.PARTS_MAX * upload.PIECE


async def _slowly(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), 50_000):
        yield content[at : at + 50_000]


async def _begin(
    world: AppWorld, location: str, content: bytes, sent: int, more: str = ""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A PATCH that promises all of `content` and sends `sent` bytes of it, then says nothing."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(world.origin).port)
    head = (
        f"PATCH {location} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n{more}"
        f"Content-Type: application/offset+octet-stream\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    writer.write(head.encode() + content[:sent])
    await writer.drain()
    return reader, writer


async def _break_off(world: AppWorld, location: str, content: bytes, sent: int, more: str = "") -> None:
    _, writer = await _begin(world, location, content, sent, more)
    await asyncio.sleep(0.1)  # the kernel hands the bytes over before the reset
    writer.transport.abort()
    await asyncio.sleep(0.05)


def _attachment(location: str) -> Attachment:
    return Attachment(remote="upload:" + location.rpartition("/")[2], state="pending")
