"""Tells which words of a text are names of persons: each word that might be one is weighed by what stands around it.

A word is looked at when it begins large or is a known name, or follows something that names follow ("pak", "a.n.",
"nama saya"). What it is (`name_words.py`), how it is written, and the same of its neighbours are features with
written-down weights (logistic regression; `name_training.py` finds them), added up from left to right.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from normalizer.gazetteer import DATA
from normalizer.name_frames import (
    FIELD,
    KEEPERS,
    LISTING,
    OFFICES,
    PLACES_TOO,
    SELLERS,
    SHOPS,
    pronounced,
    stands_for_a_name,
)
from normalizer.name_sure import (
    DAUGHTERS,
    SELDOM,
    after_head,
    after_title,
    called_so,
    from_place,
    in_the_name_of,
    of_a_family,
    surely,
    twice,
)
from normalizer.name_words import (
    BOTH,
    CALLED,
    NAME,
    NAMES,
    OFFICE,
    OPENERS,
    ORDINARY,
    PLACE,
    RELATION,
    SELF,
    UNKNOWN,
    WEAK,
    kind_of,
    place_words,
    shape,
)
from normalizer.weights import Weights

#: From which score on a word written small is a name that nothing around it announces: surely only.
STRAY = 1.2
#: From which score on a known name written large ends a list of names: "Eko, Dwi, dan Tri".
LISTED = -3.0
#: What its letters alone have to say at least.
STRAY_LETTERS = -0.1
#: The same where a text or a sentence begins, with a misspelt word rather than with a name.
STRAY_FIRST = 2.5
#: The same right behind whoever it may be the name of: "saksi", "anak saya".
STRAY_BESIDE = 0.0
MODEL = DATA / "name_model.gz"
_SPLIT = re.compile(r"([^\W\d_]+(?:['’`][^\W\d_]+)*)")
#: What the expression does to plain letters without an apostrophe, in C: everything else is a space, or the letters are
#: all one letter, of which what stands between the words has none.
_WORDS = {code: chr(code) if chr(code).isalpha() else " " for code in range(128)}
_BETWEEN = {code: "a" if chr(code).isalpha() else chr(code) for code in range(128)}
#: Kinds that are never part of a name, however they are written.
#: A word that begins large; short forms ("KJP", "RT") stand in the smallest text.
_LARGE = re.compile(r"[^\W\d_a-z][a-z]")
#: Letters before digits are the code of something: JK2403010042.
_CODE = re.compile(r"-?\d")
_DULL = frozenset("oxpDGOHSRIJ")
_CLOSED = frozenset("xDSOHApG")
#: What stands between two words, as one letter; the first that is found counts.
_SIGNS = (
    ("\n", "n"), ("[", "["), ("]", "]"), (".", "."), (":", ":"), (";", ";"), ("(", "("), (")", ")"), (",", ","),
    ("|", "|"), ("/", "/"), ("-", "-"), ('"', '"'), ("“", '"'), ("!", "."), ("?", "."), ("<", "<"), ("@", "@"),
)  # fmt: skip
#: What may stand between a title and a name, or between the words of one.
_NEAR = frozenset((" ", ". ", ".", ": ", ":", " : ", ", ", " (", "-", "  ", "/"))
_TIGHT = frozenset((" ", ".", "-", "  ", '. "', ' "', " '", "'"))
#: How many words after "Jalan" or "Masjid" are its name; titles before it do not count.
_CALLED_WORDS = 3
#: Short forms, whose dot ends no sentence.
_SHORTENED = frozenset(
    ("jl", "jln", "gg", "lrg", "kp", "kel", "kec", "kom", "komp", "kompl", "perum", "st", "psr", "lap", "ds")
)
_STAFF = frozenset((RELATION, OFFICE))
#: Titles that streets and mosques have too.
_HONOURED = frozenset(
    ("h", "hj", "kh", "haji", "hajah", "kyai", "kiai", "dr", "prof", "jenderal", "pangeran", "raden")
)
#: What has a head, and is hardly called after somebody with a title: "kepala yayasan Prof. Contoh".
_HEADED = frozenset(
    ("yayasan", "puskesmas", "pasar", "terminal", "stasiun", "koperasi", "kelurahan", "kecamatan")
)
_STRAY_LENGTH = 4
#: With what a verb begins; a long word that does is rather one in dialect or haste than a name: "kegencet".
_VERBS, _VERB_LENGTH = (
    ("ke", "nge", "ter", "ber", "meng", "mem", "peng", "dib", "dic", "dit", "dig", "dik", "dip"),
    7,
)
#: A text of whose words more than one in so many is unknown is in a language that no list knows.
_FOREIGN = 4
_APART, _GLUED = frozenset((" ", "\n", "(", '"', "")), frozenset("-0123456789@_/…")
_SAID_OF = frozenset((" ", ": ", ". "))
#: Parts of a place's name that a name of its own may follow.
_SIDES = frozenset(
    (
        "raya", "baru", "lama", "besar", "kecil", "dalam", "utara", "selatan", "timur", "barat", "pusat", "tengah",
        "indah", "permai", "asri", "hijau", "merah", "biru", "mas",
    )
)  # fmt: skip
#: What lanes are called everywhere.
_FLOWERS = frozenset(
    (
        "melati", "mawar", "kenanga", "anggrek", "dahlia", "kamboja", "flamboyan", "teratai", "seruni", "tulip",
        "rambutan", "mangga", "duren", "jambu", "nangka", "salak", "delima", "manggis", "kancil", "kelinci", "merpati",
        "elang", "swadaya", "damai", "bersama", "gotong", "royong", "bahagia", "sejahtera", "makmur",
    )
)  # fmt: skip
_PLACES = frozenset((PLACE, BOTH))
_UNSURE = frozenset((UNKNOWN, WEAK))
_SEEN_THROUGH, _NAMED = frozenset("Ttl"), frozenset("NWBu")
_COMMON = {" ": "_", "": "^", ", ": ",", ". ": ".", ".": ".", "\n": "n", "\n\n": "n", ": ": ":", " (": "("}


class Words:
    """A text taken apart: `seps[i]` stands before `words[i]`, `seps[-1]` at the end."""

    __slots__ = ("announced", "kind", "low", "mode", "seps", "strays", "words")

    def __init__(self, text: str) -> None:
        self.words, self.seps = _parted(text)
        self.low = text_low = list(map(str.lower, self.words))
        self.kind: list[str] = list(map(kind_of().__getitem__, text_low))
        #: Candidates that nothing but their letters and what stands around them speaks for.
        self.strays: set[int] = set()
        #: Those that a form, a signature, a list or a greeting announces.
        self.announced: set[int] = set()
        self.mode = "m" if not text.isupper() else "U"
        if text.islower() or _LARGE.search(text) is None:
            self.mode = "l" if self.mode == "m" else "U"


def _parted(text: str) -> tuple[list[str], list[str]]:
    """The words of a text, and what stands before, between and after them."""
    # The mark of a hidden number is no plain character, but stands in many texts.
    plain = text.replace("…", "~") if "~" not in text else text
    if not plain.isascii() or "'" in text or "`" in text:
        parts = _SPLIT.split(text)
        return parts[1::2], parts[::2]
    words = plain.translate(_WORDS).split()
    if not words:
        return words, [text]
    seps = list(filter(None, plain.translate(_BETWEEN).split("a")))
    if plain is not text:
        seps = [sep.replace("~", "…") for sep in seps]
    return words, ([""] if text[0].isalpha() else []) + seps + ([""] if text[-1].isalpha() else [])


def sign(sep: str) -> str:
    """One letter for what stands between two words."""
    found = _COMMON.get(sep)
    if found is not None:
        return found
    for mark, letter in _SIGNS:
        if mark in sep:
            return letter
    return "d" if any(c.isdigit() for c in sep) else "_" if sep.isspace() else "?"


def _goes_on(sep: str, kind: str, word: str) -> bool:
    """Whether what is called after somebody goes on behind `word`: a dot there belongs to a title or a short form."""
    return sep in _TIGHT or (sep == ". " and (kind in _SEEN_THROUGH or word in _SHORTENED or len(word) == 1))


def _opened(words: Words, i: int, named: bool) -> bool:
    """Whether word `i` may be a name because of the word before it, which is one when `named`. After "saya" an unknown
    one written small is a verb; "ibu-ibu" is nobody's title."""
    before, what = words.kind[i - 1], words.kind[i]
    if what in SELDOM and not words.words[i][0].isupper():
        return False
    return named or (before in OPENERS and not twice(words, i - 1)) or (before == SELF and what in NAMES)


def candidates(words: Words) -> list[int]:
    """Which words may be part of a name, in order."""
    found: list[int] = []
    kind, text, seps, low = words.kind, words.words, words.seps, words.low
    last = called = -2
    left = 0
    for i, what in enumerate(kind):
        if what in _DULL and text[i] >= "a" and (kind[i - 1] not in "Tt" or not in_the_name_of(words, i)):
            continue  # most words of most texts
        if what == CALLED:
            called, left = i, _CALLED_WORDS
            continue
        if called == i - 1 and left and _goes_on(seps[i], kind[i - 1], low[i - 1]):
            # A street, a mosque or a school is called after somebody; its name is an address.
            if what in _SEEN_THROUGH:
                # "bengkel Koh Aliong", "pengurus masjid Ust. Zulkifli" say who somebody is.
                staff = called > 0 and kind[called - 1] in _STAFF
                staff = staff and (low[i] not in _HONOURED or low[called] in _HEADED)
                # "puskesmas bu Contoh" is who works there.
                keeper = low[i] in KEEPERS and (
                    low[called] in SHOPS or low[called] in OFFICES or kind[called] != CALLED
                )
                called = -2 if staff or keeper else i
                continue
            # "staf kelurahan Suparjo" is somebody, too, for no kelurahan bears a name that is nothing else.
            works = called > 0 and what == NAME and kind[called - 1] in _STAFF and low[called] in OFFICES
            sells = low[called - 1] in SELLERS and low[called] in SHOPS
            # "koordinator lapangan Joko" works outside; no field is called so.
            field = low[called] == "lapangan" and (low[called - 1] in FIELD or kind[called - 1] in _STAFF)
            works = works or (called > 0 and what == NAME and (sells or field))
            works = (works and low[i] not in PLACES_TOO) or (what == NAME and _behind_place(words, i))
            works = works or of_a_family(words, i)
            if (
                not works
                and what not in _CLOSED
                and (text[i][0].isupper() or (what in _NAMED and text[i].islower()))
            ):
                called, left = i, left - 1
                continue
        named_so = i > 0 and what not in NAMES and after_title(words, i)
        if what in _CLOSED and not named_so:
            continue
        if seps[i].endswith(("@", "#")) and (seps[i] != "#" or not i):  # "NAMA#BUDI#HP#" is a form
            continue
        if named_so:
            found.append(i)
            last = i
        elif what in NAMES or what == UNKNOWN or what in SELDOM:
            word = text[i]
            if len(word) == 1:  # an initial, or a piece of something else
                named = last == i - 1 and word.isupper() and seps[i] == " "
            else:
                near = i and seps[i] in _NEAR
                short_form = word.isupper() and (
                    (what == "P" and words.mode == "m")
                    or (what == UNKNOWN and _CODE.match(seps[i + 1]) is not None)
                )
                opened = near and (_opened(words, i, last == i - 1) or after_head(words, i))
                if not opened and what in _UNSURE and word[0] >= "a":
                    opened = stands_for_a_name(words, i)
                    if opened:
                        words.announced.add(i)
                    if not opened and what == UNKNOWN and _stray(word, seps[i], seps[i + 1]):
                        words.strays.add(i)
                        opened = True
                # The word of a place is a name only where one has begun.
                named = what == "N" or opened or (word[0].isupper() and what not in SELDOM and not short_form)
            if named:
                found.append(i)
                if i not in words.strays:
                    last = i
        elif what == ORDINARY or what in "RTtIl":
            # A word of everyday use is part of a name only where a name has surely begun.
            opened = i and kind[i - 1] in ("J" if what in "RT" and low[i] not in DAUGHTERS else "TtIJ")
            follows = (last == i - 1 and seps[i] == " ") or (
                opened and seps[i] in (_SAID_OF if low[i] in DAUGHTERS else (" ", ": "))
            )
            if i and follows and (text[i][0].isupper() or in_the_name_of(words, i)) and what in "olRT":
                found.append(i)
                last = i
    return found


def _behind_place(words: Words, i: int) -> bool:
    """Whether a place's own name, which says where somebody belongs, ends right before word `i`: "rusun Tambora Siti",
    "kelurahan Tebet Timur Siti", but not "Jalan Raya Kartini"."""
    last = words.low[i - 1]
    if words.seps[i] != " " or words.low[i] in place_words():
        return False
    if last in _SIDES:
        return i > 1 and words.kind[i - 2] in _PLACES
    return words.kind[i - 1] == PLACE or last in _FLOWERS


def _stray(word: str, before: str, behind: str) -> bool:
    """Whether a word written small can be somebody's name by itself: no part of another, of a code or of a word said
    twice, and to be pronounced."""
    apart = before[-1:] in _APART and behind[:1] not in _GLUED
    if not apart or len(word) < _STRAY_LENGTH or not pronounced(word):
        return False
    return len(word) < _VERB_LENGTH or not word.startswith(_VERBS)


def _beside_somebody(words: Words, i: int) -> bool:
    """Whether word `i` stands right behind a word for somebody: "saksi Sarkum", "anak saya Sarkum"."""
    if not i or words.seps[i] != " ":
        return False
    before = words.kind[i - 1]
    return before in _STAFF or (before == SELF and i > 1 and words.kind[i - 2] == RELATION)


def head_of(words: Words, i: int) -> str:
    """The kind of the word before a run of large words that begins at `i`, seen through titles: "Jl. H. Saleh"."""
    kind, seps = words.kind, words.seps
    titled = ""
    while i and seps[i] in _NEAR:
        if kind[i - 1] not in "Ttl":
            return titled + kind[i - 1]
        titled = "T"
        i -= 1
    return titled + "^"


def features(words: Words, i: int, before: bool, head: str) -> tuple[str, ...]:
    """What speaks for and against word `i` being part of a name. `before`: the word before it is. `head`: the kind of
    the last word before this run of large words."""
    kind, low, text, seps = words.kind, words.low, words.words, words.seps
    count = len(text)
    own = kind[i] + shape(text[i])
    pl = "1" if before else "0"
    sa, sb = sign(seps[i]), sign(seps[i + 1])
    if i:
        a, la = kind[i - 1] + shape(text[i - 1]), low[i - 1]
    else:
        a, la = "^", ""
    if i + 1 < count:
        b, lb = kind[i + 1] + shape(text[i + 1]), low[i + 1]
    else:
        b, lb = "$", ""
    if i > 1:
        a2, la2 = kind[i - 2] + sign(seps[i - 1]), low[i - 2]
    else:
        a2, la2 = "^", ""
    f = [
        "0" + own + words.mode,
        "1" + a + sa + own + pl,
        "2" + own + sb + b,
        "3" + pl + a + sa + own + sb + b,
        "5" + pl + own + sa + sb,
        "8" + a2 + a + sa + own,
        "d" + head + own + pl,
    ]
    if a[0] not in "NWBuP":
        f.append("6" + la + sa + own)
        if a2[0] not in "NWBuP":
            f.append("9" + la2 + " " + la + sa)
    if b[0] not in "NWBuP":
        f.append("7" + own + sb + lb)
    if own[0] == UNKNOWN:
        word = low[i]
        f += letters(word)
    elif own[0] in "WoBP":
        f.append("c" + low[i] + own[1])
    return tuple(f)


def letters(word: str) -> tuple[str, str, str, str]:
    """What the letters of a word that no list holds say."""
    return "x" + word[-3:], "y" + word[-4:], "z" + word[:3], "w" + word[:4]


def _listed(words: Words, i: int) -> bool:
    """Whether word `i` is a known name, written large, behind "dan" and the like."""
    large = words.mode == "m" and words.words[i][0].isupper()
    return large and words.kind[i] in NAMES and words.low[i - 1] in LISTING and words.seps[i] == " "


class NameTagger(Weights):
    """Reads its table once. Raises `ValueError` when the file is none."""

    def __init__(self, path: Path = MODEL) -> None:
        super().__init__(path, "name", "kanal train names")

    def tag(self, words: Words, least: float, unknown: float) -> list[int]:
        """Which words are names: those whose score is `least` or more, `unknown` where no list of names holds them."""
        names: list[int] = []
        last, run_end, head = -2, -2, "^"
        strays = words.strays
        for i in candidates(words):
            # The letters alone turn most words away, before what stands around them is looked at.
            if i in strays and self.score(letters(words.low[i])) < STRAY_LETTERS + self.bias:
                continue
            if i and words.words[i - 1] == "dr" and from_place(words, i):
                continue
            if run_end != i - 1:
                head = head_of(words, i)
            run_end = i
            bound = least if words.kind[i] in NAMES or i in words.announced else unknown
            if i in words.strays:
                # In a language that no list knows, every word would be a name.
                if words.kind.count(UNKNOWN) > max(_FOREIGN, len(words.kind) // _FOREIGN):
                    continue
                bound = (
                    STRAY_BESIDE
                    if _beside_somebody(words, i)
                    else STRAY
                    if words.seps[i] == " "
                    else STRAY_FIRST
                )
            if names and names[-1] == i - 2 and _listed(words, i):
                bound = LISTED
            sure = surely(words, i, head) or called_so(words, i)
            if sure or self.score(features(words, i, last == i - 1, head)) >= bound:
                names.append(i)
                last = i
        return names


@lru_cache(maxsize=1)
def tagger() -> NameTagger:
    """The tagger of the project's own table."""
    return NameTagger()
