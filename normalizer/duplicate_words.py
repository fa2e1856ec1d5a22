"""The tables by which texts are read for comparison: things by any word, cues of places, nicknames, small numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise

from normalizer.gazetteer import read_table, regions
from normalizer.phrases import words_in, words_of
from normalizer.place_words import settled


class Slot(IntEnum):
    """What a mark is of. `SORT` are the sorts of landmarks that are spoken of at all; each sort (`duplicate_slots.csv`)
    is a slot of its own, from `FIRST_LANDMARK`."""

    STREET = 1
    STREET_NUMBER = 2
    HOUSE = 3
    RT = 4
    RW = 5
    KM = 6
    PLATE = 7
    BLOCK = 8
    ROUTE = 9
    SCHOOL_NUMBER = 10
    LEVEL = 11
    NEAR = 12
    SORT = 13


FIRST_LANDMARK = 16
#: Slots whose value is a number, or may be one.
COUNTED = frozenset((Slot.HOUSE, Slot.RT, Slot.RW, Slot.KM, Slot.BLOCK, Slot.ROUTE))
#: Words that say beside what it is.
_BESIDE = "depan dpn belakang blkg dekat deket dkt seberang samping sebelah near behind outside"

_ROMANS = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx"
ROMAN = {name: number for number, name in enumerate(_ROMANS.split(), 1)}
_COUNTING = (
    "satu se siji hiji one|dua due loro two|tiga tige telu tilu three|empat papat opat four|lima lime five|"
    "enam enem genep six|tujuh tuju pitu seven|delapan lapan wolu eight|sembilan songo nine|sepuluh sepulu ten"
)
#: Numbers as words, where a number is looked for ("RW lima").
NUMBER_WORDS = {
    word: number for number, words in enumerate(_COUNTING.split("|"), 1) for word in words.split()
}
#: A licence plate as it is when its spaces are gone, and the area before its digits.
PLATE = re.compile(r"(?:[abdefghklmnprstwz]|a[abdeg]|b[abdeghklmnp]|d[ak])\d{2,4}[a-z]{1,3}")
PLATE_AREAS = frozenset("abdefghklmnprstwz")
NUMBERED = re.compile(r"(rt|rw|no|km)(\d{1,4})")
#: After a number these say that it counts something, and is no RW and no house.
_UNITS = (
    "hari hr malam mlm minggu bulan tahun jam menit meter m cm km kg orang org kk rumah tiang kali ekor motor "
    "mobil rb ribu juta days weeks hours anak bocah warga korban titik pohon lampu lubang lobang toko lantai pelajar "
    "siswa ibu bayi lansia x biji buah liter lt persen jiwa tahunan bulanan mingguan harian orangan kids people cars"
)
UNITS = frozenset(_UNITS.split())
_ENDINGS = ("nya", "nye", "kan", "in", "an", "lah", "e")
_BEGINNINGS = ("meng", "mem", "men", "me", "di", "ber", "ter", "ke", "ng", "n")

#: Shorter words have too many others like them.
_SHORTEST = 3
#: One vowel in so many letters, or fewer: written in haste.
_FEW_VOWELS = 4

#: A thing, and whether it says what the matter is.
Thing = tuple[str, bool]


@lru_cache(maxsize=1)
def things() -> tuple[dict[str, Thing], dict[str, dict[str, Thing]]]:
    """Words, and pairs of words by the first, with the thing that they mean."""
    single: dict[str, Thing] = {}
    pairs: dict[str, dict[str, Thing]] = {}
    for row in read_table("duplicate_words.csv"):
        matter = row["thing"].startswith("+")
        written = row["words"].split(";")
        if row["thing"] == "-":
            continue
        thing = row["thing"].lstrip("+") or written[0]
        for word in written:
            first, _, second = words_of(word).partition(" ")
            if second:
                pairs.setdefault(first, {})[second] = (thing, matter)
            else:
                single.setdefault(first, (thing, matter))
    for row in read_table("word_spellings.csv"):
        meant = single.get(row["word"], (row["word"], False))
        for word in row["spellings"].split(";"):
            single.setdefault(words_of(word), meant)
    return single, pairs


@lru_cache(maxsize=1)
def little_words() -> frozenset[str]:
    """Words that tell next to nothing."""
    rows = read_table("duplicate_words.csv")
    return frozenset(word for row in rows if row["thing"] == "-" for word in row["words"].split(";"))


@lru_cache(maxsize=1)
def cues() -> dict[str, tuple[int, str]]:
    """The slot that each cue opens, and what of the cue is part of the name (SD 01 is not SMP 01)."""
    named = {slot.name.lower(): int(slot) for slot in Slot}
    found: dict[str, tuple[int, str]] = {}
    for row in read_table("duplicate_slots.csv"):
        slot = named.setdefault(row["slot"], FIRST_LANDMARK + len(named) - len(Slot))
        for cue in row["cues"].split(";"):
            found[words_of(cue)] = (slot, row["level"])
    return found | {word: (int(Slot.NEAR), "") for word in _BESIDE.split()}


@lru_cache(maxsize=1)
def cue_pairs() -> dict[str, tuple[str, ...]]:
    """Of cues of two words the second ones by the first."""
    found: dict[str, tuple[str, ...]] = {}
    for cue in cues():
        first, _, second = cue.partition(" ")
        if second:
            found[first] = (*found.get(first, ()), second)
    return found


@lru_cache(maxsize=1)
def school_slot() -> int:
    """The slot of schools, whose numbers tell them apart."""
    return cues()["sdn"][0]


@lru_cache(maxsize=1)
def nicknames() -> dict[str, tuple[str, ...]]:
    """Short names of places, written out, and the names of regions that are written as one word ("pasarminggu")."""
    names = (tuple(words_of(path.region.name).split()) for path in regions())
    joined = {"".join(name): name for name in names if len(name) > 1}
    short = {row["short"]: tuple(row["words"].split()) for row in read_table("duplicate_nicknames.csv")}
    return {name: words for name, words in joined.items() if name not in region_words()} | short


@lru_cache(maxsize=1)
def region_words() -> frozenset[str]:
    """The words of which the names of regions are made."""
    return frozenset(word for path in regions() for word in words_of(path.region.name).split())


@lru_cache(maxsize=1)
def region_pairs() -> frozenset[str]:
    """Each two neighbours in the name of a region."""
    names = (words_of(path.region.name).split() for path in regions())
    return frozenset(" ".join(pair) for name in names for pair in pairwise(name))


@lru_cache(maxsize=1)
def no_names() -> frozenset[str]:
    """ "Jalan rusak", "jalan ini": words that are no street's name."""
    return words_in("no street") | {"raya", "negeri", "umum"}


@lru_cache(maxsize=1)
def lasting() -> dict[str, tuple[float, bool]]:
    """For each category how many hours its troubles usually last, and whether a whole neighbourhood has them."""
    return {
        row["category"]: (float(row["hours"]), row["reach"] == "area")
        for row in read_table("duplicate_categories.csv")
    }


@lru_cache(maxsize=1)
def thing_hours() -> dict[str, float]:
    """How many hours that lasts which a thing is named for, where it is not what its category usually lasts."""
    return {
        thing: float(row["hours"])
        for row in read_table("duplicate_things.csv")
        for thing in row["things"].split(";")
    }


def forms(token: str) -> tuple[str, ...]:
    """`token`, and what is left of it without the syllables that Indonesian puts before and after a word."""
    found = [token]
    for ending in _ENDINGS:
        if token.endswith(ending) and len(token) - len(ending) >= 4:
            found.append(token[: -len(ending)])
            break
    for form in tuple(found):
        for beginning in _BEGINNINGS:
            if form.startswith(beginning) and len(form) - len(beginning) >= 4:
                found.append(form[len(beginning) :])
                break
    return tuple(found)


def plain(token: str) -> str:
    """`token` without what stands for its repetition ("bolong2") and without a joined article ("Alhidayah")."""
    if token[-1] == "2" and len(token) > 3 and token[:-1].isalpha():
        return token[:-1]
    return token


def canonical(token: str, common: frozenset[str] | dict[str, float]) -> Thing:
    """The word that stands for a plain `token` and whether it says what the matter is; itself when it is unknown."""
    single, _ = things()
    for form in forms(token):
        if form in single:
            return single[form]
        if form in common:
            return form, False
    return token, False


#: What one name is written with by one and by another: Budhi and Budi, Soenter and Sunter, Musyawarah and Musjawarah.
_LIKE = (
    ("oe", "u"),
    ("dj", "j"),
    ("tj", "c"),
    ("sj", "sy"),
    ("bh", "b"),
    ("dh", "d"),
    ("th", "t"),
    ("kh", "k"),
    ("y", "i"),
)


def sounding(name: str) -> str:
    """A name as it sounds, however it is spelt: "budhi" and "budi" are one."""
    for written, heard in _LIKE:
        name = name.replace(written, heard)
    return "".join(c for at, c in enumerate(name) if not at or c != name[at - 1])


def region_word(token: str) -> str:
    """The region's word that `token` is, however it is spelt; empty when it is none."""
    word = settled((token,))[0]
    return word if word in region_words() else ""


def skeleton(word: str) -> str:
    """What haste leaves of a word: its consonants ("smph", "tmbal", "mledak")."""
    bare = word[0] + "".join(c for c in word[1:] if c not in "aiueo")
    return "".join(c for at, c in enumerate(bare) if not at or c != bare[at - 1])


class Hasty:
    """Finds the known word behind one that was written without its vowels."""

    def __init__(self, worth: Mapping[str, float]) -> None:
        single, _ = things()
        # The commonest word behind a skeleton is meant.
        known = sorted({*worth, *single, *region_words()}, key=lambda word: (worth.get(word, 1.0), word))
        self._words: dict[str, str] = {}
        for word in known:
            if len(word) > _SHORTEST and word.isalpha():
                self._words.setdefault(skeleton(word), word)

    def find(self, token: str) -> str:
        """The word that is meant, or an empty string."""
        if not token.isalpha() or len(token) < _SHORTEST:
            return ""
        bare = skeleton(token)
        vowels = sum(token.count(vowel) for vowel in "aiueo")
        if vowels > (len(token) - 1) // _FEW_VOWELS or len(bare) < _SHORTEST:
            return ""
        return self._words.get(bare, "")
