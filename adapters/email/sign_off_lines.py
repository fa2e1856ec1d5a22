"""What one line at the end of a mail is: a name, a group, an office, a telephone, a firm; and by how much it
speaks for a sign-off.

Told by the words: each is looked up in the lists of names, places and ordinary words of the normalizer. A line with a
word that asks, denies or tells of a thing, or that ends as a sentence does, is none of these.
"""

from __future__ import annotations

import re

from adapters.email.added import is_dispensable
from adapters.email.persons import TRIM, is_region, name_weight
from adapters.email.quote_words import NAMES_OF_THINGS, NO_NAME
from adapters.email.sign_off_groups import (
    CONTACT,
    DATE,
    FAREWELL,
    FIRM,
    FORMULA,
    NAME,
    NOTHING,
    PLAIN,
    ROLE,
    SMALL,
    TOKEN,
    VERB,
    Line,
    ends_like_a_sentence,
    group_of,
    is_clean,
    ordinary_words,
    others,
    salute,
    says,
    strange,
)
from adapters.email.sign_off_words import BYES, GROUPS, HARMLESS, ORGANISATIONS, ROLES, STREETS, TRADES
from normalizer.name_words import NAME as SURE_NAME
from normalizer.name_words import ORDINARY, PLACE, RELATION, UNKNOWN, kind_of

#: How long a line of a sign-off may be, and how many words.
_LONGEST = 110
_WORDS = 12
#: What parts the name from what stands beside it, and the columns of two who sign.
_BESIDE = re.compile(r"\s{3,}|\t|\s[-–—/|:•·]\s|[,(|]|\)\s|(?<=[^\W\d_])/(?=[+(]?\d|[^\W\d_])")
_DATE = re.compile(r"([A-Z][\w.]+)(?: [A-Z]\w+){0,2}\s?(,\s*|\s)\d{1,2}[ /.-]\w{1,9}[ /.-]\d{2,4}[\s.,]*")
#: Without a place, and "Jakarta, Mei 2025".
_BARE_DATE = re.compile(r"\d{1,2} [A-Z][a-z]{2,8} \d{4}|[A-Z][a-z]+, [A-Z][a-z]{2,8} \d{4}")
_PHONE = re.compile(r"[+(]{0,2}\d[\d\s().+/\-]{5,}\d(?:\s?(?:ext|ekst|psw)\W{0,2}\d+)?")
_REACH = re.compile(
    rf"(?:[^\W\d_][\w-]{{0,9}}\W{{1,3}}){{0,3}}(?:{_PHONE.pattern}|\S+@\S+|@[\w.]+"
    r"|(?:https?://)?[\w-]{2,40}(?:\.[\w-]{1,40}){0,3}\.(?-i:[a-z]{2,10})(?:/\S*)?)\W*",
    re.IGNORECASE,
)
#: Of the nets that stand beside a host: "FB | X | YouTube".
_NET = re.compile(
    r"(?:fb|facebook|ig|instagram|x|twitter|youtube|yt|tiktok|linkedin|wa|whatsapp|telegram|line)",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"(?:jl|jln|jalan|gg|gang|komp|komplek|kompleks|perum|alamat|rt|kel|kec)\b", re.IGNORECASE
)
_DEGREE = re.compile(r"(?:[A-Z][A-Za-z]{0,4}\.\s?){1,3}[A-Za-z]{0,5}\.?|[SM][A-Z][a-zA-Z]{0,2}|Ph\.?D\.?|MBA")
_NUMBERED = re.compile(r"(?:\d{1,2}\s?[.)]|[-•*–])\s+(?=\S)")
_SLOGAN = re.compile(r"[\"“”*_'«][^\"“”*]{3,80}[\"“”*_'»]")
_FROM = re.compile(
    r"^(?:dari|from|by|oleh)\b[\s:,]{1,3}(?:saya\b[\s,]{0,3}|aku\b[\s,]{0,3}|me\b[\s,]{0,3})?(?=\w)",
    re.IGNORECASE,
)
#: What may follow a name without a comma: "Jali selaku ketua RT 03".
_BEHIND_NAMES = frozenset(("rt", "rw", "selaku", "sebagai", "dari", "mewakili"))
_BEFORE_DOORS = frozenset(("no", "unit", "blok", "kamar", "kios"))
_HOUSE = re.compile(r"[A-Z]{1,2}\d{1,3}[A-Z]?(?:[/-]\d{1,4}[A-Z]?)?")
_POSTSCRIPT = re.compile(r"\W*(?:n\.?b|p\.?s|catatan|lampiran)\b", re.IGNORECASE)
_VERB_FIRST = re.compile(r"me(?:m[bpfv]?|n[cdjtzs]?|ng|ny)[aeiou]?\w{4,}")
#: Nothing but what ornaments a line, or emoji.
_NO_WORDS = re.compile(r"[\W_]*")
#: A number told in words, or in words and digits: "nol delapan satu dua, 0000".
_SPELT = re.compile(
    r"(?:\b(?:nol|kosong|satu|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan|\d{1,8})\b[\s,.-]{0,3}){6,40}",
    re.IGNORECASE,
)


def weigh(text: str, is_formula: bool, above: str) -> Line | None:
    """What one line is; None for one that says something and belongs to the mail itself."""
    line = text.strip()
    if len(line) > _LONGEST or _POSTSCRIPT.match(line):
        return None
    if is_formula:
        return Line(FORMULA, 3)
    if is_dispensable(line) or _NO_WORDS.fullmatch(line) or _is_slogan(line):
        return NOTHING
    if _BARE_DATE.fullmatch(line):
        return Line(DATE, 0.2)
    dated = _DATE.fullmatch(line)
    if dated and ("," in dated[2] or kind_of()[dated[1].casefold()] == PLACE):
        return Line(DATE, 1)
    line = _SPELT.sub(" 0000000 ", line)
    tokens = [token.casefold() for token in TOKEN.findall(line)]
    if _reaches(line):
        return _named(line, tokens) or Line(CONTACT, 1)
    if not 1 <= len(tokens) <= _WORDS:
        return None
    for look in (_farewell, salute, group_of, others, _role_of, _called, _named, _role, _firm):
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


def _farewell(line: str, tokens: list[str]) -> Line | None:
    """ "Rahayu,", "Take care," above a name; "Salam hormat, Yanti Gang Sawo" on one line."""
    if " ".join(tokens) in BYES:
        return Line(FORMULA, 0.5)
    if (
        line[-1] == ","
        and len(tokens) <= 2
        and not says(tokens)
        and all(kind_of()[t] in "ou" for t in tokens)
    ):
        return Line(FORMULA, 0.5)
    first, comma, name = line.partition(",")
    if not comma or not name.strip() or len(first.split()) > 3 or not FAREWELL.match(first):
        return None
    return _named(name.strip(), [token.casefold() for token in TOKEN.findall(name)])


def _role_of(line: str, _tokens: list[str]) -> Line | None:
    """ "Ketua: Iwan (0812 …)", "Pembimbing: Ibu Endah"."""
    role, colon, rest = line.partition(":")
    words = [word.casefold() for word in TOKEN.findall(role)]
    if not colon or not 1 <= len(words) <= 4 or words[0] not in ROLES or not rest.strip():
        return None
    found = _named(rest.strip(), [token.casefold() for token in TOKEN.findall(rest)])
    return Line(ROLE, 2) if found else None


def _named(line: str, tokens: list[str]) -> Line | None:
    """A name, and beside it at most what belongs to a signature."""
    if ends_like_a_sentence(line, tokens) and not _DEGREE.fullmatch(line.split()[-1]):
        return None
    numbered = _NUMBERED.match(line)
    bare = _FROM.sub("", line[numbered.end() :] if numbered else line, count=1)
    parts = [part for piece in _BESIDE.split(bare) if (part := piece.strip(TRIM + ")]"))]
    if not parts:
        return None
    weight = name_weight(parts[0])
    beside = parts[1:]
    phone = _PHONE.search(parts[0]) if weight <= 0 else None
    if phone is not None:
        # "yanti 0857 0000 1111"
        beside = [phone[0], *beside]
        parts[0] = f"{parts[0][: phone.start()]} {parts[0][phone.end() :]}".strip()
        weight = name_weight(parts[0])
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


def _called(line: str, tokens: list[str]) -> Line | None:
    """ "Ayu", "Edi": a name of three letters; only below a blank line or thanks, since alone it says little. A longer
    word that no list holds may be a place or the last word of a complaint ("Gedoran", "Tenda"), and stays."""
    word = line.strip(TRIM + "()")
    if len(tokens) != 1 or len(word) != 3 or not word.isalpha() or word != word.capitalize():
        return None
    if tokens[0] in NO_NAME or tokens[0] in NAMES_OF_THINGS or line[-1] in "!?:":
        return None
    return Line(NAME, 1.6) if kind_of()[tokens[0]] == SURE_NAME else None


def _trade_behind(part: str) -> tuple[str, str]:
    """ "agus ojol", "Siti RT 03", "Supriyatin 3175", "Nenden & tim Lapak Baca": the name, and what follows without a
    comma."""
    words = part.split()
    for at in range(1, min(len(words), 6)):
        low = words[at].casefold().strip(".")
        if (
            low in ROLES
            or low in TRADES
            or low in _BEHIND_NAMES
            or (low in _BEFORE_DOORS and words[at + 1 : at + 2] and words[at + 1][0].isdigit())
            or _HOUSE.fullmatch(words[at])
            or (words[at][:4].isdigit() and len(words[at]) > 3)
            or _is_place(words[at:])
        ):
            return " ".join(words[:at]), " ".join(words[at:])
        following = words[at + 1].casefold() if at + 1 < len(words) else ""
        if low in ("&", "n", "dan", "and", "bersama") and following in (
            "tim",
            "team",
            "kawan-kawan",
            *GROUPS,
        ):
            return " ".join(words[:at]), " ".join(words[at + 1 :])
        if low in ("sekeluarga", "dkk"):
            return " ".join(words[:at]), words[at]
    return "", ""


def _is_place(words: list[str]) -> bool:
    """Whether words behind a name say where: a street, a quarter, nothing else."""
    small = [word.strip(".,").casefold() for word in words]
    if small[0] in STREETS:
        return 1 < len(words) <= 4 and not strange(words)
    return all(kind_of()[word] == PLACE for word in small)


def _beside(part: str) -> float | None:
    """What a part of a line beside a name adds; None when it says something."""
    tokens = [token.casefold() for token in TOKEN.findall(part)]
    if not tokens or _DEGREE.fullmatch(part):
        return 0.5
    if _REACH.fullmatch(part) or _PHONE.search(part):
        return 1
    if len(tokens) > 8 or part[-1] in "?!":
        return None
    if tokens[0] in ("tim", "team"):
        return 0.5
    shown = [word for word in TOKEN.findall(part) if not (word.isupper() and len(word) <= 4)]
    if says([word.casefold() for word in shown]):
        return None
    words = ordinary_words(part)
    if any((VERB.match(word) or word.endswith("nya") or kind_of()[word] == RELATION) for word in words):
        return None
    ordinary = len(words)
    if tokens[0] in ROLES or tokens[0] in TRADES or tokens[0] in GROUPS:
        return 1 - 0.4 * ordinary if ordinary <= 2 else None
    return -0.5 * ordinary if ordinary <= 1 else None


def _role(line: str, tokens: list[str]) -> Line | None:
    """ "Direktur,", "Koordinator Advokasi", "Ketua RT 03,   Sekretaris,"."""
    english = tokens[-1] in ROLES and all(word[0].isupper() for word in line.split() if word[0].isalpha())
    if (
        (tokens[0] not in ROLES and not english)
        or len(tokens) > 8
        or says(tokens)
        or ends_like_a_sentence(line, tokens)
    ):
        return None
    small = [
        word for word in TOKEN.findall(line)[1:] if not is_clean(word.casefold(), word) and word.islower()
    ]
    return Line(ROLE, 1) if not small else None


def _firm(line: str, tokens: list[str]) -> Line | None:
    """The name of a firm or a school, an address, a region."""
    if ends_like_a_sentence(line, tokens):
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


def _begins_with_verb(first: str) -> bool:
    """ "Memungut Rp350.000": a verb written large, no "Menteng Dalam", "Menara Contoh"."""
    return (
        _VERB_FIRST.match(first) is not None
        and first not in ORGANISATIONS
        and kind_of()[first] in (ORDINARY, UNKNOWN)
    )


def _plain(line: str, tokens: list[str], above: str) -> Line | None:
    """A short line without a sentence; in small letters only right below a name."""
    if len(tokens) > 8 or line[-1] in "?:;" or ends_like_a_sentence(line, tokens):
        return None
    if line[0].islower() or line[0] == "(":
        if (
            not above.strip()
            or len(tokens) > 6
            or any(kind_of()[t] == "x" and t not in HARMLESS for t in tokens)
        ):
            return None
        if len(ordinary_words(line)) > 2 or any(
            VERB.match(word) and word not in ROLES for word in ordinary_words(line)[:1]
        ):
            return None
        named = _named(above.strip(), [token.casefold() for token in TOKEN.findall(above)])
        return Line(SMALL, -0.4) if named and len(above) <= _LONGEST else None
    ordinary = ordinary_words(line)
    if says(tokens) or any(map(VERB.match, ordinary)) or _begins_with_verb(tokens[0]):
        return None
    return Line(PLAIN, -0.4 - 0.4 * len(ordinary))
