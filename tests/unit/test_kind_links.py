"""An address of a photo, a video or a place beside a complaint does not make an advertisement of it."""

from __future__ import annotations

import pytest

from normalizer.kind import judge
from normalizer.kind_manner import kind_units
from normalizer.text_units import LINK, SITE, words_of
from tests.steps import context

MODEL = context().kind_model
LINKS = (
    "https://drive.google.com/file/d/contoh/view",
    "drive.google.com/file/d/contoh",
    "https://photos.app.goo.gl/contoh",
    "https://maps.app.goo.gl/contoh",
    "https://youtu.be/contoh",
    "https://www.instagram.com/p/contoh/",
    "https://vt.tiktok.com/contoh/",
)


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize(
    "said",
    [
        "Jalan rusak, videonya di {}",
        "Sampah menumpuk di depan pasar, fotonya {} mohon diangkut",
        "lampu jalan mati {}",
        "Got mampet bau sekali. {}",
    ],
)
def test_a_complaint_with_a_link_is_a_complaint(said: str, link: str) -> None:
    assert judge("", said.format(link), MODEL)[0] == "complaint"


def test_a_link_alone_is_no_reason_to_set_anything_aside() -> None:
    assert judge("", LINKS[0], MODEL)[0] == "complaint"


@pytest.mark.parametrize("link", ["https://contoh-gacor.example/daftar", LINKS[-1]])
def test_who_sells_sells_with_any_link(link: str) -> None:
    said = f"Slot gacor hari ini, bonus deposit new member 100%, daftar sekarang {link}"
    assert judge("", said, MODEL)[0] == "spam"


@pytest.mark.parametrize(
    "said",
    [
        "hubungi saya di siti@example.com, lampu jalan mati",
        "Banjir lagi di RW 05, baca https://example.org/berita/rob?hari=ini!",
    ],
)
def test_nor_does_an_address_of_mail_or_of_any_page(said: str) -> None:
    assert judge("", said, MODEL)[0] == "complaint"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("cek https://drive.google.com/file/d/contoh?a=b!c dong", ("cek", LINK, "dong")),
        ("daftar SLOT88.example.com, gas", ("daftar", SITE, "gas")),
        ("lihat www.example.id. Tolong", ("lihat", SITE, "tolong")),
        ("laman jakarta.go.id macet", ("laman", LINK, "macet")),
        (
            "rusak parah.Mohon dicek di Jl.Melati/Mawar",
            ("rusak", "parah", "mohon", "dicek", "di", "jalan", "melati", "mawar"),
        ),
    ],
)
def test_an_address_is_one_word_that_stands_for_its_sort(said: str, words: tuple[str, ...]) -> None:
    assert words_of(said) == words
    assert not any(mark in kind_units(said) for mark in ("*?", "*?.", "*!"))
