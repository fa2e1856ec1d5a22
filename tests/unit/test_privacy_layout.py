"""Blanks and wrapped lines that say nothing are read over; lines that somebody ended stay."""

from __future__ import annotations

import textwrap
import time

import pytest

from normalizer.privacy import public
from normalizer.privacy_layout import flowed

LETTER = (
    "Dengan hormat, saya menyampaikan keluhan tentang saluran air di depan rumah kami yang tersumbat sejak bulan lalu "
    "dan belum ditangani oleh petugas walaupun sudah tiga kali dilaporkan melalui ketua RT dan kelurahan setempat."
)


@pytest.mark.parametrize("width", [60, 66, 72, 76, 78])
def test_lines_that_a_program_wrapped_are_one(width: int) -> None:
    assert flowed(textwrap.fill(LETTER, width)) == LETTER


@pytest.mark.parametrize(
    "text",
    [
        "Nama: Budi Contoh\nAlamat: Jl. Mawar\nKeluhan: got mampet",
        "Yth. Dinas\n\nGot mampet.\n\nTerima kasih",
        "Jalan di depan sekolah berlubang dan banyak anak jatuh tiap pagi.\nMohon segera ditambal karena musim hujan.",
        "Jalan di depan sekolah berlubang dan banyak anak jatuh tiap hari\n- lubang besar\n- lubang kecil",
        "Jalan di depan sekolah berlubang dan banyak anak jatuh tiap hari\n1. lubang besar\n2. lubang kecil",
        "",
        "\n",
        "  mulai dengan spasi",
    ],
)
def test_lines_that_somebody_ended_stay(text: str) -> None:
    assert flowed(text) == text


def test_runs_of_blanks_are_one_and_indents_stay() -> None:
    assert flowed("rumah  no \t 12\n    indah   sekali") == "rumah no 12\n    indah sekali"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("anak saya  lahir tgl   3  mei  2011", "2011"),
        ("rumah saya no\n12 dekat musala, got mampet", "12"),
        (
            textwrap.fill(LETTER[:66] + " anak kami lahir 3 Mei 2011 di sini, rumah nomor 17 persis", 72),
            "2011",
        ),
        (textwrap.fill(LETTER[:60] + " mobil B 1234 XYZ dan motor saya parkir", 72), "1234"),
    ],
)
def test_personal_data_goes_across_them(text: str, left: str) -> None:
    assert left not in public(text)


def test_it_takes_linear_time() -> None:
    began = time.thread_time()
    flowed("kata  " * 200_000)
    flowed(("x" * 60 + "\n") * 50_000)
    flowed(" \t" * 500_000)
    assert time.thread_time() - began < 5
