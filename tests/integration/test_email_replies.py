"""Answers through a real SMTP conversation with the fake smarthost, and what becomes of its refusals."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.base import Account, Gateway, Hears, Outgoing, Replies
from adapters.email.settings import EmailSettings
from adapters.email.simulate import FakeSmarthost, MailSimulator, simulator
from intake.free_ports import free_ports
from normalizer.errors import ProviderRefused, ProviderUnavailable
from normalizer.settings import Secret
from tests.mail_servers import RunningAccount, running

pytestmark = pytest.mark.timeout(60)

TO = {"address": "siti@example.org", "message_id": "<satu@example.org>", "subject": "Lampu"}
ANSWER = Outgoing(text="Aduan Anda kami terima.", key="k-1", ticket="261123-0042-7")


@contextlib.asynccontextmanager
async def answering(**more: Any) -> AsyncIterator[tuple[RunningAccount, FakeSmarthost, MailSimulator]]:
    (port,) = free_ports(1)
    settings = {"smarthost": f"127.0.0.1:{port}", "smarthost_tls": "none", **more}
    values = EmailSettings(**settings)
    provider = simulator(Account(name="surat", adapter="email"), values, Gateway(http="", public_url=""))
    await provider.start()
    try:
        async with running(smtp_listen="127.0.0.1:0", **settings) as account:
            assert provider.smarthost is not None
            yield account, provider.smarthost, provider
    finally:
        await provider.stop()


async def test_an_answer_reaches_the_citizen_and_names_itself_in_the_envelope() -> None:
    async with answering(smarthost_user="kanal", smarthost_password=Secret("rahasia")) as (
        account,
        host,
        provider,
    ):
        assert isinstance(account.adapter, Replies)
        assert isinstance(provider, Hears)
        sent = await account.adapter.reply(TO, ANSWER)
        assert await account.adapter.reply(TO, ANSWER) == sent, "another attempt bears the same Message-ID"
        sender, to, mail = host.mails[0]
        token = sent.strip("<>").partition("@")[0]
        assert (sender, to) == (f"bounces+{token}@jakarta.go.id", "siti@example.org")
        assert sent.encode() in mail
        heard = provider.heard[0]
        assert (heard.text, heard.key, heard.ticket) == (ANSWER.text, "siti@example.org", ANSWER.ticket)
        assert account.adapter.settings.is_ours(sender), "its bounce is let in at our door"


@pytest.mark.parametrize("where", ["answers", "after_data"])
@pytest.mark.parametrize(
    ("reply", "error"),
    [("451 4.7.1 try again", ProviderUnavailable), ("550 5.1.1 no such user", ProviderRefused)],
)
async def test_a_refusal_is_told_apart(where: str, reply: str, error: type[Exception]) -> None:
    async with answering() as (account, host, _):
        getattr(host, where).append(reply)
        with pytest.raises(error, match=reply[:3]):
            await account.adapter.reply(TO, ANSWER)
        assert host.mails == []
        await account.adapter.reply(TO, ANSWER)
        assert len(host.mails) == 1


async def test_what_is_refused_to_us_waits_for_the_operator() -> None:
    async with answering() as (account, host, _):
        host.sender_refused = "550 5.7.1 sender not allowed"
        with pytest.raises(ProviderUnavailable):
            await account.adapter.reply(TO, ANSWER)
        assert "cure:" in account.troubles["smarthost"]
        host.sender_refused = ""
        await account.adapter.reply(TO, ANSWER)
        assert account.troubles == {}


async def test_a_wrong_password_is_trouble_and_is_not_told() -> None:
    async with answering(smarthost_user="kanal", smarthost_password=Secret("rahasia")) as (
        _,
        host,
        _provider,
    ):
        wrong = {"smarthost_user": "kanal", "smarthost_password": Secret("keliru")}
        settings = {"smarthost": f"127.0.0.1:{host.port}", "smarthost_tls": "none", **wrong}
        async with running(smtp_listen="127.0.0.1:0", **settings) as account:
            with pytest.raises(ProviderUnavailable):
                await account.adapter.reply(TO, ANSWER)
            assert "keliru" not in account.troubles["smarthost"]
            assert host.mails == []


async def test_starttls_is_insisted_on_and_a_closed_port_is_retried() -> None:
    async with answering() as (_, host, _provider):
        settings = {"smarthost": f"127.0.0.1:{host.port}", "smarthost_tls": "starttls"}
        async with running(smtp_listen="127.0.0.1:0", **settings) as account:
            with pytest.raises(ProviderUnavailable):
                await account.adapter.reply(TO, ANSWER)
            assert host.mails == []
    (port,) = free_ports(1)
    async with running(
        smtp_listen="127.0.0.1:0", smarthost=f"127.0.0.1:{port}", smarthost_tls="none"
    ) as account:
        with pytest.raises(ProviderUnavailable, match="reached"):
            await account.adapter.reply(TO, ANSWER)


async def test_without_a_smarthost_nothing_is_sent() -> None:
    async with running(smtp_listen="127.0.0.1:0") as account:
        with pytest.raises(ProviderRefused, match="smarthost"):
            await account.adapter.reply(TO, ANSWER)
