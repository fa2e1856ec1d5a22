"""The webhook of one WhatsApp number of the Cloud API, and its files, which lie behind ids.

Transport and proof are Meta's, the same for all of its products: `adapters.shared.meta`.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import AsyncIterator, Sequence
from typing import ClassVar

from msgspec import Struct

from adapters.base import Account, Item, Ports
from adapters.shared.meta import MetaAdapter, MetaSettings
from adapters.shared.meta_graph import size_of
from adapters.whatsapp.parse import parse
from normalizer.errors import Misconfigured, ProviderRefused, ProviderUnavailable
from normalizer.record import Attachment, RawEvent

#: What WhatsApp takes at most, for documents: developers.facebook.com/docs/whatsapp/cloud-api/reference/media.
FILE_LIMIT = 100 * 1024 * 1024
_HEX = re.compile(r"[0-9a-fA-F]{64}")


class WhatsappSettings(MetaSettings, frozen=True, kw_only=True):
    """One number; `phone_number_id` is its number at Meta, not the telephone number.

    `access_token` is of a system user with `whatsapp_business_messaging`.
    """

    phone_number_id: str
    media_hosts: tuple[str, ...] = ("fbsbx.com", "whatsapp.net")


class WhatsappAdapter(MetaAdapter[WhatsappSettings]):
    """One number of the WhatsApp Cloud API (`Webhook`, `FetchesMedia`)."""

    name: ClassVar[str] = "whatsapp"
    title: ClassVar[str] = "WhatsApp"
    default_channel: ClassVar[str] = "whatsapp"
    Settings: ClassVar[type[Struct]] = WhatsappSettings

    def __init__(self, account: Account, settings: WhatsappSettings, ports: Ports) -> None:
        super().__init__(account, settings, ports)
        self._us = self.own_id("phone_number_id", settings.phone_number_id)
        if not settings.access_token:
            raise Misconfigured(
                f"{self.where}.access_token",
                "is empty: photos could not be fetched",
                "make one of a system user with whatsapp_business_messaging, and name its file",
            )

    def parse(self, raw: RawEvent) -> Sequence[Item]:
        return parse(raw.body, self._us)

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


def _digest(stated: str) -> bytes | None:
    """A SHA-256 as Meta writes it, hexadecimal in one place and base64 in another; None for anything else."""
    if _HEX.fullmatch(stated):
        return bytes.fromhex(stated)
    try:
        found = b64decode(stated, validate=True)
    except (Base64Error, ValueError):
        return None
    return found if len(found) == 32 else None
