"""The Graph API and its file server on loopback, for simulators and tests.

It checks what the real one checks (the token in a header, ids that are its own, the shape and length of answers, the
24-hour window, one private reply to a comment) and answers errors in Meta's shape.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from adapters.base import Outgoing
from adapters.shared.meta_fake_choices import interactive, quick_replies, templated
from adapters.shared.meta_fake_refused import Refused
from normalizer.record import Choice

Json = dict[str, Any]
Product = Literal["page", "instagram", "whatsapp"]

_FIELDS = re.compile(r"(mentioned_media\.media_id|mentioned_comment\.comment_id)\((\w+)\)\{([a-z_,]+)\}")
_NUMBER = re.compile(r"\+?[0-9]{7,15}")
_USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")


@dataclass
class _File:
    content: bytes
    media_type: str
    fetched: asyncio.Event = field(default_factory=asyncio.Event)


class FakeGraph:
    """One account's Graph API. What tests want to see or bend is public."""

    def __init__(self, token: str, product: Product, ours: str) -> None:
        self.token, self.product, self.ours = token, product, ours
        self.base_url = ""
        self.calls: list[str] = []
        """Ids and paths that were asked for."""
        self.refuse_next: deque[tuple[int, Json]] = deque()
        """Answers for the next calls of the API: status, and what stands under `error`."""
        self.refuse_headers: dict[str, str] = {}
        self.stated_sha256 = ""
        """A hash to state instead of the true one."""
        self.about_token: Json = {"is_valid": True, "expires_at": 0, "data_access_expires_at": 0}
        """What debug_token tells; empty: it wants an app's token."""
        self.written: dict[str, Json] = {}
        """Posts and comments by id, with all their fields."""
        self.window_closed: set[str] = set()
        """People who last wrote more than 24 hours ago."""
        self.templates: dict[str, tuple[str, int]] = {}
        """Approved templates: language, and how many variables the body has."""
        self.heard: list[Outgoing] = []
        self.sent: list[tuple[str, Json]] = []
        """Path (without the version) and content of every answer that was taken."""
        self._replied: set[str] = set()
        self._numbers = itertools.count(1)
        self._files: dict[str, _File] = {}
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        """Listen; the address is returned."""
        app = web.Application(middlewares=[self._gate])
        app.router.add_get("/files/{id}", self._file)
        app.router.add_get(r"/v{version:\d+\.\d+}/debug_token", self._debug_token)
        app.router.add_get(r"/v{version:\d+\.\d+}/{id}", self._get)
        app.router.add_post(r"/v{version:\d+\.\d+}/{id}/{edge}", self._post)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.base_url

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    def store(self, media_id: str, content: bytes, media_type: str = "image/jpeg") -> str:
        """Hold a file; its address."""
        self._files.setdefault(media_id, _File(content, media_type))
        return f"{self.base_url}/files/{media_id}"

    async def files_fetched(self, seconds: float) -> None:
        """Wait until every file was fetched once; TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds):
            for stored in list(self._files.values()):
                await stored.fetched.wait()

    @web.middleware
    async def _gate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """What every call passes: prepared refusals, then the token."""
        proved = request.headers.get("Authorization") == f"Bearer {self.token}"
        if request.path.startswith("/files/"):
            if self.product == "whatsapp" and not proved:
                return web.Response(status=401)
            answer: web.StreamResponse = await handler(request)
            return answer
        self.calls.append(request.path.split("/", 2)[2])
        if self.refuse_next:
            status, error = self.refuse_next.popleft()
            return web.json_response({"error": error}, status=status, headers=self.refuse_headers)
        try:
            if not proved:
                raise Refused(401, 190, "Invalid OAuth access token - Cannot parse access token")
            found: web.StreamResponse = await handler(request)
            return found
        except Refused as refused:
            return web.json_response({"error": refused.error}, status=refused.status)

    # asking

    async def _file(self, request: web.Request) -> web.Response:
        stored = self._files.get(request.match_info["id"])
        if stored is None:
            return web.Response(status=404)
        stored.fetched.set()
        return web.Response(body=stored.content, content_type=stored.media_type)

    async def _debug_token(self, request: web.Request) -> web.Response:
        if not self.about_token:
            raise Refused(400, 100, "You must provide an app access token, or a user access token")
        if request.query.get("input_token") != self.token:
            raise Refused(400, 100, "The access token could not be decrypted")
        return web.json_response({"data": {"app_id": "1", "type": "SYSTEM_USER", **self.about_token}})

    async def _get(self, request: web.Request) -> web.Response:
        name, fields = request.match_info["id"], request.query.get("fields", "")
        mentioned = _FIELDS.fullmatch(fields)
        if name == "me":
            return web.json_response({"id": self.ours})
        if mentioned and name == self.ours and self.product == "instagram":
            kind, wanted, inner = mentioned.groups()
            return web.json_response({kind.split(".")[0]: self._of(wanted, inner), "id": self.ours})
        if fields:
            return web.json_response(self._of(name, fields))
        return web.json_response(self._media(name))

    def _of(self, name: str, fields: str) -> Json:
        if name not in self.written:
            raise Refused(400, 100, f"Object with ID '{name}' does not exist", 33)
        found = self.written[name]
        return {"id": name, **{key: found[key] for key in fields.split(",") if key in found}}

    def _media(self, media_id: str) -> Json:
        stored = self._files.get(media_id)
        if stored is None:
            raise Refused(
                400, 100, f"Unsupported get request. Object with ID '{media_id}' does not exist", 33
            )
        return {
            "messaging_product": "whatsapp",
            "url": f"{self.base_url}/files/{media_id}",
            "mime_type": stored.media_type,
            "sha256": self.stated_sha256 or hashlib.sha256(stored.content).hexdigest(),
            "file_size": len(stored.content),
            "id": media_id,
        }

    # answering

    async def _post(self, request: web.Request) -> web.Response:
        name, edge = request.match_info["id"], request.match_info["edge"]
        content = await request.json()
        if not isinstance(content, dict):
            raise Refused(400, 100, "Invalid parameter")
        if edge == "messages" and self.product == "whatsapp":
            answer = self._whatsapp(name, content)
        elif edge == "messages":
            answer = self._message(name, content)
        else:
            answer = self._comment(name, edge, content)
        self.sent.append((f"{name}/{edge}", content))
        return web.json_response(answer)

    def _whatsapp(self, name: str, content: Json) -> Json:
        if name != self.ours:
            raise Refused(400, 100, f"Object with ID '{name}' does not exist", 33)
        kind = content.get("type")
        if content.get("messaging_product") != "whatsapp" or kind not in ("text", "interactive", "template"):
            raise Refused(400, 100, "(#100) Invalid parameter")
        to, recipient = str(content.get("to", "")), str(content.get("recipient", ""))
        group = content.get("recipient_type") == "group"
        if not (group or _NUMBER.fullmatch(to) or _USER_ID.fullmatch(recipient)):
            raise Refused(400, 131009, "(#131009) Parameter value is not valid")
        if (to or recipient) in self.window_closed and kind != "template":
            raise Refused(400, 131047, "(#131047) Re-engagement message")
        context = content.get("context", {"message_id": "wamid."})
        if not str(context.get("message_id", "")).startswith("wamid."):
            raise Refused(400, 131009, "(#131009) Parameter value is not valid")
        choices: tuple[Choice, ...] = ()
        if kind == "interactive":
            text, choices = interactive(content.get("interactive"))
        elif kind == "template":
            text = templated(content.get("template"), self.templates)
        else:
            text = _text(content.get("text", {}).get("body"), 4096)
        self.heard.append(Outgoing(text=text, key=to or recipient, private=not group, choices=choices))
        sent = f"wamid.answer-{next(self._numbers)}"
        contact = {"input": to or recipient, "wa_id": to.lstrip("+")}
        return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": sent}]}

    def _message(self, name: str, content: Json) -> Json:
        recipient = content.get("recipient")
        if name not in ("me", self.ours) or not isinstance(recipient, dict) or len(recipient) != 1:
            raise Refused(400, 100, "(#100) Param recipient must be a JSON object")
        if content.get("messaging_type") != "RESPONSE":
            raise Refused(400, 100, "(#100) messaging_type is not valid")
        ((kind, to),) = recipient.items()
        choices = quick_replies(content.get("message", {}).get("quick_replies"))
        message = content.get("message", {}).get("text")
        text = _text(message, 1000 if self.product == "instagram" else 2000, self.product == "instagram")
        if to in self.window_closed:
            subcode = 2534022 if self.product == "instagram" else 2018278
            raise Refused(403, 10, "(#10) This message is sent outside of allowed window.", subcode)
        if kind in ("comment_id", "post_id"):
            if to in self._replied:
                raise Refused(400, 10900, "(#10900) Activity already replied to")
            self._replied.add(to)
        elif kind == "id" and not to.isdecimal():
            raise Refused(400, 100, "(#100) No matching user found", 2018001)
        self.heard.append(Outgoing(text=text, key=to, private=True, choices=choices))
        return {"recipient_id": to, "message_id": f"m_answer-{next(self._numbers)}"}

    def _comment(self, name: str, edge: str, content: Json) -> Json:
        if edge != {"page": "comments", "instagram": "replies"}.get(self.product) and edge != "mentions":
            raise Refused(400, 100, f"Unknown path components: /{edge}", 2500)
        if edge == "mentions" and (name != self.ours or not content.get("media_id")):
            raise Refused(400, 100, "(#100) The parameter media_id is required")
        text = _text(content.get("message"), 8000 if self.product == "page" else 2200)
        where = content.get("comment_id") or content.get("media_id") or name
        self.heard.append(Outgoing(text=text, key=where, private=False))
        return {"id": f"{name}_{next(self._numbers)}"}


def _text(given: Any, limit: int, in_bytes: bool = False) -> str:
    if not isinstance(given, str) or not given:
        raise Refused(400, 100, "(#100) The text must not be empty")
    if (len(given.encode()) if in_bytes else len(given)) > limit:
        raise Refused(400, 100, f"(#100) Length of the text must be less than or equal to {limit}")
    return given
