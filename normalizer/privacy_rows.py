"""Names that a row of people or a closing gives away, whatever word they are elsewhere: "bu Ning, bu Contoh", "Contoh,
Siti dan Abi", "uni Des" below a thank-you, what a card has printed instead of somebody's name.

Runs over a text whose names are masked (`privacy_names.py`), since each pattern asks for one beside it, or for the
place where people sign.
"""

from __future__ import annotations

import re

from normalizer.name_words import (
    BEFORE,
    BOTH,
    NAME,
    OFFICE,
    ORDINARY,
    PLACE,
    TIME,
    TITLE,
    UNKNOWN,
    WEAK,
    given_names,
    kind_of,
)
from normalizer.privacy_names import MASK

_M = re.escape(MASK)
#: Titles that stand before a name in a row.
TITLES = (
    r"pak|bu|bpk|bapak|ibu|mpok|mpo|bang|mas|mbak|mba|kang|teh|mang|ceu|koh|ko|cik|ci|nci|cing|encing"
    r"|ncing|uni|uda|om|tante|oma|opa|mbah|mbok|pakde|bude|haji|hj|ustad|ustadz"
)
_TITLE = rf"(?i:{TITLES})"
_AND = r"(?:, ?(?:dan |& )?| (?:dan|sama|ama|serta|&|n) )"
_ONE = r"[^\W\d_]{2,12}"
#: "saksi bu ning, bu [nama]", read backwards from the mask; "pak [nama] dan bu ning".
_BEFORE_ONE = re.compile(rf"(?<!\w){_TITLE}\.? ({_ONE}){_AND}{_TITLE}\.? $")
_BEHIND_ONE = re.compile(rf"({_M}{_AND}{_TITLE}\.? )({_ONE})(?=[,.;)\n]|$| (?:dan|sama|serta|&) )")
_NEAR, _LAST = 40, 60
#: "[nama], [nama] dan Abi pulang": the last of three, written large, and no title of the next.
_THIRD = re.compile(rf"({_M}, ?{_M},? (?:dan|sama|serta|&) )([A-Z][a-z'’]{{1,11}})(?= [a-z]|[,.;)\n]|$)")
#: "terima kasih banyak\nuni des".
_SIGNED = re.compile(
    rf"(\n(?!(?i:ibu|bapak) ){_TITLE} )({_ONE}2?)(?=\n|$|,| (?i:lantai|lt|rt|rw|blok|unit|no|gang|gg)\b)"
)
#: The same without a title: a name, perhaps with an initial, on a line of its own.
_SIGNED_ALONE = re.compile(r"(\n)([^\W\d_]{3,12})((?: [A-Za-z]\.?)?)(?=\n|$)")
#: "siti tukang gorengan" at the very end.
_SIGNED_TRADE = re.compile(
    r"(?:[.!?] |\n)([^\W\d_]+(?:['’][^\W\d_]+)?)"
    r" (?:tukang|penjual|pedagang|warga|wrg|anak|penghuni) [^\n.]{2,24}\.?\s*\Z"
)
#: A name in letters of its own before the same in ours: "박지훈 ([nama])".
_SCRIPT = re.compile(rf"([^\W\d_A-Za-z\u00c0-\u024f]{{2,6}})(?= ?\({_M}\))")
_CLOSING = re.compile(
    r"(?:xoxo|kasih|makas\w*|maacih|mksh|tks|thx|thanks|trims|nuhun|suwun|wassalam\w*|salam)[^\n]{0,24}\n{0,2}$",
    re.IGNORECASE,
)
#: "[nama], di KTP tercetak CONTHO".
_PRINTED = re.compile(
    rf"({_M}(?:(?!agama|status)[^\n.]){{0,40}}?\b(?i:(?:ter|di|ke|salah ?)(?:cetak|tulis|ketik)(?:nya)?"
    r"(?: (?:jadi|menjadi|sebagai|nama))? ?:? ?))"
    r"([A-Z]{4,}(?: [A-Z]{3,}){0,3}|[A-Z][a-z'’]{2,}(?: [A-Z][a-z'’]+){1,3})(?!\w)"
)
#: What else stands alone below a thank-you.
_NO_NAME = frozenset(
    (
        "sekian", "demikian", "sukses", "mantap", "pengirim", "penanya", "netizen", "anonim", "segera", "jakarta",
        "semoga", "amin", "aamiin", "sehat", "berkah", "urgent", "foto", "lampiran", "alamat", "lokasi", "bukti",
        "terlampir",
    )
)  # fmt: skip
_NAMED = frozenset((BOTH, NAME, UNKNOWN, WEAK))
_ANY = frozenset((BEFORE, BOTH, NAME, ORDINARY, PLACE, TIME, UNKNOWN, WEAK))


def without_rows(text: str) -> str:
    """`text`, whose names are masked, without those of a row or a closing. Linear time."""
    if MASK in text:
        text = _BEHIND_ONE.sub(_masked, _before_ones(text))
        text = _THIRD.sub(lambda m: f"{m[1]}{MASK}" if _is_any(m[2], TITLE) else m[0], text)
        text = _PRINTED.sub(_printed, text)
        if not text.isascii():
            text = _SCRIPT.sub(MASK, text)
    if "\n" in text:
        text = _SIGNED_ALONE.sub(_signed_alone, _SIGNED.sub(_signed, text))
    trade = _SIGNED_TRADE.search(text, max(0, len(text) - _LAST))
    if trade is not None and kind_of()[trade[1].lower()] in _NAMED:
        text = f"{text[: trade.start(1)]}{MASK}{text[trade.end(1) :]}"
    return text


def _before_ones(text: str) -> str:
    """`text` without the names right before masked ones of a row."""
    at = text.rfind(MASK)
    while at > 0:
        found = _BEFORE_ONE.search(text, max(0, at - _NEAR), at)
        if found is not None and _is_any(found[1]):
            text = f"{text[: found.start(1)]}{MASK}{text[found.end(1) :]}"
            at = found.start(1) + 1
        at = text.rfind(MASK, 0, at)
    return text


def _is_any(word: str, *more: str) -> bool:
    """Whether a word may be what somebody is called: no office, no relative, no word that is never a name."""
    kind = kind_of()[word.rstrip("2").lower()]
    return kind in _ANY or kind in more or (kind == OFFICE and word.lower() in given_names()["given"])


def _masked(found: re.Match[str]) -> str:
    return f"{found[1]}{MASK}" if _is_any(found[2]) else found[0]


def _signed(found: re.Match[str]) -> str:
    """The name below a closing."""
    return (
        _masked(found)
        if _CLOSING.search(found.string, max(0, found.start() - _NEAR), found.start())
        else found[0]
    )


def _signed_alone(found: re.Match[str]) -> str:
    """A name alone below a closing: a word that may be one, or any that is written large and ends the text."""
    word, text = found[2].lower(), found.string
    if word in _NO_NAME or not _CLOSING.search(text, max(0, found.start() - _NEAR), found.start()):
        return found[0]
    kind = kind_of()[word]
    last = kind == ORDINARY and found[2].istitle() and not text[found.end() :].strip()
    return f"{found[1]}{MASK}{found[3]}" if kind in _NAMED or last else found[0]


def _printed(found: re.Match[str]) -> str:
    kinds = [kind_of()[word.lower()] for word in found[2].split()]
    return f"{found[1]}{MASK}" if all(kind in (NAME, UNKNOWN, WEAK) for kind in kinds) else found[0]
