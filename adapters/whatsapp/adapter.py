"""One WhatsApp number of the Cloud API: its webhook, its files, which lie behind ids, and answers.

Transport and proof are Meta's, the same for all of its products: `adapters.shared.meta`.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from msgspec import Struct

from adapters.base import Account, Item, Outgoing, Ports
from adapters.shared.choices import numbered
from adapters.shared.meta import MetaAdapter, MetaSettings, Rate
from adapters.shared.meta_graph import size_of
from adapters.shared.meta_text import Begun, pieces
from adapters.shared.pace import Limit, Pace
from adapters.whatsapp.outgoing import choosing, templated
from adapters.whatsapp.parse import parse
from adapters.whatsapp.people import is_user_id
from normalizer.errors import Misconfigured, OutcomeUnknown, ProviderRefused, ProviderUnavailable
from normalizer.record import Attachment, RawEvent

#: What WhatsApp takes at most, for documents: developers.facebook.com/docs/whatsapp/cloud-api/reference/media.
FILE_LIMIT = 100 * 1024 * 1024
#: Seconds after a citizen's message in which anything may be said to them; a minute less than WhatsApp's own.
WINDOW = 24 * 3600 - 60
#: Characters that one text message holds.
TEXT_LIMIT = 4096
_HEX = re.compile(r"[0-9a-fA-F]{64}")


class WhatsappSettings(MetaSettings, frozen=True, kw_only=True):
    """One number; `phone_number_id` is its number at Meta, not the telephone number.

    `access_token` is of a system user with `whatsapp_business_messaging`. `messages_per_second` leaves half of the 80
    that Meta allows in both directions together to the citizens. `template` is a message template (category utility)
    with two variables in its body, {{1}} the ticket and {{2}} the news: what is said later than 24 hours after the
    citizen's last message goes through it, or is refused by WhatsApp.
    """

    phone_number_id: str
    messages_per_second: Rate = 40.0
    messages_per_person_per_minute: Rate = 10.0
    template: str = ""
    template_language: str = "id"
    media_hosts: tuple[str, ...] = ("fbsbx.com", "whatsapp.net")


class _Named(Struct, frozen=True):
    id: str


class _Sent(Struct, frozen=True):
    messages: tuple[_Named, ...]


class WhatsappAdapter(MetaAdapter[WhatsappSettings]):
    """One number of the WhatsApp Cloud API (`Webhook`, `FetchesMedia`, `Runs`, `Replies`)."""

    name: ClassVar[str] = "whatsapp"
    title: ClassVar[str] = "WhatsApp"
    default_channel: ClassVar[str] = "whatsapp"
    converses: ClassVar[bool] = True
    edits: ClassVar[bool] = True
    buttons: ClassVar[int] = 10
    Settings: ClassVar[type[Struct]] = WhatsappSettings
    own_setting: ClassVar[str] = "phone_number_id"

    def __init__(self, account: Account, settings: WhatsappSettings, ports: Ports) -> None:
        super().__init__(account, settings, ports)
        if not settings.access_token:
            raise Misconfigured(
                f"{self.where}.access_token",
                "is empty: photos could not be fetched",
                "make one of a system user with whatsapp_business_messaging, and name its file",
            )
        self._pace = Pace(
            Limit(settings.messages_per_second, 1.0),
            each=(Limit(settings.messages_per_person_per_minute, 60.0),),
        )
        self._begun = Begun()

    def paces(self) -> Iterable[Pace]:
        return (self._pace,)

    def parse(self, raw: RawEvent) -> Sequence[Item]:
        return parse(raw.body, self.us)

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """Ask where the file lies (the answer holds for five minutes), load it, compare its hash."""
        media = await self.graph.media(attachment.remote)
        if (size_of(media) or 0) > FILE_LIMIT:
            raise ProviderRefused(f"the file is larger than {FILE_LIMIT} bytes")
        found = hashlib.sha256()
        async for chunk in self.download(media.url, self.graph.headers):
            found.update(chunk)
            yield chunk
        expected = _digest(media.sha256)
        if expected is not None and expected != found.digest():
            raise ProviderUnavailable("the file came damaged: its hash is not the one that Meta named")

    async def reply(self, reply_to: Mapping[str, str], outgoing: Outgoing) -> str:
        """A text that quotes the citizen's message; the id is of the last one, when a long text needs several.

        What may be chosen is shown as buttons below the last one. After WhatsApp's 24 hours the account's template
        carries the news. developers.facebook.com/documentation/business-messaging/whatsapp/messages/text-messages
        """
        address = _address(reply_to, private=outgoing.private)
        frame: dict[str, Any] = {"messaging_product": "whatsapp", **address}
        if self.settings.template and "group_id" not in reply_to and self._too_late(reply_to):
            return await self._send(frame | templated(outgoing, self.settings))
        if not ("group_id" in reply_to and outgoing.private):
            frame |= _quoted(reply_to)
        texts = pieces(outgoing.text, TEXT_LIMIT)
        shown = choosing(texts[-1], outgoing.choices)
        if outgoing.choices and shown is None:
            texts = pieces(numbered(outgoing.text, outgoing.choices), TEXT_LIMIT)

        async def send(text: str) -> str:
            last = shown if shown is not None and text is texts[-1] else None
            plain = {"type": "text", "text": {"body": text, "preview_url": False}}
            return await self._send(frame | (last or plain))

        return await self._begun.send(outgoing.key, texts, send)

    async def _send(self, content: dict[str, Any]) -> str:
        await self._pace.turn(content["to"] if "to" in content else content["recipient"])
        sent = await self.graph.post(f"{self.us}/messages", content, _Sent, "answers")
        if not sent.messages:
            raise OutcomeUnknown("WhatsApp took the answer and gave no id")
        return sent.messages[-1].id

    def _too_late(self, reply_to: Mapping[str, str]) -> bool:
        """Whether the window that the citizen's message opened is closed, or about to."""
        at = reply_to.get("at", "")
        return at.isdecimal() and self.ports.clock.now().timestamp() - int(at) > WINDOW


def _address(reply_to: Mapping[str, str], *, private: bool) -> dict[str, str]:
    """Who is to read it: the group only what everybody may read.

    A person without a telephone number is named by `recipient`:
    developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
    """
    group, person = reply_to.get("group_id", ""), reply_to.get("to", "")
    if group and not private:
        return {"recipient_type": "group", "to": group}
    if not person:
        raise ProviderRefused("the message does not say who wrote it, so nobody can be answered")
    return {"recipient_type": "individual", "recipient" if is_user_id(person) else "to": person}


def _quoted(reply_to: Mapping[str, str]) -> dict[str, Any]:
    """The message that is answered; one of a group cannot be quoted outside of it."""
    return {"context": {"message_id": reply_to["message_id"]}} if reply_to.get("message_id") else {}


def _digest(stated: str) -> bytes | None:
    """A SHA-256 as Meta writes it, hexadecimal in one place and base64 in another; None for anything else."""
    if _HEX.fullmatch(stated):
        return bytes.fromhex(stated)
    try:
        found = b64decode(stated, validate=True)
    except (Base64Error, ValueError):
        return None
    return found if len(found) == 32 else None
