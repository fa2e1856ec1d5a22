"""Numbers that point to a person, found in one pass: every run of digits is read with what stands before it.

Masked: telephones however they are parted, anything of sixteen digits (NIK, KK, cards), accounts, NPWP, customers' and
meters' numbers, secret codes, dates of birth, the numbers of houses, and any other number of nine digits or more.
Readable stay money, dates, times, coordinates, tickets, numbers of letters and decrees, bus lines and hotlines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from normalizer.birth_words import goes_on, is_behind_birth
from normalizer.house_numbers import HIDDEN
from normalizer.identity import read_ticket
from normalizer.privacy_houses import COUNTS, NO_HOUSE, NUMBERS, house
from normalizer.privacy_plates import MASK as PLATE
from normalizer.privacy_plates import plate

PHONE, IDENTITY, ACCOUNT = "[nomor telepon]", "[nomor identitas]", "[nomor rekening]"
NUMBER, BORN = "[nomor]", "[tanggal lahir]"

#: Digits with what people put between them; three signs at most, so that a run stays one number or a few.
#: Before them a plus, a bracket or two such signs. It begins with one set of signs, so that the search runs over
#: everything else in C.
_RUN = re.compile(r"[+(\d](?:(?<=\d)|(?<=[+(])[+(]?\d)(?:[ .,\-()/_*|~'’·•:;+\u2010-\u2015\n]{0,3}\d)*")
_GROUP = re.compile(r"\d+")
#: How much of the text before a run is read. A line's end parts it from what is said.
_BEFORE = 64
#: A passport has one or two capitals before seven or eight digits.
_PASSPORT, _CAPITALS = (7, 8), re.compile(r"(?<![\w-])[A-Z]{1,2} ?$")
_LONG, _CUSTOMER, _SHORT, _CODE = 9, 6, 5, 4
_LONGEST_MOBILE, _AGAIN = 13, 48

_MONEY_BEFORE = re.compile(r"(?:\brp|\bidr|\busd|\bsgd|[$€£])\.? ?$")
_MONEY_AFTER = re.compile(r"[,.\-=]{0,3} ?(?:rupiah|perak|rb\b|ribu|jt\b|juta|miliar|milyar|persen|%)")
_ACCOUNT_BEFORE = re.compile(
    r"\b(?:no\.? ?rek(?:ening)?|norek|rekening(?:nya|nye|ku)?|rek|virtual account|va|bca|bni|bri|mandiri|bsi|btn|cimb"
    r"|bank dki|seabank|jago|jenius|permata|danamon|muamalat|niaga|ocbc|mega|bukopin|panin|maybank|allo|blu|dana|ovo"
    r"|gopay|shopeepay|linkaja)\b[^\d\n]{0,28}$"
)
_PHONE_BEFORE = re.compile(
    r"(?:\b(?:telp|tlp|tlpn|telpon|telepon|telfon|tel|phone|hp|hape|no ?hp|nohp|wa|whatsapp|hub|hubungi|kontak"
    r"|contact|fax|call|sms|mobile)\b[^\d\n]{0,16}|\bt\. ?)$"
)
_CUSTOMER_BEFORE = re.compile(
    r"\b(?:id ?pel(?:ang+an)?|idpel|id|(?:no|nomor|nomer)\.? langganan|pelang+an(?:nya|ku|ipun|e)?|plgn?|plggan"
    r"|planggan|plggn|nopel"
    r"|meter(?:an)?|kwh|sambungan"
    r"|token|polis|peserta|bpjs|jkn|sim|npwp|nip|nisn|nis|nim|nrp|kartu|card|nik|ktp|kk|paspor|passport|kitas|kitap|stnk|bpkb|rangka|mesin|imei|nop"
    r"|sppt|rekam medi[sk]|medrec|rm|anggota|member|customer|account|induk (?:siswa|mahasiswa|pegawai|karyawan))\b"
    r"(?: ?(?:aetra|palyja|no|nomor|nomer|saya|sy|nya|ibu|bapak"
    r"|anak|pln|pam|listrik|air|kesehatan|number|yang|yg|benar|bener|betul|baru|lama|is|id|adalah)\b)*[ .:=#\-]{0,4}$"
)
#: The same with its holder's name between: "meteran a.n. Siti Contoh no. 40211000".
_HOLDER_BEFORE = re.compile(
    r"\b(?:meter(?:an)?|pelanggan|langganan|sambungan|listrik|kwh|token|pln|pam|pdam)\b[^\d\n]{0,20}"
    r"(?:\ba\.?n\b\.?|\ba/n\b|\batas nama\b)[^\d\n]{2,28}\b(?:no|nomor|nomer|id)\b[ .:=]{0,3}$"
)
#: Numbers that an office gave to a person or a house; they may begin like a telephone's.
_OFFICIAL_BEFORE = re.compile(
    r"\b(?:npwp|nop|nip|nisn|nik|ktp|kk|paspor|passport|bpjs|jkn|imei)\b"
    r"(?: ?(?:no|nomor|nomer|pbb|saya|sy|nya|number)\b)*[ .:=#\-]{0,4}$"
)
#: How the digits of a taxed piece of land, a civil servant, bought electricity, a taxpayer and a bank's account are
#: parted.
_OFFICIAL = dict.fromkeys(
    ((2, 2, 3, 3, 3, 4, 1), (8, 6, 1, 3), (4, 4, 4, 4, 4), (2, 3, 3, 1, 3, 3)), NUMBER
) | {(4, 2, 6, 2, 1): ACCOUNT}
_SECRET_BEFORE = re.compile(
    r"\b(?:pin|otp|kode otp|kode verifikasi|kode rahasia|kata sandi|password|passwd|pwd|sandi|passcode|cvv|cvc)\b"
    r"(?: ?(?:saya|sy|nya|atm|gue|gw|aku|is|adalah|itu)\b)*[ .:=#\-]{0,4}$"
)
#: An identity number of which its writer hid a part: "3174xxxx45068802".
_HALF_HIDDEN = re.compile(r"(?<!\w)(?=[\dxX*]{16}(?!\w))(?=(?:[xX*]{0,8}\d){8})\d{2,12}[xX*]{2,8}\d{0,10}")
#: The wrong one beside the right one: "pelanggan yang benar [nomor] bukan 10448872".
_CORRECTED = re.compile(
    r"(\[nomor(?: rekening)?\],? (?:bukan|dan bukan|harusnya|seharusnya|jadi|menjadi|not|instead of) )"
    r"\d{6,14}(?![\d.,/-]\d|\d)",
    re.IGNORECASE,
)
#: Letters before a number make it the code of something: JK2403010042.
_CODE_BEFORE = re.compile(r"(?<![A-Za-z])[A-Z]{2,5}-?$")
#: A number that others gave to the case, not to a person.
_CASE_BEFORE = re.compile(
    r"\b(?:tiket|ticket|laporan|aduan|pengaduan|crm|jaki|lapor|resi|trx|transaksi|invoice|inv|seri|surat|sk"
    r"|perda|pergub|referensi|ref|agenda|perkara|kode pos|kodepos|pos)\b[^\d\n]{0,16}$"
)
#: Day, month and year with nothing between: "lahir 12031985".
_BORN_TOGETHER = re.compile(r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:(?:19|20)?\d\d)")
_ESTATE_LETTERS, _ESTATE_NUMBER = re.compile(r"(?<![\w/])[A-Z]{1,2}$"), re.compile(r"\d{1,2}/\d{1,3}")
_LETTERED = re.compile(
    r"\b(?:rumah|kamar|unit|jl|jalan|gg|gang)\b[^\d\n]{0,40}\b(?:no|nomor|nomer|unit|kamar)\b\.? ?([a-z]{1,2}-?)$"
)
#: What most short numbers of an address or a time stand behind.
_COUNTED = ("rt ", "rw ", "rt. ", "rw. ", "/rw", "rt", "rw.", "km ", "jam ", "gg ")
#: A plate's letters are parted from its digits by these, or by nothing.
_AFTER_LETTERS = frozenset(" .-_/")
_SPACED = re.compile(r"\d(?: ?\d){2,3}")


def without_numbers(text: str) -> str:
    """`text` with numbers of persons masked. Linear time."""
    if "xx" in text or "XX" in text or "**" in text:
        text = _HALF_HIDDEN.sub(IDENTITY, text)
    out: list[str] = []
    done, born = 0, -_AGAIN
    for match in _RUN.finditer(text):
        # "lahir 12-05-1990, seharusnya 21-05-1990": a second date is one of birth too.
        again = match.start() - born < _AGAIN and not goes_on(text[born : match.start()])
        for start, end, mark in _found(text, match.start(), match.end(), born=again):
            if start >= done:
                # A bracket that closes behind the number stays: "Siti (0812-0000-1234)".
                open_ = text[start] == "(" and ")" not in text[start:end]
                out += [text[done : start + open_], mark]
                done = end
                born = end if mark == BORN else born
    if not out:
        return text
    out.append(text[done:])
    return _CORRECTED.sub(rf"\1{NUMBER}", "".join(out))


def _found(text: str, start: int, end: int, *, born: bool = False) -> Iterator[tuple[int, int, str]]:
    """The numbers to mask in one run, in order."""
    if end - start < _SHORT and text[max(0, start - 4) : start].lower().endswith(_COUNTED):
        return
    before = text[max(0, start - _BEFORE) : start].lower()
    if text[start - 1 : start] in _AFTER_LETTERS or text[start - 1 : start].isalpha():
        digits = _GROUP.match(text, start, end)
        found = plate(text, start, digits.end(), before) if digits is not None else None
        if digits is not None and digits.end() < end and _SPACED.fullmatch(text, start, end):  # B 12 34 XYZ
            found = plate(text, start, end, before) or found
        if found is not None:
            yield *found, PLATE
            rest = _GROUP.search(text, found[1], end)
            if rest is not None:
                yield from _found(text, rest.start(), end)
            return
    if text[start - 1 : start].isalpha():
        # A house of an estate ("Taman Aries C3/7") or one with a letter before ("No. A12").
        estate = _ESTATE_LETTERS.search(text, max(0, start - 4), start)
        lettered = _LETTERED.search(before)
        if estate is not None and _ESTATE_NUMBER.fullmatch(text, start, end):
            yield estate.start(), end, HIDDEN
            return
        if lettered is not None and NUMBERS.fullmatch(text, start, end) and not NO_HOUSE.search(before):
            yield start - len(lettered[1]), end, HIDDEN
            return
    if end - start < _SHORT:
        if end - start >= _CODE and _SECRET_BEFORE.search(before):
            yield start, end, NUMBER
        else:
            yield from house(text, start, end, before)
        return
    groups = [(m.start(), m.end()) for m in _GROUP.finditer(text, start, end)]
    mark = _OFFICIAL.get(tuple(b - a for a, b in groups)) if 4 <= len(groups) <= 7 else None
    if mark is not None:
        yield groups[0][0], groups[-1][1], mark
        return
    at = 0
    while at < len(groups):
        width = _date(text, groups, at)
        if width:
            if born or (at == 0 and is_behind_birth(before)):
                yield groups[0][0], groups[width - 1][1], BORN
            at += width
            continue
        if at == 0 and _BORN_TOGETHER.fullmatch(text, *groups[0]) and is_behind_birth(before):
            yield *groups[0], BORN
            at += 1
            continue
        width = _plain(text, groups, at)
        if width:
            at += width
            continue
        if (
            groups[at][1] - groups[at][0] < _CODE
            and not _sixteen(text, groups, at)
            and _sixteen(text, groups, at + 1)
        ):
            at += 1  # the number of something else, right before a NIK
            continue
        stop = _sixteen(text, groups, at) or _stop(text, groups, at, before if at == 0 else "")
        first, last = groups[at][0], groups[stop - 1][1]
        mark = _mark(text, groups, at, stop, before if at == 0 else "")
        if mark:
            # The plus and the bracket before a number belong to it.
            while first > start and text[first - 1] in "+(":
                first -= 1
            yield first, last, mark
        elif at == 0 and last - first <= _LONG:
            yield from house(text, first, last, before)
        at = stop


def _date(text: str, groups: list[tuple[int, int]], at: int) -> int:
    """How many groups from `at` on are a date: day, month, year in either order."""
    if at + 3 > len(groups):
        return 0
    (a, b), (c, d), (e, f) = groups[at : at + 3]
    sep = text[b:c]
    if sep != text[d:e] or sep.strip() not in ("-", "/", ".", ""):
        return 0
    widths = (b - a, d - c, f - e)
    if widths[0] == 4:
        year, month, day = text[a:b], text[c:d], text[e:f]
    else:
        day, month, year = text[a:b], text[c:d], text[e:f]
    if (
        len(day) > 2
        or len(month) > 2
        or len(year) not in (2, 4)
        or not (0 < int(month) < 13 and 0 < int(day) < 32)
    ):
        return 0
    if len(year) == 4 and year[:2] not in ("19", "20"):
        return 0
    # A number in pairs goes on in the same manner, a date does not.
    goes_on = at + 3 < len(groups) and text[f : groups[at + 3][0]] == sep
    if (len(year) == 2 and (sep == " " or goes_on)) or (goes_on and sep != " "):
        return 0
    return 3


def _plain(text: str, groups: list[tuple[int, int]], at: int) -> int:
    """How many groups from `at` on are a time of day, coordinates or years."""
    a, b = groups[at]
    first = text[a:b]
    if at + 1 < len(groups):
        c, d = groups[at + 1]
        sep, second = text[b:c], text[c:d]
        if (
            sep == "."
            and d - c >= 4
            and (first in ("106", "107") or (first in ("5", "6") and text[a - 1 : a] == "-"))
        ):
            return 2
        is_time = sep in (":", ".") and b - a <= 2 and d - c == 2 and int(first) < 25 and int(second) < 60
        if is_time and at + 2 < len(groups):
            e, f = groups[at + 2]
            if text[d:e] == sep and f - e == 2 and int(text[e:f]) < 60:
                # With seconds, when nothing goes on in the same manner.
                return 3 if at + 3 == len(groups) or text[f : groups[at + 3][0]] != sep else 0
            is_time = text[d:e] != "." and (f - e < 3 or _begins_phone(text, e, f))
        if is_time:
            return 2
    if b - a == 4 and first[:2] in ("19", "20") and at + 1 < len(groups):
        c, d = groups[at + 1]
        another = d - c == 4 and text[c : c + 2] in ("19", "20")
        if another or (text[b:c] == " " and d - c <= 2 and _plain(text, groups, at + 1)):
            return 1
    return 0


def _sixteen(text: str, groups: list[tuple[int, int]], at: int) -> int:
    """Where a number of sixteen digits ends that begins with group `at`; 0 when none does."""
    digits = 0
    phone = at < len(groups) and text.startswith("08", groups[at][0])
    for stop in range(at, min(at + 16, len(groups))):
        a, b = groups[stop]
        if stop > at and (
            "\n" in text[groups[stop - 1][1] : a] or text[groups[stop - 1][1] : a] in (". ", ", ", "; ")
        ):
            return 0
        if phone and digits > _LONG and text.startswith("08", a) and b - a > _CODE - 1:
            return 0  # two telephones: 0812-0000-1234/0812-0000-5678
        digits += b - a
        if digits >= 16:
            return stop + 1 if digits == 16 else 0
    return 0


def _stop(text: str, groups: list[tuple[int, int]], at: int, before: str) -> int:
    """Where the number that begins with group `at` ends; `before`: what stands before it."""
    phone = _begins_phone(text, *groups[at])
    digits = groups[at][1] - groups[at][0]
    short = digits <= 2
    stop = at + 1
    while stop < len(groups):
        a, b = groups[stop]
        sep = text[groups[stop - 1][1] : a]
        if _begins_phone(text, a, b) and _whole_phone(text, groups, stop):
            break
        if "\n" in sep or ", " in sep or ". " in sep or ";" in sep or ":" in sep:
            if not phone or digits >= _LONG or len(sep) > 3:
                break
        elif (
            (digits >= _LONG and not short and b - a <= 2 and " " in sep)
            # "0812 0000 12 34" is one number, "0812 0000 12 24 jam" a number and hours.
            and not (digits < 16 and not COUNTS.match(text, b) and _ACCOUNT_BEFORE.search(before))
            and (
                not phone
                or b - a == 1
                or digits + b - a > _LONGEST_MOBILE
                or COUNTS.match(text, b)
                or (stop + 1 < len(groups) and _begins_phone(text, a, b))
            )
        ):
            break
        if phone and digits + b - a > _LONGEST_MOBILE + 2:
            break
        digits += b - a
        short = short and b - a <= 2
        stop += 1
    return stop


def _begins_phone(text: str, a: int, b: int) -> bool:
    """Whether a group begins like an Indonesian telephone number."""
    start = text[a : a + 3]
    return (
        start[:2] == "62"
        or (start[:1] == "0" and (b - a == 1 or start[1:2] not in "01"))
        or text[a - 1 : a] == "+"
    )


def _whole_phone(text: str, groups: list[tuple[int, int]], at: int) -> bool:
    """Whether the groups from `at` on hold enough digits for a telephone number, and began like one written whole."""
    if groups[at][1] - groups[at][0] < 3:
        return False
    total = sum(b - a for a, b in groups[at : at + 5])
    return total >= _LONG


def _mark(text: str, groups: list[tuple[int, int]], at: int, stop: int, before: str) -> str:
    """How the number of groups `at` to `stop` is to be masked; empty when it may be read."""
    first, last = groups[at][0], groups[stop - 1][1]
    digits = "".join(text[a:b] for a, b in groups[at:stop])
    count = len(digits)
    if count < 4:
        return ""
    written = text[first:last]
    after = text[last : last + 10].lower()
    phone = _begins_phone(text, *groups[at])
    if count == 16:
        return IDENTITY
    if count in (6, 8) and _BORN_TOGETHER.fullmatch(digits) and is_behind_birth(before):
        return BORN
    if (
        count >= 6
        and _ACCOUNT_BEFORE.search(before)
        and not _MONEY_BEFORE.search(before)
        and not _is_money(written, after)
    ):
        return PHONE if phone and digits[:2] in ("08", "62") else ACCOUNT
    if (
        count in _PASSPORT
        and _CAPITALS.search(text, max(0, first - 4), first)
        and not text[last : last + 1].isalnum()
    ):
        return IDENTITY
    if _SECRET_BEFORE.search(before) or (count > _LONGEST_MOBILE and _OFFICIAL_BEFORE.search(before)):
        return NUMBER
    if _MONEY_BEFORE.search(before) or (
        not phone and (_MONEY_AFTER.match(after) or _is_money(written, after))
    ):
        return ""
    if phone and count >= _LONG and digits[1:2] != "0":
        if count > _LONGEST_MOBILE + 2:
            return NUMBER
        return "" if _is_ticket(written) else PHONE
    if digits[0] == "8" and digits[1] != "0" and _LONG <= count <= 12:
        return PHONE
    if count >= _CUSTOMER and not digits.startswith(("1500", "140")) and _PHONE_BEFORE.search(before):
        return PHONE
    if count > _CODE and (_CUSTOMER_BEFORE.search(before) or _HOLDER_BEFORE.search(before)):
        return NUMBER
    if not phone and _CODE_BEFORE.search(text, max(0, first - 8), first):
        return ""
    if count < _LONG or _is_ticket(written) or _is_document(written, groups[at:stop]):
        return ""
    if count < 15 and _CASE_BEFORE.search(before):
        return ""
    pairs = sum(b - a <= 2 for a, b in groups[at:stop])
    singles = sum(b - a == 1 for a, b in groups[at:stop])
    if pairs == stop - at and singles < pairs - 1 and " " in written and not digits.startswith("0"):
        return ""  # a list of small numbers
    return NUMBER


def _is_money(written: str, after: str) -> bool:
    """Thousands parted by dots or commas: 1.500.000.000."""
    return bool(_THOUSANDS.fullmatch(written)) and not after.startswith(("-", "."))


_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:(?:\.\d{3}){2,4}|(?:,\d{3}){2,4})(?:,\d{1,2})?")
_TICKET = re.compile(r"[23]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-\d{4,6}-\d")


def _is_ticket(written: str) -> bool:
    """A ticket of ours is public, and says which report is meant."""
    return bool(_TICKET.fullmatch(written)) and read_ticket(written) is not None


def _is_document(written: str, groups: list[tuple[int, int]]) -> bool:
    """Letters and decrees are numbered with strokes: 503/1182/2026."""
    return "/" in written and not {b - a for a, b in groups} <= {4, 6}
