"""Gather normalizer/data/ordinary_words.gz anew: `python scripts/ordinary_words.py FOLDER`.

FOLDER holds `nusawrites-train/` (IndoNLP/nusa-writes, Apache-2.0: Indonesian, Betawi, Javanese, Sundanese). A word that
is written small there again and again, or in this project's own texts, is an ordinary word and seldom a name. Only
words are kept, no sentence.
"""

from __future__ import annotations

import csv
import gzip
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from normalizer.gazetteer import DATA, read_table

OUT = DATA / "ordinary_words.gz"
#: Seen less often small than this, a word that is also a name is a name somebody wrote carelessly.
LEAST, LEAST_NAME = 2, 7
#: Names of known people that the corpus writes small.
KNOWN = frozenset(
    (
        "ahmad", "akbar", "ali", "atik", "bambang", "baso", "budi", "charles", "dewi", "dika", "george",
        "hani", "jokowi", "lisa", "malik", "monica", "murni", "nabilah", "nasution", "parno", "prabowo", "raffi",
        "rahmat", "saleh", "selly", "siti", "slamet", "soleh", "sugeng",
    )
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NOT_TEXT = re.compile(r"[@#]\w+|https?:\S+|\S+\.\S+/\S+")


def texts(folder: Path) -> Iterator[tuple[str, int]]:
    for language in ("bew", "jav", "sun"):
        path = folder / "nusawrites-train" / f"nusa_kalimat-mt-{language}-train.csv"
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield row["tgt_text"], 1
                if language == "bew":  # the same Indonesian sentences stand in every file
                    yield row["ind_text"], 1
    for table in ("category_texts.csv", "kind_texts.csv", "name_texts.csv"):
        for row in read_table(table):
            yield row["text"], LEAST
    for row in read_table("more_words.csv"):
        yield row["words"].replace(";", " "), LEAST_NAME
    # The project's own pages and messages: English, and the Indonesian that people read.
    for pattern in (
        "*.md",
        "docs/**/*.md",
        "intake/**/*.toml",
        "intake/**/*.py",
        "queue/**/*.py",
        "normalizer/*.py",
    ):
        for path in sorted(Path().glob(pattern)):
            yield path.read_text(encoding="utf-8"), 1


def words(folder: Path) -> list[str]:
    small: Counter[str] = Counter()
    large: Counter[str] = Counter()
    for text, weight in texts(folder):
        for word in _WORD.findall(_NOT_TEXT.sub(" ", text)):
            if word.islower():
                small[word] += weight
            else:
                large[word.lower()] += weight
    names = {name.strip("*") for row in read_table("names.csv") for name in row["names"].split(";")}
    return sorted(
        word
        for word, count in small.items()
        if len(word) > 1
        and word not in KNOWN
        and count >= (LEAST_NAME if word in names else LEAST)
        and 2 * count >= large[word]
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = words(Path(sys.argv[1]))
    OUT.write_bytes(gzip.compress("\n".join(found).encode(), 9, mtime=0))
    sys.stdout.write(f"{OUT.name}: {len(found):,} words, {OUT.stat().st_size:,} bytes\n")
