"""The labelled texts: every label is one that there is, and what is called personal stands in the text."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EVALUATION = ROOT / "tests" / "evaluation"
DATA = ROOT / "normalizer" / "data"
KINDS = {"complaint", "question", "suggestion", "thanks", "announcement", "spam", "abuse"}
LANGUAGES = {"id", "jv", "su", "bew", "en", "other", "und"}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


CATEGORIES = {row["code"] for row in _rows(DATA / "categories.csv")} | {""}
PLACES = {(row["code"], row["kecamatan_code"], row["city_code"]) for row in _rows(DATA / "kelurahan.csv")}
#: As exactly as a text says it: kelurahan, kecamatan, city, or nothing.
SAID = PLACES | {("", k, c) for _, k, c in PLACES} | {("", "", c) for _, _, c in PLACES} | {("", "", "")}
CORPUS = sorted((EVALUATION / "corpus").glob("*.csv"))
LEARNING = sorted((EVALUATION / "learning").glob("*.csv"))
#: Written for reply text, kind and personal data alone.
WITHOUT_PLACE = {"phones", "desks", "short", "counters", "inbox", "week"}
DUPLICATES = sorted(EVALUATION.glob("duplicates_*.csv"))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_labels_of_the_corpus(path: Path) -> None:
    rows = _rows(path)
    earlier: set[str] = set()
    for number, row in enumerate(rows, 1):
        assert None not in row, row
        assert row["split"] == ("test" if number % 3 == 0 else "dev"), row
        assert row["kind"] in KINDS, row
        assert row["language"] in LANGUAGES, row
        if path.stem not in WITHOUT_PLACE:
            assert row["category"] in CATEGORIES, row
            assert row["category"] or row["kind"] != "complaint", row
            assert (row["kelurahan"], row["kecamatan"], row["city"]) in SAID, row
            assert row["inside"] == "yes" if row["city"] else row["inside"] in ("yes", "no", ""), row
            assert row["same_as"] in earlier | {""}, row
        for item in json.loads(row["personal"]):
            assert item["kind"] and item["text"] in f"{row['subject']}\n{row['text']}", row
        assert row["id"] not in earlier, row
        earlier.add(row["id"])


@pytest.mark.parametrize("path", LEARNING, ids=lambda path: path.stem)
def test_labels_of_texts_to_learn_from(path: Path) -> None:
    rows = _rows(path)
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert None not in row and row["split"] == "dev", row
        assert row["kind"] in KINDS | {""} and row["language"] in LANGUAGES | {""}, row
        # What was answered between quoted lines stands in pieces.
        assert all(piece in row["text"] for piece in row["reply_text"].split("\n\n")), row
        for item in json.loads(row["personal"] or "[]"):
            assert item["kind"] and item["text"] in f"{row['subject']}\n{row['text']}", row


@pytest.mark.parametrize("name", ["kind_texts", "kind_cases"])
def test_kinds_of_the_texts_to_learn_from(name: str) -> None:
    rows = _rows(DATA / f"{name}.csv")
    assert {row["kind"] for row in rows} <= KINDS and all(row["text"].strip() for row in rows)


@pytest.mark.parametrize("path", DUPLICATES, ids=lambda path: path.stem)
def test_labels_of_reports_about_one_incident(path: Path) -> None:
    first: dict[str, dict[str, str]] = {}
    for row in _rows(path):
        assert None not in row and float(row["hours"]) >= 0, row
        assert row["split"] in ("dev", "test") and row["category"] in CATEGORIES, row
        assert (row["kelurahan"], row["kecamatan"]) in {place[:2] for place in SAID}, row
        assert row["id"] not in first, row
        if row["same_as"]:
            one = first[row["same_as"]]
            assert not one["same_as"] and one["split"] == row["split"], row
        first[row["id"]] = row
