"""Names of places beyond the province: the neighbours with their kecamatan and kelurahan, and towns far away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Literal

from normalizer.gazetteer import read_table
from normalizer.place_words import place_key, place_words
from normalizer.record import Base

#: First words of names that the list of the Kemendagri joins and many write apart: Pondokgede, Rawabuntu.
_FIRST = (
    "pondok", "rawa", "jati", "bekasi", "duren", "aren", "bintara", "jaka", "harapan", "marga", "pekayon", "kayuringin",
    "sepanjang", "bojong", "medan", "sumur", "mustika", "gunung", "parung", "taman", "batu", "teluk", "bantar",
    "jurang", "paku", "tanah", "raden", "muara", "citra",
)  # fmt: skip


class Beyond(Base, frozen=True, kw_only=True):
    """What a name means beyond the province: Kemendagri codes (of a kelurahan that of its kecamatan; "00" where there
    is none here), and whether it is believed alone (`name`), or only beside what holds it (`double`)."""

    codes: tuple[str, ...]
    use: Literal["name", "double"]


def beyond_names() -> Mapping[str, Beyond]:
    """Every name beyond the province, settled."""
    ordinary = {place_key(word) for word in place_words("beyond word")}
    codes: dict[str, set[str]] = defaultdict(set)
    sure: set[str] = set()
    for row in read_table("outside.csv"):
        key = place_key(row["name"])
        codes[key] |= set((row["codes"] or "00").split(";"))
        sure.add(key)
    for row in read_table("neighbours.csv"):
        code = row["code"]
        # In the villages of the regencies names repeat themselves; those of the cities are known here.
        known = code[:5] in ("32.75", "32.76", "36.71", "36.74")
        for key in _written(row["kecamatan"]):
            codes[key].add(code)
            if key not in ordinary:
                sure.add(key)
        for name in row["kelurahan"].split(";"):
            for key in _written(name):
                codes[key].add(code)
                if known and key not in ordinary and (" " in key or len(key) >= 7):
                    sure.add(key)
    return {
        key: Beyond(codes=tuple(sorted(held)), use="name" if key in sure else "double")
        for key, held in codes.items()
    }


def _written(name: str) -> Iterator[str]:
    key = place_key(name)
    yield key
    if " " not in key:
        for first in _FIRST:
            if key.startswith(first) and len(key) - len(first) >= 3:
                yield f"{first} {key[len(first) :]}"
                return
    else:
        first, _, rest = key.partition(" ")
        if first in _FIRST and " " not in rest:
            yield first + rest
