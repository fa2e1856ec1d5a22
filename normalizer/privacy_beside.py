"""Names that only what stands right beside them gives away: the right spelling of a masked one ("harusnya Rezeki
Anugerah"), who somebody's children are, whose telephone follows, the cell of a table.

Runs over a text whose names are masked (`privacy_names.py`). Many of these words are ordinary elsewhere, so each
pattern asks for a frame that hardly anything but a person's name stands in.
"""

from __future__ import annotations

import re

from normalizer.name_words import (
    BOTH,
    BRAND,
    CALLED,
    HEAD,
    LINK,
    NAME,
    NAMES,
    ORDINARY,
    UNKNOWN,
    given_names,
    kind_of,
)
from normalizer.privacy_names import MASK
from normalizer.word_start import word_start

_M = re.escape(MASK)
_LARGE = r"[A-Z][a-z'’]+"
_RELATIVE = word_start(
    "anak", "putra", "putri", "cucu", "adik", "adek", "kakak", "istri", "suami", "ibu", "bapak", "ayah", "nenek",
    "kakek", "ponakan", "keponakan", "menantu", "mertua", "sepupu", "tante", "paman", "om", "saudara",
)  # fmt: skip
_OWNER = r"(?:saya|sy|gue|gw|aku|kami|ane)"
_TITLE = r"(?:pak|bu|bang|mas|mbak|mba|mpok|mang|kang|haji|ustad|ustadz|bpk|ibu|bapak|om|tante|koh|cik)"
#: "di KK ketulis [nama], harusnya Rezeki Anugerah".
_SPELLING = re.compile(
    rf"((?i:tulis|tercantum|tertera|tercetak|cetak|ejaan|nama)\w*\b[^\n]{{0,40}}?{_M},? "
    r"(?i:(?:se)?harus(?:nya|e)|(?:(?:yg|yang|sing) )?(?:bener|benar|betul)(?:nya|e)?|bukan|should be)(?: ?:)? )"
    rf"({_LARGE}(?: {_LARGE}){{0,3}}|[A-Z]{{2,}}(?: [A-Z]{{2,}}){{0,3}})(?!\w)"
)
#: "nama tertera HENY KUSUMO".
_SHOWN = re.compile(
    r"((?i:\bnama(?:nya)? (?:(?:yg|yang) )?(?:tertera|tercantum|tertulis|ketulis|terdaftar|tercetak|muncul)) ?:? )"
    rf"([A-Z]{{2,}}(?: [A-Z]{{2,}}|(?: {_M})){{1,3}}|{_LARGE}(?: {_LARGE}){{0,3}})(?!\w)"
)
#: "Al dan El anak pak [nama]".
_CHILDREN = re.compile(
    rf"(?<!\w)({_LARGE}|{_M})( (?:dan|sama|&) )({_LARGE}|{_M})"
    rf"(?=,? (?:anak|putra|putri|cucu|adik|kakak|ponakan)(?:nya)? (?:{_TITLE} )?{_M})"
)
#: "anaknya Boy [nomor telepon]".
_REACHED = re.compile(
    rf"({_RELATIVE}(?i:nya|ku|e| {_OWNER}) )({_LARGE})(?=(?: ?[:,(/-])? ?\[nomor telepon\])"
)
#: "Y. Kapitan" in a table of persons.
_CELL = re.compile(r"(\| ?)([A-Z]\. ?([A-Z][a-z'’]{2,}))(?= ?(?:\||\n|$))")
_TABLE = re.compile(rf"\| ?(?:{_TITLE} )?{_M} ?(?:\||\n|$)", re.IGNORECASE)
#: "IBU SY SUMARTI GULA DARAH 412".
_OWN = re.compile(rf"({_RELATIVE} (?i:{_OWNER}) )([A-Za-z]{{4,}})(?!\w)")
#: "bocah smp Rizky Pratama": of a pupil, no school is called so.
_PUPIL = re.compile(
    rf"({word_start('bocah', 'bocil', 'abg', 'remaja')} (?i:tk|sd|smp|sma|smk|mts)(?: (?i:kls|kelas) \w{{1,3}})? )"
    rf"({_LARGE})( {_LARGE})?(?= ?(?:,|\(|(?i:kls|kelas|umur|usia|di[a-z]{{3,}})\b))"
)
#: "saksinya tukang parkir, Item".
_WITNESS = re.compile(
    rf"({word_start('saksi', 'pelaku', 'korban', 'terlapor')}(?:nya)?:? "
    r"(?:tukang|satpam|sopir|kuli|jukir|hansip|penjaga|pedagang)"
    rf"(?: [a-z]{{3,12}})?, )({_LARGE})(?=[.;,]?(?:\n|$))"
)
#: "dipanggil si Bule": a nickname, whatever word it is.
_NICKNAME = re.compile(
    r"(\b(?:di ?pang+il|panggilan(?:nya)?|dijuluki|julukan(?:nya)?|alias|dikenal|namanya)"
    r"(?: (?:warga|orang|dengan|sebagai)){0,2}"
    r" si )([a-z]{3,15})(?!\w)",
    re.IGNORECASE,
)
#: What ends a message or stands before a telephone as well.
_ENDS = frozenset(
    (
        "tolong", "mohon", "makasih", "thanks", "trims", "semoga", "please", "parah", "terima", "kasih", "min", "pak",
        "segera", "hubungi", "telepon", "telpon", "nomor", "cepat",
    )
)  # fmt: skip
#: A brand that people are called as well, behind whoever is spoken to so: "mamang Oyo".
_SELLERS = word_start(
    "mamang", "mang", "abang", "bang", "kang", "mpok", "bude", "pakde", "mbok", "mbah", "nenek", "kakek"
)
_SELLER = re.compile(rf"({_SELLERS} )({_LARGE})(?!\w)")
_PLAIN = NAMES | {UNKNOWN, LINK}
_PLACED = frozenset(("P", BOTH))
_TWICE = re.compile(rf"{_M}(?: {_M})+")


def without_names_beside(text: str) -> str:
    """`text`, whose names are masked, without those that only their neighbours give away. Linear time."""
    shown = _OWN.sub(lambda m: f"{m[1]}{MASK}" if kind_of()[m[2].lower()] == NAME else m[0], text)
    shown = _SELLER.sub(lambda m: f"{m[1]}{MASK}" if _both(m[2].lower()) else m[0], shown)
    if " si " in shown.lower():
        shown = _NICKNAME.sub(rf"\1{MASK}", shown)
    shown = _PUPIL.sub(_pupil, shown)
    shown = _WITNESS.sub(
        lambda m: f"{m[1]}{MASK}" if _may_be(m[2]) and m[2].lower() not in _ENDS else m[0], shown
    )
    if "nama" in shown.lower():
        shown = _SHOWN.sub(_run, shown)
    if MASK in shown:
        shown = _SPELLING.sub(_run, shown)
        shown = _CHILDREN.sub(_children, shown)
        if "|" in shown and _TABLE.search(shown):
            shown = _CELL.sub(lambda m: f"{m[1]}{MASK}" if kind_of()[m[3].lower()] in _PLAIN else m[0], shown)
    if "[nomor telepon]" in shown:
        shown = _REACHED.sub(
            lambda m: f"{m[1]}{MASK}" if _may_be(m[2]) and m[2].lower() not in _ENDS else m[0], shown
        )
    return text if shown == text else _TWICE.sub(MASK, shown)


def _may_be(word: str) -> bool:
    """Whether a word may be a person's name where one is expected: an ordinary one too, no place or institution."""
    kind = kind_of()[word.lower()]
    return kind not in _PLACED and (kind in _PLAIN or kind == ORDINARY)


def _both(word: str) -> bool:
    """Whether a word is a brand and a name that people bear."""
    return kind_of()[word] == BRAND and word in given_names()["given"]


def _run(found: re.Match[str]) -> str:
    """A run of large words, each of which may be a name; a single one that is no ordinary word."""
    words = found[2].replace(MASK, "").split()
    plain = len(words) > 1 or kind_of()[words[0].lower()] in NAMES | {UNKNOWN}
    return f"{found[1]}{MASK}" if plain and all(map(_may_be, words)) else found[0]


def _children(found: re.Match[str]) -> str:
    one, other = found[1], found[3]
    known = MASK in (one, other)
    for word in (one, other):
        if word != MASK and not (_may_be(word) if known else kind_of()[word.lower()] in _PLAIN):
            return found[0]
    return f"{MASK}{found[2]}{MASK}"


def _pupil(found: re.Match[str]) -> str:
    words = [found[2], *(found[3] or "").split()]
    known = all(
        kind_of()[word.lower()] in NAMES and kind_of()[word.lower()] not in (HEAD, CALLED) for word in words
    )
    return f"{found[1]}{MASK}" if known and kind_of()[words[0].lower()] == NAME else found[0]
