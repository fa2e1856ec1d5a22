"""What tells a complaint from a question, a thank-you, an invitation or an advertisement: not the topic, the manner.

Counted are cues (`data/kind_cues.csv`), how many of each manner and where, how a text begins, its marks and length.
"""

from __future__ import annotations

import re
from functools import lru_cache

from normalizer.gazetteer import read_table
from normalizer.phrases import Phrases
from normalizer.text_units import words_of

URL = re.compile(
    r"https?://|www\.|\b[\w-]{2,40}\.(?:com|id|net|org|me|ly)/|\b(?:bit\.ly|t\.me|wa\.me)/", re.IGNORECASE
)
#: Characters from the beginning or the end within which a cue counts as standing there.
_BEGIN, _END = 25, 30
_LENGTHS = (4, 9, 16, 30)


@lru_cache(maxsize=1)
def _cues() -> tuple[tuple[str, Phrases[None]], ...]:
    """Each manner with its cues, in the spelling in which texts are read."""
    manners: dict[str, dict[str, None]] = {}
    for row in read_table("kind_cues.csv"):
        for cue in row["cues"].split(";"):
            spelt = " ".join(words_of(cue))
            if spelt:
                manners.setdefault(row["kind"], {})[spelt] = None
    return tuple((manner, Phrases(cues)) for manner, cues in manners.items())


def kind_units(text: str) -> list[str]:
    """What counts in a text for its kind; each is its own only feature."""
    words = words_of(text)
    read = " ".join(words)
    found: dict[str, None] = {}
    for manner, phrases in _cues():
        hits = phrases.find(read)
        for count in range(1, min(4, len({phrase for _, _, phrase, _ in hits})) + 1):
            found[f"*{manner}{count}"] = None
        for start, end, phrase, _ in hits:
            found[phrase] = None
            if start < _BEGIN:
                found[f"*{manner}@"] = None
            if end > len(read) - _END:
                found[f"*{manner}$"] = None
    found.update((f"^{word}", None) for word in words[:3])
    for mark in "?!":
        if mark in text:
            found[mark] = None
    if text.rstrip().endswith("?"):
        found["?$"] = None
    if URL.search(text):
        found["*url"] = None
    found[f"*length{sum(len(words) >= n for n in _LENGTHS)}"] = None
    return list(found)


def kind_features(unit: str) -> list[str]:
    """The features of one unit of `kind_units`: itself."""
    return [unit]
