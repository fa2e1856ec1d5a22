"""The language step: its figures on third-party sets, what it must not guess, and that its model can be learnt anew."""

from __future__ import annotations

import csv
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from normalizer.language import TwoVoices
from normalizer.language_model import LanguageModel, learn, words_of

ROOT = Path(__file__).resolve().parents[2]
MATERIALS = Path(os.environ.get("KANAL_MATERIALS", ROOT.parent / "shared" / "materials")) / "language"
NUSAX = {"indonesian": "id", "english": "en", "javanese": "jv", "sundanese": "su"}
NEIGHBOURS = (
    "acehnese", "banjarese", "madurese", "ngaju", "balinese", "buginese", "minangkabau", "toba_batak",
)  # fmt: skip
third_party = pytest.mark.skipif(not MATERIALS.is_dir(), reason="the third-party language sets are not here")


@pytest.fixture(scope="module")
def detect() -> Callable[[str], str]:
    voices = TwoVoices()
    return lambda text: voices.detect(text).language.code


def rows(path: str) -> Iterator[dict[str, str]]:
    with (MATERIALS / path).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@third_party
@pytest.mark.parametrize(("characters", "goal"), [(None, 0.98), (60, 0.97)])
def test_four_languages_on_nusax(detect: Callable[[str], str], characters: int | None, goal: float) -> None:
    pairs = [(row[column], code) for row in rows("nusax-train/valid.csv") for column, code in NUSAX.items()]
    right = sum(detect(text[:characters]) == code for text, code in pairs) / len(pairs)
    assert right >= goal


@third_party
def test_indonesian_or_not_on_nusax_with_all_its_neighbours(detect: Callable[[str], str]) -> None:
    found = list(rows("nusax-train/valid.csv"))
    yes = sum(detect(row["indonesian"]) in ("id", "bew") for row in found) / len(found)
    others = [row[column] for row in found for column in (*NEIGHBOURS, "english", "javanese", "sundanese")]
    no = sum(detect(text) not in ("id", "bew") for text in others) / len(others)
    assert (yes + no) / 2 >= 0.95
    assert (yes * len(found) + no * len(others)) / (len(found) + len(others)) >= 0.95


@third_party
def test_betawi_on_nusawrites(detect: Callable[[str], str]) -> None:
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for name, code in (("bew", "bew"), ("jav", "jv"), ("sun", "su")):
        for row in rows(f"nusawrites-valid/nusa_kalimat-mt-{name}-valid.csv"):
            seen[code][detect(row["tgt_text"])] += 1
            if name == "bew":
                seen["id"][detect(row["ind_text"])] += 1
    scores = []
    for code in seen:
        hit = seen[code][code]
        false = sum(seen[other][code] for other in seen if other != code)
        scores.append(2 * hit / (hit + false + seen[code].total()))
    assert sum(scores) / len(scores) >= 0.90


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Jalan di depan pasar rusak parah, sudah sebulan belum diperbaiki.", "id"),
        ("jln dpn sd rusak bgt tlg diperbaiki min", "id"),
        ("The street lamp in front of our house has been broken for two weeks.", "en"),
        ("Lampu dalan ngarep omahku mati wis seminggu, peteng banget.", "jv"),
        ("Lampu jalan hareupeun imah abdi pareum geus saminggu, poek pisan.", "su"),
        ("Aye kaga bisa lewat, jalanannye rusak, pegimane nih bang.", "bew"),
        ("路灯坏了两个星期了，晚上很黑，请尽快修理。", "zh"),
        ("가로등이 이 주 동안 고장 났습니다. 빨리 고쳐 주세요.", "ko"),
        ("Die Straßenlaterne vor unserem Haus ist seit zwei Wochen kaputt und es ist sehr dunkel.", "de"),
    ],
)
def test_what_citizens_write(detect: Callable[[str], str], text: str, code: str) -> None:
    assert detect(text) == code


@pytest.mark.parametrize(
    "text", ["", "   ", "🔥🔥🔥", "12345", "https://contoh.example/a", "@dkijakarta #banjir"]
)
def test_nothing_is_said_of_what_has_no_words(text: str) -> None:
    guess = TwoVoices().detect(text)
    assert (guess.language.code, guess.language.confidence) == ("und", 0.0)


@pytest.mark.parametrize("text", ["\x00", "a" * 100_000, "\ud800", "é" * 5000, "'-'", "<>=<"])
def test_no_text_is_too_strange(text: str) -> None:
    TwoVoices().detect(text)


def test_the_words_that_gave_it_away_are_named() -> None:
    words = TwoVoices().detect("Lampu dalan ngarep omahku mati wis seminggu, peteng banget.").words
    assert {"wis", "peteng"} & set(words)


def test_the_engine_is_asked_for_the_unsure_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    voices, asked = TwoVoices(), []

    def noted(text: str) -> dict[str, float]:
        asked.append(text)
        return {}

    monkeypatch.setattr(voices._engine, "probabilities", noted)
    voices.detect("Jalan di depan pasar rusak parah, sudah sebulan belum diperbaiki.")
    assert asked == []
    voices.detect("De straatlantaarn voor ons huis is al weken kapot")
    assert len(asked) == 1


def test_a_model_is_learnt_from_examples_and_says_the_same_each_time(tmp_path: Path) -> None:
    examples = [("satu dua tiga empat lima", "aa", 3), ("uno duo tres quattuor quinque", "bb", 3)]
    made = [
        learn(examples, 200, temperature=1.0, before={"aa": 0.0, "bb": 0.0}, sources=("own",))
        for _ in range(2)
    ]
    assert made[0] == made[1]
    (tmp_path / "model.gz").write_bytes(made[0])
    model = LanguageModel(tmp_path / "model.gz")
    assert model.score(words_of("dua tiga")).ranked[0][0] == "aa"
    assert model.score(words_of("tres quinque")).ranked[0][0] == "bb"
    assert model.header.sources == ("own",)


def test_it_stands_in_nobodys_way() -> None:
    voices = TwoVoices()
    text = "Jalan di depan pasar rusak parah, sudah sebulan belum diperbaiki. " * 5
    voices.detect(text)
    began = time.perf_counter()
    for number in range(200):
        voices.detect(f"kata{number} {text}"[:300])
    assert (time.perf_counter() - began) / 200 < 0.002, "ten times what it takes and more"
