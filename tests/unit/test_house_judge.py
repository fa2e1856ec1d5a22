"""Numbers that the rules leave are weighed: houses said in passing go, whatever else is numbered or counted stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from normalizer import house_training
from normalizer.house_judge import HouseJudge
from normalizer.house_numbers import numbers
from normalizer.house_training import told_in
from normalizer.house_writing import Told
from normalizer.privacy import public
from tests.planted import only_the_planted_goes

HOUSES = """
kontrakan kita di palmerah gg toplang, gw di «9», temen gw di «11»
omku jualan di rawa bunga raya «83» deket gereja
pintu «6» kontrakan haji «Sobri», yg paling pojok
unit «0817» sm «0819» kebagian bau got semua
tower melon unit «1809» n «1811» belom nyala juga
halo, penghuni «22F» mau komplain soal lift apartemen
yg kerja bakti cm nomer «33» sama «37», yg lain tidur
rumahku nomer «21» gang kutilang, banyune ora mili
rumah kami nomor «dua belas» di Jalan Lontar Atas
ngekos di jl. percetakan gang sawo nmr «lima belas»
jl duri utara 3 no«71»rt4rw6 got mampet
gg pelita no«8»rt2 belum disemprot
Yang belum menerima beras:¶1. «Pardi» rumah no «14»¶2. Bu «Entin» rumah no «3»¶3. «Kosim» rumah no «21B»
Yang bersedia jadi saksi:¶1. «Markus» - unit «0906»¶2. «Sumirah» - unit «1117»
Unit yang bocor:¶Tower B «0711»¶Tower B «0712»
depan jl biak «48» ada kabel menjuntai
saya warga jl tanjung lengkong «61», mohon pohonnya dipangkas
The flat above ours, «17C», leaks into «16C»
Our house is Jalan Ciniru «34», next to the pharmacy
alamat saya gang seratus no «5» kalipasir
maaf salah ketik, rumah saya nomor «52» bukan «25»
Blk. «G-14» Perum. Bumi Lestari membuang puing
ruko «B7» di seberang halte tutup saluran
pintu «6» sama «7» di kontrakan itu belum didata
saya salah tulis, rumahnya bukan «34» tapi «43»
no.nya «19» gang masjid, pagar hijau
tetangga saya «5A» bakar sampah lagi
jalan amblas depan rumah bernomor «31» di Jalan Sirsak
rumah kami nomor «18» («delapan belas») di Jalan Lontar
lawang nomer «kalih» kontrakane Bu «Siti»
rumah nomor «tigo baleh» di Jalan Lontar
penghuni rusun lantai 4 unit «4.12» belum didata
rume «32» nyang di pojok, nomernye «32»
"""
OTHERS = """
Jl. Kebon Kacang 30 gelap dari pasar sampai masjid
lubang 20 cm di depan sekolah, lebarnya 60 cm
di gang 7 pademangan airnya 40 cm
jl kramat 5 macet, lampu merahnya mati 2 hari
naik JAK 31 lalu pindah 7F di halte harmoni 2
tiang listrik no 8 dari pojok miring
dapat nomor 64, dipanggil jam 11
antrean nomor 120 sampai 135 disuruh pulang
SDN Kalibaru 04 atapnya bocor, kelas 3 dan 4 dipindah
RT 5, RT 7, dan RT 12 belum kebagian
warga rt 09/03 sudah 3 kali minta fogging
harga 35rb padahal di papan 20rb
dari 12 lampu yang nyala cuma 5
rusun blok 4 lantai 6 gelap
petak makam nomor 14 blok AA ambles
anak saya nomor 2 belum masuk sekolah
kelas 5 ada 38 murid
tiket saya nomor 4471 belum dijawab
SK nomor 12 tahun 2023
nomor satu masalahnya sampah
masalah nomor dua soal parkir
km 17 arah bogor ada 3 lubang
pompa 2 dari 4 mati
rumah kami 4 hari tidak dialiri
ada 9 rumah kebanjiran setinggi 50 cm
kontrakan 6 pintu itu roboh
unit 3 mobil pemadam telat datang
2 unit truk parkir
tower 3 lift 2 rusak
umur 63 tahun, tinggal bersama 4 cucu
tanggal 9 jam 14 listrik padam
loket 4 tutup, cuma loket 1 dan 2
girik C nomor 315 atas nama kakek
Transjakarta 4B tidak berhenti
gardu 12 meledak
pos 3 kosong
TPS 21 bau
No one answers the phone
Jalan Bangka 3 has been dark for 2 weeks
antri dari subuh dapet no 88, belum dipanggil
tiang listrik no 77 kabelnya kendor
loker nomor 40 sampai 60 kuncinya hilang
sudah lapor ke 112 sama 113, tidak diangkat
bus sekolah no 14 tidak datang, gerobak no 2 disita
yang nyala cuma 3 lampu dari 40
peserta nomor 7 (tujuh) curang
kami yg 25 KK belum kebagian, yg 2 lagi sakit
banjir 20,30,40 cm, suhu 31,5 derajat
"""


@pytest.mark.parametrize("text", [*HOUSES.strip().splitlines(), *OTHERS.strip().splitlines()])
def test_houses_go_and_other_numbers_stay(text: str) -> None:
    only_the_planted_goes(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("no112rt5rw8", ["112"]),
        ("Lestari C3/12, F/11, D-7 dan B4/3/12", ["C3/12", "F/11", "D-7", "B4/3/12"]),
        ("8A, 15A – 15F, PH2", ["8A", "15A", "15F", "PH2"]),
        ("Gang Contoh III/20 dan V / 12", ["20", "12"]),
        ("No. 17 A RT 3", ["17 A"]),
        ("pukul 07.30, 3,5 meter, Rp15.000, 12-10-2025, 80%", []),
        ("RT 3/5 rw.02 jam 7", []),
        ("@contoh_12.88 t4i", []),
        ("nmr tiga belas, nomor dua puluh tiga, number seven", ["tiga belas", "dua puluh tiga", "seven"]),
        ("no one, no two", []),
        ("yang dapat 15,16,17 dan 1,000,000 atau 2,5", ["15", "16", "17"]),
        ("nomer wolung puluh loro, rumah gangsal", ["wolung puluh loro", "gangsal"]),
    ],
)
def test_which_numbers_are_looked_at(text: str, found: list[str]) -> None:
    assert [text[number.start : number.end] for number in numbers(text)] == found


def test_a_long_row_of_numbers_is_read_in_time() -> None:
    assert len(public("no 12 " * 20_000)) > 0
    assert len(public("1-2/" * 30_000)) > 0


def test_labels_are_found_where_they_stand_for_a_house() -> None:
    row = {
        "text": "RT 7 RW 3, rumah nomor 7. Telp 0812-0000-1234. Tujuh hari, jam 7.",
        "personal": '[{"kind": "address", "text": "7"}, {"kind": "phone", "text": "0812-0000-1234"}]',
    }
    raw, ruled = told_in(row)
    assert [raw.text[:start].endswith("nomor ") for start, _ in raw.houses] == [True]
    assert "0812" not in raw.text
    assert ruled.houses == ()


def test_what_is_left_of_a_text_keeps_its_labels() -> None:
    row = {
        "text": "Telp 0812-0000-1234. Saya di petak 5, dia di petak 6.",
        "personal": '[{"kind": "address", "text": "petak 5"}, {"kind": "address", "text": "6"}]',
    }
    *_, left = told_in(row)
    assert [left.text[start:end] for start, end in left.houses] == ["5", "6"]


def test_rows_kept_apart_are_never_learnt() -> None:
    rows = [
        {"text": "rumah no 5", "personal": '[{"kind": "address", "text": "5"}]', "split": part}
        for part in ("dev", "test")
    ]
    assert len(house_training.labelled(rows[1:])) == 0
    assert len(house_training.labelled(rows[:1])) > 0


def test_the_same_texts_teach_the_same() -> None:
    told = [Told("saya di petak 5", ((14, 15),))]
    first = house_training.examples(told, 3)
    assert first == house_training.examples(told, 3)
    assert {example.wanted for example in first} == {True, False}


def test_a_table_that_is_none_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(b"no table")
    with pytest.raises(ValueError, match="kanal train houses"):
        HouseJudge(tmp_path / "x.gz")
