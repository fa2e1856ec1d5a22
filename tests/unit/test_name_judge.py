"""Words that the rules for names leave are weighed: who is named after all goes, what else is written large stays."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from normalizer import name_judge_training
from normalizer.name_judge import NameJudge, Tokens, candidates, decided, without_judged
from normalizer.name_judge_training import Told, told_in
from normalizer.privacy import public
from normalizer.privacy_names import MASK
from tests.planted import only_the_planted_goes


def test_a_text_is_taken_apart_without_a_loss() -> None:
    text = "Kata [nama], O'Contoh datang 07.30.\n- Jum'at: [nomor telepon]"
    found = Tokens(text)
    assert [text[start:end] for start, end in found.places()] == [
        "Kata", MASK, "O'Contoh", "datang", "07", "30", "Jum'at", "[nomor telepon]",
    ]  # fmt: skip
    assert [sort[0] for sort, low in zip(found.sort, found.low, strict=True) if low == ""] == [
        "M",
        "#",
        "#",
        "m",
    ]


@pytest.mark.parametrize(
    ("text", "weighed"),
    [
        ("kemarin sarkum jatuh di got", ["sarkum"]),
        ("Lampu Padam di sini, Cahaya", ["Padam", "Cahaya"]),
        ("pak lambat bilang begitu", ["lambat"]),
        ("LAMPU PADAM DI SINI", []),
        ("@sarkum sarkum@ a.sarkum", ["sarkum", "sarkum"]),
        ("Gubernur Pramono dan Sarkum", ["Sarkum"]),
    ],
)
def test_which_words_are_weighed(text: str, weighed: list[str]) -> None:
    found = Tokens(text)
    assert [found.words[i] for i in candidates(found)] == weighed


def test_public_figures_and_who_streets_are_called_after_are_left_to_the_rules() -> None:
    found = Tokens("Gubernur Pramono lewat Gatot Subroto, kata Sarkum")
    assert [found.low[i] for i in sorted(decided(found))] == ["pramono", "gatot", "subroto"]


@pytest.mark.parametrize(
    "text",
    [
        "Yang jadi saksi jual beli «Rebo» dan «Misnan», dua-duanya ada",
        "Tulis saja aku cucunya, «Gloria», makasih",
        "tetangga apartemen, namanya Mr «Park Jun-ho», karaoke tiap malam",
        "yang jaga parkir di situ Mbak «Tini», dari situ Pak «Darto» pulang lewat Situ Lembang",
        "sampah menumpuk di Situ Gintung dan di situ tidak ada petugas",
        "Pohon di Jalan Cahaya depan Taman Menteng ditebang, kata «Sarkum»",
        "Mulai Senin Pasar Baru tutup, Satpol PP dan Dishub berjaga",
    ],
)
def test_who_is_named_goes_and_every_other_word_stays(text: str) -> None:
    only_the_planted_goes(text)


def test_the_host_of_a_link_is_nobody() -> None:
    assert "sarkum.example" in public("kata Budi lihat https://sarkum.example/a/b?c=1 ya")


def test_a_long_row_of_words_is_read_in_time() -> None:
    assert len(public("Sarkum " * 7_000)) > 0
    assert len(without_judged("[nama], " * 7_000)) > 0


def test_labels_are_found_where_they_stand_and_not_in_a_street() -> None:
    row = {
        "text": "Saleh jatuh di Jl. H. Saleh, telp 0812-0000-1234. Kata Sarkum  Wiro begitu.",
        "personal": '[{"kind": "name", "text": "Saleh"}, {"kind": "name", "text": "Sarkum Wiro"},'
        ' {"kind": "phone", "text": "0812-0000-1234"}]',
    }
    told = told_in(row)
    assert [told.text[start:end] for start, end in told.names] == ["Saleh", "Sarkum Wiro"]
    assert told.names[0][0] == 0
    assert [told.text[start:end] for start, end in told.unsure] == ["Saleh"]
    assert "0812" not in told.text


def test_only_what_the_sender_wrote_is_learnt() -> None:
    row = {
        "text": "Lampu mati.\n\nSarkum",
        "reply_text": "Lampu mati.",
        "personal": '[{"kind":"name","text":"Sarkum"}]',
    }
    assert told_in(row) == Told("Lampu mati.", ())


def test_rows_kept_apart_are_never_learnt() -> None:
    rows = [{"text": "kata sarkum", "personal": "[]", "split": part} for part in ("dev", "test")]
    assert len(name_judge_training.labelled(rows[1:])) == 0
    assert len(name_judge_training.labelled(rows[:1])) == 1


def test_the_same_texts_teach_the_same() -> None:
    told = [Told("tanya saja sama sarkum wiro", ((17, 28),))]
    first = name_judge_training.examples(told, 3)
    assert first == name_judge_training.examples(told, 3)
    assert {example.wanted for example in first} == {True, False}


def test_a_version_knows_where_its_names_stand() -> None:
    told = Told("tanya saja sama sarkum wiro ya, atau sama bu surti", ((16, 27), (45, 50)))
    versions = name_judge_training.Versions(5)
    for _ in range(200):
        one = versions.of(told)
        for start, end in one.names:
            assert re.fullmatch(r"[^\W\d_]+(?:[ '’-][^\W\d_]+)*", one.text[start:end]), one
        assert one.text.count(MASK) + len(one.names) >= 2, one


def test_a_table_that_is_none_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(b"no table")
    with pytest.raises(ValueError, match="kanal train people"):
        NameJudge(tmp_path / "x.gz")
