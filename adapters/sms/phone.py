"""A sender as providers write it -> one person per telephone number, in E.164 (ITU-T), by libphonenumber."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from normalizer.record import Contact, Sender

#: Numbers up to this length are short codes of one operator (1708, 3636): nobody can be called back there.
_SHORT = 6
_PUNCTUATION = re.compile(r"[\s().\-/]")


def person(written: str, region: str, name: str = "") -> Sender:
    """The sender: `0812…`, `62812…`, `+62812…` and `0062812…` are one. Names and short codes stay as they are."""
    number = e164(written, region)
    if number is None:
        return Sender(reference=" ".join(written.split())[:200], name=name)
    return Sender(reference=number, name=name, contacts=(Contact(kind="phone", value=number),))


def e164(written: str, region: str) -> str | None:
    """`written` in E.164, or None when it is no telephone number of a person."""
    bare = _PUNCTUATION.sub("", written)
    digits = bare.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()) or not _SHORT < len(digits) <= 17:
        return None
    national = digits if digits.startswith("0") else None
    # Providers leave out the plus, and `phonenumbers` then reads a country code as part of the number.
    ways: list[tuple[str, str | None]] = [("+" + digits, None)]
    if national and not bare.startswith("+"):
        ways = [(digits, region)]
        if digits.startswith("00"):
            ways.insert(0, ("+" + digits[2:], None))
    elif not bare.startswith("+"):
        ways.append((digits, region))
    possible = None
    for text, country in ways:
        try:
            number = phonenumbers.parse(text, country)
        except NumberParseException:
            continue
        found = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        if len(found) > 16:  # E.164 ends at fifteen digits
            continue
        if phonenumbers.is_valid_number(number):
            return found
        if possible is None and phonenumbers.is_possible_number(number):
            possible = found
    return possible
