"""Names that a row of people or a closing gives away, whatever word they are elsewhere. What is between « and » must
go, every other word must stay."""

from __future__ import annotations

import time

import pytest

from normalizer.privacy_rows import without_rows
from tests.planted import only_the_planted_goes

ROWS = """
saksinya bu «ning», bu «Tarsih», mpok «Entin»
pak «Sutarjo» dan bu «ning», keduanya tanda tangan
pak rt, pak «Sutarjo» dan pak lurah datang semua
bu guru, bu «Tarsih» dan satpam melihat
pak polisi, pak «Sutarjo» sudah lapor
murid saya «Zahra», «Hilmi» dan «Abi» tiap malam lewat situ
«Zahra», «Hilmi» dan Keluarga mengungsi
«Zahra», «Hilmi» dan Satpam melihat kejadian
yang lihat bang «Sutarjo» sama bang tukang parkir
Nama ibu saya «Tarsih», tapi di KTP tercetak «TARSEH», minta dibetulkan
Nama saya «Tarsih», agama di KTP tertulis KRISTEN padahal bukan
Nama saya «Tarsih», di KK status tertulis Belum Kawin
"""
CLOSINGS = """
lampunya mati sebulan¶terimakasih banyak¶uni «des»
got mampet pak¶mksh¶ci «mei2» lantai 4
tolong ya¶trimaksih¶mpo «Ati»¶rt 5
sampah numpuk¶makasih¶pak lurah tolong dibantu
sampah numpuk¶makasih¶pak tolong
sampah numpuk¶makasih¶ibu kader
sampah numpuk¶tks¶«indah» s.¶sebelah masjid
udah bersih jalannya¶makasiih¶xoxo¶«Disti»
sampah numpuk¶terima kasih¶Sekian
sampah numpuk¶terima kasih¶tolong
jalannya udah bagus lagi. «sa'i» tukang kembang
jalannya udah bagus lagi. satpam tukang tidur
mohon dibalas¶«박지훈» («Kim Ji-hoon»)
daftar acara:¶pak camat¶pak lurah
"""


@pytest.mark.parametrize("text", [*ROWS.strip().splitlines(), *CLOSINGS.strip().splitlines()])
def test_what_is_planted_goes_and_every_other_word_stays(text: str) -> None:
    only_the_planted_goes(text)


def test_a_long_row_is_read_in_time() -> None:
    began = time.perf_counter()
    without_rows("bu ning, bu [nama], " * 5_000)
    without_rows("makasih\npak des\n" * 5_000)
    assert time.perf_counter() - began < 5
