"""A citizen of Facebook, and Meta itself: deliveries in batches, a Graph API with files on loopback."""

from __future__ import annotations

from adapters.base import Account, Gateway, Letter
from adapters.facebook.adapter import FacebookSettings
from adapters.shared.meta import signed
from adapters.shared.meta_fake import MetaSimulator, messaging, milliseconds, person_id, words
from adapters.shared.meta_fake_graph import Json, Product
from normalizer.record import RawEvent


def sign(raw: RawEvent, settings: FacebookSettings) -> RawEvent:
    """`raw` with the header that Meta adds to every POST."""
    return signed(raw, settings)


def simulator(account: Account, settings: FacebookSettings, gateway: Gateway) -> FacebookSimulator:
    return FacebookSimulator(account, settings, gateway)


class FacebookSimulator(MetaSimulator[FacebookSettings]):
    """Citizens who write to one page: in Messenger by `send`, under a post for all to read by `comment`."""

    PRODUCT: Product = "page"
    OWN = "page_id"

    def body(self, letter: Letter) -> Json:
        page = self.settings.page_id
        events = messaging(letter, page, [url for _, url in self.stored(letter)])
        return {"object": "page", "entry": [{"id": page, "time": milliseconds(), "messaging": events}]}

    async def comment(self, letter: Letter, *, verb: str = "add", parent: str = "") -> str:
        """One comment under a post of the page, or an answer to another comment, or an edit of it."""
        page, now = self.settings.page_id, milliseconds()
        post = f"{page}_900001"
        value: Json = {
            "from": {"id": person_id(letter.sender), "name": letter.sender},
            "post": {
                "status_type": "mobile_status_update",
                "is_published": True,
                "updated_time": "2026-11-23T04:30:00+0000",
                "permalink_url": f"https://www.facebook.com/{page}/posts/900001",
                "promotion_status": "inactive",
                "id": post,
            },
            "message": words(letter),
            "post_id": post,
            "comment_id": f"900001_{letter.number}",
            "created_time": now // 1000,
            "item": "comment",
            "parent_id": parent or post,
            "verb": verb,
        }
        photos = [url for _, url in self.stored(letter)]
        if photos:
            value["photo"] = photos[0]
        liked: Json = {
            "from": value["from"],
            "post_id": post,
            "created_time": now // 1000,
            "item": "reaction",
            "parent_id": post,
            "reaction_type": "like",
            "verb": "add",
        }
        changes = [{"value": value, "field": "feed"}, {"value": liked, "field": "feed"}]
        return await self.deliver(
            {"object": "page", "entry": [{"id": page, "time": now // 1000, "changes": changes}]}
        )
