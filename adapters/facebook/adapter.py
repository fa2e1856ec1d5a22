"""One Facebook page: its feed and its Messenger, answers to both, and the words of mentions.

Transport and proof are Meta's, the same for all of its products: `adapters.shared.meta`; what a page shares with an
Instagram account: `adapters.shared.meta_pages`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from msgspec import Struct

from adapters.base import Item
from adapters.facebook.parse import parse, wordless
from adapters.shared.meta_batch import Id, text_of
from adapters.shared.meta_graph import part
from adapters.shared.meta_mentions import Mention, Wordless, Words
from adapters.shared.meta_pages import PageAdapter, PageSettings, Post


class FacebookSettings(PageSettings, frozen=True, kw_only=True):
    """One page; `page_id` is its number, under About, Page transparency."""

    page_id: str


class _Person(Struct, frozen=True):
    id: Id | None = None
    name: str | None = None


class _Image(Struct, frozen=True):
    src: str | None = None


class _Media(Struct, frozen=True):
    image: _Image | None = None


class _Attachment(Struct, frozen=True):
    media: _Media | None = None


class _Written(Struct, frozen=True, rename={"sender": "from"}):
    """A post or a comment; `full_picture` is a post's, `attachment` a comment's."""

    sender: _Person | None = None
    message: str | None = None
    created_time: Any = None
    permalink_url: str | None = None
    full_picture: str | None = None
    attachment: _Attachment | None = None


class FacebookAdapter(PageAdapter[FacebookSettings]):
    """One Facebook page (`Webhook`, `FetchesMedia`, `Runs`, `Replies`, `Prepares`)."""

    name: ClassVar[str] = "facebook"
    title: ClassVar[str] = "Facebook"
    default_channel: ClassVar[str] = "facebook"
    converses: ClassVar[bool] = True
    edits: ClassVar[bool] = True
    Settings: ClassVar[type[Struct]] = FacebookSettings
    own_setting: ClassVar[str] = "page_id"
    text_limit: ClassVar[int] = 2000

    @property
    def wordless(self) -> Wordless:
        return wordless

    def read(self, body: bytes, words: Mapping[str, Words]) -> Sequence[Item]:
        return parse(body, self.us, words)

    def in_public(self, reply_to: Mapping[str, str], text: str) -> Post | None:
        """developers.facebook.com/docs/graph-api/reference/object/comments#publish"""
        above = reply_to.get("comment_id") or reply_to.get("post_id")
        return Post(f"{part(above)}/comments", {"message": text}) if above else None

    def in_private(self, reply_to: Mapping[str, str]) -> Mapping[str, str] | None:
        for name in ("comment_id", "post_id"):
            if reply_to.get(name):
                return {name: reply_to[name]}
        return None

    async def ask(self, mention: Mention) -> Words:
        """developers.facebook.com/docs/graph-api/reference/comment and …/reference/post"""
        picture = "attachment" if mention.comment else "full_picture"
        fields = f"message,from,created_time,permalink_url,{picture}"
        found = await self.graph.get(part(mention.id), _Written, "mentions", {"fields": fields})
        person = found.sender or _Person()
        media = found.attachment.media if found.attachment else None
        photo = found.full_picture or (media.image.src if media and media.image else None)
        return Words(
            text=found.message or "",
            sender_id=text_of(person.id),
            name=person.name or "",
            at=str(found.created_time or ""),
            permalink=found.permalink_url or "",
            files=(photo,) if photo else (),
        )
