"""A citizen of Instagram, and Meta itself: deliveries in batches, a Graph API with files on loopback."""

from __future__ import annotations

from adapters.base import Account, Gateway, Letter
from adapters.instagram.adapter import InstagramSettings
from adapters.shared.meta import signed
from adapters.shared.meta_fake import MetaSimulator, messaging, milliseconds, person_id, words
from adapters.shared.meta_fake_graph import Json, Product
from normalizer.record import RawEvent


def sign(raw: RawEvent, settings: InstagramSettings) -> RawEvent:
    """`raw` with the header that Meta adds to every POST."""
    return signed(raw, settings)


def simulator(account: Account, settings: InstagramSettings, gateway: Gateway) -> InstagramSimulator:
    return InstagramSimulator(account, settings, gateway)


class InstagramSimulator(MetaSimulator[InstagramSettings]):
    """Citizens who write to one account: in private by `send`, under a post for all to read by `comment`."""

    PRODUCT: Product = "instagram"
    OWN = "account_id"

    def body(self, letter: Letter) -> Json:
        us = self.settings.account_id
        events = messaging(letter, us, [url for _, url in self.stored(letter)])
        return {"object": "instagram", "entry": [{"id": us, "time": milliseconds(), "messaging": events}]}

    async def comment(self, letter: Letter, *, parent: str = "") -> str:
        """One comment under a post of the account, or an answer to another comment."""
        value: Json = {
            "from": {"id": person_id(letter.sender), "username": letter.sender.lower().replace(" ", "_")},
            "media": {"id": "17900000000000001", "media_product_type": "FEED"},
            "id": str(17_800_000_000_000_000 + letter.number),
            "text": words(letter),
        }
        if parent:
            value["parent_id"] = parent
        entry: Json = {"id": self.settings.account_id, "time": milliseconds() // 1000}
        entry["changes"] = [{"field": "comments", "value": value}]
        return await self.deliver({"object": "instagram", "entry": [entry]})
