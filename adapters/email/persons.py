"""Whether a line at the end of a mail is somebody's name, and no place, thing or sentence.

`is_name` is enough where a formula or thanks stand above; `is_person` asks for more: a given name or a title, and no
region of Jakarta ("Wijaya Kusuma" is one), or the name that the sender's address bears.
"""

from __future__ import annotations

import re
from functools import lru_cache

from adapters.email.quote_words import NAMES_OF_THINGS, NO_NAME, TITLES
from normalizer.gazetteer import read_table
from normalizer.name_words import given_names

TRIM = " \t*_~>,.:;!-–—/"
_NAME_WORD = re.compile(r"[^\W\d_][\w'’.\-]*,?|&|\(?[A-Z]\.?\)?|S\.?\w{1,3}\.?")
_SMALL_IN_NAMES = frozenset({"bin", "binti", "van", "de", "der", "dan", "al", "el", "di", "&", "dkk"})
_INITIAL = re.compile(r"[A-Z]\.")
_LONGEST = 120
#: Ornaments and emoji around a name.
_EDGES = re.compile(r"^[\W_]{1,20}|(?:(?!\.)[\W_]){1,20}$")
#: What may stand behind a name on its line: a telephone, what somebody is, where they live.
_BESIDE = re.compile(
    r"\s*(?:[|,/(–—-]\s*)?(?:\(?(?:hp|wa|telp?|no)?\b[\s.:]*\+?\d[\d\s().\-]{6,}\)?"
    r"|[,(|-]?\s*(?:ketua |warga |pengurus )?(?:rt|rw)\b[\w\s./,]{0,40}\)?"
    r"|[,(]\s*warga [\w\s./]{2,40}\)?)\s*",
    re.IGNORECASE,
)


def is_name(line: str) -> bool:
    """Whether a line is a person's name, or looks like one: up to five capitalised words, none of them ordinary."""
    if len(line) > _LONGEST:
        return False
    bare = _EDGES.sub("", line)
    words = bare.split()
    if not 1 <= len(words) <= 5 or len(bare) > 60 or "?" in line or "!" in line:
        return False
    small = [word.strip(".,").casefold() for word in words]
    if len(words) > 1 and small[0] in TITLES:
        words, small = words[1:], small[1:]
    if any(word in NO_NAME for word in small):
        return False
    if all(word in _given_names() for word in small):
        return True
    return all(
        (_NAME_WORD.fullmatch(word) and word[0].isupper()) or word.casefold() in _SMALL_IN_NAMES
        for word in words
    )


def is_person(line: str, sender: str = "") -> bool:
    """Whether a line that nothing announces is somebody's name, perhaps with a telephone or an RT behind it.

    `sender`: the name that the address of the mail bears.
    """
    if len(line) > _LONGEST:
        return False
    bare = _EDGES.sub("", line.strip(TRIM + "()"))
    first = _BESIDE.search(bare)
    if first is not None and first.end() == len(bare):
        bare = bare[: first.start()].strip(TRIM + "(|")
    known = {word for word in re.findall(r"[^\W\d_]+", sender.casefold()) if len(word) >= 3}
    words = bare.split()
    if known and words and len(words) <= 5 and {word.strip(".,").casefold() for word in words} <= known:
        return True
    if not is_name(bare) or bare.casefold() in _regions():
        return False
    small = [word.strip(".,").casefold() for word in words]
    if small[0] == "keluarga" and len(words) > 1:
        words, small = words[1:], small[1:]
    if small[0] in TITLES and len(words) > 1:
        return words[1][0].isupper()
    if len(words) > 1 and _INITIAL.fullmatch(words[0]):
        # "R. Wulandari"
        words, small = words[1:], small[1:]
    if not words[0][0].isupper() or small[0] not in _strong_names():
        return False
    return len(words) > 1 or (len(small[0]) >= 4 and small[0] not in NAMES_OF_THINGS)


@lru_cache(maxsize=1)
def _given_names() -> frozenset[str]:
    """Names that are believed when they are written small too."""
    return frozenset(name for names in given_names().values() for name in names if len(name) >= 4)


def begins_with_given_name(line: str) -> bool:
    words = line.casefold().split()
    return bool(words) and words[0].strip(".,") in _given_names()


@lru_cache(maxsize=1)
def _strong_names() -> frozenset[str]:
    """Given names that are not as often an ordinary word, a place or a street."""
    return frozenset(
        name
        for row in read_table("names.csv")
        if row["kind"] == "given"
        for name in row["names"].split(";")
        if not name.endswith("*") and len(name) >= 3
    )


@lru_cache(maxsize=1)
def _regions() -> frozenset[str]:
    regions = {
        row[level].casefold()
        for row in read_table("kelurahan.csv")
        for level in ("name", "kecamatan", "city")
    }
    return frozenset(regions | {row["alias"].casefold() for row in read_table("aliases.csv")})
