"""Numbers of houses in an address, read as one is written: what opens it ("Jl.", "Gg", "kontrakan"), the words of its
name, the lane's own number ("Warakas V", "Kebon Kacang 30"), a word for "number", the number and its letter.

A number behind such a word is a house's wherever a name stands before it. A bare one ("Jl. Melati 17") may be the
lane's own or count something, so what stands around it decides: a letter, RT and RW, a lane's number before it, and
who is said to live there. The name, the lane, RT and RW stay.
"""

from __future__ import annotations

import re

from normalizer.house_numbers import HIDDEN
from normalizer.privacy_houses import COUNTS
from normalizer.word_start import word_start

#: What opens an address.
_HEAD = re.compile(
    word_start("jl", "jln", "jlan", "jaln", "jalan", "jalanan", "gg", "gang", "lorong", "lrg")
    + r"\b[. ]{0,2}(?=[A-Za-z])"
)
#: What opens one that has houses or blocks, but whose name may end with a number of its own.
_ESTATE = re.compile(
    word_start(
        "kp", "kampung", "taman", "citra", "puri", "graha", "bukit", "perum", "perumahan", "komp", "komplek",
        "kompleks", "villa", "vila", "griya", "cluster",
    )
    + r"\b[. ]{1,2}(?=[A-Za-z])"
)  # fmt: skip
#: One word of a name, with its title's or its initial's dot: "K.H.", "Prof. Dr. Contoh", "H.Contoh"; another dot ends
#: what is said.
_WORD = re.compile(
    r"(?:[A-Za-z]\.){2,3} ?"
    r"|(?:[A-Za-z]|[Hh]j|[KkDdSs][HhRrTt]|[Dd]rs|[Ii]r|[Rr]d|[Pp]rof|[A-Za-z]{1,4}j?[Jj]en|[Jj]end|[Kk]ol|[Kk]apt)\. ?"
    r"|([A-Za-z][A-Za-z'’]*)(?: |(?![\w./-])|(?=\.(?:no|nomor)\b))"
)
_MOST_WORDS = 7
#: Words that no name of a street holds: what follows them is told of the street.
_TOLD = frozenset(
    (
        "tol", "sejak", "buntu", "rusak", "gelap", "macet", "banjir", "tergenang", "selama", "sekitar",
        "hampir", "cuma", "ada", "dari", "ke", "di", "yang", "yg", "dan", "atau", "tahun", "pukul", "jam",
        "sampai", "berlubang", "ditutup", "lebar", "panjang", "sepanjang", "sudah", "udah", "belum", "tidak",
        "jarak", "kira", "sini", "situ", "ini", "itu", "depan", "dpn", "samping", "sebelah", "seberang",
        "belakang", "dekat", "deket", "dkt", "rumah", "rmh", "tiang", "lampu", "pohon", "halte", "pos",
        "gardu", "pintu", "lift", "km", "kilometer", "rt", "rw", "kel", "kec", "kelurahan", "kecamatan",
        "blok", "kav", "jl", "jln", "jalan", "gg", "gang", "setiap", "tiap", "hari", "tanggal", "tgl",
        "perlu", "minta", "pada", "untuk", "bus", "rute", "trayek", "koridor", "lantai", "lt", "tower",
        "total", "jumlah", "hanya", "sekarang", "kemarin", "tadi", "malam",
    )
)  # fmt: skip
_NUMBER_WORD = r"(?:no|nomor|nomer|nomr|nmr|nmor|nomo|nmer|n0|number)\b"
#: A word for "number", where a house's may follow.
_MARK = re.compile(
    rf"[ ,(.]{{0,2}}(?:(?:rumah|rmh|house|persil|kav|kavling|kapling)\b[. ]{{0,2}})?(?:{_NUMBER_WORD}[ .:#]{{0,3}}|# ?)"
    r"|[ ,(]{0,2}\b(?:persil|kav|kavling|kapling|rumah|rmh)[. ]{1,2}"
    r"|[ ,(]{0,2}\b(?:no|nmr)(?=\d)",
    re.IGNORECASE,
)
#: The lane's own number: Roman, with its letter ("VIII C"), or one that a word for "number" follows.
_ROMAN = re.compile(r"(?=[IVX])X{0,3}(?:IX|IV|V?I{0,3})(?: ?[A-D])?(?![\w.'’-])(?:[ ,]{1,2}|(?=/))")
_OWN = re.compile(rf"\d{{1,2}} ?[A-D]?[ ,]{{1,2}}(?=(?:{_NUMBER_WORD}|#|nmr|no))", re.IGNORECASE)
#: The house's number with its letter: 17, 17A, 17-A, "17 A", "12/3", "3-4".
_LETTER = (
    r"(?: ?[-/] ?[A-Za-z](?![\w/-])|[A-Za-z](?![A-Za-z\d/-])"
    r"| [A-H](?=$|[,;)\n]| [A-Z]{2}| (?:RT|Rt|rt|RW|Kel|Kec|no|No)\b))?"
)
_MARKED = re.compile(rf"\d{{1,4}}(?: ?[/-] ?\d{{1,4}}(?![\d/-]))?{_LETTER}(?!\d|[.,:]\d|/[A-Za-z]{{2}}| ?%)")
#: "no 3 lantai", "nomor 1 di Jakarta"; "no 3 lantai 2" is a house.
_NOT_MARKED = re.compile(
    r" ?(?:tahun|thn?|di jakarta|di dki|se-?(?:jakarta|dki|indonesia|dunia)|(?:lantai|kamar|pintu)(?! ?(?:no )?\d))\b",
    re.IGNORECASE,
)
_BARE = re.compile(rf"(\d{{1,4}})({_LETTER})(?![\w%]|[.,:/-]\d| ?[/-] ?\d)")
#: "Jl. Contoh B/12", "taman contoh a16/5": the block and the house in it.
_BLOCK = re.compile(
    r"(?:[A-Z]{1,2}-?\d{0,3}/\d{1,4}|[A-Z]{1,2}-\d{1,4}|[a-z]\d{1,2}/\d{1,3})[A-Za-z]?(?![\w/-])"
)
#: What may stand behind the number of a house: its district, a landmark, the end of what is said.
_RT = re.compile(r"[,./ ]{0,3}(?:rt|rw)\b[. ]{0,2}\d|[,./ ]{0,3}(?:rt|rw)\d|,? \d{5}(?!\d)", re.IGNORECASE)
_TAIL = re.compile(
    r"$|[,;)|\n\"]|[.](?!\d)| ?[(/|]| (?:dan|&|s/d|sd) \d| [-–] | (?:kel|kec|kelurahan|kecamatan|dekat|deket"
    r"|dkt|depan|dpn|samping|sebelah|seberang|belakang|jakarta|rumah|lantai|lt|mau|akan|sudah|udah|belum|tidak|gak|juga|padahal|itu|yang|yg|sampai"
    r"|(?:ke|ter|ber|me|di)[a-z]{3,12})\b| (?-i:[A-Z])[a-z]{2}",
    re.IGNORECASE,
)
_MONTH = re.compile(
    r" (?:jan|feb|mar|apr|mei|jun|jul|agu|agt|agustus|sep|okt|nov|nop|des)[a-z]{0,6}\b|[./-]?th\b",
    re.IGNORECASE,
)
#: Who lives or gets something there; then a small number is no lane's either.
_LIVED = re.compile(
    r"(?:\b(?:alamat(?:nya)?|almt|domisili|tinggal(?:nya)?|beralamat|berdomisili|kos|ngekos|kost|ngontrak|kontrakan"
    r"|rumah(?:nya|ku)?|rmh(?:nya)?|warga|penghuni|ybs|pelapor|pemohon|saya|kami|dikirim|kirim|antar|diantar|kunjungan"
    r"|pindah|live|lives|living|stay|address|house)\b"
    r"(?:[ :.,/(]{1,3}(?:lengkap|saya|sy|kami|gue|gw|aye|di|d|ke|ktp|kk|lama|baru|asal|sekarang|sesuai|domisili|usaha"
    r"|pelapor|pemohon|ybs|tetangga|ortu|yang|yg|terdampak|is|at|in)\b){0,4}[ :=.,/(]{1,3}"
    r"|[|] ?|\b(?:hormat|salam)[^\n]{3,30}, )$",
    re.IGNORECASE,
)
_BEFORE = 60
#: Streets whose lanes bear high numbers.
_SERIES = re.compile(
    r"(?:kebon kacang|cempaka putih|bungur|kalibaru|johar baru|sunter|pademangan|petojo|warakas|tebet|pulo mas|kramat"
    r"|kayu ?manis|swadaya|tanah abang|percetakan negara)\b[\w ]*$",
    re.IGNORECASE,
)
_LANES, _MOST_LANES = 12, 30
#: A word for "number" where no street was opened: what stands before it decides.
_NO = re.compile(word_start("no", "nomor", "nomer", "nmr", "number") + r"\b(?P<joint>[ .:#]{0,3})")
#: A place without an opening word, known by its end or its lane's number: "Contoh Raya No. 5", "Warakas V no. 31".
_UNOPENED = re.compile(
    r"(?<![\w.])[A-Za-z][a-z'’]{2,15} (?:raya|dalam|barat|timur|utara|selatan|tengah|besar|kecil|lama|indah|permai|asri"
    r"|tanjakan|(?-i:[IVX]{1,5})|\d{1,2})[ ,]{1,2}$",
    re.IGNORECASE,
)
_LONGEST_UNOPENED = 34
_NO_PLACE = re.compile(
    r"(?:perda|pergub|perpres|permen\w*|pasal|surat|tiket|laporan|aduan|tahun|tahap|lantai|tower|rute|bus|koridor|pos"
    r"|loket|jam|tanggal|halte|stasiun|gardu|tiang|pompa|kelas|sdn?|smpn?|sman?|polda|kodam|dinas|\w+an) ",
    re.IGNORECASE,
)
#: Somebody's house by its number alone.
_SOMEBODYS = re.compile(
    r"\b(?:penghuni|warga|tetangga|(?:depan|sebelah|samping|seberang|sebrang|belakang)nya|at"
    r"|(?:omah|griya|imah|bumi|dalem) (?:kula|kulo|abdi|kuring|ku)|(?:house|flat|door)(?: is)?) $",
    re.IGNORECASE,
)
_LONGEST_SOMEBODYS = 16
_ROOM = (
    r"(?i:(?:blok [A-Za-z0-9]{1,3},? )?(?:(?:lt|lantai)\.? ?\d{1,2},? )?"
    r"(?:(?:kamar|kmr|pintu|unit)\b[. ]{0,2}(?:no[. ]{1,2})?|\btower [A-Z] ))(?=\d)"
)
#: A room of a house whose number is hidden, and of one that is a block of flats or has rooms to let.
_ROOMS = (
    re.compile(r"\[…\],?[^\d\n]{0,6}?" + _ROOM),
    re.compile(
        word_start(
            "rusun", "rusunawa", "rumah susun", "apartemen", "apart", "apt", "kos", "kost", "kontrakan", "tower"
        )
        + rf"\b[^\d\n]{{0,40}}?{_ROOM}"
    ),
    # A flat that tells its floor: "unit 4.12".
    re.compile(
        word_start("unit") + r"\b(?: no\.?)? (?=\d{1,2}\.\d{2}(?!\d|\.\d| ?(?i:wib|wita|wit|juta|jt|miliar|m2?)\b))"
    ),
)  # fmt: skip
_ROOM_NUMBER = re.compile(
    r"(?:\d{1,2}\.\d{2}|\d{1,4}[A-Za-z]?)\b(?![/.:,-]\d| ?(?:mandi|mobil|pompa|tingkat)\b)"
)
#: The letter of a number that is hidden already: "No. […] A RT 3".
_LETTER_LEFT = re.compile(
    r"(?<=\[…\])(?: ?-? ?[A-H](?=$|[,;)\n]|/RT| (?:RT|Rt|rt|RW|Kel|Kec|KEL)\b| [A-Z]{3})|[A-Za-z](?=/RT))"
)


def without_houses(text: str) -> str:
    """`text` without the numbers of houses in its addresses. Linear time."""
    spans = [span for head in _HEAD.finditer(text) if (span := _opened(text, head.start(), head.end()))]
    spans += [span for head in _ESTATE.finditer(text) if (span := _opened(text, -1, head.end()))]
    spans += [span for found in _NO.finditer(text) if (span := _unopened(text, found))]
    text = _hidden(text, spans)
    rooms = (room for pattern in _ROOMS for room in pattern.finditer(text))
    text = _hidden(text, [span for room in rooms if (span := _room(text, room.end()))])
    return _LETTER_LEFT.sub("", text) if HIDDEN in text else text


def _hidden(text: str, spans: list[tuple[int, int]]) -> str:
    out: list[str] = []
    done = 0
    for start, end in sorted(spans):
        if start >= done:
            out += [text[done:start], HIDDEN]
            done = end
    return "".join(out) + text[done:]


def _room(text: str, at: int) -> tuple[int, int] | None:
    number = _ROOM_NUMBER.match(text, at)
    return number.span() if number is not None and not COUNTS.match(text, number.end()) else None


def _opened(text: str, head: int, at: int) -> tuple[int, int] | None:
    """Where the house's number stands in the address opened at `head`, whose name begins at `at`; an estate's
    (-1) needs a word for "number", or a block."""
    name, words, lane = at, 0, False
    while words < _MOST_WORDS and not lane:
        numbered = _ROMAN.match(text, at) or (_OWN.match(text, at) if words else None)
        if numbered is not None:
            at, lane = numbered.end(), True
            break
        if words and _BLOCK.match(text, at):
            break
        word = _WORD.match(text, at)
        if word is None or (word[1] or "").lower() in _TOLD or _MARK.match(text, at):
            break
        at, words = word.end(), words + 1
    if not words and not lane:
        return None
    found = _marked(text, at) or _block(text, at)
    return _bare(text, head, name, at, lane=lane) if found is None and head >= 0 else found


def _marked(text: str, at: int) -> tuple[int, int] | None:
    """The number behind a word for "number"."""
    mark = _MARK.match(text, at)
    number = _MARKED.match(text, mark.end()) if mark is not None else None
    if mark is None or number is None or _NOT_MARKED.match(text, number.end()):
        return None
    if "n" not in mark[0].lower() and "#" not in mark[0] and COUNTS.match(text, number.end()):
        return None  # "Jl. Contoh, rumah 2 lantai", "kavling 200 meter"
    return number.span()


def _block(text: str, at: int) -> tuple[int, int] | None:
    found = _BLOCK.match(text, at)
    return found.span() if found is not None else None


def _bare(text: str, head: int, name: int, at: int, *, lane: bool) -> tuple[int, int] | None:
    """A number right behind the name, when it is neither the lane's own nor counts something."""
    if text[at : at + 1] == "/":
        at += 1
    elif text[at : at + 2] == ", ":
        at += 2
    number = _BARE.match(text, at)
    if number is None or number[1][0] == "0":
        return None
    if COUNTS.match(text, number.end()) or _MONTH.match(text, number.end()):
        return None
    district = _RT.match(text, number.end()) is not None
    if not district and _TAIL.match(text, number.end()) is None:
        return None
    if text[at - 2 : at] == ", " and not lane:
        return number.span() if district else None
    value = int(number[1])
    if lane or number[2].strip() or value > _MOST_LANES or text[at - 5 : at].lower() == "raya ":
        return number.span()
    if _LIVED.search(text, max(0, head - _BEFORE), head):
        return number.span()
    series = _SERIES.match(text[name:at].strip()) is not None
    if not series and (district or value > _LANES):
        return number.span()
    return None


def _unopened(text: str, found: re.Match[str]) -> tuple[int, int] | None:
    """The number behind a word for "number" before which a place without an opening word stands, or somebody whose
    house it is."""
    at = found.start()
    place = _UNOPENED.search(text, max(0, at - _LONGEST_UNOPENED), at)
    if place is not None:
        return None if _NO_PLACE.match(place[0]) else _marked(text, at)
    if not found["joint"] or not _SOMEBODYS.search(text, max(0, at - _LONGEST_SOMEBODYS), at):
        return None
    number = _MARKED.match(text, found.end())
    return number.span() if number is not None else None
