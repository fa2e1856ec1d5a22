"""Texts come in the character sets that modems and gateways really use, and under wrong names."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sms.charset import decode, from_base64, part_of


@pytest.mark.parametrize(
    ("data", "charset", "coding", "text"),
    [
        ("Jalan “rusak” 😭".encode("utf-16-be"), "UTF-16BE", "2", "Jalan “rusak” 😭"),
        ("Jalan".encode("utf-16-be"), "UTF16-BE", "", "Jalan"),
        ("Jalan".encode("utf-16-be"), "", "2", "Jalan"),
        ("道路坏了".encode("utf-16-be"), "UTF-16BE", "2", "道路坏了"),
        (b"sudah UTF-8", "UTF-16BE", "2", "sudah UTF-8"),
        (b"odd", "UTF-16BE", "2", "odd"),
        ("é".encode("latin-1"), "ISO-8859-1", "0", "é"),
        ("é😭".encode(), "ISO-8859-1", "0", "é😭"),
        ("€ “x”".encode("cp1252"), "windows-1252", "", "€ “x”"),
        (b"a\x00b \x1b\x65 \x1b\x3c1\x1b\x3e", "gsm", "0", "a@b € [1]"),
        ("£é".encode(), "gsm", "0", "£é"),
        ("Banjir 😭".encode(), "8-BIT", "1", "Banjir 😭"),
        (b"plain", "no-such-charset", "", "plain"),
    ],
)
def test_known_spellings(data: bytes, charset: str, coding: str, text: str) -> None:
    assert decode(data, charset, coding) == text


def test_binary_is_no_text() -> None:
    assert decode(b"\x30\x06\x04\xae\x81", "8-BIT", "1") is None
    assert decode(b"\xff\xfe\xfd", "binary", "") is None


@given(st.binary(max_size=300), st.sampled_from(["", "gsm", "utf-8", "UTF-16BE", "ISO-8859-1", "8-BIT", "x"]))
def test_no_bytes_break_it_and_what_comes_out_can_be_stored(data: bytes, charset: str) -> None:
    text = decode(data, charset, "2")
    assert text is None or text.encode("utf-8").decode() == text


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80))
def test_utf8_comes_back_as_it_was(text: str) -> None:
    assert decode(text.encode(), "utf-8", "0") == text


def test_base64_of_a_long_text_is_read() -> None:
    text = "Selokan tersumbat 😭, air meluap ke jalan. " * 4
    assert from_base64(b64encode(text.encode()).decode()) == text


@pytest.mark.parametrize(
    "text",
    [
        "A" * 96,
        "jalanrusakparahsekalimohondiperbaikisegerakarenamembahayakanpengendarasepedamotorsetiapmalamhari",
        b64encode(b"short text").decode(),
        b64encode(bytes(range(256))).decode(),
        b64encode(b"word" * 40).decode(),
        "Kalimat biasa dengan spasi. " * 5,
        b64encode(b"some long text " * 8).decode()[:-1],
    ],
)
def test_what_is_not_surely_base64_stays(text: str) -> None:
    assert from_base64(text) is None


@given(
    st.text(
        alphabet="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=92, max_size=160
    )
)
def test_one_long_word_is_never_taken_for_base64(text: str) -> None:
    inside = from_base64(text)
    assert inside is None or b64encode(inside.encode()).decode() == text


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"\x05\x00\x03\x4c\x02\x01", ("8.4c", 1, 2)),
        (b"\x06\x08\x04\x12\xab\x03\x03", ("16.12ab", 3, 3)),
        (b"0500034c0201", ("8.4c", 1, 2)),
        (b"\x0b\x05\x04\x0b\x84\x23\xf0\x00\x03\x01\x02\x02", ("8.01", 2, 2)),
    ],
)
def test_a_part_knows_its_place(header: bytes, expected: tuple[str, int, int]) -> None:
    part = part_of(header)
    assert part is not None
    assert (part.reference, part.number, part.total) == expected


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\x05",
        b"\x05\x00\x03\x4c\x02",  # cut off
        b"\x05\x00\x03\x4c\x01\x01",  # a single part
        b"\x05\x00\x03\x4c\x02\x03",  # third of two
        b"\x05\x00\x03\x4c\x02\x00",  # parts count from one
        b"\x05\x00\x09\x4c\x02\x01",
    ],
)
def test_a_broken_header_joins_nothing(header: bytes) -> None:
    assert part_of(header) is None


@given(st.binary(max_size=40))
def test_no_header_breaks_it(header: bytes) -> None:
    part = part_of(header)
    assert part is None or 1 <= part.number <= part.total
