"""An operator pauses accounts of a whole gateway: providers hear "try again", a restart changes nothing, it resumes."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.base import Letter
from intake.pausing import ASK_AGAIN, Pause, Paused, Pauses, carry_out
from intake.staff.store import StaffStore
from normalizer.errors import Misconfigured, ProviderRefused, Unavailable
from normalizer.record import Message
from tests.gateway_process import GatewayProcess
from tests.intake_world import IntakeWorld, intake_world

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IntakeWorld]:
    async with intake_world(tmp_path) as one:
        yield one


@pytest.fixture
async def staff(tmp_path: Path, world: IntakeWorld) -> AsyncIterator[StaffStore]:
    made = StaffStore(tmp_path / "staff.sqlite3", world.clock.now)
    await made.open()
    yield made
    await made.close()


async def until(gateway: GatewayProcess, alarm: str, there: bool) -> None:
    async with asyncio.timeout(60):
        while any(alarm in one for one in (await gateway.health())["problems"]) != there:
            await asyncio.sleep(0.1)


async def test_a_whole_gateway_lets_providers_keep_what_is_for_a_paused_account(tmp_path: Path) -> None:
    gateway = GatewayProcess(tmp_path)
    kannel = gateway.simulator("sms-kannel")
    await kannel.start()
    try:
        await gateway.start(within=90)
        assert (await gateway.run("pause", "tidak-ada", "--reason", "x"))[0] == 2
        for account in ("sms-kannel", "email-dki"):
            code, out = await gateway.run("pause", account, "--reason", "banjir pesan dari satu nomor")
            assert code == 0, out
        await until(gateway, "email-dki: paused", True)
        with pytest.raises(ProviderRefused, match="503"):
            await kannel.send(Letter(number=1, text="Got mampet di Kenari"))
        with smtplib.SMTP("127.0.0.1", gateway.smtp, timeout=30) as mail:
            with pytest.raises(smtplib.SMTPDataError) as refused:
                mail.sendmail(
                    "warga@example.org", ["dki@jakarta.go.id"], b"Subject: Got\r\n\r\nGot mampet\r\n"
                )
            assert refused.value.smtp_code == 451
        await gateway.stop()
        await gateway.start()
        assert any("sms-kannel: paused" in one for one in (await gateway.health())["problems"])
        with pytest.raises(ProviderRefused, match="503"):
            await kannel.send(Letter(number=1, text="Got mampet di Kenari"))
        code, out = await gateway.run("resume", "sms-kannel")
        assert code == 0, out
        await until(gateway, "sms-kannel: paused", False)
        await kannel.send(Letter(number=1, text="Got mampet di Kenari"))
        assert (await gateway.health())["waiting"]["quarantined"] == 0
    finally:
        await kannel.stop()
        await gateway.kill()


async def test_what_is_paused_is_a_mark_of_the_account_and_stores_nothing_else(
    world: IntakeWorld, staff: StaffStore
) -> None:
    said: dict[str, str | None] = {}
    pauses = Pauses(world.journal, ["said", "lain"], lambda name, words: said.update({name: words}))
    with pytest.raises(Misconfigured):
        await carry_out(world.journal, staff, "siti", Pause(account="said", paused=True, reason="  "))
    await carry_out(world.journal, staff, "siti", Pause(account="said", paused=True, reason="pindah nomor"))
    assert (await pauses.load())["said"].reason == "pindah nomor"
    assert "siti" in (said["said: paused"] or "")
    with pytest.raises(Unavailable) as refused:
        pauses.check("said")
    assert refused.value.retry_after == ASK_AGAIN
    pauses.check("lain")
    again = Pauses(world.journal, ["said"], lambda name, words: None)
    await again.load()
    assert set(again.current) == {"said"}, "another gateway, or this one after a restart, knows it"
    await carry_out(world.journal, staff, "siti", Pause(account="said", paused=False))
    assert await pauses.load() == {}
    assert said["said: paused"] is None
    acts = [(line.what, line.subject) for line in await staff.audit_lines(what="account")]
    assert sorted(acts) == [("account_paused", "said"), ("account_resumed", "said")]
    fate = await world.say(Message(external_id="m1", text="Got mampet"))
    assert [row[0] for row in await world.journal.recent(None)] == [fate.ticket]


async def test_a_polled_account_is_left_alone_and_taken_up_again(world: IntakeWorld) -> None:
    pauses = Pauses(world.journal, ["said"], lambda name, words: None)
    polls: list[str] = []

    async def poll() -> None:
        polls.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            polls.append("ended")

    async def comes(*wanted: str) -> None:
        async with asyncio.timeout(10):
            while polls != list(wanted):
                await asyncio.sleep(0)

    async def paused(value: Any) -> None:
        pauses.current = value
        pauses._changed.set()
        pauses._changed = asyncio.Event()

    task = asyncio.create_task(pauses.while_open("said", poll))
    await comes("begun")
    await paused({"said": Paused(since=world.clock.now(), by="siti", reason="x")})
    await comes("begun", "ended")
    await paused({})
    await comes("begun", "ended", "begun")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await comes("begun", "ended", "begun", "ended")
