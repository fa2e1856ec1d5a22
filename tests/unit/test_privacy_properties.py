"""A planted telephone, NIK or address never survives,
whatever its spelling and what stands around it; linear time."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from normalizer.privacy import public

_QUICK = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

_BEFORE = st.sampled_from(
    (
        "", "hubungi ", "wa saya ", "HP: ", "nomor saya di ", "lampu mati di Jl. Melati No. 5. ",
        "RT 05/RW 03 ", "Telp.",
        "tolong min, ",
        "rek bank dki ", "sejak 12-11-2026 ", "(", "saya pak darto ", "mobil B 1234 XYZ, ", "(021) 5550123 / ",
        "bayar Rp 1.500.000 ke ", "jam 08.00-12.00, ", "NIK ", "a.n. Siti Contoh ", "\n", "kontak:\n", "ke ", "no ",
    )
)  # fmt: skip
_AFTER = st.sampled_from(
    ("", " ya", ", terima kasih", ". Mohon dibantu.", " (siti)", ")", "\nSiti Contoh", " 2 minggu lalu",
    " jam 9", "!", " / ", " a/n Siti")
)  # fmt: skip
_DIGITS = st.text(alphabet="0123456789", min_size=8, max_size=10)
_WORDS = {
    "id": ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"),
    "slang": ("kosong", "satu", "dua", "tiga", "ampat", "lima", "anam", "tuju", "lapan", "semilan"),
    "bew": ("kosong", "atu", "due", "tige", "ampat", "lime", "enem", "tuju", "lapan", "sembilan"),
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
}
_WORDS["slang"] = ("kosong", "satu", "dua", "tiga", "ampat", "lima", "anem", "tuju", "lapan", "semilan")
_ALIKE = {"0": "Oo", "1": "Il", "5": "5", "8": "8"}
_PARTINGS = ("", " ", "-", ".", " - ", "  ", "/", "_", "·", "–", ", ", "\n", "*", " . ", "~")


@st.composite
def _mobile(draw: st.DrawFn) -> str:
    return "08" + draw(st.sampled_from("12357989")) + draw(_DIGITS)[:9].ljust(8, "7")


def _parted(number: str, sizes: list[int], parting: str) -> list[str]:
    parts, at = [], 0
    for size in sizes:
        if at >= len(number):
            break
        parts.append(number[at : at + size])
        at += size
    if at < len(number):
        parts.append(number[at:])
    return parts


def _gone(number: str, shown: str) -> None:
    """No run of seven digits of the number can be read, whatever stands between them."""
    left = "".join(c for c in shown if c.isdigit())
    for at in range(len(number) - 6):
        piece = number[at : at + 7]
        if len(set(piece)) > 2:  # a run like 0000000 may come together by chance
            assert piece not in left, shown


@_QUICK
@given(
    _BEFORE,
    _mobile(),
    st.lists(st.integers(2, 4), min_size=5, max_size=6),
    st.sampled_from(_PARTINGS),
    _AFTER,
)
def test_a_telephone_is_gone_however_it_is_parted(
    before: str, number: str, sizes: list[int], parting: str, after: str
) -> None:
    text = before + parting.join(_parted(number, sizes, parting)) + after
    _gone(number, public(text))


@_QUICK
@given(
    _BEFORE,
    _mobile(),
    st.sampled_from(("+62", "62", "+62 ", "+62-", "(+62) ", "0062", "62 ")),
    st.sampled_from(("", " ", "-", ".")),
)
def test_a_telephone_with_its_country_is_gone(before: str, number: str, country: str, parting: str) -> None:
    rest = number[1:]
    text = before + country + parting.join((rest[:3], rest[3:7], rest[7:]))
    _gone(rest, public(text))


@_QUICK
@given(_BEFORE, _mobile(), st.data())
def test_a_telephone_in_words_and_letters_is_gone(before: str, number: str, data: st.DataObject) -> None:
    words = _WORDS[data.draw(st.sampled_from(sorted(_WORDS)))]
    spelt = [words[int(d)] if data.draw(st.integers(0, 2)) else d for d in number]
    parting = data.draw(st.sampled_from((" ", "-", " ", ", ")))
    shown = public(before + parting.join(spelt) + " ya")
    assert parting.join(spelt) not in shown
    assert parting.join(spelt[-6:]) not in shown


@_QUICK
@given(_BEFORE, _mobile(), st.data())
def test_a_telephone_in_look_alike_letters_is_gone(before: str, number: str, data: st.DataObject) -> None:
    alike = "".join(data.draw(st.sampled_from(_ALIKE.get(d, d) + d)) for d in number)
    parting = data.draw(st.sampled_from(("", " ", "-", ".")))
    written = parting.join((alike[:4], alike[4:8], alike[8:]))
    shown = public(before + written + " ya")
    assert written not in shown
    assert written[-6:] not in shown


@_QUICK
@given(_BEFORE, st.sampled_from(("３１７１", "🄁", "0️⃣", "①", "٣")), _mobile())
def test_digits_of_another_script_are_digits(before: str, kind: str, number: str) -> None:
    zero = {"３１７１": 0xFF10, "①": 0x1D7CE, "٣": 0x0660, "🄁": 0x1D7D8}.get(kind)
    fancy = "".join(chr(zero + int(d)) if zero else f"{d}\ufe0f\u20e3" for d in number)
    shown = public(f"{before}{fancy} ya")
    assert fancy not in shown
    _gone(number, shown.replace("\ufe0f\u20e3", ""))


@_QUICK
@given(
    _BEFORE,
    st.integers(31, 36),
    st.text(alphabet="0123456789", min_size=14, max_size=14),
    st.sampled_from(((16,), (4, 4, 4, 4), (6, 6, 4), (2, 2, 2, 6, 4), (8, 8))),
    st.sampled_from(("", " ", "-", ".", " - ", "/", "_")),
    _AFTER,
)
def test_a_nik_is_gone(
    before: str, start: int, rest: str, sizes: tuple[int, ...], parting: str, after: str
) -> None:
    number = f"{start}{rest}"
    text = f"{before}{parting.join(_parted(number, list(sizes), parting))}{after}"
    _gone(number, public(text))


_LOCAL = st.from_regex(r"[a-z][a-z0-9]{2,8}(?:[._-][a-z0-9]{2,6})?", fullmatch=True)
_HOST = st.from_regex(r"[a-z]{4,9}", fullmatch=True)
_END = st.sampled_from(("com", "co.id", "id", "net", "org", "go.id"))
_AT = st.sampled_from(
    ("@", " @ ", " at ", "(at)", "[at]", " (at) ", " [at] ", "{at}", " et ", "＠", "(a)", " AT ", "<at>")
)
_DOT = st.sampled_from((".", " dot ", "(dot)", "[dot]", " titik ", " . ", " [dot] "))


@_QUICK
@given(_BEFORE, _LOCAL, _AT, _HOST, _DOT, _END, _AFTER)
def test_an_address_is_gone(
    before: str, local: str, at: str, host: str, dot: str, end: str, after: str
) -> None:
    written = f"{local}{at}{host}{dot}{end.replace('.', dot)}"
    shown = public(f"{before}{written}{after}")
    assert "".join(written.split()) not in "".join(shown.split())
    assert f"{local}{at}{host}" not in shown


@_QUICK
@given(
    _BEFORE,
    st.sampled_from(("B", "F", "D", "AB", "L", "BE")),
    st.integers(1, 9999),
    st.sampled_from(("XY", "KZT", "AB", "RTA")),
    st.sampled_from(("", " ", "-")),
)
def test_a_number_plate_is_gone(before: str, code: str, number: int, letters: str, parting: str) -> None:
    plate = parting.join((code, str(number), letters))
    assert plate not in public(f"{before} mobil {plate} parkir liar")


@pytest.mark.parametrize(
    "text",
    [
        "Rapat 12-11-2026 14.30 WIB di Balai RW 05",
        "Senin 8 Juni 2026 pukul 08.00-16.00, Selasa 08.00-12.00",
        "Banjir tahun 2019 2020 2021 2022",
        "Anggaran Rp 1.500.000.000 untuk 2 km, sisanya 750.000.000 rupiah",
        "Titik -6.229134, 106.841245 dekat pasar",
        "Izin nomor 503/1182/DPMPTSP dan Perda Nomor 8 Tahun 2007 pasal 25",
        "sudah lapor ke 112, 110, 119, 1500-223 dan 14045",
        "Ukuran 10 20 30 40 50 cm, 3 lubang, 2 minggu",
        "JAK 45 dan bus 6A lewat KM 12, kode pos 13890",
        "SDN 03 Pagi RT 011/RW 02, gang 12, lantai 3",
        "Bayar 25.000 dan 30.000 per 100 meter sejak 2021",
        "tiket laporan 240917113 sudah 60 hari kerja",
    ],
)
def test_ordinary_numbers_stay(text: str) -> None:
    assert public(text) == text


@pytest.mark.parametrize(
    "unit",
    [
        "1", "0 ", "08", "8-", "1.", "1/", "O", "0O", "@", "a@", "a@b.", "Budi ", "BUDI ", "pak ", "Pak Budi ",
        "nol ", "at ",
        "Jl. ", "no. 1 ", "b 1", "B 1 ", "plat ", "lahir ", "ig ", "blok ", "rek ", "http://", "www.!", "a.id/",
        "[tautan ", "(", "+62",
        "Nama: Siti\n", "ig saya a", "nama ktp ", "lie a ", "(ucil", "\nucil", "fb A B ", "mobil B 123 ",
        "1. Oei\n", "dot ", "a_", "lahir 1 ", "satu-", "kartu ", "😀8", "tiga kali ",
        "0812 terus ", "Siti, 1 Mei ", "lahir satu ", "A.B", "B-2-", "B dua ", "[nama], Siti ", "rumah no 1, ",
        "alamat jl a 4 ", "15,16,17 ", "15,16,", "no 1 (dua) ", "paspor a nomor ", "lahir satu mei ", "5 di situ Pak ",
    ],
)  # fmt: skip
def test_hostile_text_takes_linear_time(unit: str) -> None:
    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        began = time.process_time()
        public(text)
        return time.process_time() - began

    # Four times the text may take eight times as long on a busy machine, and not sixteen times.
    assert seconds(100_000) < 8 * seconds(25_000) + 0.3
