"""playSMS's web service: `pv`, `in`, `ix`, `sx` and `ds` (playSMS, documents/development/WEBSERVICES.md)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

from adapters.sms.fakes.base import Fake, callable_number
from adapters.sms.providers.playsms import PlaysmsSettings
from adapters.sms.request import moment
from normalizer.record import RawEvent

_TIME = "%Y-%m-%d %H:%M:%S"


class FakePlaysms(Fake[PlaysmsSettings]):
    """One user: `inbox` and `sent` are the rows, the oldest first. Reports are seen by whoever asks for them."""

    setting = "pull_url"
    method = "GET"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.inbox: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []

    def pushed(self, raw: RawEvent) -> None:
        """What is pushed lies in the inbox too, as playSMS writes it: `"` made `'`, times in UTC."""
        fields = {name: values[0] for name, values in parse_qs(urlsplit(raw.url).query).items()}
        at = moment(fields.get("time", ""), self.provider.zone) or datetime.now(UTC)
        self.receive(fields.get("from", ""), fields.get("text", ""), at)

    def receive(self, sender: str, text: str, at: datetime) -> None:
        """A message that reaches playSMS, whether it pushes it or not."""
        keyword, _, rest = text.replace('"', "'").partition(" ")
        self.inbox.append(
            {
                "id": str(len(self.inbox) + 1),
                "src": sender,
                "dst": "1708",
                "kwd": keyword.upper(),
                "msg": rest,
                "dt": at.astimezone(UTC).strftime(_TIME),
                "status": "1",
            }
        )

    async def take(self, request: web.Request) -> web.StreamResponse:
        given, own = request.query, self.settings
        if given.get("app") != "ws":
            return web.Response(text="<html></html>", content_type="text/html")
        if given.get("u") != own.user or given.get("h") != (own.token.reveal() if own.token else ""):
            return _error("100", "authentication failed")
        operation = given.get("op", "")
        if operation == "pv":
            return self._send(given.get("to", ""), given.get("msg", ""), given.get("unicode", "0"))
        if operation == "ds":
            rows = list(reversed(self.sent))
            for row in self.sent:
                row["status"] = "3"  # delivered by the next time that somebody asks
            return _page(rows, given.get("c", ""), "400", "no delivery status available")
        if operation not in ("in", "ix", "sx"):
            return _error("101", "type of action is invalid")
        last = int(given.get("last", "0") or 0)
        rows = [row if operation == "in" else _whole(row) for row in reversed(self.inbox)]
        rows = [row for row in rows if not str(row["id"]).isdecimal() or int(row["id"]) > last]
        return _page(rows, given.get("c", ""), "501", "no data returned or result is empty")

    def _send(self, to: str, text: str, unicode: str) -> web.Response:
        if not to or not text:
            return _error("102", "one or more field empty")
        if not callable_number(to):
            row = {"status": "ERR", "error": "201", "smslog_id": "", "queue": "", "to": to}
            return web.json_response({"data": [row], "error_string": None})
        limit = 3 * (67 if unicode == "1" else 153)
        self.told(to, text[:limit])  # sms_max_count: what is longer is cut off
        number = str(len(self.sent) + 1)
        self.sent.append(
            {
                "smslog_id": number,
                "src": "1708",
                "dst": to,
                "msg": text,
                "dt": datetime.now(UTC).strftime(_TIME),
                "update": datetime.now(UTC).strftime(_TIME),
                "status": "1",
            }
        )
        queue = f"{len(self.sent):032x}"
        row = {"status": "OK", "error": "0", "smslog_id": number, "queue": queue, "to": to}
        return web.json_response({"data": [row], "error_string": None})


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    """A row of an inbox that knows no keywords."""
    rest = {name: value for name, value in row.items() if name != "kwd"}
    return {**rest, "msg": f"{row.get('kwd', '')} {row.get('msg', '')}".strip()}


def _page(rows: list[dict[str, Any]], most: str, code: str, words: str) -> web.Response:
    if not rows:
        return _error(code, words)
    count = int(most) if most.isdecimal() and int(most) else 100
    # A copy each: the rows change afterwards.
    return web.json_response({"data": [dict(row) for row in rows[:count]], "error_string": None})


def _error(code: str, words: str) -> web.Response:
    return web.json_response({"status": "ERR", "error": code, "error_string": words})


FAKE = FakePlaysms
