"""Whether a line at the end of a mail is somebody's name, and no place, thing or sentence.

`is_name` is enough where a formula or thanks stand above; `is_person` asks for more: a given name or a title, and no
region of Jakarta ("Wijaya Kusuma" is one), or the name that the sender's address bears.
"""

from __future__ import annotations

import re
from functools import lru_cache

from adapters.email.quote_words import NAMES_OF_THINGS, NO_NAME, TITLES
from adapters.email.sign_off_words import HEROES
from normalizer.gazetteer import read_table
from normalizer.name_frames import pronounced
from normalizer.name_words import BOTH, NAME, NAMES, ORDINARY, UNKNOWN, given_names, kind_of
from normalizer.phrases import words_in

TRIM = " \t*_~>,.:;!-–—/"
_NAME_WORD = re.compile(r"[^\W\d_][\w'’.\-]*,?|&|\(?[A-Z]\.?\)?|S\.?\w{1,3}\.?")
_SMALL_IN_NAMES = frozenset({"bin", "binti", "van", "de", "der", "dan", "al", "el", "di", "&", "dkk"})
#: "R", "R.", "Moh.", "Abd."
_SHORTENED = re.compile(r"[^\W\d_a-z]|[^\W\d_a-z][^\W\d_]{0,2}\.")
_INITIAL = re.compile(r"[A-Z]\.")
#: "Ciri-cirinya gimbal, suka dipanggil", "nama anjing itu".
_ANNOUNCES = re.compile(
    r"\b(?:(?:di|me)?(?:panggil|sebut|juluk)(?:an|i)?(?:nya)?|alias|is (?:called|named)|names? (?:is|are)"
    r"|namanya|nama \w{1,20}nya|nama(?: yang)?(?: \w{1,20})? (?:itu|ini|tersebut|tadi))\W{0,2}(?<![.!?])$",
    re.IGNORECASE,
)
#: Of Bali, the first an ordinary word by itself.
_TITLES_OF_TWO = frozenset(
    (("anak", "agung"), ("a.a.", "ayu"), ("dewa", "ayu"), ("ida", "ayu"), ("ida", "bagus"))
)
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
    if not is_name(bare) or is_region(bare):
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


def announces_name(line: str) -> bool:
    """Whether a line breaks off where somebody's name has to follow."""
    return _ANNOUNCES.search(line[-_LONGEST:]) is not None


def name_weight(part: str) -> float:
    """By how much a few words look like a person's name that nothing announces, 0 to 3; 0 for a region or a thing.

    The words are looked up one by one (`normalizer.name_words`), so that names of every people count; unknown words do
    when there are two of them, written large.
    """
    words = [
        word for word in _EDGES.sub("", part.strip(TRIM + "()")).split() if word not in ("&", "dan", "and")
    ]
    titled = False
    if not words or words[0].casefold() in ("si", "sang") or is_region(" ".join(words)):
        return 0
    while len(words) > 1 and (kind_of()[small := words[0].strip(".,").casefold()] in "Tt" or small in TITLES):
        words, titled = words[1:], True
    if len(words) > 2 and tuple(word.casefold() for word in words[:2]) in _TITLES_OF_TWO:
        words, titled = words[2:], True
    if not 1 <= len(words) <= 6 or is_region(" ".join(words)):
        return 0
    capital = all(word[0].isupper() or word.casefold() in _SMALL_IN_NAMES for word in words)
    shouted = all(word.isupper() for word in words)
    sure = unknown = known = 0
    for place, word in enumerate(words):
        small = word.strip(".,").casefold()
        kind = kind_of()[small]
        if _SHORTENED.fullmatch(word) or (small in _SMALL_IN_NAMES and place):
            continue
        if kind in NAMES:
            sure += kind == NAME and small not in NAMES_OF_THINGS
            known += kind != BOTH
        elif kind == UNKNOWN and capital and _is_sayable(small) and (shouted or not word.isupper()):
            unknown += 1
        elif not (kind == ORDINARY and place and capital and sure):
            return 0
    if len(words) == 1:
        return _weight_of_one(words[0], bool(sure), titled and bool(known or unknown))
    if sure:
        return 3 if capital else 2.5
    return 2 if unknown >= 2 or (unknown and known) or (titled and known) else 0


def _weight_of_one(word: str, sure: bool, titled: bool) -> float:
    if titled:
        return 2.5 if word[0].isupper() else 1.5
    if not sure:
        return 0
    if len(word) < 4:
        return 1
    return 3 if word[0].isupper() else 2.2


def _is_sayable(word: str) -> bool:
    """Whether an unknown word can be said as names can, in the old spelling too: "Sjafruddin", "Tjipto"."""
    parts = [part for part in re.split(r"['’.-]", word) if part]
    new = re.sub("[stdn]j", lambda match: match[0][0], word)
    return len(word) >= 3 and all(map(str.isalpha, parts)) and pronounced(new)


def is_region(text: str) -> bool:
    """Whether a few words are the name of a region of Jakarta, or of a street that is called after somebody."""
    return text.strip(TRIM).casefold().replace(".", "") in _regions()


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
    aliases = {row["alias"].casefold() for row in read_table("aliases.csv")}
    return frozenset(
        name.replace(".", "") for name in regions | aliases | HEROES | set(words_in("no person"))
    )
