"""Learns the weights that `name_tagger.py` adds up. Needs the extra `train` (scikit-learn).

Every text of `data/name_texts.csv` is written out many times with other names, streets and regions, sometimes all in
small or all in large letters; sometimes a word is treated as if no list held it, so that the weights do not lean on the
lists alone. The same data give the same table.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

from normalizer.gazetteer import read_table
from normalizer.name_tagger import Words, candidates, features, head_of
from normalizer.name_words import (
    BOTH,
    NAME,
    NAMES,
    OPENERS,
    ORDINARY,
    PLACE,
    RELATION,
    SHORT,
    TITLE,
    UNKNOWN,
    WEAK,
    given_names,
    shape,
)
from normalizer.weights_training import Example, regression

#: How closely the weights follow the texts (scikit-learn's C); how seldom a feature may be seen; versions of a text.
CLOSENESS, LEAST_SEEN = 1.0, 4
WITH_NAMES, WITHOUT, TAKEN, FRAMED = 60, 30, 3, 4
#: How many texts are written all small, small but for short forms, small but for their first letter, all in capitals.
_SMALL, _SHORT_FORMS, _BEGUN, _CAPITALS = 0.14, 0.06, 0.07, 0.06
_PARTS = re.compile(r"\w+|\W+")
#: How many texts hold names alone that no list knows.
_STRANGERS = 0.2
#: How often an ordinary word is written so that no list holds it.
_MISSPELT = 0.03
#: How often a name is a word for a relative too.
_DAUGHTERS = 0.02
#: How often a name right behind a title is a word of everyday use.
_NICKNAMES = 0.06
_UNSURE = frozenset((UNKNOWN, WEAK))
_SLOT = re.compile(r"\{(\w)\}|<(\w)>")
_STREETS = (
    "Jl. {p}", "Jl. {p} Raya", "jalan {p} Dalam", "Jl. H. {n}", "Jalan Haji {n}", "Gg. {n}", "Gang H. {n}",
    "Jl. {n} {n}",
    "Jl. Kebon {k}", "Jl. {k} III", "Jl {k}", "Jl. Letjen {n}", "Jl. Dr. {n} {n}", "Jl. KH {n} {n}", "Gang {k}",
    "jln {p}", "Gg. Haji {n}", "Gg H {n}", "Jl. R.A. {n}", "Jl. Pangeran {n}", "Jl. {n}", "jl {n} {n}",
    "Jl. KH. {n} {n}", "jl dr {n}", "jalan dr. {n}", "Jl. Raya {p}", "jl raya {p}", "Jl. Let. Jend. {n}", "Jl. Dr. {n}",
)  # fmt: skip
_STREET_WORDS = (
    "Melati", "Mawar", "Cempaka", "Anggrek", "Kamboja", "Swadaya", "Damai", "Kancil", "Kelinci", "Rambutan", "Mangga",
    "Duren", "Bambu", "Pisang", "Jati", "Cendana", "Merpati", "Rajawali", "Delima", "Nangka", "Salak", "Kacang",
    "Sirih", "Percetakan Negara", "Kramat", "Pemuda", "Masjid", "Sekolah", "Inspeksi", "Boulevard", "Bangka", "Eretan",
)  # fmt: skip
_HOUSES = (
    "SDN {p} 03", "SMPN 115", "SMAN 8 {p}", "RSUD {p}", "RS {n} {n}", "RS Islam {p}", "Puskesmas {p}", "Masjid {q}",
    "Musholla {q}", "masjid {q}", "TK {q}", "PAUD {k}", "Gereja St. {c}", "GOR {p}", "RPTRA {k} {p}", "Klinik {n}",
    "SD {q}", "pasar {p}", "Pasar {p}", "Taman {k}", "Taman {p}", "RS {c}", "Yayasan {q}", "halte {p}", "stasiun {p}",
    "Madrasah {q}", "kantor kelurahan {p}", "Apartemen {k}", "rusun {p}", "SMP {n}", "Posyandu {k}", "TPU {p}",
    "Masjid Jami {q}", "RSIA {n}", "SMA {n} {n}", "Pesantren {q}", "Masjid Al-{n}", "Masjid An-{n}", "SMK {n} 2",
    "Universitas {n}", "Hotel {n}", "Toko {n}", "Bakso {n}", "Sate {n}", "Bengkel {n}", "Salon {n}",
)  # fmt: skip
_CALLED = (
    "Al-Ikhlas", "Al Ikhlas", "Nurul Iman", "Nurul Huda", "Al-Hidayah", "Baitul Makmur", "Baiturrahman", "At-Taqwa",
    "An Nur", "Darul Ulum", "Jami Al Anwar", "Al Barkah", "Raudhatul Jannah", "Al Falah", "Miftahul Jannah", "As-Salam",
    "Istiqlal", "Cut Meutia", "Sunda Kelapa", "Al Azhar", "Hidayatullah", "Ar-Rahman", "Al Husna", "Darussalam",
)  # fmt: skip
_CHURCHES = ("Maria", "Yosef", "Paulus", "Carolus", "Theresia", "Petrus", "Antonius", "Andreas", "Fatima")
_BEFORE_NAME = ("H. ", "Hj. ", "Ir. ", "Drs. ", "R. ", "Muh. ", "M. ", "Abd. ", "A. ", "St. ", "I ", "Ni ")


class Writer:
    """Fills the slots of a text, and knows where the names stand in what it wrote."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311
        found = given_names()
        self._given = [n for n in found["given"] if len(n) > 2]
        self._family = [n for n in found["family"] if len(n) > 1]
        self._of = {
            (row["origin"], row["kind"]): [n.strip("*") for n in row["names"].split(";")]
            for row in read_table("names.csv")
        }
        rows = list(read_table("kelurahan.csv"))
        self._regions = sorted({row[key] for row in rows for key in ("name", "kecamatan")})
        aliases = read_table("aliases.csv")
        self._marks = sorted({row["alias"] for row in aliases if row["kind"] == "landmark"})

    def write(self, text: str) -> tuple[str, list[tuple[int, int]]]:
        """The text with its slots filled, and start and end of every name."""
        out, spans, size, done = [], [], 0, 0
        for slot in _SLOT.finditer(text):
            out.append(text[done : slot.start()])
            size += len(out[-1])
            done = slot.end()
            filled = self._name(slot[1]) if slot[1] else self._place(slot[2])
            if slot[1]:
                spans.append((size, size + len(filled)))
            out.append(filled)
            size += len(filled)
        out.append(text[done:])
        return "".join(out), spans

    def _name(self, slot: str) -> str:
        pick = self.chance.choice
        if slot in "FN":
            return self._name(slot.lower()).upper()
        if slot == "s":
            return self._name("n").lower()
        if slot == "n":
            return _large(pick(self._given if self.chance.random() < 0.9 else self._family))
        if slot == "x":
            return (
                f"{_large(pick(self._of['foreign', 'given']))} {_large(pick(self._of['foreign', 'family']))}"
            )
        if slot == "e":
            given, family = (_large(pick(self._of["east asian", kind])) for kind in ("given", "family"))
            return f"{family} {given}" if self.chance.random() < 0.6 else f"{given} {family}"
        if slot == "c":
            parts = [
                pick(self._of["chinese old spelling", "family"]) for _ in range(self.chance.choice((2, 3, 3)))
            ]
            return " ".join(map(_large, parts))
        if slot == "a" and self.chance.random() < 0.5:
            return self._name("n")
        parts = [pick(self._given)]
        luck = self.chance.random()
        if luck < 0.35:
            parts.append(pick(self._given))
        elif luck < 0.5:
            parts += [pick(self._given), pick(self._family)]
        elif luck < 0.6:
            parts += [pick(self._given), pick(self._given)]
        elif luck < 0.65:
            parts += [self.chance.choice(("bin", "binti")), pick(self._given)]
        elif luck < 0.7:
            parts.append(pick("ABDFHKMNRSTW") + ".")
        elif luck < 0.74:
            parts = [pick(self._family), pick(self._family), pick(self._family)]
        else:
            parts.append(pick(self._family))
        name = " ".join(
            part if part in ("bin", "binti") or part.endswith(".") else _large(part) for part in parts
        )
        return name if self.chance.random() < 0.95 else pick(_BEFORE_NAME) + name

    def _place(self, slot: str) -> str:
        pick = self.chance.choice
        if slot == "p":
            return pick(self._regions)
        if slot == "P":
            return pick(self._regions).upper()
        if slot == "m":
            return pick(self._marks)
        if slot == "q":
            return pick(_CALLED)
        pattern = pick(_STREETS if slot == "s" else _HOUSES)
        return re.sub(r"\{(\w)\}", lambda m: self._part(m[1]), pattern)

    def _part(self, what: str) -> str:
        pick = self.chance.choice
        if what == "n":
            return _large(pick(self._given))
        lists = {"p": self._regions, "k": _STREET_WORDS, "q": _CALLED, "c": _CHURCHES}
        return pick(lists[what])


def _large(name: str) -> str:
    return " ".join("-".join(p[:1].upper() + p[1:] for p in word.split("-")) for word in name.split())


def _versions(seed: int) -> Iterator[tuple[Words, set[int], random.Random]]:
    writer = Writer(seed)
    chance = writer.chance
    texts = [row["text"] for row in read_table("name_texts.csv")]
    plain = [row["text"] for table in ("category_texts.csv", "kind_texts.csv") for row in read_table(table)]
    plain = [text for text in plain if not names_somebody(text)]
    frames = [row["frame"] for row in read_table("name_frames.csv")]
    for text in texts:
        for _ in range(WITH_NAMES if "{" in text else WITHOUT):
            yield _version(*writer.write(text), chance)
    for text in plain:
        for _ in range(TAKEN):
            yield _version(text, [], chance)
        for _ in range(FRAMED):
            yield _version(*writer.write(chance.choice(frames).replace("…", text)), chance)


def names_somebody(text: str) -> bool:
    """Whether somebody seems to be named in a text that is to name nobody: learnt from, it would unteach names."""
    words = Words(text)
    kind = words.kind
    return any(
        kind[i] == NAME
        or (kind[i] in _UNSURE and i and (kind[i - 1] in OPENERS or shape(words.words[i]) == "C"))
        for i in candidates(words)
    )


def _version(
    text: str, spans: Sequence[tuple[int, int]], chance: random.Random
) -> tuple[Words, set[int], random.Random]:
    luck = chance.random()
    if luck < _SMALL:
        text = text.lower()
    elif luck < _SMALL + _SHORT_FORMS:
        text = "".join(word if word.isupper() else word.lower() for word in _PARTS.findall(text))
    elif luck < _SMALL + _SHORT_FORMS + _BEGUN:
        text = text[:1] + text[1:].lower()
    elif luck < _SMALL + _SHORT_FORMS + _BEGUN + _CAPITALS:
        text = text.upper()
    words = Words(text)
    names, at = set(), 0
    for i, word in enumerate(words.words):
        at += len(words.seps[i])
        if any(start <= at < end for start, end in spans):
            names.add(i)
        at += len(word)
    strangers = chance.random() < _STRANGERS
    for i, what in enumerate(words.kind):
        if i in names and i - 1 in names and chance.random() < 0.05:
            words.kind[i] = ORDINARY  # somebody is called Contoh
        elif i in names and i and words.kind[i - 1] in (TITLE, SHORT) and chance.random() < _NICKNAMES:
            words.kind[i] = ORDINARY  # or Pak Kumis, or Encing Leha
        elif i in names and chance.random() < _DAUGHTERS:
            words.kind[i] = RELATION  # and somebody Putri
        elif (strangers and i in names) or chance.random() < _forgotten(what, i in names):
            words.kind[i] = UNKNOWN  # as if no list held the word
    return words, names, chance


def _forgotten(what: str, is_name: bool) -> float:
    """How often a word is treated as if no list held it."""
    if is_name:
        return 0.15
    if what in (PLACE, BOTH):
        return 0.25
    if what == ORDINARY:
        return _MISSPELT
    return 0.1 if what in NAMES else 0.0


def count() -> int:
    """How many texts it is learnt from, versions not counted."""
    tables = ("name_texts.csv", "category_texts.csv", "kind_texts.csv")
    return sum(1 for table in tables for _ in read_table(table))


def examples(seed: int = 1) -> Iterator[Example]:
    """What is seen of every word that may be a name, and whether it is one."""
    for words, names, _ in _versions(seed):
        run_end, head = -2, "^"
        for i in candidates(words):
            if run_end != i - 1:
                head = head_of(words, i)
            run_end = i
            yield Example(features(words, i, i - 1 in names, head), i in names)


def learn(seed: int = 1) -> bytes:
    """A table as `NameTagger` reads it."""
    return regression(list(examples(seed)), closeness=CLOSENESS, least_seen=LEAST_SEEN, seed=seed)
