"""One Instagram account: messages, comments, mentions and their words, answers to all of them.

Transport and proof are Meta's, the same for all of its products: `adapters.shared.meta`; what an account shares with
a Facebook page: `adapters.shared.meta_pages`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from msgspec import Struct

from adapters.base import Item
from adapters.instagram.parse import parse, wordless
from adapters.shared.meta_graph import part
from adapters.shared.meta_mentions import Mention, Wordless, Words
from adapters.shared.meta_pages import PageAdapter, PageSettings, Post
from normalizer.errors import ProviderRefused


class InstagramSettings(PageSettings, frozen=True, kw_only=True):
    """One professional account; `account_id` is its number at Meta (1784…), not its name."""

    account_id: str


class _Medium(Struct, frozen=True):
    """A post or a comment that mentions us; `caption` and `media_url` are a post's, `text` a comment's."""

    username: str | None = None
    caption: str | None = None
    text: str | None = None
    timestamp: Any = None
    permalink: str | None = None
    media_url: str | None = None


class _Mentioned(Struct, frozen=True):
    mentioned_media: _Medium | None = None
    mentioned_comment: _Medium | None = None


class InstagramAdapter(PageAdapter[InstagramSettings]):
    """One Instagram account (`Webhook`, `FetchesMedia`, `Runs`, `Replies`, `Prepares`)."""

    name: ClassVar[str] = "instagram"
    title: ClassVar[str] = "Instagram"
    default_channel: ClassVar[str] = "instagram"
    converses: ClassVar[bool] = True
    edits: ClassVar[bool] = True
    Settings: ClassVar[type[Struct]] = InstagramSettings
    own_setting: ClassVar[str] = "account_id"
    text_limit: ClassVar[int] = 1000
    text_in_bytes: ClassVar[bool] = True

    @property
    def wordless(self) -> Wordless:
        return wordless

    def read(self, body: bytes, words: Mapping[str, Words]) -> Sequence[Item]:
        return parse(body, self.us, words)

    def in_public(self, reply_to: Mapping[str, str], text: str) -> Post | None:
        """…/instagram-platform/instagram-graph-api/reference/ig-comment/replies; for mentions …/ig-user/mentions"""
        media, comment = reply_to.get("media_id", ""), reply_to.get("comment_id", "")
        if media:
            where = {"media_id": media, **({"comment_id": comment} if comment else {})}
            return Post(f"{self.us}/mentions", {**where, "message": text})
        return Post(f"{part(comment)}/replies", {"message": text}) if comment else None

    def in_private(self, reply_to: Mapping[str, str]) -> Mapping[str, str] | None:
        """Only under posts of our own; a mention stands under somebody else's, and has a `media_id`."""
        comment = reply_to.get("comment_id")
        return {"comment_id": comment} if comment and not reply_to.get("media_id") else None

    async def ask(self, mention: Mention) -> Words:
        """…/instagram-platform/instagram-graph-api/reference/ig-user/mentioned_media and …/mentioned_comment"""
        kind = "mentioned_comment.comment_id" if mention.comment else "mentioned_media.media_id"
        wanted = (
            "text,timestamp,username" if mention.comment else "caption,timestamp,username,permalink,media_url"
        )
        query = {"fields": f"{kind}({part(mention.id)}){{{wanted}}}"}
        answer = await self.graph.get(self.us, _Mentioned, "mentions", query)
        found = answer.mentioned_comment or answer.mentioned_media
        if found is None:
            raise ProviderRefused("Instagram tells nothing of this mention")
        return Words(
            text=found.text or found.caption or "",
            handle=found.username or "",
            at=str(found.timestamp or ""),
            permalink=found.permalink or "",
            files=(found.media_url,) if found.media_url else (),
        )
