"""Dates of birth go, however they are told; dates of events, bounds of years and birthdays of things stay. What is
between « and » must go, every other word must stay; ¶ ends a line."""

from __future__ import annotations

import pytest

from tests.planted import only_the_planted_goes

SPELLINGS = """
lahir «14 Désémber 1985» di Garut
geboren op «11 november 2018» in Jakarta
lahir kire2 «taon 1948»
anak saya baru 17 tahun («11 September 2008») dan menangis
lahr di pemalang «taun 1949», kartu hilang
ibu saya lahirnye «tahun 1951», kartunya mati
bapake laire «4-11-52», data salah
adi kuring lahirna «7 Maret 2014» di Ciamis
tgl lahirku salah, mestinya «21 nopember 1999»
kelahirannye «12 bulan 3 taon 71», surat kagak ada
lhir «th 62», kartu lansia blm ada
lhr «58», stroke ringan
my late father (b. «03/04/1948») had no card
his d.o.b is «7 June 1961»
aku kelahiran «2009 bulan juli», udah bisa rekam?
simbok miyos «taun 1940», kertu ilang
"""
BETWEEN = """
kelahiran Tegal «1967», belum punya KTP
kelahiran tegal «1967», belum punya ktp
umur 7 lahir «maret 2018» sampe skrg blm sekolah
lahir «Mei th 90», KIS tidak aktif
saya lahir «bulan 5 tahun 1990» di Depok
saya lahir jumat kliwon «tahun 1950»
anak lahir prematur «2019» di klinik
data ibu:¶tl «03/07/53»¶alamat menyusul
tempat, tgl lahir : ende, «9 / xi / 1977»
adik saya lahir di Kebon Sirih «tahun 1983»
anak sy lahir di klinik «th 2012» blm py akta
kakek (lahir di Solo, «1939») sakit
anak kedua lahir akhir «2021», NIK belum ada
beliau lahir sekitar «1938» dan tidak punya surat
lahir: Bogor, «12 Syawal 1390 H»
tempat, tgl lahir : Ende, «9 / XI / 1977»
tempat, tgl lahir : Ende, «9-XI-1977»
kelahiran: Malang, «3 Djuni 1938»
lahirnya tgl «5 bulan 12 2020», kartu anak belum jadi
tgl lahir istri saya «2 bln 9 th 1971»
saya lahir «070895», di aplikasi ditolak
dijawab petugas: tgl lahir¶Saya: «5-6-88»
TTL: Garut «1970»
my year of birth is «1980», not «1990»
tanggal lahir:¶«5 Juni 1988»
"""
AHEAD = """
«3-2-51» laire simbah, KTP durung dadi
«th 1979» lhrnya saya tp ditolak
«14 Mei 2003» lahir di Bekasi tapi datanya salah
tgl «dua belas maret lima enam» lahir di Tegal
«th 2019» lahir anak kedua saya
«3-5-2019» lahirlah anak saya
«9 Oktober» ultahku, SIM ikut habis
"""
IN_WORDS = """
lahir «taon empat puluh sembilan», KTP ilang
lair tanggal «sewelas mei sewu sangang atus seket»
lair «taun rong ewu selawe»
lair «taun sewu sangang atus pitung dasa loro»
lahir ping «salapan juni dua rebu tujuh»
lahirnya «enam belas bulan dua tujuh lima»
lahir «sembilan belas enam puluh dua», sudah tua
lahir tanggal «dua puluh satu april»
lahir «tujuhbelas juni sembilanbelas limapuluh»
tgl lahir saya «5 juli seribu sembilan ratus tujuh puluh»
"""
WITHOUT_YEAR = """
ultahku «3 Januari», apa SIM mati hari itu?
ultah anak saya jg «17 september»
anak saya lahir «20/5» kemarin, akta belum jadi
ulang tahun anak saya yang ke 7 tgl «5 mei» di taman
anak saya ultah «8 mei» nanti 17 tahun
ulang tahunnya tanggal «30 Juni»
lahir tgl «11 agustus» kemarin, akta belum diurus
"""
AGAIN = """
lahirnya juga ditulis «1992» padahal «1962», salah ketik
lahir menurut KTP «31-12-1949», menurut beliau «1951»
lahir «1950», di KTP ditulis «1960», di KK «1961»
lahir «tahun 1944» tapi di kartu jadi «1947»
lahir «12-05-1960», di KTP tertulis «1966»
kalahiran Garut «1971», dina KTP «1917»
lahir «3 Mei 1990», harusnya «5 Mei 1990», bukan «5 April»
tgl lahir saya «1 maret 2001», ditulis «1 mei»
«Arya» lahir «3 Mei 2010», «Bagas» «4 Juni 2012», «Citra» «5 Juli 2014», «Dewa» «6 Juli 2016»
Kelahiran: Solo, «7 Juli 1943»¶Pada KTP: «01-01-1944»
lahir «4 Juni 1972», menurut ijazah «6 Juni 1972»
lahir «290200» («29 februari»), di sistem jadi «1 maret»
suami lahir «1970», istri «1972»
bapak lahir «1950» dan ibu «1955», keduanya lansia
lahir «1955» atau «1956», tidak tahu pasti
lahir di bidan «2011», versi sekolah «2012»
tgl lahir di KK «3 Mei 1990», di buku nikah «5 Mei 1990»
tahun lahir «1956», di surat nikah tertulis «1965»
salah ketik tanggal lahir di paspor: tertulis «3 JUN 1980», seharusnya «30 JUN 1980»
perbedaan tanggal lahir. Pada ijazah tercantum «2 April 1981» dan KTP mencantumkan «12 April 1981»
"""
BOUNDS = """
bantuan untuk kelahiran 1965 ke atas
lowongan kelahiran 2003 sampai 2008 boleh daftar
reuni alumni kelahiran 1970-an
anak kelahiran september 2019 ke atas boleh masuk?
apakah warga kelahiran 1960 sudah berhak?
khusus kelahiran 2008 kah?
kelahiran 2015 s.d. 2018 wajib imunisasi
kelahiran bawah 2010 tidak boleh
anak2 lahir 2015-2018 wajib imunisasi
yang lahir sebelum 1 Juli 2019 boleh daftar
anak lahir setelah 01-07-2019 ditolak sistem
lahir antara 1 Juli 2018 s/d 30 Juni 2019
kelahiran 1990-1995 saja
semua yang lahir tahun 1955 dapat kartu
born after 1 July 2019 only
kelahiran 2007+ tidak boleh
minimal kelahiran 2008
syarat lahir paling lambat 30 Juni 2019
anak-anak yang lahir 2019 tidak kebagian vaksin
untuk anak kelahiran 2019 syaratnya apa?
"""
EVENTS = """
almarhum lahir «1950», meninggal 5 Mei 2025
lahir «12-05-1950», wafat 03-01-2026
lahir di Solo «3 Mei 1950» dan wafat tahun 1998
lahir «3 Mei 1990», menikah 5 Juni 2015 di Tebet
lahir «3 Mei 1990». Saya lapor 5 Mei 2025 belum dijawab
tgl lhr «05-02-2019», pindahan dari Depok 2 feb 2025
akta lahir diurus 12 Mei 2025 belum jadi
akta lahir diajukan 12-05-2025 belum jadi
surat keterangan lahir tertanggal 3 Mei 2025 ditolak
di KTP lahir «1951», sekolah itu berdiri 1962
lahir «1975», KTP berlaku sampai 2017
anaknya lahir «2 Mei 2019», didaftarkan 4 Juni 2025
suami lahir «1960», pensiun sejak 2016
lahir di RS, dirawat sejak 3 Mei 2025
ibu lahir «3 Mei 1940», jatuh tanggal 5 Juni 2025 di halte
adik (lahir «12-05-2010») dipukul guru 06-06-2025
lahir «3 Mei 1990», di KTP terbitan 2015 salah
gw lahir di sini, 2010 pindah
saya lahir «tahun 1960», tahun 1975 pindah
pesta ultah anak tetangga 3 mei 2025 sampai jam 2
perkiraan lahir 5 Mei 2026, belum dapat kamar
batas lahir 1 Juli 2019 untuk SD
akta kelahiran 2024 belum jadi
bayi baru lahir kemarin 2019 lalu pindah
lampu mati tgl 12 Mei 2025 pas ultah anak saya
banjir 12 mei 2025 ultah saya
istri lahiran tahun 2024 di puskesmas
penyakit bawaan lahir operasi 2019
tahun lahir salah, KTP dibuat 2015
"""
NOBODYS = """
ulang tahun kota tanggal 22 Juni macet total
ulang tahun Jakarta 22 Juni 2025 meriah
ultah RW 5 tanggal 9 Agustus berisik
ulang tahun sekolah 3 Mei 2025 pakai speaker
ulang tahun pernikahan 31 Maret
acara ultah tetangga tgl 9 Agustus berisik
bikin pesta ulang tahun 9 Agustus sampai malam
Hari Lahir Pancasila 1 Juni libur
UU PDP yang lahir tahun 2022 dilanggar
rancangannya lahir sejak 2023 belum disahkan
komunitas kami lahir tahun 2015
program JakLingko lahir tahun 2018
grup wa ini lahir 2019
2015 lahir peraturan gubernur
ultah puskesmas 3 maret
tercatat 51 kelahiran tahun 2025 sudah dilaporkan
angka kelahiran 2024 turun
data kelahiran 2019 belum diperbarui
sejak lahirnya BPJS 2014 antrian panjang
JakLingko lahir 2017
"""
OTHERWISE = """
anaknya lahir 40 hari lalu
lahir 36 minggu, berat 2 kg
lahiran cucu di ruang bersalin 3
biaya lahiran 5 juta di RS
lahir di rumah 2 lantai
anak lahir di luar negeri lapor 30 hari
ultah ke 17, belum rekam KTP
mau ulang tahun ke-80 bulan depan
akta lahir no 4417/1999 robek
guru olahraga sejak 2019 galak
lampu mati ttl 1 minggu, ttl 2019 keluhan
lubang lahir dari banjir 3 minggu lalu
tahun 2019 lahirnya masalah parkir
lahir tiga bayi kembar
mohon maaf lahir dan batin, 30 Maret 2025
maaf lahir batin 31 Maret 2025
di RT kami ada 3 bayi lahir tahun 2025
melahirkan tgl 9 Agustus di taksi
akta kelahiran loket 3, antri jam 8
akta lahir tgl 9 Agustus diurus, belum jadi
harga kue ultah 50 ribu
bus TL 12 tidak lewat
"""


@pytest.mark.parametrize(
    "text",
    [
        line
        for part in (
            *(SPELLINGS, BETWEEN, AHEAD, IN_WORDS, WITHOUT_YEAR, AGAIN),
            *(BOUNDS, EVENTS, NOBODYS, OTHERWISE),
        )
        for line in part.strip().splitlines()
    ],
)
def test_dates_of_birth_go_and_every_other_date_stays(text: str) -> None:
    only_the_planted_goes(text)
