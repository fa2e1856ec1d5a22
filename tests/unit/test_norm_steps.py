"""Each step by tables of sentences as Jakarta writes them: formal, chatty, in SMS shorthand, in Betawi."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normalizer.categories import Category, categories
from normalizer.folding import fold
from normalizer.kind import judge
from normalizer.language import TwoVoices
from normalizer.media import sniff
from normalizer.moderation import step as moderate
from normalizer.numbers import is_nik, masked, niks, phones, to_e164
from normalizer.pipeline import normalise
from normalizer.place import corrected
from normalizer.place_address import address_of
from normalizer.place_text import read_place
from normalizer.privacy import public
from normalizer.record import Attachment, Complaint, Coordinates, Message, Sender
from normalizer.text import MAX_CHARACTERS, clean, storable, storable_message
from normalizer.text import step as clean_step
from tests.steps import context

CONTEXT = context()
DETECTOR = TwoVoices()


def complaint(text: str) -> Complaint:
    from datetime import UTC, datetime

    return Complaint(
        complaint_id="1", ticket="t", channel="sms", adapter="sms", account="a",
        received_at=datetime(2026, 11, 23, tzinfo=UTC), text=text,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("received", "read"),
    [
        ("  Jalan   rusak \r\n\r\n\r\n\r\n di  sini\t", "Jalan rusak\n\ndi sini"),
        ("tolooooooong!!!!!!!!", "toloong!!!"),
        ("ban\u200bjir\u202e di\u00a0rumah\ufeff", "banjir di rumah"),
        ("𝐁𝐚𝐧𝐣𝐢𝐫 ＲＴ ０５", "Banjir RT 05"),
        ("e\u0301 👩\u200d🚒 200 m²", "é 👩\u200d🚒 200 m²"),
        ("a\x00b\ud800c", "a\ufffdb\ufffdc"),
        ("0812000000000", "0812000000000"),
        ("nik 317506xxxxxx0004, parahhhhh", "nik 317506xxxxxx0004, parahh"),
    ],
)
def test_text(received: str, read: str) -> None:
    assert clean(received) == read


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec=None), max_size=200))
def test_cleaning_is_idempotent_and_valid(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    once.encode()
    storable(text).encode()
    assert len(fold(text)) == len(text)


def test_a_text_too_long_is_cut_flagged_and_kept_whole_as_received() -> None:
    long = "banjir di rumah " * 5000
    record = clean_step(complaint(long), CONTEXT)
    assert len(record.text) <= MAX_CHARACTERS
    assert record.flags == ("text_truncated",)
    assert record.original_text == long
    assert any("cut at" in e.result for e in record.evidence)


def test_look_alikes_fold_for_matching_only() -> None:
    assert fold("Тebеt") == "tebet"
    assert clean("Тebеt") == "Тebеt"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Jalan berlubang di depan rumah, mohon diperbaiki. Terima kasih", "complaint"),
        ("aer kaga ngalir bang", "complaint"),
        ("foto", "complaint"),
        ("Terima kasih pak, jalannya sudah bagus", "thanks"),
        ("makasih min 🙏", "thanks"),
        ("makasih, tapi lampunya masih mati", "complaint"),
        ("SLOT GACOR maxwin hari ini, scatter gampang, klik https://x.example", "spam"),
        ("Ada judi online di warung dekat sekolah, tolong ditertibkan", "complaint"),
        ("Selamat pagi, apa syarat membuat kartu keluarga baru?", "question"),
        ("Kenapa sampah di Tebet belum diangkut?", "complaint"),
        ("Saran saya, taman dibuka sampai malam", "suggestion"),
        ("Got di depan pos sudah dikeruk, sekarang lancar, makasih", "thanks"),
        ("Makasih got depan pos sudah dikeruk, tapi sekarang mampet lagi", "complaint"),
        ("Hebat, seminggu diaspal sudah hancur lagi", "complaint"),
        ("", "complaint"),
    ],
)
def test_kind(text: str, kind: str) -> None:
    found, confidence, _ = judge("", text, CONTEXT.kind_model)
    assert found == kind
    assert 0 < confidence <= 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Lampu jalan di depan sekolah sudah tidak menyala sejak minggu lalu", "id"),
        ("min tlg dong ini sampah udah numpuk bgt gak diangkut2", "id"),
        ("The street light in front of our house has been broken for two weeks", "en"),
        ("Lampune dalan wis mati telung dina, nanging durung didandani", "jv"),
        ("Jalan di payuneun imah abdi geus ruksak pisan, teu aya nu menerkeun", "su"),
        ("Aer kaga ngalir dari kemaren, kite mao mandi aje susah, pegimane nih", "bew"),
        ("halo", "und"),
        ("😀😀 12345", "und"),
    ],
)
def test_language(text: str, code: str) -> None:
    first = DETECTOR.detect(text)
    assert first.language.code == code
    assert DETECTOR.detect(text) == first


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hub 0812-0000-1234 ya", ["+6281200001234"]),
        ("WA 6281200001234", ["+6281200001234"]),
        ("+62 812 0000 1234", ["+6281200001234"]),
        ("telp (021) 3822 255", ["+62213822255"]),
        ("tiket 261123-0042-7", []),
        ("NIK 3171014101900001", []),
        ("rugi Rp 081200001234", []),
        ("tanggal 01-02-2026 10.00", []),
        ("rek BCA 0812000012", []),
        ("sejak 2019 ada 12 rumah", []),
    ],
)
def test_phones(text: str, found: list[str]) -> None:
    assert [number.value for number in phones(text)] == found


def test_numbers_of_providers_and_cards() -> None:
    assert to_e164("62811127206") == "+62811127206"
    assert to_e164("call me") == ""
    assert is_nik("3171014101900001")
    assert not is_nik("3171013201900001")
    assert not is_nik("0071014101900001")
    assert [digits for *_, digits in niks("ktp 3171 0141 0190 0001")] == ["3171014101900001"]
    assert masked("+6281200001234") == "+628••••••••34"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Lampu mati di Kel. Jatinegara", "31.75.06.1001"),
        ("Lampu mati di Jatinegara, Cakung", "31.75.06.1001"),
        ("Lampu mati di Jatinegara", "31.75.03"),
        ("sampah di Kelurahan Gambir, Kecamatan Gambir", "31.71.01.1001"),
        ("sampah numpuk di gambir jakpus", "31.71.01"),
        ("kel. Papango kec Tanjung Priuk", "31.72.02.1003"),
        ("kelurahan kebon jeruuk jakbar", "31.73.05.1001"),
        ("pohon di kelurahan Tengah kecamatan kramat jati", "31.75.04.1002"),
        ("palmerah macet", "31.73.07"),
        ("got mampet di tebet barat", "31.74.01.1002"),
        ("Jalan Raya Bogor macet di Ciracas", "31.75.09"),
        ("banjir di Jaksel", "31.74"),
        ("parkir liar depan Monas", "31.71.01.1001"),
        ("di tengah jalan ada lubang baru, karet ban sobek, setu pagi", ""),
        ("hari senen macet", ""),
        ("banjir di Cipayung, Depok", ""),
        ("Tebet dan Cengkareng sama saja", ""),
        ("tolong", ""),
        # A home is not where it happened, unless nothing else is named.
        ("saya warga Tebet, jalan rusak di Cideng", "31.71.01.1002"),
        ("Rumah saya di Koja. Sampah menumpuk di Warakas", "31.72.02.1007"),
        ("sy wrg Tebet, sampah ga diangkut", "31.74.01"),
        ("Saya orang Bekasi kerja di Kwitang", "31.71.04.1005"),
        # Rivers, people, directions, streets and prices bear places' names.
        ("kali Krukut meluap", ""),
        ("pak Halim menolak", ""),
        ("harga cabai Bangka naik", ""),
        ("Jl. Kebon Jeruk Raya macet", ""),
        ("Jl. Tebet Barat Dalam macet", "31.74.01"),
        ("lampu jalan Tebet Barat mati", "31.74.01.1002"),
        ("pasar minggu pagi bikin macet", ""),
        # Written in haste.
        ("kb jeruk banjir", "31.73.05"),
        ("kpg melayu banjir", "31.75.03.1001"),
        ("diTebet banjir", "31.74.01"),
        ("#BanjirTebetBarat", "31.74.01.1002"),
        ("utankayu slt gelap", "31.75.01.1006"),
        ("kel jlambar", "31.73.02.1004"),
        ("jaga karsa sampah", "31.74.09"),
        # Two of one kecamatan, two of one city.
        ("Tebet Barat dan Tebet Timur gelap", "31.74.01"),
        ("lampu mati di Tebet dan di Cilandak", "31.74"),
    ],
)
def test_place_in_words(text: str, code: str) -> None:
    found = read_place(text, CONTEXT.places)
    assert (found.path.code if found.path else "") == code


def test_places_beyond_the_province() -> None:
    assert read_place("banjir di Bekasi", CONTEXT.places).outside_sure
    assert read_place("banjir di Cipayung, Depok", CONTEXT.places).outside_sure
    assert not read_place("Jalan Raya Bogor rusak", CONTEXT.places).outside_sure
    assert not read_place("bus arah Depok penuh", CONTEXT.places).outside_sure


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Jl. Kebon Sirih No. 5 RT 05/RW 03 banyak lubang", "Jl. Kebon Sirih No. 5 RT 05/RW 03"),
        ("jalan rusak di depan rumah", ""),
        ("di Jalan Jenderal Sudirman macet", "Jalan Jenderal Sudirman"),
        ("warga RT 05/RW 03 resah", "RT 05/RW 03"),
    ],
)
def test_address(text: str, address: str) -> None:
    assert address_of(text) == address


@pytest.mark.parametrize(
    ("latitude", "longitude", "right", "problem"),
    [
        (-6.2, 106.8, (-6.2, 106.8), ""),
        (106.8, -6.2, (-6.2, 106.8), "swapped"),
        (6.2, 106.8, (-6.2, 106.8), "minus"),
        (0.0, 0.0, None, "default"),
        (200.0, 300.0, None, "out of range"),
        (float("nan"), 1.0, None, "no numbers"),
        (-7.79, 110.37, (-7.79, 110.37), ""),
    ],
)
def test_coordinates(
    latitude: float, longitude: float, right: tuple[float, float] | None, problem: str
) -> None:
    point, said = corrected(Coordinates(latitude=latitude, longitude=longitude))
    assert (point and (point.latitude, point.longitude)) == right
    assert problem in said
    assert bool(problem) == bool(said)


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("TOLONG ada kebakaran di belakang pasar, api membesar", ("emergency",)),
        ("banjir masuk rumah sudah sepinggang", ("emergency",)),
        ("kabel rawan kebakaran rumah", ()),
        ("kalau terjadi kecelakaan siapa tanggung jawab", ()),
        ("lampu jalan mati", ()),
        ("petugasnya goblok", ("abusive",)),
    ],
)
def test_flags(text: str, flags: tuple[str, ...]) -> None:
    record = moderate(complaint(text), CONTEXT)
    assert record.flags == flags
    assert [e.result for e in record.evidence] == list(flags)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Nama saya Siti Contoh, hp 0812-0000-1234", "Nama saya [nama], hp [nomor telepon]"),
        ("NIK 3171014101900001 surel siti@example.org", "NIK [nomor identitas] surel [email]"),
        ("mobil B 1234 XYZ parkir di Jl. Melati No. 5 RT 05/RW 03", None),
        ("transfer ke BCA 1234567890", "transfer ke BCA [nomor rekening]"),
        ("lihat https://siti.example.org/a?id=3 @sitic", "lihat [tautan siti.example.org] [akun]"),
        ("@DKIJakarta lubang 20 cm sejak 2019", "@DKIJakarta lubang 20 cm sejak 2019"),
        ("BUDI CONTOH sudah lapor, kata Budi lambat", "[nama] sudah lapor, kata [nama] lambat"),
    ],
)
def test_public_text(text: str, shown: str | None) -> None:
    expected = shown or "mobil [pelat nomor] parkir di Jl. Melati No. […] RT 05/RW 03"
    assert public(text, names=["Budi Contoh"]) == expected


def test_confidential_is_masked_more_strictly() -> None:
    text = "Pak Joko Contoh di Jl. Melati Raya RT 05/RW 03 minta 500000, lapor Pak Lurah"
    assert public(text, strict=True) == "Pak [nama] di [alamat] [RT/RW] minta [nomor], lapor Pak Lurah"


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\0", "image/png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "image/heic"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "image/avif"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "video/mp4"),
        (b"\0\0\0\x18ftyp3gp5\0\0\0\0", "video/3gpp"),
        (b"\0\0\0\x18ftypM4A \0\0\0\0", "audio/mp4"),
        (b"\x1a\x45\xdf\xa3\x01\0\0\0B\x82\x84webm", "video/webm"),
        (b"#!AMR\n", "audio/amr"),
        (b"OggS\0\x02OpusHead", "audio/ogg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"%PDF-1.7", "application/pdf"),
        (b"PK\x03\x04" + b"\0" * 26 + b"mimetypeapplication/vnd.oasis.opendocument.textPK",
         "application/vnd.oasis.opendocument.text"),
        (b"PK\x03\x04" + b"\0" * 26 + b"[Content_Types].xml..word/document.xml",
         "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"PK\x03\x04" + b"\0" * 26 + b"foto/a.jpg", "application/zip"),
        (b"<!DOCTYPE html><p>", "text/html"),
        (b"<!-- a --><!-- b -->" * 20 + b"<script>", "text/html"),
        (b"\xef\xbb\xbf  <html>", "text/html"),
        (b'<?xml version="1.0"?><svg onload="x">', "image/svg+xml"),
        (b"BEGIN:VCARD\r\n", "text/vcard"),
        (b"Received: from a\r\nSubject: b\r\n\r\n", "message/rfc822"),
        ("Dengan hormat, é".encode(), "text/plain"),
        (b"\x7fELF\x02\x01\x01", "application/octet-stream"),
        (b"MZ\x90\0", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)  # fmt: skip
def test_sniff(head: bytes, media_type: str) -> None:
    assert sniff(head) == media_type


@given(st.binary(max_size=200))
def test_sniff_never_fails(head: bytes) -> None:
    assert "/" in sniff(head)


@pytest.mark.parametrize(
    "head",
    [b"<!-- -->" * 512, b"<!--" * 1024, b"A:b\n " * 800, b"a:\r\n" * 1000 + b"\0", b"<?" * 2048],
)
def test_sniff_takes_no_time_on_crafted_files(head: bytes) -> None:
    began = time.process_time()
    sniff(head)
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "1",
        "1 ",
        "jl A ",
        "a@",
        "kel abcd ",
        "tebet ",
        "0812 ",
        "nama saya Ab ",
        "rek bca ",
        "(0",
        "rt 1/",
        "B 1234 ",
        "-6.1234,",
    ],
)
def test_no_crafted_text_holds_the_steps_up(piece: str) -> None:
    record = complaint((piece * 50_000)[:50_000])
    began = time.process_time()
    normalise(record, CONTEXT)
    assert time.process_time() - began < 5


def test_categories_hold_from_their_day() -> None:
    assert {"banjir_genangan", "lainnya"} <= {c.code for c in categories(date(2026, 11, 23))}
    dated = Category(
        code="x", label_id="x", label_en="x", valid_from=date(2027, 1, 1), valid_to=date(2027, 12, 31)
    )
    days = [date(2026, 12, 31), date(2027, 1, 1), date(2027, 12, 31), date(2028, 1, 1)]
    assert [dated.holds(day) for day in days] == [False, True, True, False]


@pytest.mark.parametrize("odd", ["\x00", "\ud800"])
def test_what_no_store_can_hold_stands_in_no_field_of_a_message(odd: str) -> None:
    message = Message(
        external_id=f"1{odd}",
        sent_at=datetime(2026, 11, 23, 4, 30, tzinfo=UTC),
        sender=Sender(reference="r", name=f"Siti{odd}Contoh"),
        text=f"Lampu mati{odd}",
        follows=(f"0{odd}",),
    )
    kept = storable_message(message)
    assert kept.sender.name == "Siti\ufffdContoh"
    assert (kept.external_id, kept.text, kept.follows) == ("1\ufffd", "Lampu mati\ufffd", ("0\ufffd",))
    assert kept.sent_at == message.sent_at
    plain = Message(external_id="1", text="Lampu mati")
    assert storable_message(plain) is plain


def test_a_number_that_no_store_can_hold_is_none() -> None:
    files = tuple(Attachment(size=size) for size in (10**30, -(10**30), 2**63 - 1))
    kept = storable_message(Message(external_id="1", text="Lampu mati", attachments=files))
    assert [file.size for file in kept.attachments] == [0, 0, 2**63 - 1]
