"""A name that was masked in one place is masked wherever it stands in the same message, however it is written there."""

from __future__ import annotations

import pytest

from normalizer.privacy import public


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Petugas PPSU Pak Rasid ditampar. Tolong lindungi rasid dan cabut SP-nya.", "rasid"),
        ("mandornya pak Giyarto nyuruh kerja terus, lalu giyarto bilang tanya bos", "giyarto"),
        ("Mantan lurah Hasanudin menjual pos RW. Saya siap bersumpah di depan HASANUDIN.", "hasanudin"),
        (
            "Tetangga baru, Ibu Grace Lumenta, buka laundry. Jangan bilang ke grace kalau kami yang lapor.",
            "grace",
        ),
        ("kebakaran di kamar Pak Ompong (Sarmidi). pdhl sarmidi jg ktp brebes", "sarmidi"),
        ("yg loloskan petugas pos mba Rara. sy tny rara dia lupa2 ingat", "rara"),
        ("Pak [X] RASID marah. RASID!! rasid lagi, Rasid terus", "rasid"),
    ],
)
def test_a_name_is_masked_wherever_it_stands_again(text: str, left: str) -> None:
    assert left not in public(text).lower()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        # A word of everyday use is somebody only where it is written as one.
        ("Bu Bunga menanam bunga di pot, bunga itu layu", "bunga di pot, bunga itu layu"),
        ("Pak Untung rugi, tetangganya untung besar", "untung besar"),
        # What is called after somebody stays.
        (
            "Pak Hasanudin tinggal di Jl. Hasanudin, dekat Masjid Hasanudin",
            "Jl. Hasanudin, dekat Masjid Hasanudin",
        ),
        ("Saya Rasid. Lihat @rasid_warga dan #rasidpeduli", "#rasidpeduli"),
        ("Got mampet lagi, got meluap", "Got mampet lagi, got meluap"),
    ],
)
def test_what_is_no_name_there_stays(text: str, kept: str) -> None:
    assert kept in public(text)


def test_the_ends_of_a_text_are_kept() -> None:
    assert public("rasid! Kata Pak Rasid: itu rasid") == "[nama]! Kata Pak [nama]: itu [nama]"
