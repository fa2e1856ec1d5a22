"""Answers to citizens by SMS: through each provider's API as a fake on loopback, and its reports back to the hook."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.base import Outgoing, Receipt, Replies
from adapters.sms import line as line_module
from adapters.sms.adapter import SmsAdapter
from adapters.sms.fakes.base import Fake
from adapters.sms.simulate import SmsSimulator
from intake.free_ports import free_ports
from normalizer.errors import NeedsOperator, OutcomeUnknown, ProviderRefused, ProviderUnavailable
from normalizer.settings import Secret
from tests.integration.test_sms_simulators import Taken, account_of, gateway

TO = {"to": "+6281200001111", "from": "+62215550100"}
SHORT = "Laporan Anda kami terima. Nomor tiket: JKT-1."
#: The options and secrets with which each provider sends; `base` is the fake's address.
SENDING: dict[str, Callable[[str], tuple[dict[str, Any], dict[str, str]]]] = {
    "twilio": lambda base: ({"api_base_url": base}, {}),
    "vonage": lambda base: (
        {"api_base_url": base, "api_key": "0000beef"},
        {"api_secret": "not-a-secret-send"},
    ),
    "vonage-path": lambda base: (
        {"api_base_url": base, "api_key": "0000beef"},
        {"api_secret": "not-a-secret-send"},
    ),
    "infobip-path": lambda base: ({"api_base_url": base}, {"api_key": "not-a-secret-send"}),
    "infobip": lambda base: ({"api_base_url": base}, {"api_key": "not-a-secret-send"}),
    "kannel": lambda base: (
        {"sendsms_url": f"{base}/cgi-bin/sendsms", "username": "kanal"},
        {"password": "not-a-secret-send"},
    ),
    "playsms": lambda base: (
        {"pull_url": f"{base}/index.php", "user": "kanal"},
        {"token": "not-a-secret-send"},
    ),
    "declarative-receipts": lambda base: ({}, {}),
}
HTTP = sorted(SENDING)


@dataclass
class World:
    adapter: SmsAdapter
    simulator: SmsSimulator
    taken: Taken
    troubles: dict[str, str | None]

    @property
    def fake(self) -> Fake[Any]:
        assert self.simulator.fake is not None
        return self.simulator.fake

    async def reply(self, text: str = SHORT, to: str = TO["to"], key: str = "k1") -> str:
        return await self.adapter.reply({**TO, "to": to}, Outgoing(text=text, key=key))

    async def receipts(self, external_id: str, count: int = 1) -> list[Receipt]:
        async with asyncio.timeout(20):
            while True:
                found = [
                    i for i in self.taken.items if isinstance(i, Receipt) and i.external_id == external_id
                ]
                if len(found) >= count:
                    return found
                await asyncio.sleep(0.01)


@asynccontextmanager
async def world(variant: str, options: dict[str, Any], secrets: dict[str, str]) -> AsyncIterator[World]:
    """The adapter behind its real hook, and the provider on loopback with `options` and `secrets` of its own."""
    if variant == "declarative-receipts":
        described = account_of(variant)[0].settings["options"]["send"]
        options = {"send": {**described, "url": options.pop("base") + "/kirim"}, **options}
    else:
        options.pop("base", None)
    account, settings = account_of(variant, **options)
    all_secrets = {name: Secret(value) for name, value in secrets.items()}
    settings = msgspec.structs.replace(settings, secrets={**settings.secrets, **all_secrets})
    taken, troubles = Taken(), dict[str, str | None]()
    async with gateway(account, settings, taken) as (where, adapter):
        adapter.ports = dataclasses.replace(adapter.ports, public_url=where.public_url)
        adapter.line._trouble = troubles.__setitem__
        simulator = SmsSimulator(account, settings, where)
        await simulator.start()
        try:
            yield World(adapter, simulator, taken, troubles)
        finally:
            await adapter.close()
            await simulator.stop()


@asynccontextmanager
async def sending(variant: str, **more: Any) -> AsyncIterator[World]:
    base = f"http://127.0.0.1:{free_ports(1)[0]}"
    options, secrets = SENDING[variant](base)
    async with world(variant, {"base": base, **options, "per_second": 200, **more}, secrets) as found:
        yield found


async def test_what_cannot_be_sent_is_said(tmp_path: Path) -> None:
    account, settings = account_of("kannel")
    async with gateway(account, settings, Taken()) as (_, adapter):
        assert isinstance(adapter, Replies)
        with pytest.raises(ProviderRefused, match=r"sendsms_url is not set"):
            await adapter.reply(TO, Outgoing(text="a", key="k"))
        with pytest.raises(ProviderRefused, match="cannot be answered"):
            await adapter.reply({"to": ""}, Outgoing(text="a", key="k"))


@pytest.mark.parametrize("variant", HTTP)
async def test_an_answer_reaches_the_citizen_and_its_report_names_the_same_id(variant: str) -> None:
    async with sending(variant) as now:
        external_id = await now.reply()
        assert [(told.key, told.text) for told in now.simulator.heard] == [(TO["to"], SHORT)]
        assert external_id
        if variant == "playsms":
            return  # which has to be asked: tests/integration/test_sms_playsms_pull.py
        receipts = await now.receipts(external_id)
        while "delivered" not in {receipt.state for receipt in receipts}:
            receipts = await now.receipts(external_id, len(receipts) + 1)
        assert {receipt.state for receipt in receipts} <= {"queued", "sent", "delivered"}


@pytest.mark.parametrize("variant", HTTP)
@pytest.mark.parametrize("text", ["Café & 100% + = ? [tiket]", "Terima kasih 😭 “Siti”", "baris\nbaris dua"])
async def test_every_letter_arrives(variant: str, text: str) -> None:
    async with sending(variant) as now:
        await now.reply(text)
        assert now.simulator.heard[0].text == text


@pytest.mark.parametrize("variant", HTTP)
async def test_a_long_answer_arrives_whole_whatever_the_alphabet(variant: str) -> None:
    async with sending(variant) as now:
        for key, word in ("a", "Laporan Anda sedang ditangani. "), ("b", "Terima kasih 🙏 "):
            now.fake.heard.clear()
            text = (word * 25).strip()
            await now.reply(text, key=key)
            assert "".join(told.text for told in now.simulator.heard) == text


@pytest.mark.parametrize("variant", HTTP)
async def test_a_number_that_no_network_knows_is_refused_for_good(variant: str) -> None:
    async with sending(variant) as now:
        if variant == "kannel":  # the only one that looks no closer than whether these are digits
            with pytest.raises(ProviderRefused, match="400"):
                await now.reply(to="bank contoh")
            return
        with pytest.raises(ProviderRefused):
            await now.reply(to="+6281")
        assert now.simulator.heard == []


@pytest.mark.parametrize("variant", HTTP)
async def test_too_often_waits_as_long_as_the_provider_says(variant: str) -> None:
    async with sending(variant) as now:
        now.fake.faults.append("throttled")
        with pytest.raises(ProviderUnavailable) as caught:
            await now.reply()
        assert type(caught.value) is ProviderUnavailable, "nothing was sent, so it is no unknown outcome"
        if variant != "kannel":  # which answers 503 and names no time
            assert caught.value.retry_after == 1.0
        loop = asyncio.get_running_loop()
        refused = loop.time()
        await now.reply()
        assert len(now.simulator.heard) == 1
        if variant != "kannel":
            assert loop.time() - refused > 0.8, "every call of the account is held"


@pytest.mark.parametrize("variant", HTTP)
async def test_a_provider_that_is_down_is_asked_again(variant: str) -> None:
    async with sending(variant) as now:
        now.fake.faults.append("down")
        with pytest.raises(ProviderUnavailable, match="503"):
            await now.reply()
        await now.reply()
        assert len(now.simulator.heard) == 1


@pytest.mark.parametrize("variant", HTTP)
async def test_when_the_answer_never_came_the_outcome_is_unknown(variant: str) -> None:
    async with sending(variant) as now:
        now.fake.faults.append("silent")
        with pytest.raises(OutcomeUnknown) as caught:
            await now.reply()
        assert len(now.fake.calls) == 1, "nothing repeats it behind our back"
        assert "127.0.0.1" not in str(caught.value)
        assert "not-a-secret" not in str(caught.value)


async def test_an_answer_that_takes_too_long_is_an_unknown_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_module, "LONGEST_CALL", 0.2)
    async with sending("twilio") as now:
        never = asyncio.Event()

        async def take(request: Any) -> Any:
            await never.wait()

        monkeypatch.setattr(now.fake, "take", take)
        with pytest.raises(OutcomeUnknown, match="Timeout"):
            await now.reply()
        never.set()


@pytest.mark.parametrize("variant", HTTP)
async def test_nobody_at_the_address_is_no_unknown_outcome(variant: str) -> None:
    async with sending(variant) as now:
        for server in now.simulator._servers:
            await server.cleanup()
        with pytest.raises(ProviderUnavailable) as caught:
            await now.reply()
        assert type(caught.value) is ProviderUnavailable


WRONG = {
    "twilio": "auth_token",
    "vonage": "api_secret",
    "infobip": "api_key",
    "kannel": "password",
    "playsms": "token",
    "declarative-receipts": "send_key",
}


@pytest.mark.parametrize("variant", sorted(WRONG))
async def test_a_wrong_password_is_the_operators_and_its_end_is_seen(variant: str) -> None:
    async with sending(variant) as now:
        right = now.fake.settings
        now.fake.settings = msgspec.structs.replace(
            right, **{WRONG[variant]: Secret("renewed-at-the-provider")}
        )
        with pytest.raises(NeedsOperator) as caught:
            await now.reply()
        words = now.troubles["credentials"]
        assert words is not None
        assert "cure: renew" in words
        assert "not-a-secret" not in words + str(caught.value)
        now.fake.settings = right
        await now.reply()
        assert now.troubles["credentials"] is None


async def test_the_pace_is_kept_over_all_conversations() -> None:
    async with sending("kannel", per_second=5) as now:
        await asyncio.gather(*(now.reply(key=str(n), to=f"+628120000111{n}") for n in range(9)))
        first, last = now.fake.calls[0], now.fake.calls[-1]
        # A bucket of five is full at once; the four others come one in a fifth of a second.
        assert last - first >= 0.7
        assert len(now.simulator.heard) == 9


async def test_a_retry_goes_on_where_the_first_attempt_stopped() -> None:
    async with sending("vonage") as now:
        text = ("Laporan Anda sedang ditangani. " * 12).strip()
        take, calls = now.fake.take, 0

        async def second_fails(request: Any) -> Any:
            nonlocal calls
            calls += 1
            return now.fake.throttled() if calls == 2 else await take(request)

        now.fake.take = second_fails  # type: ignore[method-assign]
        with pytest.raises(ProviderUnavailable):
            await now.reply(text)
        assert len(now.simulator.heard) == 1
        await now.reply(text)
        assert "".join(told.text for told in now.simulator.heard) == text


async def test_infobip_sends_an_id_that_comes_again_only_once() -> None:
    async with sending("infobip-path") as now:
        assert await now.reply() == await now.reply()
        assert len(now.simulator.heard) == 1


# --- smsd's outbox --------------------------------------------------------------------------------------------


async def test_smsd_takes_the_file_and_reports_twice(tmp_path: Path) -> None:
    async with world("gammu", {"outbox": str(tmp_path), "per_second": 200}, {}) as now:
        text = "Terima kasih 🙏 " * 30
        external_id = await now.reply(text)
        sent, delivered = await now.receipts(external_id, 2)
        assert {sent.state, delivered.state} == {"sent", "delivered"}
        assert [(told.key, told.text) for told in now.simulator.heard] == [(TO["to"], text)]
        assert list(tmp_path.iterdir()) == []


async def test_an_outbox_that_is_gone_is_tried_again_and_one_file_stands_for_one_key(tmp_path: Path) -> None:
    account, settings = account_of("gammu", outbox=str(tmp_path / "outbox"), per_second=200)
    async with gateway(account, settings, Taken()) as (_, adapter):
        with pytest.raises(ProviderUnavailable, match="outbox"):
            await adapter.reply(TO, Outgoing(text="a", key="k"))
        (tmp_path / "outbox").mkdir()
        names = {await adapter.reply(TO, Outgoing(text="a", key="k")) for _ in range(2)}
        assert names == {file.name for file in (tmp_path / "outbox").iterdir()}
        assert len(names) == 1
        with pytest.raises(ProviderRefused, match="number"):
            await adapter.reply({"to": "BANK"}, Outgoing(text="a", key="k"))
