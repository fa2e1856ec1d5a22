"""The counters where staff take complaints from people who walk in: 267 + 44 + 6 + 2 offices.

Kelurahan, kecamatan and city offices bear their region's Kemendagri code; the Inspektorat and the Balai Kota have
codes of our own. The table is data (`data/offices.csv`), read on the first call and kept.
"""

from __future__ import annotations

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


_KINDS: dict[str, OfficeKind] = {
    "kelurahan": "kelurahan",
    "kecamatan": "kecamatan",
    "walikota": "walikota",
    "inspektorat": "inspektorat",
    "balai_kota": "balai_kota",
}


def _kind(word: str) -> OfficeKind:
    return _KINDS[word]
