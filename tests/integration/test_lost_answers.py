"""A provider that takes what we say and hangs up: nobody knows whether it was said, and that is what is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from adapters.base import Account, Outgoing, Ports
from adapters.email.replies import send
from adapters.email.settings import EmailSettings
from adapters.x.adapter import XAdapter, XSettings
from normalizer.errors import OutcomeUnknown, ProviderUnavailable
from normalizer.settings import Secret, convert

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(talk: Talk) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        await listening.wait_closed()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def smarthost(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A smarthost that takes the mail and dies before its 250."""
    writer.write(b"220 contoh\r\n")
    while line := await reader.readline():
        if line.upper().startswith(b"DATA"):
            writer.write(b"354 go on\r\n")
            await reader.readuntil(b"\r\n.\r\n")
            return
        writer.write(b"250 contoh\r\n")


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


async def _x(port: int) -> None:
    values = {
        "api_key": "k",
        "api_secret": "rahasia",
        "access_token": "t",
        "access_secret": "s",
        "bearer": "b",
        "user_id": "100000001",
        "username": "AduanContoh",
        "api_base_url": f"http://127.0.0.1:{port}",
    }
    typed = convert(XSettings, values, "account.x.settings", lambda value: value)
    ports = Ports(inbox=None, clock=Clock(), new_spool=None)  # type: ignore[arg-type]
    adapter = XAdapter(Account(name="x", adapter="x"), typed, ports)
    try:
        await adapter.reply({"participant_id": "200000001"}, Outgoing(text="Baik.", key="1"))
    finally:
        await adapter.close()


async def _mail(port: int) -> None:
    settings = EmailSettings(smarthost=f"127.0.0.1:{port}", smarthost_tls="none")
    message = EmailMessage()
    message["Subject"] = "Kabar"
    message.set_content("Baik.")
    await asyncio.to_thread(send, settings, Secret(""), message, "dki@example.org", "siti@example.org")


@pytest.mark.parametrize(("say", "talk"), [(_x, hang_up), (_mail, smarthost)], ids=["x", "email"])
async def test_a_provider_that_hangs_up_leaves_doubt(
    say: Callable[[int], Awaitable[None]], talk: Talk
) -> None:
    async with server(talk) as port:
        with pytest.raises(OutcomeUnknown):
            await say(port)
    with pytest.raises(ProviderUnavailable) as refused:
        await say(port)
    assert not isinstance(refused.value, OutcomeUnknown), "nobody listens: nothing was said"
