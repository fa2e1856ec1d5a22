"""Numbers that belong to people, found in free text: telephones, NIK, accounts; and how they are shown masked."""

from __future__ import annotations

import re

from normalizer.record import Base

#: Kemendagri codes of the provinces, with which a NIK begins.
_PROVINCES = frozenset(
    str(code)
    for first, last in ((11, 19), (21, 21), (31, 36), (51, 53), (61, 65), (71, 76), (81, 82), (91, 96))
    for code in range(first, last + 1)
)
# Both begin with the character that they need, and look back from there: so the search runs over the rest in C.
_PHONE = re.compile(
    r"[+(06](?<![\w.,/@#-].)(?:(?<=\+)|(?<=\()0|(?<=0)0?|(?<=6)2)"
    r"[\d \u2010-\u2015().\-/]{6,20}\d(?![\d])(?![-./]\d)"
)
_SIXTEEN = re.compile(r"\d(?<!\d\d)[ .\-]?(?:\d[ .\-]?){14}\d(?!\d)")
_MOBILE = re.compile(r"(?:\+62|0)(8[1-9]\d{7,10})")
_DATE = re.compile(r"^\d{1,4}[-./ ]\d{1,2}[-./ ]\d{2,4}(?:\D|$)")
_ACCOUNT_BEFORE = re.compile(
    r"(?:\brek(?:ening)?|\bnorek|\bvirtual account|\bva|\bbca|\bbni|\bbri|\bmandiri|\bbank dki|\bbsi|\bbtn|\bcimb)"
    r"[ a-z.:]{0,24}$",
    re.IGNORECASE,
)
_NOT_PHONE_BEFORE = re.compile(
    r"(?:\brp\.?|\bidr|\bnik|\bktp|\bkk|\btiket|\bresi|\bid pel(?:anggan)?|\bidpel|\bno\. ?polis|\bnpwp|\bnip|\bkwh|"
    r"\bmeteran|\bpelanggan)[ a-z.:#]{0,16}$",
    re.IGNORECASE,
)


class PhoneNumber(Base, frozen=True, kw_only=True):
    """A telephone number where it stands in a text; `value` is E.164."""

    start: int
    end: int
    value: str


def to_e164(text: str, region: str = "ID") -> str:
    """The number in E.164, or empty when it is none. `62812…` (WhatsApp, SMS) is read as `+62812…`."""
    digits = re.sub(r"[^\d+]", "", text)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    elif digits.startswith("62") and len(digits) >= 10:
        digits = "+" + digits
    if not 8 <= len(digits) <= 16:
        return ""
    # Most numbers are Indonesian mobiles, and their plan is simple: 8, then eight to eleven digits.
    mobile = _MOBILE.fullmatch(digits)
    if mobile is not None and (region == "ID" or digits.startswith("+")):
        return f"+62{mobile[1]}"
    # Imported late: its tables of all countries are for texts that hold a number.
    import phonenumbers

    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def phones(text: str, region: str = "ID") -> list[PhoneNumber]:
    """The telephone numbers in `text`; no dates, amounts, account numbers, NIK or meter numbers."""
    found = []
    for match in _PHONE.finditer(text):
        before = text[max(0, match.start() - 32) : match.start()]
        if _DATE.match(match[0]) or _ACCOUNT_BEFORE.search(before) or _NOT_PHONE_BEFORE.search(before):
            continue
        value = to_e164(match[0], region)
        if value:
            found.append(PhoneNumber(start=match.start(), end=match.end(), value=value))
    return found


def is_nik(digits: str) -> bool:
    """Whether 16 digits can be a NIK: province, day (women +40), month, a serial that is not 0000."""
    if len(digits) != 16 or not digits.isascii() or not digits.isdigit():
        return False
    day, month = int(digits[6:8]), int(digits[8:10])
    return (
        digits[:2] in _PROVINCES
        and digits[2:4] != "00"
        and digits[4:6] != "00"
        and (1 <= day <= 31 or 41 <= day <= 71)
        and 1 <= month <= 12
        and digits[12:] != "0000"
    )


def niks(text: str) -> list[tuple[int, int, str]]:
    """Start, end and digits of every NIK in `text`."""
    found = []
    for match in _SIXTEEN.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if is_nik(digits):
            found.append((match.start(), match.end(), digits))
    return found


def masked(value: str) -> str:
    """A number or address of which only the ends show: `+6281•••••99`, `s•••@example.org`."""
    name, at, domain = value.partition("@")
    if at and name:
        return f"{name[0]}•••@{domain}"
    if len(value) < 8:
        return "•" * len(value)
    return value[:4] + "•" * (len(value) - 6) + value[-2:]
