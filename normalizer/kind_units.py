"""What tells a complaint from a question, a thank-you, an invitation or an advertisement: not the topic, the manner.

Counted are cues (`data/kind_cues.csv`), how many of each manner and where, how a text begins, its marks and length.
"""

from __future__ import annotations

import re
from functools import lru_cache

from normalizer.gazetteer import read_table
from normalizer.phrases import Phrases
from normalizer.text_units import topic_features, topic_units, words_of, worth

URL = re.compile(
    r"https?://|www\.|\b[\w-]{2,40}\.(?:com|id|net|org|me|ly)/|\b(?:bit\.ly|t\.me|wa\.me)/", re.IGNORECASE
)
#: Characters from the beginning or the end within which a cue counts as standing there.
_BEGIN, _END = 25, 30
_LENGTHS = (4, 9, 16, 30)
#: What shows a manner begins with one of these.
_SIGNS = frozenset("*^?!")


@lru_cache(maxsize=1)
def _cues() -> Phrases[tuple[str, ...]]:
    """Every cue, in the spelling in which texts are read, with the manners that it speaks for."""
    manners: dict[str, list[str]] = {}
    for row in read_table("kind_cues.csv"):
        for cue in row["cues"].split(";"):
            found = manners.setdefault(" ".join(words_of(cue)), [])
            if row["kind"] not in found:
                found.append(row["kind"])
    manners.pop("", None)
    return Phrases({cue: tuple(found) for cue, found in manners.items()})


def kind_units(text: str) -> list[str]:
    """What counts in a text for its kind; each is its own only feature."""
    words = words_of(text)
    read = " ".join(words)
    late = len(read) - _END
    found: dict[str, None] = {}
    counts: dict[str, int] = {}
    for start, end, cue, manners in _cues().find(read):
        if cue not in found:
            found[cue] = None
            for manner in manners:
                counts[manner] = counts.get(manner, 0) + 1
        if start < _BEGIN:
            found.update((f"*{manner}@", None) for manner in manners)
        if end > late:
            found.update((f"*{manner}$", None) for manner in manners)
    for manner, count in counts.items():
        found.update((f"*{manner}{n}", None) for n in range(1, min(4, count) + 1))
    found.update((f"^{word}", None) for word in words[:3])
    for mark in "?!":
        if mark in text:
            found[mark] = None
    if text.rstrip().endswith("?"):
        found["?$"] = None
    if ("/" in text or "www." in text.lower()) and URL.search(text):
        found["*url"] = None
    found[f"*length{sum(len(words) >= n for n in _LENGTHS)}"] = None
    return [*found, *topic_units(text)]


def kind_features(unit: str) -> list[str]:
    """The features of one unit of `kind_units`: what shows a manner stands for itself, a word for its pieces too."""
    return [unit] if unit[0] in _SIGNS else topic_features(unit)


def kind_worth(feature: str) -> tuple[float, int]:
    """As `worth`, but a manner must be seen twice."""
    return (1.0, 2) if feature[0] in _SIGNS else worth(feature)
