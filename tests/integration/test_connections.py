"""Slow connections are cut off, too many are told to come again, and nobody else notices."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
from aiohttp import web

from adapters.shared.http import read_body
from intake.free_ports import free_ports
from intake.web.connections import Doorways, GuardedSite

Serve = Callable[..., "asyncio.Future[str]"]


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., object]]:
    runners: list[web.AppRunner] = []

    async def start(
        most: int = 100, head_seconds: float = 1.5, body_seconds: float = 1.5
    ) -> tuple[str, int, Doorways]:
        doorways = Doorways(most, head_seconds, body_seconds)
        app = web.Application(middlewares=[doorways.middleware])

        async def echo(request: web.Request) -> web.Response:
            return web.Response(body=await read_body(request, 1_000_000))

        async def slow(_: web.Request) -> web.Response:
            await asyncio.sleep(3)
            return web.Response(text="slow answer")

        app.router.add_post("/", echo)
        app.router.add_get("/slow", slow)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        (port,) = free_ports(1)
        await GuardedSite(runner, doorways, "127.0.0.1", port).start()
        runners.append(runner)
        return f"http://127.0.0.1:{port}", port, doorways

    yield start
    for runner in runners:
        await runner.cleanup()


async def drip(port: int, text: bytes, every: float) -> float:
    """Send `text` a byte at a time; the seconds until the other side cut us off."""
    started = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.suppress(OSError):
        for byte in text:
            writer.write(bytes([byte]))
            await writer.drain()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(every):
                    if not await reader.read(1):
                        break
    writer.close()
    return time.monotonic() - started


@pytest.mark.alone
async def test_slow_heads_are_cut_off_and_others_are_served(serve: Callable[..., object]) -> None:
    url, port, _ = await serve(most=600)  # type: ignore[misc]
    head = b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"a" * 200
    slow = [asyncio.create_task(drip(port, head, 0.25)) for _ in range(500)]
    silent = asyncio.create_task(drip(port, b"", 10))
    waits = []
    async with aiohttp.ClientSession() as session:
        while not all(task.done() for task in slow):
            started = time.monotonic()
            async with session.post(url, data=b"halo") as answer:
                assert await answer.read() == b"halo"
            waits.append(time.monotonic() - started)
            await asyncio.sleep(0.05)
    assert max(await asyncio.gather(*slow)) < 15
    assert len(waits) > 10
    assert sorted(waits)[int(len(waits) * 0.99)] < 1.0
    await silent


async def test_a_body_that_trickles_is_cut_off_and_one_that_comes_is_read(
    serve: Callable[..., object],
) -> None:
    url, port, _ = await serve()  # type: ignore[misc]
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"

    async def slow() -> float:
        started = time.monotonic()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        with contextlib.suppress(OSError):
            while not reader.at_eof():
                writer.write(b"a")
                await writer.drain()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.2):
                        await reader.read(1)
        writer.close()
        return time.monotonic() - started

    async def steady() -> AsyncIterator[bytes]:
        for _ in range(12):
            yield b"b" * 1000
            await asyncio.sleep(0.25)

    async with aiohttp.ClientSession() as session, asyncio.timeout(60):
        cut = [asyncio.create_task(slow()) for _ in range(20)]
        async with session.post(url, data=steady()) as answer:
            assert len(await answer.read()) == 12_000
        await asyncio.gather(*cut)


async def test_a_connection_that_says_nothing_is_cut_off(serve: Callable[..., object]) -> None:
    _, port, _ = await serve()  # type: ignore[misc]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()


async def test_a_slow_answer_is_not_cut_off_and_the_connection_is_kept(serve: Callable[..., object]) -> None:
    _, port, _ = await serve()  # type: ignore[misc]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert await reader.readexactly(11) == b"slow answer"
        await asyncio.sleep(2.5)  # longer than a head may take: between two requests one may be silent
    writer.close()


async def test_too_many_are_told_to_come_again_before_anything_is_read(serve: Callable[..., object]) -> None:
    url, port, doorways = await serve(most=5, head_seconds=30)  # type: ignore[misc]
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
    await asyncio.sleep(0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = await reader.read()
    assert said.startswith(b"HTTP/1.1 503")
    assert b"Retry-After: 5" in said
    assert doorways.refused == 1
    writer.close()
    for _, one in held:
        one.close()
    await asyncio.sleep(0.2)
    async with aiohttp.ClientSession() as session, session.post(url, data=b"halo") as answer:
        assert answer.status == 200
