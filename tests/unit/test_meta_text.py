"""Long answers in pieces: each fits, nothing but white space is lost, and none is sent twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.shared.meta_text import Begun, pieces


def size(text: str, in_bytes: bool) -> int:
    return len(text.encode()) if in_bytes else len(text)


@pytest.mark.parametrize("in_bytes", [False, True])
@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("   ", 1),
        ("satu", 1),
        ("x" * 10, 1),
        ("x" * 11, 2),
        ("satu dua tiga", 2),
        ("a\n" + "b" * 30, 4),
    ],
)
def test_as_few_as_fit(text: str, count: int, in_bytes: bool) -> None:
    found = pieces(text, 10, in_bytes=in_bytes)
    assert len(found) == count
    assert all(size(piece, in_bytes) <= 10 for piece in found)


def test_it_is_cut_at_a_space_or_a_line_that_is_near() -> None:
    assert pieces("Laporan Anda\nkami terima", 14) == ["Laporan Anda", "kami terima"]
    assert pieces("a bcdefghijklmnop", 10) == ["a bcdefghi", "jklmnop"], "a half empty message helps nobody"


def test_no_letter_is_cut_in_two() -> None:
    assert pieces("🙏🙏🙏", 9, in_bytes=True) == ["🙏🙏", "🙏"]
    assert pieces("ééé", 3, in_bytes=True) == ["é", "é", "é"]


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    st.integers(4, 60),
    st.booleans(),
)
def test_every_piece_fits_and_no_word_is_lost(text: str, limit: int, in_bytes: bool) -> None:
    found = pieces(text, limit, in_bytes=in_bytes)
    assert found
    assert all(size(piece, in_bytes) <= limit for piece in found)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert len(found) == 1 or all(found)


async def test_a_piece_that_went_out_is_not_sent_again() -> None:
    begun, sent, broken = Begun(), [], {"dua"}

    async def send(text: str) -> str:
        if text in broken:
            raise OSError
        sent.append(text)
        return f"id-{text}"

    with pytest.raises(OSError):  # noqa: PT011
        await begun.send("a", ["satu", "dua", "tiga"], send)
    assert await begun.send("b", ["satu"], send) == "id-satu"
    broken.clear()
    assert await begun.send("a", ["satu", "dua", "tiga"], send) == "id-tiga"
    assert sent == ["satu", "satu", "dua", "tiga"]


async def test_only_so_many_are_remembered() -> None:
    begun = Begun()

    async def send(text: str) -> str:
        if text == "dua":
            raise OSError
        return text

    for number in range(1100):
        with pytest.raises(OSError):  # noqa: PT011
            await begun.send(str(number), ["satu", "dua"], send)
    assert len(begun._sent) == 1000
