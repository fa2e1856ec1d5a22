"""Dialogues as data: what a citizen writes, what the answer must say, and what the CRM gets in the end.

They say nothing of a channel, so each is played over every chat adapter. Expected words are regular expressions,
looked for in everything that was told since the line was written. `{ticket}` is the last ticket that was told.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

What = Literal["say", "more", "tap", "no_photo", "stranger", "crm", "restart", "silence"]


class Line(Struct, frozen=True):
    """One step. `more` does not wait for an answer; `no_photo` skips the question for one where it is asked;
    `restart` and `silence` (eleven minutes) happen to everybody at once."""

    what: What
    text: str = ""
    expected: tuple[str, ...] = ()
    photos: int = 0
    place: tuple[float, float] | None = None


class Script(Struct, frozen=True):
    """A dialogue. `story` is what the CRM gets: (event, text or what was added). `rich` needs photos or places.

    `told` bounds how many messages the person may get, where too many would be the fault. `flags` must be set in the
    first event, and `confidential` is its secrecy.
    """

    name: str
    lines: tuple[Line, ...]
    story: tuple[tuple[str, str], ...] = ()
    rich: bool = False
    told: int = 0
    flags: tuple[str, ...] = ()
    confidential: bool = False


def say(text: str, *expected: str, photos: int = 0, place: tuple[float, float] | None = None) -> Line:
    return Line("say", text, expected, photos, place)


def more(text: str, photos: int = 0) -> Line:
    return Line("more", text, photos=photos)


def tap(label: str, *expected: str) -> Line:
    return Line("tap", label, expected)


def crm(stage: str, *expected: str) -> Line:
    return Line("crm", stage, expected)


def stranger(text: str, *expected: str) -> Line:
    return Line("stranger", text, expected)


NO_PHOTO, RESTART, SILENCE = Line("no_photo"), Line("restart"), Line("silence")

#: The acknowledgement, whatever the channel's length.
TICKET = r"tiket:? \d{6}-\d{4,}-\d"
WHOLE = "Jalan berlubang besar di Kelurahan Kenari, sudah dua minggu rusak."
OTHER = "Sampah menumpuk di Kelurahan Paseban sejak hari Senin kemarin, bau sekali."
NO_PLACE = "Lampu jalan padam sudah seminggu dan gelap sekali"
PUNGLI = "Ada pungli oleh oknum di kantor Kelurahan Kenari saat urus KTP"
KENARI = (-6.1926, 106.8447)
FILED = (("created", WHOLE),)

SCRIPTS: tuple[Script, ...] = (
    # straight
    Script("whole at once", (say(WHOLE, TICKET),), FILED, told=1),
    Script(
        "place is asked for",
        (say(NO_PLACE, "Di mana"), say("Kelurahan Kenari, Senen"), NO_PHOTO),
        (("created", f"{NO_PLACE}\nKelurahan Kenari, Senen"),),
    ),
    Script(
        "place by its street",
        (say(NO_PLACE, "Di mana"), say("Jalan Salemba Raya, kelurahan kenari"), NO_PHOTO),
        (("created", f"{NO_PLACE}\nJalan Salemba Raya, kelurahan kenari"),),
    ),
    Script(
        "place not known",
        (say(NO_PLACE, "Di mana"), tap("Lewati"), NO_PHOTO),
        (("created", NO_PLACE),),
    ),
    Script(
        "skipped by a word",
        (say(NO_PLACE, "Di mana"), say("tidak tahu"), NO_PHOTO),
        (("created", NO_PLACE),),
    ),
    Script(
        "in several breaths",
        (more("lampu jalan padam"), more("gelap sekali kalau malam"), say("di kelurahan kenari"), NO_PHOTO),
        (("created", "lampu jalan padam\ngelap sekali kalau malam\ndi kelurahan kenari"),),
    ),
    Script(
        "the menu first",
        (say("halo", "Kanal Aduan"), tap("Lapor", "Apa yang terjadi"), say(WHOLE, TICKET)),
        FILED,
    ),
    Script("the menu alone", (say("/start", "Lapor", "Cek status"), SILENCE)),
    Script("the menu is not said twice", (say("halo", "Lapor"), more("halo"), SILENCE), told=1),
    Script("help", (say("bantuan", "STOP"),)),
    Script("emergency numbers", (say("nomor darurat", "112", "110", "113", "119"),)),
    Script("numbers from the menu", (say("menu", "Lapor"), tap("Nomor darurat", "112"))),
    # impatient
    Script(
        "sent as it is",
        (say(NO_PLACE, "Di mana"), say("kirim saja", TICKET)),
        (("created", NO_PLACE),),
    ),
    Script(
        "taken back before it is sent",
        (say(NO_PLACE, "Di mana"), say("batal", "tidak jadi"), SILENCE),
    ),
    Script(
        "taken back, then told anew",
        (say(NO_PLACE, "Di mana"), say("batal", "tidak jadi"), say(WHOLE, TICKET)),
        FILED,
    ),
    Script("nothing to take back", (say("batal", "TARIK"),)),
    Script(
        "silence files it",
        (say(NO_PLACE, "Di mana"), SILENCE, Line("say", "", (TICKET,))),
        (("created", NO_PLACE),),
    ),
    Script(
        "asks what it needs in between",
        (say(NO_PLACE, "Di mana"), say("nomor darurat", "112"), say("Kelurahan Kenari"), NO_PHOTO),
        (("created", f"{NO_PLACE}\nKelurahan Kenari"),),
    ),
    # in danger
    Script(
        "fire",
        (say("Kebakaran di Kelurahan Kenari, api sudah besar tolong cepat!", "112", "113"),),
        (("created", "Kebakaran di Kelurahan Kenari, api sudah besar tolong cepat!"),),
        flags=("emergency",),
    ),
    Script(
        "violence",
        (say("tolong ada tawuran di Kelurahan Kenari sekarang bawa senjata tajam", "112", "110"),),
        (("created", "tolong ada tawuran di Kelurahan Kenari sekarang bawa senjata tajam"),),
        flags=("emergency",),
    ),
    Script(
        "accident",
        (say("ada kecelakaan di Kelurahan Kenari, orangnya pingsan tolong", "112", "119"),),
        (("created", "ada kecelakaan di Kelurahan Kenari, orangnya pingsan tolong"),),
        flags=("emergency",),
    ),
    Script(
        "fire without a place",
        (say("KEBAKARAN!! tolong api besar", "112"),),
        (("created", "KEBAKARAN!! tolong api besar"),),
        flags=("emergency",),
    ),
    # secrecy
    Script(
        "secrecy wanted",
        (say(PUNGLI, "dirahasiakan"), tap("Ya"), NO_PHOTO),
        (("created", PUNGLI),),
        confidential=True,
    ),
    Script(
        "secrecy by a word",
        (say(PUNGLI, "dirahasiakan"), say("iya"), NO_PHOTO),
        (("created", PUNGLI),),
        confidential=True,
    ),
    Script(
        "secrecy declined",
        (say(PUNGLI, "dirahasiakan"), tap("Tidak"), NO_PHOTO),
        (("created", PUNGLI),),
    ),
    # what became of it
    Script("status of one's own", (say(WHOLE, TICKET), say("cek status", "Menunggu")), FILED),
    Script(
        "status by ticket",
        (say(WHOLE, TICKET), crm("Disposisi", "Disposisi"), say("STATUS {ticket}", "Disposisi")),
        FILED,
    ),
    Script("a ticket alone asks", (say(WHOLE, TICKET), say("{ticket}", "Menunggu")), FILED),
    Script("status of nothing", (say("cek status", "belum menemukan"),)),
    Script("the CRM's word is told", (say(WHOLE, TICKET), crm("Koordinasi", "Koordinasi")), FILED),
    Script(
        "rated by button",
        (say(WHOLE, TICKET), crm("Selesai", "Selesai"), tap("4 – baik", "penilaian")),
        (*FILED, ("rated", "")),
    ),
    Script(
        "rated by digit",
        (say(WHOLE, TICKET), crm("Selesai", "Selesai"), say("5", "penilaian")),
        (*FILED, ("rated", "")),
    ),
    Script(
        "STOP is honoured",
        (say(WHOLE, TICKET), say("STOP", "tidak mengirim kabar"), crm("Koordinasi"), SILENCE),
        FILED,
        told=2,
    ),
    # mended
    Script(
        "corrected",
        (say(WHOLE, TICKET), say("perbaiki", "tulis yang benar"), say("Bukan Kenari, tapi Paseban", "ralat")),
        (*FILED, ("corrected", "Bukan Kenari, tapi Paseban")),
    ),
    Script(
        "withdrawn",
        (say(WHOLE, TICKET), say("tarik laporan", "Yakin"), tap("Ya", "kami tarik")),
        (*FILED, ("withdrawn", "")),
    ),
    Script(
        "withdrawn once",
        (
            say(WHOLE, TICKET),
            say("tarik laporan", "Yakin"),
            say("ya", "kami tarik"),
            say("tarik laporan", "sudah Anda tarik"),
        ),
        (*FILED, ("withdrawn", "")),
    ),
    Script(
        "withdrawal declined",
        (say(WHOLE, TICKET), say("tarik laporan", "Yakin"), tap("Tidak", "tetap berjalan")),
        FILED,
    ),
    Script(
        "added by remark",
        (say(WHOLE, TICKET), say("yang dekat warung ya", "tambahan"), tap("Tambahan", "tambahkan")),
        (*FILED, ("information_added", "yang dekat warung ya")),
    ),
    Script(
        "a remark that is a new one",
        (
            say(WHOLE, TICKET),
            say("yang sebelah juga begitu", "tambahan"),
            tap("Laporan baru", "Di mana"),
            say("kirim", TICKET),
        ),
        (*FILED, ("created", "yang sebelah juga begitu")),
    ),
    Script(
        "added by ticket",
        (
            say(WHOLE, TICKET),
            say("Laporan {ticket} belum juga ditangani, lubangnya makin dalam", "tambahkan"),
        ),
        (*FILED, ("information_added", "Laporan {ticket} belum juga ditangani, lubangnya makin dalam")),
    ),
    Script(
        "thanks open nothing",
        (say(WHOLE, TICKET), say("terima kasih banyak ya pak", "Sama-sama"), SILENCE),
        FILED,
    ),
    # two at once
    Script(
        "two complaints, one after the other",
        (say(WHOLE, TICKET), say(OTHER, TICKET)),
        (*FILED, ("created", OTHER)),
    ),
    Script(
        "two complaints interleaved",
        (say(NO_PLACE, "Di mana"), say("lapor lagi", "Apa yang terjadi"), say(WHOLE, TICKET)),
        (("created", NO_PLACE), *FILED),
    ),
    Script(
        "which of two",
        (
            say(WHOLE, TICKET),
            say(OTHER, TICKET),
            say("tarik laporan", "Laporan mana"),
            say("{ticket}", "Yakin"),
            say("ya", "kami tarik"),
        ),
        (*FILED, ("created", OTHER), ("withdrawn", "")),
    ),
    # others
    Script(
        "a stranger learns and changes nothing",
        (
            say(WHOLE, TICKET),
            stranger("status {ticket}", "belum menemukan"),
            stranger("tarik {ticket}", "belum menemukan"),
            stranger("perbaiki {ticket}", "belum menemukan"),
        ),
        FILED,
        told=1,
    ),
    # restarts
    Script(
        "restart before the answer",
        (say(NO_PLACE, "Di mana"), RESTART, say("Kelurahan Kenari"), NO_PHOTO),
        (("created", f"{NO_PLACE}\nKelurahan Kenari"),),
    ),
    Script(
        "restart before a withdrawal is confirmed",
        (say(WHOLE, TICKET), say("tarik laporan", "Yakin"), RESTART, tap("Ya", "kami tarik")),
        (*FILED, ("withdrawn", "")),
    ),
    Script(
        "restart, then silence",
        (say(NO_PLACE, "Di mana"), RESTART, SILENCE, Line("say", "", (TICKET,))),
        (("created", NO_PLACE),),
    ),
    # chaos
    Script(
        "orders without a case",
        (
            say("halo", "Lapor"),
            more("9"),
            more("ya"),
            more("lewati"),
            more("kirim"),
            SILENCE,
            say("got mampet parah di kelurahan kenari", ""),
            say("kirim"),
            SILENCE,
        ),
        (("created", "got mampet parah di kelurahan kenari"),),
    ),
    Script(
        "English",
        (
            say("The street lamp has been broken for a week and it is very dark at night", "Where is it"),
            say("send", r"ticket"),
        ),
        (("created", "The street lamp has been broken for a week and it is very dark at night"),),
    ),
    # photos and places
    Script("with a photo at once", (say(WHOLE, TICKET, photos=1),), FILED, rich=True),
    Script("an album", (say(WHOLE, TICKET, photos=4),), FILED, rich=True),
    Script(
        "a photo answers the question for one",
        (say(NO_PLACE, "Di mana"), say("Kelurahan Kenari", "fotonya"), say("", TICKET, photos=1)),
        (("created", f"{NO_PLACE}\nKelurahan Kenari"),),
        rich=True,
    ),
    Script(
        "a place answers where",
        (say(NO_PLACE, "Di mana"), say("", place=KENARI), NO_PHOTO),
        (("created", NO_PLACE),),
        rich=True,
    ),
    Script(
        "a photo afterwards is added",
        (say(WHOLE, TICKET), say("", "tambahkan", photos=1)),
        (*FILED, ("information_added", "")),
        rich=True,
    ),
)
