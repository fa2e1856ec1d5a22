"""The administrative areas of Jakarta: 6 cities, 44 kecamatan, 267 kelurahan, by Kemendagri code.

The table is data (`data/kelurahan.csv`, see `data/README.md`); it is read on the first call and kept.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from normalizer.record import Base, Region

DATA = Path(__file__).parent / "data"

#: West, south, east, north of the province's land and islands, in degrees, with about a kilometre of margin.
BOUNDS = (106.38, -6.383, 106.984, -5.19)
#: The same without Kepulauan Seribu, whose box is mostly sea and Tangerang's coast.
MAINLAND = (106.676, -6.383, 106.984, -6.064)


class Kelurahan(Base, frozen=True, kw_only=True):
    """One kelurahan with its parents; the point lies inside it (WGS 84 degrees)."""

    code: str
    name: str
    kecamatan_code: str
    kecamatan: str
    city_code: str
    city: str
    latitude: float
    longitude: float


class RegionPath(Base, frozen=True, kw_only=True):
    """A region with its parents; what lies below the region that was asked for is None.

    `code` is that of the deepest region, `depth` 1 for a city, 2 for a kecamatan, 3 for a kelurahan.
    """

    code: str
    depth: int
    city: Region
    kecamatan: Region | None = None
    kelurahan: Region | None = None

    @property
    def region(self) -> Region:
        """The deepest region."""
        return self.kelurahan or self.kecamatan or self.city

    def within(self, code: str) -> bool:
        """Whether this region is `code` or lies in it."""
        own = self.code
        return own.startswith(code) and (len(own) == len(code) or own[len(code)] == ".")


def read_table(name: str) -> Iterator[dict[str, str]]:
    """The rows of one of our CSV files, by column name; lines that begin with `#` are remarks."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(line for line in file if not line.startswith("#"))


@lru_cache(maxsize=1)
def kelurahan_table() -> tuple[Kelurahan, ...]:
    """All 267 kelurahan in the order of their codes."""
    return tuple(
        Kelurahan(
            code=row["code"],
            name=row["name"],
            kecamatan_code=row["kecamatan_code"],
            kecamatan=row["kecamatan"],
            city_code=row["city_code"],
            city=row["city"],
            latitude=float(row["latitude"]),
            longitude=float(row["longitude"]),
        )
        for row in read_table("kelurahan.csv")
    )


@lru_cache(maxsize=1)
def _paths() -> dict[str, RegionPath]:
    paths: dict[str, RegionPath] = {}
    for row in kelurahan_table():
        city = Region(code=row.city_code, name=row.city)
        kecamatan = Region(code=row.kecamatan_code, name=row.kecamatan)
        kelurahan = Region(code=row.code, name=row.name)
        paths.setdefault(city.code, RegionPath(code=city.code, depth=1, city=city))
        paths.setdefault(
            kecamatan.code, RegionPath(code=kecamatan.code, depth=2, city=city, kecamatan=kecamatan)
        )
        paths[kelurahan.code] = RegionPath(
            code=kelurahan.code, depth=3, city=city, kecamatan=kecamatan, kelurahan=kelurahan
        )
    return paths


def find_region(code: str) -> RegionPath | None:
    """The region of a Kemendagri code (`31.71`, `31.71.01.1001`; dots optional) with its parents, or None."""
    paths = _paths()
    if code in paths:
        return paths[code]
    digits = code.replace(".", "").strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) not in (4, 6, 10):
        return None
    parts = (digits[:2], digits[2:4], digits[4:6], digits[6:])
    return paths.get(".".join(part for part in parts if part))


def regions() -> tuple[RegionPath, ...]:
    """Every city, kecamatan and kelurahan."""
    return tuple(_paths().values())


def metres(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Distance on a plane that touches the Earth here: exact enough within one province."""
    north = (latitude - other_latitude) * 110_600.0
    east = (longitude - other_longitude) * 111_320.0 * math.cos(math.radians(latitude))
    return math.hypot(north, east)


def nearest(latitude: float, longitude: float, count: int = 2) -> tuple[tuple[float, Kelurahan], ...]:
    """The kelurahan whose points are nearest, each with its distance in metres."""
    distances = [(metres(latitude, longitude, k.latitude, k.longitude), k) for k in kelurahan_table()]
    distances.sort(key=lambda pair: pair[0])
    return tuple(distances[:count])
