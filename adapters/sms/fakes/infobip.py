"""Infobip's SMS API (infobip.com/docs/api/channels/sms): refusals of a message come with 200 and a status."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from aiohttp import web

from adapters.sms.fakes.base import Fake, callable_number
from adapters.sms.providers.base import raw_request
from adapters.sms.providers.infobip import InfobipSettings

_PENDING = {"groupId": 1, "groupName": "PENDING", "id": 26, "name": "PENDING_ACCEPTED"}
_INVALID = {"groupId": 5, "groupName": "REJECTED", "id": 52, "name": "REJECTED_DESTINATION"}
_DELIVERED = {"groupId": 3, "groupName": "DELIVERED", "id": 5, "name": "DELIVERED_TO_HANDSET"}


class FakeInfobip(Fake[InfobipSettings]):
    """One API key. A message id that comes again is the same message, and is sent once."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._known: set[str] = set()

    async def take(self, request: web.Request) -> web.StreamResponse:
        key = self.settings.api_key.reveal() if self.settings.api_key else ""
        if not key or request.headers.get("Authorization") != f"App {key}":
            return _error(401, "UNAUTHORIZED", "Invalid login details")
        if request.path != "/sms/2/text/advanced" or request.content_type != "application/json":
            return _error(404, "NOT_FOUND", "Not found")
        try:
            messages = (await request.json())["messages"]
            told = [
                self._one(message, destination)
                for message in messages
                for destination in message["destinations"]
            ]
        except (ValueError, KeyError, TypeError):
            return _error(400, "BAD_REQUEST", "Bad request")
        return web.json_response({"messages": told})

    def throttled(self) -> web.StreamResponse:
        answer = _error(429, "TOO_MANY_REQUESTS", "Too many requests")
        answer.headers["Retry-After"] = "1"
        return answer

    def _one(self, message: dict[str, Any], destination: dict[str, str]) -> dict[str, Any]:
        to, text = destination["to"], message["text"]
        external_id = destination.get("messageId") or f"{len(self.heard):019d}"
        if not callable_number(to):
            return {"to": to, "status": _INVALID, "messageId": external_id}
        if external_id not in self._known:
            self._known.add(external_id)
            self.told("+" + to.removeprefix("+"), text)
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
            result = {
                "bulkId": "simulated",
                "messageId": external_id,
                "to": to,
                "sentAt": now,
                "doneAt": now,
                "smsCount": 1,
                "price": {"pricePerMessage": 0.0, "currency": "IDR"},
                "status": _DELIVERED,
                "error": {"groupId": 0, "groupName": "OK", "id": 0, "name": "NO_ERROR", "permanent": False},
            }
            body = msgspec.json.encode({"results": [result]})
            url = message.get("notifyUrl") or self.hook
            self.report(raw_request("POST", url, {"content-type": "application/json"}, body))
        return {"to": to, "status": _PENDING, "messageId": external_id, "smsCount": 1}


def _error(status: int, name: str, text: str) -> web.Response:
    said = {"requestError": {"serviceException": {"messageId": name, "text": text}}}
    return web.json_response(said, status=status)


FAKE = FakeInfobip
