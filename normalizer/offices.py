"""The counters where staff take complaints from people who walk in: 267 + 44 + 6 + 2 offices.

Kelurahan, kecamatan and city offices bear their region's Kemendagri code; the Inspektorat and the Balai Kota have
codes of our own. The table is data (`data/offices.csv`), read on the first call and kept.

Who sees what: a counter sees what was entered at it, except what is about itself. That is known, besides to whoever
sees all offices, to the Inspektorat and to the offices above (`overseen_by`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from normalizer.gazetteer import read_table
from normalizer.record import Base

OfficeKind = Literal["kelurahan", "kecamatan", "walikota", "inspektorat", "balai_kota"]


class Office(Base, frozen=True, kw_only=True):
    """One counter; `channel` is the official channel under which its complaints count."""

    code: str
    kind: OfficeKind
    name: str
    channel: str

    @property
    def confidential(self) -> bool:
        """Whether what is said here is confidential unless the citizen says otherwise."""
        return self.kind == "inspektorat"


@lru_cache(maxsize=1)
def offices() -> dict[str, Office]:
    """All offices by code, in the table's order."""
    return {
        row["code"]: Office(
            code=row["code"], kind=_kind(row["kind"]), name=row["name"], channel=row["channel"]
        )
        for row in read_table("offices.csv")
    }


def overseen_by(code: str) -> tuple[str, ...]:
    """The offices that `code` stands above: what is about one of them, it may know of.

    A kecamatan stands above its kelurahan, a city above both, the Balai Kota above all. The Inspektorat looks into
    complaints about every office but itself.
    """
    office = offices().get(code)
    if office is None:
        return ()
    if office.kind in ("inspektorat", "balai_kota"):
        return tuple(other for other in offices() if other != code)
    return tuple(other for other in offices() if other.startswith(code + "."))


def find_office(written: str) -> tuple[Office, ...]:
    """The office that a code or a name means; several when what was written is only a part of their names."""
    wanted = _fold(written)
    if not wanted:
        return ()
    names = {code: _fold(office.name) for code, office in offices().items()}
    exact = [code for code, name in names.items() if wanted in (_fold(code), name)]
    found = exact or [code for code, name in names.items() if wanted in name]
    return tuple(offices()[code] for code in found)


def _fold(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


_KINDS: dict[str, OfficeKind] = {
    "kelurahan": "kelurahan",
    "kecamatan": "kecamatan",
    "walikota": "walikota",
    "inspektorat": "inspektorat",
    "balai_kota": "balai_kota",
}


def _kind(word: str) -> OfficeKind:
    return _KINDS[word]
