"""Places read from labelled texts (precision, recall, what went wrong) and how long reading them takes.

    PYTHONPATH=.:queue python benchmarks/place_bench.py tests/unit/place_texts/development.txt [--wrong]

A line is `label | text`: `L:name` a kelurahan, `C:name` a kecamatan, `K:name` a city, `O` outside, `-` nothing. An
answer counts as right when it is the labelled region itself, and as safe when it is the kecamatan of the labelled
kelurahan; recall counts right answers only. Cities are not counted among the answers.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

from normalizer.gazetteer import RegionPath, regions
from normalizer.place_names import PlaceNames
from normalizer.place_text import Found, read_place

_DEPTH = {"K": 1, "C": 2, "L": 3}


def _region(label: str) -> RegionPath | None:
    level, _, name = label.partition(":")
    for path in regions():
        deepest = path.kelurahan or path.kecamatan or path.city
        plain = deepest.name.split("Administrasi ")[-1]
        if (
            path.depth == _DEPTH.get(level)
            and plain.replace(" ", "").lower() == name.replace(" ", "").lower()
        ):
            return path
    if level in _DEPTH:
        raise ValueError(f"no region {label}")
    return None


def labelled(path: Path) -> list[tuple[str, RegionPath | None, str]]:
    """Label, its region and the text of every line."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        label, bar, text = line.partition(" | ")
        if bar and not line.startswith("#"):
            rows.append((label, _region(label), text))
    return rows


def verdict(label: str, wanted: RegionPath | None, found: Found) -> str:
    """`right`, `safe`, `wrong`, `missed`, or `empty` (nothing wanted below a city and nothing said)."""
    said = found.path if found.path is not None and found.path.depth > 1 else None
    if wanted is None or wanted.depth == 1:
        return "empty" if said is None else "wrong"
    if said is None:
        return "missed"
    if said.code == wanted.code:
        return "right"
    return "safe" if wanted.within(said.code) else "wrong"


def scores(counts: Counter[str]) -> tuple[float, float]:
    """Precision and recall of the answers that name a kelurahan or a kecamatan."""
    said = counts["right"] + counts["safe"] + counts["wrong"]
    wanted = counts["right"] + counts["safe"] + counts["missed"] + counts["wrong in its place"]
    return (counts["right"] + counts["safe"]) / max(1, said), counts["right"] / max(1, wanted)


def measure(rows: list[tuple[str, RegionPath | None, str]], names: PlaceNames, show: bool) -> Counter[str]:
    """Verdicts over `rows`; beyond them how many outside places and cities were told."""
    counts: Counter[str] = Counter()
    for label, wanted, text in rows:
        found = read_place(text, names)
        result = verdict(label, wanted, found)
        counts[result] += 1
        counts["wrong in its place"] += result == "wrong" and wanted is not None and wanted.depth > 1
        good = result in ("right", "empty")
        if label == "O":
            counts["outside"] += 1
            good = found.outside_sure and found.path is None
            counts["outside told"] += good
        elif found.outside_sure:
            counts["wrongly outside"] += 1
            good = False
        if label.startswith("K"):
            counts["city"] += 1
            good = good and found.path == wanted
            counts["city told"] += found.path == wanted
        if show and not good:
            print(f"{result:7}{label:24}{found.path.code if found.path else '-':14}{found.words} {text[:90]}")
    return counts


def main() -> None:
    names = PlaceNames()
    for name in sys.argv[1:]:
        if name.startswith("-"):
            continue
        rows = labelled(Path(name))
        counts = measure(rows, names, "--wrong" in sys.argv)
        precision, recall = scores(counts)
        print(f"{name}: {len(rows)} texts, precision {precision:.3f}, recall {recall:.3f}")
        print("  " + ", ".join(f"{k} {v}" for k, v in sorted(counts.items())))
        texts = [(text + " ") * (300 // len(text) + 1) for *_, text in rows]
        joined = [" ".join([text, *(t for *_, t in rows[:3])])[:300] for text in texts]
        began = time.process_time()
        for text in joined:
            read_place(text, names)
        print(f"  {(time.process_time() - began) / len(joined) * 1e6:.0f} µs per text of 300 characters")


if __name__ == "__main__":
    main()
