"""Names in short chats, text messages and calls in capitals, mostly one word written small, go; what only looks
like one stays. What is between « and » must go, every other word must stay."""

from __future__ import annotations

import pytest

from tests.planted import only_the_planted_goes

NAMED = """
td «jono» blg got dpn rmh mampet lg
kt «rudi» sih besok baru diangkut smpahnya
si «ujang» yg jaga parkir minta 10rb
tukang parkir «budi» galak bgt
yg pasang portal itu «samsul» bkn warga
bg «togar» yg pny bengkel bising smpe malem
bp «karyono» nyerobot tanah fasum
b. «lastri» minta uang 50 ribu buat surat pengantar
ust «zainal» pakai toa jam 3 pagi
anak saya «rafif» jatuh ke lubang galian
«marpaung» bongkar pagar sekolah tadi malem
mksh ya, «dewi»
salam «joko»
ini «bagas» yg kmrn lapor pohon tumbang
gue «ipul», yg lapor selokan minggu lalu
nama sy «tarjo»
an «sutinah» bansos ga cair
atas nama «mulyadi» sudah 3 bln nunggu
rumah «parman» yg nutup saluran
ayam punya «wawan» masuk kali, bau
disuruh «yanto» bayar 200rb buat kk
sm «heri» udah dibilangin tetep aja
bareng «sinta» td ke kelurahan, loket tutup
ke «anwar» aja lsg kata satpam
utk «paimin» lansia sebatang kara
tolong bang «kobar» itu ditegur
ada «siti», «yem», «karsih» blm dapet beras
1. «Sarinah» 2. «Kusno» 3. «Mulyati» blm terima KJP
Tadi «Lukas» sudah ukur jalannya, tapi belum diaspal
Menurut «Hasan», pipa bocor sejak Senin
Mobil milik «Herman» sudah dua bulan mangkrak di bahu jalan
Saya «Komang», kontrak di belakang pasar
Laporan «Ketut» minggu lalu belum dijawab
Istri saya «Melati» dijambret di JPO
Adik «Bintang» hanyut di kali
Tante «Mawar» jualan di trotoar
Mbak «Indah» di loket 3 ketus sekali
Bu «Sri» minta fotokopi KK lagi
Pak «Untung» jual air sumur ilegal
oma «corry» jatuh di trotoar pecah
nenek «saodah» rmhnya roboh
cang «rojali» nutup gang buat hajatan
enci «lilis» tuh buang limbah laundry
acek «liong» nyalain petasan
teteh «euis» ditagih iuran dobel
aa «ridwan» calo di samsat
cak «narto» sate asapnya ke rmh
mang «ucup» gerobaknya di trotoar
ito «rotua» tidak dapat kursi prioritas
pace «yance» mabuk di taman
tukang sayur «sarmin» kena pungli
tukang ojek «bonar» ngetem di halte
supir «kasno» ngebut
kader «sukaesih» pilih2
marbot «hamdan» ga digaji
wali kelas «pratiwi» minta uang buku
bidan «rosma» baik bgt mksh
calo «bolang» di stasiun
warteg yu «sarti» limbahnya ke got
lapak «darmo» nutup trotoar
sebelah «tuti» pohon mau roboh
blkg nyak «rodiah» sarang tikus
«NURHAYATI» BELUM DAPAT BLT
TOLONG PAK «WAGIMIN» DITERTIBKAN
PEMILIK «SUHARTO WIJAYA» SUDAH DISURATI
PELAPOR «DJOKO»
YANG BUANG SAMPAH ITU «TOPAN»
ANAK SAYA «GIBRAN» BELUM DAPAT KJP
SI «BOKIR» LAGI MABUK DI POS
BPK «SOLIHIN» MINTA UANG
«OKTA» SAKIT DBD
td om «robby» nelpon 112 ga diangkat
«laras» anak tetangga kejepit pager
«opik» ngerokok dalem bus
kapan «ratih» dpt gilirannya
knp cm «suryati» yg dpt
krn «mulyono» nutup saluran jd banjir
motor «fikri» ilang di stasiun
pager «hutapea» makan trotoar
tanah «ruslan» diserobot
hp «galih» dijambret
bpjs «warsiti» nonaktif
akta «azka» slh nama
rek «junaidi» keblokir
kartu «jannah» ilang
foto dari «mitha» ya min
tanya «lina» klo ga percaya
saksi «yudis»
korbannya «syifa» 7 th
biasa dipanggil «cepot»
orangnya «johan»
pak rt «kusnadi» diem aja
bu rw «hesti» ga transparan
bendahara rw «suparno» ga kasih laporan
camat «bambang» slow respon
koor «purwo» ga bagi sarung tangan
korlap «lukman» minta setoran
developer «antonius» kabur
penyewa «chidi» orang nigeria berisik
mister «david» mabuk
«Nguyen» tetangga apartemen saya masak asapnya masuk
«Priya» tidak bisa daftar sekolah
My neighbour «Oliver» throws rubbish into the river
«Fatou» was hit by a motorcycle on the sidewalk
thx, «emma»
Hormat kami, «Marthen»
Wassalam «Abdul»
ttd «rosid»
dari «aris» rt 4
pengirim «lutfi»
hubungi «susan» ya
no nya bu «wied»
Nama: «Uus»
Nasabah «Trijoko»
pasien «saiful» ga dilayani igd
almh «enok» msh kedaftar
sdri «lusi» melapor pkl 10
Yth. «Bonifasius»
Warga «Misbah» melapor pipa bocor
Telah datang «Kartijo» menanyakan BPJS
Diterima oleh «Yunita»
Disaksikan «Mahmud» dan «Rosyid»
Petugas ukur «Daryanto» hadir
Pengadu «Hotman» minta dirahasiakan
Catatan: «Edy» belum melampirkan KK
«Imron», 34, kehilangan KTP
«Ngatiyem» tinggal sendiri
«Sahat Maruli» membangun tanpa IMB
«Tan Giok Lan» punya gudang
«Andi Tenri» belum dapat undangan
«Agnes Watimena» sulit air bersih
«ahmad fauzi» parkir dobel trs
tb «hasanudin» pny tanah
gua bokap nya «tio» mau lapor
mamah «arsyad» nungguin kjp
ibunya «rizki» sakit
emaknya «udin» ngomel
istrinya «anton» rentenir
lakinya «ijah» mukulin
menantu h. «dulhadi»
wkwk «tejo» kena tilang
parah si «tukiyem»
emang «rusmin» doang yg pny jln
halo «dimas», laporan saya bgmn
makasi «andin» responnya
hatur nuhun kang «deden»
kulo «ngadimin», badhe matur
tangga kulo «sutris» mbucal sampah
abdi «cecep» bade lapor
«oman» miceun runtah ka walungan
ane «sarip» warga sini
entu bang «naih» ngerokok di angkot
"""
NOBODY = """
warung nasi di pojok buang minyak ke got
tukang bakso nutup trotoar
toko sinar abadi buang kardus
salon cantik parkirnya semrawut
indomaret kemang ga ada parkir
jln sudirman macet parah
gg mawar gelap bgt
jl kh hasyim ashari berlubang
jl rasuna said lampu mati
pasar senen kotor
sta manggarai eskalator mati
terminal kp rambutan calo smua
rsud tarakan ga ada kamar
puskes tebet jutek
smp negeri 115 pungut uang
musola nurul iman pager roboh
taman menteng lampunya padem
kali krukut item
rusun marunda lift mati
apartemen kalibata bising
lampu jln mati smua
air pam keruh
pju mati 3 mlm
banjir lg banjir lg
knp ga ditindak
mhn ditndk lnjuti
trims min
salam hormat
makasih min
makasi banyak
siang kak mau lapor
malem min, got bau
sy mau tanya ktp
aku lapor minggu lalu
kata tetangga udh dilaporin
kata rt nanti
ke kelurahan disuruh balik
buat lansia susah naik
pny tetangga tuh gerobaknya
rumah warga kebanjiran
mobil mewah parkir sembarangan
truk sampah netes
kios kebakar
kabel semrawut bgt
surat ditahan rt
bpjs nonaktif
kartu ilang
saksi ada banyak
korbannya anak kecil
bu rw ga transparan
pak camat kemana
mas mas parkir liar
ibu ibu pkk protes
anak muda nongkrong smpe pagi
anak saya sakit dbd
suami saya kena phk
tetangga saya berisik
tukang galon naikin harga
sopir jaklingko ngebut
kader posyandu ga adil
guru honorer blm dibayar
bidan ga ada
preman malak
pengamen maksa
pak ogah bikin macet
tj telat trs
mrt bersih makasih
TOLONG SEGERA DIPERBAIKI
LAMPU MATI TOTAL
BANJIR SETINGGI LUTUT
BANSOS TIDAK MERATA
MOHON DITERTIBKAN
GOT MAMPET BAU BUSUK
PUNGLI DI TERMINAL PULOGADUNG
POLISI TIDUR TERLALU TINGGI
ANJING LIAR BANYAK SEKALI
Kemarin Senin lampu padam
Satpol PP kemana
Tokopedia kirim paket salah alamat
Toyota avanza parkir dobel
Kopi Kenangan limbahnya
Samsat keliling ga dtg
Sudin SDA tolong keruk
Monas kotor
Ancol bau
Blok M becek
Tanah Abang pedagang tumpah
ente pegimane sih min
kaga ade aernye
bokap gue jatoh di got
babeh ngomel mulu
kulo badhe matur
banyune mambu
nuwun sewu min
abdi bade naros
jalanna goreng pisan
hatur nuhun pisan
wayah kieu acan diangkut
siram atuh debuna
wis tak laporke bola bali
halah ra ono tindakan
kesel gue
asli parah bgt
anjir macet
woi admin bangun
please fix the road
street light is off
harap maklum
untung ga ada korban
bagus pelayanannya
mulia sekali petugasnya
melati 3 blm diaspal
cahaya lampu kurang terang
mega proyek mangkrak
bunga trotoar dicabutin
monyet lepas di komplek
tikus segede kucing
rt 05 rw 03 kel kebon jeruk
blok c deket pos satpam
dpn seblak jeletot
samping pom bensin
deket rel
sertipikat blm keluar
pbb naik trs
sim keliling di mana
kia anak blm jadi
"""


@pytest.mark.parametrize("text", [*NAMED.strip().splitlines(), *NOBODY.strip().splitlines()])
def test_only_names_go(text: str) -> None:
    only_the_planted_goes(text)
