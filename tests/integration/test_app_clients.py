"""Other people's tus clients, the simulated app and JAKI's server against the adapter; a gateway that is killed."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import random
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tusclient.client import TusClient

from adapters.app.adapter import AppSettings
from adapters.app.callback import Callback
from adapters.app.simulate import AppSimulator, FakeJaki
from adapters.base import Gateway, Hears, Letter, Outgoing
from normalizer.errors import ProviderRefused, ProviderUnavailable
from normalizer.settings import Secret
from tests.app_world import JPEG, PREFIX, SECRET, TUS, AppWorld, app_world
from tests.gateway_process import GatewayProcess

VIDEO = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + random.Random(26).randbytes(24 * 1024 * 1024)
CALLBACK_SECRET = Secret("rahasia-contoh-panggil-balik-bukan-asli")
TUS_JS = "tus-js-client@4.3.1"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[AppWorld]:
    async with app_world(tmp_path) as made:
        yield made


# --- tuspy -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("checksum", [False, True])
async def test_tuspy_uploads_is_interrupted_and_resumes(world: AppWorld, checksum: bool) -> None:
    content = JPEG * 5

    def begin() -> str:
        client = TusClient(f"{world.base}/uploads", headers=world.signed())
        more = {"metadata": {"filename": "foto dari hp.jpg"}, "upload_checksum": checksum}
        uploader = client.uploader(file_stream=io.BytesIO(content), chunk_size=150_000, **more)
        uploader.upload_chunk()
        uploader.upload_chunk()
        assert uploader.url is not None
        return uploader.url.removeprefix(world.origin)

    def resume(path: str) -> int:
        client = TusClient(f"{world.base}/uploads")
        more = {"url": world.origin + path, "upload_checksum": checksum}
        uploader = client.uploader(file_stream=io.BytesIO(content), chunk_size=150_000, **more)
        began_at: int = uploader.offset
        uploader.upload()
        return began_at

    path = await asyncio.to_thread(begin)
    await world.serve()  # as after a restart: a new adapter on the same folder
    assert await asyncio.to_thread(resume, path) == 300_000
    status, said, _ = await world.post({"text": "Foto terlampir.", "attachments": [path]})
    assert status == 201, said
    await world.intake.settle(0)
    (job,) = await world.intake.journal.media_due(world.intake.clock.now())
    assert job.attachment.name == "foto dari hp.jpg"
    assert b"".join([chunk async for chunk in world.adapter.fetch(job.attachment)]) == content


# --- tus-js-client, and kill -9 --------------------------------------------------------------------------------

GATEWAY = """
[gateway]
data_dir = "{data}"
listen = "127.0.0.1:{http}"

[[account]]
name = "jaki"
adapter = "app"
[account.settings]
secrets = ["auto:jaki"]
"""

# Signs by the description alone; its uploads go on by themselves when the gateway has been away.
NODE = """
const tus = require('tus-js-client'), fs = require('fs'), crypto = require('crypto');
const now = String(Math.floor(Date.now() / 1000));
const mac = crypto.createHmac('sha256', process.env.SECRET).update(now + '.').digest('hex');
const content = fs.readFileSync(process.env.FILE);
const upload = new tus.Upload(content, {
  endpoint: process.env.URL, chunkSize: 512 * 1024, retryDelays: Array(40).fill(250),
  metadata: {filename: 'rekaman.mp4', filetype: 'video/mp4'},
  headers: {'X-Kanal-Timestamp': now, 'X-Kanal-Signature': 'sha256=' + mac},
  onChunkComplete: (size, sent) => console.log('chunk ' + sent),
  onShouldRetry: (error) => { console.log('again'); return true; },
  onSuccess: () => console.log('done ' + upload.url),
  onError: (error) => { console.log('failed ' + error); process.exit(1); },
});
upload.start();
"""


async def _node_client(folder: Path) -> Path:
    """A folder with tus-js-client installed from npm's registry."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: tus-js-client cannot run here")
    npm = await asyncio.create_subprocess_exec(
        *("npm", "install", "--no-audit", "--no-fund", "--no-save", "--prefix", str(folder), TUS_JS),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await npm.communicate()
    assert npm.returncode == 0, said.decode()
    (folder / "upload.js").write_text(NODE)
    return folder


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[GatewayProcess]:
    process = GatewayProcess(tmp_path, template=GATEWAY)
    await process.start()
    try:
        yield process
    finally:
        await process.kill()


async def test_tus_js_client_goes_on_by_itself_after_kill_9(gateway: GatewayProcess, tmp_path: Path) -> None:
    client = await _node_client(tmp_path / "node")
    film = tmp_path / "rekaman.mp4"
    film.write_bytes(VIDEO)
    secret = (tmp_path / "data" / "secrets" / "jaki").read_text().strip()
    environment = {**os.environ, "URL": f"{gateway.url}{PREFIX}/uploads", "SECRET": secret, "FILE": str(film)}
    node = await asyncio.create_subprocess_exec(
        "node", "upload.js", cwd=client, env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert node.stdout is not None
    said: list[str] = []
    try:
        async with asyncio.timeout(60):
            while line := (await node.stdout.readline()).decode().strip():
                said.append(line)
                if line.startswith("chunk") and sum(s.startswith("chunk") for s in said) == 5:
                    await gateway.kill()
                    await gateway.start()
            await node.wait()
    finally:
        if node.returncode is None:
            node.kill()
            await node.wait()
    assert said[-1].startswith("done "), said[-5:]
    assert "again" in said, "it was really interrupted"
    offsets = [int(line.split()[1]) for line in said if line.startswith("chunk")]
    assert offsets == sorted(offsets), "nothing that was acknowledged was sent again"
    await _filed_with(gateway, said[-1].split()[1], VIDEO)


async def test_what_one_patch_brought_survives_kill_9(gateway: GatewayProcess) -> None:
    simulator = gateway.simulator("jaki")
    assert isinstance(simulator, AppSimulator)
    await simulator.start()
    try:
        async with aiohttp.ClientSession() as http:
            headers = {**TUS, "Upload-Length": str(len(VIDEO)), **simulator._signed(b"")}
            async with http.post(f"{gateway.url}{PREFIX}/uploads", headers=headers) as answer:
                location = gateway.url + answer.headers["Location"]
            port = gateway.http
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            head = (
                f"PATCH {location.removeprefix(gateway.url)} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\n"
                "Upload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\n"
                f"Content-Length: {len(VIDEO)}\r\n\r\n"
            )
            writer.write(head.encode() + VIDEO[: 18 * 1024 * 1024])
            await writer.drain()
            await asyncio.sleep(0.5)
            await gateway.kill()
            writer.close()
            await gateway.start()
            async with http.head(location, headers=TUS) as answer:
                offset = int(answer.headers["Upload-Offset"])
            assert 8 * 1024 * 1024 <= offset <= 18 * 1024 * 1024, "whole pieces were kept before the answer"
            while offset < len(VIDEO):
                offset = await simulator._patch(location, offset, VIDEO[offset : offset + 6 * 1024 * 1024])
    finally:
        await simulator.stop()
    await _filed_with(gateway, location, VIDEO)


async def _filed_with(gateway: GatewayProcess, location: str, content: bytes) -> None:
    """A report with this upload; the CRM's event names the file, and its address gives these bytes."""
    simulator = gateway.simulator("jaki")
    assert isinstance(simulator, AppSimulator)
    await simulator.start()
    try:
        body = json.dumps({"text": "Rekaman terlampir.", "attachments": [location]}).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": "kunci-rekaman-0001"}
        async with aiohttp.ClientSession() as http:
            signed = {**headers, **simulator._signed(body)}
            async with http.post(f"{gateway.url}{PREFIX}/reports", data=body, headers=signed) as answer:
                assert answer.status == 201, await answer.text()
                ticket = (await answer.json())["ticket"]
            assert (await simulator.status(ticket))["status"] == "Menunggu"
            event = await _event(gateway)
            (attachment,) = event["complaint"]["attachments"]
            assert (attachment.get("state", "stored"), attachment["size"]) == ("stored", len(content))
            assert attachment["media_type"] == "video/mp4"
            assert attachment["sha256"] == hashlib.sha256(content).hexdigest()
            async with http.get(attachment["url"]) as answer:
                assert await answer.read() == content
    finally:
        await simulator.stop()


async def _event(gateway: GatewayProcess) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            code, printed = await gateway.run("consume", "--json")
            lines = [line for line in printed.splitlines() if line.startswith("{")]
            if code == 0 and lines:
                found: dict[str, Any] = json.loads(lines[-1])
                return found
            await asyncio.sleep(0.3)


# --- the simulator, and JAKI's own server ----------------------------------------------------------------------


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
async def jaki() -> AsyncIterator[FakeJaki]:
    server = FakeJaki(CALLBACK_SECRET)
    await server.start()
    yield server
    await server.stop()


def callback(
    jaki: FakeJaki, secret: Secret = CALLBACK_SECRET, troubles: dict[str, str | None] | None = None
) -> Callback:
    trouble = ({} if troubles is None else troubles).__setitem__
    return Callback(jaki.url, secret, 1000, Clock(), trouble)


NEWS = Outgoing(text="Laporan Anda sedang ditangani.", key="k-1", ticket="261123-0001-6", subject="Kabar")
WHERE = {"report": "kunci-contoh-000001", "reporter": "warga-1", "language": "id"}


async def test_the_simulated_app_files_reports_with_photos(world: AppWorld) -> None:
    world.intake.clock.at = datetime.now(UTC)
    settings = AppSettings(secrets=(Secret(SECRET),))
    simulator = AppSimulator(settings, Gateway(http=world.origin, public_url=world.public_url))
    await simulator.start()
    try:
        letter = Letter(
            number=7,
            text="Jalan berlubang di Kenari.",
            photos=(JPEG, JPEG * 10),
            latitude=-6.19,
            longitude=106.84,
        )
        first = await simulator.send(letter)
        assert first.startswith("201 ")
        assert await simulator.send(letter) == first.replace("201", "200")
        jobs = await world.intake.journal.media_due(world.intake.clock.now())
        got = [b"".join([c async for c in world.adapter.fetch(job.attachment)]) for job in jobs]
        assert got == [JPEG, JPEG * 10]
        assert (await simulator.status(first[4:]))["status"] == "Menunggu"
        with pytest.raises(ProviderRefused, match="#/text"):
            await simulator.send(Letter(number=8, text=" "))
        assert isinstance(simulator, Hears)
    finally:
        await simulator.stop()


async def test_jaki_hears_what_became_of_a_report(world: AppWorld, jaki: FakeJaki) -> None:
    world.intake.clock.at = datetime.now(UTC)
    await world.serve(callback_url=jaki.url, callback_secret=CALLBACK_SECRET.reveal())
    given = await world.adapter.reply(WHERE, NEWS)
    assert given == "jaki-1"
    assert await world.adapter.reply(WHERE, NEWS) == given, "the same key is the same message"
    assert jaki.heard == [
        Outgoing(text=NEWS.text, key="warga-1", ticket=NEWS.ticket, subject="Kabar", private=True)
    ]
    assert jaki.refused == []


async def test_a_wrong_secret_alarms_and_waits_and_the_alarm_ends(jaki: FakeJaki) -> None:
    troubles: dict[str, str | None] = {}
    wrong, right = callback(jaki, Secret("x" * 40), troubles), callback(jaki, troubles=troubles)
    try:
        with pytest.raises(ProviderUnavailable):
            await wrong.send(WHERE, NEWS)
        assert "callback_secret" in (troubles["callback"] or "")
        assert jaki.refused == ["the signature does not fit"]
        await right.send(WHERE, NEWS)
        assert troubles["callback"] is None
    finally:
        await wrong.close()
        await right.close()


@pytest.mark.parametrize("status", [301, 308, 401, 403, 408, 425, 429, 500, 502, 503])
async def test_what_may_pass_is_tried_again(jaki: FakeJaki, status: int) -> None:
    sender = callback(jaki)
    jaki.answer_next.append((status, {"Retry-After": "0", "Location": "http://127.0.0.1:9/"}))
    try:
        with pytest.raises(ProviderUnavailable) as caught:
            await sender.send(WHERE, NEWS)
        assert caught.value.retry_after == 0
        assert await sender.send(WHERE, NEWS) == "jaki-1"
    finally:
        await sender.close()


@pytest.mark.parametrize("status", [400, 404, 409, 410, 413, 422])
async def test_what_is_final_is_not_tried_again(jaki: FakeJaki, status: int) -> None:
    sender = callback(jaki)
    jaki.answer_next.append((status, {}))
    try:
        with pytest.raises(ProviderRefused):
            await sender.send(WHERE, NEWS)
    finally:
        await sender.close()


async def test_a_hold_of_jaki_is_obeyed_and_named(jaki: FakeJaki) -> None:
    sender = callback(jaki)
    jaki.answer_next.append((429, {"Retry-After": "1"}))
    loop = asyncio.get_running_loop()
    try:
        with pytest.raises(ProviderUnavailable) as caught:
            await sender.send(WHERE, NEWS)
        assert caught.value.retry_after == 1
        began = loop.time()
        await sender.send(WHERE, NEWS)
        assert loop.time() - began > 0.9
    finally:
        await sender.close()


async def test_without_a_server_it_waits_and_without_an_address_it_ends(jaki: FakeJaki) -> None:
    sender = callback(jaki)
    await jaki.stop()
    try:
        with pytest.raises(ProviderUnavailable):
            await sender.send(WHERE, NEWS)
    finally:
        await sender.close()
    nowhere = Callback("", Secret(""), 1, Clock(), lambda name, words: None)
    with pytest.raises(ProviderRefused, match="callback_url"):
        await nowhere.send(WHERE, NEWS)
