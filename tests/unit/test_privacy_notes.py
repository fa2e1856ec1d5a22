"""Personal data in clerks' notes, lists, pasted chats and hasty addresses goes, and what looks alike stays. What is
between « and » must go, every other word must stay; ¶ ends a line."""

from __future__ import annotations

import pytest

from tests.planted import only_the_planted_goes

ADDRESSES_AND_NUMBERS = """
anak saya 3: «Eko», «Dwi», dan «Tri»
alamat rumah: Jalan Anggrek Cendrawasih «27», Slipi
jl melati raya «43» rt 3 gelap
jl. kebon jeruk «112», got mampet
gg mawar «45» rt 2
alamat: jalan anggrek «27», slipi
rumah saya di Jl. Anggrek «27»
tinggal di Jln Kenanga «9», RT 4
domisili Jalan Mangga Besar «14»
jl kenanga # «88» rt 3
rumah no «12», «14», dan «16» kebanjiran
rumah nomor «12» s/d «20» kebanjiran
persis di depan No. «12»
«0812=0000=1234»
«0812"0000"1234»
«0812^0000^1234»
«0812 (dot) 0000 (dot) 1234»
«0812 # 0000 # 1234»
«0812>0000>1234»
«0812 [0000] 1234»
«0812 strip 0000 strip 1234»
«0812 min 0000 min 1234»
«0812 baca 0000 1234»
«0812 0000 seribu dua ratus tiga puluh empat» wa
Jl. H.O.S. Cokroaminoto dan Jl. W.R. Supratman macet
preman Tanah Abang, juragan Jakarta Barat, bos Transjakarta
"""
NOTES = """
jl jambu batu «45», rumah di jl jambu «12»
rumah no «12», 2 minggu lalu kebanjiran
rumah no «12» dan 3 tetangga kebanjiran
rumah no «12» sampai 5 kali kebanjiran
«Eko», «Dwi», dan «Tri» bolos
tim kami: «Andi» (ketua), «Bayu», serta «Citra»
warga «Joko», «Santi» & «Bima» ikut tanda tangan
mewakili ahli waris alm. «Kasman»
ahli waris «Kasman bin Saidi» menuntut
kuasa hukum «Ronald Contoh», S.H., M.H.
Prof. «Kasman» mengeluh bising
Ustadzah «Hamidah» dan Kyai «Somad» protes
Romo «Yosef» dan Pendeta «Markus» rukun
Pdt. «Markus Contoh» menyampaikan
Letkol «Suwandi» parkir sembarangan
Kapten «Suwandi» tetangga saya
Bripka «Doni» menilang saya
Aiptu «Doni Contoh» minta damai
Brigadir «Doni» minta damai
oknum polisi bernama «Doni»
oknum satpol pp «Doni» minta rokok
anggota dishub «Doni», minta 50 ribu
petugas KIR «Doni» minta uang
kasir Alfamart «Nia» salah kembalian
admin kelurahan, mbak «Nia», ramah
CS BPJS «Nia» judes
operator 112 namanya «Nia» sigap
terima kasih mas «Agung» PPSU
makasih kang «Dede» tukang sampah
bravo bpk «Slamet» dan tim
salut buat «Slamet», petugas damkar
tolong sampaikan ke «Slamet» makasih
kak «Intan» yg piket kemarin ga ramah
dek «Rio» hilang pakai baju merah
ORANG HILANG: «Rio Contoh», 7 tahun, baju merah
nenek «Tumirah» pikun, tersesat
kakek bernama «Wagiman» terlantar di halte
seorang kakek, «Wagiman», terlantar
lansia an. «Wagiman» sakit
ODGJ bernama «Yanto» mengamuk
si «Yanto» ODGJ ngamuk lagi
anaknya «Yanto» putus sekolah
istrinya «Yanto» hamil
rumahnya «Yanto» roboh
motornya «Yanto» dicuri
suaminya bu «Lilis» main tangan
utang saya ke «Lilis» 5 juta
dikirim «Lilis» lewat wa
kata «Lilis» RT sudah tahu
menurut «Lilis» RT sudah tahu
saksinya «Lilis» dan «Wawan»
saksi: «Lilis»; «Wawan»; «Gugun»
Saksi-saksi: a. «Lilis» b. «Wawan»
Pihak I: «Lilis Contoh»; Pihak II: «Wawan Contoh»
penjual: «Lilis», pembeli: «Wawan»
TO: «Lilis» FROM: «Wawan»
From: «Wawan Contoh»
Dari: «Wawan»¶Kepada: Lurah
Pengirim: «wawan»
pengirim paket «wawan»
username «wawan_contoh»
a/n «wawan»
A.N «WAWAN CONTOH»
An : «Wawan»
[«Wawan», 12/05/2026 10.15] lampu mati
[12/05/26, 10.15] «Wawan»: lampu mati
12/05/26 10.15 - «Wawan Contoh»: lampu mati
Fwd dari «Wawan»: lampu mati
"lampu mati" -«Wawan»
cc @«wawan_c» @dkijakarta
«wawan»: lampu mati
«Wawan»: lampu mati
p. «Wawan» RT 3
Yth. Admin,¶Nama saya: «Endang Contoh»¶Umur: 45¶Tinggal: RT 3
Saya yg bertandatangan dibawah ini:¶Nama: «Endang Contoh»¶TTL: Solo, «3 Mei 1970»¶Pekerjaan: buruh
Nama/NIK: «Endang Contoh»/«3174012305700003»
Nama & no telp: «Endang», «0812-0000-1234»
Nama ayah/ibu: «Sukardi» / «Sumini»
nama ortu «sukardi» & «sumini»
Identitas pelapor «ENDANG CONTOH» usia 45 th
Biodata: «Endang Contoh», Solo, «3 Mei 1970»
ybs an. «ENDANG» sdh ditemui di lapangan
tindak lanjut: koordinasi dgn sdr. «Endang» (pemilik)
sudah dihubungi Ibu «Endang» via telp, tidak diangkat
warga yang melapor Ibu «Endang» RT 03/05
TL: ketemu bpk «Joko», pemilik bangunan
Petugas lapangan («Joko» & «Wahyu») sudah ke lokasi
PIC: «Joko» - «0812-0000-1234»
koordinator lapangan «Joko», tlp «081200001234»
lapor ndan, «Joko» pos 3 kebanjiran
mas «joko» sama mbak «wahyu» tau kok
pak «joko»/bu «wahyu» tau kok
gw «joko» bro, lampu mati
ini «joko», lampu mati lagi
ini dengan «joko» di cipinang
dengan ibu «wahyu» di cipinang
dgn bpk «joko», cipinang
saya dengan «Joko Contoh», mau lapor
this is «Joko», the lamp is dead
It's «Joko» from RT 3
My name's «Joko»
yours, «Joko»
Best, «Joko Contoh»
cheers¶«joko»
Matur nuwun, «Joko»
hatur nuhun, «Asep»
mauliate, «Poltak»
tengkyu min - «joko»
makasih ya, «joko» RT 3
*«Joko Contoh»*
_«Joko Contoh»_
Pelapor=«Joko»;HP=«081200001234»
NAMA#«JOKO»#HP#«081200001234»
LAPOR#«JOKO CONTOH»#RT3#LAMPU MATI
Reg «Joko Contoh» Cipinang lampu mati
nama:«joko»,alamat:cipinang,keluhan:lampu
"nama":"«Joko Contoh»","hp":"«081200001234»"
Name: «Joko Contoh» | Phone: «0812 0000 1234»
Name;«Joko Contoh»;Phone;«0812 0000 1234»
my wife «Endang» fell
my husband «Joko» fell
our maid «Endang» was robbed
our neighbor «Joko» burns trash
bini aye «Rokayah» jatuh
laki aye «Rojali» jatuh
anak gue si «Udin» jatuh
adek gw «udin» jatuh
bojoku «Sri» tiba
anakku «Bagas» tiba
pamajikan kuring «Euis» labuh
bapake «Bagas» tiba
emaknya «Bagas» ngamuk
bapaknya si «Bagas» ngamuk
babenya «udin» ngamuk
temen gue «udin» jatuh
teman saya bernama «udin» jatuh
sahabat saya «Udin» jatuh
murid saya «Udin» jatuh
pasien «Udin» ditolak RS
pasien bernama «Udin» ditolak
pasien a.n «Udin Contoh» RM «123456»
mertua saya ibu «Sumirah» ditolak
opa «Hans» dan oma «Grietje» jatuh
tante «Lien» dan om «Beng» jatuh
engkong «Naimin» jatuh
nyak «Rodiah» jatuh
ua «Engkos» jatuh
bibi «Cicih» jatuh
pakde «Tukiran» jatuh
bulik «Tukinem» jatuh
mbah kakung «Wiro» jatuh
inang «Boru Contoh» jatuh
opung «Tiur» jatuh
daeng «Nompo» jatuh
bli «Ketut» jatuh
raden «Sastro» jatuh
pak de «Tukiran» jatuh
Pak Ustadz «Hasan» jatuh
Bu Guru «Ani» jatuh
Pak Dokter «Hasan» jatuh
bu bidan «Ani» jatuh
bang jago «Robert» malak
bang haji «Rhoma» malak
kang parkir «Ujang» malak
tukang ojek «Ujang» malak
tukang sayur «Ujang» malak
tukang galon namanya «Ujang»
pembantu saya «Inem» hilang
ART saya «Inem» hilang
majikan saya «Nyonya Linda» kasar
pak «Kim» bos pabrik
ko «Acong» buka bengkel
ci «Mei» buka salon
pak «Mei» dan bu «Juni» bertengkar
pak «Bagus» dan bu «Indah» bertengkar
bu «Bunga» jual bunga
pak «Untung» rugi
mas «Rizki» dapat rezeki
pak «Slamet» selamat
pak «Hujan» kehujanan
si «Kumis» malak sopir
tuh si «Botak» malak sopir
nama panggilan «Cemplon»
biasa dipanggil «Cemplon»
dikenal sebagai «Cemplon»
akrab disapa «Cemplon»
"""
HARMLESS = """
Pak Camat, 3 Juni 2012, sudah janji
Gedung dibangun 12-05-1990, belum direnovasi
IMB nomor 123/IMB/1990 tanggal 12-05-1990 dipalsukan
sertifikat terbit 3 Mei 1990, atas nama orang tua
SK Gubernur 12 Mei 1990 masih berlaku
pensiun 1 Maret 2014, uang pensiun belum cair
menikah 3 Mei 1990 di KUA Tebet, buku nikah hilang
Jl. Pangeran Diponegoro, 12 Mei 1990, longsor
Jakarta, 12 Mei 1990
Masjid Istiqlal, 22 Februari 1978, diresmikan
sejak Ali Sadikin, 1966, trotoar dibangun
laporan 12-05-2010, tiket lama
Dinas P.U. dan D.L.H. saling lempar
Suku Dinas S.D.A. belum datang
Hormat kami, R.W. 05
Terima kasih. S.O.S. banjir
saya P.N.S. golongan III
saya W.N.I. asli
pelaku U.M.K.M. di pasar terhimpit
korban P.H.K. pabrik
korban K.D.R.T. ditolong
saksi A.D.A. yang melihat
om T.O. pajak
nama S.D. kami SDN 03
oknum (TNI) dan pelaku (WNA)
Ny. RT marah
plat B dua tiga hari hilang
bus dua satu tujuh lewat
mobil B satu dua jam telat
angka 2.4.4.0 dan versi B.2.4
jam 7.30 - 9.00, jam B 1 - 2
parkir basement B 2 dan C 12 A gelap
nilai AKM 0812 = 0 = 1
08.30 terus 10.30 terus 12.30 bising
tahun 0812 lalu 0900 sebelum masehi
kode 0812 terus error
rumah 12 unit, 14 unit, dan 16 unit roboh
no 12, Jakarta Pusat, dan Tebet
gang 3 dan 4 banjir, rt 5 sampai 7 banjir
lt 2 no smoking, lantai 3 no signal
depan no parking, dekat lampu no 3
jl raya bogor km 28, jl tol 45, jl sabang 2 arah
gg buntu 40, meter dari situ
jl rusak sejak 2024, jl gelap 100 persen
motor, mobil, dan Setia Jaya lewat
Dewi Sartika dan Otista macet, Salemba dan Matraman juga
Cililitan, Kampung Makasar, dan Cijantung gelap
juragan, mandor, dan centeng sama saja
bos besar PT Maju dan bos Ciliwung
juragan Bekasi buang sampah di Jakarta
bos Palmerah berkuasa, mandor Tanjung Priok
petugas lapangan Banteng, tim lapangan futsal dan staf lapangan golf
#JakartaKita #BanjirJakarta tolong, lampu mati #jaki
rumah makan no 3 terbaik, rumah 3 lantai, rumah sakit lantai 4
tinggal 3 hari lagi, tinggal di jalan buntu
rapat dengan Pak Lurah, 12 Mei 2014, belum ada hasil
Kerusuhan Mei 1998 dan banjir 2 Februari 2007 terulang
jl rusak 45 meter, jl berlubang 40 cm
jl ditutup 31 hari, gg sempit 2 meter
Jalan Kenanga 12 macet
jalan macet 2 jam, jalan tol 45 km
lampu no 3 dan no 4 dari perempatan mati
bus 45, 46, dan 47 tidak lewat
halte no 3 dan 4 rusak, pintu air no 2 macet
unit 3 PLTU Muara Karang
pintu 3 rusak, lantai 2 bocor
tarif flat 5 ribu, bunga flat 12 persen
kantor P.D. Pasar Jaya dan P.T. MRT
U.S.G. di R.S. Tarakan antre
a.n. Kepala Dinas, u.b. Sekretaris
satu dua tiga, lima enam, tujuh delapan orang antre
nol besar, kosong melompong, dua tiga kali
seribu dua ribu tiga ribu parkir liar
bayar 0 rupiah, 08.00 terus 12.00 tutup
mobil derek jam 2 siang, bus B 1 jurusan Kota
mandor proyek MRT, calo KIR Pulogadung, jukir Indomaret
satpam Bank DKI, satpam Mal Kelapa Gading, hansip RW 05
tukang bakso malang, tukang sate madura, soto lamongan
Tebet, Pancoran, dan Mampang banjir
Senin, Selasa, dan Jumat libur
got, trotoar, dan Taman Suropati kotor
Gubernur, Wali Kota, dan Camat diam saja
ulang tahun Kota Jakarta 22 Juni 2025 meriah
HUT RI ke-80 17 Agustus 2025 RT kami iuran
Perda lahir 12 Mei 2007 dan direvisi 3 Juni 2010
anak lahir 5, akta belum jadi 3 bulan
lahir dan besar di Jakarta sejak 1990-an
melahirkan 3 anak di RS Budi Kemuliaan
kelahiran sapi di Ragunan tahun 2024
"""


@pytest.mark.parametrize(
    "text",
    [line for part in (ADDRESSES_AND_NUMBERS, NOTES, HARMLESS) for line in part.strip().splitlines()],
)
def test_what_is_planted_goes_and_every_other_word_stays(text: str) -> None:
    only_the_planted_goes(text)
