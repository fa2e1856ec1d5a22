"""Names of private persons taken out of a text; what is called after somebody stays, and whom an office makes public.

Which words are names `name_tagger.py` tells; where one stands again tells `privacy_again.py`. The names of streets,
schools and stations stay, and so do officials who are called by their office ("Gubernur", "Pak Lurah") and the public
figures of data/public_figures.csv.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from normalizer.folding import fold
from normalizer.gazetteer import read_table
from normalizer.name_tagger import Words, tagger
from normalizer.name_words import (
    BEFORE,
    CALLED,
    HEAD,
    LINK,
    NAME,
    NAMES,
    UNKNOWN,
    WEAK,
    kind_of,
)
from normalizer.phrases import words_in
from normalizer.privacy_namesakes import namesake, somebody

MASK = "[nama]"
#: From which score on a word is a name, one of the lists and one that no list holds: below even odds, for
#: a name left readable is worse than a word too many.
LEAST, LEAST_UNKNOWN = -1.0, -0.4
#: How far before a name its office may stand: "Gubernur DKI Jakarta Pramono".
_OFFICE_NEAR = 3
_HIGH = frozenset(("gubernur", "gub", "wagub", "presiden", "wapres", "menteri"))
_JOINED = frozenset((" ", ". ", ".", "-", " - ", "'", "’", "  "))
_CHILD_OF = frozenset(("bin", "binti"))
_ANY_NAME = NAMES | {UNKNOWN}
#: A syllable of a Chinese Indonesian's name, and those that are ordinary words too.
_SYLLABLE = re.compile(
    r"(?:tj|tjh|kh|th|ph|hw|sw|gw|kw|lw|ng|nj|[bcdfghjklmnpstwyz])?h?[aeiou]{1,3}(?:ng|[nmptkhwyo])?"
)
_MIDDLE = frozenset(("peng", "eng", "ban", "pin", "sun", "long", "bun", "kok", "sing", "tong", "ong", "cin"))
_LONGEST = 4
#: What is said before a short name, and how far behind the whole one; short names have three letters or more.
_CALLED = frozenset(("dipanggil", "panggilan", "panggilannya", "disapa", "sapaan", "sapaannya", "alias"))
_CALLED_NEAR, _SHORTEST, _ALIKE = 3, 3, 4
_BRACKETED, _CLOSED, _SAID = (
    frozenset((" (", "(", ' "', " '")),
    frozenset(")\"'"),
    frozenset((" ", ": ", ' "')),
)
_LINK = re.compile(r"\[tautan [^\[\]]{0,300}\]")
_BARE = re.compile(r"\[tautan\]")


@lru_cache(maxsize=1)
def known_names() -> dict[tuple[str, ...], str]:
    """The words of each name that is no private person's: `alone` one known without more, `office` one that needs its
    office beside it, `street` one of a place or that streets are called after."""
    places = [row[key] for row in read_table("kelurahan.csv") for key in ("name", "kecamatan")]
    places += [row["alias"] for row in read_table("aliases.csv")]
    named = (*map(str.split, words_in("no person")), *(fold(place).split() for place in places))
    streets = {tuple(name): "street" for name in named if len(name) > 1 or name[0] in words_in("no person")}
    figures = read_table("public_figures.csv")
    return streets | {tuple(r["name"].split()): "alone" if r["alone"] == "yes" else "office" for r in figures}


@lru_cache(maxsize=1)
def _known_words() -> frozenset[str]:
    return frozenset(word for name in known_names() for word in name)


def without_names(text: str) -> str:
    """`text` with names masked. Linear time."""
    if "[tautan " not in text:
        return _without(text)
    # The host of a link is no person.
    links = iter(_LINK.findall(text))
    return _BARE.sub(
        lambda m: next(links, m[0]), _without(_LINK.sub("[tautan]", _BARE.sub("(tautan)", text)))
    )


def _without(text: str) -> str:
    words = Words(text)
    names = tagger().tag(words, LEAST, LEAST_UNKNOWN)
    if not _families().isdisjoint(words.low):
        names = sorted({*names, *_syllables(words)})
    if not names:
        return text
    chosen = set(names)
    if not _CHILD_OF.isdisjoint(words.low):
        _with_fathers(words, chosen)
    if not _known_words().isdisjoint(words.low[i] for i in names):
        _spare(words, chosen)
    _shortened(words, chosen)
    # What stands large between two words of a name belongs to it: "Lim Kok Wah".
    for i in sorted(chosen):
        if _hyphenated(words, i + 1):  # "Choi Min-jae"
            chosen.update((i + 1, i + 2))
        gap = i + 2 in chosen and i + 1 not in chosen and words.seps[i + 1] == words.seps[i + 2] == " "
        if gap and words.words[i + 1][0].isupper():
            chosen.add(i + 1)
        if _begun(words, i):
            chosen.add(i - 1)
    return _masked(words, chosen)


def _with_fathers(words: Words, chosen: set[int]) -> None:
    """Beside "bin" and "binti" both are names when one of them surely is: "an. H. Naman bin Saidi"."""
    for i in range(1, len(words.low) - 1):
        if words.low[i] in _CHILD_OF and words.seps[i] == words.seps[i + 1] == " ":
            if i - 1 in chosen:
                chosen.add(i + 1)
            elif i + 1 in chosen and (words.kind[i - 1] in _ANY_NAME or words.words[i - 1][0].isupper()):
                chosen.add(i - 1)


@lru_cache(maxsize=1)
def _families() -> frozenset[str]:
    """Families of the old spelling that are hardly a word of anything else, and what their names go on with."""
    rows = (row for row in read_table("names.csv") if row["origin"] == "chinese old spelling")
    names = (name for row in rows if row["kind"] == "family" for name in row["names"].split(";"))
    return frozenset(name for name in names if kind_of()[name] == NAME) | {"lie"}


def _syllables(words: Words) -> Iterator[int]:
    """Names of a family and two short words behind it, written small: "tan peng lian", "lie a hin"."""
    low, kind, seps = words.low, words.kind, words.seps
    for i in range(len(low) - 2):
        if low[i] not in _families() or seps[i + 1] != " " or seps[i + 2] != " ":
            continue
        middle, last = low[i + 1], low[i + 2]
        if not (_SYLLABLE.fullmatch(middle) and _SYLLABLE.fullmatch(last) and len(last) > 1):
            continue
        if kind[i + 2] in _ANY_NAME and (kind[i + 1] in _ANY_NAME or len(middle) == 1 or middle in _MIDDLE):
            yield from (i, i + 1, i + 2)


def _begun(words: Words, i: int) -> bool:
    """Whether the listed name `i` begins one word before, with one that is an ordinary word too: "Cahaya Siti"."""
    if (
        not i
        or words.mode != "m"
        or words.kind[i] != NAME
        or words.kind[i - 1] != WEAK
        or words.seps[i] != " "
    ):
        return False
    return words.words[i].istitle() and words.words[i - 1].istitle()


def _hyphenated(words: Words, i: int) -> bool:
    """Whether word `i` and the one after it are a given name with a hyphen, right behind a name."""
    if i + 1 >= len(words.words) or words.seps[i] != " " or words.seps[i + 1] != "-":
        return False
    return (
        words.words[i][0].isupper()
        and words.words[i + 1].islower()
        and words.kind[i] not in (HEAD, CALLED, BEFORE)
    )


def _spare(words: Words, chosen: set[int]) -> None:
    """Public figures are no private persons, and streets none at all."""
    known, low = known_names(), words.low
    start = 0
    while start < len(low):
        for length in range(min(_LONGEST, len(low) - start), 0, -1):
            how = known.get(tuple(low[start : start + length]))
            if how is None:
                continue
            # A longer name is somebody else's: "Pramono Hadi".
            longer = start + length in chosen and words.seps[start + length] == " "
            near = _HIGH.intersection(low[max(0, start - _OFFICE_NEAR) : start])
            if how == "street":
                private = somebody(words, start, start + length, chosen)
            else:
                private = namesake(words, start, start + length) if how == "alone" else not near
            if not longer and not private:
                chosen.difference_update(range(start, start + length))
            start += length - 1
            break
        start += 1


def _shortened(words: Words, chosen: set[int]) -> None:
    """What somebody is called in short is a piece of their name: "Suparman (Parman)", "Suparman, dipanggil Arman"."""
    for i in sorted(chosen):
        if i + 1 in chosen or i + 1 >= len(words.low):
            continue
        short = i + 1
        if words.seps[short] not in _BRACKETED or words.seps[short + 1][:1] not in _CLOSED:
            called = next(
                (
                    at
                    for at in range(short, short + _CALLED_NEAR)
                    if words.low[at : at + 1] and words.low[at] in _CALLED
                ),
                -1,
            )
            if called < 0 or called + 1 >= len(words.low) or words.seps[called + 1] not in _SAID:
                continue
            short = called + 1
        word = words.low[short]
        large = words.mode != "m" or words.words[short][0].isupper()
        if large and len(word) >= _SHORTEST and word != words.low[i]:
            start = i
            while start - 1 in chosen and words.seps[start] in _JOINED:
                start -= 1
            if any(word in full or _ends_alike(word, full) for full in words.low[start : i + 1]):
                chosen.add(short)


def _ends_alike(short: str, full: str) -> bool:
    """Whether the short name ends as the whole one does: "Zubaidah (Bedah)"."""
    return len(short) >= _ALIKE and short[-_SHORTEST:] == full[-_SHORTEST:]


def _masked(words: Words, chosen: set[int]) -> str:
    out: list[str] = []
    last = -2
    for i, word in enumerate(words.words):
        sep = words.seps[i]
        if i in chosen or (last == i - 1 and words.kind[i] == LINK and sep == " " and i + 1 in chosen):
            if last != i - 1 or sep not in _JOINED:
                out += [sep, MASK]
            last = i
        else:
            out += [sep, word]
    out.append(words.seps[-1])
    return "".join(out)
