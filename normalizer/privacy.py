"""`public_text`: the complaint as the public may read it, with what points to a person masked.

Masked: e-mail addresses, telephones, any 16-digit number (NIK, KK), account and other long numbers, number plates,
handles (not the province's own), links (their host stays), names (see `privacy_names.py`), the reporter's own name
wherever it stands, dates of birth, exact house numbers. Street, RT and RW stay, for without them nobody knows where
the hole is. A confidential complaint is masked more strictly: also street addresses, RT/RW, and every number of four or
more digits; it is still shown to nobody but those who may read it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from normalizer.contact import EMAIL, HANDLE
from normalizer.context import Context, decided
from normalizer.phrases import words_in
from normalizer.privacy_names import without_names
from normalizer.privacy_numbers import BORN, HIDDEN, IDENTITY, NUMBER, PHONE, without_numbers
from normalizer.privacy_plates import without_plates
from normalizer.privacy_spelt import without_spelt
from normalizer.record import Complaint, Evidence

_LINK = re.compile(r"\b(?:https?://|www\.)(?:[^\s/@]*@)?([\w.-]+)\S*", re.IGNORECASE)
#: Written without its scheme: only with a path, so that "rusak.com" said of a shop stays.
_BARE_LINK = re.compile(
    r"(?<![\w@/.])((?:[\w-]{1,40}\.){1,3}(?:com|id|net|org|me|ly|co|link|site|xyz|gg|ai|app|ee|tv|page|web|info"
    r"|biz|dev|my"
    r"|sg|online|store|shop|vip|club|top|cc|to|bio|im|st|tk|ru|io|us|uk|it|be|gl))/\S+",
    re.IGNORECASE,
)
_PASSPORT = re.compile(r"(?<![\w-])[A-Z]{1,2} ?\d{7}(?!\w)")
#: Numbers of papers that hold letters too, beside the paper's name.
_PAPER = re.compile(
    r"(\b(?:paspor|passport|kitas|kitap|itas|itap|no(?:mor)? rangka|no(?:mor)? mesin|bpkb|stnk|sim)\b"
    r"(?: ?(?:no|nomor|number|is|saya"
    r"|my)\b)*[ .:=#]{0,3})((?=[\w\- ]{0,6}\d)(?:[A-Za-z]{1,3} ?)?[\dA-Za-z\-]*\d[\dA-Za-z\-]{4,20})",
    re.IGNORECASE,
)
_PAPERS = (
    "paspor",
    "passport",
    "kitas",
    "kitap",
    " itas",
    "rangka",
    "no mesin",
    "nomor mesin",
    "bpkb",
    "stnk",
    " sim ",
)
_BLOCK = re.compile(
    r"(\b(?:blok|block|kav|kavling)\b\.? ?)([A-Z]{1,3} ?\d{0,3}(?: ?(?:[/\-.]|no\.?|nomor) ?)\d{1,4}[A-Z]?)\b",
    re.IGNORECASE,
)
_RT_RW = re.compile(r"\b(?:rt\.? ?\d{1,3}(?: ?[/,]? ?(?:rw)?\.? ?\d{1,3})?|rw\.? ?\d{1,3})\b", re.IGNORECASE)
_STREET = re.compile(
    r"\b(?:jl|jln|jalan|gg|gang)\b\.? (?-i:[A-Z0-9])[\w']*(?: (?-i:[A-Z0-9])[\w'/]*){0,5}", re.IGNORECASE
)
_FOUR_DIGITS = re.compile(r"\d{4,}")
# Addresses written so that no machine shall read them.
_AT = r"(?: ?[(\[{<*_] ?(?:at|et|a|@) ?[)\]}>*_] ?| (?:at|et) | ?@ ?|(?-i:AT))"
_DOT = r"(?: ?[(\[{<*_] ?(?:dot|titik|\.) ?[)\]}>*_] ?| (?:dot|titik) |\.|,|(?-i:DOT))"
_SPELT_EMAIL = re.compile(
    rf"\b[\w+-]{{2,40}}(?:{_DOT}[\w+-]{{1,30}}){{0,3}}{_AT}"
    rf"[a-z0-9-]{{2,30}}(?:(?:{_DOT}| \. )[a-z0-9-]{{1,30}}){{0,2}}?(?:{_DOT}| \. )(?:com|net|org|id|co|go|ac|my"
    rf"|info|biz|example|test|kom)\b(?:{_DOT}id\b)?",
    re.IGNORECASE,
)
#: An address whose ending was forgotten: siti@gmail.
_CUT_EMAIL = re.compile(r"(?<!\w)[\w.+-]{1,64}@[\w-]{2,40}(?!\w)")
_SPELT_AT = (
    "@",
    " at ",
    " et ",
    "(at",
    "[at",
    "{at",
    "<at",
    "*at",
    "_at",
    "( at",
    "[ at",
    "(et",
    "[et",
    "(a)",
    "[a]",
    "{a}",
)
_MONTH = r"(?:jan|feb|peb|mar|apr|mei|may|jun|jul|agu|ags|agt|aug|sep|okt|oct|nov|nop|des|dec)[a-z]{0,7}"
_BORN_DATE = re.compile(
    r"(\b(?:lahir(?:nya|an)?|lhr|ttl|kelahiran|born|dob|birth(?:day|date)?|ultah|ulang tahun)\b[^\d\n]{0,36}?"
    r"|\bl\. ?)"
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of| bulan)?[ \-./]{{0,2}}{_MONTH}|{_MONTH} \d{{1,2}}(?:st|nd|rd"
    rf"|th)?)[ ,\-./']{{0,3}}(?:tahun |thn? )?\d{{2,4}}\b",
    re.IGNORECASE,
)
_BORN_WORDS = ("lahir", "lhr", "ttl", "born", "dob", "birth", "ultah", "ulang tahun", "(l.")
#: An account of a social network named beside it, without @.
_ACCOUNT_NAME = re.compile(
    r"(\b(?:ig|insta(?:gram)?|twitter|tiktok|telegram|tele|line|discord|threads|snapchat|skype|github|username"
    r"|user id)\b"
    r"(?: ?(?:saya|sy|gue|gw|aku|nya|dia|pelaku|akun)\b){0,2})"
    r"(?:( ?[:=] ?| id:? )([\w.]{3,30}\w)|( )((?=[\w.]*[\d_.]\w)[\w.]{4,30}\w))(?:#\d{4})?(?![\w/@])",
    re.IGNORECASE,
)
_NETWORKS = (
    " ig ", "ig:", "(ig", "\nig ", "insta", "twitter", "tiktok", "telegram", "tele ", "tele:", "line ", "line:",
    "discord", "threads", "snapchat", "skype", "github", "username",
)  # fmt: skip
_FANCY = re.compile(r"[^\x00-\x7f]")
_KEYCAP = re.compile(r"(?<=\d)\ufe0f?\u20e3")
_MARKS = re.compile(
    r"\[(email|akun|nomor telepon|nomor identitas|nomor rekening|pelat nomor|tanggal lahir|nama|alamat|nomor|…)"
)


def public(text: str, *, names: Sequence[str] = (), own: Sequence[str] = (), strict: bool = False) -> str:
    """`text` with personal data masked by words in brackets; `names` are the reporter's, `own` their contacts and
    handles. Linear time."""
    if not text:
        return ""
    if not text.isascii():
        text = _plain_digits(text)
    for contact in own:
        text = _without_contact(text, contact)
    text = _without_addresses(text)
    lowered = text.lower()
    if "pass" in lowered or "sandi" in lowered or "pwd" in lowered:
        text = _PASSWORD.sub(rf"\1{NUMBER}", text)
    text = without_spelt(text, lowered, PHONE)
    if any(c.isdigit() for c in text):
        text = _without_numbers(text, lowered, strict)
    text = without_names(text)
    for name in names:
        text = _without_name(text, name)
    return text


def _plain_digits(text: str) -> str:
    """Digits of other scripts, in circles, bold or on keys, and full-width letters of addresses, as plain ones."""
    text = _KEYCAP.sub("", text)

    def plain(match: re.Match[str]) -> str:
        found = unicodedata.normalize("NFKC", match[0])
        if len(found) == 1 and (found.isdigit() or found in "@.-+ "):
            return str(unicodedata.digit(found)) if found.isdigit() else found
        return match[0]

    return _FANCY.sub(plain, text)


_PASSWORD = re.compile(
    r"(\b(?:password|passwd|pwd|kata sandi|sandi|passcode)\b(?: ?(?:saya|sy|nya|gue|gw|aku|is|adalah)\b)*[ :=]{1,3})"
    r"((?=\S*\d)\S{4,40})",
    re.IGNORECASE,
)


def _without_addresses(text: str) -> str:
    """Without the addresses of mail, accounts and links."""
    if "@" in text:
        text = EMAIL.sub("[email]", text)
        text = HANDLE.sub(lambda m: m[0] if m[0].lower() in words_in("our handles") else "[akun]", text)
    lowered = text.lower()
    if any(sign in lowered for sign in _SPELT_AT) or "AT" in text:
        text = _SPELT_EMAIL.sub("[email]", text)
        if "@" in text:
            text = _CUT_EMAIL.sub("[email]", text)
    if "://" in text or "www." in lowered:
        text = _LINK.sub(lambda m: f"[tautan {m[1].lower()}]", text)
    if "/" in text:
        text = _BARE_LINK.sub(lambda m: f"[tautan {m[1].lower()}]", text)
    if any(network in lowered for network in _NETWORKS) or lowered.startswith("ig "):
        text = _ACCOUNT_NAME.sub(lambda m: f"{m[1]}{m[2] or m[4]}[akun]", text)
    return text


def _without_numbers(text: str, lowered: str, strict: bool) -> str:
    if any(word in lowered for word in _BORN_WORDS):
        text = _BORN_DATE.sub(rf"\1{BORN}", text)
    if any(paper in lowered for paper in _PAPERS):
        text = _PAPER.sub(lambda m: f"{m[1]}{IDENTITY}" if sum(map(str.isdigit, m[2])) >= 5 else m[0], text)
    text = _PASSPORT.sub(IDENTITY, without_plates(text, lowered))
    text = without_numbers(text)
    if "blok" in lowered or "kav" in lowered or "block" in lowered:
        text = _BLOCK.sub(rf"\1{HIDDEN}", text)
    if strict:
        text = _STREET.sub("[alamat]", _RT_RW.sub("[RT/RW]", text))
        text = _FOUR_DIGITS.sub(NUMBER, text)
    return text


def _without_contact(text: str, contact: str) -> str:
    """Without the reporter's own address or handle, however large or small it is written."""
    bare = contact.strip().lstrip("@")
    if len(bare) < 4:
        return text
    return re.sub(rf"(?<![\w.])@?{re.escape(bare)}(?!\w)", "[akun]", text, flags=re.IGNORECASE)


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
    own = [contact.value for contact in complaint.reporter.contacts if contact.kind == "handle"]
    masked = public(complaint.text, names=names, own=own, strict=complaint.confidential)
    marks = _MARKS.findall(masked)
    if not marks:
        return decided(complaint, public_text=masked)
    kinds = ", ".join(f"{kind} {marks.count(kind)}" for kind in dict.fromkeys(marks))
    return decided(
        complaint, Evidence(step="privacy", result=f"masked: {kinds}", confidence=0.9), public_text=masked
    )
