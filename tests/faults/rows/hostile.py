"""Who talks slowly, and who sends what is made to fill the memory: closed or refused, and nobody else notices."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import time
import zlib
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import aiohttp

from adapters.app import signing
from normalizer.settings import Secret
from tests.faults.rows.load import Ledger, Steady, all_doors, percentile, telegram_proof
from tests.faults.rows.row import Figure, Numbers, Row, Stage
from tests.gateway_process import GatewayProcess

_FORM = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9000\r\n\r\n"
_EHLO = b"EHLO lambat.example.org\r\n"
_DATA = _EHLO + b"MAIL FROM:<a@example.org>\r\nRCPT TO:<dki@jakarta.go.id>\r\nDATA\r\n"
#: What a slow one says at once, before its byte a second: to the web server, and to the mail door.
WEB = (
    b"",
    b"POST /masuk HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    b"POST /masuk HTTP/1.1\r\nHost: x\r\n" + _FORM,
    b"POST /hooks/sms-twilio HTTP/1.1\r\nHost: x\r\n" + _FORM,
)
MAIL = (b"", _EHLO, _DATA)


async def loris(stage: Stage, figure: Figure) -> Numbers:
    gateway, ledger = GatewayProcess(stage.folder, ""), Ledger()
    await gateway.start(60)
    load = Steady(gateway, ledger, 30)
    ends = [(gateway.http, said) for said in WEB] + [(gateway.smtp, said) for said in MAIL]
    try:
        async with load.pressing(), asyncio.timeout(400):
            await asyncio.sleep(1)
            load.lap()
            slow = [asyncio.create_task(_slow(*ends[n % len(ends)])) for n in range(figure.count)]
            for task in asyncio.as_completed(slow):
                await task
                stage.step(1)
            seconds = load.lap()
        assert not load.refused, dict(load.refused)
    finally:
        await gateway.kill()
    return {
        "connections": figure.count,
        "others": len(seconds),
        "slowest_close_s": round(max(task.result() for task in slow), 1),
        "others_p99_ms": percentile(seconds, 0.99),
    }


async def _slow(port: int, said: bytes) -> float:
    """Say something, then a byte a second: the seconds until the other side closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.monotonic()
    writer.write(said)
    with contextlib.suppress(OSError):
        while not reader.at_eof():
            writer.write(b"a")
            await writer.drain()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    while await reader.read(4096):
                        pass
    took = time.monotonic() - began
    writer.close()
    return took


# memory


def peak(gateway: GatewayProcess) -> float:
    """The most memory that the gateway ever had, in MiB."""
    assert gateway.process is not None
    for line in Path(f"/proc/{gateway.process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmHWM")


def forget_peak(gateway: GatewayProcess) -> float:
    """Begin to count anew; what it has now."""
    assert gateway.process is not None
    Path(f"/proc/{gateway.process.pid}/clear_refs").write_text("5")
    return peak(gateway)


async def endless_data(stage: Stage, figure: Figure) -> Numbers:
    """`count` MiB of a mail without a line break, to a whole gateway."""
    gateway = GatewayProcess(stage.folder, "")
    await gateway.start(60)
    try:
        await _endless(gateway.smtp, 1)
        before = forget_peak(gateway)
        said = await _endless(gateway.smtp, figure.count)
        grown = peak(gateway) - before
        stage.step(figure.count)
    finally:
        await gateway.kill()
    assert said.startswith(b"552"), said
    return {"mebibytes": figure.count, "memory_growth_mib": round(max(0.0, grown), 1)}


async def _endless(port: int, mebibytes: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_DATA)
    await reader.readuntil(b"354 ")
    await reader.readline()
    block = b"x" * (1 << 20)
    with contextlib.suppress(ConnectionError):
        for _ in range(mebibytes):
            writer.write(block)
            await writer.drain()
        if mebibytes == 1:
            writer.write(b"\r\n.\r\n")
    answer = b""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(60):
            answer = await reader.readline()
            if mebibytes > 1:
                assert await reader.read() == b"", "and then it closes"
    writer.transport.abort()
    return answer


@cache
def hostile() -> dict[str, bytes]:
    """The bodies, by name."""
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    return {
        "deep": b"[" * 100_000,
        "deep_objects": b'{"a":' * 100_000,
        "nan": b'{"text": "Sampah menumpuk.", "latitude": NaN, "longitude": Infinity}',
        "digits": b'{"text": "Sampah menumpuk.", "latitude": ' + b"1" * 200_000 + b"}",
        "oversized": b'{"text": "' + b"a" * (80 << 20) + b'"}',
        "bomb": bomb,
    }


async def hostile_json(stage: Stage, figure: Figure) -> Numbers:
    """Each hostile body `count` times: to our own doors, which say what is wrong, and to a provider's."""
    gateway = all_doors(stage.folder, "")
    await gateway.start(60)
    statuses: Counter[str] = Counter()
    try:
        async with aiohttp.ClientSession() as session, asyncio.timeout(60 + 60 * figure.count):
            for door in ("jaki", "open311", "telegram-dki"):  # what a first request loads is no growth
                await _post(session, gateway, door, "nan", hostile()["nan"])
            before = forget_peak(gateway)
            for _ in range(figure.count):
                for door in ("jaki", "open311", "telegram-dki"):
                    for name, body in hostile().items():
                        status = await _post(session, gateway, door, name, body)
                        # A provider that is believed hears yes: what cannot be read is kept for the operator.
                        good = 400 <= status < 500 or (door == "telegram-dki" and status == 200)
                        assert good, f"{door} answers {status} to {name}"
                        statuses[f"status_{status}"] += 1
                stage.step(1)
            grown = peak(gateway) - before
    finally:
        await gateway.kill()
    return {**dict(sorted(statuses.items())), "memory_growth_mib": round(max(0.0, grown), 1)}


async def _post(
    session: aiohttp.ClientSession, gateway: GatewayProcess, door: str, name: str, body: bytes
) -> int:
    headers = {"Content-Type": "application/json"}
    if name == "bomb":
        headers["Content-Encoding"] = "gzip"
    config = gateway.config
    if door == "jaki":
        secret = Secret(config.resolve("auto:jaki"))
        headers |= signing.headers(secret, datetime.now(UTC), body)
        headers["Idempotency-Key"] = f"uji-{os.urandom(8).hex()}"
        url = f"{gateway.url}/api/jaki/v1/reports"
    elif door == "open311":
        url = f"{gateway.url}/open311/v2/requests.json?api_key={config.resolve('auto:jalanku')}"
    else:
        headers |= telegram_proof(gateway)
        url = f"{gateway.url}/hooks/{door}"
    try:
        async with session.post(url, data=io.BytesIO(body), headers=headers) as answer:
            await answer.read()
            return answer.status
    except (
        aiohttp.ClientError,
        ConnectionError,
    ):  # refused while we were still sending: the answer was lost with it
        return 499


ROWS = (
    Row(
        name="slow-loris",
        test="slow loris, HTTP and SMTP: heads, forms, webhooks and mails",
        load="500 connections, 1 byte/s",
        passes="each closed within 30 s; others' p99 under 1 s",
        unit="connections",
        small=Figure(count=49),
        full=Figure(count=500),
        limits={"slowest_close_s": 30, "others_p99_ms": 1000},
        minutes=1,
        broker=False,
        run=loris,
    ),
    Row(
        name="endless-mail",
        test="SMTP: DATA without CRLF",
        load="300 MiB",
        passes="memory growth under 20 MiB; 552 and close",
        unit="MiB",
        small=Figure(count=100),
        full=Figure(count=300),
        limits={"memory_growth_mib": 20},
        minutes=1,
        broker=False,
        run=endless_data,
    ),
    Row(
        name="hostile-json",
        test="oversized JSON, `[` × 100,000, NaN, 200,000 digits, gzip bomb, at our own doors and a provider's",
        load="each 20 times",
        passes="4xx (a provider that is believed: kept for the operator), never 5xx; memory growth under 20 MiB",
        unit="times",
        small=Figure(count=1),
        full=Figure(count=20),
        limits={"memory_growth_mib": 20},
        minutes=2,
        broker=False,
        run=hostile_json,
    ),
)
