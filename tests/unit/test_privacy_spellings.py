"""Telephones, addresses and birthdays stay hidden however they are spelt, and ordinary numbers stay readable."""

from __future__ import annotations

import pytest

from normalizer.privacy import public


@pytest.mark.parametrize(
    ("text", "planted"),
    [
        ("Hubungi 0812-0000-1234 ya", "1234"),
        ("Hubungi +62 812 0000 1234 ya", "1234"),
        ("WA 6281200001234 saja", "0001234"),
        ("WA 0812.0000.1234 saja", "1234"),
        ("WA 0 8 1 2 0 0 0 0 1 2 3 4 saja", "1 2 3 4"),
        ("WA O812-OOOO-1234 saja", "1234"),
        ("WA 08I2 0000 l234 saja", "l234"),
        ("telepon nol delapan satu dua nol nol nol nol satu dua tiga", "satu dua"),
        ("NIK 3171.0000.0000.0001", "0001"),
        ("NIK 3171 0000 0000 001", "001"),
        ("surel siti at contoh dot com", "siti"),
        ("surel siti(at)contoh(dot)co(dot)id", "siti"),
        ("surel siti @ contoh . com", "siti"),
        ("surel siti et contoh titik com", "siti"),
        ("tanggal lahir: 01-02-1990", "1990"),
        ("lahir di Jakarta, 1 Januari 1990", "1990"),
        ("lahir tgl 01021990 di Jakarta", "01021990"),
        ("kirim ke siti.contoh 'at' contoh.com", "siti"),
        ("email saya sitic di gmail com", "sitic"),
        ("gmail saya sitic77, balas ke situ", "sitic77"),
        ("password wifi saya kucing123", "kucing123"),
        ("nomor rekam medis 00-12-34-56", "34-56"),
        ("alamat lengkap: Kenanga 3/17, Rawasari", "17"),
        ("rumah di Kenanga Dalam IV/12", "12"),
        ("Jl Kenanga kav 12", "12"),
    ],
)
def test_a_personal_detail_is_masked_however_it_is_spelt(text: str, planted: str) -> None:
    assert planted not in public(text)


@pytest.mark.parametrize(
    "text",
    [
        "Sampah tidak diangkut sejak 12-11-2026, sudah 2 minggu",
        "Saya bayar Rp 1.500.000 di RT 05/RW 03, tolong 112",
        "Bus 6A dan JAK 10 lewat KM 12",
        "Ada delapan lubang, dua dalam, satu di tengah",
        "Lampu mati at Taman. Com belum datang",
        "Lubang lahir dari banjir 3 minggu lalu",
        "Email saya tidak dibalas, saya tinggal di RT 3/17",
        "Surat nomor 12/IV/2024, golongan III/a, kelas IV/2",
    ],
)
def test_an_ordinary_number_or_word_stays(text: str) -> None:
    assert public(text) == text


def test_a_ticket_is_public_and_a_number_that_only_looks_like_one_is_not() -> None:
    assert public("Lihat laporan 261123-0042-4 ya") == "Lihat laporan 261123-0042-4 ya"
    for number in (
        "261123-0042-7",
        "261123-0042-8",
        "261323-0042-7",
        "081211-2345-6",
        "317101-4107900-001",
        "261123-004200-70001",
    ):
        assert number not in public(f"Lihat {number} ya")


def test_the_bracket_before_a_telephone_stays() -> None:
    assert public("hub kantor (0812-0000-1234)") == "hub kantor ([nomor telepon])"
    assert public("hub kantor (021) 5550-0001") == "hub kantor [nomor telepon]"
