"""Which names in a text are regions, by table; whether they mean a region *here* is decided in `place_text`.

Many names are ordinary words (Tengah, Baru, Jati), 23 kelurahan bear their kecamatan's name, and neighbours share
names with us. Each name therefore comes with all that it may mean and with how much it is worth alone. Spellings are
settled word by word before anything is looked up (`kb jeruk`, `kebun jeruk` -> `kebon jeruk`), and every name is
known with its words joined as well (`kebonjeruk`, `utankayu selatan`, `ditebet`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import product
from typing import Literal

from rapidfuzz import fuzz, process

from normalizer.gazetteer import RegionPath, find_region, read_table, regions
from normalizer.phrases import Phrases, words_of
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
Level = Literal["kelurahan", "kecamatan"]
_LEVELS: tuple[tuple[Level, int], ...] = (("kelurahan", 3), ("kecamatan", 2))
Use = Literal["name", "double", "word"]


class Name(Base, frozen=True, kw_only=True):
    """What a name may mean. `use`: a `word` is an ordinary word first, a `double` needs something that shows it.

    `outside` lies beyond the province; `nothing` is no place although it holds a place's name. `stem` is a name
    without its direction, which stands for what holds all that bear it.
    """

    paths: tuple[RegionPath, ...] = ()
    kind: Literal["name", "landmark", "outside", "nothing"] = "name"
    use: Use = "name"
    stem: bool = False


@lru_cache(maxsize=1)
def _lists() -> dict[str, tuple[str, ...]]:
    lists: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for row in read_table("place_words.csv"):
        lists[row["list"]] += tuple(row["words"].split(";"))
    return dict(lists)


def place_words(name: str) -> frozenset[str]:
    """The words of one list in `data/place_words.csv`."""
    return frozenset(_lists()[name])


@lru_cache(maxsize=1)
def _spellings() -> dict[str, str]:
    return {
        spelling: name.removeprefix("spelling ")
        for name, words in _lists().items()
        if name.startswith("spelling ")
        for spelling in words
    }


def settled(words: Iterable[str]) -> list[str]:
    """Folded words with short forms and known misspellings written out; as many as came."""
    known = _spellings()
    return [known.get(word, word) for word in words]


def _key(name: str) -> str:
    return " ".join(settled(words_of(name).split()))


def _joinings(key: str) -> Iterator[str]:
    """`key` with any of its spaces left out."""
    words = key.split()
    for gaps in product((" ", ""), repeat=len(words) - 1):
        written = "".join(word + gap for word, gap in zip(words, (*gaps, ""), strict=True))
        # Short joined pieces would be found in ordinary words.
        if all(len(piece) >= 6 or piece in words for piece in written.split()):
            yield written


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
        # Kecamatan Pal Merah and its kelurahan Palmerah are one name to whoever writes it.
        levels: dict[str, list[RegionPath]] = defaultdict(list)
        stems: dict[str, list[RegionPath]] = defaultdict(list)
        official: dict[str, str] = {}
        for path in regions():
            if path.depth == 1:
                continue
            key = _key(path.region.name)
            official[key] = key.replace(" ", "")
            levels[official[key]].append(path)
            stem = next((key.removesuffix(d) for d in _DIRECTIONS if key.endswith(d)), "")
            if stem:
                stems[stem].append(path)
        uses: dict[str, Use] = {_key(word): "word" for word in _lists()["word"]}
        uses |= {_key(word): "double" for word in _lists()["double"]}
        plain: dict[str, Name] = {
            _key(row["name"]): Name(kind="outside") for row in read_table("outside.csv")
        }
        plain |= {_key(word): Name(kind="nothing") for word in _lists()["nothing"]}
        for key, joined in official.items():
            plain[key] = Name(paths=tuple(levels[joined]), use=uses.get(key, "name"))
        self._add_aliases(plain, levels, uses)
        for stem, paths in stems.items():
            parent = _parent(paths)
            # A single kelurahan with a direction in its name says nothing about the bare stem.
            if stem not in plain and len(paths) > 1 and parent is not None:
                plain[stem] = Name(paths=(parent,), use=uses.get(stem, "name"), stem=True)
        names: dict[str, Name] = {}
        for key, name in plain.items():
            for written in _variants(key, name):
                names.setdefault(written, name)
        self._phrases = Phrases(names | plain)
        self._deletions = _deletions(plain)
        self._beginnings = frozenset(form[:3] for form in self._deletions if self._deletions[form].paths)
        self._wrong = frozenset(_lists()["no misspelling"])
        self._by_level: dict[Level, dict[str, RegionPath]] = {
            level: {key: p for key, joined in official.items() for p in levels[joined] if p.depth == depth}
            for level, depth in _LEVELS
        }

    @staticmethod
    def _add_aliases(
        names: dict[str, Name], levels: dict[str, list[RegionPath]], uses: dict[str, Use]
    ) -> None:
        for row in read_table("aliases.csv"):
            alias, target = _key(row["alias"]), row["code"]
            if row["alias"].startswith("@"):
                paths = levels.get(_key(target).replace(" ", ""), [])
            else:
                found = find_region(target)
                paths = [found] if found else []
            if not paths:
                raise ValueError(f"aliases.csv: {row['alias']} points to no region")
            if row["kind"] == "landmark":
                # Of a kecamatan and its namesake the kecamatan is the safe reading.
                names.setdefault(
                    alias,
                    Name(
                        paths=(min(paths, key=lambda p: p.depth),),
                        kind="landmark",
                        use=uses.get(alias, "name"),
                    ),
                )
            else:
                # "Grogol" is a kelurahan, and the short form of its kecamatan.
                own = names[alias].paths if alias in names else ()
                both = tuple(dict.fromkeys((*own, *paths)))
                names[alias] = Name(paths=both, use=uses.get(alias, "name"))

    def find(self, folded: str) -> list[tuple[int, int, Name]]:
        """Start, end and meaning of the names in settled words; of overlapping ones the longest, then the first."""
        taken: list[tuple[int, int, Name]] = []
        matches = self._phrases.find(folded)
        if len(matches) > 1:
            matches.sort(key=lambda m: (m[0] - m[1], m[0]))
        for start, end, _, name in matches:
            if all(end <= other[0] or start >= other[1] for other in taken):
                taken.append((start, end, name))
        taken.sort(key=lambda m: m[0])
        return taken

    def misspelt(self, words: list[str]) -> tuple[int, Name] | None:
        """How many of the settled `words`, from the first, are a name with one letter wrong, and its meaning.

        Looked up, not compared: every name is known without each of its letters.
        """
        # Hardly anyone gets a name's first three letters wrong; most words end here.
        if "".join(words[:2])[:3] not in self._beginnings:
            return None
        for count in range(min(3, len(words)), 0, -1):
            joined = "".join(words[:count])
            if not 7 <= len(joined) <= 24 or joined in self._wrong:
                continue
            found = self._deletions.get(joined)
            if found is None:
                shorter = (self._deletions.get(joined[:i] + joined[i + 1 :]) for i in range(len(joined)))
                found = next((name for name in shorter if name is not None), None)
            if found is not None and found.paths:
                return count, found
        return None

    def resembling(self, words: str, level: Level) -> tuple[RegionPath, float] | None:
        """The one region whose name is nearly `words` (settled), with the likeness from 0 to 1; None when unsure."""
        table = self._by_level[level]
        best = process.extract(words, table.keys(), scorer=fuzz.ratio, limit=2, score_cutoff=78)
        if not best or len(words) < 4 or best[0][1] < 84:
            return None
        if len(best) > 1 and best[0][1] - best[1][1] < 4:
            return None
        return table[best[0][0]], best[0][1] / 100


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
    if name.kind == "name" and name.use == "name" and len(joined) >= 5:
        yield from (f"di{joined}", f"warga{joined}", f"banjir{joined}", f"di{key}")


def _deletions(names: dict[str, Name]) -> dict[str, Name]:
    """Every name of seven letters or more, joined, and without each of its letters; shared forms mean nothing."""
    table: dict[str, Name] = {}
    nothing = Name()
    for key, name in names.items():
        joined = key.replace(" ", "")
        if name.kind != "name" or name.use == "word" or len(joined) < 7:
            continue
        for form in {joined, *(joined[:i] + joined[i + 1 :] for i in range(len(joined)))}:
            table[form] = name if form not in table or table[form].paths == name.paths else nothing
    return table
