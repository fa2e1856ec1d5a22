"""Houses, flats and doors told without a street beside them, customers' numbers behind their holder's name, years
of birth by paper, and accounts that only their manner gives away. What is between « and » must go, every other word
must stay."""

from __future__ import annotations

import pytest

from tests.planted import only_the_planted_goes

DOORS = """
yang lihat kejadian Pak «Sarmidi» di nomor «3», silakan ditanya
rekaman ada di ko «Hendri» no «28», sudah kami minta
bu «Tarsih» yg di no «2» setuju pohonnya ditebang
pak «Sarmidi» nomor «14» belum bayar iuran
pak «Sarmidi» dapat nomor 2 di lomba itu
pak «Sarmidi» nomor 1 di daftar tunggu
pak «Sarmidi» nomor 5 di daftar penerima
warga bernama bu «Tarsih» nomor 12 antrean pagi
pak lurah no 1 yang mau turun ke got
pak camat nomor 12 sejak kemerdekaan
mas kurir nomor 14 tidak mau naik
rmhnya no «66» depan pos, sarang tawon sudah hilang
kontrakan H. «Sueb» pt «5», RT 1/11, atap bocor
kos di belakang pasar pt. «12» kebanjiran
PT 3 Saudara membuang limbah ke kali
pt 5 bersaudara menutup jalan
almt «27C» gg Sawo, got mampet
alamat: «8» Jl. Melati, lampu padam
lubang sebanyak 8 jalan sudah ditambal
Tinggal: kos, Jl. Sukabumi Udik No. «4» kamar «7»
no 4 kamar mandi umum rusak
"""
ESTATES = """
tower C lantai 12 unit «C12-08» airnya keruh
ruko «D-04» dan tetangganya «D-05» serta «D-11» ditagih preman
ruko «D-04» ditagih, jalur bus E-11 dipindah
bus D-04 dan D-05 tidak lewat
Kavling Melati «12/B-7» salurannya ditutup beton
kavling di RT 12/07 belum ada lampu
Apartemen Contoh yang dihuni dua ratus keluarga, dan sudah kami kelola sendiri, air di unit «0917» dan «1411» diputus
rusun kami kosong, unit «704» dijadikan gudang
apartemen itu menjual unit 120 meter persegi
unit 112 pemadam datang cepat
bantuan unit 1200 orang
"""
NUMBERS = """
meteran a.n. «Hamdani» no. «40211000», tagihan lunas
sambungan pam atas nama «Hamdani» nomor «7002933»
tagihan listrik an. «Hamdani» no «51234567» naik
surat a.n. «Hamdani» no. 412/2025 belum terbit
"""
BIRTHS = """
tahun lahir: «1951» di kartu, «1952» di KTP, pensiun tertahan
tahun lahirnya «1951» menurut KK dan «1953» menurut KTP
lahir: «1951» di KTP, sekolah itu berdiri 1962 di sini
tahun anggaran: 2024 di kartu, 2025 di papan
"""
ACCOUNTS = """
kalau ketemu mention «sitihalimahh» ya
colek «budicontohh» biar tahu
tag pemerintah provinsi biar turun
jangan cuma mention selanjutnya diam
mention «sarmidaskoch» kalau ketemu
dm aja ke «siti__contoh» ya kak
follow ya «warung_siti.contoh» biar tahu
mention berbondong ke gubernur
dm saja kelurahannya, jangan ke sini
tag lokasinya supaya petugas datang
kanal youtube «MasakSitiEnak» memutar musik keras
youtube TransJakarta menayangkan rapat
discord dia «ucokcontoh#4471», silakan dicek
di discord ada blok #4471 dan topik #12
emailnya «sarmidi titik cat di kotak.example.org», belum dibalas
email «siti titik contoh di surat titik example» ya
email saya sudah dikirim di hari Senin
"""


@pytest.mark.parametrize(
    "text",
    [line for part in (DOORS, ESTATES, NUMBERS, BIRTHS, ACCOUNTS) for line in part.strip().splitlines()],
)
def test_what_is_planted_goes_and_every_other_word_stays(text: str) -> None:
    only_the_planted_goes(text)
