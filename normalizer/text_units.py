"""How a text is taken apart to be judged: its words in one spelling, what counts in it, and the features of that."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from normalizer.folding import fold
from normalizer.gazetteer import read_table
from normalizer.phrases import Phrases

#: Only so many words are read: what a text is about is told by then, and no sender can make it slow.
MOST_WORDS = 400
#: Stands for the name of a region: a kelurahan named Kampung Melayu must not sound like a village road.
PLACE = "*place"


@lru_cache(maxsize=1)
def _spellings() -> dict[str, str]:
    rows = read_table("word_spellings.csv")
    return {spelling: row["word"] for row in rows for spelling in row["spellings"].split(";")}


@lru_cache(maxsize=1)
def _signs() -> dict[int, str]:
    """Emoji that name a thing, as the word for it."""
    return {ord(row["emoji"]): f" {row['word']} " for row in read_table("word_emoji.csv")}


@lru_cache(maxsize=1)
def _regions() -> Phrases[None]:
    names = {row[key] for row in read_table("kelurahan.csv") for key in ("name", "kecamatan")}
    # One word alone may be an ordinary one (Tengah, Gunung, Pasar); a model may learn what it is worth.
    return Phrases({name: None for name in sorted(names) if " " in name})


# Kind and category ask about the same text one after the other.
@lru_cache(maxsize=2)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text by which a model knows it: folded, one spelling each, no numbers, regions by a sign."""
    if not text.isascii():
        text = text.translate(_signs())
    folded = " ".join(fold(text).split()[:MOST_WORDS])
    end, parts = 0, []
    for start, stop, _, _ in _regions().find(folded):
        if start >= end:
            parts += [folded[end:start], PLACE]
            end = stop
    known = _spellings()
    words = " ".join((*parts, folded[end:])).split() if parts else folded.split()
    return tuple(
        known.get(word, word) for word in words if (len(word) > 1 and not word.isdigit()) or word in known
    )


def pieces(word: str) -> Iterator[str]:
    """The features within a word: itself and its pieces of four letters, its borders marked."""
    yield word
    if len(word) > 3 and word != PLACE:
        marked = f"^{word}$"
        for start in range(len(marked) - 3):
            yield f"~{marked[start : start + 4]}"


def topic_units(text: str) -> list[str]:
    """What counts once in a text for its topic: its different words, and each two neighbours (a space between)."""
    words = words_of(text)
    pairs = (f"{one} {two}" for one, two in pairwise(words))
    return list(dict.fromkeys((*words, *pairs)))


def topic_features(unit: str) -> list[str]:
    """The features of one unit of `topic_units`."""
    return [unit] if " " in unit else list(pieces(unit))
