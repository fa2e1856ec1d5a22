"""What says without weighing that a word is a name: a title, "a.n.", "namanya" behind somebody, "alias", a family in a
list. And where what looks like a title is none: "dr Senen" is "dari"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from normalizer.name_frames import PLACES_TOO, pronounced
from normalizer.name_words import (
    BEFORE,
    BOTH,
    BRAND,
    CALLED,
    HEAD,
    INTRO,
    NAME,
    NAMES,
    ORDINARY,
    PLACE,
    RELATION,
    SHORT,
    TITLE,
    UNKNOWN,
    WEAK,
    place_words,
    shape,
)

if TYPE_CHECKING:
    from normalizer.name_tagger import Words

_INTRODUCED = frozenset((" ", ". ", ": ", " : ", ":", "."))
_STRICT_TITLES = frozenset(("pak", "pa", "bu", "buk", "mbak", "mba", "mpok"))
#: Who heads a neighbourhood or an office.
_HEADS = frozenset(("rt", "rw", "lurah", "camat", "sekel", "sekcam", "kades", "kadus", "erte", "erwe"))
#: Kinds that are a name only right after a title: months, and words of places.
SELDOM = frozenset("DP")
#: Titles, greetings and words for relatives that are names right after a title as well.
_NAMES_TOO = frozenset(
    (
        "ade", "asma", "cut", "eneng", "mimi", "mimin", "nazir", "nona", "park", "putra", "putri", "raden", "satria",
        "sultan", "syukron", "uki", "umi", "ummi",
    )
)  # fmt: skip
_SPACED = frozenset((" ", ". "))
_ALIAS, _PERSONS = frozenset(("alias", "als")), NAMES | {UNKNOWN}
_PLACED = frozenset((HEAD, CALLED, BEFORE))
#: What ends what is said of somebody.
_CLOSES = frozenset(".,;)\n[")
#: Titles that a place has as well: "juragan Bekasi".
_OF_A_PLACE = frozenset(("juragan", "bos", "boss"))
#: Kinds before a title with which the name is no street's or house's.
_TITLED = frozenset("T" + kind for kind in "^oxRIJStTuNWBPpDO")
#: "keluarga Simatupang", though a street is called so.
_KIN, _FAMILY_NAMES = frozenset(("keluarga", "klg", "marga", "fam")), frozenset((NAME, BOTH))
#: Words for relatives that are names as well: "Sdri. Putri A."
DAUGHTERS = frozenset(("putri", "putra", "cucu"))
#: Somebody who stands before is called what follows: "temannya yang namanya Contoh".
_CALLED_SO = frozenset(
    (
        "namanya", "namany", "namanye", "bernama", "panggilannya", "panggilane", "jenenge", "jenengipun", "ngaranna",
        "namina", "dipanggil", "disapa", "sapaannya",
    )
)  # fmt: skip
#: Of these, what is said of nothing but people, unless a thing stands before.
_OF_PEOPLE = frozenset(("bernama", "dipanggil", "disapa", "panggilannya", "sapaannya"))
_THINGS = frozenset((HEAD, CALLED, BRAND))
#: How far before stands who is called so; signs that end the sentence before that.
_SOMEBODY_NEAR, _SENTENCE_ENDS = 7, frozenset(".!?\n;")
_PEOPLE = frozenset((RELATION, TITLE, NAME))
#: Words for people beside those for relatives and offices.
_WHO = frozenset(
    (
        "tukang", "jukir", "pedagang", "penjual", "orangnya", "orang", "cowok", "cewek", "mbaknya", "masnya",
    )
)  # fmt: skip
#: Misspelt verbs, rather than names no list holds: "namanya kehapus".
_VERB = re.compile(r"(?:di|ke|nge|ter|ber|me|pe|gak|ngg|nda|bel|ud|blm|sdh)[a-z]{2,}")
#: What has a name and is nobody, though somebody owns it: "anjing tetangga namanya Bruno".
_OWNED = frozenset(
    (
        "kucing", "anjing", "burung", "ayam", "monyet", "hewan", "toko", "warung", "usaha", "kafe", "cafe", "grup",
        "akun", "kapal", "sekolah", "kampus", "yayasan", "aplikasi", "program", "klinik", "restoran", "perusahaan",
        "jalan", "gang", "kampung", "perumahan",
    )
)  # fmt: skip
_TITLES = frozenset((TITLE, SHORT))


def twice(words: Words, i: int) -> bool:
    """Whether word `i` is the second half of one said twice: "ibu-ibu"."""
    return i > 0 and words.seps[i] == "-" and words.low[i] == words.low[i - 1]


def in_the_name_of(words: Words, i: int) -> bool:
    """Whether an ordinary word `i` is what somebody is called with a title behind "a.n.", at the end of what is said:
    "an bu contoh, RT 5"."""
    low, behind = words.low, words.seps[i + 1]
    if i < 2 or words.kind[i] != ORDINARY or low[i - 1] not in _STRICT_TITLES or words.seps[i] not in _SPACED:
        return False
    named = low[i - 2] == "an" or low[i - 3 : i - 1] in (["a", "n"], ["atas", "nama"])
    return named and (behind[:1] in _CLOSES or i + 1 == len(low))


def _is_alias(words: Words, i: int) -> bool:
    """Whether word `i`, written large, is what somebody is called besides: "Contoh alias Kebo"."""
    if words.low[i - 1] not in _ALIAS or words.seps[i] != " " or shape(words.words[i]) != "C" or i < 2:
        return False
    place = i > 2 and words.kind[i - 3] in _PLACED  # "Kali Contoh alias Kali Item"
    return words.kind[i - 2] in _PERSONS and not place


def of_a_family(words: Words, i: int) -> bool:
    """Whether "Kel." before somebody's name, word `i`, is no kelurahan: "Kel. Manurung 6 jiwa". None bears a name that
    is nothing else."""
    kel = words.low[i - 1] == "kel" and words.kind[i] == NAME and words.seps[i] in _SPACED
    place = words.low[i] in PLACES_TOO or words.low[i] in place_words()
    return kel and not place and shape(words.words[i]) == "C"


def surely(words: Words, i: int, head: str) -> bool:
    """Whether word `i` is a known name right after a title or "a.n.", which needs no weighing."""
    kind = words.kind[i]
    if in_the_name_of(words, i) or (i and _is_alias(words, i)):
        return True
    if i and words.low[i - 1] == "si" and kind == UNKNOWN and words.seps[i] == " ":
        # "si Bontot"; an abbreviation is a system's.
        return words.words[i - 1] != "SI" and words.mode == "m" and shape(words.words[i]) == "C"
    if not i:
        return False
    # "Bang Jalu", which no list holds.
    stranger = (
        kind == UNKNOWN and words.kind[i - 1] == TITLE and _large(words, i) and pronounced(words.low[i])
    )
    if kind not in NAMES and not stranger and words.low[i] not in DAUGHTERS and not after_title(words, i):
        return False
    if words.low[i] in DAUGHTERS:
        return words.kind[i - 1] in "Tt" and words.seps[i] in _SPACED and shape(words.words[i]) == "C"
    if kind == NAME and words.kind[i - 1] == INTRO and words.seps[i] in _INTRODUCED:
        return True
    if kind in _FAMILY_NAMES and words.low[i - 1] in _KIN and shape(words.words[i]) == "C":
        return words.seps[i] == " "
    if of_a_family(words, i) or after_head(words, i):
        return True
    if head not in _TITLED or words.seps[i] not in _SPACED or twice(words, i - 1):
        return False
    # A name that is also an ordinary word: written large, or after a title that hardly means anything else.
    large = words.mode == "m" and words.words[i][0].isupper()
    return kind == NAME or large or words.low[i - 1] in _STRICT_TITLES


def after_head(words: Words, i: int) -> bool:
    """Whether word `i` is a known name right behind the head of a neighbourhood or an office who bears a title: "pak rt
    contoh". With another place's word behind it, it says where that is: "bu rw cempaka putih"."""
    if (
        i < 2
        or words.kind[i] not in (NAME, BOTH)
        or words.low[i - 1] not in _HEADS
        or words.seps[i] not in _SPACED
    ):
        return False
    behind = words.kind[i + 1 : i + 2]
    goes_on = bool(behind) and words.seps[i + 1] == " " and behind[0] in (PLACE, BOTH, WEAK)
    return words.low[i - 2] in _STRICT_TITLES and words.seps[i - 1] in _SPACED and not goes_on


def after_title(words: Words, i: int) -> bool:
    """Whether a month, a place's word or another that is somebody's name too stands right after a title, written like
    it: "Bu Mei", "Mang Ade", "BU JUM"."""
    kind, low = words.kind[i], words.low[i]
    if kind not in SELDOM and low not in _NAMES_TOO:
        return False
    if words.kind[i - 1] not in "Tt" or words.seps[i] != " " or low == words.low[i - 1]:
        return False
    if words.mode != "m" or (kind == PLACE and words.low[i - 1] in _OF_A_PLACE):
        return False
    how = shape(words.words[i])
    return how == "C" or (how == "U" and kind != PLACE and shape(words.words[i - 1]) == "U")


def from_place(words: Words, i: int) -> bool:
    """Whether a small "dr" before word `i`, which a place is called, is "dari" and no doctor: "dr Senen"."""
    place = words.kind[i] == PLACE or (words.kind[i] != NAME and words.low[i] in place_words())
    return place and words.seps[i] == " "


def called_so(words: Words, i: int) -> bool:
    """Whether word `i`, no verb, says what somebody is called who stands before: "petugas yang jaga namanya Contoh". An
    ordinary word must be written large."""
    kind, low, seps = words.kind, words.low, words.seps
    at = i - 1
    if at > 0 and seps[i] == " " and (kind[at] in _TITLES or (_large(words, at) and _large(words, i))):
        at -= 1
    if at < 1 or low[at] not in _CALLED_SO or seps[at + 1] not in _INTRODUCED:
        return False
    if kind[i] == UNKNOWN:
        if not pronounced(low[i]) or _VERB.match(low[i]):
            return False
    elif kind[i] not in NAMES and not (kind[i] == ORDINARY and _large(words, i)):
        return False
    for before in range(at - 1, max(-1, at - 1 - _SOMEBODY_NEAR), -1):
        if not _SENTENCE_ENDS.isdisjoint(seps[before + 1]):
            break
        if kind[before] in _PEOPLE or low[before] in _WHO:
            return low[before - 1 : before] == [] or low[before - 1] not in _OWNED
        if low[before] in _OWNED or kind[before] in _THINGS:
            return False
    return low[at] in _OF_PEOPLE and _large(words, i)


def _large(words: Words, i: int) -> bool:
    """Whether word `i` begins large in a text that is not all large."""
    return words.mode == "m" and words.words[i][0].isupper()
