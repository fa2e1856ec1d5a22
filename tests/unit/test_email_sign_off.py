"""Sign-offs that no formula announces go; last lines that carry the complaint stay."""

from __future__ import annotations

import time

import pytest

from adapters.email.quotes import reply_text

WORDS = "Selamat pagi,\n\nlampu di Jl. Contoh 5 masih mati sejak 3 Maret.\n\nMohon diperbaiki."
CHATTED = "pak got depan rumah mampet udah seminggu bau bgt tlg dikeruk ya"
ENGLISH = "The bin behind the market has not been emptied for two weeks.\n\nThank you very much."
TOLD = "Bansos tidak sampai, sudah tiga bulan.\n\nYang menerima malah orang kaya"

SIGNED = [
    # Names of many peoples, in all spellings.
    "Wiwin", "wiwin", "wiwin suryani", "Wiwin S.", "Bpk Tarjo", "TARJO SUPRIADI", "Maria Goretti Tukan",
    "Tjhin Sui Lan",
    "I Wayan Sudiarta", "Andi Tenri Ampa", "Hotman Situmorang, S.H.", "Ny. Hartati", "mpok Ida", "J. Lumban Tobing",
    "Hiroshi Tanaka", "Fatimah Al-Habsyi", "Rahul Krishnamurthy\nKemang", "Sophie van der Berg", "Ko Asiong", "~Ujang",
    "( Tarjo Supriadi )", "*Tarjo Supriadi*", "Drs. Mochamad Sjarif", "Chidi & Ngozi Abara", "\u270c\ufe0f Yanti",
    "Yanti ^_^",
    # With what stands beside them.
    "Mpok Ida Gang Sawo", "Tarjo & keluarga", "Tarjo dan keluarga", "Kel. Tarjo", "Tarjo sekeluarga", "Jali n keluarga",
    "Tarjo - 0812 0000 1111", "Yanti/0857-0000-1111", "yanti 0857 0000 1111", "085700001111 yanti",
    "Tarjo, Kampung Baru",
    "Tarjo (warga)", "ujang cipinang", "agus ojol", "Paijo cilok", "Wiwin 3175", "Novi - pengelola RPTRA",
    "Tarjo, 54 tahun",
    "Tarjo Supriadi | GA Manager | PT Contoh", "Ferry & Lisa (ortu kelas 3B)", "Jali selaku ketua RT 03", "dari Ujang",
    "Sumiati (nol delapan satu dua, 0000, tujuh tujuh satu dua)", "Sumiati (dibantu Reza)", "Tarjo, Wiwin, Ida",
    # With roles, addresses, numbers, firms and slogans below.
    "Wiwin Suryani\nibu dua anak, Cipinang", "Tarjo\ntukang bakso depan SD", "Sanusi\nyang punya bengkel las",
    "Tarjo Supriadi\nRT 05 RW 02 Cipinang",
    "Tarjo Supriadi\nJl. Sawo V No. 5 RT 07/02 Cipinang\nTelp. rumah 021-0000111",
    "Tarjo Supriadi\nGeneral Affairs\nPT Contoh Jaya Tbk\nGedung Contoh Lt. 5\nT: 021-0000-111 | E: t@contoh.example\n\"Bersama kita bisa\"",  # noqa: E501
    "Yanti\nDirektur Program, Perkumpulan Contoh\ncontoh.example | FB | X | YouTube",
    "Michael O'Brien\nTenant, Tower B",
    "Tarjo Supriadi\nHidup warga!", "Yanti\n(hp jadul maaf typo)", "Dr. Ir. Sumarni, M.T.\nDosen\nUniversitas Contoh",
    "*Sumarni Dewi* | Legal\nContoh & Partners\nT. 021 0000 111 ext. 12", "SUMARNI\nGURU SDN CONTOH 05",
    # Who signs for many.
    "Warga RT 07", "warga gg sawo", "Kami warga RT 07", "Warga +62", "Penghuni rusun blok B", "Ibu-ibu RT 07",
    "Emak-emak Gang Sawo", "dari warga RT 07", "a/n warga RW 06\nMulyadi\nSekretaris RW\nHP. 0821 0000 9034",
    "Atas nama warga\n\nTarjo Supriadi", "Perwakilan pedagang:\n1. Warsito (bakso)\n2. Uni Ernawati (nasi Padang)",
    "a.n. warga\nBonar Nainggolan (08120000588)\nKoh Aseng\n\n*Jakarta Aman, Anak Senang*", "Anonim",
    "Pengurus Musala Al Ikhlas\nKetua: H. Tarjo\nSekretaris: Wiwin", "Panitia 17 Agustus RT 07\nTarjo (Ketua)\nWiwin",
    "Panitia Penyelenggara\nLembaga Contoh Pelatihan\nwww.contohpelatihan.example", "Perwakilan warga,\nJali\nRomlah",
    "Tim Relawan Kali Bersih\nYanti (koordinator) 0857-0000-1111", "Forum Orang Tua SDN Contoh\nKetua: Yanti",
    # Below a date or an office.
    "Jakarta, 3 Maret 2025\nTarjo Supriadi", "Jakarta 3 Maret 2025\n\nTarjo",
    "Jakarta, 3 Maret 2025\n\nPemohon,\n\nTarjo Supriadi",
    "Jakarta, 3 Maret 2025\nPengurus RT 07\n\nKetua,             Sekretaris,\n\nTarjo              Wiwin Suryani",
    "Jakarta, 19 Mei 2025\nKetua LMK\n\n( Tarjo Supriadi )", "Ketua RT 05,\n\nttd.\n\nTARJO SUPRIADI", "Tarjo C3/12",
    "Tarjo unit 1203", "5 Mei 2025\nTarjo Supriadi",
    "Kami yang melapor,\n1. Tarjo (No. 5)\n2. Wiwin (No. 7)", "Atas nama warga:\n- Tarjo\n- Wiwin",
    "Anaknya,\nLestari (0896-0000-5173)", "Take care,\nTarjo",
    "Jakarta, 24 November 2025\nKepala Sekolah,\n\nDra. Sumarni, M.Pd.\n\nSMK Contoh\nJl. Contoh | Telp 021-0000111\nTerakreditasi A",  # noqa: E501
    "Mengetahui,\nKetua RT 07        Ketua RW 02\n\nTarjo              Wiwin",
    # Formulas.
    "Wassalam,", "Wassalam,\nUjang", "Salam hormat dari emak2 Gang Sawo", "Salam dari Gang Sawo",
    "Your fed-up resident,\nMichael",
    "Salam kangen lampu terang\nFitri", "Salam hormat, Yanti Gang Sawo", "Hormat kami warga RT 07",
    "Hormat kami,\nTarjo\nWiwin\nIda\nPembimbing: Ibu Endah, S.Pd.", "Anakmu yang resah,\nUjang",
    "Mit freundlichen Gr\u00fc\u00dfen\nMichael", "Met vriendelijke groet,\nSophie", "Cordialement,\nMichael",
    "Saludos cordiales,\nMaria", "Atenciosamente\nMaria", "Bien cordialement", "Hochachtungsvoll\n\nMichael",
    # Copies.
    "Hormat kami,\nKetua RW 05\n\nttd\n\nH. Tarjo bin Said\n\nTembusan:\n1. Bapak Camat\n2. Bapak Lurah\n3. Arsip",
    "Jakarta, 21 Juli 2025\n\nKetua Paguyuban,\n\n\nIr. Tarjo\n\nTembusan Yth.:\n- Ketua RW 14\n- Lurah",
]  # fmt: skip


@pytest.mark.parametrize("below", SIGNED)
def test_a_sign_off_without_a_formula_goes(below: str) -> None:
    for words in (WORDS, ENGLISH):
        assert reply_text(f"{words}\n\n{below}") == words
        assert reply_text(f"{words}\n\n{below}\n\nSent from my Oppo") == words


@pytest.mark.parametrize(
    "below", ["hendra", "Wiwin", "wiwin suryani", "ujang cipinang", "Warga RT 07", "agus ojol"]
)
def test_telephones_forget_the_full_stop_above_a_name(below: str) -> None:
    assert reply_text(f"{CHATTED}\n\n{below}") == CHATTED


STAYING = [
    # One word that no list of names holds.
    "Gedoran", "Cibeureum", "Tenda", "Bangun", "Ambyar", "Powered by Genset",
    # Places, also those called after persons.
    "Gang Sawo", "Gang H. Tarjo", "Jalan Haji Tarjo", "Jl. Kapten Tarjo No 5", "Kampung Tarjo", "Rumah Pak Tarjo",
    "Toko Tarjo", "Bengkel Tarjo", "Depan rumah Bu Ida", "Sebelah Toko Ujang", "Musala Nurul Huda", "SDN Cipinang 05",
    "RT 07 RW 02", "Kelurahan Cipinang Melayu", "Cipinang Besar Utara", "Kebon Jeruk", "Apartemen Green Bay",
    "Taman Anggrek Residence", "Citra Garden 5", "Rawa Belong", "Otto Iskandardinata", "Dewi Sartika", "MT Haryono",
    "Jembatan Merah", "Waduk Pluit", "Ruko Blok C", "Tower B lantai 5", "Loket 3", "Ps. Minggu", "PSU Setia Budi",
    # Things, requests, exclamations, times.
    "Lampu Mati", "Sampah Menumpuk", "Kabel Menjuntai", "Pohon Tumbang", "Banjir Lagi", "Tolong Pak",
    "Mohon Bantuannya",
    "segera", "URGENT!!!", "TOLONG!!!", "Sangat kecewa", "Malu-maluin", "Pungli", "Ditunggu", "kapan?", "Sekian",
    "Sabtu malam", "Senin, 3 Maret 2025", "3 Maret 2025", "Jam 7 pagi", "Tiga kali", "Honda Beat merah", "Bus 7A",
    # Who is spoken of or asked for.
    "Preman Pasar", "Petugas PPSU", "Petugas Tarjo", "Satpam Tarjo", "Pak RT", "Lurah Cipinang", "Dishub DKI",
    "PAM Jaya",
    "hub 0812-0000-1111 (wiwin)", "hub: wiwin 0812-0000-1111", "Hubungi Wiwin 0812-0000-1111",
    "CP Wiwin 0812-0000-1111",
    "Kontak Bu Wiwin 0812-0000-1111", "nomor pelaku 0812-0000-1111", "No tiket 0000-1111", "KTP saya 3175000000000000",
    "Nama: Tarjo", "Nama anak: Tarjo", "Nama : Tarjo Supriadi\nNIK : 3175000000000000\nAlamat : Jl. Sawo 5",
    "Korban: Tarjo", "Korban Tarjo Supriadi", "Pelaku: Ujang", "Saksi\nTarjo", "Tarjo Supriadi belum dapat",
    "Tarjo Supriadi dipukul", "Tarjo yang buang sampah", "Si Ujang", "namanya Ujang", "Ujang tetangga saya",
    "Pemiliknya Haji Tarjo", "Haji Tarjo pemiliknya", "Ketua RT Tarjo", "RT: Tarjo", "A.n. Tarjo sudah dapat",
    "KK a.n. Tarjo Supriadi", "rek BCA 0000111122 an Ujang", "IG @pelaku.contoh", "Akun @pelaku.contoh menyebar fitnah",
    "1. Tarjo\n2. Wiwin\n3. Ida", "- Tarjo\n- Wiwin", "Tarjo\nWiwin\nIda", "Tarjo 3 anak\nWiwin 2 anak",
    "Tarjo (RT 05)\nWiwin (RT 06)\nIda (RT 07)", "Tarjo, RT 05\nWiwin, RT 06",
    # Groups of whom something is told.
    "Warga resah semua", "Warga menolak", "Warga RT 07 menolak", "warga gang sawo kebanjiran", "Warga sudah lapor",
    "Penghuni rumah itu kabur", "Pedagang kaki lima", "Pedagang bakso", "Karyawan Indomaret",
    "Pengurus masjid diam saja",
    "Panitia minta uang", "Ketua RT diam", "Anak saya sakit", "Mahasiswa demo", "Tukang parkir", "Warga Tolak Tower",
    "PT Contoh Jaya buang limbah", "Proyek PT Contoh Jaya", "Terima kasih untuk Mbak Wiwin di loket 3", "Keep it up",
    "Bu Wiwin, guru SD, memukul anak", "Warga RT 05: 20 KK\nWarga RT 06: 30 KK",
    "Warga RT 05\nWarga RT 06\nWarga RT 07",
    "Joe Smith said no", "Tarjo, Wiwin dan Ida pelakunya", "Tarjo/Wiwin penerima ganda", "Keluarga korban",
    "Tarjo Supriadi, 7 tahun, baju merah, hilang di Monas", "Tarjo - sudah\nWiwin - belum", "Tarjo 0000111122 BCA",
    "Tarjo\nUmur 7 tahun\nBaju merah",
    "Ibu Ida\nUmur 70 tahun\nBelum dapat", "Driver: Tarjo\nPlat: B 1234 ABC", "Shift pagi\nTarjo\nWiwin",
    "Your officer came",
    "NB: jangan sebut nama saya", "https://maps.example/abc", "-6.2000, 106.8000", "Kucing Persia", "Garuda",
]  # fmt: skip


@pytest.mark.parametrize("last", STAYING)
def test_what_carries_the_complaint_stays(last: str) -> None:
    for words in (WORDS, CHATTED, TOLD):
        assert reply_text(f"{words}\n\n{last}") == f"{words}\n\n{last}"


def test_a_mail_of_a_greeting_and_a_name_is_not_emptied() -> None:
    for text in (
        "Selamat pagi,\n\nTarjo Supriadi\n0812-0000-1111",
        "Yth. Bapak Lurah\n\nWarga RT 07",
        "Tarjo Supriadi\nRT 05",
    ):
        assert reply_text(text) == text


def test_a_postscript_stays_and_the_signature_above_it_goes() -> None:
    for signed in ("Priya Raghunathan\nKuningan", "Tarjo\n0812-0000-1111", "Salam,\nTarjo"):
        for said in ("PS the fountain stops at 5 pm, why?", "NB: foto menyusul", "P.S. saya di rumah sore"):
            assert reply_text(f"{WORDS}\n\n{signed}\n\n{said}") == f"{WORDS}\n\n{said}"
    assert reply_text(f"{WORDS}\n\nGang Sawo\n\nNB: gelap") == f"{WORDS}\n\nGang Sawo\n\nNB: gelap"


def test_copies_go_only_with_a_signature_above() -> None:
    copies = "Tembusan:\n1. Camat\n2. Lurah"
    assert reply_text(f"{WORDS}\n\n{copies}") == f"{WORDS}\n\n{copies}"


def test_names_below_what_announces_them_stay() -> None:
    for above in ("Yang belum dapat:", "Pelakunya yaitu", "Saksinya ada dua, namanya"):
        for names in ("Tarjo Supriadi", "Tarjo\nWiwin", "Warga RT 07"):
            assert reply_text(f"{WORDS}\n\n{above}\n\n{names}") == f"{WORDS}\n\n{above}\n\n{names}"


def test_a_name_right_below_an_exclamation_goes_and_one_spoken_to_stays() -> None:
    assert reply_text(f"{WORDS}\n\nHidup wong cilik!!\nPaijo cilok") == f"{WORDS}\n\nHidup wong cilik!!"
    assert reply_text(f"{WORDS}\n\nJangan diam!\nPak Tarjo") == f"{WORDS}\n\nJangan diam!\nPak Tarjo"


HIDDEN = [
    "[Kutipan teks disembunyikan]", "[Quoted text hidden]", "...\n\n[Pesan dipotong]  Lihat seluruh pesan",
    "[Message clipped]  View entire message", "Tampilkan kutipan teks", "Scanned by Contoh Mail Filter",
    "This message has been scanned for viruses and dangerous content by Contoh, and is believed to be clean.",
    "Email ini telah dipindai oleh Contoh.", "[facebook icon] [instagram icon]", "[logo]",
    "Jika tidak ingin menerima informasi dari kami silakan balas dengan subjek UNSUBSCRIBE.",
    "DISCLAIMER: Isi surel ini dapat mengandung informasi terbatas. Dilarang menggandakan tanpa izin tertulis.",
    "Tarjo\nPT Contoh\nCONFIDENTIALITY NOTICE: The contents of this e-mail are intended solely for the addressee.\nScanned by Contoh",  # noqa: E501
]  # fmt: skip


@pytest.mark.parametrize("notice", HIDDEN)
def test_notices_of_programs_and_companies_go(notice: str) -> None:
    assert reply_text(f"{WORDS}\n\n{notice}") == WORDS
    assert reply_text(f"{WORDS}\n\nTarjo Supriadi\n\n{notice}") == WORDS


@pytest.mark.parametrize(
    "said",
    [
        "Pesan dipotong oleh petugas, tidak sampai ke lurah.",
        "Kutipan teks perjanjian ada di lampiran",
        "Jika warga ingin berhenti menerima, saya yang urus.",
        "Scanned by nobody, the luggage gate was open and unmanned all night, please have somebody look into it soon.",
    ],
)
def test_sentences_like_notices_stay(said: str) -> None:
    assert reply_text(f"{WORDS}\n\n{said}") == f"{WORDS}\n\n{said}"


INTRODUCED = [
    "Pada Rab, 12 Mar 2025 10.11, Kanal Aduan <aduan@example.go.id> menu\nlis:",
    "On Wed, Mar 12, 2025, 10:11 Kanal Aduan <aduan@example.go.id> wro\nte:",
    '"Kanal Aduan" <aduan@example.go.id> schrieb am 12.03.2025 10:11:',
    "Kanal Aduan <aduan@example.go.id>, 12 Mar 2025 \u00c7ar, 10:11 tarihinde \u015funu yazd\u0131:",
    "\u0e27\u0e31\u0e19\u0e17\u0e35\u0e48 12 \u0e21\u0e35.\u0e04. 2025 10:11 Kanal Aduan <aduan@example.go.id> \u0e40\u0e02\u0e35\u0e22\u0e19\u0e27\u0e48\u0e32:",  # noqa: E501
    "Kanal Aduan <aduan@example.go.id> writes:", '>>> "Kanal Aduan" <aduan@example.go.id> 12/03/25 10:11 >>>',
    "---Original---\nFrom: \"Kanal Aduan\"<aduan@example.go.id>", "------------------ Original ------------------",
]  # fmt: skip


@pytest.mark.parametrize("line", INTRODUCED)
def test_what_programs_write_above_a_quote_goes_with_it(line: str) -> None:
    assert reply_text(f"{WORDS}\n\nTarjo\n\n{line}\n\n> Yth. Bapak\n> mohon foto") == WORDS
    assert reply_text(f"{WORDS}\n\n{line}\n\nYth. Bapak, mohon foto.") == WORDS


def test_a_name_below_a_quote_that_the_office_signed_is_a_signature() -> None:
    quote = "> Sejak kapan?\nSejak Senin.\n> Terima kasih\n> Layanan Aduan\n\n"
    assert reply_text(f"{quote}Tarjo (dibantu Reza)") == "Sejak Senin."
    assert reply_text("> Siapa ketuanya?\n\nTarjo Supriadi") == "Tarjo Supriadi"


def test_of_a_forwarded_answer_of_a_health_centre_nothing_stays() -> None:
    text = (
        f"{WORDS}\n\nTarjo\n\n-------- Forwarded Message --------\nSubject: Antrean\n"
        "Date: Thu, 13 Nov 2025 10:37:02 +0700\n"
        "From: Puskesmas <layanan@puskesmas.example>\nTo: Tarjo <t@surat.example>\n\n\nNomor dibagikan pukul lima."
    )
    assert reply_text(text, "Fwd: Antrean") == WORDS


def test_long_ends_take_linear_time() -> None:
    for line in (
        "Tarjo Supriadi\n",
        "Ketua: Tarjo,\n",
        "a.n. warga\n\n",
        "Tarjo | T: 021 | x\n",
        "nol satu dua " * 6 + "\n",
    ):
        text = "Got mampet.\n" + line * (200_000 // len(line))
        began = time.process_time()
        reply_text(text)
        assert time.process_time() - began < 3, line


MORE = [
    "Perwakilan orang tua murid:\n1. Suharyono (0812-0000-0011)\n2. Ni Wayan Contoh\n3. Boru Contoh",
    "Pelapor:\nSuharyono, wali murid", "Dari:\nSuharyono", "Tertanda:\nSuharyono\n0812-0000-0011",
    "Komite Sekolah\nKetua,\nAnak Agung Rai Contoh", "dr. Anak Agung Rai Contoh",
]  # fmt: skip
LESS = [
    "Perwakilan orang tua yang dipukul:\n1. Suharyono\n2. Ni Wayan Contoh", "Paketnya dari:\nSuharyono, wali murid",
    "Anak Agung Rai Contoh yang memukul", "Anak besar", "Komite sekolah tidak menjawab", "Komite Sekolah",
    "Komite SDN 05\nMemungut Rp350.000", "Pelapor:\nSuharyono\nTerlapor:\nWiwin", "Dari:\nterminal Contoh",
    "Pengirim:\nToko Contoh", "Dari:\nBlok M\nKe:\nKota", "Nama anjingnya\nBruno", "Sudah dilaporkan ke\n\nSuharyono",
    "Air itu dari:\nPT Contoh",
    "Yang dipanggil\n\nSuharyono", "Nama anjing itu\n\nSuharyono", "Orangnya biasa disebut\n\nMat Gondrong",
]  # fmt: skip


@pytest.mark.parametrize("below", MORE)
def test_who_signs_for_many_or_below_a_word_that_says_so_goes(below: str) -> None:
    said = "Atap kelas bocor sejak Januari, mohon diperbaiki."
    assert reply_text(f"{said}\n\nTerima kasih.\n\n{below}") == f"{said}\n\nTerima kasih."


@pytest.mark.parametrize("last", LESS)
def test_people_and_things_that_are_told_of_stay(last: str) -> None:
    text = f"Atap kelas bocor sejak Januari, mohon diperbaiki.\n\n{last}"
    assert reply_text(text) == text


@pytest.mark.parametrize(
    "thanks", ["Obrigado,", "Makasiii sebelumnya", "Tuhan memberkati.", "Bedankt alvast!", "Terimaa kasiiih"]
)
def test_thanks_of_other_languages_and_drawn_out_ones_stay_and_the_name_below_goes(thanks: str) -> None:
    for name in ("Suharyono", "- Suharyono", "Suharyono Contoh\n0812 0000 1122"):
        assert reply_text(f"Atap kelas bocor.\n\n{thanks}\n\n{name}") == f"Atap kelas bocor.\n\n{thanks}"
    below = "fotonya saya kirim besok ya"
    assert (
        reply_text(f"Atap kelas bocor.\n\n{thanks}\n\n{below}") == f"Atap kelas bocor.\n\n{thanks}\n\n{below}"
    )


@pytest.mark.parametrize(
    "notice",
    [
        "-" * 64 + "\nThis message was sent using HORDE, the Web Mail Program.",
        "-" * 30
        + "\nPesan ini dikirim menggunakan aplikasi SuratMail gratis. Unduh sekarang di www.surat.example",
        "Perhatian: kami tidak pernah meminta kata sandi atau OTP melalui email.",
    ],
)
def test_notices_of_programs_below_a_drawn_line_go(notice: str) -> None:
    assert reply_text(f"Atap kelas bocor.\n\n{notice}") == "Atap kelas bocor."


@pytest.mark.parametrize(
    "said",
    [
        "-" * 30 + "\nPesan ini dikirim ke lurah juga, tidak dijawab.",
        "-" * 30 + "\nThis message was sent using my neighbour's phone, please call him.",
        "Perhatian: bank tidak pernah meminta OTP lewat email, ini penipuan!",
        "Perhatian: ada yang meminta kata sandi saya melalui email.",
        "Unduh sekarang di www.aduan.example tidak bisa, situsnya mati.",
    ],
)
def test_sentences_below_a_drawn_line_stay(said: str) -> None:
    assert reply_text(f"Atap kelas bocor.\n\n{said}") == f"Atap kelas bocor.\n\n{said}"
