"""Writes the slots of `data/house_texts.csv` out: houses, streets, lanes, people and counts, each time other ones."""

from __future__ import annotations

import random
import re

from msgspec import Struct

from normalizer.gazetteer import read_table
from normalizer.name_words import given_names

_SLOT = re.compile(r"\{([^{}]+)\}|<(\w)>")
_STREETS = (
    "Melati", "Mawar", "Cempaka", "Anggrek", "Kamboja", "Swadaya", "Damai", "Kancil", "Rambutan", "Mangga", "Duren",
    "Bambu", "Pisang Batu", "Jati", "Cendana", "Merpati", "Delima", "Nangka", "Salak", "Sirih", "Kramat", "Pemuda",
    "Otista", "Inspeksi", "Bangka", "Eretan", "Bambu Apus", "Kebon Baru", "Pulo Asem", "Rawa Kepa", "Pintu Kecil",
    "H. Naman", "Haji Saabun", "H Jian", "Letjen Suprapto", "Budi Mulia", "Biduri", "Jeruk Manis", "Tanah Rendah",
    "Kali Anyar", "Kampung Sawah", "Utan Kayu", "Pisangan Lama", "Kayu Manis", "Cipinang Muara", "Tebet Dalam",
    "Mampang Prapatan", "Senopati", "Pedati", "Nusa Indah", "Asem Baris", "Bacang", "Wahid Hasyim", "Dr. Susilo",
    "Percetakan", "Masjid", "Sekolah", "Langgar", "Pancoran Buntu", "Kebon Pala", "Kemang Timur", "Menteng Atas",
)  # fmt: skip
_LANES = (
    "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "2", "3", "4", "5", "6", "7", "8", "12",
)  # fmt: skip
_TOWERS = (
    "A", "B", "C", "D", "Cendana", "Damar", "Jasmine", "Ebony", "1", "2", "3", "Merpati", "Sakura", "Barat",
)  # fmt: skip
_WORDS = (
    "tiga", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas", "dua belas", "tiga belas",
    "lima belas", "tujuh belas", "dua puluh", "dua puluh tiga", "tiga puluh satu", "empat puluh", "telu", "tilu",
    "papat", "opat", "seket loro", "wolung puluh", "pitulas", "selikur", "dua", "satu", "sembilan belas",
    "kalih", "gangsal", "sekawan", "tigo baleh",
)  # fmt: skip
_BLOCKS = (
    "{L}{d}/{n}", "{L}/{n}", "{L}-{n}", "{L}{n}", "{L}{d}-{n}", "{L}{L}{d}/{n}", "{l}{d}/{n}", "{L}{d}/{d}/{n}",
)  # fmt: skip
#: How often the houses of a text are neighbours.
_NEIGHBOURS = 0.7
_UNITS = (
    "{f}{r}", "{f}{r}", "{f}-{r}", "{L}-{f}{r}", "{d}{L}", "{f}{L}", "0{d}{r}", "{d}{r}", "{d}-{L}{L}", "{L}{f}{r}",
    "{f}{L}{L}", "0{d}-{r}", "{L}/{f}{r}",
)  # fmt: skip


class Told(Struct, frozen=True):
    """A text, where houses stand in it, and where nobody knows."""

    text: str
    houses: tuple[tuple[int, int], ...]
    unsure: tuple[tuple[int, int], ...] = ()


class Writer:
    """Fills slots, and writes numbers like others."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311
        #: The house told before, of which the next is a neighbour; 0: none yet, None: they lie anywhere.
        self._beside: int | None = None
        names = given_names()
        self._given = [n for n in names["given"] if len(n) > 2]
        self._family = [n for n in names["family"] if len(n) > 2]
        groups = {row["list"]: row["words"].split(";") for row in read_table("house_words.csv")}
        self._counted = groups["counted"]
        rows = list(read_table("kelurahan.csv"))
        self._regions = sorted({row[key] for row in rows for key in ("name", "kecamatan")})

    def write(self, text: str) -> Told:
        """`text` with its slots filled; what is no slot's letter stands for itself and is a house's."""
        out, spans, size, done = [], [], 0, 0
        self._beside = 0 if self.chance.random() < _NEIGHBOURS else None
        for slot in _SLOT.finditer(text):
            out.append(text[done : slot.start()])
            size += len(out[-1])
            done = slot.end()
            filled = self._house(slot[1]) if slot[1] else self._part(slot[2])
            if slot[1]:
                spans.append((size, size + len(filled)))
            out.append(filled)
            size += len(filled)
        return Told("".join([*out, text[done:]]), tuple(spans))

    def _house(self, slot: str) -> str:
        pick = self.chance.choice
        if slot == "h":
            luck = self.chance.random()
            value = self.chance.randint(1, 99) if luck < 0.75 else self.chance.randint(100, 260)
            if self._beside:
                value = max(1, self._beside + pick((-8, -4, -3, -2, -2, -1, 1, 2, 2, 3, 4, 6, 10)))
            if self._beside is not None:
                self._beside = value
            number = str(value)
            luck = self.chance.random()
            if luck < 0.78:
                return number
            return number + (
                pick("ABCDE")
                if luck < 0.9
                else pick("abcd")
                if luck < 0.96
                else f"-{pick('ABC')}"
                if luck < 0.98
                else f"/{pick('123456')}"
            )
        if slot == "w":
            return pick(_WORDS)
        if slot in "Hu":
            return re.sub(r"\{(\w)\}", lambda m: self._sign(m[1]), pick(_BLOCKS if slot == "H" else _UNITS))
        return slot

    def _sign(self, what: str) -> str:
        if what in "Ll":
            letter = self.chance.choice("ABCDEFGHJKLN")
            return letter if what == "L" else letter.lower()
        least, most = {"d": (1, 9), "n": (1, 40), "f": (10, 33), "r": (1, 24)}[what]
        number = self.chance.randint(least, most)
        return f"{number:02}" if what == "r" else str(number)

    def _part(self, slot: str) -> str:
        pick = self.chance.choice
        if slot == "s":
            return (
                pick(_STREETS)
                if self.chance.random() < 0.7
                else pick(self._regions)
                if self.chance.random() < 0.5
                else pick(self._given).title()
            )
        if slot == "n":
            return pick(self._given).title()
        if slot == "f":
            return f"{pick(self._given)} {pick(self._family if self.chance.random() < 0.7 else self._given)}".title()
        if slot == "d":
            return str(self.chance.randint(2, 60))
        if slot == "k":
            number = self.chance.randint(1, 17)
            return pick((str(number), f"{number:02}", f"{number:03}"))
        if slot == "c":
            return pick(self._counted)
        return pick({"r": _LANES, "t": _TOWERS, "p": self._regions}[slot])

    def like(self, number: str, *, free: bool) -> str:
        """Another number of the same shape; `free`: of any size with as many digits."""
        if not free and number.isdigit():
            value = int(number)
            low, high = next(
                (b for b in ((1, 3), (4, 12), (13, 30), (31, 99)) if b[0] <= value <= b[1]), (value, value)
            )
            return (
                str(self.chance.randint(low, high)).zfill(len(number))
                if len(str(high)) <= len(number)
                else number
            )
        if number[0] == "0" or (number.isdigit() and len(number) == 4):
            return number[:-1] + str(self.chance.randint(0, 9))
        return re.sub(
            r"\d+",
            lambda m: (
                str(self.chance.randint(10 ** (len(m[0]) - 1), 10 ** len(m[0]) - 1))
                if m[0][0] != "0"
                else m[0]
            ),
            number,
        )
