"""The webhook of one Instagram account: messages, comments, mentions, their files.

Transport and proof are Meta's, the same for all of its products: `adapters.shared.meta`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from msgspec import Struct

from adapters.base import Account, Item, Ports
from adapters.instagram.parse import parse
from adapters.shared.meta import MetaAdapter, MetaSettings
from normalizer.record import RawEvent


class InstagramSettings(MetaSettings, frozen=True, kw_only=True):
    """One professional account; `account_id` is its number at Meta (1784…), not its name."""

    account_id: str


class InstagramAdapter(MetaAdapter[InstagramSettings]):
    """One Instagram account (`Webhook`, `FetchesMedia`)."""

    name: ClassVar[str] = "instagram"
    title: ClassVar[str] = "Instagram"
    default_channel: ClassVar[str] = "instagram"
    Settings: ClassVar[type[Struct]] = InstagramSettings

    def __init__(self, account: Account, settings: InstagramSettings, ports: Ports) -> None:
        super().__init__(account, settings, ports)
        self._us = self.own_id("account_id", settings.account_id)

    def parse(self, raw: RawEvent) -> Sequence[Item]:
        return parse(raw.body, self._us)
