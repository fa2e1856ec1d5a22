"""Kannel's smsbox: sendsms and its words, as version 1.4.5 says them (gw/smsbox.c), and the call of `dlr-url`."""

from __future__ import annotations

import time

from aiohttp import web

from adapters.sms.fakes.base import Fake
from adapters.sms.providers.base import raw_request
from adapters.sms.providers.kannel import KannelSettings


class FakeKannel(Fake[KannelSettings]):
    """One sendsms-user whose `max-messages` is 10."""

    setting = "sendsms_url"
    method = "GET"

    async def take(self, request: web.Request) -> web.StreamResponse:
        given, own = request.query, self.settings
        password = own.password.reveal() if own.password else ""
        if not request.path.endswith("/sendsms"):
            return web.Response(status=404)
        if (given.get("username"), given.get("password")) != (own.username, password):
            return web.Response(status=403, text="Authorization failed for sendsms")
        to, text = given.get("to", ""), given.get("text", "")
        if not to:
            return web.Response(status=400, text="Missing receiver(s) number(s), rejected")
        if not to.removeprefix("+").isdecimal():
            return web.Response(status=400, text=f"Garbage 'to' field {to}, rejected.")
        if given.get("coding", "0") not in ("0", "2"):
            return web.Response(status=400, text="Invalid 'coding' value, rejected")
        self.told(to, text)
        mask = int(given.get("dlr-mask", "0"))
        for value, words in (8, "ACK/"), (1, "stat:DELIVRD err:000"):
            if mask & value and (url := given.get("dlr-url", "")):
                for escape, meant in ("%d", str(value)), ("%T", str(int(time.time()))), ("%A", words):
                    url = url.replace(escape, meant.replace(" ", "+").replace(":", "%3A"))
                self.report(raw_request("GET", url, {"user-agent": "Kannel/1.4.5"}))
        return web.Response(status=202, text="0: Accepted for delivery")

    def throttled(self) -> web.StreamResponse:
        return web.Response(status=503, text="Temporal failure, try again later.")


FAKE = FakeKannel
