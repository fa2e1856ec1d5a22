"""How a text is cut where it is longer than a provider takes at once: whole words, nothing lost, nothing added.

A segment's alphabet is GSM 03.38 (a septet per character, two for those behind the escape) or UCS-2 (3GPP TS 23.038).
"""

from __future__ import annotations

from collections.abc import Iterator

from adapters.sms.charset import gsm_septets


def is_gsm(text: str) -> bool:
    """Whether the 7-bit alphabet holds all of `text`."""
    return all(gsm_septets(letter) for letter in text)


def pieces(text: str, septets: int, units: int) -> list[str]:
    """`text` in pieces of at most `septets` (GSM) or `units` (UTF-16); joined, they are the text again."""
    narrow = is_gsm(text)
    limit = septets if narrow else units
    return list(_cut(text, limit, narrow)) or [""]


def _cut(text: str, limit: int, narrow: bool) -> Iterator[str]:
    start = length = 0
    blank = -1  # where the last word of this piece ended
    for at, letter in enumerate(text):
        width = gsm_septets(letter) if narrow else len(letter.encode("utf-16-be", "surrogatepass")) // 2
        if length + width > limit:
            end = blank if blank > start else at
            yield text[start:end]
            rest = text[end:at]
            start, blank = end, -1
            length = sum(
                gsm_septets(c) if narrow else len(c.encode("utf-16-be", "surrogatepass")) // 2 for c in rest
            )
        length += width
        if letter.isspace():
            blank = at + 1
    if start < len(text):
        yield text[start:]
