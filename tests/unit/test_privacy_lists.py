"""Names that a list, an age, a heading or "bin" gives away, and what stays in the same places."""

from __future__ import annotations

import time

import pytest

from normalizer.privacy import public

GONE = (
    # in a list of people
    ("Saksinya Pak Suparto dan Nona.", "Nona"),
    ("Yang melihat Putri, Suparto dan Tarsih.", "Putri"),
    ("kemarin yang ngerusak jondir, Suparto, sama Tarsih. tolong", "jondir"),
    ("Ada dua orang lagi (Suparto, Bule).", "Bule"),
    ("Dipalak oknum a.n. Black dan Suparto di depan pasar", "Black"),
    ("Yang hadir:\n1. Suparto\n2. Tarsih\n3. Cut Nyak Meurah\n4. Sugeng (ketua)\n", "Meurah"),
    ("Tetangga kami keluarga Pak Suparto dan Bu Mimin.", "Mimin"),
    ("Terima kasih\nKel. Sugeng Raharjo & Kel. Bachtiar", "Sugeng"),
    # before an age
    ("Korban anak angkat, Jondir, 13 tahun, dirawat", "Jondir"),
    ("Cucu saya, Meiza, 4 thn belum dapat vaksin", "Meiza"),
    # called so
    ("Diminta uang sama orang namanya Kobra.", "Kobra"),
    ("yang jaga nm nya bang jek, tiap malam", "jek"),
    ("temannya dipanggil bung max.", "max"),
    # on behalf, by oneself, to somebody
    ("telepon 0812 0000 1234 a/n mega", "mega"),
    ("no pelanggan 00421877 an sugeng, sudah telepon", "sugeng"),
    ("ktp hilang, nma sya sudirman L, ktua rt tahu", "sudirman"),
    ("I complain about the sewage. I'm Olumide, in a kos", "Olumide"),
    ("Thank you Sugeng, that is clear.", "Sugeng"),
    ("yang ronda Suparto, Putra, bang Sugeng", "Putra"),
    ("pelakunya Suparto, si item, sama yang lain", "item"),
    # between bin
    ("makam kakek jaya bin ontel mau digusur", "ontel"),
    # who works there, who heads it, who signs
    ("psikolog puskesmas bu Tarsih bilang penuh", "Tarsih"),
    ("Kader posyandu Bu Tarmi menyuruh lapor", "Tarmi"),
    ("sudah bilang pak rt marzuki tapi didiamkan", "marzuki"),
    ("tidak ada yang datang pak. ttd ketua pemuda, marzuki", "marzuki"),
    ("pak sy ozi kuli panggul, jalan pasar rusak", "ozi"),
    # in the heading of a mail
    ("To: Putri Suparto <putri0000@mail.example>\nhalo", "Putri"),
    ('Kepada: "nyimas h" <nyimas0000@mail.example>', "nyimas"),
)
STAYS = (
    ("Pak Suparto dan Dinas Sosial.", "Dinas Sosial"),
    ("Bu Tarsih dan Warga.", "Warga"),
    ("Pak Suparto dan istri.", "istri"),
    ("Kami dari Jakarta, Suparto dan Tarsih", "Jakarta"),
    ("Pak lurah dan dua anggotanya, Bang Suparto dan Mas Sugeng, datang", "anggotanya"),
    ("Foto terlampir (Suparto, Jakarta)", "Jakarta"),
    ("Yang rusak:\n1. Lampu\n2. Trotoar\n3. Halte\n", "Trotoar"),
    ("Yang hadir:\n1. Suparto\n2. Tarsih\n3. Kelurahan Menteng\n", "Menteng"),
    ("Laporan dari Kel. Susukan belum ada jawaban", "Susukan"),
    ("Kel. Cipinang Muara banjir lagi", "Cipinang Muara"),
    ("Warga, Perempuan, 13 tahun ke atas", "Perempuan"),
    ("Nenek saya, sakit, 80 tahun", "sakit"),
    ("yang jaga dipanggil pak lurah, belum datang", "lurah"),
    ("oknum satpam namanya Jakarta.", "Jakarta"),
    ("truk bin sampah terbuka", "sampah"),
    ("I'm Indonesian, and I live here", "Indonesian"),
    ("Terima kasih Jakarta, sudah bersih", "Jakarta"),
    ("Terima kasih Pemprov, sudah bersih", "Pemprov"),
    ("rekening a/n yayasan, bukan pribadi", "yayasan"),
    ("nama saya tidak ada, di daftar", "tidak ada"),
    ("Pak Suparto, si penjual, datang", "penjual"),
    ("laporan ke puskesmas kebon jeruk penuh", "puskesmas kebon jeruk"),
    ("sudah lapor bu rw cempaka putih tapi diam", "cempaka putih"),
    ("Pak lurah kok tidak pernah ada di kantor", "kok"),
    ("sy pedagang kaki lima", "pedagang"),
    ("Dari: Layanan Pengaduan <dki@jakarta.go.id>", "Layanan Pengaduan"),
)


@pytest.mark.parametrize(("text", "name"), GONE)
def test_a_name_that_its_place_gives_away_is_masked(text: str, name: str) -> None:
    shown = public(text)
    assert name.lower() not in shown.lower(), shown
    assert "[nama]" in shown


@pytest.mark.parametrize(("text", "words"), STAYS)
def test_what_is_nobody_stays_in_the_same_places(text: str, words: str) -> None:
    assert words in public(text)


def test_its_time_is_linear() -> None:
    for piece in ("Suparto, ", "[nama] dan ", "1. Suparto\n", "anak, ", "(Suparto, ", "bin ", '"x" <'):
        times = []
        for count in (400, 1600):
            began = time.perf_counter()
            public(piece * count)
            times.append(time.perf_counter() - began)
        assert times[1] < 12 * times[0] + 0.05, (piece, times)
