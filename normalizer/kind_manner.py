"""The manner of a text beside its words: in which order it speaks of trouble, relief, wishes and sales, how it begins
and ends, and whether it asks. So "sudah ditambal" and "sudah jebol lagi" are told apart, whatever was mended or broke.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import repeat
from operator import add

from normalizer.links import without_links
from normalizer.phrases import words_in
from normalizer.text_units import SIGN, Units, topic_features, topic_units, words_of, worth

#: The lists of `data/phrases.csv` that count, and the letter of each. A word of two lists has the letter of the last.
_LISTS = {
    "bad state": "B",
    "relief": "R",
    "denial": "D",
    "thanking": "T",
    "asking": "Q",
    "wishing": "W",
    "urging": "U",
    "done": "S",
    "again": "A",
    "event": "E",
    "selling": "M",
    "insult": "I",
    "but": "X",
}


@lru_cache(maxsize=1)
def _letters() -> dict[str, str]:
    return {
        word: letter
        for name, letter in _LISTS.items()
        for phrase in words_in(name)
        for word in words_of(phrase)
    }


@lru_cache(maxsize=2)
def kind_units(text: str) -> Units:
    """What counts in a text for its kind: what counts for its category, and its manner."""
    words, topic = words_of(text), topic_units(text)
    if not words:
        return topic
    order = "".join(map(_letters().get, words, repeat("")))
    manner = [f"*1 {words[0]}", f"*9 {words[-1]}", f"*^{order[:1]}", f"*${order[-1:]}"]
    manner += map(SIGN.__add__, {*order, *map(add, order, order[1:])})
    states = "".join(filter("BR".__contains__, order))
    if states:
        manner.append(f"*={states[0]}{states[-1]}")
    # An address of a page asks nothing.
    marks = without_links(text) if "?" in text or "!" in text else ""
    if "?" in marks:
        manner.append("*?." if marks.rstrip(" )\"'\n").endswith("?") else "*?")
    if "!" in marks:
        manner.append("*!")
    manner.append(f"*#{min(5, len(words) // 4)}")
    return Units((*topic.words, *dict.fromkeys(manner)), topic.pairs)


def kind_features(unit: str) -> list[str]:
    """The features of one unit of `kind_units`."""
    return [unit] if unit[0] == SIGN else topic_features(unit)


def kind_worth(feature: str) -> tuple[float, int]:
    """How much a feature counts, and how often it must be seen."""
    return (1.2, 2) if feature[0] == SIGN else worth(feature)
