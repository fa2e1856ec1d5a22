"""A provider that nobody wrote code for: lines of kanal.toml receive, prove, report and send, on loopback."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import tomllib
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from aiohttp import web

from adapters.base import Account, Outgoing, Receipt
from adapters.sms.adapter import SmsAdapter
from intake.free_ports import free_ports
from intake.web.hooks import Hooks
from tests.intake_world import intake_world

#: Everything that the gateway is told of "Elang SMS", an invented provider.
KANAL_TOML = """
[[account]]
name = "sms-elang"
adapter = "sms"

[account.settings]
provider = "declarative"

[account.settings.options]
format = "json"
items = "events"
time_format = "unix"
per_second = 50

[account.settings.options.fields]
id = "uid"
sender = "msg.from"
receiver = "msg.to"
text = "msg.body"
time = "at"

[account.settings.options.proof]
kind = "hmac"
header = "X-Elang-Sign"
algorithm = "sha512"

[account.settings.options.receipts]
field = "kind"
value = "dlr"
id = "sent_uid"
state = "outcome"
detail = "why"

[account.settings.options.receipts.states]
OK = "delivered"
KO = "failed"

[account.settings.options.send]
url = "http://127.0.0.1:PORT/v7/push"
format = "form"
user = "dki"
id = "ref.uid"

[account.settings.options.send.fields]
msisdn = "{to}"
shortcode = "{from}"
body = "{text}"
dedup = "{key}"

[account.settings.secrets]
key = "not-a-secret-elang-signature"
send_key = "not-a-secret-elang-password"
"""
SIGNED = b"not-a-secret-elang-signature"


async def test_a_new_provider_needs_lines_of_configuration_and_no_code(tmp_path: Path) -> None:
    port = free_ports(1)[0]
    account = msgspec.convert(
        tomllib.loads(KANAL_TOML.replace("PORT", str(port)))["account"][0], type=Account
    )
    pushed: list[dict[str, str]] = []

    async def push(request: web.Request) -> web.Response:
        """Elang's own server, written from nothing but the imagined manual."""
        if request.headers.get("Authorization") != aiohttp.encode_basic_auth(
            "dki", "not-a-secret-elang-password"
        ):
            return web.Response(status=401)
        pushed.append({name: str(value) for name, value in (await request.post()).items()})
        return web.json_response({"ref": {"uid": f"E{len(pushed)}"}})

    elang = web.Application()
    elang.router.add_post("/v7/push", push)
    ours = web.Application()
    runners = [web.AppRunner(elang), web.AppRunner(ours)]
    items: list[Any] = []
    async with intake_world(tmp_path) as world, aiohttp.ClientSession() as session:
        adapter = world.adapter(account)
        assert isinstance(adapter, SmsAdapter)
        parse = adapter.parse

        def listen(raw: Any) -> Any:
            found = parse(raw)
            items.extend(found)
            return found

        adapter.parse = listen  # type: ignore[method-assign]
        Hooks(
            receiver=world.receiver,
            adapters={"sms-elang": adapter},
            clock=world.clock.now,
            public_url="https://aduan.example.go.id",
            metrics=world.metrics,
        ).mount(ours)
        try:
            for runner, at in zip(runners, (port, 0), strict=True):
                await runner.setup()
                await web.TCPSite(runner, "127.0.0.1", at).start()
            hook = f"http://127.0.0.1:{runners[1].addresses[0][1]}/hooks/sms-elang"

            async def event(*events: dict[str, Any], key: bytes = SIGNED) -> int:
                body = msgspec.json.encode({"events": events})
                sign = hmac.new(key, body, hashlib.sha512).hexdigest()
                async with session.post(hook, data=body, headers={"X-Elang-Sign": sign}) as answer:
                    return answer.status

            written = {"from": "081200001111", "to": "1708", "body": "Banjir 😭 di gang"}
            message = {"kind": "mo", "uid": "m1", "at": 1_767_225_600, "msg": written}
            assert await event(message, key=b"somebody else") == 403
            assert [await event(message) for _ in range(2)] == [200, 200]
            await world.settle(300)
            (complaint,) = [e.complaint for e in await world.events() if e.event == "created"]
            assert complaint.text == "Banjir 😭 di gang"

            reply_to = next(item.message.reply_to for item in items)
            outgoing = Outgoing(text=f"Terima kasih. Nomor tiket: {complaint.ticket}", key="k1")
            external_id = await adapter.reply(reply_to, outgoing)
            assert external_id == "E1"
            assert pushed[0]["msisdn"] == "+6281200001111"
            assert (pushed[0]["shortcode"], pushed[0]["body"]) == ("1708", outgoing.text)
            assert await event({"kind": "dlr", "sent_uid": "E1", "outcome": "OK"}) == 200
            (receipt,) = [item for item in items if isinstance(item, Receipt)]
            assert (receipt.external_id, receipt.state) == ("E1", "delivered")
        finally:
            await asyncio.gather(*(runner.cleanup() for runner in runners))
