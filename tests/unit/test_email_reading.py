"""Quotes, HTML, names, machine mails, bombs: what the mail parser makes of each."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from adapters.base import Accepted, Ignored, Item
from adapters.email import html, verify
from adapters.email.addresses import mailboxes
from adapters.email.body import clean_name
from adapters.email.parse import parse
from adapters.email.quotes import reply_text
from adapters.email.settings import EmailSettings
from adapters.email.words import decode_words, parameters
from normalizer.record import RawEvent

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
TOP = b"From: Siti Contoh <siti@example.org>\r\nMessage-ID: <x@example.org>\r\nSubject: Banjir\r\n"


def read(data: bytes, settings: EmailSettings = EmailSettings(), **envelope: str) -> Item:  # noqa: B008
    return parse(RawEvent(account="surat", received_at=NOW, body=data, envelope=envelope), settings)[0]


QUOTES = [
    ("Pada Sen, 3 Nov 2025 pukul 10.15 Aduan <a@example.org> menulis:\n> lama", "gmail"),
    ("Pada tanggal Sen, 3 Nov 2025 10.15, Aduan <a@example.org>\nmenulis:\n\n> lama", "gmail, two lines"),
    ("Pada Senin, 3 November 2025 10.15.00 WIB, Aduan <a@example.org> menulis:\n\nlama", "yahoo, unmarked"),
    ("Dari: Aduan <a@example.org>\nDikirim: 3 November 2025 10:15\nKepada: Siti\nPerihal: Banjir\n\nlama", "outlook"),
    ("________________________________\nDari: Aduan\nDikirim: Senin, 3 November 2025 10.15\nKepada: S\nPerihal: B\n\nlama",  # noqa: E501
     "outlook with a rule"),
    ("-------- Pesan asli --------\nDari: Aduan\n\nlama", "samsung"),
    ("-----Pesan Asli-----\nlama", "old outlook"),
    ("-----Original Message-----\nlama", "english outlook"),
    ("On Mon, 3 Nov 2025 at 10:15, Aduan <a@example.org> wrote:\n> lama", "english"),
    ("Am Mo., 3. Nov. 2025 um 10:15 Uhr schrieb Aduan <a@example.org>:\n> lama", "german"),
    ("Le lun. 3 nov. 2025 à 10:15, Aduan <a@example.org> a écrit :\n> lama", "french"),
    ("El lun, 3 nov 2025 a las 10:15, Aduan (<a@example.org>) escribió:\n> lama", "spanish"),
    ("Il giorno lun 3 nov 2025 alle ore 10:15 Aduan <a@example.org> ha scritto:\n> lama", "italian"),
    ("Op ma 3 nov 2025 om 10:15 schreef Aduan <a@example.org>:\n> lama", "dutch"),
    ("Den mån 3 nov. 2025 kl 10:15 skrev Aduan <a@example.org>:\n> lama", "swedish"),
    ("Em seg., 3 de nov. de 2025 às 10:15, Aduan <a@example.org> escreveu:\n> lama", "portuguese"),
    ("W dniu pon., 3 lis 2025 o 10:15 Aduan <a@example.org> napisał(a):\n> lama", "polish"),
    ("2025年11月3日(月) 10:15 Aduan <a@example.org>:\n> lama", "japanese"),
    ("Aduan <a@example.org> 于2025年11月3日周一 10:15写道：\n> lama", "chinese"),
    ("2025년 11월 3일 (월) 오전 10:15, Aduan <a@example.org>님이 작성:\n> lama", "korean"),
    ("Dikirim dari iPhone saya", "iphone"),
    ("Dikirim dari Yahoo Mail di Android", "yahoo mail"),
    ("Terkirim dari perangkat Samsung saya", "samsung telephone"),
    ("Dapatkan Outlook untuk Android <https://aka.ms/x>", "outlook telephone"),
    ("-- \nSiti Contoh\nRT 03", "signature"),
]  # fmt: skip


@pytest.mark.parametrize(("below", "name"), QUOTES, ids=[name for _, name in QUOTES])
def test_what_stands_below_the_words_of_a_citizen_is_taken_off(below: str, name: str) -> None:
    words = "Selamat pagi,\n\nlampu masih mati.\n\nTerima kasih"
    for name in ("", "\nSiti Contoh", "\n\nHormat saya,\nSiti Contoh\nKetua RT 03\nHP 0812-0000-1234"):
        assert reply_text(f"{words}{name}\n\n{below}\n") == words


KEPT = [
    "Yth. Bapak Gubernur,\nDari: Warga RT 03\nKepada: Gubernur\nTanggal: 3 November 2025\nPerihal: Jalan rusak\n\nRusak.",  # noqa: E501
    "Pada hari Minggu 2 November tetangga saya menulis:\njalan ini rusak.",
    "Pada rapat 3 Maret Pak RT berkata begini:\nsaluran mampet",
    "Laporan:\n--\n" + "\n".join(f"{n}. Lubang di jalan nomor {n}" for n in range(30)),
    "> hanya kutipan\n> tanpa kata sendiri",
    "Dikirim dari desa saya, surat ini tidak pernah dibalas.",
    "Salam,\nSiti",
    "Salam,\n\nsaya Siti, warga RT 03. Got mampet.",
    "Got mampet. Terima kasih\nTolong cepat",
    "Got mampet.\nMakasih ya\nPak",
    "Got mampet.\n\nTerima kasih\nJl. Melati No 5 Tebet",
    "Terima kasih\nAndi\n\nSaya mau lapor got mampet.",
    "Got mampet.\n\nSalam dari saya\nyang menunggu jawaban sejak lama sekali",
    "Got mampet.\n\nTerima kasih\nLokasi: Jl. Melati 5",
    "Pada hari Senin, 3 November 2025 pukul 10.15 Pak RW menulis:\nsurat ke kelurahan, belum dijawab.",
    "Banjir lagi, terdampak\n> 20 rumah di RT 03.",
    "Pada hari Senin, 3 November 2025 Pak RW menulis:\nsurat ke kelurahan, belum dijawab.",
]


@pytest.mark.parametrize("text", KEPT)
def test_in_doubt_the_words_stay(text: str) -> None:
    assert reply_text(text) == text


def test_answers_between_the_lines_stay() -> None:
    text = "Pada Sen, 3 Nov 2025 10:15 A <a@example.org> menulis:\n> Di mana?\nDi Jalan Melati.\n> Sejak kapan?\nSenin."
    assert reply_text(text) == "Di Jalan Melati.\nSenin."


def test_html_keeps_what_a_reader_sees() -> None:
    page = (
        "<style>x</style><div style='display: none'>pratinjau</div><p>Satu<br>dua&nbsp;&amp; tiga</p>"
        "<ul><li>a<li>b</ul><table><tr><td>RT<td>03</table><a href='https://example.org'>tautan</a><script>y</script>"
    )
    assert html.to_text(page) == ("Satu\ndua & tiga\n\n- a\n- b\n\nRT\t03\n\ntautan", False)


@pytest.mark.parametrize(
    "tag", ["<div>", "<b><p>", "<table><tr><td>", "<ul><li>", "<font size=1><p>", "<p>x", "<a>"]
)
def test_crafted_html_loses_no_text_and_no_time(tag: str) -> None:
    began = time.monotonic()
    text, cut = html.to_text(tag * (900_000 // len(tag)) + "ujung")
    assert text.endswith("ujung")
    assert not cut
    assert time.monotonic() - began < 20
    assert html.to_text("x" * 2_000_000)[1], "what is over the cap is said to be cut"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\foto\\rumah.jpg", "rumah.jpg"),
        ("gpj.\u202efoto\x00.exe", "gpj.foto.exe"),
        ("a" * 4000 + ".pdf", "a" * 140 + ".pdf"),
        ("..", ""),
    ],
)
def test_file_names_are_only_for_showing(name: str, shown: str) -> None:
    assert clean_name(name) == shown


def test_words_and_parameters_of_every_style() -> None:
    assert decode_words("=?utf-8?B?w6k=?= =?iso-8859-1?Q?_caf=E9?= ya") == "é café ya"
    assert decode_words(b"=?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?=") == "€"
    assert decode_words("=?klingon?Q?a?=") == "a"
    assert parameters(b'a/b; name*=utf-8\'id\'na%20ma; x="a\\"b; c"; y=1') == {
        "name": "na ma",
        "x": 'a"b; c',
        "y": "1",
    }
    assert parameters(b"a/b; f*0=satu; f*1*=%20dua; f*2=tiga") == {"f": "satu duatiga"}


def test_addresses_that_crash_the_standard_library() -> None:
    assert mailboxes(b"<") == []
    assert mailboxes(b'"Contoh, Siti" <SITI@example.org>, budi@example.org (Budi)') == [
        ("Contoh, Siti", "siti@example.org"),
        ("Budi", "budi@example.org"),
    ]
    assert mailboxes(b"Warga: a@example.org, <b@example.org>;")[1].address == "b@example.org"


MACHINES = [
    (b"From: a@example.org\r\nAuto-Submitted: auto-generated\r\n\r\nx", "auto_reply"),
    (b"From: a@example.org\r\nX-Autoreply: yes\r\n\r\nx", "auto_reply"),
    (b"From: a@example.org\r\nSubject: Automatische Antwort: x\r\n\r\nx", "auto_reply"),
    (b"From: a@example.org\r\nPrecedence: bulk\r\n\r\nx", "mailing_list"),
    (b"From: postmaster@example.org\r\nSubject: Failure notice\r\n\r\nx", "bounce"),
    (b"From: a@example.org\r\nX-Failed-Recipients: b@example.org\r\nSubject: x\r\n\r\nx", "bounce"),
    (b"From: DKI+x@jakarta.go.id\r\nSubject: x\r\n\r\nx", "own_echo"),
]


@pytest.mark.parametrize(("mail", "reason"), MACHINES)
def test_machines_are_recognised(mail: bytes, reason: str) -> None:
    item = read(mail)
    assert isinstance(item, Ignored)
    assert item.reason == reason


PEOPLE = [
    b"Subject: Fwd: Undelivered Mail Returned to Sender\r\n\r\nTolong: 550 5.1.1 user unknown",
    b"Subject: Mail delivery failed\r\n\r\nSurat saya ditolak: Diagnostic-Code: smtp; 550",
    b"Auto-Submitted: no\r\nSubject: x\r\n\r\nx",
    b"X-Auto-Response-Suppress: All\r\nSubject: x\r\n\r\nLampu mati",
    b"List-Id: <dki.jakarta.go.id>\r\nSubject: x\r\n\r\nLampu mati",
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nLihat ini\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"  # noqa: E501
    b"From: MAILER-DAEMON@x\r\nSubject: Undelivered Mail\r\n\r\nfailed\r\n--b--",
]


@pytest.mark.parametrize("mail", PEOPLE)
def test_people_who_speak_of_machines_are_heard(mail: bytes) -> None:
    assert isinstance(read(b"From: siti@example.org\r\n" + mail), Accepted)


def nested(depth: int) -> bytes:
    return b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(depth)
    )


BOMBS = {
    "depth": TOP + nested(2000) + b"\r\nhalo",
    "parts": TOP + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nhalo\r\n" * 20_000,
    "headers": TOP + b"".join(b"X-%d: y\r\n" % n for n in range(20_000)) + b"\r\nhalo",
    "addresses": b"To: "
    + b", ".join(b"a%d <a%d@b.c>" % (n, n) for n in range(20_000))
    + b"\r\n"
    + TOP
    + b"\r\nhalo",
    "brackets": b"From: " + b"<(" * 30_000 + b"\r\nMessage-ID: <[\r\n\r\nhalo",
    "words": b"Subject: " + b"=?utf-8?q?a" * 20_000 + b"\r\nFrom: a@b.c\r\n\r\nhalo",
    "parameters": TOP + b"Content-Type: text/plain" + b"; a*0*=b" * 20_000 + b"\r\n\r\nhalo",
    "boundaries": TOP
    + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    + b"--bx\n" * 1_000_000
    + b"halo",
    "delimiters": TOP + b"\r\nhalo" + b"\r\n--" * 200_000,
    "attributions": TOP + b"\r\nhalo\r\n" + b"On a@ 10:15\r\n" * 60_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_read_within_bounds(name: str) -> None:
    began = time.monotonic()
    item = read(BOMBS[name])
    assert time.monotonic() - began < 15
    assert isinstance(item, Accepted)
    msgspec.msgpack.encode(item.message)


@effort(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*TOP.split(b" "), b"\r\n", b"=?utf-8?q?", b"--b", b"\x00", b"\xff", b";", b"<", b"\n"]),  # noqa: E501
                max_size=60))  # fmt: skip
def test_no_heap_of_pieces_crashes_the_parser(pieces: list[bytes]) -> None:
    head = b"Content-Type: multipart/mixed; boundary=b\r\nMessage-ID: <" if len(pieces) % 2 else b""
    msgspec.msgpack.encode(read(head + b"".join(pieces)))


@effort(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_crash_the_parser(data: bytes) -> None:
    msgspec.msgpack.encode(read(data))
    msgspec.msgpack.encode(read(TOP + data))


def test_the_same_mail_by_another_way_is_the_same_and_another_mail_is_not() -> None:
    one, again = read(TOP + b"\r\nsatu"), read(b"Received: by imap\r\n" + TOP + b"\r\nsatu\r\n")
    other = read(TOP + b"\r\ndua")
    assert isinstance(one, Accepted)
    assert isinstance(again, Accepted)
    assert isinstance(other, Accepted)
    assert one.message.external_id == again.message.external_id == other.message.external_id
    assert one.message.version == again.message.version != other.message.version


def test_only_the_named_server_is_trusted_for_verdicts() -> None:
    settings = EmailSettings(verify="header", authserv_id="mx.jakarta.go.id")
    forged = b"Authentication-Results: evil.example.org; dkim=pass; spf=pass\r\n"
    real = b'Authentication-Results: mx.jakarta.go.id 1;\r\n spf=fail (says dkim=pass) smtp.mailfrom="x;dmarc=pass"; dkim=none\r\n'  # noqa: E501
    item = read(forged + real + TOP + b"\r\nx", settings)
    assert isinstance(item, Accepted)
    proof = item.message.authenticity
    assert (proof.spf, proof.dkim, proof.dmarc) == ("fail", "none", "")


# pyspf and its kin have escapes in their docstrings that newer compilers warn about.
@pytest.mark.filterwarnings("ignore")
def test_verdicts_by_dns_with_a_real_signature() -> None:
    import dkim  # type: ignore[import-untyped]

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    records = {
        ("k._domainkey.example.org", "TXT"): [f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"],
        ("example.org", "TXT"): ["v=spf1 ip4:192.0.2.1 -all"],
        ("_dmarc.example.org", "TXT"): ["v=DMARC1; p=reject"],
    }

    def lookup(name: str, kind: str) -> list[str]:
        return records.get((name, kind), [])

    mail = TOP + b"\r\nBanjir\r\n"
    signed = dkim.sign(mail, b"k", b"example.org", pem, include_headers=[b"from", b"subject"]) + mail
    envelope = {"mail_from": "siti@example.org", "remote": "192.0.2.1", "helo": "mx.example.org"}

    def judged(body: bytes, **changed: str) -> str:
        raw = RawEvent(account="surat", received_at=NOW, body=body, envelope=envelope | changed)
        return verify.by_dns(raw, lookup, "aduan.example.go.id")

    assert judged(signed) == "spf=pass; dkim=pass; dmarc=pass"
    assert (
        judged(signed.replace(b"Banjir", b"Kering"), remote="198.51.100.9")
        == "spf=fail; dkim=fail; dmarc=fail"
    )
    settings = EmailSettings(verify="dns")
    item = read(signed, settings, auth_results=judged(signed))
    assert isinstance(item, Accepted)
    assert item.message.authenticity.dmarc == "pass"


SIGNED = [
    ("Got mampet.\n\nSalam, Budi", "Got mampet."),
    ("Got mampet.\n\nHormat kami,\n\n\nAndi Contoh\nKetua RT 05", "Got mampet."),
    ("Got mampet.\n\nTerima kasih.\n\nBudi\n0812-0000-1234", "Got mampet.\n\nTerima kasih."),
    ("Got mampet.\nMakasih\n- Rani", "Got mampet.\nMakasih"),
    ("Got mampet.\nWassalamualaikum wr. wb.\nAhmad Contoh", "Got mampet.\nWassalamualaikum wr. wb."),
    ("The drain is blocked.\n\nThanks,\nDewi", "The drain is blocked.\n\nThanks,"),
    ("Got mampet.\n\nMatur nuwun\nSuwarti", "Got mampet.\n\nMatur nuwun"),
    ("Got mampet.\n\nTerima kasih\nBu Retno", "Got mampet.\n\nTerima kasih"),
    ("Got mampet.\n\nTerima kasih\nWarga RT 03", "Got mampet.\n\nTerima kasih"),
    ("Got mampet.\n\nmakasih\nrani", "Got mampet.\n\nmakasih"),
    ("Got mampet.\n\nSalam olahraga,\nAndi", "Got mampet."),
    ("Got mampet.\n\nTerima kasih\nWA 0812-0000-1234\nsiti@example.org", "Got mampet.\n\nTerima kasih"),
    ("Got mampet.\n\nSalam,\nBudi\n\nNB: foto menyusul", "Got mampet.\n\nNB: foto menyusul"),
    ("Got mampet.\n\nRegards\nBudi Contoh, S.E.\nPT Contoh\nT +62 21 5550 1234 | M 0812 0000 1234\n\n"
     "This message is intended only for the addressee.", "Got mampet."),
    ("Got mampet.\n\nPERINGATAN: Isi surel ini rahasia dan hanya ditujukan kepada penerima.", "Got mampet."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "left"), SIGNED)
def test_formula_name_and_disclaimer_go_and_thanks_stay(text: str, left: str) -> None:
    assert reply_text(text) == left


FIELDS = "Dari: Siti <siti@example.org>\nTanggal: Sen, 3 Nov 2025 pukul 10.15\nSubjek: Banjir\nKepada: <rt@example.org>"
FORWARDED = [
    f"Mohon dibantu.\n\nSalam,\nRW\n\n--- Pesan terusan ---\n{FIELDS}\n\nBanjir sedada.\n\nSalam,\nSiti",
    f"Mohon dibantu.\n\n________________________________\n{FIELDS}\nImportance: High\n\nBanjir sedada.",
    "Mohon dibantu.\n\nBegin forwarded message:\n\n> From: Siti <siti@example.org>\n> Date: 3 November 2025 10.15\n>\n"
    "> Banjir sedada.",
]


@pytest.mark.parametrize("text", FORWARDED)
def test_of_a_forwarded_mail_the_words_of_both_stay(text: str) -> None:
    assert reply_text(text, "Fwd: Banjir") == "Mohon dibantu.\n\nBanjir sedada."


def test_what_we_wrote_is_a_quote_even_when_it_is_forwarded_to_us() -> None:
    ours = FIELDS.replace("siti@example.org", "surat@kota.example.org")
    text = f"Ini balasan Anda.\n\n-----Pesan Asli-----\n{ours}\n\nSudah ditangani."
    assert (
        reply_text(text, "FW: Banjir", lambda address: address == "surat@kota.example.org")
        == "Ini balasan Anda."
    )
    assert reply_text(text, "FW: Banjir") == "Ini balasan Anda.\n\nSudah ditangani."


def test_long_and_odd_texts_take_linear_time() -> None:
    for line in (
        "Hormat saya,\n",
        "Terima kasih\nBudi\n",
        "Dari: a\n",
        "Pada a@b menulis:  ",
        "[image: ",
        "--\n",
    ):
        text = "Got mampet.\n" + line * (200_000 // len(line))
        began = time.process_time()
        reply_text(text, "Fwd: x")
        reply_text(text)
        assert time.process_time() - began < 3, line
