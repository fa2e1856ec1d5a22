"""Places read from complaints as Jakarta writes them, against labels: some to fit rules to, some held back."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.place_bench import labelled, measure, scores
from normalizer.place_names import PlaceNames

TEXTS = Path(__file__).parent / "place_texts"
NAMES = PlaceNames()


#: Texts with the share of their places that is found; those that were never tuned on show what strangers' texts get.
SETS = {"development": 0.95, "held_back": 0.95, "later": 0.95, "contexts": 0.95, "contexts_kept": 0.85}


@pytest.mark.parametrize("name", SETS)
def test_kelurahan_and_kecamatan_from_words(name: str) -> None:
    rows = labelled(TEXTS / f"{name}.txt")
    assert len(rows) >= 60
    counts = measure(rows, NAMES, show=False)
    precision, recall = scores(counts)
    assert precision >= 0.97, counts
    assert recall >= SETS[name], counts
    assert counts["outside told"] == counts["outside"]
    assert counts["wrongly outside"] == 0


def test_every_name_is_read_with_its_marker() -> None:
    from normalizer.gazetteer import regions
    from normalizer.place_text import read_place

    for path in regions():
        if path.depth == 1:
            continue
        marker = "kelurahan" if path.depth == 3 else "kecamatan"
        for said in (
            f"Lampu mati di {marker} {path.region.name}.",
            f"{marker[:3]}.{path.region.name.upper()} BANJIR",
        ):
            found = read_place(said, NAMES)
            assert found.path is not None, said
            assert found.path.code == path.code, said
            assert found.confidence >= 0.9, said


READ = [
    # (text, name of the region, or "" for none, or "outside")
    ("Lampu mati di Tebet sampai Pancoran", "Jakarta Selatan"),
    ("Kantor saya di Gambir, kejadiannya di Kwitang", "Kwitang"),
    ("Di Tebet jalannya sudah bagus, di Cipulir masih hancur", "Cipulir"),
    ("Got mampet di Cipulir. Hormat saya, Siti Contoh, Jl. Melati 5, Warakas", "Cipulir"),
    ("Got mampet. Hormat saya, Siti Contoh, Jl. Melati 5, Warakas", "Warakas"),
    ("mikrotrans B 2077 PIK ngebut", ""),
    ("kartu berlogo Monas", ""),
    ("Stephanie Halim belum menerima kartu lansia", ""),
    ("Ibu-ibu Semper Barat resah", "Semper Barat"),
    ("smper timur banjir", "Semper Timur"),
    ("got cempaka puth barat mampet", "Cempaka Putih Barat"),
    ("cngkareng macet", "Cengkareng"),
    ("kebakaran di kemayorann", "Kemayoran"),
    ("Kec. Kramat Djati", "Kramatjati"),
    ("kel pegangsaan 2", "Pegangsaan Dua"),
    ("Jl. Raya Ragunan, Pasar Minggu", "Pasar Minggu"),
    ("di ujung jalan Kelapa Gading Timur", "Kelapa Gading Timur"),
    ("jalan Kelapa Gading Timur macet", "Kelapa Gading"),
    ("RT 4/2 batu ampar kemalingan", "Batu Ampar"),
    ("gunung sampah di Gunung Kidul", ""),
    ("salah besar kalau begini", ""),
    ("kenapa dua minggu tidak diangkut", ""),
    ("Kelurahan Bambu Apus, Pamulang", "outside"),
    ("Kel. Bambu Apus, Kec. Cipayung", "Bambu Apus"),
    ("Kota Depok. Di Cipayung banjir", "outside"),
    ("sampah di gading serpong, lapor ke jakarta bisa?", "outside"),
    ("jalan rusak di Kab. Garut", "outside"),
    ("Saya di Bekasi Timur, lampu mati", "outside"),
    ("Saya tinggal di Bekasi Timur. Lampu mati di Cideng.", "Cideng"),
    ("Jl. Bekasi Timur Raya gelap", ""),
    ("Persija main, macet", ""),
    ("Banjir kiriman Bogor, sudah selutut", ""),
    ("Macet dari Slipi ampe Tomang", "Jakarta Barat"),
    ("Truk parkir di Jalan Cakung Cilincing", ""),
    ("jl kebon kacang tanah abang macet", "Tanah Abang"),
    ("bau dari penggilingan plastik", ""),
    ("lapak di tanah abang sampe tengah jalan", "Tanah Abang"),
    ("JakWifi buat RW baru", ""),
    ("Halte Karet bocor", ""),
    ("Gang Damai Cengkareng Timur, up Natalia Wijayakusuma", "Cengkareng Timur"),
    ("Ayunan RPTRA Kenanga Cideng putus", "Cideng"),
]


@pytest.mark.parametrize(("text", "name"), READ, ids=[text for text, _ in READ])
def test_contexts(text: str, name: str) -> None:
    from normalizer.place_text import read_place

    found = read_place(text, NAMES)
    region = found.path.region.name.removeprefix("Kota Administrasi ") if found.path is not None else ""
    assert (region or ("outside" if found.outside_sure else "")) == name, found


def test_names_written_in_haste_are_read_and_never_taken_for_others() -> None:
    """Every name of nine letters and more with each of its letters left out but the first."""
    from normalizer.gazetteer import regions
    from normalizer.place_text import read_place

    wrong, right, whole = [], 0, 0
    for path in regions():
        name = path.region.name.lower()
        if path.depth == 1 or len(name) < 9:
            continue
        for gap in range(1, len(name), 3):
            whole += 1
            found = read_place(f"got mampet di {name[:gap]}{name[gap + 1 :]} tolong", NAMES).path
            if found is None or found.depth == 1:
                continue
            same = found.region.name.replace(" ", "").lower() == name.replace(" ", "")
            right += same
            if not same and not path.within(found.code):
                wrong.append((name, gap, found.region.name))
    assert right / whole >= 0.75
    assert len(wrong) / whole <= 0.02, wrong


def test_neighbours_are_known_with_their_parents() -> None:
    from normalizer.gazetteer import read_table
    from normalizer.place_text import read_place

    rows = list(read_table("neighbours.csv"))
    assert len(rows) == 141
    for row in rows:
        city = row["city"].removeprefix("Kabupaten ").removeprefix("Kota ")
        if row["kecamatan"] == "Periuk":  # how many write Priok
            continue
        found = read_place(f"Lampu mati di Kec. {row['kecamatan']}, {city}.", NAMES)
        assert found.outside_sure, row
        first = row["kelurahan"].split(";")[0]
        found = read_place(f"Lampu mati di Kel. {first}, {row['kecamatan']}, {city}.", NAMES)
        assert found.outside_sure, (first, row)
