"""Numbers of houses, flats and doors: behind "no" and the like where an address is spoken of, right behind a
street, and those that follow one ("no 12, 14, dan 16"). What a number counts, and the numbers of laws,
queues and lines, stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from normalizer.house_numbers import HIDDEN
from normalizer.name_words import NAMES, UNKNOWN, kind_of

_SOMEBODY = NAMES | {UNKNOWN}
_BEFORE, _NEAR = 64, 24
_HOUSE_BEFORE = re.compile(
    r"(?:\b(?:no|nomor|nomer|nmr|nomr|nmor)\b(?: ?(?:saya|sy|kami|gue|gw|kita|aye|beliau|nya)\b)?[ .:#]{0,3}"
    r"|\b(?:rumah|rmh|kos|kosan|kost|kontrakan|kamar|unit|flat|pintu)\b(?: ?(?:saya|sy|kami|gue|gw|kita|aye|beliau"
    r"|nya)\b)?[ .:#]{1,3})$"
)
#: With what each alternative of the pattern above ends: most numbers need no closer look.
_HOUSE_WORDS = (
    "no", "nomor", "nomer", "nmr", "nomr", "nmor", "rumah", "rmh", "kos", "kosan", "kost", "kontrakan", "kamar", "unit",
    "flat", "pintu",
    "saya", "sy", "kami", "gue", "gw", "kita", "aye", "beliau", "nya",
)  # fmt: skip
#: What has a number of its own, without a street's name near it.
_DOORS = ("rumah", "rmh", "kos", "kontrakan", "kamar")
#: "I live at 45 Jalan Bangka", "almt 27C gg Buntu".
_BEFORE_STREET = re.compile(r"[A-Za-z]?,? (?:(?:jalan|jln?|gang|gg)\b)", re.IGNORECASE)
_LIVES = re.compile(
    r"\b(?:live at|living at|stay at|address is|address:|reside at|house at"
    r"|(?:alamat(?:nya)?|almt|domisili)(?: di)? ?:?) $"
)
#: A flat is numbered with a letter behind, and needs no street: "unit 12B".
_FLAT = re.compile(r"\b(?:unit|flat|apartment)(?: (?:saya|sy|kami))? $")
_FLAT_LETTER = re.compile(r"[A-Za-z]{1,2}(?!\w)|-[A-Z]{1,2}(?!\w)")
NUMBERS = re.compile(r"\d{1,4}(?: ?[/-] ?\d{1,4})?")
#: A flat's number stands beside its floor, its tower or its house: "lt 4 no 12", "pintu 12 rusun Tambora".
_FLOOR = re.compile(
    r"\b(?:(?:lt|lantai|lante)\.? ?\d{1,2}[ ,/\-]{1,3}(?:no|nomor|nomer|unit|flat)"
    r"|(?:depan|dpn|samping|sebelah|sblh|seberang) (?:no|nomor|nomer))[ .:]{0,3}$"
)
_WITHIN = re.compile(
    r",? ?(?:(?:lt|lantai)\.? ?\d|(?:tower|blok) [A-Z0-9]|(?:rusun|rusunawa|apartemen|flat)\b)", re.IGNORECASE
)
#: "rusunawa Marunda lt 4 pintu 408"; the doors of halls and stations are numbered too.
_FLAT_DOOR = re.compile(r"\b(?:lt|lantai|lante)\.? ?\d{1,2}[ ,/\-]{1,3}pintu[ .:#]{1,3}$")
_FLATS = re.compile(
    r"\b(?:rusun(?:awa|ami)?|rumah susun|apartemen|apt|flat|kos(?:an|t)?|kontrakan|tinggal)\b"
)
#: "di no. 113 Gg. Swadaya".
_AHEAD = re.compile(r"\b(?:di|d|depan|dpn|alamat|sebelah|samping|rumah) (?:no|nomor|nomer)[ .:#]{0,3}$")
_STREET_BEHIND = re.compile(r"[A-Za-z]?,? (?:[Jj]l|[Jj]ln|[Jj]alan|[Gg]g|[Gg]ang)\b\.? ?[A-Z]")
#: Numbers of something else: laws, letters, queues, lines.
NO_HOUSE = re.compile(
    r"\b(?:perda|pergub|uu|undang|pp|permen|keputusan|kepgub|instruksi|peraturan|pasal|surat|sk|sp-?\d|antrean"
    r"|antrian|antri|urut|polisi|pol|tiket|laporan|aduan|rute|trayek|bus|jak|koridor|seri|tahun|lantai|lt|kursi"
    r"|kloter|loket|lift|tiang|gardu|pompa"
    r"|pohon|halte|makam|pos|halaman|telepon|telp|hp|wa|tps|gerbong|peron|kapal|sekolah|smpn?|sman?|sdn?)\b[ .\-]{0,2}"
    r"(?:no|nomor|nomer|nmr|nomr|nmor)?[ .:#]{0,3}$"
)
#: The number of a house right behind its street: "Jl. Melati Raya 43". A small one may be the street's own.
_STREET_BEFORE = re.compile(
    r"\b(?:[Jj][Ll]n?|[Jj]alan|JALAN|[Gg]g|[Gg]ang)\b\.? ?(?:[A-Z][\w'’.]* ){1,5}(?:# ?)?$"
    r"|\b(?:jln?|gg|jalan)\b\.? ?(?:(?!(?:tol|sejak|buntu|rusak|gelap|macet|selama|sekitar|hampir|cuma|ada|dari"
    r"|tahun|pukul|jam|sampai|berlubang|ditutup|lebar|panjang)\b)[a-z]{3,15} ){1,3}(?:# ?)?$"
)
#: With this before it, any number behind a street is that of a house.
_LIVING = ("alamat", "almt", "tinggal", "domisili", "rumah")
_LIVED = re.compile(
    r"\b(?:alamat(?:nya)?|almt|tinggal|domisili|beralamat|rumah(?:nya)?)\b"
    r"(?: (?:lengkap|saya|sy|kami|gue|gw|aye|di|d))*"
    r"[ :]{1,3}$",
    re.IGNORECASE,
)
_BEHIND_STREET = re.compile(r"([A-Za-z]?)(?=[,.;)\n]|$| (?:[Rr][TtWw]|[Kk]el|[Kk]ec|dekat|depan|samping)\b)")
_MOST_STREETS = 30
#: Whose house it is stands before its number: "ko Aming no 12", "Bu Contoh di nomor 3"; without "di" a small number may
#: be a rank ("Pak Contoh nomor 1").
_OWNER = re.compile(
    r"\b(?:pak|bu|bpk|bapak|ibu|mas|mbak|mba|mpok|bang|kang|teh|mang|om|tante|ko|koh|cik|ci|haji|hj?\.?|oma|opa)"
    r" ([a-z'’]{2,20})(?:,| yg| yang)? (di )?(?:no|nomor|nomer|nmr)[ .:]{0,3}$"
)
_MOST_RANKS, _RANKED = (
    3,
    re.compile(r" (?:di |dalam |pada )?(?:daftar|antre|antri|urut|lomba|list|se-?(?:jakarta|dki))"),
)
#: A door of rooms to let: "kontrakan H. Contoh pt 3"; no firm's name begins with a number.
_LET_DOOR = re.compile(r"\b(?:kontrakan|kos|kosan|kost|petakan|petak)(?:nya)?\b[^\d\n]{0,30}\bpt\.? ?$")
#: Flats of a block that was named far before: "unit 0913", "unit 0913 dan 1507".
_FLAT_BEFORE = re.compile(r"\b(?:unit|flat) (?:(\d{3,4})(?: ?& ?|,? (?:dan|serta|sama) ))?$")
_FLATS_NAMED = re.compile(r"\b(?:rusun\w*|rumah susun|apartemen|apart|apt|tower|flat)\b")
_FLATS_NEAR = 300
_ADDRESS = re.compile(
    r"\b(?:jl|jln|jalan|jalanan|gg|gang|lorong|lrg|kp|kampung|desa|dusun|pondok|taman|villa|griya|blok|block|kav|kavling|perum|perumahan|komplek|kompleks|komp"
    r"|cluster|alamat|tinggal(?:nya|e)?|rumah|rumahnya|rumahnye|rumahku|rmh|rmhnya|rmhny|rmhku|kos|kosan|kost|kontrakan|ruko|toko|warung|bengkel|kediaman"
    r"|domisili|berkediaman|beralamat|apartemen|apt|tower|rusun|rusunawa|rt|rw|kontrakannya)\b"
)
#: Farther away an address word does not speak for a number.
_ADDRESS_NEAR = 90
#: What may follow the number of a house; "No. 123/C.37" is a letter's, "nomor 1 di Jakarta" a rank.
_HOUSE_AFTER = re.compile(
    r"[a-z]{0,2}(?:(?:/|-)[a-z]\b)?(?![a-z\d]|[/.]-?\d|/|-[a-z]{2}| ?(?:tahun|th|orang|meter|m2|m|cm|jam|hari"
    r"|kali|x|rb|ribu|jt|juta|persen|%|kg|lantai(?! ?(?:\d|ata|baw|das|lot))|tingkat|pintu|unit"
    r"|kamar(?! ?(?:\d|ata|baw|dep|bel|poj))|kk|jiwa|buah|rumah|bulan|minggu|lt"
    r"|ter\w+|se-?(?:indonesia|jakarta|dunia))\b)"
)
#: What follows a number that counts something: "0812-0000-12 24 jam" is a telephone and hours.
COUNTS = re.compile(
    r" ?(?:tahun|thn?|orang|org|meter|m2|m|cm|km|jam|menit|hari|hr|kali|x|rb|ribu|jt|juta|persen|%|kg|lantai|pintu"
    r"|unit|kamar|kk|jiwa|buah|bh|rumah|rmh|bulan|bln|minggu|mgg|warga|lubang|titik|tiang|lampu|motor|mobil)\b",
    re.IGNORECASE,
)
#: More houses behind one that was found: "[…], 14, dan 16", "[…] s/d 20".
_MORE = re.compile(
    r"\[…\](?:(?: s/d | s\.d\.? | sd | sampai | hingga | ?& ?)\d{1,3}[A-Za-z]?(?![\w/.:\-])"
    r"|(?: ?, ?(?:dan |serta )?| dan | serta )\d{1,3}[A-Za-z]?"
    r"(?=[,.;)\n]|$| dan \d| serta \d| (?:ke|ter|ber|me|di)[a-z]{3}"
    r"| (?:belum|sudah|udah|juga|ikut|tidak|gak|sama|di|kena|jl|jln|jalan|gg|gang|rt)\b))"
    r"{1,12}"
)
_ONE = re.compile(r"\d+[A-Za-z]?\b")


def without_more_houses(text: str) -> str:
    """`text` without the numbers of houses that follow a hidden one. Linear time."""
    if HIDDEN not in text:
        return text
    return _MORE.sub(
        lambda m: m[0] if COUNTS.match(text[m.end() : m.end() + 16]) else _ONE.sub(HIDDEN, m[0]), text
    )


def _is_flat(text: str, start: int, end: int, near: str) -> bool:
    """Whether three or four digits are a flat's of a block that stands somewhere before."""
    if end - start not in (3, 4) or COUNTS.match(text, end):
        return False
    flat = _FLAT_BEFORE.search(near)
    if flat is None or (flat[1] and len(flat[1]) != end - start):
        return False
    return _FLATS_NAMED.search(text[max(0, start - _FLATS_NEAR) : start].lower()) is not None


def _is_owned(before: str, number: str) -> bool:
    """Whether somebody's name stands before "no" and the `number`, no office's."""
    owner = _OWNER.search(before)
    if owner is None or kind_of()[owner[1]] not in _SOMEBODY:
        return False
    return owner[2] is not None or not number.isdigit() or int(number) > _MOST_RANKS


def house(text: str, start: int, end: int, before: str) -> Iterator[tuple[int, int, str]]:
    """The number of a house, a flat or a door."""
    if not NUMBERS.fullmatch(text, start, end):
        return
    near = before[-_NEAR:]
    if _FLAT.search(near) and (letters := _FLAT_LETTER.match(text, end)):
        yield start, letters.end(), HIDDEN
        return
    if near.endswith(("t ", "s ", "i ", "a ", ": ")):
        street = _BEFORE_STREET.match(text, end)
        if street is not None and _LIVES.search(near):
            yield start, end + (text[end].isalpha()), HIDDEN
            return
    if near.endswith(("pt ", "pt. ", "pt")) and _LET_DOOR.search(before):
        yield start, end, HIDDEN
        return
    if _is_flat(text, start, end, near):
        yield start, end, HIDDEN
        return
    if not near.rstrip(" .:#").endswith(_HOUSE_WORDS):
        tail = _BEHIND_STREET.match(text, end)
        if tail is None:
            return
        numbered = tail[1] or int(text[start:end].split("/")[0].split("-")[0]) > _MOST_STREETS
        if not numbered and not any(word in before for word in _LIVING):
            return
        street = _STREET_BEFORE.search(text, max(0, start - _BEFORE), start)
        if street is None:
            return
        if numbered or _LIVED.search(text, max(0, street.start() - _NEAR), street.start()):
            yield start, end + len(tail[1]), HIDDEN
        return
    door = _HOUSE_BEFORE.search(near)
    if door is None or NO_HOUSE.search(before):
        return
    tail = _HOUSE_AFTER.match(text[end : end + 14].lower())
    if tail is None:
        return
    within = _WITHIN.match(text, end) is not None
    if door[0].startswith("pintu") and not within:
        if _FLAT_DOOR.search(near) is None or _FLATS.search(before) is None:
            return
    elif _AHEAD.search(near) and _STREET_BEHIND.match(text, end):
        pass  # "di no. 113 Gg. Swadaya"
    elif _is_owned(before, text[start:end]) and not _RANKED.match(text, end):
        pass
    elif not door[0].startswith(_DOORS) and not within and _FLOOR.search(near) is None:
        far = text[max(0, start - _ADDRESS_NEAR) : start].rpartition("\n\n")[2].lower()
        if not _ADDRESS.search(far):
            return
    yield start, end + tail.end(), HIDDEN
