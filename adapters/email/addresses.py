"""Mailboxes in header fields (RFC 5322 3.4), read in one pass: the standard library crashes on `From: <`."""

from __future__ import annotations

import re
from typing import NamedTuple

from adapters.email.words import charset_text, decode_words

_MAX_LENGTH = 16 * 1024
_MAX_ADDRESSES = 100
_PLAIN = re.compile(r"[^\s<>()\[\]:;,\"\\]{1,200}@[^\s<>()\[\]:;,\"\\@]{1,255}")
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,400})>")
_CLEAN_NAME = re.compile("[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Mailbox(NamedTuple):
    """A displayed name and a lower-case address; either may be empty."""

    name: str
    address: str


def mailboxes(value: bytes) -> list[Mailbox]:
    """The mailboxes of a field, at most a hundred, groups opened up."""
    found: list[Mailbox] = []
    for piece in _pieces(charset_text(value[:_MAX_LENGTH])):
        mailbox = _mailbox(piece)
        if mailbox is not None:
            found.append(mailbox)
            if len(found) >= _MAX_ADDRESSES:
                break
    return found


def message_ids(value: bytes) -> list[str]:
    """The ids in Message-ID, In-Reply-To or References, each as `<…>`, in the order of the field."""
    return [f"<{found}>" for found in _MESSAGE_ID.findall(charset_text(value[-_MAX_LENGTH:]))]


def _pieces(text: str) -> list[str]:
    """`text` cut at the commas and group marks outside of quotes, comments and angle brackets."""
    pieces: list[str] = []
    begin, quoted, comment, angle, skip = 0, False, 0, False, False
    for index, character in enumerate(text):
        if skip:
            skip = False
        elif character == "\\":
            skip = quoted or comment > 0
        elif character == '"' and not comment:
            quoted = not quoted
        elif quoted:
            continue
        elif character == "(":
            comment += 1
        elif character == ")" and comment:
            comment -= 1
        elif comment:
            continue
        elif character == "<":
            angle = True
        elif character == ">":
            angle = False
        elif character in ",;" and not angle:
            pieces.append(text[begin:index])
            begin = index + 1
    pieces.append(text[begin:])
    return pieces


def _mailbox(piece: str) -> Mailbox | None:
    opening = piece.rfind("<")
    if opening >= 0:
        inside = piece[opening + 1 :].partition(">")[0].strip()
        name = _name(piece[:opening])
    else:
        match = _PLAIN.search(piece)
        if match is None:
            name = _name(piece.rpartition(":")[2])
            return Mailbox(name, "") if name else None
        inside = match[0]
        comment = piece[match.end() :].partition("(")[2].rpartition(")")[0]
        name = _name(comment)
    address = _address(inside)
    return Mailbox(name if name.lower() != address else "", address) if address or name else None


def _address(text: str) -> str:
    if text.startswith("@") and ":" in text:  # an old source route
        text = text.rpartition(":")[2]
    text = text.removeprefix("mailto:").strip().lower()
    match = _PLAIN.search(text)
    if match is not None and match[0] == text:
        return text
    if text.count("@") >= 1 and text.startswith('"') and " " not in text.rpartition("@")[2]:
        return text[:320]
    return match[0] if match is not None else ""


def _name(text: str) -> str:
    text = text.strip()
    if text.startswith('"') and '"' in text[1:]:
        text = text[1:].rpartition('"')[0].replace('\\"', '"').replace("\\\\", "\\")
    return " ".join(_CLEAN_NAME.sub(" ", decode_words(text)).strip(" '\"").split())[:200]
