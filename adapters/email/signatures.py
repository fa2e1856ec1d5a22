"""What stands below a letter: its closing formula, name, role, telephone, disclaimer, and what programs advertise.

"Terima kasih" is the citizen's word and stays; the name below it goes, because the record knows who wrote. A line goes
only where everything behind it looks like a signature too; a postscript stays. Linear time.
"""

from __future__ import annotations

import re
from functools import lru_cache

from adapters.email.quote_words import (
    AD_ENDS,
    ADS,
    DISCLAIMER_BEGINS,
    DISCLAIMER_WORDS,
    FORMULA_BEGINS,
    FORMULAS,
    NO_NAME,
    SENT_FROM,
    THANKS,
    TITLES,
)
from normalizer.name_words import given_names

RULE = re.compile(r"\s*[_\-=*]{5,}\s*")
_DELIMITER = re.compile(r"(--|__|—)\s?")
#: Lines of a signature behind a delimiter or a formula, and how long one may be.
_LINES = 12
_LONGEST = 200
_TRIM = " \t*_~>,.:;!-–—"
_CONTACT = re.compile(
    r"\W*(?:(?:hp|no|nomor|wa|whatsapp|te?lp?|telepon|tel|t|m|p|f|fax|mobile|phone|cp|ponsel|kontak|contact|hubungi)\b"
    r"[\s.:/]*){0,3}[+(]{0,2}\d[\d\s().+/\-]{6,}\W*|\W*(?:e-?mail|surel|website|www|https?)\b.*|\S+@\S+\W*"
    r"|(?:jl|jln|jalan|gg|gang|komplek|perum|alamat|rt|kel|kec|kelurahan|kecamatan)\b.*",
    re.IGNORECASE,
)
#: A telephone number or an address of the mail alone, not one of a street, which may be where it happened.
_NUMBER = re.compile(
    r"\W*(?:(?:hp|no|wa|whatsapp|te?lp?|telepon|tel|phone|ponsel|kontak|contact|hubungi|e-?mail|surel)\b[\s.:/]*){0,3}"
    r"(?:[+(]{0,2}\d[\d\s().+/\-]{6,}|\S+@\S+)\W*",
    re.IGNORECASE,
)
#: Who signs for many.
_BODY = re.compile(
    r"(?:a\.?n\.?|warga|ketua|pengurus|keluarga|pelapor|penghuni|paguyuban|forum)\b(?: [\w./]+){1,5}$",
    re.IGNORECASE,
)
_NAME_WORD = re.compile(r"[^\W\d_][\w'’.\-]*,?|&|\(?[A-Z]\.?\)?|S\.?\w{1,3}\.?")
_SMALL_IN_NAMES = frozenset({"bin", "binti", "van", "de", "der", "dan", "al", "el", "di", "&", "dkk"})
#: What is left of a picture in a text: "[image: logo.png]", "[cid:…]".
_PICTURE = re.compile(r"\s*\[(?:image|cid|gambar|inline image)\b[^\]\n]{0,200}\]\s*", re.IGNORECASE)
_POSTSCRIPT = re.compile(r"\W*(?:n\.?b|p\.?s|catatan|lampiran)\b\W*[:.]?", re.IGNORECASE)


def without_signature(lines: list[str]) -> list[str]:
    """`lines` up to where the signature begins; all of them when nothing would be left."""
    lines = _without_delimited(_without_tail(lines))
    lines = _without_disclaimer(lines)
    lines = _without_formula(lines)
    return _without_tail(_without_names(_without_tail(lines)))


def _without_tail(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and _is_dispensable(lines[end - 1]):
        end -= 1
    return lines[:end]


def _without_delimited(lines: list[str]) -> list[str]:
    """Without what stands behind the last delimiter that has only a few short lines behind it."""
    end = len(lines)
    for index in range(end - 1, max(end - _LINES - 8, -1), -1):
        listed = RULE.fullmatch(lines[index]) is not None
        if index and (listed or _DELIMITER.fullmatch(lines[index])):
            behind = [line for line in lines[index + 1 : end] if line.strip()]
            if listed and not any("mailing list" in line.casefold() for line in behind):
                continue
            if len(behind) <= _LINES and all(len(line) <= _LONGEST for line in behind):
                end = index
    return _without_tail(lines[:end])


def _without_disclaimer(lines: list[str]) -> list[str]:
    """Without the last paragraphs that say who may read a mail; never without the first one."""
    for _ in range(3):
        start = len(lines)
        while start and lines[start - 1].strip():
            start -= 1
        said = " ".join(lines[start:]).casefold().strip(_TRIM + "[(\"'")
        if not start or len(said) > 3000 or not said.startswith(DISCLAIMER_BEGINS):
            break
        if not any(word in said for word in DISCLAIMER_WORDS):
            break
        lines = _without_tail(lines[:start])
    return lines


def _without_formula(lines: list[str]) -> list[str]:
    """Without "Hormat saya," and the name, role and telephone below it; what follows those stays."""
    behind = 0
    for index in range(len(lines) - 1, 0, -1):
        line = lines[index].strip()
        behind += bool(line)
        if behind > _LINES + 1:
            break
        if line and _is_formula(line) and any(c.isalnum() for before in lines[:index] for c in before):
            end = index + 1
            while end < len(lines) and (not lines[end].strip() or _is_signature_line(lines[end])):
                end += 1
            rest = lines[end:]
            if rest and not _POSTSCRIPT.match(rest[0]):
                # "Salam," in the middle of a letter is no end of it.
                return lines
            return _without_tail(lines[:index]) + (["", *rest] if rest else [])
    return lines


def _is_formula(line: str) -> bool:
    said = line.casefold().strip(_TRIM)
    if said in FORMULAS or (
        said.startswith(FORMULA_BEGINS) and len(said.split()) <= 4 and line[-1] not in ".!?"
    ):
        return True
    # "Salam, Ferdinand": the formula and the name on one line.
    formula, comma, name = line.partition(",")
    return bool(comma) and formula.casefold().strip(_TRIM) in FORMULAS and is_name(name)


def _without_names(lines: list[str]) -> list[str]:
    """Without the name and the telephone that stand below the thanks."""
    start = len(lines)
    while start and len(lines) - start <= 5 and _is_signature_line(lines[start - 1]):
        if _says_thanks(lines[start - 1]):
            break
        start -= 1
        while start and not lines[start - 1].strip():
            start -= 1
    below = [line for line in lines[start:] if line.strip()]
    if not below or not start or not _says_thanks(lines[start - 1]):
        return lines
    if is_name(below[0].partition(",")[0]) or _BODY.match(below[0]):
        return lines[:start]
    return lines[:start] if all(_NUMBER.fullmatch(line.strip()) for line in below) else lines


def _says_thanks(line: str) -> bool:
    said = " ".join(re.sub(r"[^\w\s]+", " ", line.casefold()).split())
    return len(said) <= 300 and any(f" {word} " in f" {said} " for word in THANKS)


def is_name(line: str) -> bool:
    """Whether a line is a person's name, or looks like one: up to five capitalised words, none of them ordinary."""
    bare = line.strip(_TRIM + "()")
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


@lru_cache(maxsize=1)
def _given_names() -> frozenset[str]:
    """Names that are believed when they are written small too."""
    return frozenset(name for names in given_names().values() for name in names if len(name) >= 4)


def _is_signature_line(line: str) -> bool:
    """Name, role, office, address or number: short, and no sentence."""
    line = line.strip()
    if not line or len(line) > 90 or _POSTSCRIPT.match(line):
        return False
    if is_name(line) or _CONTACT.fullmatch(line):
        return True
    words = line.split()
    if len(words) <= 12 and sum(map(str.isdigit, line)) >= 7 and line[-1].isdigit():
        return True
    if line[-1] in ".!?:;" and len(words) > 3:
        return False
    return len(words) <= 8 and (line[0].isupper() or line[0] in "(+|")


def _is_dispensable(line: str) -> bool:
    """Empty, a ruler, or what a telephone or a free mail service puts below everybody's mails."""
    words = line.strip().strip("-_*~<>[]() .").casefold()
    if not words or _PICTURE.fullmatch(line):
        return bool(words) or not line.strip() or RULE.fullmatch(line) is not None or len(line.strip()) <= 2
    if len(words) > 160:
        return False
    if words.startswith(ADS):
        return True
    return any(words.startswith(start) and _is_device(words[len(start) :]) for start in SENT_FROM)


def _is_device(rest: str) -> bool:
    """What follows "sent from": a product, not a sentence."""
    rest = rest.partition("<http")[0].strip(" .")
    return (
        0 < len(rest.split()) <= 8
        and "," not in rest
        and (any(word in rest for word in AD_ENDS) or (len(rest.split()) <= 4 and rest[-1:] not in ",;:!?"))
    )
