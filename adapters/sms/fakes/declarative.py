"""A provider as a configuration describes it, read from the other side: what it sends is taken apart again."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_from_bytes

import aiohttp
import msgspec
from aiohttp import web

from adapters.sms.description import PLACEHOLDER, DeclarativeSettings, Send
from adapters.sms.fakes.base import Fake, callable_number, loopback
from adapters.sms.paths import nested, walk
from adapters.sms.providers.base import raw_request


class FakeDeclared(Fake[DeclarativeSettings]):
    """Whatever the configuration says, where it says that this is on loopback."""

    setting = "send"
    method = "*"

    @property
    def address(self) -> tuple[str, int] | None:
        return loopback(self.settings.send.url) if self.settings.send else None

    async def take(self, request: web.Request) -> web.StreamResponse:
        described = self.settings.send
        if described is None or request.method != described.method:
            return web.Response(status=405)
        secret = self.settings.send_key.reveal() if self.settings.send_key else ""
        found = await _taken_apart(described, request)
        if found is None:
            return self._said(described, described.verdict.refused if described.verdict else (), 400)
        authorised = found.get("secret", secret) == secret
        if described.user:
            expected = aiohttp.encode_basic_auth(described.user, secret)
            authorised = authorised and request.headers.get("Authorization") == expected
        if not authorised:
            return self._said(described, described.verdict.credentials if described.verdict else (), 401)
        to = found["to"]
        if not callable_number(to) or to.startswith("+") is not described.plus:
            return self._said(described, described.verdict.refused if described.verdict else (), 400)
        self.told("+" + to.removeprefix("+"), found["text"])
        own = f"merpati-{len(self.heard)}" if described.id else found.get("key", "")
        self._tell(own, found.get("receipts") or self.hook)
        return self._said(described, described.verdict.ok if described.verdict else (), 200, own)

    def _said(self, described: Send, words: tuple[str, ...], status: int, own: str = "") -> web.Response:
        """The verdict in the body where one is described for this case; else the status tells."""
        values = {}
        if described.verdict and words:
            values[described.verdict.field], status = words[0], 200
        if described.id and own:
            values[described.id] = own
        return web.json_response(nested(values, ""), status=status)

    def _tell(self, external_id: str, url: str) -> None:
        receipts, settings = self.settings.receipts, self.settings
        word = (
            next((w for w, state in receipts.states.items() if state == "delivered"), "") if receipts else ""
        )
        if receipts is None or not word or not external_id:
            return
        values = {}
        if receipts.field:
            values[receipts.field] = receipts.value or word
        values |= {receipts.id: external_id, receipts.state: word}
        if receipts.time and settings.time_format in ("", "iso"):
            values[receipts.time] = datetime.now(UTC).isoformat()
        if settings.format == "json":
            items = receipts.items or settings.items
            body = msgspec.json.encode(nested(values, items))
            self.report(raw_request("POST", url, {"content-type": "application/json"}, body))
            return
        form = "&".join(
            f"{name}={quote_from_bytes(value.encode(settings.charset), safe='')}"
            for name, value in values.items()
        )
        if settings.format == "query":
            self.report(raw_request(settings.methods[0], f"{url}{'&' if '?' in url else '?'}{form}", {}))
            return
        headers = {"content-type": "application/x-www-form-urlencoded"}
        self.report(raw_request(settings.methods[0], url, headers, form.encode()))


async def _taken_apart(described: Send, request: web.Request) -> dict[str, str] | None:
    """What stands for each placeholder in a request; None where a field is not as it is described."""
    given: Any
    if described.format == "json":
        try:
            given = await request.json()
        except ValueError:
            return None
    else:
        given = request.query if described.format == "query" else await request.post()
    found: dict[str, str] = {}
    for name, template in described.fields.items():
        value = walk(given, name) if described.format == "json" else given.get(name)
        matched = re.fullmatch(_pattern(template), value, re.DOTALL) if isinstance(value, str) else None
        if matched is None:
            return None
        found |= matched.groupdict()
    for name, template in described.headers.items():
        matched = re.fullmatch(_pattern(template), request.headers.get(name, ""), re.DOTALL)
        found |= matched.groupdict() if matched else {"secret": ""}
    return found


def _pattern(template: str) -> str:
    """A template as a pattern; a placeholder that comes again has to stand for the same."""
    seen: set[str] = set()

    def group(name: str) -> str:
        again = name in seen
        seen.add(name)
        return f"(?P={name})" if again else f"(?P<{name}>.*)"

    pieces = PLACEHOLDER.split(template)
    return "".join(group(piece) if n % 2 else re.escape(piece) for n, piece in enumerate(pieces))


FAKE = FakeDeclared
