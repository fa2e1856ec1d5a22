"""What is asked for of each item, so that nothing needs a second question; and a page taken apart into its items.

https://docs.x.com/x-api/fundamentals/expansions
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from normalizer.errors import ProviderUnavailable

_POST_FIELDS = {
    "expansions": [
        "author_id",
        "attachments.media_keys",
        "geo.place_id",
        "referenced_tweets.id",
        "referenced_tweets.id.author_id",
        "edit_history_tweet_ids",
    ],
    "tweet_fields": [
        "created_at",
        "conversation_id",
        "in_reply_to_user_id",
        "entities",
        "geo",
        "note_tweet",
        "attachments",
        "referenced_tweets",
        "edit_history_tweet_ids",
    ],
    "user_fields": ["name", "username"],
    "media_fields": ["type", "url", "preview_image_url", "variants", "alt_text"],
}
MENTION_FIELDS = _POST_FIELDS | {"place_fields": ["full_name", "geo", "place_type"]}
DIRECT_FIELDS = {
    "expansions": ["sender_id", "attachments.media_keys", "referenced_tweets.id"],
    "dm_event_fields": [
        "created_at",
        "sender_id",
        "dm_conversation_id",
        "attachments",
        "referenced_tweets",
        "entities",
    ],
    "user_fields": ["name", "username"],
    "media_fields": ["type", "url", "preview_image_url", "variants", "alt_text"],
    "tweet_fields": ["author_id", "entities", "note_tweet"],
    "event_types": "MessageCreate",
}


class Page(Struct, frozen=True, kw_only=True):
    """Items as (id or empty, bytes with what they refer to), as X sorts them: newest first."""

    items: Sequence[tuple[str, bytes]]
    following: str = ""


def page_of(found: Any) -> Page:
    """A listing's answer. Raises `ProviderUnavailable` when it is none."""
    data = found.get("data", []) if isinstance(found, dict) else None
    if not isinstance(data, list) or (not data and "meta" not in found):
        raise ProviderUnavailable("X answered without a page of items")
    includes, meta = found.get("includes"), found.get("meta")
    following = meta.get("next_token", "") if isinstance(meta, dict) else ""
    return Page(items=[_alone(item, includes) for item in data], following=str(following))


def _alone(item: Any, includes: Any) -> tuple[str, bytes]:
    """One item of a page with those of the page's includes that it, or a post it refers to, names."""
    own = msgspec.json.encode(item)
    kept: dict[str, list[Any]] = {}
    if isinstance(includes, dict):
        named = own
        # Posts first: their authors are named in them, not in the item.
        for kind in sorted(includes, key=lambda kind: kind != "tweets"):
            objects = includes[kind] if isinstance(includes[kind], list) else []
            for found in objects:
                key = found.get("media_key" if kind == "media" else "id") if isinstance(found, dict) else None
                if isinstance(key, str) and f'"{key}"'.encode() in named:
                    kept.setdefault(kind, []).append(found)
                    if kind == "tweets":
                        named += msgspec.json.encode(found)
    number = item.get("id") if isinstance(item, dict) else None
    digits = isinstance(number, str) and number.isascii() and number.isdigit() and len(number) < 20
    body = msgspec.json.encode({"data": item, "includes": kept} if kept else {"data": item})
    return (str(number) if digits else ""), body
