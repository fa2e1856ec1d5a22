"""Twilio's Message resource; errors as in twilio.com/docs/api/errors."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import aiohttp
from aiohttp import web

from adapters.sms.fakes.base import Fake, callable_number
from adapters.sms.providers.base import raw_request
from adapters.sms.providers.twilio import TwilioSettings


class FakeTwilio(Fake[TwilioSettings]):
    """One account; everything is delivered."""

    async def take(self, request: web.Request) -> web.StreamResponse:
        own = self.settings
        auth = aiohttp.encode_basic_auth(own.account_sid, own.auth_token.reveal())
        if request.headers.get("Authorization") != auth:
            return _error(401, 20003, "Authentication Error - invalid username")
        if request.path != f"/2010-04-01/Accounts/{own.account_sid}/Messages.json":
            return _error(404, 20404, "The requested resource was not found")
        form = {name: str(value) for name, value in (await request.post()).items()}
        to, body = form.get("To", ""), form.get("Body", "")
        if not to:
            return _error(400, 21604, "A 'To' phone number is required")
        if not (form.get("From") or form.get("MessagingServiceSid")):
            return _error(400, 21603, "A 'From' phone number is required")
        if not body:
            return _error(400, 21602, "Message body is required")
        if len(body) > 1600:
            return _error(400, 21617, "The concatenated message body exceeds the 1600 character limit")
        bare = to.removeprefix("whatsapp:")
        if not bare.startswith("+") or not callable_number(bare):
            return _error(400, 21211, "Invalid 'To' Phone Number")
        self.told(to, body)
        sid = f"SM{len(self.heard):032x}"
        if url := form.get("StatusCallback"):
            for status in ("sent", "delivered"):
                self._tell(url, sid, status, form)
        return web.json_response(
            {"sid": sid, "account_sid": own.account_sid, "status": "queued", "to": to, "body": body},
            status=201,
        )

    def throttled(self) -> web.StreamResponse:
        answer = _error(429, 20429, "Too Many Requests")
        answer.headers["Retry-After"] = "1"
        return answer

    def _tell(self, url: str, sid: str, status: str, form: dict[str, str]) -> None:
        fields = {
            "SmsSid": sid,
            "SmsStatus": status,
            "MessageStatus": status,
            "To": form["To"],
            "MessageSid": sid,
            "AccountSid": self.settings.account_sid,
            "From": form.get("From", ""),
            "ApiVersion": "2010-04-01",
        }
        if status == "delivered":
            fields["RawDlrDoneDate"] = datetime.now(UTC).strftime("%y%m%d%H%M")
        headers = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
        self.report(raw_request("POST", url, headers, urlencode(fields, quote_via=quote).encode()))


def _error(status: int, code: int, message: str) -> web.Response:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return web.json_response(
        {"code": code, "message": message, "more_info": more, "status": status}, status=status
    )


FAKE = FakeTwilio
