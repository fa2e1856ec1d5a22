"""What stands below a letter: its closing formula, name, role, telephone, disclaimer, and what programs advertise.

"Terima kasih" is the citizen's word and stays; the name below it goes, because the record knows who wrote. A line goes
only where everything behind it looks like a signature too; a postscript stays. Linear time.
"""

from __future__ import annotations

import re

from adapters.email.added import is_dispensable, without_disclaimer, without_tail
from adapters.email.ending import without_ending
from adapters.email.ending_features import Reader
from adapters.email.other_scripts import gives_thanks, without_name
from adapters.email.persons import (
    TRIM,
    announces_name,
    begins_with_given_name,
    is_name,
    is_person,
    name_weight,
)
from adapters.email.quote_words import (
    BEFORE_NAMES,
    FAREWELLS,
    FORMULA_BEGINS,
    FORMULAS,
    FORMULAS_WITH_COMMA,
    THANKS,
    TITLES,
)
from adapters.email.sign_off import sign_off
from adapters.email.sign_off_lines import weigh

_DELIMITER = re.compile(r"(--|__|—)\s?")
#: A line that some draw above their name, and others between parts of a letter.
_LINE = re.compile(r"\s*(?:[_\-=*~–—]\s?){3,90}\s*")
#: "- Siti Contoh", "// Siti", "-Siti-".
_DASHED = re.compile(r"\s*(?:[-–—~*]{1,2}|//)\s?(?=[^\W\d_])")
_DATED = re.compile(r"(?:[A-Z]\w+(?: [A-Z]\w+){0,2},\s*)?\d{1,2}[ /.-]\w{1,9}[ /.-]\d{4}\W*")
_BY_NAME = re.compile(r"(?:pelapor|pengirim|pemohon|pengadu|tertanda|ttd)\s*[:,]?\s+", re.IGNORECASE)
#: Lines of a signature behind a delimiter or a formula, and how long one may be.
_LINES = 12
_LONGEST = 200
#: "makasiiih"
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
#: A longer line is not looked through for thanks.
_THANKS = 600
#: So many of the last lines are weighed for a sign-off.
_LOOKED_AT = 60
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
    r"(?:a\.?n\b\.?|(?:warga|ketua|pengurus|keluarga|pelapor|penghuni|paguyuban|forum)\b)(?: [\w./]+){1,5}$",
    re.IGNORECASE,
)
_MANY = re.compile(r"\s*(?:ibu|bapak|warga|keluarga|pengurus|penghuni)", re.IGNORECASE)
#: A name of this weight is one.
_SURELY = 2.5
#: Alone on a line above whoever signs.
_SIGNED_BY = frozenset(("dari", "from", "pelapor", "pengirim", "tertanda", "ttd"))
#: Who gets a letter too, below it.
_COPIES = re.compile(r"\W{0,3}(?:tembusan|salinan|cc)\b[\w\s.]{0,30}:?\s*", re.IGNORECASE)
#: A postscript that stands below the signature.
_BELOW_ALL = re.compile(r"\W{0,3}(?:n\.?\s?b|p\.?\s?s)\b", re.IGNORECASE)
_POSTSCRIPT = re.compile(r"\W*(?:n\.?b|p\.?s|catatan|lampiran)\b\W*[:.]?", re.IGNORECASE)


def without_signature(lines: list[str], sender: str = "", answered: int = 0) -> list[str]:
    """`lines` up to where the signature begins, and a postscript; all of them when nothing would be left.

    `sender`: the name that the address of the mail bears, "" when there is none. `answered`: the last line that answers
    a quote; a name there is what was asked for.
    """
    lines = _cut(lines, sender, answered)
    for index in range(max(1, len(lines) - _LINES), len(lines)):
        if _BELOW_ALL.match(lines[index]):
            above = without_tail(lines[:index])
            signed = _cut(above, sender, answered)
            return [*signed, "", *lines[index:]] if len(signed) < len(above) else lines
    return lines


def _cut(lines: list[str], sender: str, answered: int) -> list[str]:
    lines = prepared(lines, sender, answered)
    closed = _without_closing(lines, answered)
    ruled = _without_lone_name(closed, sender, answered)
    if sender and len(ruled) < len(_without_lone_name(closed, "", answered)):
        # The name that the address bears needs no other sign.
        return ruled
    # A postscript stays, and a name below a quote that asks for it.
    least = max((answered or -1, *(i for i, line in enumerate(lines) if _BELOW_ALL.match(line))))
    return without_tail(without_ending(lines, len(ruled), reader_of(lines), least))


def prepared(lines: list[str], sender: str = "", answered: int = 0) -> list[str]:
    """`lines` without what surely belongs to no letter: copies to others, what stands behind a delimiter, notices."""
    return _without_signer(_without_added(_without_copies(without_tail(lines), sender, answered)))


def by_rules(lines: list[str], sender: str = "", answered: int = 0) -> list[str]:
    """`lines` up to where closing words, thanks or a name that stands alone say that the letter ends."""
    return _without_lone_name(_without_closing(lines, answered), sender, answered)


def _without_closing(lines: list[str], answered: int) -> list[str]:
    lines = _without_sign_off(lines, answered)
    for _ in range(2):
        # "Hormat saya," and below it "ttd" and the name.
        lines = _without_formula(lines)
    lines = _without_sign_off(lines, answered)
    return without_tail(without_name(_without_names(without_tail(lines))))


def _without_lone_name(lines: list[str], sender: str, answered: int) -> list[str]:
    return without_tail(_without_bare_name(lines, sender, answered))


def reader_of(lines: list[str]) -> Reader:
    """What tells the lines of a letter apart."""
    return Reader(lines, _closes, _gives_thanks)


def _closes(line: str) -> bool:
    return bool(line.strip()) and len(line) <= _LONGEST and _is_formula(line.strip())


def _gives_thanks(line: str) -> bool:
    return len(line) <= _THANKS and _says_thanks(line)


def _without_copies(lines: list[str], sender: str, answered: int) -> list[str]:
    """Without "Tembusan:" and those below it, when the letter above them is signed."""
    for index in range(max(1, len(lines) - _LINES), len(lines)):
        if _COPIES.fullmatch(lines[index]):
            others = [line for line in lines[index + 1 :] if line.strip()]
            if len(others) < 2 or not all(len(line) <= 90 and len(line.split()) <= 10 for line in others):
                break
            above = without_tail(lines[:index])
            signed = by_rules(_without_added(above), sender, answered)
            return above if len(signed) < len(above) else lines
    return lines


def _without_added(lines: list[str]) -> list[str]:
    return without_disclaimer(_without_delimited(without_disclaimer(without_tail(lines))))


def _without_sign_off(lines: list[str], answered: int) -> list[str]:
    """Without the last lines that a name, a group or a date begins, by their weight all together."""
    first = max(0, len(lines) - _LOOKED_AT)
    looked = lines[first:]
    formulas = [bool(line.strip()) and len(line) <= _LONGEST and _is_formula(line.strip()) for line in looked]
    start = first + sign_off(looked, formulas, list(map(_says_thanks, looked)))
    return lines if start <= answered != 0 else without_tail(lines[:start])


def _without_delimited(lines: list[str]) -> list[str]:
    """Without what stands behind the last delimiter that has only a few short lines behind it."""
    end = len(lines)
    for index in range(end - 1, max(end - _LINES - 8, -1), -1):
        if not index or len(lines[index]) > _LONGEST or not _LINE.fullmatch(lines[index] + "--"):
            continue
        drawn = _DELIMITER.fullmatch(lines[index]) is None
        if not drawn or _LINE.fullmatch(lines[index]):
            behind = [line for line in lines[index + 1 : end] if line.strip()]
            if drawn and not _is_signed_below(behind):
                continue
            if len(behind) <= _LINES and all(len(line) <= _LONGEST for line in behind):
                end = index
    return without_tail(lines[:end])


def _is_signed_below(behind: list[str]) -> bool:
    """Whether a name stands below a drawn line, and nothing but what belongs to it; or a list's own words do."""
    if any("mailing list" in line.casefold() for line in behind):
        return True
    return bool(behind) and is_person(behind[0]) and all(map(_is_signature_line, behind))


def _without_bare_name(lines: list[str], sender: str, answered: int) -> list[str]:
    """Without a last paragraph that is a name, and at most a role, an office and numbers below it; or a last line."""
    start = len(lines)
    while start and len(lines) - start <= _LINES and lines[start - 1].strip():
        start -= 1
    above = next((line.strip() for line in reversed(lines[:start]) if line.strip()), "")
    if start == len(lines) or start <= answered != 0:
        return lines
    while start < len(lines) - 1 and not any(c.isalnum() for c in lines[start]):
        start += 1
    if (
        not above
        or above[-1] in ":,"
        or _DASHED.match(above)
        or above.split()[-1].casefold() in BEFORE_NAMES
        or announces_name(above)
    ):
        return _without_last_name(lines, start, sender)
    first, *others = lines[start:]
    name = _DASHED.sub("", _BY_NAME.sub("", first.strip(), count=1), count=1)
    if not is_person(name, sender) or not all(map(_is_signature_line, others)) or any(map(_tells, others)):
        return _without_last_name(lines, start, sender)
    # Names below each other are a list of people.
    return lines if any(is_person(line) for line in others) else lines[:start]


def _tells(line: str) -> bool:
    """Whether a line below a name says something of whoever bears it: "Umur 7 tahun", "Belum dapat"."""
    return _CONTACT.fullmatch(line.strip()) is None and weigh(line, is_formula=False, above="") is None


def _without_last_name(lines: list[str], start: int, sender: str) -> list[str]:
    """Without a name on a line of its own right below the last sentence: "Saya tunggu." and "Dewi"."""
    last = len(lines) - 1
    if (
        last <= start
        or _DASHED.match(lines[last - 1])
        or lines[last - 1].rstrip()[-1:] not in (".", "!", "?")
    ):
        return lines
    name = _DASHED.sub("", lines[last].strip(), count=1)
    if name.split()[0].strip(".").casefold() in TITLES or not is_person(name, sender):
        return lines
    return lines[:last]


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
            while end < len(lines) and _is_below_formula(lines, end, index + 1):
                end += 1
            rest = lines[end:]
            if rest and not _POSTSCRIPT.match(rest[0]):
                # "Salam," in the middle of a letter is no end of it.
                return lines
            return _without_date(without_tail(lines[:index])) + (["", *rest] if rest else [])
    return lines


def _without_signer(lines: list[str]) -> list[str]:
    """Without "Pelapor:" and who is named below it, last of all."""
    for index in range(max(1, len(lines) - _LINES), len(lines)):
        if _names_signer(lines, index) and all(
            not line.strip() or _is_signature_line(line) for line in lines[index + 1 :]
        ):
            above = without_tail(lines[:index])
            return above if any(c.isalnum() for line in above for c in line) else lines
    return lines


def _names_signer(lines: list[str], index: int) -> bool:
    """Whether "Pelapor:" stands on line `index` alone, a person below it, and no other word with a colon: a form."""
    line = lines[index].strip()
    if not line.endswith(":") or line.casefold().strip(TRIM) not in _SIGNED_BY:
        return False
    below = [other.strip() for other in lines[index + 1 :] if other.strip()]
    if not below or any(":" in other for other in below):
        return False
    return name_weight(below[0].partition(",")[0]) >= _SURELY


def _is_below_formula(lines: list[str], index: int, start: int) -> bool:
    line = lines[index]
    if is_dispensable(line) or _is_signature_line(line):
        return True
    # "Salam," and a name in small letters, last of all.
    return (
        index <= start + 1
        and len(line.split()) <= 6
        and line.strip()[-1] not in ".!?:;"
        and not any(rest.strip() for rest in lines[index + 1 :])
        and (begins_with_given_name(line) or _MANY.match(line) is not None)
    )


def _without_date(lines: list[str]) -> list[str]:
    """Without "Jakarta, 12 Maret 2025" right above the formula; never without all."""
    if (
        len(lines) > 1
        and len(lines[-1]) <= _LONGEST
        and "," in lines[-1]
        and _DATED.fullmatch(lines[-1].strip())
    ):
        return without_tail(lines[:-1])
    return lines


def _is_formula(line: str) -> bool:
    said = line.casefold().strip(TRIM)
    if said in FORMULAS or (
        said.startswith(FORMULA_BEGINS) and len(said.split()) <= 4 and line[-1] not in ".!?"
    ):
        return True
    if line.endswith(",") and (
        said in _SIGNED_BY
        or said in FAREWELLS
        or (said.startswith(FORMULAS_WITH_COMMA) and len(said.split()) <= 5)
    ):
        return True
    # "Salam lestari!"
    if said.startswith("salam ") and len(said.split()) == 2 and line.endswith("!"):
        return True
    if said.endswith(" regards") and len(said.split()) <= 4:
        return True
    # "Salam, Ferdinand": the formula and the name on one line.
    formula, comma, name = line.partition(",")
    return bool(comma) and formula.casefold().strip(TRIM) in FORMULAS and is_name(name)


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
    said = " ".join(re.sub(r"[^\w\s]+", " ", _STRETCHED.sub(r"\1", line.casefold())).split())
    return len(said) <= 300 and (any(f" {word} " in f" {said} " for word in THANKS) or gives_thanks(line))


def _is_signature_line(line: str) -> bool:
    """Name, role, office, address or number: short, and no sentence."""
    line = line.strip(" \t*_")
    if not line or len(line) > 90 or _POSTSCRIPT.match(line):
        return False
    if is_name(line) or _CONTACT.fullmatch(line) or _DATED.fullmatch(line) or _BODY.match(line):
        return True
    words = line.split()
    if len(words) <= 12 and sum(map(str.isdigit, line)) >= 7 and line[-1].isdigit():
        return True
    if line[-1] in ".!?:;" and len(words) > 3:
        return False
    return len(words) <= 8 and (line[0].isupper() or line[0] in "(+|")
