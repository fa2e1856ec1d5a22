"""Further dates of birth beside one that is masked already: of the next child in a list, of another paper, corrected
ones; and those of a complaint that is about a wrong date of birth, wherever it says what is written."""

from __future__ import annotations

import re

from normalizer.birth_dates import DATE, DAY_AND_MONTH, IN_DIGITS, YEAR, YEAR_WORD
from normalizer.birth_words import goes_on, of_another_day
from normalizer.privacy_numbers import BORN

_PAPER = (
    r"(?:e-?)?(?:ktp|kk|kia|akta|aktah|akte|kartu|kertu|ijazah|ijasah|bpjs|kis|jkn|paspor|passport|buku|surat|sistem"
    r"|system|aplikasi|data|dapodik|dukcapil|sekolah?|bank|sim|dokumen|rapor|nik|id)"
)
#: What comes before a date that stands for another one, or that another paper has.
_CORRECTED = re.compile(
    r"\b(?:se)?(?:harusnya|hrsnya|mestinya|benarnya|benernya|betulnya)|\baslinya\b|\bkudun[ea]\b|\bkedahna\b"
    r"|\b(?:yang|yg|sing) (?:benar|bener|betul|leres)\b|\bbukan(?:nya)?\b|\bpadahal\b|\bdudu\b"
    r"|\bjadi(?:nya)?\b|\bmenjadi\b"
    r"|\bdadi\b|\b(?:di|ke|ter)(?:tulis|catat|cantum|ketik|tera)\b|\btercetak\b|\b(?:not|instead of|should be)\b"
    rf"|\b(?:di|d|ing|neng|nang|dina|in|on|pada|menurut|versi|sesuai) {_PAPER}\b"
    r"|\b(?:menurut|kata|kate|versi) (?:beliau|dia|ybs|keluarga|orang ?tua|ibu|bapak|anak|suami|istri|saya)"
    r"(?:nya|ku)?\b",
    re.IGNORECASE,
)
_SENTENCE_ENDS = re.compile(r"[.!?]\s")
#: Two more words at most, when only a part of a date is written.
_RIGHT_BEFORE = re.compile(r"(?: \w{1,12}){0,2}[ :=(\"']{0,3}", re.IGNORECASE)
_WRITTEN = re.compile(
    r"(?:\b(?:mencantumkan|(?:di|ke|ter)(?:tulis|catat|cantum|ketik|tera)|tercetak|(?:se)?(?:harusnya|mestinya)"
    r"|sebenarnya|sebenernya|aslinya|bukan|(?:yang|yg) (?:benar|bener|betul)|should be|shows|written)\b"
    rf"[^\d\n]{{0,24}}?)({DATE}|{IN_DIGITS})",
    re.IGNORECASE,
)
_WRONG = r"(?:salah|kesalahan|keliru|kekeliruan|beda|berbeda|perbedaan|tidak sesuai|typo|wrong|incorrect|ralat|koreksi)"
_BIRTH = r"(?:(?:tanggal|tgl|tahun|taun|thn?|bulan) lahir|date of birth|birth ?date)"
_IN_DISPUTE = re.compile(
    rf"\b{_WRONG}\b[^\n]{{0,40}}\b{_BIRTH}|\b{_BIRTH}[^\n.]{{0,30}}\b{_WRONG}\b", re.IGNORECASE
)
_WHOLE = re.compile(rf"([^\d\n]{{0,40}}?(?<!\d))(?:{DATE})", re.IGNORECASE)
_PART = re.compile(rf"([^\d\n]{{0,48}}?)(?:(?:{YEAR_WORD} ?)?{YEAR}|{DAY_AND_MONTH})", re.IGNORECASE)
#: The other date may be the next line's of a form: "Pada KTP: 01-01-1943".
_NEXT_LINE = re.compile(
    rf"([^\d\n]{{0,40}}\n(?:pada|di|menurut|sesuai|versi) {_PAPER}[^\d\n]{{0,12}})(?:{DATE}|{IN_DIGITS})",
    re.IGNORECASE,
)
_OF_PAPER = re.compile(rf" (?:di|menurut|pada|dalam|versi) {_PAPER}\b", re.IGNORECASE)
#: The year of the next one: "suami lahir 1970, istri 1972", "Arya lahir 2012, Bagas 2015".
_NEXT = re.compile(
    r"[,;/]? ?(?:(?:dan|sama|sedangkan|serta|&|kalau|kalo|kl) )?"
    r"(?:(?:(?:anak|adi?k|adek|kakak|suami|istri|ibu|bapak|bpk|ayah|emak|mama|papa)(?:nya|ku)?"
    r"|(?-i:[A-Z][a-z]{2,15})|saya|sy) ){1,3}(?:lahir |lhr )?",
    re.IGNORECASE,
)
_OR = re.compile(r",? (?:atau|ato|apa|or) ", re.IGNORECASE)
_ENDED = re.compile(r"\s*(?:[,;)/\n]|\.(?!\d)|$|(?:dan|sama|sedangkan|serta|tapi|tp)\b)", re.IGNORECASE)
_BRACKET = re.compile(r" ?\(")


def without_further(text: str) -> str:
    """`text`, whose first dates of birth are masked, without others of them. Linear time."""
    if _IN_DISPUTE.search(text):
        text = _WRITTEN.sub(_unless_another, text)
    out, done = [], 0
    at = text.find(BORN)
    while at >= 0:
        end = at + len(BORN)
        # Each further one may have one behind it in turn: brothers and sisters in a row.
        while (span := _further(text, end)) is not None:
            out += [text[done : span[0]], BORN]
            done = end = span[1]
        at = text.find(BORN, end)
    return "".join([*out, text[done:]])


def _unless_another(found: re.Match[str]) -> str:
    start = found.start(1) - found.start()
    return found[0] if goes_on(found[0][:start]) else f"{found[0][:start]}{BORN}"


def _further(text: str, end: int) -> tuple[int, int] | None:
    """Where another date of birth stands behind one that ends at `end`."""
    for pattern in (_WHOLE, _PART, _NEXT_LINE):
        found = pattern.match(text, end)
        if found is None or of_another_day(found[1]):
            continue
        if pattern is _PART:
            if not _is_told(found):
                continue
        elif not _CORRECTED.search(found[1]) and (goes_on(found[1]) or _SENTENCE_ENDS.search(found[1])):
            continue
        return found.end(1), found.end()
    return None


def _is_told(found: re.Match[str]) -> bool:
    """Whether a part of a date is said to stand for another date of birth."""
    between = found[1]
    if _BRACKET.fullmatch(between) or _OF_PAPER.match(found.string, found.end()):
        return True
    if _OR.fullmatch(between) or (_NEXT.fullmatch(between) and _ENDED.match(found.string, found.end())):
        return True
    return any(_RIGHT_BEFORE.fullmatch(between, told.end()) for told in _CORRECTED.finditer(between))
