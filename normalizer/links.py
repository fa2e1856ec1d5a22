"""Addresses of pages in a text: with their scheme, without it, and the bare name of a site."""

from __future__ import annotations

import re
from collections.abc import Iterator

WHOLE = re.compile(r"\b(?:https?://|www\.)(?:[^\s/@]{0,200}@)?([\w.-]+)\S*", re.IGNORECASE)
#: Written without its scheme: only with a path, so that "rusak.com" said of a shop stays.
BARE = re.compile(
    r"(?<![\w@/.])((?:[\w-]{1,40}\.){1,3}(?:com|id|net|org|me|ly|co|link|site|xyz|gg|ai|app|ee|tv|page|web|info"
    r"|biz|dev"
    r"|my|sg|online|store|shop|vip|club|top|cc|to|bio|im|st|tk|ru|io|us|uk|it|be|gl))/\S+",
    re.IGNORECASE,
)
#: What every bare link holds.
HOST_AND_PATH = re.compile(r"\.[A-Za-z]{2,6}/")
#: The name of a site, with nothing behind it.
_SITE = r"(?<![\w@/.-])((?:[\w-]{1,40}\.){1,3}(?:com|net|org|(?:go|co|or|ac|sch|my|web)\.id))\b(?![@-]|\.\w)"
_ANY = re.compile(rf"{WHOLE.pattern}|{BARE.pattern}|{_SITE}", re.IGNORECASE)
#: Whatever could be one has one of these; most texts have none and stop here.
_SIGN = re.compile(r"[.:](?://|[a-z]{2,6}/|(?<=www\.)|(?:com|net|org|id)\b)", re.IGNORECASE)
#: The domain of a mail address bears the sign of a page and is none, so that it alone calls for no closer look.
_DOMAIN = re.compile(r"@(?!\S{0,200}www\.)[\w-]+(?:\.[\w-]+)+(?![\w/@-])", re.IGNORECASE)


def _may_hold(text: str) -> bool:
    return _SIGN.search(_DOMAIN.sub(" ", text) if "@" in text else text) is not None


def links(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and host (in small letters) of every address in `text`. Linear time."""
    if _may_hold(text):
        for match in _ANY.finditer(text):
            yield match.start(), match.end(), match[match.lastindex or 0].lower().strip(".")


def without_links(text: str) -> str:
    """`text` with a space for every address."""
    return _ANY.sub(" ", text) if _may_hold(text) else text
