"""Which names in a text are regions, by table; whether they mean a region *here* is decided in `place_context`.

Many names are ordinary words (Tengah, Baru, Jati), 23 kelurahan bear their kecamatan's name, and neighbours share
names with us. Each name therefore comes with all that it may mean and with how much it is worth alone. Every name is
known with its words joined as well (`kebonjeruk`, `utankayu selatan`, `ditebet`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import product
from operator import itemgetter
from typing import Literal

import msgspec
from rapidfuzz import fuzz, process

from normalizer.gazetteer import RegionPath, find_region, read_table, regions
from normalizer.phrases import Phrases
from normalizer.place_beyond import Beyond, beyond_names
from normalizer.place_spelling import Misspellings
from normalizer.place_words import place_key, place_lists
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
#: First words that many write apart: rawa mangun, kali deres, pal merah.
_SPLIT = ("rawa", "kali", "jati", "pal", "kramat", "bali", "jaga", "suka", "setia", "pinang", "pulau")
#: Names that hold a number are written with its figure as well: Pegangsaan 2, Pegangsaan II.
_FIGURES = ((" dua", (" 2", " ii")), (" tiga", (" 3", " iii")), (" lima", (" 5", " v")))
Level = Literal["kelurahan", "kecamatan"]
_LEVELS: tuple[tuple[Level, int], ...] = (("kelurahan", 3), ("kecamatan", 2))
#: How much a name is worth alone: a `word` is an ordinary word first, a `double` needs something that shows it, a
#: `likely` is believed unless something speaks against it.
Use = Literal["name", "likely", "double", "word"]


class Name(Base, frozen=True, kw_only=True):
    """What a name may mean.

    `outside` lies beyond the province; `nothing` is no place although it holds a place's name. `stem` is a name
    without its direction, which stands for what holds all that bear it. `beyond`: Kemendagri codes of what bears the
    name, or holds what bears it, beyond the province.
    """

    paths: tuple[RegionPath, ...] = ()
    kind: Literal["name", "landmark", "outside", "nothing"] = "name"
    use: Use = "name"
    stem: bool = False
    beyond: tuple[str, ...] = ()


#: A name as it stands in a text: its first word, the word after its last, its meaning.
Mention = tuple[int, int, Name]


_START = itemgetter(0)


def _longest_first(match: tuple[int, int, str, Name]) -> tuple[int, int]:
    return match[0] - match[1], match[0]


class PlaceNames:
    """All names that we know, found in one pass."""

    def __init__(self) -> None:
        plain = _table()
        names: dict[str, Name] = {}
        for key, name in plain.items():
            for written in _variants(key, name):
                names.setdefault(written, name)
        for key, name in plain.items():
            for written in _figured(key, name):
                names.setdefault(
                    written, msgspec.structs.replace(name, use="double" if name.use != "word" else "word")
                )
        self._phrases = Phrases(names | plain)
        self.misspellings = Misspellings(
            {key: name for key, name in plain.items() if name.kind == "name" and name.use != "word"}
        )
        self._by_level: dict[Level, dict[str, RegionPath]] = {
            level: {place_key(p.region.name): p for p in regions() if p.depth == depth}
            for level, depth in _LEVELS
        }

    def find(self, line: str) -> list[Mention]:
        """The names in settled words, in order; of overlapping ones the longest, then the first."""
        matches = self._phrases.find(line)
        if not matches:
            return []
        taken: list[tuple[int, int, Name]] = []
        if len(matches) > 1:
            matches.sort(key=_longest_first)
        for start, end, _, name in matches:
            for begun, ended, _ in taken:
                if begun < end and start < ended:
                    break
            else:
                taken.append((start, end, name))
        taken.sort(key=_START)
        found: list[Mention] = []
        word = at = 0
        for start, end, name in taken:
            word += line.count(" ", at, start)
            after = word + line.count(" ", start, end) + 1
            found.append((word, after, name))
            at = start
        return found

    def resembling(self, words: str, level: Level) -> tuple[RegionPath, float] | None:
        """The one region whose name is nearly `words` (settled), with the likeness from 0 to 1; None when unsure."""
        table = self._by_level[level]
        best = process.extract(words, table.keys(), scorer=fuzz.ratio, limit=2, score_cutoff=78)
        if not best or len(words) < 4 or best[0][1] < 84:
            return None
        if len(best) > 1 and best[0][1] - best[1][1] < 4:
            return None
        return table[best[0][0]], best[0][1] / 100


def _table() -> dict[str, Name]:
    """Every name, settled, with what it means."""
    # Kecamatan Pal Merah and its kelurahan Palmerah are one name to whoever writes it.
    levels: dict[str, list[RegionPath]] = defaultdict(list)
    stems: dict[str, list[RegionPath]] = defaultdict(list)
    official: dict[str, str] = {}
    for path in regions():
        if path.depth == 1:
            continue
        key = place_key(path.region.name)
        official[key] = key.replace(" ", "")
        levels[official[key]].append(path)
        stem = next((key.removesuffix(d) for d in _DIRECTIONS if key.endswith(d)), "")
        if stem:
            stems[stem].append(path)
    lists = place_lists()
    uses: dict[str, Use] = {}
    for use in ("likely", "double", "word"):
        uses |= {place_key(word): use for word in lists[use]}
    beyond = beyond_names()
    plain: dict[str, Name] = {
        key: Name(kind="outside", use=held.use, beyond=held.codes) for key, held in beyond.items()
    }
    plain |= {place_key(word): Name(kind="nothing") for word in lists["nothing"]}
    for key, joined in official.items():
        plain[key] = Name(paths=tuple(levels[joined]), use=uses.get(key, "name"), beyond=_codes(beyond, key))
    _add_aliases(plain, levels, uses, beyond)
    for stem, paths in stems.items():
        parent = _parent(paths)
        # A single kelurahan with a direction in its name says nothing about the bare stem.
        held = plain.get(stem)
        free = held is None or (held.kind == "outside" and held.use == "double")
        use = uses.get(stem, "name")
        if not free or len(paths) < 2 or parent is None or use == "word":
            continue
        # "Duri" is no more in Tambora (Duri Utara) than in Kebon Jeruk (Duri Kepa).
        elsewhere = (
            p for key, joined in official.items() if key.startswith(f"{stem} ") for p in levels[joined]
        )
        if all(p.within(parent.code) for p in elsewhere):
            plain[stem] = Name(paths=(parent,), use=use, stem=True, beyond=_codes(beyond, stem))
    return plain


def _codes(beyond: Mapping[str, Beyond], key: str) -> tuple[str, ...]:
    held = beyond.get(key)
    return held.codes if held is not None else ()


def _add_aliases(
    names: dict[str, Name],
    levels: Mapping[str, list[RegionPath]],
    uses: Mapping[str, Use],
    beyond: Mapping[str, Beyond],
) -> None:
    for row in read_table("aliases.csv"):
        alias, target = place_key(row["alias"]), row["code"]
        if row["alias"].startswith("@"):
            paths = levels.get(place_key(target).replace(" ", ""), [])
        else:
            found = find_region(target)
            paths = [found] if found else []
        if not paths:
            raise ValueError(f"aliases.csv: {row['alias']} points to no region")
        use, codes = uses.get(alias, "name"), _codes(beyond, alias)
        known = names.get(alias)
        if row["kind"] == "landmark":
            # Of a kecamatan and its namesake the kecamatan is the safe reading.
            if known is None or known.kind == "outside":
                path = min(paths, key=lambda p: p.depth)
                names[alias] = Name(paths=(path,), kind="landmark", use=use, beyond=codes)
        else:
            # "Grogol" is a kelurahan, and the short form of its kecamatan.
            own = known.paths if known is not None else ()
            names[alias] = Name(paths=tuple(dict.fromkeys((*own, *paths))), use=use, beyond=codes)


def _parent(paths: list[RegionPath]) -> RegionPath | None:
    """The deepest region that holds them all, no deeper than a kecamatan."""
    kecamatan = {p.kecamatan.code for p in paths if p.kecamatan}
    if len(kecamatan) == 1:
        return find_region(kecamatan.pop())
    cities = {p.city.code for p in paths}
    return find_region(cities.pop()) if len(cities) == 1 else None


def _variants(key: str, name: Name) -> Iterator[str]:
    """The ways in which a name is written: as it is, joined, apart, and with the word before it stuck on."""
    yield key
    if name.kind in ("outside", "nothing"):
        return
    yield from _joinings(key)
    for first in _SPLIT:
        if key.startswith(first) and len(key) - len(first) >= 4 and key[len(first)] != " ":
            yield f"{first} {key[len(first) :]}"
    joined = key.replace(" ", "")
    if name.kind == "name" and name.use in ("name", "likely") and len(joined) >= 5:
        yield from (f"di{joined}", f"warga{joined}", f"banjir{joined}", f"di{key}")


def _figured(key: str, name: Name) -> Iterator[str]:
    if name.kind == "name":
        for word, figures in _FIGURES:
            if key.endswith(word):
                yield from (key.removesuffix(word) + figure for figure in figures)


def _joinings(key: str) -> Iterator[str]:
    """`key` with any of its spaces left out."""
    words = key.split()
    for gaps in product((" ", ""), repeat=len(words) - 1):
        written = "".join(word + gap for word, gap in zip(words, (*gaps, ""), strict=True))
        # Short joined pieces would be found in ordinary words.
        if all(len(piece) >= 6 or piece in words for piece in written.split()):
            yield written
