"""How mail programs say who wrote what is quoted below, and the sentences of letters that only look alike."""

from __future__ import annotations

import re
import time

import pytest

from adapters.email.quotes import reply_text

WORDS = "Selamat pagi,\n\nlampu di Jl. Contoh 5 masih mati sejak 3 Maret pukul 18.30.\n\nTerima kasih"
OLD = "Yth. Ibu Siti,\nLaporan Anda kami terima.\n\nSalam,\nLayanan Aduan"
QUOTED = "\n".join(f"> {line}" for line in OLD.split("\n"))

#: What programs write above a quote. Below each stands the old mail once marked, and once without any mark.
WROTE = [
    # Gmail
    "Pada Rab, 12 Mar 2025 10.11, Layanan Aduan <surat@kota.example.org> menulis:",
    "Pada tanggal Sen, 3 Nov 2025 pukul 10.15 Layanan Aduan <surat@kota.example.org> menulis:",
    "Pada tanggal Sel, 4 Nov 2025 10.15 'Layanan Aduan' via Warga <warga@kota.example.org> menulis:",
    "Pada tanggal Kam, 6 Nov 2025 pukul 08.01 <surat@kota.example.org> menulis:",
    "Pada Jum, 7 Nov 2025 pukul 10.15 Layanan\nAduan <surat@kota.example.org> menulis:",
    "Pada tanggal Sab, 8 Nov 2025 pukul 10.15 Layanan Aduan Warga Kota Contoh <\nsurat@kota.example.org> menulis:",
    "Pada tanggal Min, 9 Nov 2025 pukul 10.15 Layanan Aduan Warga\n<surat@kota.example.org>\nmenulis:",
    "On Wed, Mar 12, 2025 at 10:11\u202fAM Layanan Aduan <surat@kota.example.org> wrote:",
    "On Wed, 12 Mar 2025, 10:11 Layanan Aduan, <surat@kota.example.org> wrote:",
    "On Wed, 12 Mar 2025 at 10.11, Layanan Aduan\n<surat@kota.example.org>\nwrote:",
    "2025-03-12 10:11 GMT+07:00 Layanan Aduan <surat@kota.example.org>:",
    "Rab, 12 Mar 2025 pukul 10.11 Layanan Aduan <surat@kota.example.org> menulis:",
    # Yahoo
    "Pada Rabu, 12 Maret 2025 pukul 10.11.12 WIB, Layanan Aduan <surat@kota.example.org> menulis:",
    "Pada Rabu, 12 Maret 2025 10.11.12 GMT+7, Layanan Aduan <surat@kota.example.org> menulis:",
    "Pada Rabu, 12 Maret 2025 pukul 10.11, Layanan Aduan<surat@kota.example.org> menulis:",
    "Pada Rab, Mar 12, 2025 pada 10:11, Layanan Aduan\n<surat@kota.example.org> menulis:",
    "On Wednesday, March 12, 2025 at 10:11:12 AM GMT+7, Layanan Aduan <surat@kota.example.org> wrote:",
    "On Wednesday, 12 March 2025, 10:11:12 WIB, Layanan Aduan\n<surat@kota.example.org> wrote:",
    "--- Pada Rab, 12/3/25, Layanan Aduan <surat@kota.example.org> menulis:",
    # Apple Mail
    "Pada 12 Mar 2025, pukul 10.11, Layanan Aduan <surat@kota.example.org> menulis:",
    "Pada tanggal 12 Mar 2025, pada pukul 10.11, Layanan Aduan <surat@kota.example.org> menulis:",
    "On Mar 12, 2025, at 10:11 AM, Layanan Aduan <surat@kota.example.org> wrote:",
    "On 12 Mar 2025, at 10.11, Layanan Aduan wrote:",
    # Outlook on telephones
    "Pada 12 Mar 2025 10.11 +0700, Layanan Aduan <surat@kota.example.org>, menulis:",
    "On 12 Mar 2025 10:11 +0700, Layanan Aduan <surat@kota.example.org>, wrote:",
    "Pada tanggal 12 Mar 2025 08.44, \"Layanan Aduan\" <surat@kota.example.org> menulis:",
    # Samsung, Xiaomi and other telephones
    "Pada 12 Mar 2025 10.11, Layanan Aduan menulis:",
    "Pada 12 Mar 2025 10:11 AM, Layanan Aduan menulis:",
    "Pada 12/03/2025 10.11, Layanan Aduan menulis:",
    "Pada 12-03-2025 10:11 Layanan Aduan menulis:",
    "Pada Rab, 12 Mar 2025 10.11 Layanan Aduan menulis:",
    "Pada Layanan Aduan <surat@kota.example.org>, 12 Mar 2025 10.11 menulis:",
    "Pada Layanan Aduan, 12 Mar 2025 10.11 menulis:",
    "Layanan Aduan <surat@kota.example.org> menulis pada 12 Mar 2025 10.11:",
    "Layanan Aduan <surat@kota.example.org> 于 2025年3月12日周三 10:11写道：",
    "Layanan Aduan <surat@kota.example.org>于2025年3月12日 周三10:11写道：",
    "On Layanan Aduan <surat@kota.example.org>, Mar 12, 2025 10:11 AM wrote:",
    "Di Rab, 12 Mar 2025 10.11 Layanan Aduan <surat@kota.example.org> menulis:",
    # Thunderbird, Roundcube, Zimbra, Evolution, KMail, mutt
    "On 12/03/2025 10:11, Layanan Aduan wrote:",
    "On 3/12/25 10:11 AM, Layanan Aduan wrote:",
    "On 12/03/2025 10.11, Layanan Aduan via Warga wrote:",
    "Pada 12/03/25 10.11, Layanan Aduan menulis:",
    "Pada tanggal 12/03/2025 10.11, Layanan Aduan menulis:",
    "Layanan Aduan menulis pada 12/03/2025 10.11:",
    "Layanan Aduan wrote on 12/03/2025 10:11:",
    "On 2025-03-12 10:11, Layanan Aduan wrote:",
    "On 2025-03-12 10:11, surat@kota.example.org wrote:",
    "Pada 2025-03-12 10:11, Layanan Aduan menulis:",
    "Pada tanggal 2025-03-12 10:11, surat@kota.example.org menulis:",
    "Pada Rab, 2025-03-12 pukul 10.11 +0700, Layanan Aduan menulis:",
    "On Wed, 2025-03-12 at 10:11 +0700, Layanan Aduan wrote:",
    "On Wednesday, 12 March 2025 10:11:12 WIB Layanan Aduan wrote:",
    "On Wed, Mar 12, 2025 at 10:11:12AM +0700, Layanan Aduan wrote:",
    "Quoting Layanan Aduan <surat@kota.example.org>:",
    "Mengutip Layanan Aduan <surat@kota.example.org>:",
    # Proton, Fastmail, Hey, Spark
    "On Wednesday, March 12th, 2025 at 10:11 AM, Layanan Aduan <surat@kota.example.org> wrote:",
    "Pada Rabu, 12 Maret 2025 10:11, Layanan Aduan <surat@kota.example.org> menulis:",
    "On Wed, Mar 12, 2025, at 10:11 AM, Layanan Aduan wrote:",
    "Pada Rab, 12 Mar 2025, pada 10.11, Layanan Aduan menulis:",
    "On 12 March 2025 at 10:11:12 GMT+7, surat@kota.example.org wrote:",
    "Pada hari Rab, 12 Mar 2025 10.11, Layanan Aduan <surat@kota.example.org> menulis:",
    "Pada hari Rabu, 12 Maret 2025, Layanan Aduan <surat@kota.example.org> menulis:",
    "Pd tgl Rab, 12 Mar 2025 10.11, Layanan Aduan <surat@kota.example.org> menulis:",
    "Pada tanggal Rab, 12 Mar 2025 pukul 10.11 Layanan Aduan <surat@kota.example.org> menuliskan:",
    "*Pada tanggal Rab, 12 Mar 2025 pukul 10.11 Layanan Aduan <surat@kota.example.org> menulis:*",
    "Tanggal 12 Mar 2025 10.11, \"Layanan Aduan\" <surat@kota.example.org> menulis:",
    "Pada tanggal Rabu, 12 Maret 2025, 10.11.12 WIB, Layanan Aduan menulis:",
    "Pada 12 Agt 2025 10.11, Siti Contoh menulis:",
    "Pada Sab, 12 Okt 2025 10.11 PM Siti Contoh menulis:",
    "Pada Ming, 12 Des 2025 jam 22:11 Siti Contoh menulis:",
    # as others in between leave them: with marks of their own, or the address as a link
    "Pada Rab, 12 Mar 2025 10.11, Layanan Aduan <surat@kota.example.org\n<mailto:surat@kota.example.org>> menulis:",
    "Pada Rab, 12 Mar 2025 pukul 10.11 Layanan Aduan [surat@kota.example.org] menulis :",
    "Pada Rab, 12 Mar 2025 pukul 10.11\nLayanan Aduan\n<surat@kota.example.org>\nmenulis:",
    "Pada Rab, 12 Mar 2025 pukul 10.11 Layanan Aduan <surat@kota.example.org> telah menulis:",
]  # fmt: skip


@pytest.mark.parametrize("line", WROTE)
def test_who_wrote_and_what_goes(line: str) -> None:
    for old in (f"\n{QUOTED}", f"\n\n{QUOTED}", f"\n\n{OLD}", f"\n{OLD}"):
        for above in ("\n\n", "\n\nDikirim dari perangkat Xiaomi saya\n\n", "\n\n-- \nSiti Contoh\n\n\n"):
            assert reply_text(f"{WORDS}{above}{line}{old}") == WORDS


FIELDS = [
    "Dari: Layanan Aduan <surat@kota.example.org>\nDikirim: Rabu, 12 Maret 2025 10:11\nKepada: Siti\nPerihal: Lampu",
    "Dari: Layanan Aduan\nDikirim: 12 Maret 2025 10.11\nKepada: Siti Contoh\nCc: RT\nSubjek: RE: Lampu",
    "Dari: Layanan Aduan <surat@kota.example.org>\nTanggal: Rabu, 12 Mar 2025 10.11\nKe: siti@example.org\nHal: Lampu",
    "Dari: Layanan Aduan\nTanggal: 12/03/25 10.11 (GMT+07:00)\nKe: Siti Contoh\nSubjek: Re: Lampu",
    "Dari: \"Layanan Aduan\" <surat@kota.example.org>\nKepada: \"Siti\" <siti@example.org>\n"
    "Terkirim: Rabu, 12 Maret 2025 10:11:12\nSubyek: Lampu",
    "Dari:Layanan Aduan\nTerkirim:Rabu, 12 Maret 2025 10.11 WIB\nUntuk:Siti\nJudul:Lampu",
    "*Dari:* Layanan Aduan <surat@kota.example.org>\n*Dikirim:* Rabu, 12 Maret 2025 10:11\n*Kepada:* Siti\n*Perihal:* X",  # noqa: E501
    "*Dari: *Layanan Aduan\n*Tanggal: *12 Maret 2025 10.11.12 WIB\n*Kepada: *Siti <siti@example.org>\n*Perihal: *Lampu",
    "Pengirim: Layanan Aduan <surat@kota.example.org>\nTanggal: 12 Maret 2025 10.11\nPenerima: Siti\nJudul: Lampu",
    "From: Layanan Aduan <surat@kota.example.org>\nSent: Wednesday, March 12, 2025 10:11 AM\nTo: Siti\nSubject: Lamp",
    "From: Layanan Aduan\nDate: Wednesday, 12 March 2025 at 10:11\nTo: Siti Contoh\nCc: RT\nSubject: Re: Lamp",
    "From: surat@kota.example.org\nSent: 12 March 2025 10:11\nTo: siti@example.org",
    "From: Layanan Aduan [mailto:surat@kota.example.org]\nSent: Rabu, 12 Maret 2025 10:11\nTo: Siti\nSubject: Lampu",
    "Subjek: Re: Lampu\nDari: Layanan Aduan <surat@kota.example.org>\nKepada: Siti <siti@example.org>\n"
    "Tanggal: Rabu, 12 Maret 2025 10.11",
    "Kepada: Siti Contoh <siti@example.org>\nDari: Layanan Aduan <surat@kota.example.org>\n"
    "Tanggal: 12-03-2025 10:11\nPerihal: Lampu",
    "Subject: RE: Lamp\nFrom: Layanan Aduan\nTo: Siti Contoh\nSent: Wed, 12 Mar 2025 10:11",
    "Date: Wed, 12 Mar 2025 10:11:12 +0700\nFrom: surat@kota.example.org\nTo: siti@example.org\nSubject: Lamp",
    "Dari: Layanan Aduan\nDikirim pada: 12 Maret 2025 10:11\nKepada: Siti\nSubyek: Lampu",
    "Dari : Layanan Aduan\nTanggal : Rab, 12 Mar 2025 10.11\nKepada : Siti Contoh\nPerihal : Lampu",
    "Dari: Layanan Aduan Warga\n <surat@kota.example.org>\nDikirim: 12 Maret 2025 10:11\nKepada: Siti\n"
    " <siti@example.org>\nPerihal: Lampu",
    "Dari:\tLayanan Aduan\nDikirim:\tRabu, 12 Maret 2025 10:11\nKepada:\tSiti\nSubjek:\tLampu",
    "From: Layanan Aduan\n\nSent: Wednesday, March 12, 2025 10:11 AM\n\nTo: Siti Contoh\n\nSubject: Lamp",
]  # fmt: skip
RULERS = ["", "________________________________\n", "-----\n\n", "* * *\n", "\u2500" * 20 + "\n", "---\n"]


@pytest.mark.parametrize("fields", FIELDS)
def test_a_block_of_header_fields_and_what_stands_below_go(fields: str) -> None:
    for ruler in RULERS:
        assert reply_text(f"{WORDS}\n\n{ruler}{fields}\n\n{OLD}", "RE: Lampu") == WORDS
    signed = f"{WORDS}\n\nHormat saya,\nSiti Contoh\nKetua RT 03\n\nDikirim dari Outlook untuk Android"
    assert reply_text(f"{signed}\n\n{fields}\n\n{OLD}", "RE: Lampu") == WORDS


ORIGINAL = [
    "-----Pesan Asli-----", "----- Pesan Asli -----", "-------- Pesan asli --------", "-----PESAN ASLI-----",
    "--- Pesan asli ---", "----Pesan Asli----", "=== Pesan Asli ===", "***Pesan Asli***", "__Pesan asli__",
    "-----Pesan Asal-----", "-------- Pesan Asal --------", "-----Pesan Semula-----", "----- Pesan Orisinal -----",
    "-----Pesan Original-----", "-----Surat Asli-----", "-----Email Asli-----", "----- E-mail Asli -----",
    "-----Surel Asli-----", "-----Pesan Sebelumnya-----", "---- Pesan Awal ----", "-----Pesan Awal -----",
    "-----Original Message-----", "------- Original Message -------", "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐",
    "-------- Original message --------", "--- Original Message ---", "---- Original Email ----", "-----Original E-mail-----",  # noqa: E501
    "----- Original Mail -----", "-----Reply Message-----", "----- Previous Message -----", "-----Pesan balasan-----",
    "\u2014\u2014\u2014 Pesan Asli \u2014\u2014\u2014", "\u2500\u2500\u2500\u2500 Pesan asli \u2500\u2500\u2500\u2500",
    "---------- Pesan yang dibalas ----------", "-------- Pesan Asli : --------", "Pesan asli:", "[Pesan asli]",
    "---- Replied Message ----", "-----Surat elektronik asli-----", "---- Pesan dibalas ----",
    "--- Pesan dari Admin Aduan, 02/03/2026 15:40 ---", "=== Tanggapan dari Dinas Contoh (2 Mei 2026 09.15) ===",
    "----- Message from support desk, 2026-03-02 15:40 -----",
]  # fmt: skip


@pytest.mark.parametrize("mark", ORIGINAL)
def test_the_original_message_goes_however_it_is_announced(mark: str) -> None:
    assert reply_text(f"{WORDS}\n\n{mark}\n{OLD}") == WORDS
    assert (
        reply_text(f"{WORDS}\nSiti Contoh\n0812-0000-1234\n\n\n{mark}\nDari: Layanan Aduan\n\n{OLD}") == WORDS
    )


THEIRS = "Got di RT 03 mampet.\n\nMohon dikeruk."
FORWARDS = [
    "---------- Forwarded message ---------\nDari: Siti Contoh <siti@example.org>\nDate: Rab, 12 Mar 2025 pukul 10.11\n"
    "Subject: Got\nTo: <rw@example.org>",
    "---------- Pesan terusan ---------\nDari: Siti <siti@example.org>\nTanggal: Rab, 12 Mar 2025\nSubjek: Got\nKepada: RW",  # noqa: E501
    "---------- Pesan yang diteruskan ----------\nDari: Siti <siti@example.org>\nTanggal: 12/3/2025 10.11\nKe: RW",
    "Mulai pesan yang diteruskan:\n\nDari: Siti <siti@example.org>\nPerihal: Got\nTanggal: 12 Maret 2025 10.11.12 WIB\n"
    "Kepada: rw@example.org",
    "Mulai meneruskan pesan:\n\nDari: Siti <siti@example.org>\nPerihal: Got\nTanggal: 12 Maret 2025 10.11.12 WIB\nKepada: RW",  # noqa: E501
    "Begin forwarded message:\n\nFrom: Siti <siti@example.org>\nSubject: Got\nDate: March 12, 2025 10:11:12 GMT+7\nTo: RW",  # noqa: E501
    "----- Pesan yang Diteruskan -----\nDari: \"Siti\" <siti@example.org>\nKepada: \"RW\" <rw@example.org>\n"
    "Terkirim: Rabu, 12 Maret 2025 10.11.12 WIB\nJudul: Got",
    "-------- Pesan yang Diteruskan --------\nSubjek: Got\nTanggal: Wed, 12 Mar 2025 10:11:12 +0700\nDari: Siti\nKe: RW",  # noqa: E501
    "-------- Forwarded Message --------\nSubject: Got\nDate: Wed, 12 Mar 2025 10:11:12 +0700\nFrom: Siti\nTo: RW",
    "------- Forwarded Message -------\nFrom: Siti <siti@example.org>\nDate: On Wednesday, March 12th, 2025\nSubject: Got",  # noqa: E501
    "----- Pesan Terusan -----\nDari: Siti Contoh\nTerkirim: 12 Mar 2025 10.11\nKepada: RW\nSubyek: Got",
    "--- Diteruskan dari Siti Contoh ---\nDari: Siti <siti@example.org>\nTanggal: 12 Mar 2025 10.11\nHal: Got",
    "-----Pesan yang Dilanjutkan-----\nDari: Siti <siti@example.org>\nTanggal: 12 Mar 2025 10.11\nPerihal: Got",
    "---------- Pesan Diteruskan ----------\nDari: Siti\nTanggal: Rab, 12 Mar 2025 10.11\nPerihal: Got\nUntuk: RW",
]  # fmt: skip


@pytest.mark.parametrize("head", FORWARDS)
@pytest.mark.parametrize("subject", ["Fwd: Got", "Terusan: Got", "Got mampet"])
def test_of_a_forwarded_mail_both_words_stay(head: str, subject: str) -> None:
    assert reply_text(f"Mohon dibantu.\n\nSalam,\nRW\n\n{head}\n\n{THEIRS}\n\nSalam,\nSiti", subject) == (
        f"Mohon dibantu.\n\n{THEIRS}"
    )
    assert reply_text(f"{head}\n\n{THEIRS}\n\nDikirim dari HP saya", subject) == THEIRS


OWN = (
    "Lampu di taman bermain dekat pos RW sudah mati sejak dua minggu, anak-anak tidak berani pulang lewat situ. "
    "Mohon segera diganti, kami sudah dua kali bertanya."
)


@pytest.mark.parametrize("head", FORWARDS)
@pytest.mark.parametrize("subject", ["Fwd: Lampu", "Lampu taman"])
def test_a_forwarded_mail_is_an_enclosure_of_a_whole_report(head: str, subject: str) -> None:
    assert reply_text(f"{OWN}\n\nSiti\n\n{head}\n\n{THEIRS}", subject) == OWN


@pytest.mark.parametrize("head", FORWARDS)
def test_words_that_point_below_bring_what_another_wrote(head: str) -> None:
    for own in (
        "Yth. rekan, mohon bantuannya, pengaduan ini kami terima di kotak surat umum padahal bukan kewenangan kami. "
        "Pelapor sudah kami beri tahu lewat telepon.",
        "Selamat pagi, di bawah ini keluhan tetangga saya yang tidak bisa menulis surat sendiri, tolong dibaca dan "
        "dijawab ya pak, beliau sudah sepuh.",
        "Selamat pagi, saya teruskan yang dikirim tetangga sebelah rumah kepada saya kemarin malam, mohon "
        "ditangani karena beliau takut.",
    ):
        assert reply_text(f"{own}\n\n{head}\n\n{THEIRS}", "Fwd: Got") == f"{own}\n\n{THEIRS}"


def test_a_quoted_line_that_a_program_broke_goes_with_its_end() -> None:
    quote = (
        "On Wed, Apr 2, 2025 at 9:55 AM Layanan <surat@kota.example.org> wrote:\n\n"
        "> Pengasapan di RT 07 dijadwalkan tanggal 9 April 2025 pukul tujuh. Mohon warga\nmenutup\n> makanan.\n>"
    )
    assert reply_text(f"Tanggal itu kami tidak di rumah.\n\n{quote}") == "Tanggal itu kami tidak di rumah."
    head = "Pada Rab, 12 Mar 2025 10.11, Layanan <surat@kota.example.org> menulis:"
    between = (
        "> Apakah lampunya masih mati sampai sekarang, dan di tiang berapa?\nmasih, tiang 4\n> Terima kasih"
    )
    assert "masih, tiang 4" in reply_text(f"{head}\n{between}")


def test_a_quote_below_a_line_of_a_ticket_system_or_a_date_behind_the_verb_goes() -> None:
    line = "##- Silakan ketik balasan di atas garis ini -##"
    assert reply_text(f"Belum ada yang datang.\n\n{line}\n\nHalo,\n\nSudah.") == "Belum ada yang datang."
    head = "Ibu Contoh - Layanan <surat@kota.example.org> menulis pada tanggal 30 Sep 2024 14.05:"
    assert reply_text(f"Tidak ada petugas.\n\n{head}\n\nSelalu ada petugas.") == "Tidak ada petugas."


@pytest.mark.parametrize("head", FORWARDS)
def test_what_an_office_wrote_is_no_report_even_when_it_is_forwarded(head: str) -> None:
    office = re.sub(r'(?m)^(Dari|From): "?Siti.*$', r"\1: Layanan Aduan <surat@kota.example.org>", head)
    assert office != head
    assert reply_text(f"Ini tidak benar, got masih mampet.\n\n{office}\n\nSudah dikeruk.", "Fwd: Got") == (
        "Ini tidak benar, got masih mampet."
    )


@pytest.mark.parametrize("sender", ["Sudin SDA <sda@kota.example>", "Kelurahan Contoh <kel@kota.example>"])
def test_an_office_is_known_by_its_name(sender: str) -> None:
    head = f"Begin forwarded message:\n\nFrom: {sender}\nSubject: Re: Got\nDate: 7 July 2025 09.15.44 WIB\nTo: Siti"
    assert reply_text(f"Belum selesai.\n\n{head}\n\nSudah dikeruk.", "Fwd: Re: Got") == "Belum selesai."


BETWEEN = [
    (f"{QUOTED}\n\nDi Jl. Contoh 5.\nSejak Senin.", "Di Jl. Contoh 5.\nSejak Senin."),
    ("Pada Rab, 12 Mar 2025 10.11, Layanan Aduan <surat@kota.example.org> menulis:\n> Di mana?\n\nDi Jl. Contoh 5.\n\n"
     "> Sejak kapan?\n\nSejak Senin.\n\nSalam,\nSiti", "Di Jl. Contoh 5.\n\nSejak Senin."),
    ("On 12/03/2025 10:11, Layanan Aduan wrote:\n> Di mana?\n> Sejak kapan?\n\n1. Jl. Contoh 5\n2. Senin",
     "1. Jl. Contoh 5\n2. Senin"),
    ("Pada 12/03/2025 10.11, Layanan Aduan menulis:\n>\n> Di mana?\n>\nDi Jl. Contoh 5.\n\n-- \nSiti Contoh",
     "Di Jl. Contoh 5."),
    ("Jawaban saya:\n1. Jl. Contoh 5\n2. sejak Senin\n3. ada dua tiang\n\nPada 12 Mar 2025 10.11, Layanan Aduan menulis:\n"  # noqa: E501
     "Mohon jawab:\n1. Di mana?\n2. Sejak kapan?\n3. Berapa?", "Jawaban saya:\n1. Jl. Contoh 5\n2. sejak Senin\n3. ada dua tiang"),  # noqa: E501
    ("- Jl. Contoh 5\n- sejak Senin\n\nDari: Layanan Aduan\nDikirim: 12 Maret 2025 10:11\nKepada: Siti\nPerihal: X\n\nDi mana?",  # noqa: E501
     "- Jl. Contoh 5\n- sejak Senin"),
    ("Sudah saya jawab.\n\nPada Rab, 12 Mar 2025 10.11, A <a@example.org> menulis:\n\n> satu\n>\n> Pada Sel, 11 Mar 2025 09.00,"  # noqa: E501
     " B <b@example.org> menulis:\n>> dua\n>>> tiga", "Sudah saya jawab."),
    ("Ya.\n\n> Pada 12 Mar 2025 10.11, Layanan Aduan menulis:\n>\n> Benar?", "Ya."),
    ("Ya, benar.\n| Benar di Jl. Contoh?\n| Layanan Aduan", "Ya, benar."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "left"), BETWEEN)
def test_answers_below_and_between_stay(text: str, left: str) -> None:
    assert reply_text(text, "Re: Lampu") == left


ALIKE = [
    "Pada tanggal 12 Maret lampu mati, petugas menulis: sudah selesai",
    "Lampu mati.\n\nPada tanggal 12 Maret 2025 petugas menulis:\nsudah selesai. Itu tidak benar.",
    "Lampu mati.\n\nPada 12 Maret 2025 pukul 10.11 petugas menulis:\n\"sudah selesai\". Itu tidak benar.",
    "Lampu mati.\n\nPada Rabu 12 Maret pukul 10.11 Pak RT menulis:\nlampu diganti besok.\n\nSampai sekarang belum.",
    "Lampu mati.\n\nPada tanggal 12 Maret 2025 pukul 10.11 admin Layanan Aduan menulis:\n\"selesai\"\n\nPadahal belum.",
    "Lampu mati.\n\nPada 12 Maret 2025 Layanan Aduan menulis:\n\"Laporan selesai.\"\nPadahal belum.",
    "Lampu mati.\n\nPada 12/3 jam 10.11 di grup WA ada yang menulis:\nkabelnya dicuri orang",
    "Lampu mati.\n\nPada 12/03/2025 jam 10.11 warga di grup RT menulis:\nkabelnya dicuri orang",
    "Lampu mati.\n\nOn Monday 3 March at 10.15 the officer wrote:\nit is done. It is not.",
    "Lampu mati.\n\nTanggal 3 Maret 2025 jam 10.15 saya menulis:\nlampu mati. Tidak dijawab.",
    "Dari kemarin lampu mati.\n\nDari: arah Pasar Minggu\nKe: arah Depok\nmacet total.",
    "Lampu mati.\n\nDari rumah nomor 5 sampai 12 gelap.\nDikirim petugas dua kali, tidak ada hasil.",
    "Lampu mati.\n\nLokasi: Jl. Contoh 5\nTanggal: 12 Maret 2025 10.11\nKe: dinas terkait\nPerihal: lampu jalan",
    "Yth. Dinas,\n\nDari: Siti Contoh <siti@example.org>\nTanggal: 12 Maret 2025\nPerihal: Lampu mati\n\nLampu mati.",
    "Bus telat.\n\nDari: Blok M pukul 10.15\nKe: Kota pukul 11.20\nTanggal: 12 Maret 2025",
    "Kepada: Dinas Bina Marga\nDari: Warga RT 03\nTanggal: 12 Maret 2025\nHal: Lampu mati\n\nLampu mati.",
    "Pesan asli saya tidak dijawab, jadi saya kirim ulang.\nLampu mati.",
    "Lampu mati.\n\nPesan asli dari petugas: sudah selesai. Itu tidak benar.",
    "Kronologi:\n-----\n12 Maret: lampu mati\n13 Maret: lapor\n-----\nMohon bantuan.",
    "Lampu mati. Petugas Andi menulis:\nbesok diganti.\n\nSudah seminggu.",
    "Lampu mati.\n\nSaya teruskan keluhan tetangga:\n\nDi sini juga gelap.",
    "Pagi.\nPada Senin, 3 Maret 2025 pukul 10.15 terjadi kebakaran, saksi menulis:\napi dari dapur.",
    "Lampu mati.\n\nPada 3 Maret 2025 pukul 10.15 saya mengirim surel ke surat@kota.example.org, isinya:\nlampu mati.",
    "Lampu mati.\n\nTanggal 3 Mar 2025 10.15 saya tulis ke surat@kota.example.org begini:\nlampu mati. Tidak dijawab.",
    "Lampu mati.\n\nPada 3 Mar 2025 10.15 tertulis di papan:\nsedang diperbaiki. Bohong.",
    "Lampu mati.\n\nPetugas menulis pada 12/03/2025 10.11:\nsudah selesai. Padahal belum.",
    "Lampu mati.\n\nDi grup RT 12/03/2025 10.11 Pak Budi menulis:\nsabar. Mau sampai kapan?",
    "Lampu mati.\n\nPesan sebelumnya:\nlampu mati sejak Senin.",
    "Lampu mati.\n\nTo: the officer who came\nFrom: a tired citizen\nPlease come back.",
    "Lampu mati.\n\nJadwal:\nTanggal: 12 Maret 2025 10.11\nDari: Halte Contoh\nHal: bus tidak datang\n\nMohon ditambah.",  # noqa: E501
]  # fmt: skip


@pytest.mark.parametrize("text", ALIKE)
def test_sentences_that_look_alike_stay(text: str) -> None:
    assert reply_text(text) == text


@pytest.mark.parametrize(
    "banner",
    [
        "##- Silakan ketik balasan di atas baris ini -##",
        "--- Please reply above this line ---",
        "[EXTERNAL EMAIL] Jangan klik tautan dari pengirim yang tidak dikenal.",
        "CAUTION: This email originated from outside the organization.",
        "Perhatian: surel ini berasal dari luar organisasi.",
    ],
)
def test_what_a_program_wrote_above_the_first_words_goes(banner: str) -> None:
    assert reply_text(f"{banner}\n\nLampu di gang ini mati.") == "Lampu di gang ini mati."
    assert reply_text(f"\n{banner}\nLampu di gang ini mati.") == "Lampu di gang ini mati."
    assert reply_text(banner) == banner


@pytest.mark.parametrize(
    "said",
    [
        "Tolong tulis nomor rumah di atas pagar, garis catnya hilang.",
        "External wall of the school is cracked.\nPlease check.",
        "Perhatian untuk Dishub, lampu merah mati.",
        "Pagar di luar\n[EXTERNAL EMAIL] saya tidak tahu artinya.",
    ],
)
def test_sentences_like_a_banner_stay(said: str) -> None:
    assert reply_text(f"{said}\n\nSudah seminggu.") == f"{said}\n\nSudah seminggu."


def test_a_block_of_four_fields_needs_no_minute() -> None:
    block = "Dari: Layanan Pengaduan\nDikirim: 21 Oktober 2025\nKepada: Warga\nHal: Permintaan foto"
    assert reply_text(f"Ini fotonya.\n\n{block}\n\nMohon kirimkan foto.") == "Ini fotonya."
    other = "Pengirim : Pertamanan\nPenerima : warga\nWaktu : 21 Mei 2024\nHal : lampu"
    assert reply_text(f"Sudah nyala.\n\n{other}\n\nLampu sudah diganti.") == "Sudah nyala."
    for kept in (
        "Dari: Blok M\nKe: Kota\nTanggal: 12 Maret 2025",
        "Dari: warga RT 5\nKepada: Bapak Lurah\nHal: lampu mati\nTempat: gang sawo",
        "Dari: warga\nTanggal: besok\nKepada: Lurah\nHal: rapat",
    ):
        assert reply_text(f"Bus telat.\n\n{kept}\n\nMohon dicek.") == f"Bus telat.\n\n{kept}\n\nMohon dicek."


ELSEWHERE = [
    "Op di 4 mrt 2025 om 10:11 schreef Layanan Aduan <surat@kota.example.org>:",
    "Op dinsdag 4 maart 2025 schreef Layanan Aduan <surat@kota.example.org> het volgende:",
    "在 2025年3月4日,10:11,Layanan Aduan <surat@kota.example.org> 写道:",
    "Layanan Aduan <surat@kota.example.org> 於 2025年3月4日 週二 上午10:11寫道:",
    "2025年3月4日(火) 10:11 Layanan Aduan <surat@kota.example.org>:",
    "2025年 3月 4日 (火) 10:11、Layanan Aduan <surat@kota.example.org>のメール:",
    "2025년 3월 4일 (화) 오전 10:11, Layanan Aduan <surat@kota.example.org>님이 작성:",
    "الثلاثاء، ٤ مارس ٢٠٢٥ ١٠:١١ ص Layanan Aduan <surat@kota.example.org>:",
    "في الثلاثاء، ٤ مارس ٢٠٢٥ في ١٠:١١ ص تمت كتابة ما يلي بواسطة Layanan <surat@kota.example.org>:",
    "เมื่อ อ. ๔ มี.ค. ๒๐๒๕ เวลา ๑๐:๑๑ Layanan Aduan <surat@kota.example.org> เขียนว่า:",
    "Pada tanggal Sel, 4 Mar 2025 pukul 10.11, Layanan\nAduan <surat@kota.example.org>:",
]


@pytest.mark.parametrize("line", ELSEWHERE)
def test_programs_of_other_languages_introduce_a_quote(line: str) -> None:
    for old in (f"\n{QUOTED}", f"\n\n{QUOTED}", f"\n\n{OLD}"):
        assert reply_text(f"{WORDS}\n\n{line}{old}") == WORDS


@pytest.mark.parametrize(
    "said",
    [
        "Pada 4 Maret 2025 pukul 10.11 saya kirim ke Layanan <surat@kota.example.org>:\nlampu mati. Tidak dijawab.",
        "Pada Sel, 4 Mar 2025 10.11 petugas bilang ke saya di kantor:\nbesok diganti. Bohong.",
        "Op dinsdag 4 maart kwam de monteur en zei:\nmorgen is het klaar. Niet waar.",
        "2025年3月4日(火) 10:11 に電話しました:\n誰も出ませんでした。",
    ],
)
def test_sentences_of_other_languages_that_look_alike_stay(said: str) -> None:
    assert reply_text(f"Lampu mati.\n\n{said}") == f"Lampu mati.\n\n{said}"


BLOCK = (
    "Dari: Layanan Aduan <surat@kota.example.org>\nDikirim: Rabu, 12 Maret 2025 10:11\nKepada: Siti\n"
    "Perihal: Re: Lampu"
)
MARKS = [
    "----- Pesan Asli -----\n",
    "________________________________\n",
    "--- Pesan yang diteruskan / balasan ---\n",
]


@pytest.mark.parametrize("mark", MARKS)
def test_answers_between_marked_lines_below_header_fields_stay(mark: str) -> None:
    asked = f"Jawaban saya di bawah.\n\n{mark}{BLOCK}\n\n> Di mana?\n\n{{}}> Sejak kapan?\n\n{{}}"
    answered = asked.format("Di Jl. Contoh 5.\n\n", "Sejak Senin.")
    assert reply_text(answered, "Re: Lampu") == "Jawaban saya di bawah.\n\nDi Jl. Contoh 5.\n\nSejak Senin."
    assert reply_text(asked.format("", ""), "Re: Lampu") == "Jawaban saya di bawah."


@pytest.mark.parametrize(
    "note", ["Jawaban saya tulis dengan huruf besar di bawah.", "See my answers in red below."]
)
def test_answers_that_are_announced_within_a_quote_without_marks_are_not_lost(note: str) -> None:
    left = reply_text(
        f"{note}\n\n{BLOCK}\n\nDi mana?\nDI JL. CONTOH 5\nSejak kapan?\nSEJAK SENIN", "Re: Lampu"
    )
    assert "DI JL. CONTOH 5" in left and "SEJAK SENIN" in left and "Dikirim" not in left


@pytest.mark.parametrize("note", ["Jawaban di bawah tidak benar.", "Saya jawab: lampunya masih mati."])
def test_a_quote_below_other_words_about_answers_goes(note: str) -> None:
    assert reply_text(f"{note}\n\n{BLOCK}\n\nLampu sudah nyala.", "Re: Lampu") == note


def test_many_answered_quotes_take_linear_time() -> None:
    block = f"{BLOCK}\n\n> Di mana?\nDi sini.\n"
    started = time.process_time()
    assert reply_text("Ya.\n\n" + 4000 * block, "Fwd: Lampu").count("Di sini.") == 4000
    assert time.process_time() - started < 10


GLUED = '   ----- Pesan yang Diteruskan -----  Dari: {} Kepada: "Ida" <ida@example.org>Terkirim: Jumat pukul 18.22 WIB'


def test_a_forwarded_mail_whose_header_fields_lost_their_line_breaks() -> None:
    mail = (
        GLUED.format("Opa Contoh <opa@example.org>") + "\n\nToko di depan rumah memutar musik sampai malam."
    )
    own = "Ini dari tetangga saya, mohon dibantu."
    assert (
        reply_text(f"{own}\n\n{mail}", "Fwd: Musik")
        == f"{own}\n\nToko di depan rumah memutar musik sampai malam."
    )
    office = mail.replace("Opa Contoh <opa@example.org>", "Layanan Aduan <surat@kota.example.org>")
    assert reply_text(f"{own}\n\n{office}", "Re: Musik") == own


def test_a_marked_quote_below_a_whole_report_goes_even_when_its_subject_says_forwarded() -> None:
    report = (
        "Begini isi papan dari pengelola, kami penghuni tidak pernah diajak musyawarah. Mulai Juli iuran naik dua kali"
        " lipat dan yang menunggak dua bulan disegel airnya. Apakah itu boleh?"
    )
    wrote = "Pada tanggal Sen, 9 Jun 2025 18.27, Pengelola Contoh <pengelola@rusun.example> menulis:"
    assert reply_text(f"{report}\n\n{wrote}\n> Papan terlampir.", "Fwd: Iuran") == report
    for few in ("Mohon dibaca.", "Mohon dibaca surat dari pengelola ini."):
        text = f"{few}\n\n{wrote}\n> Mulai Juli iuran naik dua kali lipat."
        assert reply_text(text, "Fwd: Iuran") == text
