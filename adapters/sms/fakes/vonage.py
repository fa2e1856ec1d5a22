"""Vonage's SMS API: always 200, and the status of each part in the body (developer.vonage.com/api/sms)."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from aiohttp import web

from adapters.sms.fakes.base import Fake, callable_number
from adapters.sms.providers.base import raw_request
from adapters.sms.providers.vonage import VonageSettings
from adapters.sms.segments import is_gsm, pieces


class FakeVonage(Fake[VonageSettings]):
    """One key. What is longer than a segment goes in several, each with an id and a report of its own."""

    async def take(self, request: web.Request) -> web.StreamResponse:
        if request.path != "/sms/json":
            return web.Response(status=404)
        form = {name: str(value) for name, value in (await request.post()).items()}
        own = self.settings
        for name in ("api_key", "api_secret", "from", "to", "text"):
            if not form.get(name):
                return _said({"status": "2", "error-text": f"Missing {name}"})
        if form["api_key"] != own.api_key or form["api_secret"] != (
            own.api_secret.reveal() if own.api_secret else ""
        ):
            return _said({"status": "4", "error-text": "Bad Credentials"})
        to, text = form["to"], form["text"]
        if not to.isdecimal() or not callable_number(to):
            return _said({"to": to, "status": "3", "error-text": "Invalid to"})
        if form.get("type", "text") not in ("text", "unicode"):
            return _said({"to": to, "status": "3", "error-text": "Invalid type"})
        if len(text) > 3200:
            return _said({"to": to, "status": "3", "error-text": "Invalid text"})
        # As the network shows it: with type=text, what GSM 03.38 has not becomes a question mark.
        if form.get("type", "text") == "text":
            text = "".join(letter if is_gsm(letter) else "?" for letter in text)
        whole = pieces(text, 160, 70)
        parts = whole if len(whole) == 1 else pieces(text, 153, 67)
        self.told(f"+{to}", text)
        ids = [f"{len(self.heard):012X}{number:04X}" for number in range(1, len(parts) + 1)]
        for external_id in ids:
            for status in ("accepted", "delivered"):
                self._tell(form, external_id, status)
        return _said(
            *(
                {"to": to, "message-id": name, "status": "0", "client-ref": form.get("client-ref", "")}
                for name in ids
            )
        )

    def throttled(self) -> web.StreamResponse:
        return _said(
            {"status": "1", "error-text": "Throughput Rate Exceeded - please wait [ 950 ] and retry"}
        )

    def _tell(self, form: dict[str, str], external_id: str, status: str) -> None:
        if form.get("status-report-req") != "1":
            return
        now = datetime.now(UTC)
        fields = {
            "msisdn": form["to"],
            "to": form["from"],
            "network-code": "51010",
            "messageId": external_id,
            "price": "0.03330000",
            "status": status,
            "scts": now.strftime("%y%m%d%H%M"),
            "err-code": "0",
            "api-key": form["api_key"],
            "message-timestamp": now.strftime("%Y-%m-%d %H:%M:%S"),
            "timestamp": str(int(now.timestamp())),
            "nonce": external_id,
        }
        headers = {"content-type": "application/x-www-form-urlencoded"}
        body = urlencode(fields, quote_via=quote).encode()
        self.report(raw_request("POST", form.get("callback") or self.hook, headers, body))


def _said(*messages: dict[str, str]) -> web.Response:
    return web.json_response({"message-count": str(len(messages)), "messages": list(messages)})


FAKE = FakeVonage
