"""What an operator can set for a mailbox, each with a default that is safe to start with."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from normalizer.settings import Secret

Positive = Annotated[int, Meta(ge=1)]
Tls = Literal["tls", "starttls", "none"]
#: What stands behind the plus of a bounce address: `adapters.email.replies.token_of`.
_TOKEN = re.compile(r"[a-z0-9-]{8,80}")


class EmailSettings(Struct, frozen=True, kw_only=True):
    """Sizes are in bytes, times in seconds.

    `smtp_listen` and `lmtp_listen` are `host:port` (`[::1]:25` for IPv6); LMTP also takes `unix:/path`. Empty
    switches the door off. `trusted_networks` are exempt from `connections_per_address`: an upstream mail server
    brings everybody's mail from one address.
    """

    addresses: Annotated[tuple[str, ...], Meta(min_length=1)] = ("dki@jakarta.go.id",)
    subaddresses: bool = True
    """`dki+anything@…` is delivered to `dki@…`."""
    smtp_listen: str = "127.0.0.1:2525"
    lmtp_listen: str = ""
    hostname: str = ""
    """As the server calls itself; empty: the machine's own name."""
    tls_certificate: str = ""
    tls_key: str = ""

    max_bytes: Positive = 36 * 1024 * 1024
    max_recipients: Positive = 100
    max_connections: Positive = 1000
    connections_per_address: Positive = 50
    trusted_networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    idle_seconds: Annotated[float, Meta(gt=0)] = 25.0
    """A connection without progress is closed after this long; 4 KiB of a mail count as progress."""
    data_seconds: Annotated[float, Meta(gt=0)] = 900.0
    session_seconds: Annotated[float, Meta(gt=0)] = 3600.0

    lapor_video: bool = True
    """Mail with a video to `lapor_video_address` is a confidential LaporVideo report."""
    lapor_video_address: str = "dki@jakarta.go.id"

    verify: Literal["off", "dns", "header"] = "off"
    """Where the SPF, DKIM and DMARC verdicts come from: nowhere, our own look-ups, or the header
    `Authentication-Results` of the mail server in front of us, which calls itself `authserv_id`."""
    authserv_id: str = ""

    ca_file: str = ""
    """Certificates (PEM) of the authority behind `imap_host` and `smarthost`; empty: the system's."""

    imap_host: str = ""
    """The server of a mailbox that is read by IMAP as well; empty: none. The mails are those of `addresses`."""
    imap_port: Annotated[int, Meta(ge=0, le=65535)] = 0
    """0: 993 with `imap_tls = "tls"`, else 143."""
    imap_tls: Tls = "tls"
    """`tls` from the first byte, `starttls`, or `none`: on loopback alone."""
    imap_user: str = ""
    imap_password: Secret = Secret("")
    imap_folder: str = "INBOX"
    imap_interval: Annotated[float, Meta(gt=0, le=1700)] = 60.0
    """Between two looks; a server that knows IDLE tells us of new mail at once."""
    imap_since: date | None = None
    """Mails that arrived before this day are left alone: for a mailbox with a past."""
    imap_mark: Literal["seen", "move", "none"] = "seen"
    """What is done with a mail once the journal has it; nothing is ever deleted."""
    imap_move_to: str = ""

    smarthost: str = ""
    """`host:port` of the server that sends our answers; empty: no answers by mail."""
    smarthost_tls: Tls = "starttls"
    smarthost_user: str = ""
    smarthost_password: Secret = Secret("")
    reply_address: str = ""
    """Who answers; empty: the first of `addresses`."""
    reply_name: str = "Kanal Aduan DKI Jakarta"
    bounce_address: str = ""
    """Where answers come back that cannot be delivered, with `+<token>` before the @; empty: `bounces` beside
    `reply_address`."""
    replies_per_minute: Positive = 60

    @property
    def answers_as(self) -> str:
        """The address that our answers bear."""
        return (self.reply_address or self.addresses[0]).lower()

    @property
    def bounces_to(self) -> str:
        """The address of the envelope's sender (VERP), without its token."""
        return (self.bounce_address or f"bounces@{self.answers_as.rpartition('@')[2]}").lower()

    def bounce_token(self, address: str) -> str:
        """The token of an address that one of our answers was sent under; empty for any other address."""
        local, _, domain = address.strip().lower().rpartition("@")
        user, _, token = local.partition("+")
        ours = bool(self.smarthost) and f"{user}@{domain}" == self.bounces_to
        return token if ours and _TOKEN.fullmatch(token) else ""

    def is_ours(self, address: str) -> bool:
        """Whether mail for `address` is for this account. Exact: no route, quote, percent or bang is looked into."""
        address = address.lower()
        if address in self._own() or address == self.answers_as:
            return True
        if self.smarthost and (address == self.bounces_to or self.bounce_token(address)):
            return True
        local, _, domain = address.rpartition("@")
        user, plus, tag = local.partition("+")
        return bool(
            self.subaddresses
            and plus
            and tag.replace("-", "").replace("_", "").replace(".", "").replace("=", "").isalnum()
            and tag.isascii()
            and f"{user}@{domain}" in self._own()
        )

    def _own(self) -> frozenset[str]:
        return frozenset(address.lower() for address in self.addresses)
