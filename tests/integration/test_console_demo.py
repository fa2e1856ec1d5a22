"""In demo mode the console plays a provider against the real gateway's own door."""

from __future__ import annotations

import re
from pathlib import Path

import aiohttp
import pytest

from tests.gateway_process import CONFIG, GatewayProcess

pytestmark = pytest.mark.timeout(120)
LOGIN, PASSWORD = "operator.uji", "kata-sandi-uji-2611"


def token(text: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', text)
    assert found is not None
    return found[1]


async def test_one_click_is_one_message_through_the_real_door(tmp_path: Path) -> None:
    gateway = GatewayProcess(tmp_path, template=CONFIG + "\n[console]\ndemo = true\n")
    options = ("--role", "operator", "--password-stdin")
    code, said = await gateway.run("user", "add", LOGIN, *options, stdin=PASSWORD.encode())
    assert code == 0, said
    try:
        await gateway.start(within=90)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            async with browser.get(gateway.url + "/masuk") as answer:
                form = {"login": LOGIN, "password": PASSWORD, "csrf": token(await answer.text())}
            async with browser.post(gateway.url + "/masuk", data=form) as answer:
                assert answer.status == 200
            async with browser.get(gateway.url + "/konsol/akun") as answer:
                text = await answer.text()
            for account, right in (("sms-kannel", True), ("sms-twilio", True), ("loket", False)):
                form = {"account": account, "act": "simulate", "csrf": token(text)}
                async with browser.post(gateway.url + "/konsol/akun", data=form) as answer:
                    assert answer.status == (200 if right else 422), await answer.text()
                    assert f"terkirim lewat {account}" in await answer.text()
            async with browser.get(gateway.url + "/metrics") as answer:
                numbers = await answer.text()
        for account in ("sms-kannel", "sms-twilio"):
            counted = rf'account="{account}"[^}}]*outcome="accepted"[^}}]*}} 1\.0'
            assert re.search(counted, numbers)
    finally:
        await gateway.kill()
