"""Bytes of a text message -> text, although what they say about their character set is often wrong.

GSM 03.38 is 3GPP TS 23.038, section 6.2.1; concatenation (UDH) is 3GPP TS 23.040, section 9.2.3.24.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode

from adapters.sms.providers.base import Part

_GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_ESCAPED = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
}
_GSM_ESCAPED[0x65] = "€"
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}", re.ASCII)
#: A concatenated SMS is longer than one part of 70 characters, so its base64 is longer than this.
_BASE64_LEAST = 92


def decode(data: bytes, charset: str = "", coding: str = "") -> str | None:
    """`data` as text; None when it is binary and no text at all.

    `charset` is what the sender of the request says, in any spelling; `coding` is Kannel's data coding (0: 7 bit,
    1: 8 bit, 2: UCS-2). Nothing here raises: what cannot be decoded becomes U+FFFD, and the raw event is kept.
    """
    name = re.sub(r"[^a-z0-9]", "", charset.lower())
    if name in ("utf16be", "utf16", "ucs2", "iso10646ucs2") or (not name and coding == "2"):
        return _utf16(data)
    if name in ("8bit", "binary") or (not name and coding == "1"):
        return _plain(data)
    if name in ("gsm", "gsm7", "gsm0338", "7bit") and _CONTROLS.search(data):
        return _gsm(data)
    return _utf8_or_latin(data)


def _utf16(data: bytes) -> str:
    # Gateways that recode to UTF-8 sometimes leave the old label on. Zero bytes or high bytes tell the two
    # apart: UTF-16 of Latin text is full of zeros, and words in ASCII have spaces and no zeros.
    if len(data) % 2 or (
        b"\x00" not in data and b" " in data and data.isascii() and not _CONTROLS.search(data)
    ):
        return _utf8_or_latin(data)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-16-be", "replace")


def _utf8_or_latin(data: bytes) -> str:
    """UTF-8 where it is valid, whatever was said: text in Latin-1 that happens to be valid UTF-8 does not occur."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return data.decode("cp1252")
        except UnicodeDecodeError:
            return data.decode("iso-8859-1")


def _plain(data: bytes) -> str | None:
    """Text that arrives as "binary" (raw UTF-8 does); None for what is binary indeed."""
    if _CONTROLS.search(data):
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _gsm(data: bytes) -> str:
    """The 7-bit alphabet, one septet per byte."""
    out, escaped = [], False
    for byte in data:
        if escaped:
            out.append(_GSM_ESCAPED.get(byte, _GSM[byte] if byte < 128 else "\ufffd"))
            escaped = False
        elif byte == 0x1B:
            escaped = True
        else:
            out.append(_GSM[byte] if byte < 128 else "\ufffd")
    return "".join(out)


def gsm_septets(letter: str) -> int:
    """How many septets a character takes in the 7-bit alphabet; 0 when it is not in it."""
    if letter in _GSM and letter != "\x1b":
        return 1
    return 2 if letter in _GSM_ESCAPED.values() else 0


def from_base64(text: str) -> str | None:
    """The text inside, when `text` surely is base64 of one; None otherwise, also for merely long words."""
    if len(text) < _BASE64_LEAST or len(text) % 4 or not _BASE64.fullmatch(text):
        return None
    try:
        inside = b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    sane = all(c.isprintable() or c in "\r\n\t\u200d" for c in inside)
    return inside if sane and any(c.isspace() for c in inside) else None


def part_of(header: bytes) -> Part | None:
    """The concatenation in a user data header (elements 00 and 08), raw or as hexadecimal; None without one."""
    if re.fullmatch(rb"(?:[0-9A-Fa-f]{2}){4,}", header):
        inside = bytes.fromhex(header.decode("ascii"))
        if inside[0] == len(inside) - 1:
            header = inside
    if len(header) < 2 or header[0] != len(header) - 1:
        return None
    at = 1
    while at + 2 <= len(header):
        kind, length = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + length]
        if (kind, len(value)) in ((0x00, 3), (0x08, 4)) and length == len(value):
            total, number = value[-2], value[-1]
            width = "8" if kind == 0x00 else "16"
            if total > 1 and 1 <= number <= total:
                return Part(reference=f"{width}.{value[:-2].hex()}", number=number, total=total)
        at += 2 + length
    return None
