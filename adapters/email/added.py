"""What telephones, mail programs and companies add below everybody's mails, whoever wrote them.

"Dikirim dari HP saya", "Get Outlook for Android", "Maaf kalau typo, diketik dari HP", "This e-mail is confidential
…". A line goes only when all of it is known to be such: "Dikirim dari kantor kelurahan" and "Email ini rahasia, tolong
jangan sebut nama saya" are the citizen's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapters.email.quote_words import (
    ADS,
    AROUND_DEVICES,
    DEVICE_PARTS,
    DEVICES,
    DISCLAIMED,
    DISCLAIMER_BEGINS,
    DISCLAIMER_WORDS,
    LETS_GO,
    LETS_GO_BEGINS,
    LIABILITY,
    NO_DEVICES,
    OWN_WORDS,
    SENT_FROM,
    SENT_FROM_HERE,
)

#: A line that separates, or ornaments: "________", "* * *".
RULE = re.compile(r"\s*[_\-=*]{5,}\s*")
_TRIM = " \t*_~>,.:;!-–—[(\"'"
#: What is left of a picture in a text: "[image: logo.png]", "[cid:…]"; of a link to a place in the mail itself.
_PICTURE = re.compile(
    r"\s*(?:(?:\[(?:image|cid|gambar|inline image|(?:[\w-]+ )?(?:icon|ikon|logo))\b[^\]\n]{0,200}\]"
    r"|<#[\w-]{1,80}>)\s*){1,9}",
    re.IGNORECASE,
)
#: What programs leave where they hid the rest of a mail.
_HIDDEN = re.compile(
    r"[\[(]?(?:(?:kutipan teks|teks kutipan|teks yang dikutip|quoted text) (?:disembunyikan|dihapus|hidden)"
    r"|(?:tampilkan|sembunyikan|show|hide) (?:kutipan teks|teks kutipan|quoted text)"
    r"|(?:pesan|message) (?:dipotong|terpotong|clipped)[\])]?\s*(?:(?:lihat|view) [\w ]{3,30})?)[\])]?",
    re.IGNORECASE,
)
#: A scanner's word about a mail: "This message has been scanned by …", "Scanned by …".
_SCANNED = re.compile(
    r"(?:this |the )?(?:e-?mail|message|mail|pesan|surel)(?: ini)? (?:has been|was|is|telah|sudah) "
    r"(?:scanned|checked|verified|di-?scan|dipindai|diperiksa)\b.{0,200}"
    r"|(?:scanned|checked|protected|secured|dipindai|diperiksa|dilindungi) (?:by|with|oleh|dengan)\b.{2,60}",
    re.IGNORECASE,
)
#: What a ticket system writes above its mails, and a company's server above those from outside.
_BANNER = re.compile(
    r"\W*(?:(?:please |silakan |silahkan |mohon |harap )?(?:reply|type|write|ketik|tulis|balas)\w*\b.{0,40}"
    r"\b(?:above|di ?atas)\b.{0,40}\b(?:line|baris|garis)\b.{0,20}"
    r"|\[\W{0,3}(?:external|eksternal)\b[^\]]{0,60}\].{0,200}"
    r"|\W{0,3}(?:external|eksternal) (?:e-?mail|sender|message|pengirim|surel)\b.{0,200}"
    r"|(?:caution|warning|perhatian|peringatan)\W{1,3}.{0,60}\b(?:outside|external|luar organisasi|eksternal)\b"
    r".{0,160})",
    re.IGNORECASE,
)
#: A banner stands among so many of the first lines, and is no longer.
_BANNER_LINES, _BANNER_LENGTH = 3, 400
_GET = re.compile(
    r"(?:get|download|dapatkan|unduh)\s(?:aplikasi\s)?[\w. ]{2,30}\s"
    r"(?:(?:for|untuk|di|on)\s(?:android|ios|iphone|ipad|mac|windows|desktop|mobile)|mail)\b"
)
_GET_IT = re.compile(
    r"(?:get|dapatkan|unduh|download)\b[\w ]{0,30}(?:\s(?:https?://|www\.)\S{3,80})?$", re.IGNORECASE
)
#: "IMP, the Internet Messaging Program": what the product is.
_PROGRAM = re.compile(
    r"(?:the |an? )?(?:[\w-]{2,20} ){0,4}(?:program|app|aplikasi|client|webmail)$", re.IGNORECASE
)
_SORRY = re.compile(r"\b(?:maaf\w*|maklum\w*|dimaklumi|excuse|apolog\w+|forgive|pardon|sorry)\b")
_MISTYPED = re.compile(
    r"\b(?:(?:di)?ketik\w*|typos?|brevity|brief|singkat|ejaan|spelling|autocorrect|pengetikan|penulisan|errors?)\b"
)
_THIS_MAIL = re.compile(
    r"(?:pesan|e-?mail|surel|mail|surat|this (?:e-?mail|message) was) (?:ini )?(?:saya )?(?=\w)"
)
_ANGLE_LINK = re.compile(r"\s?<https?:[^<>]*>?")
_LIABLE = re.compile("|".join(LIABILITY))
_OWN = re.compile(rf"\b(?:{'|'.join(OWN_WORDS)})\b")
_TOKEN = re.compile(r"[^\W_]+(?:[-.][^\W_]+)*")


def is_dispensable(line: str) -> bool:
    """Empty, a ruler, or what a telephone or a free mail service puts below everybody's mails."""
    words = line.strip().strip("-_*~<>[]() .")
    if not words or _PICTURE.fullmatch(line):
        return bool(words) or not line.strip() or RULE.fullmatch(line) is not None or len(line.strip()) <= 3
    if _HIDDEN.fullmatch(words) or (len(words) <= 300 and _SCANNED.fullmatch(words)):
        return True
    if len(words) > 160:
        return False
    words = _ANGLE_LINK.sub("", words).strip()
    said = words.casefold()
    return said.startswith(ADS) or _GET.match(said) is not None or _is_sent_from(words) or _is_apology(words)


def _is_apology(words: str) -> bool:
    """ "Please excuse my brevity", and "Maaf kalau typo, diketik dari HP": not "Maaf kalau salah kirim"."""
    said = words.casefold()
    sorry = _SORRY.search(said)
    if sorry is None or sorry.start() > 16 or len(said.split()) > 12 or _MISTYPED.search(said) is None:
        return False
    if ". " in said.strip(" ."):
        return False
    _, comma, rest = said.partition(",")
    return (
        not comma or _is_sent_from(rest.strip(" .")) or _MISTYPED.search(rest) is not None or not rest.strip()
    )


def _is_sent_from(words: str) -> bool:
    announced = _THIS_MAIL.match(words.casefold())
    words = words[announced.end() :] if announced else words
    said = words.casefold()
    for start in (*SENT_FROM, *SENT_FROM_HERE):
        if said.startswith(start):
            return _is_device(words[len(start) :], start in SENT_FROM_HERE)
    return False


def _is_device(rest: str, here: bool) -> bool:
    """What follows "sent from": a product, not a sentence; then at most an apology. `here`: in Indonesian, where any
    place may follow too."""
    device, _, tail = rest.strip(" .").partition(",")
    if ". " in device:
        device, _, more = device.partition(". ")
        tail = f"{more},{tail}"
    if tail.strip(" .,") and not (
        _SORRY.search(tail.casefold())
        or _says_mail(tail.casefold())
        or _GET_IT.match(tail.strip(" .,"))
        or _PROGRAM.match(tail.strip(" .,"))
    ):
        return False
    tokens = _TOKEN.findall(device)
    if not 0 < len(tokens) <= 10:
        return False
    small = [token.casefold() for token in tokens]
    known = [_is_known(token) for token in small]
    if any(known):
        return all(
            is_known
            or token.casefold() in AROUND_DEVICES
            or token[0].isupper()
            or any(map(str.isdigit, token))
            for token, is_known in zip(tokens, known, strict=True)
        ) and not any(token in NO_DEVICES for token in small)
    if len(tokens) > 4 or device[-1:] in ";:!?" or any(token in NO_DEVICES for token in small):
        return False
    return not here or small[-1] in ("saya", "ku", "aku", "gue", "gw")


def _is_known(token: str) -> bool:
    return token in DEVICES or token.startswith(DEVICE_PARTS) or token.endswith(("mail", "phone"))


def _says_mail(tail: str) -> bool:
    return len(tail.split()) <= 5 and any(word in tail for word in ("surel", "mail", "aman", "secure"))


def without_disclaimer(lines: list[str]) -> list[str]:
    """Without the last paragraphs that say who may read a mail; never without the first one."""
    for _ in range(3):
        start = len(lines)
        while start and lines[start - 1].strip():
            start -= 1
        found = next(
            (index for index in _beginnings(lines, start) if _is_disclaimer(_said(lines[index:]))), 0
        )
        if not found:
            break
        lines = without_tail(lines[:found])
    return lines


def _beginnings(lines: list[str], start: int) -> Iterator[int]:
    """Where a notice may begin in the last paragraph: with it, or with one of its last lines."""
    yield start
    for index in range(max(start + 1, len(lines) - 8), len(lines)):
        if lines[index].casefold().strip(_TRIM).startswith(DISCLAIMER_BEGINS):
            yield index


def _said(lines: list[str]) -> str:
    return " ".join(lines).casefold().strip(_TRIM)


def _is_disclaimer(said: str) -> bool:
    if len(said) > 3000:
        return False
    if (
        len(said) <= 1500
        and any(word in said for word in ("virus", "mail", "surel"))
        and _LIABLE.search(said)
    ):
        return True
    if len(said) <= 300 and said.startswith(LETS_GO_BEGINS) and any(word in said for word in LETS_GO):
        return _OWN.search(said) is None
    # "INTERNAL USE ONLY. This e-mail may …": a few words may stand before.
    first, _, second = said.partition(_first_stop(said))
    begins = said.startswith(DISCLAIMER_BEGINS) or (
        len(first.split()) <= 6 and second.lstrip().startswith(DISCLAIMER_BEGINS)
    )
    if not begins or _OWN.search(said):
        return False
    return any(word in said for word in DISCLAIMER_WORDS) and any(word in said for word in DISCLAIMED)


def _first_stop(said: str) -> str:
    return next((c for c in said if c in ".:!"), ".")


def without_tail(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and is_dispensable(lines[end - 1]):
        end -= 1
    return lines[:end]


def without_banner(lines: list[str]) -> list[str]:
    """Without what a program wrote above the first words, when something is left below it."""
    for index, line in enumerate(lines[:_BANNER_LINES]):
        below = lines[index + 1 :]
        if len(line) <= _BANNER_LENGTH and _BANNER.fullmatch(line.strip()):
            return lines[:index] + below if any(c.isalnum() for said in below for c in said) else lines
        if line.strip():
            break
    return lines
