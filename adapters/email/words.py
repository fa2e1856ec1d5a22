"""Header words and characters: RFC 2047 encoded words, RFC 2231 parameters, charsets; nothing here raises."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

_MAX_VALUE = 64 * 1024
_ENCODED = re.compile(r"=\?([^?\s]{1,75})\?([bBqQ])\?([^?]{0,4000})\?=")
_PARAMETER_NAME = re.compile(r"([^\s=;*\"]{1,60})(?:\*(\d{1,3}))?(\*)?\s*=\s*")
_NOT_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
)
#: Names that mail programs write for what Python knows under another name, or in a wider form.
_ALIASES = {
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "unknown-8bit": "utf-8",
    "default": "utf-8",
    "8bit": "utf-8",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "iso-8859-1": "windows-1252",
    "iso8859-1": "windows-1252",
    "latin1": "windows-1252",
    "latin-1": "windows-1252",
    "iso-8859-8-i": "iso-8859-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "big5": "big5hkscs",
    "tis-620": "cp874",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
}
#: Python calls these codecs; they are no charsets, and some take quadratic time.
_NO_CHARSETS = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}


def unfold(lines: list[bytes]) -> bytes:
    """A field's lines as one, capped."""
    return b" ".join(line.strip(b" \t\r\n") for line in lines).strip()[:_MAX_VALUE]


def charset_text(data: bytes, charset: str = "") -> str:
    """`data` as characters: in its charset, else UTF-8, else Windows-1252; without NUL and lone surrogates."""
    name = charset.strip().strip("\"'").lower().partition("*")[0]
    name = _ALIASES.get(name, name)
    text = None
    if name and name not in ("utf-8", "utf8", "windows-1252") and name.replace("-", "_") not in _NO_CHARSETS:
        try:
            text = data.decode(name, "replace")
        except (LookupError, ValueError, TypeError):
            text = None
    if text is None and name != "windows-1252":
        try:
            text = data.decode("utf-8-sig")
        except ValueError:
            # Mostly good UTF-8 with a torn letter is UTF-8; otherwise it is the old Western charset.
            lenient = data.decode("utf-8", "replace")
            if name in ("utf-8", "utf8") or lenient.count("\ufffd") * 20 < sum(c > "\x7f" for c in lenient):
                text = lenient
    if text is None:
        text = _western(data)
    return storable(text)


def _western(data: bytes) -> str:
    """Windows-1252; UTF-8 that a sender called Latin-1 is seen by its shape."""
    if any(byte > 0x7F for byte in data[:100_000]):
        try:
            return data.decode("utf-8")
        except ValueError:
            pass
    return data.decode("windows-1252", "replace")


def storable(text: str) -> str:
    """Without NUL and lone surrogates, so that every store and JSON encoder takes it."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text


def decode_words(value: bytes | str) -> str:
    """A header's text with its encoded words decoded; a letter split between two words is made whole."""
    text = charset_text(value) if isinstance(value, bytes) else value
    if "=?" not in text:
        return text.strip()
    out: list[str] = []
    pending: list[bytes] = []
    pending_charset = ""
    position = 0

    def flush() -> None:
        if pending:
            out.append(charset_text(b"".join(pending), pending_charset))
            pending.clear()

    for match in _ENCODED.finditer(text):
        gap = text[position : match.start()]
        charset, data = match[1].lower(), _word_bytes(match[2], match[3])
        if gap.strip() or (gap and position == 0) or charset != pending_charset:
            flush()
        if gap.strip() or position == 0:
            out.append(gap)
        pending.append(data)
        pending_charset = charset
        position = match.end()
    flush()
    out.append(text[position:])
    return storable("".join(out)).strip()


def _word_bytes(encoding: str, payload: str) -> bytes:
    data = payload.encode("utf-8", "replace")
    if encoding in "bB":
        return base64_bytes(data)
    try:
        return binascii.a2b_qp(data.replace(b"_", b" "), header=False)
    except (binascii.Error, ValueError):
        return data


def base64_bytes(data: bytes) -> bytes:
    """What base64 text holds, whatever stands between its letters and however it ends."""
    clean = data.translate(None, _NOT_BASE64)
    if b"=" not in clean[:-2] or clean.count(b"=") > 10_000:
        return _padded(clean.replace(b"=", b""))
    return b"".join(_padded(piece) for piece in clean.split(b"=") if piece)


def _padded(clean: bytes) -> bytes:
    clean = clean.rstrip(b"=")
    if len(clean) % 4 == 1:
        clean = clean[:-1]
    try:
        return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))
    except binascii.Error:
        return b""


def parameters(value: bytes) -> dict[str, str]:
    """The parameters of Content-Type or Content-Disposition, continued and encoded ones put together."""
    text = charset_text(value[:16_384])
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    position = text.find(";")
    for _ in range(200):
        if position < 0 or position >= len(text):
            break
        match = _PARAMETER_NAME.match(text, _skip(text, position))
        if match is None:
            position = text.find(";", position + 1)
            continue
        piece, position = _value(text, match.end())
        name, number, star = match[1].lower(), match[2], bool(match[3])
        if number is None and not star:
            plain.setdefault(name, decode_words(piece) if "=?" in piece else piece)
        else:
            pieces.setdefault(name, []).append((int(number or 0), star, piece))
    for name, found in pieces.items():
        plain[name] = _join(sorted(found, key=lambda item: item[0]))
    return plain


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in "; \t\r\n":
        position += 1
    return position


def _value(text: str, position: int) -> tuple[str, int]:
    """One value, quoted or not, and where the next parameter begins."""
    if text[position : position + 1] != '"':
        stop = text.find(";", position)
        stop = len(text) if stop < 0 else stop
        return text[position:stop].strip(), stop
    out: list[str] = []
    position += 1
    while position < len(text) and text[position] != '"':
        # A backslash escapes a quote or itself; elsewhere it is a Windows path that nobody escaped.
        if text[position] == "\\" and text[position + 1 : position + 2] in ('"', "\\"):
            position += 1
        out.append(text[position])
        position += 1
    stop = text.find(";", position)
    return "".join(out), len(text) if stop < 0 else stop


def _join(pieces: Iterable[tuple[int, bool, str]]) -> str:
    """RFC 2231: `charset'language'%41` in the first encoded piece, percent signs in the others."""
    charset, data, first = "", b"", True
    for _, encoded, text in pieces:
        if encoded and first and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        data += unquote_to_bytes(text) if encoded else text.encode("utf-8", "replace")
        first = False
    decoded = charset_text(data, charset)
    return decode_words(decoded) if "=?" in decoded else decoded
