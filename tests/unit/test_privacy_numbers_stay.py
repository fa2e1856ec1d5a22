"""Numbers that are no house's: of lanes, lines, poles, letters, schools, floors, gates, ages, prices and measures."""

from __future__ import annotations

import pytest

from normalizer.privacy import public

TEXTS = """
Saya warga RT 003/RW 05 Kelurahan Cipinang.
warga rt 3 rw 5
warga RT 3/5 mengeluh
RT.003/005 Kel. Tomang
Jl. Melati RT 3 RW 5 gelap
jl melati rt 3/5 gelap
Jl. Melati, RT 003/005
Gg. Mangga RT 4
Jl. Kebon Kacang 30 tidak ada lampu
Jl. Kebon Kacang 30, Tanah Abang, macet
di Kebon Kacang 30 parkir liar
Jl. Warakas V banjir
Warakas 5 banjir lagi
Warakas V gang 12 banjir
Jl. Kampung Melayu Kecil III tergenang
Jl Kampung Melayu Kecil 3 tergenang
gang 5 gelap
Gg. 5 gelap
Gang IV jalannya rusak
gang 12 dan gang 13 belum diaspal
Gg. Kelinci IV mampet
Jl. Tebet Barat Dalam VII rusak
Jl. Cempaka Putih Tengah XXVII A tergenang
Jl. Raya Bogor KM 21 macet
Jl. Raya Bogor km 21,5 macet
Jl Raya Bekasi KM. 18 ada lubang
jl raya bogor kilometer 24 gelap
Jalan tol Jagorawi km 3 macet
bus 4B tidak lewat
Transjakarta 6A lama sekali
JAK 12 ugal ugalan
Mikrotrans JAK 46 tidak berhenti
Jaklingko 01 penuh
angkot M 11 ngetem
Metromini 69 dulu lewat sini
koridor 9 macet
Koridor 13 antre
rute 7F dialihkan
halte koridor 1 rusak
tiang no 14 miring
tiang listrik nomor 14 miring
tiang PJU nomor 112 mati
lampu no 5 dari ujung mati
pohon nomor 3 miring
tiket nomor 12345 belum dijawab
laporan no 88231 belum ditanggapi
Nomor laporan 5567
No. tiket JK2503120001
surat nomor 12/SK/2025
Surat No. 045/RT03/2024
Surat Keterangan No. 17 tahun 2024
Pergub Nomor 12 Tahun 2013
Perda No. 8 Tahun 2007
perda no 3 thn 2013 soal sampah
UU No 22 Tahun 2009
Kepgub 1042 tahun 2018
SK Gubernur No. 45
harga 12 ribu
bayar Rp 15.000
iuran 50rb per rumah
lebar jalan 3 meter
panjang 12 m
lubang 40 cm
dalamnya 30 cm
jl melati sepanjang 20 meter
Jl Melati 200 meter dari pasar
Jl. Melati 3 hari banjir
Jl. Melati 2 minggu gelap
Jl. Melati 5 tahun tidak diaspal
Jl. Melati jam 7 pagi macet
Jl Melati 24 jam ada parkir liar
jl melati 2x banjir
jl melati 3 kali banjir minggu ini
Jl Melati 2 arah sekarang macet
Jl. Melati 10 Januari 2025 pohon tumbang
Jl. Melati 12/3 kemarin banjir
di jl melati 5 rumah kebanjiran
jl melati ada 12 rumah terendam
12 rumah di gang kami terendam
rumah saya 2 lantai
rumah saya 3 kali kebanjiran
rumah kami 5 hari tidak dialiri air
rumah 2 tingkat itu melanggar
rumah 3 lantai tanpa izin
rumah 36 meter persegi
rumah tipe 36
rumah type 45
kamar 3 buah
kamar 3x4 meter
3 kamar mandi rusak
kamar operasi 2
ruang 204 kantor walikota
loket 3 tutup
loket no 3 tutup terus
counter 5
lantai 3 kantor kecamatan
lt 2 Puskesmas Tebet
gedung blok G lantai 8 Balai Kota
Gedung Blok G Balai Kota
Blok M macet
blok a pasar tanah abang
Pasar Tanah Abang Blok A lantai 5
Pasar Tanah Abang blok B
Pasar Senen Blok III
blok 3 pasar senen
Terminal Blok M jalur 5
Blok S lapangannya becek
gate 4 GBK
pintu 5 GBK Senayan
Pintu 1 Ragunan
Pintu 3 TMII
pintu air 2
pintu tol 2 Cibubur
pintu keluar 3 stasiun
pintu no 10 stadion
peron 2 stasiun Manggarai
jalur 3 Manggarai
gerbong 4 penuh
SDN 03 Kebon Jeruk
SDN Kebon Jeruk 11 Pagi
SD Negeri 05 pagi
SMPN 12 Jakarta
SMP Negeri 115
SMAN 8 Jakarta
SMA 70 Bulungan
SMKN 26 rawamangun
TK Pembina 2
Puskesmas Duren Sawit 2
Posyandu Melati 3
posyandu anggrek 7
PAUD Mawar 05
Masjid Al Ikhlas RT 5
TPS 014 kelurahan
TPS 3R kebagusan
kelas 5
umur 17 tahun
anak saya 9 tahun
usia 63
tahun 2019 kami lapor
sejak 2021
tanggal 17 Agustus
jam 7 malam
pukul 19.30
jam 5 sore di gg mangga
30 KK di RT 4
45 keluarga mengungsi
60 warga
5 orang
3 motor parkir
2 truk
1 unit pompa
unit 2 pompa rusak
3 unit mobil pemadam
unit damkar 12
2 unit rusun kosong
pompa no 2 mati
Pompa 3 Waduk Pluit
pintu air no 4
Waduk Setiabudi 2
Rumah Susun 6 lantai
Rusunawa Marunda Cluster B Blok 8 air mati
rusun klender blok 45 gelap
Rusunawa Jatinegara Barat Tower A lift mati
Apartemen Kalibata City Tower Ebony lift mati
tower 2 lift rusak
tower C lantai 12 bocor
lift no 2 macet
lift nomor 3 tower B
nomor antrian 45
nomor antrean 112
antri no 45
no urut 12
kursi no 5
no 1 masalah parkir
nomor satu masalahnya
1. Jalan rusak 2. Lampu mati
Pasal 12 ayat 3
poin 3
halaman 5
Zona 4
zona 2 parkir
Sektor 7
Seksi 3 makam blok AA
TPU Karet Bivak blok AA1
TPU Pondok Ranggon blad 12
makam no 45 blok A1
Taman Kota 2
Taman BMW
RPTRA Melati 2
Jl. Tanah Abang 3 macet
Jl. Kramat 7 macet
Jl. 10 Nopember macet
Jl. Cipinang Muara 1 banjir
Jl. Swadaya 2 gelap
Jl Swadaya II gelap
Gg. Haji Saabun 2 becek
Jl. H. Naman sisi kiri 3 lubang
Kali Baru 2
jembatan 2
Jembatan Dua jalan
Pademangan 4 gang 12
Pademangan IV Gg. 12
Simpang 5 Cilincing
Kelapa Gading blok M macet
Perumahan Taman Duren Sawit banjir
blok C 2 unit mobil parkir
komplek DKI blok K gelap
Cluster Palma 20 rumah terendam
Citra Garden 2 banjir
Citra Garden 5 macet
Jalan Tol Lingkar Luar 2
Jalur 7 Terminal Kalideres
Kav DKI Meruya gelap
Nomor 1 di Jakarta
hubungi nomor 112
telepon 1500164
Call center 112
kode pos 13420
Cipinang 13240
Jakarta 12870
Jl. Melati Jakarta 12870
suhu 34 derajat
skor 5
level 3
siaga 2
Siaga III
dosis 2
vaksin ke 3
BPJS kelas 3
desil 4
tahap 2
Gel. 2
Golongan 3
Tipe C
Versi 2
Windows 11
Covid 19
4G
listrik 1300 watt
air PAM 10 m3
persil sengketa 500 m2
kavling 200 meter
3 kavling kosong
house price 9 million
number 1 problem
we waited 9 hours
bus number 9
route 9 on Jalan Bangka
platform 2 at Manggarai
Jalan Bangka 3 potholes
Jl. Bangka IX flooded
"""


@pytest.mark.parametrize("text", TEXTS.strip().splitlines())
def test_the_number_stays(text: str) -> None:
    assert public(text) == text
