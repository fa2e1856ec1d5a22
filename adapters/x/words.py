"""What an X post says once its wrapping is off: escapes, t.co links, the mention that only addresses us.

https://docs.x.com/x-api/fundamentals/data-dictionary and
https://docs.x.com/x-api/enterprise-gnip-2.0/fundamentals/data-dictionary (v1.1). Pure and linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

_ESCAPES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'"}
_ESCAPE = re.compile("|".join(map(re.escape, _ESCAPES)))
_SHORT = re.compile(r"([ \t]?)(https?://t\.co/[A-Za-z0-9]+)")
_STATUS = re.compile(
    r"https?://(?:www\.|mobile\.)?(?:twitter|x)\.com/(?:i/web|\w+)/status/(\d{1,20})(/\w+/\d+)?"
)
_MENTION = re.compile(r"@(\w{1,50})")
_MENTIONS = re.compile(r"(?:@\w{1,50}[\s,:]*)+")
_TEXT_TIME = re.compile(r"\w{3} (\w{3}) (\d{2}) (\d{2}):(\d{2}):(\d{2}) \+0000 (\d{4})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: What X puts in the place of a text that it withholds where we are.
_WITHHELD = re.compile(r"This (?:Tweet|Post|post) from @\w+ (?:has been|is) withheld")
#: Ids carry their own time since November 2010, in milliseconds from this moment.
_EPOCH, _FIRST_TIMED_ID = datetime.fromtimestamp(1_288_834_974.657, UTC), 29_700_859_247


def unescaped(text: str) -> str:
    """X escapes &, < and > as HTML does, and once; a citizen's own `&copy;` stays as it was written."""
    return _ESCAPE.sub(lambda found: _ESCAPES[found.group()], text)


def expanded(text: str, links: Mapping[str, str], hidden: Collection[str] = ()) -> str:
    """`text` with each t.co link as its address; those in `hidden` (media, the quoted post) go with their space."""

    def address(found: re.Match[str]) -> str:
        space, short = found.groups()
        if short in hidden:
            return ""
        long = links.get(short, short)
        return space + (long if long.startswith(("http://", "https://")) else short)

    return _SHORT.sub(address, text).strip()


def post_in(address: str) -> tuple[str, bool]:
    """The id of the post that `address` shows, or empty; and whether it is one of its photos or videos."""
    found = _STATUS.match(address)
    return (found.group(1), bool(found.group(2))) if found else ("", False)


def withheld(text: str) -> bool:
    """Whether X shows its own words instead of the author's, by order of somebody."""
    return bool(_WITHHELD.match(text))


def without_mention(text: str, username: str) -> str:
    """`text` without @username among the mentions that open it: the address on the envelope, not the letter."""
    opening = _MENTIONS.match(text)
    if not opening:
        return text
    names = [found.group(1) for found in _MENTION.finditer(opening.group())]
    others = [f"@{name}" for name in names if name.lower() != username.lower()]
    if len(others) == len(names):
        return text
    return " ".join((*others, text[opening.end() :])).strip()


def only_mentions(text: str) -> bool:
    """Whether nothing is said: names of accounts, or not even those."""
    return not text or bool(_MENTIONS.fullmatch(text))


def moment(written: str, number: str) -> datetime | None:
    """When something was written: RFC 3339 (v2), `Fri Jul 12 23:40:37 +0000 2019` (v1.1), else from its id."""
    found = _TEXT_TIME.fullmatch(written)
    try:
        if found:
            month, day, hour, minute, second, year = found.groups()
            at = (int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second))
            return datetime(*at, tzinfo=UTC)
        if written:
            parsed = datetime.fromisoformat(written)
            return parsed.astimezone(UTC) if parsed.tzinfo else None
    except (ValueError, OverflowError):
        pass  # the post matters more than its clock
    return _time_in(number)


def _time_in(number: str) -> datetime | None:
    """https://docs.x.com/fundamentals/x-ids: 41 bits of milliseconds above 22 others."""
    value = int(number or 0)
    if not _FIRST_TIMED_ID <= value < 1 << 63:
        return None
    return _EPOCH + timedelta(milliseconds=value >> 22)


def unix_milliseconds(written: str, number: str = "") -> datetime | None:
    """The `created_timestamp` of a direct message, which is milliseconds as text; else the time in its id."""
    if written.isascii() and written.isdigit() and len(written) <= 14:
        return datetime.fromtimestamp(int(written) / 1000, UTC)
    return _time_in(number)
