"""What a word may be when names are looked for: a name, an ordinary word, a title, a place, the word before a street.

Out of data: `names.csv` (given and family names), `ordinary_words.gz`, `name_words.csv` (what stands beside names) and
the regions. Read on the first call and kept.
"""

from __future__ import annotations

import gzip
from functools import lru_cache

from normalizer.folding import fold
from normalizer.gazetteer import DATA, read_table
from normalizer.memory import Memory

#: One letter for what a word is; a word that stands in no list is `u`.
ORDINARY, NAME, WEAK, BOTH, PLACE, UNKNOWN = "o", "N", "W", "B", "P", "u"
TITLE, SHORT, RELATION, INTRO, SIGN, OFFICE = "T", "t", "R", "I", "S", "O"
SELF, HEAD, CALLED, BEFORE, TIME, BRAND, NEVER, LINK = "J", "H", "A", "p", "D", "G", "x", "l"
_LISTS = {
    "title": TITLE, "short": SHORT, "relation": RELATION, "intro": INTRO, "self": SELF, "sign": SIGN, "office": OFFICE,
    "head": HEAD,
    "called": CALLED, "before": BEFORE, "time": TIME, "brand": BRAND, "no": NEVER, "link": LINK, "name": NAME,
    "place": PLACE, "street": BOTH,
}  # fmt: skip
#: What a name may be, and what opens one: a word after it is looked at even when it is written small.
NAMES = frozenset((NAME, WEAK, BOTH))
OPENERS = frozenset((TITLE, SHORT, INTRO, SIGN))
#: What may end a word that a list holds without it; what begins one, with the letters that it may have swallowed.
_ENDINGS = (
    "nya", "ny", "nye", "ku", "mu", "lah", "kah", "kan", "an", "in", "i", "e", "na", "keun", "ake", "s",
    "ed", "ing", "ly",
)  # fmt: skip
_STARTS = (
    ("di", ("",)), ("ber", ("",)), ("ter", ("",)), ("per", ("",)), ("ke", ("",)), ("se", ("",)), ("pe", ("",)),
    ("meng", ("", "k")), ("mem", ("", "p")), ("men", ("", "t")), ("meny", ("s",)), ("me", ("",)), ("be", ("",)),
    ("peng", ("", "k")), ("pem", ("", "p")), ("pen", ("", "t")), ("peny", ("s",)), ("nge", ("",)), ("ng", ("", "k")),
    ("ny", ("s", "c")), ("n", ("t",)), ("m", ("p", "b")), ("memper", ("",)), ("diper", ("",)), ("keter", ("",)),
)  # fmt: skip
#: A stem is at least so long; shorter ones are in any name.
_STEM = 4
_PLAIN = frozenset("oxHASRJ")
#: "telegramku", "BPJS-nya": what somebody owns may be a brand, too.
_OWNS, _OWNED = frozenset(("nya", "ny", "nye", "ku", "mu")), _PLAIN | {BRAND}


@lru_cache(maxsize=1)
def given_names() -> dict[str, tuple[str, ...]]:
    """Names by what they are, `given` and `family`; those of several words too."""
    found: dict[str, list[str]] = {}
    for row in read_table("names.csv"):
        found.setdefault(row["kind"], []).extend(name.strip("*") for name in row["names"].split(";"))
    return {kind: tuple(dict.fromkeys(names)) for kind, names in found.items()}


@lru_cache(maxsize=1)
def kinds() -> dict[str, str]:
    """Every known word, in small letters, with the letter for what it is."""
    ordinary = gzip.decompress((DATA / "ordinary_words.gz").read_bytes()).decode().split("\n")
    known = dict.fromkeys(ordinary, ORDINARY)
    for row in read_table("names.csv"):
        for name in row["names"].split(";"):
            for word in name.strip("*").replace("-", " ").split():
                weak = (
                    name.endswith("*") or " " in name or known.get(word) in (ORDINARY, WEAK) or len(word) < 3
                )
                known[word] = WEAK if weak else NAME
    for row in read_table("name_words.csv"):
        if row["list"] in ("place", "street"):
            _add_places(known, row["words"].split(";"))
    for table, column in (
        ("kelurahan.csv", "name"),
        ("kelurahan.csv", "kecamatan"),
        ("aliases.csv", "alias"),
    ):
        for row in read_table(table):
            _add_places(known, fold(row[column]).split())
    for row in read_table("name_words.csv"):
        if row["list"] not in ("place", "street"):
            for word in row["words"].split(";"):
                known[word] = _LISTS[row["list"]]
    return known


@lru_cache(maxsize=1)
def kind_of() -> Memory[str]:
    """For each word, in small letters, the letter for what it is."""
    known = kinds()
    return Memory(lambda word: known.get(word) or _by_stem(word))


def _by_stem(word: str) -> str:
    """What a word that stands in no list is, by its stem and endings: `rumahnya`, `ditertibkanlah` are ordinary."""
    known = kinds()
    for ending in _ENDINGS:
        if (
            len(word) - len(ending) >= _STEM
            and word.endswith(ending)
            and known.get(word[: -len(ending)]) in (_OWNED if ending in _OWNS else _PLAIN)
        ):
            return ORDINARY
    stem = word
    for ending in ("nya", "lah", "kah", "kan", "ken", "keun", "an", "i", "e"):
        if len(word) > len(ending) + 3 and word.endswith(ending):
            stem = word[: -len(ending)]
            break
    for start, letters in _STARTS:
        for whole in (word, stem):
            if whole.startswith(start):
                rest = whole[len(start) :]
                if len(rest) >= _STEM and any(known.get(letter + rest) in _PLAIN for letter in letters):
                    return ORDINARY
    return UNKNOWN


def shape(word: str) -> str:
    """How a word is written: `i` a single large letter, `U` all large, `C` begins large, `l` small."""
    if not word[0].isupper():
        return "l"
    if len(word) == 1:
        return "i"
    return "U" if word.isupper() else "C"


@lru_cache(maxsize=1)
def place_words() -> frozenset[str]:
    """Every word of the name of a region or of a known place."""
    rows = list(read_table("kelurahan.csv"))
    named = [row[key] for row in rows for key in ("name", "kecamatan")]
    named += [row["alias"] for row in read_table("aliases.csv")]
    return frozenset(word for name in named for word in fold(name).split())


def _add_places(known: dict[str, str], words: list[str]) -> None:
    for word in words:
        if word.isalpha() and known.get(word) != ORDINARY:
            known[word] = BOTH if known.get(word) in NAMES else PLACE
