"""Names that stand in a list of people, before an age, in the heading of a mail, between "bin" or behind "namanya",
whatever word they are elsewhere: "Contoh, Putri dan Siti", "anak angkat, Ical, 13 tahun", "To: Putri Contoh <…>".

Runs over a text whose names are masked (`privacy_names.py`), since most patterns ask for one beside it.
"""

from __future__ import annotations

import re

from normalizer.name_frames import SELLERS, pronounced
from normalizer.name_words import (
    BRAND,
    NAME,
    NAMES,
    NEVER,
    ORDINARY,
    RELATION,
    SHORT,
    TIME,
    TITLE,
    UNKNOWN,
    WEAK,
    given_names,
    kind_of,
)
from normalizer.privacy_names import MASK
from normalizer.privacy_rows import TITLES
from normalizer.word_start import word_start

_M = re.escape(MASK)
_LARGE = r"[A-Z][a-z'’]+"
_TITLE = rf"(?i:{TITLES}|pa|cang|bung|neng|si)"
_AND = r"(?:dan|serta|sama|sm|&|and|n)"
_END = r"(?=[.,;:)\n]|$)"
#: "saksi [nama] dan Nona."
_SECOND = re.compile(rf"({_M} {_AND} )({_LARGE}(?: {_LARGE}){{0,2}}){_END}")
#: "yang melihat Putri, [nama] dan [nama]"; written small, no ordinary word: "yang mukul dapin, [nama], sama [nama]".
_FIRST = re.compile(
    rf"(?<=[a-z] )({_LARGE}|[a-z'’]{{3,12}})(?=, (?:{_TITLE}\.? )?{_M},? {_AND} (?:{_TITLE}\.? )?{_M})"
)
#: "a.n. Black dan [nama]".
_NAMED = re.compile(rf"(\b(?i:a\.? ?n\.?|atas nama) )({_LARGE})(?= {_AND} {_M})")
_FOR = word_start("a/n", r"a\.n\.?", "an", "atas nama")
#: "an h makmur jl contoh", "a/n mega" at the end.
_ON_BEHALF = re.compile(
    rf"({_FOR}\.? (?i:(?:h|hj)\.? |{_TITLE}\.? )?)([^\W\d_]{{3,15}})"
    r"(?=[.,;)\n/]| (?i:jl|jln|jalan|gg|gang|rt|rw|no|hp|tlp|telp|wa)\b|\s*\Z)"
)
#: "nma sya sudirman L, ketua".
_MY_NAME = re.compile(
    r"(\b(?:na?ma?|name) (?:sya|sy|saya|aku|gue|gw|abdi|kulo)(?: adalah| yaitu)? )"
    r"([^\W\d_]{3,15})((?: [^\W\d_]\b)?)(?=[.,;\n(]|\s*\Z| (?:dari|rt|rw|warga|umur|ktua|ketua)\b)",
    re.IGNORECASE,
)
#: "I'm Olumide, I live".
_I_AM = re.compile(
    rf"(\b(?:I['’]m|I am|[Mm]y name is|[Tt]his is) )({_LARGE}(?: {_LARGE})?)(?=[,.]| from | and |$)"
)
#: "[nama], Putra, bang [nama]", "[nama], si item, sama".
_MIDDLE = re.compile(rf"({_M}, ?)({_LARGE})(?=, ?(?:{_TITLE}\.? )?{_M})")
_NICKNAME = re.compile(rf"({_M}, ?si )([a-z]{{3,12}})(?=[,.;)]|$)")
#: "Thank you Melati, that is clear".
_THANKED = re.compile(
    rf"(\b(?i:thank you|thanks|dear|makasih|terima ?kasih) (?:{_TITLE}\.? )?)({_LARGE})(?=[,!.]|\n)"
)
#: "dua orang lain ([nama], Bule)".
_BRACKETED = re.compile(rf"(\((?:{_M}, ?)+)({_LARGE})(?=\))")
#: One line of a numbered list of people, and one of them that was masked.
_ITEM = re.compile(rf"(\n\d{{1,2}}[.)] ?)({_LARGE}(?: {_LARGE}){{0,3}})(?= ?(?:\n|\(|$))")
_ITEMS, _FEWEST = re.compile(rf"\n\d{{1,2}}[.)] ?{_M} ?(?=\n|\(|$)"), 2
#: "ttd ketua pemuda, marzuki" at the end.
_SIGNED = re.compile(r"(\bttd\b[^\n.,]{0,30}, )([a-z]{3,15})(?=\s*\Z)", re.IGNORECASE)
#: "anak angkat, Ical, 13 tahun".
_AGED = re.compile(
    r"(\b(?i:anak|putra|putri|cucu|adik|adek|kakak|istri|suami|ibu|bapak|ayah|nenek|kakek|keponakan|ponakan|sepupu|teman)"
    rf"\w*(?: [a-z]{{2,12}}){{0,2}}, )({_LARGE}(?: {_LARGE})?)(?=,? \(?\d{{1,2}} ?(?:tahun|thn|th|bulan|bln)\b)"
)
_SAYS = r"(?i:nama ?nya|nm ?nya|bernama|di ?panggil|panggilan(?:nya)?)"
#: "orang namanya Kobra", and with a title in small letters: "nm nya bang jek,".
_SOMEBODY = re.compile(
    r"(\b(?i:orang|org|oknum|preman|cowok|cewek|pria|pemuda|bocah|petugas|satpam|mandor|pelaku|calo|jukir)"
    rf"(?:nya)?(?: [a-z]{{2,12}}){{0,3}} {_SAYS} )({_LARGE}){_END}"
)
_TITLED = re.compile(rf"(\b{_SAYS} {_TITLE} )([a-z]{{2,12}}){_END}")
_CHILD = re.compile(r"\b([^\W\d_]{3,15}) (bin|binti) ([^\W\d_]{3,15})(?!\w)", re.IGNORECASE)
#: A name before the address in the heading of a mail, with what is written before it.
_HEADED = re.compile(r"([^\n<>\":;,]{2,40}?)(\"? <\[email\]>)")
_WORD = re.compile(r"[^\W\d_]+")
_MOST_WORDS = 3
_PERSONS = NAMES | {UNKNOWN}
_ANY = _PERSONS | {ORDINARY}
_SURELY = frozenset((NAME, WEAK))
#: What somebody may be called as well, when a list of names holds it: "Putri", "Nona".
_BESIDES = frozenset((RELATION, TITLE, NEVER, BRAND, TIME))
#: Who or what else stands at the end of a list of people.
_NOBODY = frozenset(
    (
        "tim", "warga", "rekan", "kawan", "pengurus", "anggota", "semua", "seluruh", "lainnya", "sekitar",
        "jajaran", "staf", "tetangga", "teman", "lain", "mohon", "tolong", "terima", "kami", "saya",
        "demikian", "pihak", "sejumlah", "beberapa", "perempuan", "lelaki", "wanita", "pria", "segenap",
        "pemilik", "petugas", "penghuni", "dinas", "masyarakat", "ibu", "bapak", "panitia", "pemerintah",
        "polisi", "media", "wassalam", "salam", "hormat",
    )
)  # fmt: skip
#: Whom "si" points at without a name.
_NO_NICKNAME = (
    _NOBODY | SELLERS | {"dia", "pelaku", "pemilik", "pembeli", "sopir", "tukang", "kecil", "besar", "tua"}
)
#: Without one of these the patterns find nothing; to look for them costs less.
_FOR_SOMEBODY = ("a/n", "a.n", "an ", "an.", "atas nama")
_CALLED = ("nama", "nma ", "nm ", "panggil", "name ")
_ENGLISH = ("i'm", "i’m", "i am", "my name", "this is")
_AGES = ("tahun", "thn", "th", "bulan", "bln")
_TWICE = re.compile(rf"{_M}(?: {_M})+")


def without_listed(text: str) -> str:
    """`text`, whose names are masked, without those that a list, an age or a heading gives away. Linear time."""
    shown = text
    if MASK in text:
        shown = _SECOND.sub(lambda m: f"{m[1]}{MASK}" if _listed(m[2]) else m[0], shown)
        shown = _FIRST.sub(lambda m: MASK if _listed(m[1]) else m[0], shown)
        shown = _NAMED.sub(lambda m: f"{m[1]}{MASK}" if _listed(m[2]) else m[0], shown)
        shown = _MIDDLE.sub(lambda m: f"{m[1]}{MASK}" if _listed(m[2]) else m[0], shown)
        shown = _NICKNAME.sub(
            lambda m: m[0] if m[2] in _NO_NICKNAME or not _all_of(m[2], _ANY) else f"{m[1]}{MASK}", shown
        )
        shown = _BRACKETED.sub(lambda m: f"{m[1]}{MASK}" if _listed(m[2], TITLE) else m[0], shown)
        if len(_ITEMS.findall(shown)) >= _FEWEST:
            shown = _ITEM.sub(lambda m: f"{m[1]}{MASK}" if _listed(m[2], NEVER) else m[0], shown)
    low = text.lower()
    if "ttd" in low:
        shown = _SIGNED.sub(lambda m: f"{m[1]}{MASK}" if _all_of(m[2], NAMES) else m[0], shown)
    if any(sign in low for sign in _FOR_SOMEBODY):
        shown = _ON_BEHALF.sub(lambda m: f"{m[1]}{MASK}" if _all_of(m[2], NAMES) else m[0], shown)
    if any(sign in low for sign in _CALLED):
        shown = _MY_NAME.sub(lambda m: f"{m[1]}{MASK}" if _all_of(m[2], NAMES) else m[0], shown)
        shown = _SOMEBODY.sub(lambda m: f"{m[1]}{MASK}" if _all_of(m[2], _ANY | {NEVER}) else m[0], shown)
        shown = _TITLED.sub(lambda m: f"{m[1]}{MASK}" if _all_of(m[2], _ANY) else m[0], shown)
    if any(sign in low for sign in _ENGLISH):
        shown = _I_AM.sub(lambda m: f"{m[1]}{MASK}" if _introduced(m[2]) else m[0], shown)
    if "thank" in low or "kasih" in low or "dear" in low:
        shown = _THANKED.sub(lambda m: f"{m[1]}{MASK}" if _all_of(m[2], _SURELY) else m[0], shown)
    if any(sign in low for sign in _AGES):
        shown = _AGED.sub(lambda m: f"{m[1]}{MASK}" if _all_of(m[2], _PERSONS) else m[0], shown)
    if " bin" in low:
        shown = _CHILD.sub(
            lambda m: f"{MASK} {m[2]} {MASK}" if _all_of(f"{m[1]} {m[3]}", _PERSONS) else m[0], shown
        )
    if "<[email]>" in shown:
        shown = _HEADED.sub(_headed, shown)
    return text if shown == text else _TWICE.sub(MASK, shown)


def _all_of(words: str, kinds: frozenset[str]) -> bool:
    return all(kind_of()[word.lower()] in kinds for word in words.split())


def _listed(name: str, *more: str) -> bool:
    """Whether words in the place of a name in a list of people may be one. Several ordinary words are no one."""
    words = name.lower().split()
    kinds = [kind_of()[word] for word in words]
    if name.islower():
        return kinds[0] in _PERSONS and pronounced(name) and not name.endswith("nya")
    known = [
        kind in _ANY or kind in more or (kind in _BESIDES and word in given_names()["given"])
        for word, kind in zip(words, kinds, strict=True)
    ]
    if not all(known) or not _NOBODY.isdisjoint(words):
        return False
    return len(words) == 1 or any(kind in _PERSONS for kind in kinds)


def _introduced(name: str) -> bool:
    """Whether somebody who says "I'm …" says their name, and not from where they are."""
    return _all_of(name, _PERSONS) and not name.lower().endswith(("ian", "ese", "ish", "an"))


def _headed(found: re.Match[str]) -> str:
    """The name of a heading, of which a part was masked already or which is nothing but names."""
    name = found[1].strip()
    words = _WORD.findall(name.replace(MASK, ""))
    if not words or len(words) > _MOST_WORDS or any(len(word) > 1 and word.isupper() for word in words):
        return found[0]
    kinds = [SHORT if len(word) == 1 else kind_of()[word.lower()] for word in words]
    if MASK in name:
        whole = all(kind in (*_ANY, SHORT, RELATION, TIME) for kind in kinds)
    else:
        whole = len(words) > 1 and all(kind in (*_PERSONS, SHORT) for kind in kinds) and kinds[0] != WEAK
    start = found[1].find(name)
    return f"{found[1][:start]}{MASK}{found[2]}" if whole else found[0]
