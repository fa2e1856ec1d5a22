"""The street address in a text: street, number, RT and RW, as they were written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from normalizer.phrases import words_in

# Both begin with the letters that they need, so that the search runs over everything else in C.
_ADDRESS = re.compile(
    r"(?P<kind>[JjGg](?<!\w.)(?:(?<=[Jj])(?:ln?|alan)|(?<=J)(?:LN?|ALAN)|(?<=[Gg])(?:g|ang)|(?<=G)(?:G|ANG)))\b"
    r"\.? ?(?=(?P<rest>[^\n;!?]{2,120}))"
)
_RT_RW = re.compile(r"[Rr](?<!\w.)[Tt]\.? ?\d{1,3}(?: ?[/,]? ?(?:[Rr][Ww])?\.? ?\d{1,3})?")
_NUMBER = re.compile(
    r"(?i:no|nomor|nmr|nomer|blok|kav|km)\.?$|^\d{1,4}[A-Za-z]?(?:/\d+)?$|^[IVX]{1,5}$|^(?i:rt|rw)[.\d/]*$"
)


def address_of(text: str) -> str:
    """The street, number and RT/RW of the first address in `text`, as written; empty when there is none."""
    # Words that end the name of a street, or show that "jalan" was no street at all.
    stop = words_in("no street")
    for match in _ADDRESS.finditer(text):
        rest = match["rest"].split()
        # "jalan" with a small letter after it is the common noun, unless it is abbreviated.
        if not rest or (rest[0][0].islower() and match["kind"].lower() == "jalan"):
            continue
        words: list[str] = []
        for word in rest:
            bare = word.strip(".,()\"'")
            if bare.lower() in stop or not bare:
                break
            # After the first word of its name a street goes on in capitals or numbers.
            if (
                words
                and not (bare[0].isupper() or bare[0].isdigit() or _NUMBER.search(bare))
                and words[0][0].isupper()
            ):
                break
            words.append(word)
            if len(words) >= 9 or (word.endswith(",") and not _goes_on(match["rest"], words)):
                break
            if word.endswith(".") and len(bare) > 3:
                break
        if not words:
            continue
        return (
            f"{match['kind']}. {' '.join(words)}".replace("alan. ", "alan ")
            .replace("ang. ", "ang ")
            .rstrip(".,;: ")
        )
    alone = _RT_RW.search(text)
    return alone[0] if alone else ""


def _goes_on(rest: str, words: Sequence[str]) -> bool:
    following = rest.split()[len(words) : len(words) + 1]
    return bool(following) and re.match(r"(?i)(?:rt|rw|no|nomor|blok)\b", following[0]) is not None
