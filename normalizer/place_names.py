"""Which names in a text are regions, by table; whether they mean a region *here* is decided in `place_text`.

Many names are ordinary words (Tengah, Baru, Jati), 23 kelurahan bear their kecamatan's name, and neighbours share
names with us. Each name therefore comes with all that it may mean and with how much it is worth alone.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Literal

from rapidfuzz import fuzz, process

from normalizer.gazetteer import RegionPath, find_region, read_table, regions
from normalizer.phrases import Phrases, words_in, words_of
from normalizer.record import Base

_DIRECTIONS = (
    " utara",
    " selatan",
    " barat",
    " timur",
    " dalam",
    " atas",
    " muara",
    " kaum",
    " hilir",
    " wetan",
)


class Name(Base, frozen=True, kw_only=True):
    """What a name may mean. `common`: also an ordinary word; `outside`: a place beyond the province."""

    paths: tuple[RegionPath, ...] = ()
    kind: Literal["name", "landmark", "outside"] = "name"
    common: bool = False


def _parent(paths: list[RegionPath]) -> RegionPath | None:
    """The deepest region that holds them all, no deeper than a kecamatan."""
    kecamatan = {p.kecamatan.code for p in paths if p.kecamatan}
    if len(kecamatan) == 1:
        return find_region(kecamatan.pop())
    cities = {p.city.code for p in paths}
    return find_region(cities.pop()) if len(cities) == 1 else None


class PlaceNames:
    """All names that we know, found in one pass."""

    def __init__(self) -> None:
        # Names that say something else at least as often: only with a marker or beside a consistent region.
        common = words_in("common name")
        meanings: dict[str, list[RegionPath]] = defaultdict(list)
        stems: dict[str, list[RegionPath]] = defaultdict(list)
        # Kecamatan Pal Merah and its kelurahan Palmerah are one name to whoever writes it.
        levels: dict[str, list[RegionPath]] = defaultdict(list)
        for path in regions():
            if path.depth == 1:
                continue
            name = words_of((path.kelurahan or path.kecamatan or path.city).name)
            meanings[name].append(path)
            levels[name.replace(" ", "")].append(path)
            stem = next((name.removesuffix(d) for d in _DIRECTIONS if name.endswith(d)), "")
            if stem:
                stems[stem].append(path)
        by_name = dict(meanings)
        names: dict[str, Name] = {}
        for row in read_table("outside.csv"):
            names[words_of(row["name"])] = Name(kind="outside")
        for stem, paths in stems.items():
            parent = _parent(paths)
            # A single kelurahan with a direction in its name says nothing about the bare stem.
            if stem not in by_name and len(paths) > 1 and parent is not None:
                names[stem] = Name(paths=(parent,), common=stem in common)
        for name in by_name:
            paths = levels[name.replace(" ", "")]
            entry = Name(paths=tuple(paths), common=name in common)
            names[name] = entry
            joined = name.replace(" ", "")
            if joined != name and len(joined) >= 8:
                names.setdefault(joined, entry)
        self._add_aliases(names, levels, common)
        self._phrases = Phrases(names)
        self._kelurahan = {n: p for n, ps in by_name.items() for p in ps if p.depth == 3}
        self._kecamatan = {n: p for n, ps in by_name.items() for p in ps if p.depth == 2}

    @staticmethod
    def _add_aliases(
        names: dict[str, Name], levels: dict[str, list[RegionPath]], common: frozenset[str]
    ) -> None:
        for row in read_table("aliases.csv"):
            alias, target = words_of(row["alias"]), row["code"]
            if row["alias"].startswith("@"):
                paths = levels.get(words_of(target).replace(" ", ""), [])
            else:
                found = find_region(target)
                paths = [found] if found else []
            if not paths:
                raise ValueError(f"aliases.csv: {row['alias']} points to no region")
            if row["kind"] == "landmark":
                # Of a kecamatan and its namesake the kecamatan is the safe reading.
                names.setdefault(alias, Name(paths=(min(paths, key=lambda p: p.depth),), kind="landmark"))
            else:
                names.setdefault(alias, Name(paths=tuple(paths), common=alias in common))

    def find(self, folded: str) -> list[tuple[int, int, Name]]:
        """Start, end and meaning of the names in a folded text; of overlapping ones the longest, then the first."""
        taken: list[tuple[int, int, Name]] = []
        for start, end, _, name in sorted(self._phrases.find(folded), key=lambda m: (m[0] - m[1], m[0])):
            if all(end <= other[0] or start >= other[1] for other in taken):
                taken.append((start, end, name))
        return sorted(taken, key=lambda m: m[0])

    def resembling(
        self, words: str, level: Literal["kelurahan", "kecamatan"]
    ) -> tuple[RegionPath, float] | None:
        """The one region whose name is nearly `words` (folded), with the likeness from 0 to 1; None when unsure."""
        table = self._kelurahan if level == "kelurahan" else self._kecamatan
        best = process.extract(words, table.keys(), scorer=fuzz.ratio, limit=2, score_cutoff=78)
        if not best or len(words) < 4 or best[0][1] < 84:
            return None
        if len(best) > 1 and best[0][1] - best[1][1] < 4:
            return None
        return table[best[0][0]], best[0][1] / 100
