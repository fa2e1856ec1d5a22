"""Places read from complaints as Jakarta writes them, against labels: some to fit rules to, some held back."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.place_bench import labelled, measure, scores
from normalizer.place_names import PlaceNames

TEXTS = Path(__file__).parent / "place_texts"
NAMES = PlaceNames()


@pytest.mark.parametrize("name", ["development", "held_back", "later"])
def test_kelurahan_and_kecamatan_from_words(name: str) -> None:
    rows = labelled(TEXTS / f"{name}.txt")
    assert len(rows) > 60
    counts = measure(rows, NAMES, show=False)
    precision, recall = scores(counts)
    assert precision >= 0.97, counts
    assert recall >= 0.90, counts
    assert counts["outside told"] == counts["outside"]
    assert counts["wrongly outside"] == 0


def test_every_name_is_read_with_its_marker() -> None:
    from normalizer.gazetteer import regions
    from normalizer.place_text import read_place

    for path in regions():
        if path.depth == 1:
            continue
        marker = "kelurahan" if path.depth == 3 else "kecamatan"
        for said in (
            f"Lampu mati di {marker} {path.region.name}.",
            f"{marker[:3]}.{path.region.name.upper()} BANJIR",
        ):
            found = read_place(said, NAMES)
            assert found.path is not None, said
            assert found.path.code == path.code, said
            assert found.confidence >= 0.9, said
