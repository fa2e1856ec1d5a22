"""Addresses of files for the CRM: signed, with a stated end, one kind for originals and another for what may be shown.

A signature is of one content and one kind. Whoever was given the address of the public copy can get nothing else by
it: not the original, which may tell where somebody was, and nothing of a confidential complaint, for whose files no
such address is ever made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from msgspec.structs import replace

from normalizer.identity import Secrets
from normalizer.record import Attachment

#: How long the CRM may fetch a file by the address in an event.
LIFETIME = timedelta(days=30)
Kind = Literal["lampiran", "gambar"]
#: What the signature of each kind of address is for.
_PURPOSE: dict[Kind, str] = {"lampiran": "attachment", "gambar": "picture"}


@dataclass(frozen=True)
class FileAddresses:
    """Signs and checks them. `public_url` is the gateway's."""

    secrets: Secrets
    public_url: str
    clock: Callable[[], datetime]

    def added(self, attachments: tuple[Attachment, ...], *, confidential: bool) -> tuple[Attachment, ...]:
        """The attachments with an address for each stored file, and for its copies unless they are confidential."""
        return tuple(self._added(a, confidential) for a in attachments)

    def genuine(self, kind: Kind, sha256: str, end: str, signature: str) -> bool:
        """Whether we signed this, and its time has not passed."""
        return (
            self.secrets.verify(_PURPOSE[kind], f"{sha256}.{end}", signature)
            and end.isdigit()
            and int(end) >= self.clock().timestamp()
        )

    def _added(self, attachment: Attachment, confidential: bool) -> Attachment:
        if not attachment.sha256:
            return attachment
        end = (self.clock() + LIFETIME).replace(microsecond=0)
        if not attachment.url:
            url = self._address("lampiran", attachment.sha256, end)
            attachment = replace(attachment, url=url, url_expires_at=end)
        if confidential:
            return replace(attachment, public_sha256="", public_url="", thumbnail_sha256="", thumbnail_url="")
        if attachment.public_sha256 and not attachment.public_url:
            attachment = replace(
                attachment, public_url=self._address("gambar", attachment.public_sha256, end)
            )
        if attachment.thumbnail_sha256 and not attachment.thumbnail_url:
            attachment = replace(
                attachment, thumbnail_url=self._address("gambar", attachment.thumbnail_sha256, end)
            )
        return attachment

    def _address(self, kind: Kind, sha256: str, end: datetime) -> str:
        expiry = int(end.timestamp())
        signature = self.secrets.sign(_PURPOSE[kind], f"{sha256}.{expiry}")
        return f"{self.public_url}/{kind}/{sha256}?exp={expiry}&sig={signature}"
