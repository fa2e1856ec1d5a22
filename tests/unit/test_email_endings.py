"""What telephones, programs, companies and people put below a mail, and the last lines of complaints that stay."""

from __future__ import annotations

import pytest

from adapters.email.quotes import reply_text

WORDS = "Selamat pagi,\n\nlampu di Jl. Contoh 5 masih mati sejak 3 Maret.\n\nMohon diperbaiki."

DEVICES = [
    "Dikirim dari HP saya", "Dikirim dari hp", "Dikirim dari HP Android saya.", "Dikirim dari ponsel saya",
    "Dikirim dari ponsel Xiaomi saya", "Dikirim dari perangkat Xiaomi saya", "Dikirim dari perangkat saya",
    "Dikirim dari perangkat seluler", "Dikirim dari perangkat HUAWEI saya", "Dikirim dari Redmi Note 12 saya",
    "Dikirim dari POCO X3", "Dikirim dari OPPO A57", "Dikirim dari vivo saya", "Dikirim dari realme C55 saya",
    "Dikirim dari Infinix Hot 30i", "Dikirim dari itel saya", "Dikirim dari TECNO SPARK 10",
    "Dikirim dari Galaxy saya", "Dikirim dari Samsung Galaxy A15 5G saya",
    "Dikirim dari ponsel cerdas Samsung Galaxy saya.", "Dikirim dari tablet Samsung saya", "Dikirim dari iPad saya",
    "Dikirim dari iPhone 13 Pro saya", "Dikirim dari iPhone saya, mohon maaf jika ada salah ketik",
    "Dikirim dari Mac saya", "Dikirim dari laptop saya", "Dikirim dari telepon genggam saya",
    "Dikirim dari telepon pintar saya", "Dikirim dari gawai saya", "Dikirim dari Mail untuk Windows 10",
    "Dikirim dari Email untuk Windows", "Dikirim dari aplikasi Gmail", "Dikirim dari Gmail Seluler",
    "Dikirim dari Outlook untuk Android", "Dikirim dari Outlook untuk iOS", "Dikirim dari Outlook seluler",
    "Dikirim dari Yahoo Mail untuk iPhone", "Dikirim dari Yahoo Mail di Android", "Dikirim dari Surat untuk Windows",
    "Dikirim dari myMail untuk Android", "Dikirim dari Proton Mail Android",
    "Dikirim dengan Proton Mail, surel yang aman.", "Dikirim menggunakan Zoho Mail", "Dikirim menggunakan ponsel",
    "Dikirim melalui telepon seluler", "Dikirim lewat HP Nokia saya", "Dikirim via HP", "Dikirimkan dari ponsel saya",
    "Terkirim dari HP saya", "Terkirim dari iPhone", "Terkirim dr hp jadul", "Terkirim melalui ponsel Advan saya",
    "Diposkan dari ponsel OPPO saya", "Diposkan dari iPhone saya", "Diketik dari HP, maaf singkat",
    "Diketik dengan ponsel, mohon maaf bila ada kesalahan", "Ditulis dari HP saya", "Dibuat di ponsel saya",
    "Kirim dari ponsel saya", "Pesan ini dikirim dari ponsel saya", "Email ini dikirim dari HP saya",
    "Surel ini dikirim dari perangkat Xiaomi saya.", "Mail ini dikirim dari hp, maaf kalau ada typo",
    "Dikirim dari HP\nMohon maaf atas salah ketik", "Mohon maaf bila ada salah ketik, dikirim dari ponsel.",
    "Dikirim dari ponsel saya. Mohon maaf bila ada salah ketik.", "Maaf kalau typo, diketik dari HP",
    "Dapatkan Outlook untuk iOS", "Dapatkan Outlook untuk Android<https://aka.ms/AAb9ysg>",
    "Unduh Yahoo Mail untuk iOS", "Dapatkan BlueMail untuk Android", "Dapatkan aplikasi Yahoo Mail",
    "Yahoo Mail: Cari, Atur, Taklukkan", "Sent from my iPhone", "Sent from my Galaxy", "Sent from my Galaxy A54",
    "Sent from my Xiaomi", "Sent from my OPPO", "Sent from my Huawei Mobile",
    "Sent from my BlackBerry\u00ae smartphone", "Sent from my T-Mobile 4G LTE Device",
    "Sent from my phone, please excuse typos", "Sent from my mobile. Apologies for brevity.", "Sent from my HP",
    "Sent from mobile", "Sent from Samsung Mobile", "Sent from Samsung tablet.", "Sent from Mail for Windows 10",
    "Sent from Mail<https://go.microsoft.com/fwlink/?LinkId=550986> for Windows", "Sent from Outlook for iOS",
    "Sent from Yahoo Mail on Android", "Sent from Yahoo Mail for iPhone", "Sent from Proton Mail for iOS",
    "Sent with Proton Mail secure email.", "Sent with ProtonMail Secure Email.", "Sent with Spark",
    "Sent via Superhuman", "Sent from Gmail Mobile", "Sent using Zoho Mail", "Sent from Zoho Mail for Mobile",
    "Sent via BlackBerry from Telkomsel", "Get Outlook for Android", "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Get BlueMail for Android", "Get Outlook for Mac", "Powered by Telkomsel BlackBerry\u00ae",
    "Virus-free. www.example.org", "Bebas virus. www.example.org", "Tidak ada virus. www.example.org",
    "Virus-free.www.example.org\n<#DAB4FAD8-2DD7>", "Sent from my Android phone with K-9 Mail.",
    "-- \nDikirim dari perangkat Android saya dengan K-9 Mail. Mohon maaf bila saya singkat.",
    "Dikirim dari perangkat Android saya dengan K-9 Mail. Mohon maaf bila saya singkat.", "Please excuse my brevity.",
    "Sent from my iPhone\n\nPlease excuse any typos", "[Dikirim dari HP]", "(dikirim dari hp)",
    "~ dikirim dari Xiaomi ~", "*Dikirim dari iPhone saya*", "_Dikirim dari ponsel saya_", "<<Dikirim dari HP>>",
]  # fmt: skip


@pytest.mark.parametrize("line", DEVICES)
def test_what_a_telephone_or_a_program_adds_goes(line: str) -> None:
    assert reply_text(f"{WORDS}\n\n{line}") == WORDS
    assert reply_text(f"{WORDS}\n\n\n{line}\n\n") == WORDS
    assert reply_text(f"{WORDS}\n\nSalam,\nSiti Contoh\n\n{line}") == WORDS
    assert reply_text(f"{WORDS}\n\n{line}\n\nPada 12 Mar 2025 10.11, Layanan Aduan menulis:\n> lama") == WORDS


SIGNED = [
    "-- \nSiti Contoh", "--\nSiti Contoh\nRT 03",
    "-- \nSiti Contoh, S.E., M.M.\nKepala Bagian Umum\nPT Contoh Jaya\n0812-0000-1234",
    "--\n\nSiti Contoh\nJl. Contoh 5 RT 03/RW 04", "___\nSiti Contoh\nKetua RT 03",
    "__________\nSiti Contoh\nKetua RT 03", "---\nSiti Contoh\n0812-0000-1234", "\u2014\nSiti",
    "***\nSiti Contoh\nWarga RT 03", "======\nSiti Contoh\nsiti@example.org", "\u2014 Siti Contoh", "- Siti Contoh",
    "~ Siti", "-Siti-", "// Siti Contoh", "Siti Contoh", "Siti", "Budi Santoso", "Ibu Siti", "Pak Budi RT 03",
    "Siti Contoh, RT 03/RW 04", "Siti Contoh\n0812-0000-1234", "Siti Contoh\nKetua RT 03\n0812-0000-1234",
    "Siti Contoh (0812-0000-1234)", "Siti Contoh - 0812-0000-1234",
    "Siti Contoh\nPT Contoh Jaya\nTelp. (021) 5550-1234", "SITI CONTOH", "Hormat saya,\nSiti Contoh",
    "Hormat Saya\n\n\nSiti Contoh", "Hormat kami,\nSiti Contoh\nKetua RT 03\nRT 03/RW 04 Kelurahan Contoh",
    "Hormat saya,\n\n(Siti Contoh)", "Hormat saya,\n\nttd\n\nSiti Contoh", "Hormat saya, Siti Contoh",
    "Hormat saya\nSiti Contoh\nNIP 0000", "Hormat kami,\na.n. Warga RT 03\nSiti Contoh",
    "Hormat kami,\nPengurus RW 04", "Dengan hormat,\nSiti Contoh", "Hormatku,\nSiti", "Salam,\nSiti",
    "Salam hormat,\nSiti Contoh", "Salam\nSiti Contoh\nWA: 0812-0000-1234", "Salam dari kami,\nWarga RT 03",
    "Salam sejahtera,\nSiti", "Salam hangat dari Tebet,\nSiti", "Salam saya, Siti",
    "Salam sehat selalu,\nSiti Contoh", "Salam kompak,\nBudi", "Salam lestari\nBudi Contoh", "Salam & hormat,\nSiti",
    "Tertanda,\nSiti Contoh", "Ttd,\nSiti Contoh", "TTD\nWarga RT 03", "Pelapor,\nSiti Contoh",
    "Pelapor: Siti Contoh", "Yang membuat laporan,\nSiti Contoh", "Yang melaporkan,\n\nSiti Contoh\n0812-0000-1234",
    "Pemohon,\nSiti Contoh", "Warga yang resah,\nSiti", "Dari warga RT 03,\nSiti",
    "Jakarta, 12 Maret 2025\n\nHormat saya,\n\n\nSiti Contoh", "Jakarta, 12 Maret 2025\nHormat kami,\nPengurus RW 04",
    "Regards,\nSiti", "Best regards,\nSiti Contoh\nProcurement Manager\nPT Contoh\nM: +62 812 0000 1234",
    "Kind regards\nSiti Contoh | Manager | PT Contoh", "Yours faithfully,\n\nSiti Contoh", "Cheers,\nSiti",
    "Best,\nS.", "Many regards,\nSiti", "With kind regards,\nSiti Contoh", "Sincerely,\nSiti Contoh (Mrs.)",
    "BR,\nSiti", "Warm Regards,\n*Siti Contoh*",
    "Hormat saya,\n*Siti Contoh*\n_Ketua RT 03_\nMobile: 0812-0000-1234\nwww.example.org",
    "Salam,\nSiti Contoh\nInstagram: @siti.contoh\nhttps://example.org",
    "Salam,\nSiti\n\n[image: logo.png]\n\nPT Contoh Jaya",
    "Siti Contoh\nBuilding Manager\nMenara Contoh Lt. 5, Jl. Contoh 5, Jakarta 12345\nT. 021-5550-1234 F. 021-5550-1235",  # noqa: E501
    "Salam,\nSiti Contoh\n\n<https://example.org>", "Hormat saya,\nSiti Contoh\nKTP 0000",
    "Salam,\n\nSiti Contoh\n\n12 Maret 2025", "Salam,\nSiti & Budi", "Salam,\nKel. Contoh", "Salam,\nibu2 RT 03",
    "Salam,\nsiti contoh (warga rt 03)",
]  # fmt: skip


@pytest.mark.parametrize("below", SIGNED)
def test_a_signature_goes(below: str) -> None:
    assert reply_text(f"{WORDS}\n\n{below}") == WORDS
    assert reply_text(f"{WORDS}\n\n\n{below}\n\nDikirim dari HP saya\n") == WORDS


def test_the_name_that_the_address_bears_is_a_signature_however_it_is_written() -> None:
    for sender, below in [
        ("Siti Contoh", "siti"), ("Contoh, Siti", "siti contoh"), ("SITI CONTOH (RW)", "siti contoh"), ("Oei Tjoe", "Oei Tjoe"),  # noqa: E501
        ("Bunga Melati", "Melati"), ("Yohanes Ndun", "Ndun"),
    ]:  # fmt: skip
        assert reply_text(f"{WORDS}\n\n{below}", "", None, sender) == WORDS
    assert reply_text(f"{WORDS}\n\nmelati", "", None, "Siti Contoh") == f"{WORDS}\n\nmelati"


def test_people_who_are_listed_are_no_signature() -> None:
    for people in (
        "Budi Santoso\nSiti Aminah",
        "- Budi Santoso\n\n- Siti Aminah",
        "Budi Santoso\nSiti Aminah\nAgus",
    ):
        assert reply_text(f"{WORDS}\n\n{people}") == f"{WORDS}\n\n{people}"
    for before in ("Pelakunya:", "Yang menyuruh,"):
        assert reply_text(f"{WORDS}\n\n{before}\n\nBudi Santoso") == f"{WORDS}\n\n{before}\n\nBudi Santoso"


def test_a_name_apart_from_words_to_somebody_is_a_signature() -> None:
    said = f"{WORDS}\n\nKalau hujan ya masuk lagi ke got, pak"
    assert reply_text(f"{said}\n\nTarno") == said
    assert reply_text(f"{said} Tarno") == f"{said} Tarno"


THANKED = [
    "Terima kasih", "Terima kasih.", "Terimakasih banyak", "Terima kasih atas perhatiannya", "Makasih ya Min",
    "Trims", "Thank you", "Thanks!", "Matur nuwun", "Hatur nuhun", "Wassalam", "Wassalamualaikum wr. wb.",
    "Sekian dan terima kasih.", "Demikian, terima kasih.", "Atas bantuan Bapak/Ibu kami ucapkan terima kasih.",
]  # fmt: skip
BELOW_THANKS = [
    "", "\nSiti", "\n\nSiti Contoh", "\nSiti Contoh\nRT 03\n0812-0000-1234", "\n\n\nBu Siti", "\n\n- Siti -",
    "\n\nSalam,\nSiti", "\n\nHormat saya\nSiti Contoh", "\n-- \nSiti Contoh\nKetua RT 03",
]  # fmt: skip


@pytest.mark.parametrize("thanks", THANKED)
def test_thanks_are_the_citizens_words_and_stay(thanks: str) -> None:
    for below in BELOW_THANKS:
        assert reply_text(f"{WORDS}\n\n{thanks}{below}") == f"{WORDS}\n\n{thanks}"


DISCLAIMERS = [
    "DISCLAIMER: This email and any attachment are confidential and intended solely for the recipient.",
    "Disclaimer:\nInformasi dalam email ini bersifat rahasia dan hanya ditujukan kepada penerima yang dimaksud.",
    "This e-mail is confidential. If you are not the intended recipient, please delete it.",
    "The information contained in this message is privileged and intended only for the addressee.",
    "PENAFIAN: Surel ini beserta lampirannya bersifat rahasia. Bila Anda bukan penerima, mohon hapus.",
    "Email ini dan setiap lampirannya hanya untuk penerima yang dituju dan dapat berisi informasi rahasia.",
    "Pesan ini bersifat rahasia dan ditujukan hanya bagi penerima. Dilarang menyebarluaskan isi pesan ini.",
    "Isi surel ini, termasuk lampiran, adalah milik PT Contoh dan bersifat rahasia.",
    "Please consider the environment before printing this email.",
    "Mohon pertimbangkan lingkungan sebelum mencetak surel ini.",
    "Hemat kertas, jangan cetak surel ini bila tidak perlu.",
    "P Please consider the environment before printing this e-mail",
    "Save a tree. Don't print this e-mail unless it's really necessary.",
    "Apabila Anda menerima email ini karena kesalahan, harap beri tahu pengirim dan hapus email ini.",
    "Jika Anda bukan penerima yang dimaksud, Anda dilarang menyalin atau menyebarkan surel ini.",
    "If you have received this email in error please notify the sender and delete it.",
    "If you are not the intended recipient, any disclosure or copying is prohibited.",
    "CAUTION: This email originated from outside the organization. Do not click links unless you recognize the sender.",
    "Surat elektronik ini mungkin mengandung informasi rahasia dan dilindungi hukum; hanya untuk penerima.",
    "PT Contoh tidak bertanggung jawab atas kerugian akibat virus yang terbawa dalam email ini.",
    "PT Contoh accepts no liability for any damage caused by any virus transmitted by this email.",
    "The views expressed in this email are those of the sender and not of the company; it is confidential.",
    "Confidentiality Notice\n\nThis message is for the named recipient only and may be privileged.",
]  # fmt: skip


@pytest.mark.parametrize("said", DISCLAIMERS)
def test_what_companies_put_below_all_their_mails_goes(said: str) -> None:
    assert reply_text(f"{WORDS}\n\n{said}") == WORDS
    assert reply_text(f"{WORDS}\n\nHormat kami,\nSiti Contoh\nPT Contoh\n021-5550-1234\n\n{said}") == WORDS
    assert reply_text(f"{WORDS}\n\n-- \nSiti Contoh\nPT Contoh\n\n{said}\n\n[image: logo.png]") == WORDS


LAST = [
    "Terima kasih", "Jl. Contoh 5 RT 03/RW 04 Tebet", "Lokasi: Jl. Contoh 5\nRT 03 RW 04\nKelurahan Tebet Barat",
    "Alamat:\nJl. Contoh 5\nKelurahan Tebet Barat\nJakarta Selatan", "Tebet Barat", "Sunter Agung",
    "Rusunawa Marunda", "Halte Cempaka Putih", "Depan Masjid Al Ikhlas", "Pasar Minggu", "Lampu mati total",
    "Mohon dicek", "Tolong", "Cepat ya", "Kapan diperbaiki?", "1. Jl. Contoh\n2. Jl. Melati\n3. Jl. Mawar",
    "- lampu\n- got\n- aspal", "Foto dikirim dari HP tetangga", "Dikirim dari RW 05 kemarin, belum dibalas",
    "Dikirim dari kantor kelurahan", "Dikirim dari desa saya", "Sent from the office of RW 05 and ignored",
    "Sent a letter last week", "Dikirim ke dinas 3 Maret", "Hubungi saya di 0812-0000-1234",
    "Nomor saya 0812-0000-1234, bisa dihubungi malam", "Pelanggan nomor 12345678", "Nama petugasnya Budi",
    "Pelakunya Budi Santoso", "Saksi: Siti Contoh dan Budi", "Ketua RT 03 bernama Budi",
    "Email ini sudah tiga kali saya kirim", "Pesan ini ditujukan kepada Dinas Bina Marga.",
    "Perhatian: kabelnya masih bersetrum!", "Penting: lampu ini di depan sekolah.",
    "Jika tidak ada tindakan, kami akan lapor lagi.", "Jika Anda tidak percaya, silakan datang sendiri.",
    "Maaf kalau salah kirim", "Mohon maaf bila ada salah kata", "Hormat kami kepada petugas yang sudah bekerja.",
    "Salam untuk petugas yang datang kemarin, kerjanya bagus.", "Siti Contoh melihat sendiri kejadiannya.",
    "Budi, petugas yang datang, marah-marah.", "Jumlah: 12 tiang", "Sabtu malam", "Got di belakang Toko Budi",
    "Gang Haji Budi", "Warung Bu Siti", "SDN Contoh 05 Pagi", "Kali Ciliwung", "Kelurahan Kartini",
    "NB: foto menyusul", "PS: sudah pernah dilaporkan", "Lampiran: 3 foto", "Tanggal kejadian: 3 Maret 2025",
    "Pukul 18.30", "Banjir!!!", "Sampah lagi, sampah lagi", "Aspal Rusak", "Air PAM Mati", "Trotoar", "Macet Parah",
    "Jalan Berlubang", "Email ini rahasia, tolong jangan sebut nama saya.",
    "Surel ini rahasia ya, saya takut dengan tetangga.",
    "Mohon pertimbangkan lingkungan kami sebelum memberi izin pabrik itu.", "Wijaya Kusuma", "Melati",
    "Utan Kayu Utara", "Apabila Anda menerima laporan ini, mohon segera ditindak.",
    "Pemberitahuan penggusuran ini tidak sah.", "Perhatian penerima bantuan: berasnya berkutu.",
    "Peringatan dari RT sudah tiga kali.", "Dikirim dari pos RW 03", "Ditulis di papan: dilarang parkir",
    "Diketik di kelurahan, salah nama", "Get well soon",
    "Maaf, saya singkat saja: got mampet, tikus banyak, anak sakit, petugas tidak datang, kapan?",
    "Terminal Kampung Melayu", "Bu Siti belum dapat bantuan", "Petugas Dishub", "Dinas Bina Marga",
]  # fmt: skip


@pytest.mark.parametrize("last", LAST)
def test_the_last_lines_of_a_complaint_stay(last: str) -> None:
    for words in (WORDS, "Lampu mati di tempat ini:"):
        assert reply_text(f"{words}\n\n{last}") == f"{words}\n\n{last}"
    assert reply_text(f"Lampu mati:\n{last}") == f"Lampu mati:\n{last}"


#: What stands below `WORDS`, and what of it stays.
MIXED = [
    ("Terima kasih\n\nSent from my iPhone\n\nOn 3 Mar 2025, at 09.12, surat@kota.example.org wrote:\n\n\ufeff\nYth. Ibu", "\n\nTerima kasih"),  # noqa: E501
    ("Dikirim dari Samsung Mobile\n\n\n-------- Pesan Asli --------\nDari : Layanan Aduan <surat@kota.example.org>\nTgl:03/03/2025 09:12 (GMT+07:00)\nKe: siti@example.org\nSubjek: Re: sampah\n\nYth", ""),  # noqa: E501
    ("Pada tanggal Sen, 3 Mar 2025 09:12, Layanan Aduan Jakarta <surat@kota.example.org> menulis:\n\n> a\n> b\n\n\n\n-- \nSiti", ""),  # noqa: E501
    ("Pada Senin, Maret 3, 2025, 9:12 AM, Layanan Aduan <surat@kota.example.org> menulis:\n\nYth", ""),
    ("3 Mar 2025 09.12, Layanan Aduan <surat@kota.example.org> menulis:\nYth", ""),
    ("Pada Mar 3, 2025 9:12 AM, Layanan Aduan <surat@kota.example.org> menulis:\nYth", ""),
    ("3 Maret 2025 09.12.33 WIB, Layanan Aduan <surat@kota.example.org> menulis:\nYth", ""),
    ("On Mon, Mar 3, 2025, 09:12 Layanan Aduan <surat@kota.example.org wrote:\n\n> x", ""),
    ("On 2025-03-03 09:12 AM, Layanan Aduan wrote:\nDear Sir", ""),
    ("From: Layanan Aduan <surat@kota.example.org> \nSent: 03 March 2025 09:12\nTo: Siti Contoh <siti@example.org>\nCc: Budi <b@example.org>; Ani\n <ani@example.org>\nSubject: RE: sampah\nImportance: High\n\nDear", ""),  # noqa: E501
    ("Best Regards,\n\nSiti Contoh\nHead of GA\n\nFrom: Layanan Aduan\nDate: Monday, 3 March 2025 at 09.12\nTo: Siti\nSubject: x\n\nDear", ""),  # noqa: E501
    ("Dari: Layanan Aduan via Formulir <no-reply@example.org>\nTgl. Kirim: 3 Maret 2025 09.12\nKepada: siti@example.org\nPerihal: x\n\nYth", ""),  # noqa: E501
    ("________________________________\n Dari: Layanan Aduan <surat@kota.example.org>\n Kepada: Siti <siti@example.org> \nDikirim: Senin, 3 Maret 2025 9:12\n Judul: x\n \nYth", ""),  # noqa: E501
    ("--- Pada Sen, 3/3/25, Layanan Aduan <surat@kota.example.org> menulis:\n\nDari: Layanan Aduan <surat@kota.example.org>\nJudul: x\nKepada: siti@example.org\nTanggal: Senin, 3 Maret, 2025, 9:12 AM\n\nYth", ""),  # noqa: E501
    ("Salam hormat saya,\n\nDrs. H. Ahmad Contoh, M.Si.\nNIP. 0000\n", ""),
    ("Wassalamu'alaikum Wr. Wb.\n\nAhmad Contoh", "\n\nWassalamu'alaikum Wr. Wb."),
    ("Atas perhatian dan kerja samanya diucapkan terima kasih.\n\nJakarta, 3 Maret 2025\nHormat kami,\n\n\n\nAhmad Contoh\nKetua RT 05/RW 02", "\n\nAtas perhatian dan kerja samanya diucapkan terima kasih."),  # noqa: E501
    ("Ttd\n\nWarga Gang Mawar", ""),
    ("ttd.\nwarga gang mawar", ""),
    ("Dewi\n(RT 05)", ""),
    ("Dewi / 0812-0000-1234", ""),
    ("Dewi Lestari Putri, S.H.\nAdvokat", ""),
    ("Nama: Dewi Lestari\nHP: 0812-0000-1234\nAlamat: Gang Mawar 5", "\n\nNama: Dewi Lestari\nHP: 0812-0000-1234\nAlamat: Gang Mawar 5"),  # noqa: E501
    ("Dari,\nDewi", ""),
    ("salam\ndewi", ""),
    ("Regards,\nDewi\n\nDewi Lestari | Ops Manager\nPT Contoh Tbk\nGedung Contoh Lt 3\nJl. Contoh Kav. 5 Jakarta 12190\nP +62 21 5550 1234 ext 12\nE dewi@example.org W www.example.org", ""),  # noqa: E501
    ("*Dewi Lestari*\n*Ops Manager*\n*PT Contoh*\n📞 0812-0000-1234", ""),
    ("🙏\nDewi", "\n\n🙏"),
    ("Terima kasih 🙏\nDewi 😊", "\n\nTerima kasih 🙏"),
    ("Makasih sebelumnya\n\n^Dewi", "\n\nMakasih sebelumnya"),
    ("Sent from Yahoo Mail. Get the app", ""),
    ("Sent from Yahoo Mail for iPhone<https://mail.onelink.me/x>\n\n\nOn Monday, March 3, 2025, 9:12 AM, Layanan Aduan <surat@kota.example.org> wrote:\n\nDear", ""),  # noqa: E501
    ("Kirim dari Yahoo Mail pada Android", ""),
    ("Dikirim dari Mail.ru untuk Android", ""),
    ("Dikirim dari vivo V25e-ku", ""),
    ("Email ini dikirim menggunakan HP, mohon dimaklumi bila ada salah ketik.", ""),
    ("Mohon maklum, diketik di HP.", ""),
    ("Disclaimer\nE-mail ini hanya untuk tujuan yang dimaksud. Jika anda bukan penerima, hapus.", ""),
    ("INTERNAL USE ONLY. This e-mail may contain confidential information.", ""),
    ("Jaga bumi: jangan cetak email ini jika tidak perlu.", ""),
    ("Saya tunggu.\nDewi", "\n\nSaya tunggu."),
    ("On Tue, Apr 1, 2025 at 8:05\u202fPM Kanal Aduan <aduan@example.go.id> wrote:\n\n> Mohon foto.", ""),
    ("Pada Sel, 1 Apr 2025 20:05 Kanal Aduan <aduan@example.go.id> menulis:\n> Mohon foto.", ""),
    ("Pada tgl 1 Apr 2025, jam 20:05, Kanal Aduan <aduan@example.go.id> menulis:\n\nMohon foto.", ""),
    ("Kanal Aduan <aduan@example.go.id> menulis pada Sel, 1 Apr 2025 pukul 20.05:\n\nMohon foto.", ""),
    ("Pada 1 April 2025 20.05.17 WIB, Kanal Aduan <aduan@example.go.id> menulis:\nMohon foto.", ""),
    ("Am 01.04.2025 um 20:05 schrieb Kanal Aduan:\n> Mohon foto.", ""),
    ("Pada 2025/04/01 20:05, Kanal Aduan menulis:\n> Mohon foto.", ""),
    ("Pada Sel, 1 Apr 2025 20.05 Kanal Aduan\n<aduan@example.go.id>\nmenulis:\n\nMohon foto.", ""),
    ("Pada Sel, 01/04/25, pukul 20.05, Kanal Aduan menulis:\nMohon foto.", ""),
    ("On Apr 1, 2025 20:05, Kanal Aduan <aduan@example.go.id> wrote:\nMohon foto.", ""),
    ("On Tuesday, April 1, 2025, Kanal Aduan <aduan@example.go.id> wrote:\nMohon foto.", ""),
    ("Pada Selasa, 01 April 2025, Kanal Aduan <aduan@example.go.id> menulis:\nMohon foto.", ""),
    ("---- Pada Sel, 01 Apr 2025 20:05:17 +0700 Kanal Aduan <aduan@example.go.id> menulis ----\n\nMohon foto.", ""),
    ("---- On Tue, 01 Apr 2025 20:05:17 +0700 Kanal Aduan <aduan@example.go.id> wrote ---\n\nMohon foto.", ""),
    (" ---- On Tue, 01 Apr 2025 20:05:17 +0700 aduan@example.go.id wrote ----\nMohon foto.", ""),
    ("> Pada 1 Apr 2025, pukul 20.05, Kanal Aduan <aduan@example.go.id> menulis:\n> \n> \ufeff\n> Mohon foto.", ""),
    ("Dari: Kanal Aduan <aduan@example.go.id>\nTanggal: Selasa, 1 April 2025 pukul 20.05\nKepada: Warga <w@example.org>\nSubjek: Re: pohon\nMohon foto.", ""),  # noqa: E501
    ("________________________________\nFrom: Kanal Aduan <aduan@example.go.id>\nSent: Selasa, 01 April 2025 20.05.17\nTo: w@example.org <w@example.org>\nSubject: pohon\n\nMohon foto.", ""),  # noqa: E501
    ("-------- Pesan asli --------Dari: Kanal Aduan <aduan@example.go.id> Tanggal: 01/04/2025  20.05  (GMT+07:00) Ke: w@example.org Subjek: pohon\nMohon foto.", ""),  # noqa: E501
    ("-----Original Message-----\nFrom: \"Kanal Aduan\" \n\nMohon foto.", ""),
    ("Dikirim dari iPhone saya\n\nAwal pesan terusan:\n\n> Dari: Kanal Aduan\n> Tanggal: 1 April 2025\n> Mohon foto.", ""),  # noqa: E501
    ("Dikirim dari telepon Android saya", ""),
    ("Dikirim dari iPhone-ku", ""),
    ("dikirim dr hp", ""),
    ("Dikirim lewat Outlook Mobile", ""),
    ("Sent from my SM-A155F using Tapatalk", ""),
    ("Sent from Mailspring", ""),
    ("Enviado do meu iPhone", ""),
    ("Dikirim dari Gmail di HP saya. Mohon maaf kalau ada kata yg salah ketik", ""),
    ("Best,\nRani\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\nFrom: Kanal Aduan\nSent: Tuesday, April 1, 2025 8:05:17 PM\nTo: Rani <r@example.org>\nSubject: Re: pohon\n\nMohon foto.", ""),  # noqa: E501
    ("Rani Wulandari", ""),
    ("Rani W.", ""),
    ("R. Wulandari", ""),
    ("Mbak Rani (0812-0000-7777)", ""),
    ("Rani, warga Jalan Kenari", ""),
    ("Keluarga Bapak Joko", ""),
    ("Hormat saya\nRani Wulandari\nJalan Kenari No. 7\nRT 004 RW 002\nHp: 0812 0000 7777", ""),
    ("Salam\n\nRani\nIbu rumah tangga", ""),
    ("Salam lestari!\nRani", ""),
    ("Salam,\nKomunitas Hijau Kenari", ""),
    ("Demikian. Terima kasih.\n\nRani Wulandari\nKaryawan swasta", "\n\nDemikian. Terima kasih."),
    ("Demikian laporan ini kami buat.\n\nA.n. warga,\nRani", "\n\nDemikian laporan ini kami buat."),
    ("Thx,\nR", "\n\nThx,"),
    ("Tks & Rgds,\nRani", "\n\nTks & Rgds,"),
    ("Thanks and regards,\nRani", ""),
    ("Terima kasih banyak.\nSalam, Rani", "\n\nTerima kasih banyak."),
    ("--\nBest regards,\nRani Wulandari\nExecutive Secretary", ""),
    ("-- \nIni tanda tangan saya: \"Hidup sekali berarti\"\nRani", ""),
    ("--\nYou received this message because you are subscribed to the Google Groups \"Warga Kenari\" group.\nTo unsubscribe from this group and stop receiving emails from it, send an email to warga+unsubscribe@example.org.", ""),  # noqa: E501
    ("_______________________________________________\nWarga mailing list\nWarga@lists.example.org\nhttps://lists.example.org/warga", ""),  # noqa: E501
    ("Email ini telah diperiksa oleh perangkat lunak antivirus.\nwww.example.org", ""),
    ("This email has been checked for viruses by Avast antivirus software.\nwww.avast.com", ""),
    ("***** CONFIDENTIALITY *****\nThis email is intended only for the person to whom it is addressed.", ""),
    ("Perhatian: E-mail ini (termasuk seluruh lampirannya, bila ada) hanya ditujukan kepada penerima yang tercantum di atas.", ""),  # noqa: E501
    ("Mengetahui,\nKetua RT 04\n\nJoko Purnomo", ""),
    ("Saya tunggu.\nPak Budi", "\n\nSaya tunggu.\nPak Budi"),
    ("Kapan diganti?\n- Dewi", "\n\nKapan diganti?"),
    ("Kapan diganti?\nTebet Barat", "\n\nKapan diganti?\nTebet Barat"),
    ("Ada tiga tempat.\nWijaya Kusuma", "\n\nAda tiga tempat.\nWijaya Kusuma"),
    ("Terima kasih.\n\nHormat saya,\nAhmad\n\nTembusan:\n1. Camat", "\n\nTerima kasih.\n\nHormat saya,\nAhmad\n\nTembusan:\n1. Camat"),  # noqa: E501
]  # fmt: skip


@pytest.mark.parametrize(("below", "left"), MIXED)
def test_endings_of_several_kinds_together(below: str, left: str) -> None:
    assert reply_text(f"{WORDS}\n\n{below}") == f"{WORDS}{left}"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Saya isi.\n\n> Nama: ___\nDewi\n> Lokasi: ___\nGang Mawar 5", "Saya isi.\n\nDewi\nGang Mawar 5"),
        ("> Siapa namanya?\n\nBudi Santoso", "Budi Santoso"),
        ("Ini jawabannya.\n\n> Siapa petugasnya?\n\nBudi Santoso", "Ini jawabannya.\n\nBudi Santoso"),
        ("> Sejak kapan?\n\nMinggu lalu.\n\nDewi", "Minggu lalu."),
    ],
)
def test_a_name_that_answers_a_question_stays(text: str, left: str) -> None:
    assert reply_text(text) == left


#: Whole complaints of which nothing is a quote, a signature or an advertisement.
WHOLE = [
    "Lampu mati.\n\nSaya lapor lewat aplikasi tanggal 3 Maret 2025 pukul 09.12, jawaban admin:\n\"sudah dikerjakan\"\n\nPadahal belum.",  # noqa: E501
    "Halo,\n\nPada 3 Mar 2025 09.12 saya sudah menulis:\nlampu mati di gang.\n\nBelum ada jawaban.",
    "Halo,\n\nPada Sen, 3 Mar 2025 pukul 09.12 petugas Dishub menulis:\nselesai\n\nBohong.",
    "Parkir liar.\n\nDari: depan toko\nSampai: lampu merah\nTanggal: setiap Sabtu 19.00\nKepada Dishub mohon ditindak.",
    "Kepada: Kepala Dinas\nPerihal: pohon\nTanggal: 3 Maret 2025\n\nPohon miring.",
    "Saya terima SMS ini:\n\nDari: 0812-0000-1234\nTanggal: 3 Maret 2025 09.12\nIsi: Anda menang undian\n\nTolong diblokir.",  # noqa: E501
    "Surat kaleng ditempel di pos:\n-----\nAwas kalian\n-----\nKami takut.",
    "Laporan saya:\n\n***\n\nSampah di kali.\n\n***\n\nMohon dibersihkan.",
    "Daftar rumah yang kebanjiran:\n\nBudi\nSiti\nAgus",
    "Yang belum dapat bansos ada satu orang lagi yaitu\n\nSiti Aminah",
    "Guru itu namanya\nBudi Santoso",
    "Anak saya hilang. Namanya:\nDewi Lestari",
    "Anak saya hilang di Monas.\n\nNama: Dewi Lestari\nUmur: 7 tahun\nBaju: merah",
    "Korban:\n1. Budi Santoso\n2. Siti Aminah",
    "Pelaku ada dua orang.\n- Budi Santoso\n- Agus Salim",
    "Got mampet.\n\nJalan Kartini Raya\nDepan Alfa",
    "Got mampet.\n\nKartini",
    "Got mampet.\n\nMenteng Dalam",
    "Got mampet di dekat\nMasjid Al Falah",
    "Tolong perbaiki!\nLapangan Banteng",
    "Kapan dibangun?\nFlyover Pancoran",
    "Bau. Sumbernya dari pabrik tahu.\nPabrik Maju Jaya",
    "Email ini saya kirim kedua kali karena yang pertama tidak dibalas. Isinya rahasia.",
    "Informasi yang saya dapat dari RT, penerima bansos diganti tanpa rapat.",
    "Jika Anda penerima laporan ini, saya mohon bantuan.",
    "Lampu mati.\n\nPenting: penerima laporan harap turun langsung ke lokasi.",
    "Lampu mati.\n\nPeringatan penerima BPJS tidak dipasang di loket.",
    "Lampu mati.\n\nThis message is my third one, nobody answers.",
    "Foto menyusul.\n\nDikirim dari WA tetangga",
    "Paket bantuan\nDikirim dari gudang Bulog",
    "Dia menulis di IG tanggal 3/3/2025 jam 09.12:\n\"RT korupsi\"\n\nItu fitnah.",
    "Lurah menulis pada 3 Maret 2025 pukul 09.12:\nakan dibongkar. Sampai kini belum.",
    "Antre lama.\n\nSalam dari warga yang antre\nsejak subuh tanpa kursi",
    "Antre lama.\n\nHormat saya kepada Pak Lurah, tapi ini keterlaluan",
    "Antre lama.\n\nMaaf saya ketik sambil marah. Loket 3 tutup jam 11.",
    "Antre lama. Mohon maaf bila ada kesalahan",
    "Meteran rusak.\n\nID pelanggan\n0000 1234 5678",
    "Meteran rusak.\n\nSiti Aminah sudah lapor dua kali\nbelum ada petugas",
    "Tolong.\n\nPSU Setia Budi",
    "> 20 rumah terendam di RT 3.\n> 2 hari tidak surut.",
    "Banjir:\n| RT | rumah |\n| 3 | 20 |",
]  # fmt: skip


@pytest.mark.parametrize("text", WHOLE)
def test_a_complaint_without_quote_and_signature_stays_whole(text: str) -> None:
    assert reply_text(text) == text
