"""What a file is, from its first bytes: an allow-list of what citizens really send; and what was read from its content.

Names and declared types are never trusted. HTML and SVG are named as what they are, because a browser would run
them; whatever is not on the list is `application/octet-stream`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from datetime import timedelta

import msgspec

from normalizer.context import Context, decided
from normalizer.identity import JAKARTA
from normalizer.ports import MediaFacts
from normalizer.record import Attachment, Complaint, Evidence

#: How many bytes `sniff` looks at.
HEAD = 4096
UNKNOWN = "application/octet-stream"

#: By how much a camera's clock may be ahead before it is said.
CLOCK_AHEAD = timedelta(hours=1)
#: Pictures of which a copy can be made that may be shown.
PICTURES = frozenset(
    f"image/{kind}" for kind in ("jpeg", "png", "gif", "webp", "tiff", "bmp", "avif", "heic", "heif")
)

_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"{\\rtf", "application/rtf"),
    (b"OggS", "audio/ogg"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"BEGIN:VCARD", "text/vcard"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"FLV\x01", "video/x-flv"),
)
_RIFF = {b"WEBP": "image/webp", b"AVI ": "video/x-msvideo", b"WAVE": "audio/wav"}
# Brands of ISO base media files (ISO/IEC 14496-12, mp4ra.org).
_BRANDS = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"hevc": "image/heic",
    b"heim": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
}
_OFFICE = (
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)
_HTML = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|iframe|table|div|meta|title|style|img|a\s|p>|h1|form|object|embed)",
    re.IGNORECASE,
)
_SVG = re.compile(rb"<svg[\s>]|<!doctype\s+svg", re.IGNORECASE)
_MAIL = re.compile(
    rb"^(?:[A-Za-z][A-Za-z0-9-]{1,60}:[^\r\n]{0,998}\r?\n(?:[ \t][^\r\n]*\r?\n)*){2,}", re.ASCII
)
_MAIL_FIELD = re.compile(
    rb"^(?:received|return-path|message-id|mime-version|delivered-to):", re.IGNORECASE | re.MULTILINE
)


def sniff(head: bytes) -> str:
    """The media type of the file that begins with `head` (up to 4 KiB of it)."""
    head = head[:HEAD]
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return _ogg(head) if media_type == "audio/ogg" else media_type
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return _iso(head)
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head[:2] == b"BM" and len(head) >= 26 and head[6:10] == b"\0\0\0\0":
        return "image/bmp"
    if head[:4] == b"PK\x03\x04":
        return _zip(head)
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return _ole(head)
    if (
        len(head) >= 4
        and head[0] == 0xFF
        and head[1] & 0xE0 == 0xE0
        and head[1] & 0x06
        and head[2] & 0xF0 != 0xF0
    ):
        # MPEG audio layer, or ADTS where the layer bits are zero (which the test above leaves out).
        return "audio/mpeg"
    if len(head) >= 4 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    return _text(head)


def is_read(attachment: Attachment) -> bool:
    """Whether there is something to be read in a file: it is stored, and is a picture, a film or a sound."""
    kind = attachment.media_type
    return (
        attachment.state == "stored"
        and bool(attachment.sha256)
        and (kind in PICTURES or kind.startswith(("video/", "audio/")))
    )


def _ogg(head: bytes) -> str:
    return "video/ogg" if b"\x80theora" in head[:128] else "audio/ogg"


def _iso(head: bytes) -> str:
    brand = head[8:12]
    if brand in (b"mif1", b"msf1"):
        # The general brand comes first; the compatible ones say which codec.
        compatible = head[16 : min(int.from_bytes(head[:4], "big"), 256)]
        if b"avif" in compatible:
            return "image/avif"
        if b"heic" in compatible or b"heix" in compatible:
            return "image/heic"
    if brand[:2] == b"3g":
        return "video/3gpp"
    return _BRANDS.get(brand, "video/mp4")


def _zip(head: bytes) -> str:
    if head[30:38] == b"mimetype":
        kind = re.match(rb"application/[a-z0-9.+-]{1,80}", head[38:])
        if kind and kind[0].startswith(b"application/vnd.oasis.opendocument."):
            return re.sub(rb"PK$", b"", kind[0]).decode()
    if b"[Content_Types].xml" in head or b"_rels/" in head or b"docProps/" in head:
        for folder, media_type in _OFFICE:
            if folder in head:
                return media_type
    return "application/zip"


def _ole(head: bytes) -> str:
    for name, media_type in (
        ("WordDocument", "application/msword"),
        ("Workbook", "application/vnd.ms-excel"),
        ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ):
        if name.encode("utf-16-le") in head:
            return media_type
    return "application/x-ole-storage"


def _text(head: bytes) -> str:
    bare = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    # UTF-16 with its mark: a browser reads markup in it too.
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        bare = head[2:].replace(b"\0", b"").lstrip()
    elif b"\0" in head or not head:
        return UNKNOWN
    if bare[:1] == b"<":
        if _SVG.search(bare):
            return "image/svg+xml"
        if _HTML.match(_markup(bare)):
            return "text/html"
        if bare[:5].lower() == b"<?xml":
            return "application/xml"
    if bare[:15].upper().startswith(b"BEGIN:VCALENDAR"):
        return "text/calendar"
    if _MAIL.match(bare) and _MAIL_FIELD.search(bare):
        return "message/rfc822"
    if head[:2] not in (b"\xff\xfe", b"\xfe\xff") and not _readable(head):
        return UNKNOWN
    return "text/plain"


def _markup(text: bytes) -> bytes:
    """`text` from its first element on. By hand: a pattern for any number of comments takes for ever on some."""
    while True:
        text = text.lstrip()
        if text.startswith(b"<!--"):
            _, _, text = text.partition(b"-->")
        elif text.startswith(b"<?"):
            _, _, text = text.partition(b">")
        else:
            return text


def _readable(head: bytes) -> bool:
    """Whether the bytes are text in UTF-8 (its last character may be cut) or an eight-bit charset."""
    controls = sum(1 for b in head if b < 32 and b not in (9, 10, 12, 13, 27))
    if controls:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(head) - 3 and error.start > 0:
            return True
        high = sum(1 for b in head if b >= 0x80)
        return high * 10 < len(head)
    return True


def known(context: Context, media: Mapping[str, MediaFacts]) -> Context:
    """The context of one complaint: with what was read from its files."""
    return dataclasses.replace(context, media=media) if media else context


def with_facts(attachment: Attachment, media: Mapping[str, MediaFacts]) -> Attachment:
    """The attachment with what was read from its content; itself when nothing was."""
    facts = media.get(attachment.sha256) if attachment.sha256 else None
    if facts is None:
        return attachment
    return msgspec.structs.replace(
        attachment,
        media_type=facts.media_type or attachment.media_type,
        width=facts.width,
        height=facts.height,
        duration=facts.duration,
        captured_at=facts.captured_at or attachment.captured_at,
        captured_place=facts.captured_place or attachment.captured_place,
        metadata_place=facts.metadata_place,
        perceptual_hash=facts.perceptual_hash,
        public_sha256=facts.public_sha256,
        thumbnail_sha256=facts.thumbnail_sha256,
    )


def step(complaint: Complaint, context: Context) -> Complaint:
    """Give each attachment what was read from its content, and say what was odd about it."""
    evidence: list[Evidence] = []
    attachments: list[Attachment] = []
    for attachment in complaint.attachments:
        attachment = with_facts(attachment, context.media)
        attachments.append(attachment)
        declared = attachment.declared_type.partition(";")[0].strip().lower()
        if (
            attachment.state == "stored"
            and declared
            and declared != attachment.media_type
            and declared != UNKNOWN
        ):
            words = (declared[:100],)
            evidence.append(_say(f"is {attachment.media_type}, not as declared", words))
        facts = context.media.get(attachment.sha256)
        if facts is not None:
            evidence += _read(attachment, facts, complaint)
    return decided(complaint, *evidence, attachments=tuple(attachments)) if attachments else complaint


def photo_age(attachment: Attachment, complaint: Complaint) -> timedelta | None:
    """How long before the complaint was sent a photo was taken; below zero: the camera's clock is ahead."""
    if attachment.captured_at is None:
        return None
    return (complaint.sent_at or complaint.received_at) - attachment.captured_at


def _say(result: str, words: tuple[str, ...], confidence: float = 1.0) -> Evidence:
    return Evidence(step="media", result=result, words=words, confidence=confidence)


def _read(attachment: Attachment, facts: MediaFacts, complaint: Complaint) -> list[Evidence]:
    words = (attachment.name[:100],) if attachment.name else ()
    found = []
    if facts.captured_at is not None:
        taken = facts.captured_at.astimezone(JAKARTA)
        found.append(_say(f"taken {taken:%Y-%m-%d %H:%M} in Jakarta's time", words))
        age = photo_age(attachment, complaint)
        if age is not None and age < -CLOCK_AHEAD:
            found.append(_say("the camera's clock is ahead of the message", words, 0.5))
    if facts.captured_place is not None:
        found.append(_say("tells where it was taken", words))
    elif facts.metadata_place:
        found.append(_say("speaks of a place that cannot be believed", words, 0.5))
    if facts.duration is not None:
        found.append(_say(f"lasts {facts.duration:.0f} s", words))
    found += (_say(remark, words, 0.5) for remark in facts.remarks)
    return found
