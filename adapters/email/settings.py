"""What an operator can set for a mailbox, each with a default that is safe to start with."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Positive = Annotated[int, Meta(ge=1)]


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

    def is_ours(self, address: str) -> bool:
        """Whether mail for `address` is for this account. Exact: no route, quote, percent or bang is looked into."""
        address = address.lower()
        if address in self._own():
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
