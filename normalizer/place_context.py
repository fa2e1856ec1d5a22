"""What a name means where it stands: the words beside it tell a level, a street, a river, a person, a way, a home."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from normalizer.gazetteer import RegionPath, find_region
from normalizer.name_words import given_names
from normalizer.place_agree import Hit
from normalizer.place_names import Mention, Name
from normalizer.place_reading import STOP, Reading
from normalizer.place_words import place_words

# What the word before a name makes of it: see data/place_words.csv.
KELURAHAN, KECAMATAN = place_words("before: kelurahan"), place_words("before: kecamatan")
_STREET, _NATURE, _PERSON = (place_words(f"before: {kind}") for kind in ("street", "nature", "person"))
_AT, _AWAY, _BETWEEN, _TRANSIT = (
    place_words(f"before: {kind}") for kind in ("at", "away", "between", "transit")
)
_BUSINESS, _SIGN, _THING = (place_words(f"before: {kind}") for kind in ("business", "sign", "thing"))
_HERE = place_words("before: here")
#: Whoever says "saya" lives there; "warga Tebet" alone may also be those whom it happens to.
_WRITER = place_words("before: writer")
_STAYS = place_words("before: stays")
_LIVES = _WRITER | _STAYS | place_words("before: lives")
_LIVES_ON = _LIVES | KELURAHAN | KECAMATAN | {"di", "rt", "rw"}
#: Words that make a thing of an ordinary word before them ("pasar baru kami", "jembatan besi itu").
_OWN = place_words("after: own")
#: Words that follow where something is the matter, or whom a message calls.
_TROUBLE = place_words("after: trouble") | place_words("after: call")
_HOUSE = re.compile(r"(?:rt|rw|no|blok|gg|lt|km)?\d{1,4}[a-z]?")
_HOUSE_WORDS = frozenset({"rt", "rw", "no", "nomor", "blok", "gg", "gang", "km"})
#: "Lampu jalan Tebet Barat" is a lamp in Tebet Barat, on whatever street.
_LIT = frozenset(
    {
        "lampu",
        "penerangan",
        "badan",
        "bahu",
        "ujung",
        "mulut",
        "sepanjang",
        "pinggir",
        "tepi",
        "pagar",
        "tengah",
    }
)
#: What follows the name where it is a street's after all: "Tebet Barat Dalam", "Kebon Kacang 3".
_STREET_GOES_ON = frozenset(
    {"raya", "dalam", "no", "nomor", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii"}
)
_DIRECTED = ("utara", "selatan", "barat", "timur")
#: Before an ordinary word in capitals these show a place; a stop of buses is called after anything.
_LOCALITY = frozenset({"di", "in", "daerah", "wilayah", "kawasan", "warga"})
#: How far before a name "lokasi" and "koridor" count.
_NEAR = 4


@lru_cache(maxsize=1)
def _first_names() -> frozenset[str]:
    return frozenset(given_names()["given"])


def is_away(text: Reading, index: int) -> bool:
    """Whether the words before `index` tell a way there or from there, not a place."""
    last = text.before(index)
    if last in _AWAY:
        return True
    return last in _BETWEEN and text.before(index, 2) in _AWAY


def is_street(text: Reading, index: int, end: int, ends: Mapping[int, Mention]) -> bool:
    """Whether the name from `index` to `end` is a street's: "Jl. X", "Jl. Raya X", "raya X" but for "X raya, X"."""
    last = text.before(index)
    if last == "raya":
        return index - 1 not in ends
    if last in _STREET:
        # "Ujung jalan Tebet Barat" is the end of a street in Tebet Barat; "Jl." would be its name.
        goes_on = text.after(end) in _STREET_GOES_ON or text.after(end).isdigit()
        return goes_on or last in ("jl", "jln") or text.before(index, 2) not in _LIT
    return False


def _is_rest_of_street(text: Reading, mention: Mention, ends: Mapping[int, Mention]) -> bool:
    """ "Jalan Cakung Cilincing" is one street; "jl kebon kacang tanah abang" one in Tanah Abang."""
    first, _, name = mention
    before = ends.get(first)
    if (
        before is None
        or not before[2].paths
        or text.parted(first)
        or not is_street(text, before[0], first, ends)
    ):
        return False
    return not any(
        p.code.startswith(q.code) or q.code.startswith(p.code) for p in name.paths for q in before[2].paths
    )


def _is_persons(text: Reading, first: int) -> bool:
    """Whether the name is a family name behind a given one: "Natalia Wijayakusuma", but "RPTRA Kenanga Cideng"."""
    if text.before(first) not in _first_names() or text.parted(first) or not text.capital(first - 1):
        return False
    beside = text.words[max(0, first - 1 - _NEAR) : first - 1]
    return text.capital(first) and _AT.isdisjoint(beside) and _STREET.isdisjoint(beside)


def home(text: Reading, index: int) -> tuple[bool, bool]:
    """Whether the words before `index` say that someone lives there, and whether that is the writer."""
    lives = writer = False
    for word in reversed(text.words[max(0, index - 9) : index]):
        if word not in _LIVES_ON and not word.isdigit():
            break
        lives = lives or word in _LIVES
        writer = writer or word in _WRITER
    return lives, writer


def stays(text: Reading, index: int) -> bool:
    """ "kantor di X", "tinggal di X": somebody's home or work, wherever it happened."""
    return text.before(index) in ("di", "daerah") and text.before(index, 2) in _STAYS


def is_no_place(text: Reading, index: int, name: Name) -> bool:
    """Whether the word before says that the name is no place: a river's, a person's, on a sign, on a number plate."""
    last = text.before(index)
    if last in _SIGN:
        return True
    if name.use == "word":
        return False
    if last in _NATURE:
        return True
    if last in _PERSON and not text.parted(index):
        # "Ibu-ibu Semper Barat" are many.
        return text.before(index, 2) != last
    if last.isdigit() and len(text.before(index, 2)) <= 2 and text.before(index, 2).isalpha():
        # B 2077 PIK
        return len(text.words[index]) <= 3
    return False


def _numbered(text: Reading, first: int, last: int) -> bool:
    """Whether RT, RW or a house number stand right before or right behind the name."""
    index, figures = first - 1, False
    while (
        index >= 0
        and first - index <= 7
        and (_HOUSE.fullmatch(text.words[index]) or text.words[index] in _HOUSE_WORDS)
    ):
        figures = figures or text.words[index][-1].isdigit()
        if text.words[index][:2] in ("rt", "rw") and figures:
            return True
        index -= 1
    following = text.after(last)
    if following in ("gg", "gang", "blok", "no"):
        return text.after(last + 1).isdigit()
    return following[:2] in ("rt", "rw") and (following in ("rt", "rw") or following[2:].isdigit())


def _called(text: Reading, first: int, name: Name) -> bool:
    """Whether the name is the rest of somebody's: "Stephanie Halim", "Pak Gunawan Tambora"."""
    last = text.before(first)
    if last == STOP or text.parted(first):
        return False
    if text.before(first, 2) in _PERSON:
        return last.isalpha() and last not in _AT and last not in _TROUBLE
    if text.begins(first - 1):
        # Any word has a capital there.
        return last in _first_names() or (name.use == "double" and last not in _AT and text.capital(first))
    known = last in _AT or last in _AWAY or last in _LIVES or last in _TROUBLE
    return not known and text.capital(first - 1) and text.capital(first) and last not in _HOUSE_WORDS


def _shown(text: Reading, first: int, last: int, name: Name, at: bool) -> bool:
    """Whether something shows that a name which may be another thing is a place here."""
    following = text.after(last)
    if following in _OWN or text.before(first) in _THING:
        return False
    if name.use == "word":
        # "di Jati", but neither "di jati" nor "di Gunung Kidul".
        lead = text.before(first) in _LOCALITY or _numbered(text, first, last)
        return lead and all(map(text.capital, range(first, last))) and not text.capital(last)
    if at or _numbered(text, first, last):
        return True
    if _called(text, first, name):
        return False
    if name.use == "likely":
        return True
    if first and all(map(text.capital, range(first, last))):
        return not text.begins(first) or last - first > 1
    return text.acronym(first) or (following in _TROUBLE and text.begins(first))


def _in_transit(text: Reading, first: int, last: int) -> bool:
    """Whether a line of buses is named beside: "koridor 1 Blok M"; a stop of it is a place all the same."""
    beside = text.words[max(0, first - _NEAR) : last + _NEAR]
    return text.before(first) not in _AT and not _TRANSIT.isdisjoint(beside)


def hit_of(text: Reading, mention: Mention, ends: Mapping[int, Mention], likeness: float = 1.0) -> Hit | None:
    """What a name means where it stands; None when it is no place there. `ends`: the names by where they end."""
    first, last, name = mention
    before = text.before(first)
    lives, writer = home(text, first)
    level = 3 if before in KELURAHAN else 2 if before in KECAMATAN else 0
    weight, alone, at_home = 0.0, True, False
    paths = name.paths
    if level:
        fitting = tuple(p for p in paths if p.depth == level)
        paths = fitting or paths
        weight, at_home = 0.95 if fitting else 0.8, writer
    elif is_no_place(text, first, name) or _is_persons(text, first):
        return None
    elif (
        is_street(text, first, last, ends)
        or text.after(last) == "raya"
        or _is_rest_of_street(text, mention, ends)
    ):
        return _street(text, first, last, name)
    elif before in _BUSINESS or _in_transit(text, first, last):
        weight, alone = 0.4, False
    else:
        at = before in _AT or (before in _BETWEEN and text.before(first, 2) in _AT)
        if stays(text, first) or (lives and (writer or not at)):
            # "Dari penggilingan" may be from a mill.
            sure = name.use in ("name", "likely") or (name.use == "double" and before not in _AWAY)
            weight, alone, at_home = 0.7, sure, True
        elif is_away(text, first):
            weight, alone = 0.4, name.use == "name"
        elif name.use != "name" and not _shown(text, first, last, name, at):
            weight, alone = 0.5, False
        elif name.kind == "landmark":
            weight = 0.75
        else:
            weight = 0.7 if name.use != "name" else 0.85 if at else 0.8
    return Hit(
        first=first,
        last=last,
        paths=paths,
        weight=weight * likeness,
        alone=alone,
        home=at_home,
        here=not at_home and not _HERE.isdisjoint(text.words[max(0, first - _NEAR) : first]),
        use=name.use,
        stem=name.stem,
        beyond=name.beyond,
    )


def _street(text: Reading, first: int, last: int, name: Name) -> Hit:
    """Streets are named after places, and often, but not always, lie there; none tells a kelurahan.

    One that bears a direction ("Jl. Tebet Barat Dalam") lies in its kecamatan; a "raya" leads through many.
    """
    paths = tuple(dict.fromkeys(map(_kecamatan, name.paths)))
    beside = {text.before(first), text.after(last)}
    directed = text.words[last - 1] in _DIRECTED and name.paths[0].depth == 3 and not beside & {"raya", "tol"}
    return Hit(
        first=first, last=last, paths=paths, weight=0.6 if directed else 0.4, alone=directed, street=True
    )


def _kecamatan(path: RegionPath) -> RegionPath:
    if path.kelurahan is None or path.kecamatan is None:
        return path
    return find_region(path.kecamatan.code) or path
