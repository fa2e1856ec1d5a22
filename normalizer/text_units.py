"""How a text is taken apart to be judged: its words in one spelling, what counts in it, and the features of that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from normalizer.folding import fold
from normalizer.gazetteer import read_table
from normalizer.links import links
from normalizer.memory import Memory
from normalizer.phrases import Phrases, words_in

#: Only so many words are read: what a text is about is told by then, and no sender can make it slow.
MOST_WORDS = 400
#: Stands for the name of a region: a kelurahan named Kampung Melayu must not sound like a village road.
PLACE = "*place"
#: Stand for the address of a page, one where people lay photos, videos and places and any other: the words of which it
#: is made say nothing about the message.
LINK, SITE = "*link", "*site"
#: Before every unit that is no word of the text.
SIGN = "*"


@lru_cache(maxsize=1)
def _spellings() -> dict[str, str]:
    rows = read_table("word_spellings.csv")
    return {spelling: row["word"] for row in rows for spelling in row["spellings"].split(";")}


@lru_cache(maxsize=1)
def _spelt() -> Memory[str]:
    """Folded words in one spelling; empty for numbers and single letters that mean nothing."""
    known = _spellings()

    def spell(word: str) -> str:
        return known.get(word, word if len(word) > 1 and not word.isdigit() else "")

    return Memory(spell)


@lru_cache(maxsize=1)
def _signs() -> dict[int, str]:
    """Emoji that name a thing, as the word for it."""
    return {ord(row["emoji"]): f" {row['word']} " for row in read_table("word_emoji.csv")}


@lru_cache(maxsize=1)
def _regions() -> Phrases[None]:
    names = {row[key] for row in read_table("kelurahan.csv") for key in ("name", "kecamatan")}
    # One word alone may be an ordinary one (Tengah, Gunung, Pasar); a model may learn what it is worth.
    return Phrases({name: None for name in sorted(names) if " " in name})


def _linked(text: str) -> str:
    """`text` folded, every address in it one sign."""
    folded, end, parts = fold(text), 0, []
    for start, stop, host in links(text):
        parts += [
            folded[end:start],
            LINK if ".".join(host.split(".")[-2:]) in words_in("sharing host") else SITE,
        ]
        end = stop
    return " ".join((*parts, folded[end:])) if parts else folded


@lru_cache(maxsize=2)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text by which a model knows it: folded, one spelling each, no numbers, regions and the
    addresses of pages by a sign."""
    if not text.isascii():
        text = text.translate(_signs())
    folded = " ".join(_linked(text).split()[:MOST_WORDS])
    end, parts = 0, []
    for start, stop, _, _ in _regions().find(folded):
        if start >= end:
            parts += [folded[end:start], PLACE]
            end = stop
    words = " ".join((*parts, folded[end:])).split() if parts else folded.split()
    return tuple(filter(None, map(_spelt().__getitem__, words)))


# Endings and beginnings that change a word's part in the sentence, not its topic; Betawi and chatty ones too.
_ENDINGS = ("kannya", "annya", "nya", "nye", "kan", "lah", "kah", "in", "an", "i")
_BEGINNINGS = (
    "memper", "diper", "peng", "peny", "pem", "pen", "per", "meng", "meny", "mem", "men", "me", "ng", "ny", "ber",
    "ter", "di", "ke", "se",
)  # fmt: skip
#: Less than so many letters are left of no word; what is longer than `_LONGEST` was written by no hand.
_STEM, _LONGEST = 4, 40


def stem(word: str) -> str:
    """The word without one beginning and one ending: `diperbaiki`, `perbaikan` and `baikin` share it. Not always a
    word, only the same for the same."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _STEM:
            word = word[: -len(ending)]
            break
    for beginning in _BEGINNINGS:
        if word.startswith(beginning) and len(word) - len(beginning) >= _STEM:
            return word[len(beginning) :]
    return word


def pieces(word: str) -> Iterator[str]:
    """The features within a word: itself, its stem, and its pieces of four letters, its borders marked."""
    yield word
    if word[0] == SIGN:
        return
    yield f"={stem(word)}"
    if len(word) > 2:
        marked = f"^{word[:_LONGEST]}$"
        for start in range(len(marked) - 3):
            yield f"~{marked[start : start + 4]}"


class Units(NamedTuple):
    """What counts once in a text: its different words (and signs), and each two neighbours, not yet put together,
    because most were never learnt."""

    words: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]

    def all(self) -> Iterable[str]:
        """Every unit once, pairs with a space between."""
        return (*self.words, *map(" ".join, self.pairs))


@lru_cache(maxsize=2)
def topic_units(text: str) -> Units:
    """What counts in a text, for its kind and then for its category."""
    words = words_of(text)
    return Units(tuple(dict.fromkeys(words)), tuple(dict.fromkeys(pairwise(words))))


def topic_features(unit: str) -> list[str]:
    """The features of one word or pair of `topic_units`."""
    return [unit] if " " in unit else list(pieces(unit))


def worth(feature: str) -> tuple[float, int]:
    """How much a feature of a word counts, and how often it must be seen: a word says something when it is seen once,
    two neighbours or a piece of a word may be chance."""
    if feature[0] == "~":
        return 0.7, 2
    if feature[0] == "=":
        return 1.2, 2
    return 1.0, 2 if " " in feature else 1
