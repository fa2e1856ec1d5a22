"""The sign-off that no formula announces: the last lines of a mail are weighed, each by what its words are.

A name, an office, a telephone, the name of a firm, "Jakarta, 3 Maret 2025" speak for a sign-off, by so much each;
ordinary words, a request or an end like that of a sentence speak against it. It begins at the first of the last lines
that can begin one (a name, a group, a formula, a date) from which on the sum is high enough, together with what stands
right above: a finished sentence or thanks. Names alone below each other are a list of people, and a place, a thing or
a telephone alone never begin a sign-off.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from adapters.email.added import is_dispensable
from adapters.email.persons import TRIM, is_region, name_weight
from adapters.email.quote_words import BEFORE_NAMES
from adapters.email.sign_off_words import (
    ANNOUNCING,
    BEFORE_GROUPS,
    GREETINGS,
    GROUPS,
    HARMLESS,
    ORGANISATIONS,
    ROLES,
    TRADES,
)
from normalizer.name_words import kind_of

#: From which sum on the last lines are a sign-off.
_ENOUGH = 2.5
#: Lines that a sign-off may have, how long one may be, and how many words.
_LINES = 16
_LONGEST = 110
_WORDS = 12
_TOKEN = re.compile(r"[^\W_]+(?:['’.][^\W_]+)*")
#: What parts the name from what stands beside it, and the columns of two who sign.
_BESIDE = re.compile(r"\s{3,}|\t|\s[-–—/|:•·]\s|[,(|]|(?<=[^\W\d_])/(?=[+\d(])")
_DATE = re.compile(r"(?:[A-Z][\w.]+(?: [A-Z]\w+){0,2}\s?,\s*)\d{1,2}[ /.-]\w{1,9}[ /.-]\d{2,4}[\s.,]*")
_PHONE = re.compile(r"[+(]{0,2}\d[\d\s().+/\-]{5,}\d(?:\s?(?:ext|ekst|psw)\W{0,2}\d+)?")
_REACH = re.compile(
    rf"(?:[^\W\d_][\w-]{{0,9}}\W{{1,3}}){{0,3}}(?:{_PHONE.pattern}|\S+@\S+|@[\w.]+"
    r"|(?:https?://)?[\w-]{2,40}(?:\.[\w-]{1,40}){0,3}\.(?-i:[a-z]{2,10})(?:/\S*)?)\W*",
    re.IGNORECASE,
)
#: Of the nets that stand beside a host: "FB | X | YouTube".
_NET = re.compile(
    r"(?:fb|facebook|ig|instagram|x|twitter|youtube|yt|tiktok|linkedin|wa|whatsapp|telegram|line)", re.I
)
_STREET = re.compile(
    r"(?:jl|jln|jalan|gg|gang|komp|komplek|kompleks|perum|alamat|rt|kel|kec)\b", re.IGNORECASE
)
_DEGREE = re.compile(r"(?:[A-Z][A-Za-z]{0,4}\.\s?){1,3}[A-Za-z]{0,5}\.?|[SM][A-Z][a-zA-Z]{0,2}|Ph\.?D\.?|MBA")
_NUMBERED = re.compile(r"(?:\d{1,2}\s?[.)]|[-•*–])\s+(?=\S)")
_SLOGAN = re.compile(r"[\"“”*_'«][^\"“”*]{3,80}[\"“”*_'»]")
_POSTSCRIPT = re.compile(r"\W*(?:n\.?b|p\.?s|catatan|lampiran)\b", re.IGNORECASE)
_SALUTE = re.compile(r"(?:teriring )?(?:salam|hormat)\b", re.IGNORECASE)
_FOR_MANY = re.compile(r"\(?a\.?\s?[/.]?\s?n\b\.?|atas nama\b", re.IGNORECASE)
_DASHED = re.compile(r"\s*(?:[-–—•*]|\d{1,2}[.)])\s?(?=\S)")
#: Nothing but what ornaments a line, or emoji.
_NO_WORDS = re.compile(r"[\W_]*")
#: A number told in words, or in words and digits: "nol delapan satu dua, 0000".
_SPELT = re.compile(
    r"(?:\b(?:nol|kosong|satu|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan|\d{1,8})\b[\s,.-]{0,3}){6,40}",
    re.IGNORECASE,
)
#: Kinds of words that no name, office or address has: they say something. `x`: no name at all, `A`: "bernama".
_SAYS = frozenset("xJISp")


class Line(NamedTuple):
    """What a line is, and by how much it speaks for a sign-off."""

    kind: str
    weight: float


NAME, GROUP, ROLE, DATE, FORMULA, CONTACT, FIRM, PLAIN, SMALL, EMPTY = (
    "name", "group", "role", "date", "formula", "contact", "firm", "plain", "small", "empty",
)  # fmt: skip
_NOTHING = Line(EMPTY, 0)


def sign_off(lines: list[str], is_formula: list[bool], thanks: list[bool]) -> int:
    """At which line the sign-off begins; `len(lines)` when there is none.

    `is_formula` and `thanks`: which of the lines close a letter or thank.
    """
    end = len(lines)
    below = _NOTHING
    total, best, count, signed = 0.0, end, 0, False
    names: list[float] = []
    for index in range(end - 1, 0, -1):
        text = lines[index]
        line = _NOTHING if not text.strip() else _weigh(text, is_formula[index], lines[index - 1])
        if line is None or count > _LINES or thanks[index]:
            break
        if line.kind == EMPTY:
            continue
        count += 1
        if text.rstrip().endswith(":") and line.kind == GROUP and below.kind != NAME:
            break
        total += line.weight
        if line.kind == NAME:
            names.append(line.weight)
        signed = signed or line.kind in (GROUP, ROLE, DATE, FORMULA, CONTACT)
        # Two names say no more than one, and rather that somebody is listed.
        listed = 0.0 if signed or len(names) < 2 else sum(names) - min(names) + 2
        if _opens(line, below, text) and total - listed + _ground(lines, index, thanks) >= _ENOUGH:
            best = index
        below = line
    return best if best < end and _says_something(lines[:best]) else end


def _opens(line: Line, below: Line, text: str) -> bool:
    if line.kind == ROLE:
        return below.kind in (NAME, CONTACT) and (text.rstrip().endswith(",") or below.kind == NAME)
    if line.kind == DATE:
        return below.kind in (ROLE, NAME, GROUP, FORMULA)
    return line.kind in (NAME, GROUP, FORMULA) and _DASHED.match(text) is None


def _ground(lines: list[str], index: int, thanks: list[bool]) -> float:
    """How well a sign-off stands below what is above it."""
    apart = not lines[index - 1].strip()
    above = index - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    if above < 0:
        return -9
    said = lines[above].rstrip()
    if thanks[above]:
        return 2
    if said.endswith(":") or said.split()[-1].casefold() in BEFORE_NAMES or _DASHED.match(said):
        return -9
    finished = said[-1] in ".!?)\"”'" or not (said[-1].isalnum() or said[-1] == ",")
    if not apart:
        return 0.5 if finished and name_first(lines[index]) else -9
    return (1 if finished else 0.5) - (2 if said.endswith(",") else 0)


def name_first(line: str) -> bool:
    """Whether a line right below a sentence begins with a name itself, not with a title: "Pak Budi" may be asked for."""
    first = _TOKEN.match(line.strip(" -–—~*("))
    return first is not None and kind_of()[first[0].casefold().strip(".")] not in ("T", "t")


def _says_something(lines: list[str]) -> bool:
    """Whether more than a greeting would be left."""
    return any(
        token.casefold() not in GREETINGS
        for line in lines
        if len(line)
        for token in _TOKEN.findall(line[:400])
    )


def _weigh(text: str, is_formula: bool, above: str) -> Line | None:
    """What one line is; None for one that says something and belongs to the mail itself."""
    line = text.strip()
    if len(line) > _LONGEST or _POSTSCRIPT.match(line):
        return None
    if is_formula:
        return Line(FORMULA, 3)
    if is_dispensable(line) or _NO_WORDS.fullmatch(line) or _is_slogan(line):
        return _NOTHING
    if _DATE.fullmatch(line):
        return Line(DATE, 1)
    if _reaches(line):
        return Line(CONTACT, 1)
    tokens = [token.casefold() for token in _TOKEN.findall(line)]
    if len(tokens) > _WORDS:
        line = _SPELT.sub(" 0000000 ", line)
        tokens = [token.casefold() for token in _TOKEN.findall(line)]
    if not 1 <= len(tokens) <= _WORDS:
        return None
    for look in (_salute, _group, _role_of, _named, _role, _firm):
        found = look(line, tokens)
        if found is not None:
            return found
    return _plain(line, tokens, above)


def _is_slogan(line: str) -> bool:
    return _SLOGAN.fullmatch(line) is not None or (
        line.endswith("!") and line.isupper() and len(line.split()) <= 3
    )


def _reaches(line: str) -> bool:
    """Telephones, addresses of mail, hosts, and nothing but them."""
    parts = [part.strip() for part in re.split(r"[|•·]|\s/\s", line) if part.strip()]
    return (
        bool(parts)
        and _REACH.fullmatch(parts[0]) is not None
        and all(_REACH.fullmatch(part) or _NET.fullmatch(part) or len(part) <= 24 for part in parts[1:])
    )


def _says(tokens: list[str]) -> bool:
    """Whether there is a word by which a line says something: asks, denies, tells of a thing."""
    return any(
        kind_of()[token] in _SAYS and token not in HARMLESS
        for token in tokens
        if token.isalpha() and len(token) > 1
    )


def _ends_like_a_sentence(line: str, tokens: list[str]) -> bool:
    return line[-1] in ".!?;:" and len(tokens) > 3 and len(tokens[-1].rpartition(".")[2]) > 3


def _is_clean(token: str, shown: str) -> bool:
    """Whether a word may stand in the name of a group: of a place, a building, a firm, a person; or a number."""
    if not token.isalpha() or len(token) == 1 or token in HARMLESS or token in GROUPS or token in ROLES:
        return True
    kind = kind_of()[token]
    return kind in "HAPBNWGROTt" or (kind == "u" and shown[0].isupper())


def _group(line: str, tokens: list[str]) -> Line | None:
    """ "Warga RT 03", "a.n. pengurus musala", "Perwakilan pedagang:"."""
    many = _FOR_MANY.match(line)
    shown = _TOKEN.findall(line[many.end() :] if many else line)
    while shown and shown[0].casefold() in BEFORE_GROUPS:
        shown = shown[1:]
    if not shown or _ends_like_a_sentence(line.rstrip(":"), tokens):
        return None
    first = shown[0].casefold()
    if first not in GROUPS and not (many and (first in ROLES or name_weight(" ".join(shown)) > 0)):
        return None
    if line[-1] == ":" and first not in ANNOUNCING:
        return None
    strange = [word for word in shown[1:] if not _is_clean(word.casefold(), word)]
    if not strange:
        return Line(GROUP, 3 if len(shown) > 1 or many else 1)
    return Line(GROUP, 1.2) if all(word[0].isupper() for word in strange) and not _says(tokens) else None


def _salute(line: str, tokens: list[str]) -> Line | None:
    """ "Salam hormat dari emak2 Gang Mayit"; and "Salam kangen lampu terang" above a name."""
    if _SALUTE.match(line) is None or len(tokens) > 8 or line[-1] in ".?;:":
        return None
    if "dari" in tokens:
        place = tokens.index("dari")
        if place <= 3 and _group(" ".join(line.split()[place + 1 :]), tokens[place + 1 :]):
            return Line(FORMULA, 3)
    return Line(FORMULA, 1) if len(tokens) <= 5 and "untuk" not in tokens and "kepada" not in tokens else None


def _role_of(line: str, _tokens: list[str]) -> Line | None:
    """ "Ketua: Iwan (0812 …)", "Pembimbing: Ibu Endah"."""
    role, colon, rest = line.partition(":")
    words = [word.casefold() for word in _TOKEN.findall(role)]
    if not colon or not 1 <= len(words) <= 4 or words[0] not in ROLES or not rest.strip():
        return None
    found = _named(rest.strip(), [token.casefold() for token in _TOKEN.findall(rest)])
    return Line(ROLE, 2) if found else None


def _named(line: str, tokens: list[str]) -> Line | None:
    """A name, and beside it at most what belongs to a signature."""
    if _ends_like_a_sentence(line, tokens) and not _DEGREE.fullmatch(line.split()[-1]):
        return None
    numbered = _NUMBERED.match(line)
    bare = line[numbered.end() :] if numbered else line
    parts = [part for piece in _BESIDE.split(bare) if (part := piece.strip(TRIM + ")]"))]
    if not parts:
        return None
    weight = name_weight(parts[0])
    beside = parts[1:]
    if weight <= 0:
        name, rest = _trade_behind(parts[0])
        weight = name_weight(name) - 0.2 if name else 0
        beside = [rest, *beside]
    if weight <= 0:
        return None
    for part in beside:
        more = _beside(part)
        if more is None:
            return None
        weight += more
    if numbered:
        return Line(NAME, 0.5) if numbered[0].strip(" .)").isdigit() else Line(NAME, weight)
    return Line(NAME, min(weight, 4))


def _trade_behind(part: str) -> tuple[str, str]:
    """ "agus ojol", "Siti RT 03", "Supriyatin 3175", "Nenden & tim Lapak Baca": the name, and what follows without a
    comma."""
    words = part.split()
    for at in range(1, min(len(words), 6)):
        low = words[at].casefold().strip(".")
        if low in ROLES or low in TRADES or low in ("rt", "rw") or words[at].isdigit():
            return " ".join(words[:at]), " ".join(words[at:])
        if low in ("&", "dan", "and", "bersama") and words[at + 1 : at + 2]:
            if words[at + 1].casefold() in ("tim", "team", "kawan-kawan", "teman-teman", *GROUPS):
                return " ".join(words[:at]), " ".join(words[at + 1 :])
        if low in ("sekeluarga", "dkk"):
            return " ".join(words[:at]), words[at]
    return "", ""


def _beside(part: str) -> float | None:
    """What a part of a line beside a name adds; None when it says something."""
    tokens = [token.casefold() for token in _TOKEN.findall(part)]
    if not tokens or _DEGREE.fullmatch(part):
        return 0.5
    if _REACH.fullmatch(part) or _PHONE.search(part):
        return 1
    if len(tokens) > 8 or part[-1] in "?!":
        return None
    if tokens[0] in ("tim", "team"):
        return 0.5
    if _says(tokens):
        return None
    if tokens[0] in ROLES or tokens[0] in TRADES or tokens[0] in GROUPS:
        return 1 if len(tokens) <= 5 else 0.5
    return 0


def _role(line: str, tokens: list[str]) -> Line | None:
    """ "Direktur,", "Koordinator Advokasi", "Ketua RT 03,   Sekretaris,"."""
    english = tokens[-1] in ROLES and all(word[0].isupper() for word in line.split() if word[0].isalpha())
    if (
        (tokens[0] not in ROLES and not english)
        or len(tokens) > 8
        or _says(tokens)
        or _ends_like_a_sentence(line, tokens)
    ):
        return None
    small = [
        word for word in _TOKEN.findall(line)[1:] if not _is_clean(word.casefold(), word) and word.islower()
    ]
    return Line(ROLE, 1) if not small else None


def _firm(line: str, tokens: list[str]) -> Line | None:
    """The name of a firm or a school, an address, a region."""
    if _ends_like_a_sentence(line, tokens):
        return None
    if tokens[0] in ORGANISATIONS and all(
        word[0].isupper() or not word[0].isalpha() for word in line.split()
    ):
        return Line(FIRM, 0.5)
    if (
        _STREET.match(line)
        or is_region(line)
        or all(kind_of()[t] in "PBH" or not t.isalpha() for t in tokens)
    ):
        return Line(FIRM, 0.2)
    return None


def _plain(line: str, tokens: list[str], above: str) -> Line | None:
    """A short line without a sentence; in small letters only right below a name."""
    if len(tokens) > 8 or line[-1] in "?:;" or _ends_like_a_sentence(line, tokens):
        return None
    if line[0].islower() or line[0] == "(":
        if (
            not above.strip()
            or len(tokens) > 6
            or any(kind_of()[t] == "x" and t not in HARMLESS for t in tokens)
        ):
            return None
        named = _named(above.strip(), [token.casefold() for token in _TOKEN.findall(above)])
        return Line(SMALL, -0.4) if named and len(above) <= _LONGEST else None
    if _says(tokens):
        return None
    return Line(PLAIN, -0.4)
