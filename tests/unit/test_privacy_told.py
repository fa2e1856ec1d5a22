"""Kinds of personal data that letters and chats gave away: numbers told in words and how often, births beside names,
initials, plates sign by sign, people called by what they do, flats. What is between « and » must go, every other word
must stay; ¶ ends a line."""

from __future__ import annotations

import pytest

from tests.planted import only_the_planted_goes

TOLD = """
Tidak punya HP, lewat anaknya: «kosong delapan dua dua, tiga kali nol, nol lima satu sembilan sembilan»
nomor saya «nol delapan satu dua, empat kali nol, satu dua tiga empat» ya
wa «0812, nol empat kali, 1234»
telp «0812 nol 4x 1234» saja
hubungi «0812 - nol 4 kali - 1234»
hp «nol lapan satu dua dobel nol dobel nol satu dua tiga empat»
hp «08 satu dua triple nol 0 1234»
call me on «zero eight one two, triple zero, zero one two three four»
call «oh eight one two oh oh oh oh one two three four» anytime
wa «nol delapan satu dua lalu nol nol nol nol terus satu dua tiga empat»
catat ya: «0812 terus 0000 terus 1234»
nomornya «0812 lanjut 0000 lanjut 1234»
nomornya «0812 trus 0000 trus 1234» min
nomornya «0812 sambung 0000 sambung 1234»
«0812, habis itu 0000, habis itu 1234»
telpon «nol delapan satu dua, nol nol nol nol, dua belas, tiga puluh empat»
hp «plus enam dua delapan satu dua nol nol nol nol satu dua tiga empat»
nomere «nol wolu siji loro, kosong kosong kosong kosong, siji loro telu papat» nggih
nomerna «kosong dalapan hiji dua kosong kosong kosong kosong hiji dua tilu opat»
hape aye «kosong lapan atu due, kosongnya empat, atu due tige ampat»
nomor WA «nol-delapan-satu-dua tiga kali lima dua kali tujuh satu dua»
WA «0896-OOOO-2841» ya
NIK saya «tiga satu tujuh empat nol satu empat kali nol nol satu tiga kali nol satu»
sudah tiga kali lapor, nol tindakan, dua lubang tambah jadi lima
lapor dua kali, tiga kali, empat kali, nol hasil
dari sepuluh lampu, nol yang nyala, sudah dua kali saya lapor
satu jalan dua arah tiga lajur, empat roda masuk
di RT tiga RW lima nomor dua belum diangkut
ukuran lubang 5 kali 3 meter terus 2 kali 1 meter
truk lewat jam 5 lalu 7 terus 9 malam
tahun 2019 lalu 2020 terus 2021 banjir
antre dari jam 07.00 terus 09.00 lalu 11.00
bayar 25.000 lalu 30.000 terus 40.000
satu dua kali boleh, tiga empat lima kali kebangetan
KTP hanya terbaca sebagian «3174xxxx45068802»
NIK «3175********0004» punya adik
lahan 10x20 m dan 12x24 m, kode 12xx34
nomor pelanggan saya yang benar «10448827» bukan «10448872», maaf
my bill (customer number «70000418») is Rp 4.812.000
nomor induk siswa «02031174», lulus tahun 2004
paspoortnummer is «NX0000F41» ya
saya tinggal di unit «4.12», pengelola rusun diam
parkir unit 4.30 WIB, sewa unit 4.50 juta
"""
BORN = """
nama «Dwi», tl «03/07/93», minta dicek
Data anak:¶«Alya Fatimah»¶Jakarta, «30-06-2022»¶NIK «3171077006220000»
bus TL 12-10-2025 penuh
Petugas: Tanggal lahirnya sama?¶Warga: Engga. Anak saya «30 Agustus 2014», yang itu «3 Agustus 2014».
Tgl lahirnya? «3-5-1990»
Ayahanda («Abdullah bin Umar Bahanan», «1 Januari 1949», NIK «3173030101490011») hendak umrah
Balita «Noviana» («14.02.2022») gizi buruk, berat 7,1 kg
bapak saya «Sutrisno», ultahnya gampang diingat «17 agustus 1945», sejak stroke tidak bisa jalan
ibu saya «Suwarti» («3 Mei 1950») belum dapat KLJ
«Siti Contoh», «12-05-1990», belum terima KTP
«Siti Contoh» «12-05-1990» belum terima KTP
an. «Siti Contoh» («12/05/90») KTP salah cetak
anak saya «Keenan» («5 Mar 2018») belum dapat KJP
«Siti Contoh», Jakarta, «12 Mei 1990», pekerjaan buruh
«Siti Contoh» / «12-05-1990» / buruh
«Siti Contoh»; «12051990»; RT 05
nama «Siti Contoh» tgl «12-05-1990» NIK «3171010101900001»
NIK «3171010101900001», «12-05-1990», RT 05
NIK «3171010101900001» («1 Jan 1990») tidak terbaca
«12-05-1990», NIK «3171010101900001»
1. «Siti Contoh» - «12 Mei 1990»¶2. «Budi Contoh» - «3 Juni 1988»
«Siti Contoh» | «1990-05-12» | P
nenek «Painah» (lahir «tiga Mei sembilan belas tiga puluh») terlantar
ultahku «3 mei 1990» bertepatan hari itu
ulang tahunnya «3 Mei 1990»
dilahirkan di Tegal pada «3 Mei 1990»
lair «3 mei 1990» ing Solo
tglhr «03051990» salah di KK
tgl.lhr: «03-05-1990»
HBD saya «3 mei 1990», KTP tulis «5 mei 1990»
almarhum ayah «Sukirman» («1945»-2024) akta mati salah
«Contoh Siti» («1957»), lansia sebatang kara
I am «Siti Contoh», born on the «3rd of May, 1990»
«Siti Contoh» (L, «3 Mei 1990») ditolak sekolah
«Siti Contoh» (usia 6 th, «3 Mei 2018») ditolak sekolah
rapat RW 12 Mei 2024 batal, diganti 3 Juni 2024
Pak Lurah (12 Mei 2024) berjanji segera diperbaiki
Proklamasi 17 Agustus 1945 oleh Soekarno diperingati di lapangan
Hari Lahir Pancasila 1 Juni 1945 libur, kantor tutup
HUT Jakarta 22 Juni 1527, Fatahillah, dirayakan
ulang tahun Jakarta 22 Juni 2025 sampahnya numpuk
ulang tahun RW 05 tanggal 3 Mei 2024 berisik
surat kepada Pak Wali Kota, 12 Mei 2024, belum dibalas
Jl. Ahmad Yani (12 Mei 2024) banjir
Raja «Faisal» 12 Mei 1970 pernah singgah
Perda lahirnya 3 Mei 1990 masih dipakai
kebakaran 14.02.2022 dan banjir 1 Januari 2020
Kantor pos Cikini (dibangun 1920) dibongkar
tinggal sejak 3 Mei 1990 di RT 05
"""
INITIALS = """
Bapak «B.W.H.» membangun kolam renang
Re: bangunan Bapak «B.W.H.» (saya tulis inisial karena beliau mantan pejabat)
Ibu «S.M.» membuang sampah
sdr. «A.K.» memukul saya
Sdr «AK» memukul saya
Tn. «RS» dan Ny. «DW» bertengkar
Nn. «D.K» hilang
oknum berinisial «H.S» minta uang
oknum inisial «HS» minta uang
tersangka «R.S.» kabur
korban berinisial «NN» luka
pelapor: «S.K.», warga RT 3
a.n. «M.R.» KTP hilang
nama saya «S.K.» dari Tebet
lampu mati¶Hormat saya,¶«S.K.»
lampu mati. Tertanda, «S.K.»
Bapak «B W H» parkir di trotoar
Pak «B.W.» parkir di trotoar
pak haji «M.S.» bakar sampah
Bapak «B.W. Hadikusumo» bakar sampah
pelakunya (inisial «BWH») tetangga
petugas inisialnya «J.P.» kasar
my neighbour Mr. «J.P.» burns trash
initials «JP», flat 3
Bapak R.T. dan Ibu R.W. sudah tahu
Pak RT, Bu RW, Ibu PKK, dan Bapak LMK sudah tahu
Jl. M.H. Thamrin, Jl. H.R. Rasuna Said dan P.T. Kereta macet
Bapak DPRD D.K.I. dan K.P.U. diam
S.K. Gubernur dan U.U. Lalu Lintas dilanggar
mas PPSU, pak PJLP, mbak CS, dan abang TNI ramah
a.n. PT KAI dan a.n. RW 05
Bapak/Ibu P.T.S.P. yang terhormat
saudara TNI A.D. dan A.L. membantu
Yth. Bapak Ka. U.P.T. Rusun
"""
PLATES = """
mbl «b 8 lnd» sama mtor «B 1157 TJI» tiap hari parkir di situ
avanza «B-2-4-4-0-K-Y-O» punya ko «Hendri» parkir depan hidran
mobil «B 2 4 4 0 K Y O» parkir di trotoar
«B.2.4.4.0.K.Y.O» parkir di trotoar
motor «b-2-4-4-0-k-y-o» ngebut
motor «b 2 4 4 0 kyo» ngebut
mobil «B 2440 K Y O» nutup gang
mobil «B-2440-K-Y-O» nutup gang
mobil «B 2440 K.Y.O» nutup gang
mobil «B 2440 K-Y-O» nutup gang
plat «B dua empat empat nol KYO» kabur
plat «B dua empat empat nol K Y O» kabur
platnya «be dua empat empat nol ka ye o» kabur
mobil «B*2440*KYO» kabur
mobil «B~2440~KYO» kabur
mobil «B|2440|KYO» kabur
mobil «B (2440) KYO» kabur
mobil «B 24-40 KYO» kabur
mobil «B.2440.KYO» kabur
plat «AD-4-4-1-0-K-E» kabur
nopol «D 1 2 3 4 A B C», xenia
plat «B, 2440, KYO» kabur
kelas A-1-B dan ruang B 1 2 A penuh
ruang B 1 2 A, gang B-2-4-4 gelap
bus B 2 4, angkot M 1 2, TransJakarta 6 A
pilihan A. 1 B. 2 C. 3 tidak jelas
lantai B 1 2 3 parkir penuh
vitamin B 1 2 habis di puskesmas
antrean B-0-1-2 dipanggil
hepatitis B 2 kali positif
hari ke 1 2 3 dan 4 B
SMPN 1 2 3 dan SMAN 4 5
"""
TITLES = """
tukang sayur langganan kita, Mang «Ade», digebukin preman
kosan bu «Mimin» berisik, pembelinya haji «Syukron» juga
Kak «Putri» yang jaga loket, min, bukan Pak Admin
iuran bulan ini¶BU «JUM» 150rb¶KOH «AFUK» 300rb
terima kasih Pak Wali, terima kasih Bu Guru
bongkar muat gudang juragan «Mamad» grogol selatan tiap jam 1 pagi
juragan «mamad» buang limbah ke kali
gudang juragan «mamad» berisik
lapak bos «Jaya» nutup trotoar
bos «jaya» pasang portal
mandor «Karyo» bawa truk tanah
mandor «karyo» bawa truk tanah
centeng «Robin» minta jatah
preman «Robin» malak sopir
preman «robin» malak tiap malam
tukang parkir «Udin» malak
tukang bakso «Mamad» buang kuah ke got
jukir «udin» minta goceng
calo «rudi» di samsat
satpam «Joko» tidur
satpam «joko» tidur terus
hansip «udin» mabok
marbot «samin» belum digaji
sopir «tigor» ngetem
ustadz «Zaki» pakai toa
oleh Bu «Endah», bendahara komite
oleh Pak «Endah» selaku bendahara
Perkenankan saya, «Soekamto Djojohadi», pensiunan guru, melapor
Ijinkan saya, «Soekamto Djojohadi», melapor
Saya, «Ngatijo Pranoto», pensiunan guru, melapor
Perkenankan saya «Soekamto Djojohadi» melapor
saya yang bertanda tangan di bawah ini, «Djojohadi», melapor
bersama ini saya, «Poerwadi Contoh», penghuni RT 3, melapor
Kami, «Soekamto Djojohadi» dan «Moertini», melapor
perkenalkan, «Soekamto», pensiunan
kenalin gue «tigor», anak RW 3
juragan kos diam saja, bos besar marah
mandor proyek tidak ada, preman pasar berkuasa
tukang parkir liar di depan toko
satpam komplek tidur, sopir angkot ngetem
juragan tanah grogol selatan
Perkenankan saya, warga RT 05, melapor
Saya, sebagai warga, keberatan
Kami, warga RW 03, mohon bantuan
juragan beras pasar induk menimbun
calo tiket di stasiun Senen
bos angkot kampung melayu
preman tanah abang berkuasa lagi
"""
FLATS = """
rusun Tambora blok C lantai 3 no «12» bocor
tetangga atas rumah susun blok C, karaokean sampe jam 1, tolong ditegur, no «12»
saya di rusun Marunda blok B no «12»
saya unit no «12» lantai 3
kamar «12» lantai 3 blok C rusun
pintu «12» rusun Tambora bocor
rusunawa Jatinegara lt 5 nomer «507» airnya mati
tower A lantai 12 unit «07» bocor
apartemen Kalibata tower Cendana lt. 12 no. «12CB»
flat «12» tower B
rumah kami no «12», cat hijau
kost bu haji kamar no «7»
blok «C/12» rusun
rusun blok «C no.12» lt 2
yang punya rumah nomor «12» itu
dia tinggal di nomor «12»
tinggalnya nomor «12» rw 3
rumahnya yg nomor «12», sebelah warung
warung kopi no. «12» Gg. Kenanga
lantai 12 tower B gelap, lift 3 mati
bus no 12 jurusan Senen telat
halte nomor 12, pintu 3 rusak
perda no 12 dan surat no 12
RT 12, RW 3, no urut 12
nomor 1 di Jakarta
antrean no 12 di puskesmas
pintu 12 GBK dan gerbang 4 macet
blok C lantai 3 bocor semua
ruang 12 SDN 03 bocor
"""
BESIDE = """
di KK ketulis «Rejeki Contoh» seharusnya «Rezeki Contoh», ditolak bank
nama tertera «HENY CONTOH» tapi tagihan dobel
nama yg tercantum: «Lodya Contoh», alamat salah
pelakunya «Rey» dan «Zel» anak pak «Dulah» juragan angkot
no darurat anaknya «Boy» «0812-0000-1234»
kontak istri saya «Melati»: «0812-0000-1234»
RT | pelapor | tiang¶01 | «Nasrul» | mati¶03 | «Y. Kapitan» | miring
TOLONG IBU SY «SUMARTI» SAKIT PARAH AMBULAN TIDAK DATANG
mamang «Oyo» cendol didorong petugas
motor anak bang «opik» dicuri
saksinya tukang parkir, «Item»
bocah smp «Rizky Pratama» kls 8B dikeroyok
petugas bertanya nama Pak «Budi», seharusnya Dinas Perhubungan yang datang
nama tertera PT MAJU JAYA, padahal milik warga
nama tertera Dinas Sosial di papan
TOLONG IBU SY SAKIT PARAH AMBULAN TIDAK DATANG
kontak anak saya Tebet «0812-0000-1234»
hubungi anak saya Terima «0812-0000-1234»
lokasi | jalan¶01 | «Nasrul» | mati¶03 | P. Seribu | miring
abang Gojek dan mas Grab parkir di trotoar, hotel OYO berisik
korbannya tukang parkir, Tolong
bocah smp negeri 5 kls 8 tawuran, siswa SMP Kartini kelas 8 juga
anak bang jago bikin onar, anak pak lurah diam
"""
ACCOUNTS_AND_PAPERS = """
tanah SHM No. «04417/Cilincing» dipagari
Girik «C 1187» masih di saya, SHM 2019 belum jadi
Toyane PAM mboten mili. Nomer langganan «00218834»
tagihan langganan 350000 sebulan
akun gue «rizkynggakpakey» kalo mau videonya
akun saya «sitipunyacerita» ya min
akun gue kehackkkk dan akun saya terkunciiii min
akun jakartasatu error, akun saya terblokirrr, akun kami bermasalahh
paspor no. «C4VX8T0K2» hilang
tas saya hilang, isinya paspor («XB0000T47») dan dompet
paspor temuan, pemiliknya warga Jerman, nomor «C0000TK41», ada di pos
id pelangan «50110000» belum kami bayar
paspor bisa diurus di kantor nomor 12
majikan tahan paspor sy «N2219 0047»
paspornya «X.221.9004» ditahan
nomer pelangganipun «40211000» mboten saget dibayar
tagihan air naik, id «60220000», rumah kosong
id laporan 60220000 belum dijawab
kartu UNHCR «207-22C00000» sudah habis masanya
노트 M«20900000» 여권
paspor anak saya «A 2219-0047» salah cetak
bikin paspor 2024 antre 3 jam, paspor RI habis
paspor ELEKTRONIK belum jadi
plat «b enam nol dua satu pzl» kabur
plat «b enam nol dua satu» yg kabur
PLAT «B ENAM NOL DUA SATU PZL» KABUR
plat itu dua tiga kali lewat
"""
MORE_HOUSES = """
kios saya nomor «22» diisi orang lain, kios «AKS 112» bocor
kios 24 jam buka terus, 5 kios 3 lapak terbakar, los 2 lantai
lapak «G-33» s.d. «G-38» menolak pindah
pedagang ayam los «47», kios «L12» digembok
kami warga blok «C7», «C8» dan «C9» Komplek Walikota
kos di gang sawo no «17b» kamar atas
rumah saya gang sawo no «17» kamar belakang bocor
memelihara babi di no. «113» Gg. Swadaya
sampah numpuk depan nomor «12» Jl. Melati
gg. N nomor «16» lantai loteng
tinggal di rusunawa Marunda lt 4 pintu «408» pipa bocor
apartemen itu lantai 7, pintu «12» bocor
ruko di gang sawo no 3 lantai, no 17 kamar
stasiun lt 2 pintu 3 rusak, bus nomor 3 Jl. Melati
nomor rumah di gang kami belum ada, 12 warga bingung
juara nomor 3 Jakarta
"""


@pytest.mark.parametrize(
    "text",
    [
        line
        for part in (TOLD, BORN, INITIALS, PLATES, TITLES, FLATS, BESIDE, ACCOUNTS_AND_PAPERS, MORE_HOUSES)
        for line in part.strip().splitlines()
    ],
)
def test_what_is_planted_goes_and_every_other_word_stays(text: str) -> None:
    only_the_planted_goes(text)
