"""An address of a photo, a video or a place beside a complaint does not make an advertisement of it."""

from __future__ import annotations

import pytest

from normalizer.kind import judge
from normalizer.pipeline import build_context

MODEL = build_context().kind_model
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
