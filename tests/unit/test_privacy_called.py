"""Names told by what says that somebody is called so: "namanya" behind a person, "alias", "dipanggil si", "an. bu", a
family in a list. What is between « and » must go, every other word must stay."""

from __future__ import annotations

import pytest

from tests.planted import only_the_planted_goes

CALLED = """
tetangga saya namanya «Cahaya», radionya keras
petugas yang jaga loket namanya «Anggrek Wulandari» kurang ramah
teman adik saya yang namanya «kusdi» belum pulang
satpam situ namanya «wondo», suka tidur
sopirnya bernama «Gardena», mohon ditegur
tukang las panggilannya «kunces», di samping rumah
mbak loket jenenge «Winih», sabar banget
warung tetangga namanya Rejeki buka sampai pagi
anak saya namanya dicoret dari daftar
ibu saya namanya salah ketik
warga sini namanya belum terdaftar
suami saya namanya kehapus di sistem
petugas namanya juga manusia
tetangga lapor ke RT. Jalan itu namanya belum ada
yang namanya birokrasi ya begini
program itu namanya apa ya
"""
BESIDES = """
«Sutarjo» alias «Kebul» minta uang parkir
pelaku «Sutarjo» als «Belut» mangkal di pasar
iuran alias pungli jalan terus
Kali Item alias Sentiong baunya tercium
nama si penerima salah ketik
orang itu namanya si «Bogel», pakai jaket hitam
banjir alias genangan setinggi lutut
rambutnya keriting, dipanggil si «Kribo», suka minta uang
preman julukannya si «gentong» menagih pedagang
orang itu dikenal dengan si «Codot» di pasar
saya dipanggil satpam lalu disuruh pindah
anak dipanggil sang guru ke kelas
kawasan itu dikenal rawan banjir
"""
IN_THE_NAME = """
nomor antrean sudah diambil, an bu «subur», mohon dicek
berkas atas nama pak «makmur». hubungi loket
a.n. mbak «mekar», RT 5 belum dapat beras
an ibu kandung, bukan ibu tiri
surat atas nama pak lurah, bukan pak camat
atas nama warga kami mohon lampu
"""
IN_SHORT = """
Sdr. «Suparman» («Parman»), penjual ketan, minta lapaknya kembali
mandor bernama «Kusnadi», biasa dipanggil «Nadi», tidak datang lagi
yang jaga pintu «Kusnadi» "«Kus»" galak sekali
«Suparman» (Ketua RT) dan «Kusnadi» (Satpam) saksi kejadian
«Suparman» dipanggil Lurah untuk dimintai keterangan
si «Gembrot» nyolong aki lagi semalam
aplikasi SI Warga tidak bisa dibuka
kepala yayasan Prof. «Sutarjo» tidak di tempat
pengurus masjid KH Ahmad Dahlan menutup jalan
tolong kabari¶makasih¶«wulan» s.
«Bowo» dan «Wira» datang menagih
"""
FAMILIES = """
1) Kel. «Simbolon» 4 jiwa, rumah terendam
Kel. «Hutabarat» mengungsi ke masjid
Kel. Gambir dan Kel. Petojo sudah diberi tahu
Kel. Cipinang belum disemprot
"""
PLACES = """
pindah dari luar kota, dr Depok ke sini syaratnya apa
bus dr Senen tidak berhenti
dr. «Hartini» di puskesmas ramah
"""
SHOUTED = """
Rapat itu dihadiri «HARTONO», «SUMIATI» dan Bu RT «MARYATI», tidak ada hasil.
Jalan itu RUSAK PARAH dan TIDAK PERNAH diperbaiki
Data dari BUMD dan LSM berbeda, AMDAL belum ada.
"""


@pytest.mark.parametrize(
    "text",
    [
        line
        for part in (CALLED, BESIDES, IN_THE_NAME, IN_SHORT, FAMILIES, PLACES, SHOUTED)
        for line in part.strip().splitlines()
    ],
)
def test_what_is_planted_goes_and_every_other_word_stays(text: str) -> None:
    only_the_planted_goes(text)
