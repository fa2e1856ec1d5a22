"""Names of private persons are masked wherever they stand; streets, houses, offices and public figures stay."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from normalizer import name_training
from normalizer.name_tagger import NameTagger
from normalizer.name_words import given_names, kinds
from normalizer.privacy import public


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "Ditandatangani: 1. Siti Contoh 2. Oei Contoh Lan 3. Marthen Contoh.",
            ("Siti", "Oei", "Marthen", "Contoh"),
        ),
        ("lampu mati dr senin. sy pak darto 0812-0000-1234", ("darto",)),
        ("KJP anak sy blm cair. an maemunah. tlg cek", ("maemunah",)),
        ("Mohon ditinjau.\n\nHormat kami,\n\n(Drs. Bambang Contoh)", ("Bambang", "Contoh")),
        ("Terima kasih\nSuwarti Contoh\n0812-0000-1234", ("Suwarti", "Contoh")),
        ("Saya mendapat kabar dari Ferry Contoh bahwa bantuan cair.", ("Ferry", "Contoh")),
        ("Tanah itu milik Haji Mukri bin Saidi di Kelurahan Munjul.", ("Mukri", "Saidi")),
        ("My colleague Tomasz Wierzbicki fell through the bridge.", ("Tomasz", "Wierzbicki")),
        ("Please call Choi Min-jae at the gate.", ("Choi", "Min-jae")),
        ("SAYA SUWARTI CONTOH RT 4 BELUM DAPAT SEMBAKO", ("SUWARTI", "CONTOH")),
        ("Bang Udin pindah. Sejak itu Udin tak pernah datang.", ("Udin",)),
        ("Saya Lim Kok Wah, pemilik toko.", ("Lim", "Kok", "Wah")),
        ("Nama anak: Keenan Arvarizqi, kelas tiga.", ("Keenan", "Arvarizqi")),
        ("tanggaku jenenge Parjo ngobong uwuh", ("Parjo",)),
    ],
)
def test_a_name_is_masked_wherever_it_stands(text: str, names: tuple[str, ...]) -> None:
    shown = public(text)
    assert "[nama]" in shown
    assert not [name for name in names if name in shown]


@pytest.mark.parametrize(
    "text",
    [
        "Lubang di Jl. H. Nawi, Gang H. Saleh, dan Jl. Jenderal Sudirman",
        "Masjid Al-Ikhlas, SDN Kebon Baru 03 Pagi, dan RS Fatmawati kebanjiran",
        "Macet dari Gatot Subroto sampai Dewi Sartika lewat MT Haryono",
        "Pak Lurah, Bu Camat Tebet, dan Ketua RT 05 sudah tahu",
        "Gubernur Pramono dan Pak Jokowi pernah ke Kampung Bayam",
        "Terima kasih, Pak. Lampunya sudah nyala. Mohon dijaga.",
        "Hormat kami,\nWarga RW 05 Kelurahan Pondok Labu",
        "Honda Beat, Gojek, dan Transjakarta parkir di trotoar Blok M",
        "mega proyek yang indah, bunga taman layu, cahaya lampu redup",
        "Komp. Billy Moon dan Apartemen Kalibata City gelap",
    ],
)
def test_what_is_no_private_person_stays(text: str) -> None:
    assert public(text) == text


def test_a_figure_of_the_same_name_is_somebody_else() -> None:
    assert public("Pak Pramono tetangga saya bakar sampah") == "Pak [nama] tetangga saya bakar sampah"
    assert public("Pak Pramono Contoh bakar sampah") == "Pak [nama] bakar sampah"
    assert public("nama saya Dewi Sartika dari Tebet") == "nama saya [nama] dari Tebet"


def test_the_reporters_own_handle_and_name_are_masked_in_any_case() -> None:
    text = "cari saja siti_contoh di sana, SITI CONTOH namanya"
    assert (
        public(text, names=["Siti Contoh"], own=["@Siti_Contoh"])
        == "cari saja [akun] di sana, [nama] namanya"
    )


def test_the_lists_agree() -> None:
    """A marker left in a list would be a name that nobody bears."""
    assert not [word for word in kinds() if not word.replace("'", "").isalpha()]
    assert len(set(given_names()["given"])) > 3000
    assert len(set(given_names()["family"])) > 1000


def test_the_same_texts_teach_the_same() -> None:
    first = list(itertools.islice(name_training.examples(3), 400))
    assert first == list(itertools.islice(name_training.examples(3), 400))
    assert {example.wanted for example in first} == {True, False}


def test_texts_that_name_somebody_teach_nothing_about_names() -> None:
    assert name_training.names_somebody("terima kasih pak Sutarjo sudah menambal jalan")
    assert name_training.names_somebody("mohon ditindak, kata bu Tarsih tiap malam begitu")
    assert not name_training.names_somebody("lampu jalan di depan pasar mati sejak kemarin")
    assert not name_training.names_somebody("HUT RI ke-80 di RT kami, iuran 50 ribu")


def test_a_table_that_is_none_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(b"no table")
    with pytest.raises(ValueError, match="kanal train names"):
        NameTagger(tmp_path / "x.gz")
