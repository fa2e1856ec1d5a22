"""The doors of `make demo`: what an invented citizen says at each, and what the CRM's record must then hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec
from msgspec import Struct

from adapters.base import Letter
from complaint_queue import wire
from intake.simulate import photo
from normalizer.errors import KanalError
from normalizer.identity import read_ticket
from normalizer.record import Complaint, ComplaintEvent
from normalizer.sentence import Sentence

#: The adapter's simulator; a mail with a video, as LaporVideo takes it; a clerk of `office`; or `kanal import`.
Way = Literal["simulator", "video", "clerk", "import"]
#: What is said, and a kelurahan whose name is nobody else's.
SAID = (
    (
        "Selamat pagi, jalan di depan pasar berlubang besar sejak dua minggu yang lalu. Mohon segera diperbaiki.",
        "Kenari",
    ),
    (
        "Lampu jalan di RT 03 RW 05 mati semua, warga takut lewat kalau malam. Mohon diperiksa.",
        "Cakung Barat",
    ),
    (
        "Sampah sudah menumpuk di pinggir kali selama tiga hari dan baunya sampai ke sekolah.",
        "Kampung Melayu",
    ),
    (
        "Saluran air di depan rumah kami mampet, setiap kali hujan langsung banjir sampai ke dalam.",
        "Sunter Jaya",
    ),
    (
        "Ada pohon tumbang yang menutup separuh jalan, kendaraan tidak bisa lewat. Tolong segera dibersihkan.",
        "Ragunan",
    ),
)
#: Kelurahan Kenari: for doors that are told a kelurahan's code, and where one of the demo's clerks sits.
KENARI = "31.71.04.1002"
#: Account, the channel under which it counts, and whether a photo comes along.
ACCOUNTS = (
    ("email-dki", "email", True),
    ("sms-twilio", "sms", True),
    ("sms-vonage", "sms", False),
    ("sms-infobip", "sms", False),
    ("sms-kannel", "sms", False),
    ("sms-playsms", "sms", False),
    ("sms-declarative", "sms", False),
    ("telegram-dki", "telegram", True),
    ("whatsapp-dki", "whatsapp", True),
    ("facebook-dki", "facebook", True),
    ("facebook-gubernur", "medsos_gubernur", False),
    ("instagram-dki", "instagram", True),
    ("instagram-gubernur", "medsos_gubernur", False),
    ("x-dki", "twitter", False),
    ("x-gubernur", "medsos_gubernur", False),
    ("jaki", "jaki", True),
    ("balai-warga", "balai_warga", True),
    ("sp4n-lapor", "sp4n_lapor", True),
    ("open311", "open311", True),
)
#: Office, its channel, what a citizen says to the clerk there, and where it is: Kenari, else `ISLAND`.
COUNTERS = (
    (KENARI, "kantor_kelurahan", "Trotoar di dekat puskesmas rusak, kursi roda tidak bisa lewat."),
    ("31.71.04", "kantor_kecamatan", "Pedagang menutup seluruh trotoar di depan stasiun setiap sore."),
    ("31.71", "kantor_walikota", "Taman di sebelah rumah susun sudah lama tidak dirawat dan gelap."),
    ("31.01", "kantor_walikota", "Dermaga untuk kapal penumpang rusak dan licin kalau hujan."),
    ("inspektorat", "kantor_inspektorat", "Petugas loket meminta uang untuk surat pengantar yang gratis."),
    ("balai_kota", "balai_kota", "Air bersih di rumah kami tidak mengalir sejak hari Senin."),
)
ISLAND = "31.01.01.1001"
#: The account at which the words name no place, and the photo alone tells where.
BY_PHOTO = "balai-warga"
#: How long the mailed film lasts.
FILM_SECONDS = 3
#: At the Inspektorat: the office whose official it is about, as a clerk finds it.
ABOUT, ABOUT_NAME = "31.71.04", "Kecamatan Senen"


class Door(Struct, frozen=True, kw_only=True):
    """One way in, what a citizen says there, and what the record must hold."""

    name: str
    account: str
    channel: str
    letter: Letter
    kelurahan: str
    way: Way = "simulator"
    office: str = ""
    against: str = ""
    confidential: bool = False
    videos: int = 0
    by_photo: bool = False


def doors() -> tuple[Door, ...]:
    """Every row of the table of channels at least once, in its order as far as the accounts have one."""
    found = [_of_account(number, *row) for number, row in enumerate(ACCOUNTS, 1)]
    found += [_counter(number, *row) for number, row in enumerate(COUNTERS, len(found) + 1)]
    text = "Ada yang membuang limbah ke kali pada malam hari, rekamannya terlampir."
    letter = _letter(len(found) + 1, text, "Sunter Jaya")
    found.append(
        Door(
            name="lapor-video", account="email-dki", channel="lapor_video", letter=letter,
            kelurahan="Sunter Jaya", way="video", confidential=True, videos=1,
        )
    )  # fmt: skip
    letter = _letter(len(found) + 1, *SAID[2])
    name = "qlue-2018"
    found.append(
        Door(name=name, account=name, channel="qlue", letter=letter, kelurahan=SAID[2][1], way="import")
    )
    return tuple(found)


def _of_account(number: int, account: str, channel: str, with_photo: bool) -> Door:
    coded = account == "open311"
    text, kelurahan = SAID[0] if coded else SAID[number % len(SAID)]
    letter = _letter(number, text, kelurahan, KENARI if coded else "", with_photo)
    by_photo = account == BY_PHOTO
    if by_photo:
        letter = msgspec.structs.replace(letter, text=text)
    return Door(
        name=account, account=account, channel=channel, letter=letter, kelurahan=kelurahan, by_photo=by_photo
    )


def _counter(number: int, office: str, channel: str, text: str) -> Door:
    secret = office == "inspektorat"
    code, kelurahan = (ISLAND, "Pulau Panggang") if office == "31.01" else (KENARI, "Kenari")
    return Door(
        name=f"loket {office}", account="loket", channel=channel, kelurahan=kelurahan, way="clerk", office=office,
        letter=_letter(number, text, kelurahan, code, with_photo=office == KENARI),
        confidential=secret, against=ABOUT if secret else "",
    )  # fmt: skip


def _letter(number: int, text: str, kelurahan: str, code: str = "", with_photo: bool = False) -> Letter:
    return Letter(
        number=number,
        text=f"{text} Kelurahan {kelurahan}.",
        sender=f"Warga Contoh {number}",
        photos=(photo(kelurahan, datetime.now(UTC)),) if with_photo else (),
        kelurahan_code=code,
    )


def video() -> bytes:
    """An MP4 file (ISO/IEC 14496-12) whose head says that it lasts `FILM_SECONDS`; nobody plays it."""
    head = bytes(12) + (1000).to_bytes(4, "big") + (1000 * FILM_SECONDS).to_bytes(4, "big") + bytes(80)
    mvhd = (8 + len(head)).to_bytes(4, "big") + b"mvhd" + head
    moov = (8 + len(mvhd)).to_bytes(4, "big") + b"moov" + mvhd
    return b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0\0\x10\x08mdat" + bytes(4096) + moov


def door_of(event: ComplaintEvent, waiting: tuple[Door, ...]) -> Door | None:
    """Whose record it is: of the account's doors the one whose words it holds, else the first one left."""
    record = event.complaint
    mine = [door for door in waiting if door.account == record.account]
    return next((door for door in mine if said(door) in record.text), mine[0] if mine else None)


def said(door: Door) -> str:
    return door.letter.text.split(".")[0]


def wrong(door: Door, event: ComplaintEvent | None, private_key: bytes = b"") -> list[Sentence]:
    """What does not hold of the record that came for `door`; empty when all is right.

    `private_key` is the CRM's (32 bytes): with it a confidential record has to open.
    """
    if event is None:
        return [Sentence("no record came")]
    record, problems = event.complaint, []
    if event.event != "created" or event.sequence != 1:
        problems.append(
            Sentence("it is {event} number {sequence}", event=event.event, sequence=event.sequence)
        )
    if record.channel != door.channel:
        problems.append(Sentence("channel {found}, not {wanted}", found=record.channel, wanted=door.channel))
    if said(door) not in record.text:
        problems.append(Sentence("the text is not what was written"))
    if read_ticket(record.ticket) != record.ticket:
        problems.append(Sentence("ticket {ticket!r} does not check", ticket=record.ticket))
    found = record.place.kelurahan.name if record.place.kelurahan else "none"
    if found != door.kelurahan:
        problems.append(Sentence("kelurahan {found}, not {wanted}", found=found, wanted=door.kelurahan))
    if record.language.code != "id":
        problems.append(Sentence("language {found}, not id", found=record.language.code))
    for kind, wanted in (("image/jpeg", len(door.letter.photos)), ("video/mp4", door.videos)):
        stored = sum(one.state == "stored" and one.media_type == kind for one in record.attachments)
        if stored != wanted:
            problems.append(
                Sentence("{found} files of {kind}, not {wanted}", found=stored, kind=kind, wanted=wanted)
            )
    problems += _files(door, record)
    for field, want, have in (
        ("office", door.office, record.office_code),
        ("against", door.against, record.against_office),
    ):
        if want != have:
            problems.append(
                Sentence("{field} {found}, not {wanted}", field=field, found=have or "—", wanted=want or "—")
            )
    if not record.raw_sha256:
        problems.append(Sentence("no trace of the raw event"))
    return problems + _secrecy(door, event, private_key)


def _files(door: Door, record: Complaint) -> list[Sentence]:
    """What was not read from its photos and films."""
    problems = []
    for one in record.attachments:
        if one.media_type == "image/jpeg":
            if not (one.captured_at and one.metadata_place and one.perceptual_hash and one.width):
                problems.append(Sentence("a photo's time, place or look was not read"))
            if bool(one.public_url and one.thumbnail_url) == door.confidential:
                problems.append(
                    Sentence("a photo's copy is shown" if door.confidential else "a photo's copy is missing")
                )
        elif one.media_type == "video/mp4" and one.duration != FILM_SECONDS:
            problems.append(
                Sentence("a film of {found} s, not {wanted}", found=one.duration, wanted=FILM_SECONDS)
            )
    if door.by_photo and record.place.method != "photo":
        problems.append(Sentence("the place was found by {method}", method=record.place.method))
    return problems


def _secrecy(door: Door, event: ComplaintEvent, private_key: bytes) -> list[Sentence]:
    record = event.complaint
    if record.confidential != door.confidential:
        return [Sentence("it is confidential" if record.confidential else "it is not confidential")]
    if not door.confidential:
        return _sender(door, record)
    problems = []
    if door.letter.sender.encode() in msgspec.json.encode(event):
        problems.append(Sentence("the sender's name travels in the open"))
    if record.reporter.name or record.reporter.contacts or record.reporter.nik:
        problems.append(Sentence("identity travels in the open"))
    if private_key:
        try:
            opened = wire.unseal(event, private_key)
        except KanalError as error:
            return [*problems, Sentence("the sealed identity does not open: {why}", why=error)]
        problems += _sender(door, opened.complaint, named=True)
    return problems


def _sender(door: Door, record: Complaint, named: bool = False) -> list[Sentence]:
    """A sender is known by a pseudonym at least, and by the own name where the channel tells it."""
    if not record.reporter.reference:
        return [Sentence("no sender")]
    name = record.reporter.name
    if name != door.letter.sender and (name or named):
        if not name:
            return [Sentence("sender without a name, not {wanted}", wanted=door.letter.sender)]
        return [Sentence("sender {found}, not {wanted}", found=name, wanted=door.letter.sender)]
    return []
