"""A name that a quote speaks to is a signature below the answer; and a strange word by itself above a quote."""

from __future__ import annotations

import pytest

from adapters.email.addressed import addressed
from adapters.email.quotes import reply_text

ADDRESSED = [
    ("Kepada: Tumbur Contoh <tumbur@surat.example>", "Tumbur Contoh"),
    ("To: \"Tumbur Contoh\" <tumbur@surat.example>", "Tumbur Contoh"),
    ("*Kepada:* tumbur1970 <tumbur1970@surat.example>", "tumbur1970"),
    ("收件人: \"李小芳\" <lxf@surat.example>", "李小芳"),
    ("> Halo Kak Tumbur, petugas sudah ke lokasi.", "Tumbur"),
    ("> > Yth. Bapak Tumbur Contoh,", "Tumbur Contoh"),
    ("Dear Ms. Olwen,", "Olwen"),
    ("Bu Marsinem, mohon konfirmasi.", "Marsinem"),
    ("Kepada: Kanal Aduan <aduan@kota.example>", ""),
    ("Kepada: aduan@kota.example", ""),
    ("Petugas Tumbur, mohon konfirmasi.", ""),
    ("Yth. Warga Cempaka, sudah kami cek.", ""),
    ("Yth. Bapak Lurah Contoh,", ""),
    ("Kepada: Tebet Barat <rw5@surat.example>", ""),
    ("Halo, petugas sudah ke lokasi.", ""),
    ("Mohon konfirmasi dari Bapak Tumbur.", ""),
    ("Bapak/Ibu yang terhormat,", ""),
]  # fmt: skip
SAID = "tutup got sudah dipasang tapi goyang lagi, kemarin anak tetangga kejeblos"
WROTE = "Pada Sel, 4 Mar 2025 10.11, Layanan Aduan <aduan@kota.example> menulis:"
HEAD = (
    "Dari: Layanan Aduan <aduan@kota.example>\nDikirim: Selasa, 4 Maret 2025 10:11\n"
    "Kepada: gondrowati71 <gondrowati71@surat.example>\nSubjek: Re: Got"
)


@pytest.mark.parametrize(("line", "names"), ADDRESSED)
def test_whom_a_line_of_a_quote_speaks_to(line: str, names: str) -> None:
    assert addressed([line]) == names


@pytest.mark.parametrize(
    ("name", "quote"),
    [
        ("Gondrowati", f"{HEAD}\n\nMohon foto tutup got."),
        ("gondrowati", f"{WROTE}\n> Yth. Ibu Gondrowati,\n> mohon foto tutup got."),
        ("Gondrowati", f"{WROTE}\n\nHalo Bu Gondrowati, mohon foto tutup got."),
        ("- Gondrowati", f"{WROTE}\n> Bu Gondrowati, bagaimana tutup gotnya?"),
        ("Gondrowati", f"Dikirim dari HP saya\n{WROTE}\n> Bu Gondrowati, mohon foto tutup got."),
    ],
)
def test_the_name_that_the_quote_speaks_to_goes_below_the_answer(name: str, quote: str) -> None:
    assert reply_text(f"{SAID}\n\n{name}\n\n{quote}", "Re: Got") == SAID


@pytest.mark.parametrize(
    "text",
    [
        f"{SAID}\n\nSumurbata\n\n{WROTE}\n> Bu Gondrowati, mohon foto tutup got.",
        f"{SAID}, yang jaga namanya\n\nGondrowati\n\n{WROTE}\n> Bu Gondrowati, siapa yang jaga?",
        f"{SAID}. Tetangga saya:\n\nGondrowati\n\n{WROTE}\n> Bu Gondrowati, siapa saksinya?",
        f"{SAID}. Panggil saja Gondrowati di warung\n\n{WROTE}\n> Bu Gondrowati, mohon foto tutup got.",
    ],
)
def test_other_last_words_above_a_quote_stay(text: str) -> None:
    assert reply_text(text, "Re: Got") == text.partition(f"\n\n{WROTE}")[0]


def test_a_name_that_answers_stays_although_the_quote_speaks_to_it() -> None:
    text = f"{WROTE}\n> Bu Gondrowati, siapa nama pelapor?\n\nGondrowati"
    assert reply_text(text, "Re: Got") == "Gondrowati"


def test_a_strange_word_by_itself_above_a_quote_that_asks_nothing_is_a_name() -> None:
    above = f"{SAID}."
    told, asked = f"{WROTE}\n> Tutup got sudah dipasang.", f"{WROTE}\n> Di kampung mana?"
    assert reply_text(f"{above}\n\nOlwena\n\n{told}", "Re: Got") == above
    assert (
        reply_text(f"{above}\n\nOlwena\n\n{told}\n\nSent with Proton Mail secure email.", "Re: Got") == above
    )
    for text in (
        f"{above}\n\nOlwena\n\n{asked}",
        f"{above}\n\nOLWENA\n\n{told}",
        f"{above}\n\nTolong\n\n{told}",
        f"{above}\n\nTerpal\n\n{told}",
        f"{SAID} di\n\nOlwena\n\n{told}",
    ):
        assert reply_text(text, "Re: Got") == text.partition(f"\n\n{WROTE}")[0]
    assert reply_text(f"{above}\n\nOlwena") == f"{above}\n\nOlwena"
