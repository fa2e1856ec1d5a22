"""Learn normalizer/data/language_model.gz anew: `python scripts/train_language.py FOLDER`.

FOLDER holds `nusax-train/train.csv` (IndoNLP/nusax, CC-BY-SA 4.0: one column per language) and `nusawrites-train/`
(IndoNLP/nusa-writes, Apache-2.0). More labelled texts (columns text, language) may follow as further arguments.
Only counts are kept, no sentence. See docs/language.md.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from normalizer.language_model import DATA, learn

#: NusaX's columns and our labels; the neighbours show what is *not* Indonesian, and count together as `other`.
NUSAX = {
    "indonesian": "id", "english": "en", "javanese": "jv", "sundanese": "su", "acehnese": "ace", "banjarese": "bjn",
    "madurese": "mad", "ngaju": "nij", "balinese": "ban", "buginese": "bug", "minangkabau": "min", "toba_batak": "bbc",
}  # fmt: skip
NUSAWRITES = {"bew": "bew", "jav": "jv", "sun": "su"}
LEARNT = frozenset({"id", "bew", "jv", "su", "en"})
#: NusaX has 500 sentences a language and NusaWrites thirteen times as many.
NUSAX_WEIGHT, OWN_WEIGHT = 6, 6
FEATURES, TEMPERATURE = 20_000, 3.0
#: In natural logarithms; what is not named here is a neighbour.
BEFORE = {"id": 4.0, "en": 1.0, "jv": 0.0, "su": 0.0, "bew": 0.0}
NEIGHBOUR = -2.0
SOURCES = ("IndoNLP/nusax train (CC-BY-SA 4.0)", "IndoNLP/nusa-writes train (Apache-2.0)")


def rows(folder: Path, own: list[Path]) -> Iterator[tuple[str, str, int]]:
    for row in _table(folder / "nusax-train" / "train.csv"):
        yield from ((row[column], label, NUSAX_WEIGHT) for column, label in NUSAX.items())
    for name, label in NUSAWRITES.items():
        for row in _table(folder / "nusawrites-train" / f"nusa_kalimat-mt-{name}-train.csv"):
            yield row["tgt_text"], label, 1
            if name == "bew":
                yield row["ind_text"], "id", 1
    for path in own:
        for row in _table(path):
            # What is kept apart to judge is never learnt.
            if row.get("split", "dev") == "dev" and row["language"] in LEARNT:
                yield row["text"], row["language"], OWN_WEIGHT


def _table(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    found = rows(Path(sys.argv[1]), [Path(argument) for argument in sys.argv[2:]])
    expected = {label: BEFORE.get(label, NEIGHBOUR) for label in NUSAX.values()} | BEFORE
    model = learn(found, FEATURES, temperature=TEMPERATURE, before=expected, sources=SOURCES)
    DATA.write_bytes(model)
    sys.stdout.write(f"{DATA.name}: {len(model):,} bytes\n")
