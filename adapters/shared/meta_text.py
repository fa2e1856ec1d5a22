"""A long answer as several messages of a size that a provider takes, each of them sent once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

#: Answers that are remembered while a piece of them waits for another attempt.
_REMEMBERED = 1000


def pieces(text: str, limit: int, *, in_bytes: bool = False) -> Sequence[str]:
    """`text` in parts of at most `limit` characters (or bytes of UTF-8), cut at a line or a space where one is near.

    At least one part; no character is lost but the white space at a cut.
    """
    found: list[str] = []
    rest = text.strip()
    while _size(rest, in_bytes) > limit:
        head = _head(rest, limit, in_bytes)
        cut = max(head.rfind("\n"), head.rfind(" ")) if len(head) < len(rest) else len(head)
        # A space far from the end would leave a message half empty: then a word is cut.
        head = head[:cut] if cut > len(head) // 2 else head
        found.append(head.rstrip())
        rest = rest[len(head) :].lstrip()
    return [*found, rest] if rest or not found else found


def _size(text: str, in_bytes: bool) -> int:
    return len(text.encode("utf-8", "replace")) if in_bytes else len(text)


def _head(text: str, limit: int, in_bytes: bool) -> str:
    if not in_bytes:
        return text[:limit]
    return text.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")


class Begun:
    """Answers whose first pieces went out while a later one failed; a restart forgets them."""

    def __init__(self) -> None:
        self._sent: OrderedDict[str, list[str]] = OrderedDict()

    async def send(self, key: str, texts: Sequence[str], send: Callable[[str], Awaitable[str]]) -> str:
        """Send what was not sent under `key` before; the id of the last piece."""
        sent = self._sent.pop(key, [])
        try:
            for text in texts[len(sent) :]:
                sent.append(await send(text))
        except BaseException:
            self._remember(key, sent)
            raise
        return sent[-1]

    def _remember(self, key: str, sent: list[str]) -> None:
        if sent:
            self._sent[key] = sent
            if len(self._sent) > _REMEMBERED:
                self._sent.popitem(last=False)
