"""What a mail says and carries: its text chosen among the parts, and its files (RFC 2045, 2046, 2183, 3676)."""

from __future__ import annotations

import binascii
import mimetypes
import re
from dataclasses import dataclass, field

from adapters.email import html
from adapters.email.mime import Part, read, read_header
from adapters.email.words import base64_bytes, charset_text, decode_words, parameters

MAX_DECODED = 64 * 1024 * 1024
MAX_TEXT = 1_000_000
#: Encoded bytes of one text part that are read at all.
_MAX_ENCODED = 6 * 1024 * 1024
_READABLE = (
    "text/plain",
    "text/html",
    "text/enriched",
    "text/richtext",
    "text/x-amp-html",
    "text/watch-html",
)
_SIGNATURES = ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")
#: Not shown, and characters that turn the reading direction around or break a path.
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"<>|?*:]')
_STUB = re.compile(r"html|browser|view this (e-?mail|message)|peramban", re.IGNORECASE)


@dataclass
class File:
    """An attachment with its content; `content_id` is how the HTML names an inline image."""

    name: str
    declared_type: str
    content: bytes
    inline: bool = False


@dataclass
class Body:
    """The readable text and the files of a mail, in their order. `cut`: a cap left something out."""

    text: str = ""
    files: list[File] = field(default_factory=list)
    cut: bool = False


def collect(root: Part) -> Body:
    """The body of a mail."""
    body = Body()
    collector = _Collector(body)
    texts = collector.gather(root, related=False)
    if not any(text.strip() for text in texts):
        texts = collector.forwarded
    text = "\n\n".join(stripped for text in texts if (stripped := text.strip("\r\n")).strip())
    body.text = text[:MAX_TEXT]
    body.cut |= len(text) > MAX_TEXT
    return body


class _Collector:
    def __init__(self, body: Body) -> None:
        self.body = body
        self.room = MAX_DECODED
        self.forwarded: list[str] = []

    def gather(self, part: Part, *, related: bool) -> list[str]:
        """The texts below `part`; its files go to the body. The tree's depth is capped, so this may recurse."""
        kind = part.media_type
        if part.parts:
            if kind == "multipart/alternative":
                return self._alternative(part)
            if kind == "multipart/signed":
                signed = [p for p in part.parts[1:] if p.media_type not in _SIGNATURES]
                return self._all([part.parts[0], *signed], related=related)
            return self._all(part.parts, related=related or kind == "multipart/related")
        if kind.startswith("multipart/"):
            kind = "text/plain"  # no boundary, or one that never comes: what is there is read as text
        if kind in _READABLE and not self._is_file(part):
            return [self._readable(part, kind)]
        self._file(part, related)
        return []

    def _all(self, parts: list[Part], *, related: bool) -> list[str]:
        texts: list[str] = []
        for part in parts:
            texts += self.gather(part, related=related)
        return texts

    def _alternative(self, part: Part) -> list[str]:
        """The plain form if it says something, else the richest; the files of every form are kept."""
        plain: list[str] = []
        rich: list[str] = []
        for choice in part.parts:
            texts = [text for text in self.gather(choice, related=False) if text.strip()]
            if choice.media_type == "text/plain":
                plain += texts
            elif texts:
                rich = texts
        if not plain:
            return rich
        said, shown = sum(map(len, plain)), sum(map(len, rich))
        if said < 200 and shown > 4 * said and _STUB.search(" ".join(plain)):
            return rich
        return plain

    def _is_file(self, part: Part) -> bool:
        return part.disposition == "attachment" or bool(_file_name(part))

    def _content(self, part: Part, limit: int | None = None) -> bytes:
        content = decoded(part, limit)
        self.body.cut |= limit is not None and len(part.body) > limit
        if len(content) > self.room:
            self.body.cut = True
            content = content[: self.room]
        self.room -= len(content)
        return content

    def _readable(self, part: Part, kind: str) -> str:
        content = self._content(part, _MAX_ENCODED)[: 2 * MAX_TEXT]
        charset = part.type_parameters.get("charset", "")
        text = charset_text(content, charset)
        if kind != "text/plain" or (not part.raw("content-type") and _looks_html(text)):
            text, cut = html.to_text(text)
            self.body.cut |= cut
            return text
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if part.type_parameters.get("format", "").lower() == "flowed":
            text = unflow(text, part.type_parameters.get("delsp", "").lower() == "yes")
        return text

    def _file(self, part: Part, related: bool) -> None:
        content = self._content(part)
        if not content.strip() and not _file_name(part):
            return
        kind = part.media_type
        name = clean_name(_file_name(part))
        if kind == "message/rfc822":
            nested = read_header(content)
            name = name or clean_name(decode_words(nested.raw("subject"))[:80] + ".eml")
            self._forward(content)
        if not name:
            name = f"berkas-{len(self.body.files) + 1}{mimetypes.guess_extension(kind) or ''}"
        inline = (
            part.disposition != "attachment"
            and kind.startswith("image/")
            and (related or part.disposition == "inline" or bool(part.raw("content-id")))
        )
        self.body.files.append(File(name, kind, content, inline))

    def _forward(self, content: bytes) -> None:
        """Keep the words of a mail that was forwarded as a file: they count when its bearer wrote none."""
        if len(self.forwarded) < 3:
            inner = _Collector(Body())
            inner.room = self.room
            inner.forwarded = [""] * 3  # one level is enough
            self.forwarded += inner.gather(read(content).root, related=False)


def decoded(part: Part, limit: int | None = None) -> bytes:
    """A part's content with its transfer encoding taken off; an unknown encoding is taken as none.

    `limit` is how many of the encoded bytes are read.
    """
    body = part.body[:limit]
    encoding = part.text("content-transfer-encoding").lower().partition(";")[0].strip(" \"'")
    if encoding == "base64":
        return base64_bytes(body)
    if encoding in ("quoted-printable", "quopri"):
        try:
            return binascii.a2b_qp(body)
        except (binascii.Error, ValueError):
            return body
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _uudecode(body)
    return body


def _uudecode(data: bytes) -> bytes:
    out: list[bytes] = []
    for line in data.split(b"\n"):
        if line.startswith((b"begin ", b"end", b"`")) or not line.strip():
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            wanted = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                out.append(binascii.a2b_uu(line[:wanted]))
            except binascii.Error:
                continue
    return b"".join(out)


def unflow(text: str, delsp: bool) -> str:
    """RFC 3676: soft line breaks joined, space stuffing removed; quoted lines keep their lines."""
    lines: list[list[str]] = []
    joining = False
    for line in text.split("\n"):
        quoted = line.startswith(">")
        line = line.removeprefix(" ")
        soft = line.endswith(" ") and line != "-- " and not quoted
        kept = line[:-1] if soft and delsp else line
        if joining and not quoted and line != "-- ":
            lines[-1].append(kept)
        else:
            lines.append([kept])
        joining = soft
    return "\n".join("".join(pieces) for pieces in lines)


def clean_name(name: str) -> str:
    """A file name for display: no path, no control or direction characters, at most 150 characters."""
    name = name.replace("\\", "/").rpartition("/")[2]
    name = " ".join(_NOT_IN_NAMES.sub("", name).split()).strip(". ")
    if len(name) > 150:
        stem, dot, extension = name.rpartition(".")
        name = f"{stem[:140]}.{extension}" if dot and len(extension) <= 8 else name[:150]
    return name


def _file_name(part: Part) -> str:
    named = parameters(part.raw("content-disposition")).get("filename", "")
    return named or part.type_parameters.get("name", "")


def _looks_html(text: str) -> bool:
    start = text[:500].lstrip().lower()
    return start.startswith(("<!doctype html", "<html"))
