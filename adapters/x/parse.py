"""One raw event of X, in any of its shapes -> items. Pure; what we do not read is passed over.

Poll and stream bring API v2 objects (`data` with `includes`), the Account Activity webhooks v1.1 objects
(`tweet_create_events`, `direct_message_events`), the X Activity webhooks either in an envelope of their own, older
listings `statuses` or a bare array. The external id is always X's own: of the post, or of the direct message's event.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import msgspec

from adapters.base import Ignored, Item, NotRead, Receipt
from adapters.x import v1, v2
from adapters.x.post import Us, direct_item, post_item
from adapters.x.words import unix_milliseconds
from normalizer.errors import Unreadable

Json = dict[str, Any]
#: Keys of a webhook body that hold no events.
_FRAME = frozenset({"for_user_id", "user_has_blocked", "users", "apps", "is_blocked_by", "source"})
#: What marks an object of X that is no post: a user, a saved search, a space, a list, a trend.
_NO_POST = (
    "name",
    "screen_name",
    "username",
    "query",
    "state",
    "slug",
    "member_count",
    "tweet_volume",
    "tweet_count",
    "trends",
    "trend_name",
    "title",
)
#: Events of X Activity that bring somebody's words.
_POSTED, _DIRECTED = ("post.create", "post.mention.create", "post.reply.create"), ("dm.received", "dm.sent")


def parse_body(body: bytes, us: Us) -> Sequence[Item]:
    """Every item of a raw event. Raises `Unreadable` when not even its shape is known."""
    found = decoded(body)
    if isinstance(found, list):
        return _each(found, lambda item: _v1_post(item, us))
    if not isinstance(found, dict):
        raise Unreadable("X sends objects; this is none")
    if "for_user_id" in found or any(key.endswith("_events") for key in found) or "user_event" in found:
        return _webhook(found, us)
    if "statuses" in found:
        return _each(found["statuses"], lambda item: _v1_post(item, us))
    if "data" in found:
        includes, data = v2.Includes(found.get("includes")), found["data"]
        if isinstance(data, dict) and isinstance(data.get("payload"), dict):
            return _activity(data, us)
        several = data if isinstance(data, list) else [data]
        return _each(several, lambda item: _v2(item, includes, us))
    if isinstance(found.get("event"), dict) or isinstance(found.get("events"), list):
        several = found["events"] if "events" in found else [found["event"]]
        return _each(several, lambda item: _v1_direct(item, found.get("users"), us))
    if isinstance(found.get("meta"), dict):
        return (Ignored(reason="empty", detail="a page without items"),)
    if "errors" in found or "error" in found:
        return (Ignored(reason="unsupported", detail="an error of X"),)
    if "id_str" in found or isinstance(found.get("user"), dict):
        return _each([found], lambda item: _v1_post(item, us))
    if "id" in found:
        return _each([found], lambda item: _v2(item, v2.Includes(None), us))
    raise Unreadable("neither a post, nor a direct message, nor a webhook's event")


def decoded(body: bytes) -> Any:
    """`body` as plain values without nulls (v1.1 writes one for each field that is not set).

    A citizen's half emoji (a lone surrogate) or a broken byte costs that character, not the page around it.
    Raises `Unreadable`.
    """
    try:
        try:
            return _without_nulls(msgspec.json.decode(body))
        except (msgspec.DecodeError, UnicodeError):
            loose = json.loads(body.decode("utf-8", "replace"), parse_constant=_no_number)
            whole = json.dumps(loose, ensure_ascii=False).encode("utf-8", "replace")
            return _without_nulls(msgspec.json.decode(whole))
    except (ValueError, msgspec.DecodeError, RecursionError) as error:
        raise Unreadable(f"not JSON: {type(error).__name__}") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_nulls(v) for v in value]
    return value


def _webhook(body: Json, us: Us) -> Sequence[Item]:
    items: list[Item] = []
    stranger = str(body.get("for_user_id", us.user_id)) != us.user_id
    for kind, events in body.items():
        if kind in _FRAME:
            continue
        several = events if isinstance(events, list) else [events]
        if stranger:
            items += [
                Ignored(reason="other_account", external_id=_id_of(e), detail=kind[:60]) for e in several
            ]
        elif kind == "tweet_create_events":
            items += _each(several, lambda item: _v1_post(item, us, surely=True))
        elif kind == "direct_message_events":
            items += _each(several, lambda item: _v1_direct(item, body.get("users"), us))
        else:
            items += [_unsupported(kind, event, us) for event in several]
    if not items:
        items.append(Ignored(reason="other_account" if stranger else "empty"))
    return items


def _unsupported(kind: str, event: Any, us: Us) -> Item:
    """Likes, follows, typing; receipts of reading; and deletions, which name the post in `status`."""
    found = event if isinstance(event, dict) else {}
    read = found.get("last_read_event_id") if kind == "direct_message_mark_read_events" else None
    if isinstance(read, str) and read and str(found.get("sender_id")) != us.user_id:
        at = unix_milliseconds(str(found.get("created_timestamp", "")))
        return Receipt(external_id=read[:40], state="read", at=at)
    status = found.get("status")
    return Ignored(
        reason="unsupported", external_id=_id_of(status if status is not None else event), detail=kind[:60]
    )


def _activity(data: Json, us: Us) -> Sequence[Item]:
    """One event of X Activity, which follows Account Activity. https://docs.x.com/x-api/activity/event-payloads"""
    kind, payload = str(data.get("event_type", "")), data["payload"]
    chosen = data.get("filter")
    ours = str(chosen.get("user_id", us.user_id)) if isinstance(chosen, dict) else us.user_id
    if ours != us.user_id:
        return (Ignored(reason="other_account", external_id=_id_of(payload), detail=kind[:60]),)
    if any(key.endswith("_events") for key in payload):
        return _webhook(payload, us)
    includes = v2.Includes(data.get("includes"))
    if kind in _POSTED:
        return _each([payload], lambda item: post_item(v2.read_post(item, includes), us))
    if kind in _DIRECTED:
        return _each([payload], lambda item: direct_item(v2.read_direct(item, includes), us))
    return (Ignored(reason="unsupported", external_id=_id_of(payload), detail=kind[:60]),)


def _each(several: Any, read: Callable[[Json], Item]) -> Sequence[Item]:
    """A fate for each: one that cannot be read never holds up the others."""
    if not isinstance(several, list):
        raise Unreadable("a list of items was expected")
    if not several:
        return (Ignored(reason="empty", detail="no items"),)
    items: list[Item] = []
    for item in several:
        if not isinstance(item, dict):
            items.append(NotRead(reason="an item that is no object"))
            continue
        try:
            items.append(read(item))
        except (msgspec.ValidationError, ValueError, OverflowError) as error:
            reason = str(error) if isinstance(error, msgspec.ValidationError) else type(error).__name__
            items.append(NotRead(reason=reason[:200], external_id=_id_of(item)))
    return items


def _v1_post(item: Json, us: Us, *, surely: bool = False) -> Item:
    if not surely and _no_post(item):
        return Ignored(reason="unsupported", external_id=_id_of(item), detail="no post")
    if "id_str" not in item and "user" not in item and isinstance(item.get("id"), str):
        return _v2(item, v2.Includes(None), us)  # an array of v2 posts
    return post_item(v1.read_post(item), us)


def _v1_direct(item: Json, users: Any, us: Us) -> Item:
    kind = item.get("type", "message_create")
    if kind != "message_create":
        return Ignored(reason="unsupported", external_id=_id_of(item), detail=str(kind)[:60])
    return direct_item(v1.read_direct(item, users), us)


def _v2(item: Json, includes: v2.Includes, us: Us) -> Item:
    kind = item.get("event_type")
    if kind == "MessageCreate":
        return direct_item(v2.read_direct(item, includes), us)
    if kind is not None:
        return Ignored(reason="unsupported", external_id=_id_of(item), detail=str(kind)[:60])
    if _no_post(item):
        return Ignored(reason="unsupported", external_id=_id_of(item), detail="no post")
    return post_item(v2.read_post(item, includes), us)


def _no_post(item: Json) -> bool:
    written = "text" in item or "full_text" in item or "extended_tweet" in item
    return not written and any(key in item for key in _NO_POST)


def _id_of(item: Any) -> str:
    """The id of whatever it is, for the log; empty when it bears none."""
    if not isinstance(item, dict):
        return ""
    number = str(item.get("id_str") or item.get("id") or "")
    return number if number.isascii() and number.isdigit() and len(number) <= 20 else ""
