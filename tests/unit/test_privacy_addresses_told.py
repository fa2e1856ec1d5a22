"""Addresses as people, clerks and forms write them: the house's number goes, street, lane, RT and RW stay."""

from __future__ import annotations

import pytest

from tests.planted import only_the_planted_goes

STREETS = """
Saya tinggal di Jl. Melati No. «17A» RT 003 RW 05 Kelurahan Cipinang.
Alamat: Jl Melati «17» RT 3/5
Alamat : Jl. Anggrek Raya «12», RT 003/RW 004, Kel. Tomang
almt jln anggrek «12» rt 3 rw 4 tomang
ALAMAT: JL. KENANGA NO. «8» RT 01 RW 09
alamat pelapor jalan swadaya dua no.«16» rt 05/02
Jl. Kebon Kacang 30 No. «4» RT 02/RW 05
jl tebet barat dalam 7 no «12» pak
jl tebet timur dalam 8 nmr «12» rumah pagar putih
Jl. Cempaka Putih Tengah 27A No. «6»
Jl. H. Naman No. «112» Pondok Kelapa
Jl H Naman «112» Pondok Kelapa
jalan haji naman nmr «112» pondok kelapa
Jl. Raden Saleh #«44»
Jl. Raden Saleh # «44», Cikini
Jl. Raden Saleh no : «44»
Jl. Raden Saleh Nomor: «44»
Jl. Raden Saleh Nomer «44» Cikini
Jl. Raden Saleh No.«44»/«3»
Jl. Semangka, «25», RT 09
Jl Semangka, no «25», RT 09
Jl. Semangka No «17 A» RT 9/2
Jl. Semangka No «17-A» RT 9/2
Jl. Semangka «17 A», RT 9/2
Jl. Semangka «17-A» RT.09/RW.02
Jl Semangka «17a» rt09/02
jl semangka «17a» rt 09 rw 02
jl. semangka no «5B» lantai 2
rumah tetangga saya no «16» buang air ke jalan
rumah almarhum bapak di jl pepaya no «3»
rumah ahli waris Jl. Pepaya No. «3» RT 8
Ahli waris beralamat di Jl Pepaya «3»
Tanah milik ahli waris terletak di Jl. H. Jian No. «27» Cipete
yang punya rumah nomer «27» parkir di badan jalan
penghuni no «27» parkir di jalan
house number «9» on Jalan Bangka
We live at Jalan Kemang Utara «23», near the school.
at number «23» Jalan Bangka
(Jl. Salak No. «6»)
saya (warga Jl Salak no «6») keberatan
An. Ybs, Jl. Salak «6» RT.002/07, Kel. Utan Panjang
Alamat KTP: Jl. Salak «6» RT.002 RW.07
Alamat domisili : Jln. Salak No.«6» RT.002/007
alamat lama Jl. Salak «6A», sekarang pindah ke Jl. Sawo «19»
pindah dari jl salak no «6» ke jl sawo no «19»
Lokasi: Jl. Sawo No «19» RT 05/01
Lokasi : jln sawo «19» (rumah pojok)
Tempat tinggal: Jl Sawo «19» RT 5
Domisili: Jl Sawo «19»
JL. SAWO NO.«19» RT.005 RW.001 KEL. MENTENG ATAS
JL SAWO «19» RT 005 RW 001
JLN SAWO MANILA NOMOR «19 B» PEJATEN BARAT
petugas datang ke Jl. Sawo «19», penghuni tidak ada
Petugas cek ke rumah pemohon di Jl Sawo No «19» tgl 4
Yth, mohon kunjungan ke Jl. Duku «2» (belakang masjid)
Mohon pompa dikirim ke jl duku «2»
tolong kirim mobil tangki ke jl duku no «2» rt 1 rw 1
banjir di jl duku depan no «2»
pohon tumbang depan Jl. Duku No «2»
tiang listrik miring di depan jl. duku no. «2»
jl duku no «2» s.d. «10»
jl duku no «2» dan «4»
Jl. Duku No. «2», «4» dan «6» belum dapat air
jl kayu manis 10 no «14» matraman
jalan kayumanis sepuluh no «14»
Jl. Mardani Raya «56B» RT 3
Jl. Mardani Raya No.«56B»/RT 3
Jl. Mardani Raya No. «56» RT. 003 / RW. 005
Jl. Mardani Raya «56» RT003/005
Jl. Mardani Raya No «56» 003/005
Jl. Mardani Raya «56» 10510
Jl. Mardani Raya «56», Jakarta 10510
Jl. Mardani Raya «56», Johar Baru, Jakpus
Jl. Mardani Raya «56» Johar Baru
Jl. Mardani Raya «56». Tolong dicek.
jl. kancil rmh no «33»
jalan kancil rumah nomor «33» tingkat dua
jl kancil, rumah «33»
jl kancil dpn no «33»
jl kancil dkt no «33»
jl kancil deket rumah no «33»
jl kancil sblh no «33»
jl kancil sebrang no «33»
jl kancil belakang no «33»
Gd. Wisma lt 3, rumah saya Jl Jati «7»
Jl. Jati Raya «B7/12»
Jl. Jati Raya «B/12»
Jl. B No. «18» RT 5
Jl. Z «18» Kebon Baru
Jl. C Raya no «18»
Jln.Tipar Cakung No.«18»RT.05
JL.TIPAR NO«18» RT5
jl.tipar no«18»
jl tipar no«18» rt5/6
jl tipar n0 «18» rt5/6
jl tipar nmor «18»
jl tipar nmr«18»
Jalan Tipar nomor delapan belas, rumah no «18»
jaln tipar no «18»
jalan.tipar.no.«18»
jlan tipar no «18»
Jl KH Mas Mansyur no «121»
Jl. Prof. Dr. Latumenten «12» RT 3
Jl. M. Saidi Raya «12» Petukangan
Jl. R.A. Fadillah «12» RT 1
Jl. Pahlawan Revolusi No. «12»
Jl. 10 Nopember no «12»
Jl Kramat 7 no «12»
Saudara kandung saya di Jl. Kramat «12» juga kena
mertua saya rumahnya jl kramat no «12»
Mohon pengecekan ke Jl. Angsana Raya No «21», Pejaten Barat
Loket 2: pemohon dari Jl. Nangka Timur «8» RT 003/02 minta SKTM
tolong ke rumah saya jl pisang batu «18» deket warung
Rumah bpk tersebut, Jl. Pisang Batu «18», roboh
Jl. Pisang Batu «118» kebanjiran sejak semalam
Jl. Pisang Batu «118» dan «120» kebanjiran
rumah nomor «18» di jl rajawali selatan
Jl. Rajawali Selatan, rumah no. «18»
Jl. Rajawali Selatan nomor rumah «18»
JL RAJAWALI SELATAN NO: «18» RT: 04
Jl. Rajawali Selatan - No. «18»
Jl. Rajawali Selatan RT 04/06 No. «18»
Jl. Rajawali Selatan Nmr. «18»
lubang di depan Jl. Pelita «44»
Jl Palem Hijau «F-7»
house at Jalan Palem Hijau «7»
"""
LANES = """
Alamat ybs: Jl. Kenanga Gg. Haji Saabun No «41» RT 11/03
pelapor beralamat di Jalan Pisangan Lama III No. «22» RT 006/08
Warga a.n. tersebut beralamat Jl. Pisangan Lama III/«22»
Rumah yang terdampak: Gg. Mangga «9» RT 4 RW 1
di Gg Mangga no «9B» rumah cat hijau
gang mangga nomor «9» sebelah musholla
gg.mangga no.«9»
Gang Kelinci IV no «7» ada got mampet
gang kelinci 4 no «7» ada got mampet
jln kelinci IV/«7» got mampet
Jln. Kelinci IV «7», Pasar Baru
Jl. Warakas V Gg. 12 No. «31» RT 5/6
jl warakas V gg 12 no «31»
warakas 5 gang 12 nomor «31»
Warakas V no. «31» dekat pos
Jl Kebon Kacang XXX no «4»
Jl. Tebet Barat Dalam VII No. «12-B»
Jl. Tebet Barat Dalam VII/«12»
Jl. Tebet Timur Dalam VIII C No. «15»
Jl. Cempaka Putih Tengah XXVII A No. «6»
Jl. Dr. Susilo II no. «12/3» Grogol
di depan rumah nomor «22» gang buntu
I live at house number «9», Jalan Bangka
house no. «9» in Gang Salam
my house is no «9», Gang Salam
our house at Jl. Bangka IX No. «9C»
Jalan Bangka VIII no. «23», next to the shop
(Gg. Salak No. «6», RT 2/7)
Alamat sesuai KTP Gg. Salak III/«6» RT 2
alamat sekarang gg salak 3 no «6»
GG. H. MUHI NO «40» RT 7
GG H MUHI «40» RT 7
Pemohon datang ke loket, alamat Gg Sawo «19» RT 5/1, minta surat
Ybs tinggal di Gg. Sawo «19», RT.5/1
ybs tgl di gg sawo no «19» rt 5/1
Kantor pos salah antar ke Jl Duku «2» padahal rumah kami Jl Duku II no «2»
dikirim ke alamat rumah Jl. Bungur Besar XVII No. «35» RT 6
Jl. Bungur Besar XVII/«35»
Jl. Kayu Manis X No.«14» Matraman
Jl. Kayu Manis X/«14»
Jl. Utan Kayu Gg. B No. «14»
Jl. Utan Kayu Gang II No. «14»
Jl. Pulo Asem Utara II/«14»
jl pulo asem utara II no.«14»
Jl. Cipinang Muara I Gg. Masjid «14» RT 8
Jl. Percetakan Negara VIII no «14»
Jl. Percetakan Negara VIII «14» RT 3/9
Kp. Bali Gg. 5 No. «21»
kampung bali gang 5 no «21»
rmh no «33» gg kancil
rmh nmr «33» gg kancil
rumahku no «33» gang kancil
rumah kami no. «33» Gg. Kancil
omah kula nomer «33» gang kancil
imah abdi no «33» gang kancil
Rumah «33» dan «35» di gang kami
Bukit Duri Tanjakan IX/«18»
Kebon Baru gang W no «18»
Jl. W Gang 2 no. «18»
Jl. KH. Hasyim Ashari Gg. IV No. «12»
Jl. Prof. Dr. Latumenten Gg. 3 no. «12»
Jl. Kramat VII No. «12»
Jl. Kramat VII/«12»
Jl Kramat VII «12» Senen
nenek tinggal di gg sosial no «12»
paman di Gg. Sosial «12» RT 6
kakak saya, Gg Sosial No.«12»
warga a/n ibu di jln angsana II no«21» minta bantuan
Ybs tinggal di Gg Damai «23» RT4/RW2, blm punya KTP
alamat: gg. damai dalam rt 05/03 no. «23»
alamat jl. rawa belong II E no. «23»
Gg. Pinggir No. «18» & «20»
Jl. Mampang Prapatan XV No. «18» RT 1
Jl. Mampang Prapatan XV Gg. Bacang No.«18»
Jl Kalibata Utara II/«18» RT 4
kalibata utara II no. «18» pancoran
Jl. Rajawali Selatan VIII (rumah no «18»)
Pelita II no «44» lampunya mati
"""
BLOCKS = """
Komplek Depkes Blok «C2» No. «15» Pasar Minggu
Komplek Depkes Blok «C2» No. «15»
Komp. DKI Blok «K/17A» Joglo
komp dki blok «k 17» joglo
komplek DKI blok «K-17» joglo jakbar
Kompleks Hankam Blok «F2/11»
kompleks hankam «F2/11» Slipi
Perum Taman Duren Sawit «B9-14»
Perumahan Taman Duren Sawit Blok «B9» No «14»
perumahan taman semanan indah blok «D5/22»
perumahan taman semanan indah blok «d5» no «22»
Cluster Palma «A3/7» Cakung
cluster palma no «7» cakung
Cluster Palma Blok «A3» Kav. «8»
Kav. DKI Blok «12/8» Meruya
Kavling Polri Blok «G/1234»
kavling polri blok g nomor «1234»
Jl Bina Marga Kav «21B»
jalan bina marga kavling «21»
Jl. Bina Marga persil «19»
Jalan Sunter Paradise persil no. «19»
Rusunawa Marunda Blok «A5» lantai 3 no «7»
rusunawa marunda cluster B blok 8 lt 4 no «12»
Rusun Rawa Bebek Blok Merpati lantai 2 nomor «15»
rusun rawa bebek blok merpati lt.2 no.«15»
rusunawa pulogebang blok C unit «311»
Rusunawa Penjaringan Blok «C/211»
rusunawa pesakih blok D lt 3 kmr «308»
rusun klender blok «45/II/8»
Rusun Klender Blok 45 lantai II no «8»
ruko «C-09» komplek mangga dua
Ruko Mangga Dua Blok «C-09»
ruko mangga dua no «9»
KOMP. MIGAS BLOK «A/3»
KOMPLEK MIGAS BLOK A NO. «3»
griya kula no «33»
Jl. Jati Raya Blok «B-7»
Jl. Jati Raya Blok «B-7»
Jl. Jati Raya Blok «B7» No. «12»
Jl. Jati Raya Blok B III No. «12»
Jl. Jati Raya Blok «BB 12»
Blok «J/12» rumah kami
blok j no «12»
blok j nomer «12» pojok
blok J No.«12»-«14»
blok «j12» no «5»
Taman Palem Lestari Blok «A16» No «5»
taman palem lestari «a16/5»
Citra Garden 2 Blok «O5/18»
Citra Garden 2 blok «o5» no «18»
Villa Cinere «D-18»
BTN Sukapura blok «D/18»
Jl Tipar Kav «3»-«4»
Jl. Tipar Kav. «3-4» no. «5»
Alamat ybs Jl. Tanjung Duren Utara IV Blok A No. «23»
kav «7» jl. palem hijau
Jl. Palem Hijau Blok F Kav «7»
"""
ROOMS = """
kost jl semangka no «5b» lt 2 kamar «7»
saya ngekos di jl semangka no «5» kamar «7»
kontrakan jl rambutan no «8» pintu «4»
kontrakan pintu nomor «3» dari depan, gg rambutan
kamar kos saya nomor «12»
Apartemen Kalibata City Tower Ebony unit «12-05»
Apartemen Kalibata City Tower Ebony lt 12 unit «12BH»
apartemen green pramuka tower faggio lantai 3 no «7»
apart green pramuka tower faggio lt 3 no «7»
apartemen mediterania tower c no unit «17C»
unit saya «8-AF» di tower Damar
saya penghuni unit «2210» apartemen bassura
Penghuni Unit No. «22/10» Tower Geranium
rusunawa jatinegara barat tower A lt 5 unit «501»
Rusun Tambora Tower B «1205»
sebelahnya no «31» itu rumah kosong
apartment «12B», Tower 2
Unit «1503», Tower Jasmine
rumah nomor «33» itu kosong, rumah «35» juga
Jl. Letjen Suprapto No. «6F»
Jl. Letjen Suprapto No «6 F»
apartemen sudirman tower 2 lt 9 unit «9C»
kosan gang pelita kamar no «9»
Rusunawa Rorotan tower 4 lt 7 no. «12»
"""
HOUSES = """
kebon kacang 30 no «4» tanah abang
depan rumah no «22» ada lubang
lubangnya pas depan rumah no.«22»
sebelah nomor «31» ada tumpukan puing
samping rumah no «31a»
seberang rumah no. «18» RT 4
antara rumah nomor «18» dan nomor «20»
antara rumah no «18» sampai «20»
antara rumah no. «18», «19» dan «20»
dari rumah no «11» s/d «19» banjir
rumah no «11»-«19» kebanjiran
rumah nomor «11» & «13» sama sama tergenang
rumah saya «14», yang pagarnya biru
rumah saya no «14» pagar biru
rumah saya nomor «14»
rumah ibu saya di no «14» juga retak
pemilik rumah no «27» marah marah
warga no «27» bakar sampah terus
(rumah no. «6»)
Toko itu (sebelah rumah no «6») buka sampai malam
tinggal di mardani raya no «56»
Kp. Sawah no «21» RT 2 RW 3
Kp. Sawah RT 2 RW 3 No. «21»
kp sawah rt 2/3 no «21»
RT 02/RW 03 No. «21» Kel. Semper
rt 02 rw 03 no «21» kel semper
RT 4 RW 7 no rumah «33»
rt 4/7 nomor rumah «33»
no rumah «33» rt 4/7
No. Rumah : «33»
Nomor rumah: «33A»
no. rmh «33»
rmh saya no «33»
rumah gue no «33»
rumah kite nomor «33»
bumi abdi nomer «33»
belakang rumah «33» itu kali
Bukit Duri Tanjakan no «18»
tetangga no «7» buang sampah
tetangga sebelah nomor «7» buang sampah
tetangga depan rumah, no «7», anjingnya galak
ketua RT rumahnya di no «7»
"""


@pytest.mark.parametrize(
    "text", [line for part in (STREETS, LANES, BLOCKS, ROOMS, HOUSES) for line in part.strip().splitlines()]
)
def test_only_the_number_of_the_house_goes(text: str) -> None:
    only_the_planted_goes(text)
