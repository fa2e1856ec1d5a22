"""`public_text`: the complaint as the public may read it, with what points to a person masked.

Masked: e-mail addresses, telephones, any 16-digit number (NIK, KK), account and other long numbers, number plates,
handles (not the province's own), links (their host stays), names (see `privacy_names.py`), the reporter's own name
wherever it stands, dates of birth, exact house numbers. Street, RT and RW stay, for without them nobody knows where
the hole is. A confidential complaint is masked more strictly: also street addresses, RT/RW, and every number of four or
more digits; it is still shown to nobody but those who may read it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from normalizer.contact import EMAIL, HANDLE
from normalizer.context import Context, decided
from normalizer.identity import read_ticket
from normalizer.numbers import phones
from normalizer.phrases import words_in
from normalizer.privacy_names import without_names
from normalizer.privacy_spelt import without_spelt
from normalizer.record import Complaint, Evidence

_LINK = re.compile(r"\b(?:https?://|www\.)(?:[^\s/@]*@)?([\w.-]+)\S*", re.IGNORECASE)
#: Written without its scheme: only with a path, so that "rusak.com" said of a shop stays.
_BARE_LINK = re.compile(
    r"(?<![\w@/.])((?:[\w-]{1,40}\.){1,3}(?:com|id|net|org|me|ly|co|link|site|xyz|gg|ai|app))/\S+",
    re.IGNORECASE,
)
_PASSPORT = re.compile(r"(?<![\w-])[A-Z]{1,2} ?\d{7}(?!\w)")
_SIXTEEN = re.compile(r"(?<!\d)(?:\d[ .\-]?){15}\d(?!\d)")
_LONG_NUMBER = re.compile(r"(?<!\w)(?<!\d[.,])\d(?:[ .\-]?\d){8,24}(?!\w)(?![.,]\d)")
_LOCAL_MOBILE = re.compile(r"(?<!\w)(?<!\d[.,])(?:\+?62|0)?[ \-]?8[1-9]\d(?:[ .\-]?\d){6,10}(?!\w)")
#: A ticket as we write it; its first digits are a day of this system's years, so no telephone looks like it.
_TICKET = re.compile(r"[23]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-\d{4,6}-\d")
_MONEY_BEFORE = re.compile(r"(?:rp|idr)\.? ?$", re.IGNORECASE)
_ACCOUNT = re.compile(
    r"(\b(?:no\.? ?rek(?:ening)?|norek|rekening|rek|virtual account|va|bca|bni|bri|mandiri|bsi|btn|cimb|bank dki"
    r"|seabank|jago|jenius|permata|danamon|muamalat|dana|ovo|gopay|shopeepay|linkaja)\b"
    r"[ .:a-z]{0,20}?)(\d(?:[ .\-]?[\dOoIl]){5,24})",
    re.IGNORECASE,
)
# What each alternative of `_ACCOUNT` holds: a text without any needs no closer look.
_ACCOUNT_WORDS = (
    "rek",
    "virtual",
    "va",
    "bca",
    "bni",
    "bri",
    "mandiri",
    "bsi",
    "btn",
    "cimb",
    "bank dki",
    "seabank",
    "jago",
    "jenius",
    "permata",
    "danamon",
    "muamalat",
    "dana",
    "ovo",
    "gopay",
    "pay",
    "link",
)
_PLATE = re.compile(
    r"\b(?:[A-Z]{1,2} \d{1,4} [A-Z]{1,3}|[A-Z]{1,2}\d{2,4}[A-Z]{2,3}|[bB] ?\d{3,4} ?[a-zA-Z]{2,3})\b"
)
# Region abbreviations that look like plates: "RT 05 RW", "DI 12 DKI".
_NO_PLATE = re.compile(
    r"^(?:RT|RW|NO|JL|GG|KM|DI|KE|PT|CV|TL|SD|UU|PP) ?\d| ?(?:RT|RW|KM|WIB|DKI)$", re.IGNORECASE
)
_HOUSE = re.compile(
    r"(\b(?:jl|jln|jalan|gg|gang|blok|kav|kavling|perum|perumahan|komplek|kompleks)\b"
    r"[^\n]{1,60}?\b(?:no|nomor|nmr|nomer)\b"
    r"\.? ?)(\d{1,4}[A-Za-z]?(?:[/-]\d{1,4})?)\b",
    re.IGNORECASE,
)
#: A house's number without the street before it.
_DOOR = re.compile(
    r"(\b(?:rumah|kos|kosan|kost|kontrakan|ruko|kamar|unit|rusun)\b(?: (?:nomor|no|nmr)\b\.?)? ?)(\d{1,4}[A-Za-z]?)\b",
    re.IGNORECASE,
)
_DOORS = ("rumah", "kos", "kontrakan", "ruko", "kamar", "unit", "rusun")
_BLOCK = re.compile(
    r"(\b(?:blok|block|kav|kavling)\b\.? ?)([A-Z]{1,3} ?\d{0,3}(?: ?(?:[/\-.]|no\.?|nomor) ?)\d{1,4}[A-Z]?)\b",
    re.IGNORECASE,
)
_RT_RW = re.compile(r"\b(?:rt\.? ?\d{1,3}(?: ?[/,]? ?(?:rw)?\.? ?\d{1,3})?|rw\.? ?\d{1,3})\b", re.IGNORECASE)
_STREET = re.compile(
    r"\b(?:jl|jln|jalan|gg|gang)\b\.? (?-i:[A-Z0-9])[\w']*(?: (?-i:[A-Z0-9])[\w'/]*){0,5}", re.IGNORECASE
)
_SIX_DIGITS = re.compile(r"\d(?:[ .()\-/]{0,3}\d){5}")
_FOUR_DIGITS = re.compile(r"\d{4,}")
# Addresses and numbers written so that no machine shall read them.
_DOT = r"(?: ?[(\[{] ?(?:dot|titik) ?[)\]}] ?| (?:dot|titik) |\.)"
_SPELT_EMAIL = re.compile(
    r"\b[\w.+-]{2,40}(?: ?[(\[{] ?(?:at|et|a) ?[)\]}] ?| (?:at|et) | ?@ ?)"
    rf"[a-z0-9-]{{2,30}}(?:{_DOT}| \. )(?:com|net|org|id|co|go|ac|my|info|biz|example|test)\b(?:{_DOT}id\b)?",
    re.IGNORECASE,
)
_SPELT_AT = ("@", " at ", " et ", "(at", "[at", "{at", "( at", "[ at", "(et", "[et", "(a)", "[a]")
_LETTERS_AS_DIGITS = re.compile(r"(?<!\w)[0Oo]8[\dOoIl](?:[ .\-]?[\dOoIl]){6,11}(?!\w)")
_BORN = re.compile(
    r"(\b(?:lahir(?:nya)?|lhr|ttl|kelahiran|born|dob|l\.)[ :.]{0,3}(?:[^\W\d]{1,20},? ){0,3})"
    r"\d{1,2}(?:[-/. ]\d{1,2}[-/. ]| [a-z]{3,9} )\d{2,4}\b",
    re.IGNORECASE,
)
_BORN_WORDS = ("lahir", "lhr", "ttl", "born", "dob", "(l.")
_MARK = re.compile(
    r"\[(email|akun|nomor telepon|nomor identitas|nomor rekening|pelat nomor|tanggal lahir|nama|alamat|nomor|…)"
)


def public(text: str, *, names: Sequence[str] = (), strict: bool = False) -> str:
    """`text` with personal data masked by words in brackets; `names` are the reporter's. Linear time."""
    if not text:
        return ""
    if "@" in text:
        text = EMAIL.sub("[email]", text)
        text = HANDLE.sub(lambda m: m[0] if m[0].lower() in words_in("our handles") else "[akun]", text)
    if "://" in text or "www." in text.lower():
        text = _LINK.sub(lambda m: f"[tautan {m[1].lower()}]", text)
    if "/" in text:
        text = _BARE_LINK.sub(lambda m: f"[tautan {m[1].lower()}]", text)
    if any(c.isdigit() for c in text):
        text = _without_numbers(text, strict)
    lowered = text.lower()
    if any(sign in lowered for sign in _SPELT_AT):
        text = _SPELT_EMAIL.sub("[email]", text)
    if any(word in lowered for word in _BORN_WORDS):
        text = _BORN.sub(r"\1[tanggal lahir]", text)
    text = without_spelt(text, "[nomor telepon]", "[pelat nomor]")
    text = without_names(text)
    for name in names:
        text = _without_name(text, name)
    return text


def _without_numbers(text: str, strict: bool) -> str:
    if _SIX_DIGITS.search(text):
        text = _without_long_numbers(text)
    if "8" in text:
        text = _LETTERS_AS_DIGITS.sub("[nomor telepon]", text)
    text = _PLATE.sub(lambda m: m[0] if _NO_PLATE.search(m[0]) else "[pelat nomor]", text)
    lowered = text.lower()
    # The house pattern is dear, and every one of its words for "number" holds one of these.
    if "no" in lowered or "nmr" in lowered:
        text = _HOUSE.sub(r"\1[…]", text)
    if any(door in lowered for door in _DOORS):
        text = _DOOR.sub(r"\1[…]", text)
    if "blok" in lowered or "kav" in lowered or "block" in lowered:
        text = _BLOCK.sub(r"\1[…]", text)
    if strict:
        text = _STREET.sub("[alamat]", _RT_RW.sub("[RT/RW]", text))
        text = _FOUR_DIGITS.sub("[nomor]", text)
    return text


def _without_long_numbers(text: str) -> str:
    text = _PASSPORT.sub("[nomor identitas]", _SIXTEEN.sub("[nomor identitas]", text))
    lowered = text.lower()
    if any(bank in lowered for bank in _ACCOUNT_WORDS):
        text = _ACCOUNT.sub(r"\1[nomor rekening]", text)
    for number in reversed(phones(text)):
        text = f"{text[: number.start]}[nomor telepon]{text[number.end :]}"
    text = _LOCAL_MOBILE.sub("[nomor telepon]", text)
    return _LONG_NUMBER.sub(lambda m: m[0] if _is_harmless(m) else "[nomor]", text)


def _is_harmless(match: re.Match[str]) -> bool:
    """Money, and tickets of ours: a ticket is public, and says which report is meant."""
    if _MONEY_BEFORE.search(match.string[max(0, match.start() - 5) : match.start()]):
        return True
    return bool(_TICKET.fullmatch(match[0])) and read_ticket(match[0]) is not None


def _without_name(text: str, name: str) -> str:
    words = [w for w in re.findall(r"[^\W\d_]+", name) if len(w) >= 3]
    if not words:
        return text
    # The whole name however it is written; a single part only where it is written as a name.
    whole = r"\W+".join(map(re.escape, words[:6]))
    text = re.sub(rf"\b{whole}\b", "[nama]", text, flags=re.IGNORECASE)
    for word in words[:6]:
        text = re.sub(rf"\b(?:{re.escape(word.capitalize())}|{re.escape(word.upper())})\b", "[nama]", text)
    return re.sub(r"\[nama\](?: \[nama\])+", "[nama]", text)


def step(complaint: Complaint, context: Context) -> Complaint:
    """Set `public_text`; the evidence counts what was masked, without showing it."""
    names = [n for n in (complaint.reporter.name, complaint.on_behalf_of) if n]
    masked = public(complaint.text, names=names, strict=complaint.confidential)
    marks = re.findall(
        r"\[(email|akun|nomor telepon|nomor identitas|nomor rekening|pelat nomor|tanggal lahir|nama|alamat|nomor|…)",
        masked,
    )
    if not marks:
        return decided(complaint, public_text=masked)
    kinds = ", ".join(f"{kind} {marks.count(kind)}" for kind in dict.fromkeys(marks))
    return decided(
        complaint, Evidence(step="privacy", result=f"masked: {kinds}", confidence=0.9), public_text=masked
    )
