"""What we say on X: below a citizen's post where all can read it, or to the citizen alone.

Public words only when they are meant for the public (`Outgoing.private` is False); private ones go as a direct
message, to the author of a post too. X takes 280 weighted characters in a post, 10,000 in a direct message.
https://docs.x.com/fundamentals/counting-characters
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from adapters.base import Outgoing
from adapters.shared.pace import Limit, Pace
from adapters.x.api import XApi
from normalizer.errors import Misconfigured, NeedsOperator, ProviderRefused, ProviderUnavailable

POST_LENGTH, DIRECT_LENGTH = 280, 10_000
#: What a link counts, however long it is: X shortens each.
_LINK = 23
_LINKS = re.compile(r"https?://\S+")
#: Characters that count one; every other counts two.
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_QUARTER, _DAY = 900.0, 86_400.0
#: Seconds after which an answer that only the operator can make possible is tried again.
_OPERATORS_TIME = 900.0


class Speaker:
    """Sends replies in turn, within X's limits for the account."""

    def __init__(self, api: XApi, writes: bool, posts: int, directs: int, directs_per_day: int) -> None:
        """`posts` and `directs` are calls in a quarter of an hour; `writes` says whether we have the keys."""
        self._api, self._writes = api, writes
        self._posts = Pace(Limit(posts, _QUARTER))
        self._directs = Pace(Limit(directs, _QUARTER), Limit(directs_per_day, _DAY))

    async def say(self, reply_to: Mapping[str, str], outgoing: Outgoing) -> str:
        """As `Replies.reply`."""
        if not self._writes:
            raise ProviderRefused("this account has no keys to write with")
        post, person = reply_to.get("post_id", ""), reply_to.get("participant_id", "")
        public = bool(post) and not outgoing.private
        if not (public or person):
            raise ProviderRefused("the words are private, and the author of the post is not known")
        text = fitted(outgoing.text, POST_LENGTH) if public else _cut(outgoing.text.strip(), DIRECT_LENGTH)
        if not text:
            raise ProviderRefused("there is nothing to say")
        pace = self._posts if public else self._directs
        await pace.turn()
        try:
            return await (self._api.post(text, post) if public else self._api.direct(text, person))
        except Misconfigured as error:
            # It is the operator's turn (`Health` has said so); the citizen's answer waits for it.
            raise NeedsOperator(error.problem, _OPERATORS_TIME) from None
        except ProviderUnavailable as error:
            if error.retry_after:
                pace.hold(error.retry_after)
            raise


def weight(text: str) -> int:
    """How much of a post's 280 `text` takes."""
    links = _LINKS.findall(text)
    rest = _LINKS.sub("", text)
    light = sum(any(first <= ord(c) <= last for first, last in _LIGHT) for c in rest)
    return len(links) * _LINK + light + 2 * (len(rest) - light)


def fitted(text: str, limit: int) -> str:
    """`text` if it weighs no more than `limit`, else as many whole words as do, and an ellipsis."""
    text = text.strip()
    if weight(text) <= limit:
        return text
    words = re.split(r"(\s+)", text)
    kept = ""
    for word in words:
        if weight(kept + word) > limit - weight("…"):
            break
        kept += word
    return f"{kept.rstrip()}…" if kept.strip() else _cut(text, limit // 2)


def _cut(text: str, limit: int) -> str:
    """At most `limit` characters, at the end of a word where there is one near."""
    if len(text) <= limit:
        return text
    short = text[: limit - 1]
    space = short.rfind(" ")
    return f"{short[:space] if space > limit - 100 else short}".rstrip() + "…"
