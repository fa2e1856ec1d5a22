"""The webhook of one Facebook page: comments, posts and mentions on its feed, messages in Messenger, their files.

Transport and proof are Meta's, the same for all of its products: `adapters.shared.meta`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from msgspec import Struct

from adapters.base import Account, Item, Ports
from adapters.facebook.parse import parse
from adapters.shared.meta import MetaAdapter, MetaSettings
from normalizer.record import RawEvent


class FacebookSettings(MetaSettings, frozen=True, kw_only=True):
    """One page; `page_id` is its number, under About, Page transparency."""

    page_id: str


class FacebookAdapter(MetaAdapter[FacebookSettings]):
    """One Facebook page (`Webhook`, `FetchesMedia`)."""

    name: ClassVar[str] = "facebook"
    title: ClassVar[str] = "Facebook"
    default_channel: ClassVar[str] = "facebook"
    Settings: ClassVar[type[Struct]] = FacebookSettings

    def __init__(self, account: Account, settings: FacebookSettings, ports: Ports) -> None:
        super().__init__(account, settings, ports)
        self._page = self.own_id("page_id", settings.page_id)

    def parse(self, raw: RawEvent) -> Sequence[Item]:
        return parse(raw.body, self._page)
