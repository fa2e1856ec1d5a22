"""Where the ending of a mail begins, as it has been learnt from mails; and how it is learnt."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from adapters.email import ending, ending_training
from adapters.email.ending import EndingModel
from adapters.email.ending_features import cuts, tails
from adapters.email.quotes import reply_text
from adapters.email.signatures import by_rules, reader_of

SAID = "got depan pasar mampet lagi pak, airnya hitam dan bau, pembeli pada kabur"

SIGNED = [
    # Behind the last words, on their line.
    (f"{SAID}. tolong ya pak, makasih bu rohayah", f"{SAID}. tolong ya pak, makasih"),
    (f"{SAID}. terima kasih pak, Suparti", f"{SAID}. terima kasih pak,"),
    (f"{SAID}. Terima kasih kak - Fitri", f"{SAID}. Terima kasih kak"),
    # With what people are called, in small letters, below thanks or a sentence.
    (f"{SAID}. mohon dibantu\nmakasih\nmak iyem", f"{SAID}. mohon dibantu\nmakasih"),
    (f"{SAID}.\nnenek sumiyati", f"{SAID}."),
    (f"{SAID}.\n\nOma Lusiana", f"{SAID}."),
    # Who signs without a name.
    (f"{SAID}. Mohon ditindaklanjuti.\n\nAtas nama pedagang,\nSuwarno", f"{SAID}. Mohon ditindaklanjuti."),
    # Quotation marks that are closed above it.
    (f'{SAID}. kata petugas "besok".\n\nHormat kami,\nSuwarno', f'{SAID}. kata petugas "besok".'),
    (f'{SAID}. Mohon dibantu.\n\nHormat kami,\n"Suwarno"', f"{SAID}. Mohon dibantu."),
]
STAYS = [
    # Somebody else's words, with their ending, and what is said below them.
    f'{SAID}. balasan petugas: "Kami datang besok.\n\nSalam,\nHaryono, staf 0812 0000 1122"\n\nItu sudah dua kali.',
    f"{SAID}. Pengelola menulis: “Tunggu saja.\nSalam,\nHaryono”",
    f"{SAID}. Mohon diperiksa.\n\nPenghuni yang mau jadi saksi:\nHaryono (unit 0912)\nSuparti Contoh (unit 1014)",
    f"{SAID}\n\nPASAR CONTOH",
    f"{SAID}\n\ndepan toko besi",
    f"{SAID}. yang jaga biasa dipanggil\n\nGondrong",
    f"{SAID}. pedagang yang rugi:\nSuwarno\nBu Titin\nHaji Mahmud",
    f"{SAID}. Nomor yang menagih:\n0812-0000-4455\n0812-0000-4466",
    f"{SAID}. Sudah tiga bulan, Pak.",
    f"{SAID}, lapor ke pengurus malah dimarahi\n\nkapok",
    f"{SAID}.\nTolong, Pak Lurah!",
]


@pytest.mark.parametrize(("text", "left"), SIGNED)
def test_endings_that_no_rule_knows_go(text: str, left: str) -> None:
    assert reply_text(text) == left


@pytest.mark.parametrize("text", STAYS)
def test_last_lines_that_say_something_stay(text: str) -> None:
    assert reply_text(text) == text


def test_a_mail_of_nothing_but_a_greeting_and_a_name_stays() -> None:
    for text in ("Selamat pagi\n\nSuwarno", "Suwarno", "bu rohayah", "halo, bu rohayah"):
        assert reply_text(text) == text


def test_a_postscript_is_no_part_of_an_ending() -> None:
    assert reply_text(f"{SAID}. makasih\nmak iyem\n\nPS: fotonya menyusul") == (
        f"{SAID}. makasih\n\nPS: fotonya menyusul"
    )


def test_where_a_tail_may_begin() -> None:
    line = "Sudah dua kali. Tolong ya, makasih bu Rohayah"
    assert [line[at:] for at in tails(line)] == [
        "Tolong ya, makasih bu Rohayah",
        "makasih bu Rohayah",
        "bu Rohayah",
        "Rohayah",
    ]
    assert tails("Lampu mati") == []
    assert all(len("a. " * 400) - at < 60 for at in tails("a. " * 400))


def test_a_table_that_is_none_names_the_cure(tmp_path: Path) -> None:
    for name, content in (("gone", None), ("text", b"abc"), ("packed", gzip.compress(b"abc"))):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ValueError, match="kanal train endings"):
            EndingModel(path)


def _mails(count: int) -> list[dict[str, str]]:
    rows = []
    for n in range(count):
        said = f"Lampu di gang {n} mati sejak {n + 2} hari.\nMohon diperbaiki."
        below = f"\n\nHormat kami,\nSiti Contoh {'ABCDEFGH'[n % 8]}." if n % 2 else ""
        personal = json.dumps([{"kind": "name", "text": "Siti Contoh"}] if n % 2 else [])
        rows.append({"split": "dev", "text": said + below, "reply_text": said, "personal": personal})
    return rows


def test_the_same_mails_give_the_same_table_and_it_tells_them_apart(tmp_path: Path) -> None:
    table = ending_training.learn([_mails(12)])
    assert table == ending_training.learn([_mails(12)])
    path = tmp_path / "table"
    path.write_bytes(table)
    model = EndingModel(path)
    lines = ["Sampah di pasar menumpuk.", "", "Hormat kami,", "Budi Contoh"]
    found = cuts(reader_of(lines), lines, len(by_rules(list(lines))))
    chances = model.chances(found)
    assert sum(chances) == pytest.approx(1)
    assert found[chances.index(max(chances))].line == 2


def test_mails_that_are_kept_apart_are_not_learnt() -> None:
    rows = _mails(6)
    for row in rows[:4]:
        row["split"] = "test"
    assert len(list(ending_training.mails(rows))) == 2
    with pytest.raises(ValueError, match="nothing to learn from"):
        ending_training.learn([[row | {"split": "test"} for row in rows]])


def test_the_bundled_table_believes_the_rules_rather_than_not() -> None:
    assert ending.model().of["R=formula"] > 0
    assert len(ending.model().of) > 1000
