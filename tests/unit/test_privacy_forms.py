"""What people write about themselves and others in forms, signatures, lists and haste is masked; the words around it
stay. What is between « and » must go, every other word must stay; ¶ ends a line."""

from __future__ import annotations

import pytest

from normalizer.privacy import public
from tests.planted import only_the_planted_goes

ACCOUNTS = """
ig ku «ratnacontoh», dm aja kalau butuh foto got
Ig: «ratnacontoh»
IG «RatnaContoh»
instagram saya «ratnacontoh» ada video banjirnya
dm ig aku di «contoh.siti» ya kak
telegram saya «budi_contoh», hubungi lewat situ
kontak telegramku «budicontoh»
tele gw «budicontoh99»
tiktok: «sitijalanrusak»
akun tiktok «sitijalanrusak» sudah memviralkan
fb nama «Neneng Contoh», cari aja
Fb ku «Eneng Geulis Pisan», inbox aja
nama akun fb saya «Bunda Zidan»
X saya «contohwarga_12»
akun X «contohwarga_12»
id line saya «contohwarga»
username jaki saya «siti.contoh77»
skype: «live:siti.contoh»
akun palsu bernama «pemprov.jkt_bantuan», akun penipu «bansos_cair2024»
IG/@«siti_contoh», akun '«siti_contoh»' menipu
@dishubDKI_JKT tolong, @«sopirnakal» ini
lewat telegram saya lapor tapi tidak dibalas
instagram dinas tidak aktif, telegram juga
tiktok bikin anak malas sekolah
line 2 LRT belum jadi
ig saya kena hack, fb saya dibajak orang
akun jaki saya tidak bisa login, username salah terus
"""
FORMS = """
atas nama warga: «rohmatullah»
a.n. warga RW 03: «Sumiyati»
nama lengkap sesuai ktp «supriyatini»
nama lengkap (sesuai KTP): «Supriyatini»
nama di ktp «supriyatini»
nama asli saya «karmidi»
nama istri saya «warsinah»
nama pelapor «warsinah»
nama anak «zhafran»
rek bri an. «dulhadi»
nm: «kosasih». almt: cipete
Nama : «Kosasih» Almt : Cipete
nama ibu kandung: «Suwarti»
ibu kandung saya «suwarti»
jenengku «sarkum», omahku kebanjiran
girik nomor 456 an. H «Naman bin Saidi»
KRT «Purwodiningrat» menyampaikan keberatan
wa «ode sarmila» kehilangan air
ibu kandung, bapak tiri dan anak angkat belum terdata
tolong kabari (nama disamarkan), nama saya dirahasiakan ya
"""
SIGNATURES = """
lampu mati¶ttd¶«warsinah»¶ketua arisan
lampu mati¶hormat saya¶«karmidi»
lampu mati¶Hormat saya,¶¶«karmidi»
lampu mati¶wassalam¶«ncum»
lampu mati¶terima kasih¶«marwah»
lampu mati¶regards¶«shreya»
lampu mati¶ttd¶warga rt 05
lampu mati¶wassalam¶panitia kurban
lampu mati¶terima kasih¶lampunya mati lagi
lampu mati¶makasih¶tolong dicek ya
"""
PEOPLE = """
kulo «paijem» saking rw 4
kula badhe lapor, kulo warga rw 4
gue «acil», lampu mati
gue capek, lampu mati mulu
ane bingung, lapor ke mana
bengkel koh «aliong» bising
bakso bang «mamat» buang kuah ke got
pengurus masjid ust. «Zulkifli» diam saja
«lie a hin» jual gas oplosan
tolong, «tan peng lian» buang oli ke got
guru SD bernama Bu «Elly» mencubit anak saya «Keisya»
anggota kelompok: «jamal», «ucok», sama «butet»
korban «asep», «dadang», serta «ujang»
tetangga depan, keluarga Pak «Sitanggang», pelihara babi
Ncang «Sapri» dan encing «Leha» kebanjiran, teteh «Wati» juga
anaknya bu «Tini», mama «Dika» protes
"My landlady Mrs. «Widjaja» cut off the water"
kemarin «ngatiyem» jatuh di got, saksi «suryaningtyas» melihat
uangnya dibawa «rizkiansyah» kabur
air pam brhenti smntara, tlg diprbaiki, jln rusak parahhh
oknum staf kelurahan «Suparjo», Sdri. «Putri» hilang
penghuni rusun Tambora «Siti Contoh» dan warga kelurahan Tebet Timur «Yulianti» melapor
pedagang pasar Palmerah «Yanto» digusur, warga gg. kenanga pak «suparjo» bakar sampah
ngurus akte di kel pinang ranti dpersulit, dsuruh balik
Jalan Raya Kartini, Apartemen Kalibata City, Taman Ismail Marzuki dan Jl. Kemang Raya gelap
petugas kelurahan Guntur dan petugas Puskesmas Kartini ramah
Jl. H. Naman, Masjid Ust. Zulkifli dan Gang Koh Aliong gelap
"""
NAMESAKES = """
lampu mati. Terima kasih¶«Ahmad Yani»
terima kasih, «ahmad yani»
lampu mati. «Agus Salim» «081200001234»
«Agus Salim», warga RT 3
(«Slamet Riyadi») 1. «Ahmad Yani» 2. «Iskandar Muda»
a.n. «Dewi Sartika», NIK «3171012345670001» «Dewi Sartika»
menurut «Dewi Sartika», ketua PKK, «Siti Contoh» dan «Agus Salim» tahu
keluarga «Simatupang» bakar sampah
Salam, Dewi Sartika macet total
dari Ahmad Yani ke Pramuka macet, Imam Bonjol banjir
Ahmad Yani, Pramuka, dan Matraman macet. lampu merah Agus Salim mati
Program Keluarga Harapan belum cair
Pelapor: «Dedi Mulyadi», «0812 0000 1234», pak «Anies» tetangga saya
lampu mati¶Hormat saya,¶«Sri Mulyani»
Dedi Mulyadi itu gubernur, menurut Sri Mulyani pajak naik, terima kasih Pak Prabowo
Kepada Yth. Pramono Anung, Bang Anies - kapan
"""
NUMBERS = """
wa sy «0812 0000 12 34» ya
wa sy «0812 000 012 34» ya
telp «021 555 01 23» ya
hubungi «0812 0000 12» 24 jam
npwp «09.254.294.3-407.000» salah
PBB nop «31.74.010.001.002-0345.0» ganda
NIP «19780512 200501 1 003» bolos
wajib pajak «26.270.625.8-996.000» dan «48 657 061 8 627 000» ditolak
transfer «8827-74-025323-67-2» (Jago), kartu «0774 0263 3326 5570» hilang
«0812 3456 0000» «0813 4567 0000» tidak diangkat
tinggal di Kp. Melayu Kecil III no «105B», warga blok «34/25» Griya Asri
pasport «x0490900» ditahan
«B1234» parkir sembarangan terus
mobil «B 1234» nutup gang
plat nomor «AD 4410 KE»
motor «b 4471» ngebut
truk «B - 7034 - UGA» ngetem, avanza «B_4314_JW», mobil pelat «F/9250/FAA» kabur
nopol «B 1 2 3 4 XYZ», motor «b 54 86 kzt», plat «B - 8434 - LT»
yang bawa «ad 8806 cdx» kabur, pelat «L-I39I-KAS»
surat B/123/IV/2025, LP/B/112/I/2025, S/2038/SK dan 005/1234/KEL, dr 2019 smp skrg
«0812-3456-0000»/«0813-4567-0000» tidak diangkat
bri «1234 01 012345 53 6» ya
token listrik «1234 5678 9012 3456 7890» gagal
tanggal lahir «1990/01/01» salah
no anggota «12345678», no pelanggan aetra «10012345»
fax «021.8560000», idpel: «5123 4567 8901»
unit «12B», Tower 2; ruko «A-17»; flat «3C»
I live at «45» Jalan Bangka Raya
plat «B 1Z34 XYZ» parkir
email «sitic77 at gmail com» ya
gedung B1234 lantai 2, vitamin B12, angkot M 24, bus 1234
"""


@pytest.mark.parametrize(
    "text",
    [
        line
        for part in (ACCOUNTS, FORMS, SIGNATURES, PEOPLE, NAMESAKES, NUMBERS)
        for line in part.strip().splitlines()
    ],
)
def test_what_is_planted_goes_and_every_other_word_stays(text: str) -> None:
    only_the_planted_goes(text)


def test_a_telephone_that_stays_telephone_and_a_tax_number_that_is_none() -> None:
    assert public("npwp 09.254.294.3-407.000") == "npwp [nomor]"
    assert public("nop 31.74.010.001.002-0345.0") == "nop [nomor]"
    assert public("wa 0812 0000 12 34") == "wa [nomor telepon]"
