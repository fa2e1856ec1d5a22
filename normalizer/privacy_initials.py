"""Persons of whom only initials are written: "Bapak B.W.H.", "Sdr. AK", "oknum berinisial HS", a signature "S.K."

Initials are somebody's behind a title, a word for a person or a closing; institutions ("P.T.", "Bapak R.T.") and what
goes on with a name that everybody may read ("B.J. Habibie") stay.
"""

from __future__ import annotations

import re

from normalizer.privacy_names import MASK

_DOTTED = re.compile(
    r"[A-Z](?:\. ?[A-Z](?![A-Za-z])|(?: [A-Z](?![\w.'’])){1,3}(?! [A-Z]\b))(?:\. ?[A-Z](?![A-Za-z])){0,2}\.?"
)
_TITLE = (
    r"pak|pa|bpk|bapak|bu|ibu|buk|sdr|sdri|saudara|saudari|tn|tuan|ny|nyonya|nn|nona|mas|mbak|mba|bang|abang|kak|ko|koh"
    r"|ci|cik|om|tante|mr|mrs|ms|h|hj|haji|hajjah|ustad|ustadz|si"
)
_PERSON = (
    r"pelapor|pengadu|korban|saksi|tersangka|pelaku|terlapor|oknum|tetangga saya|nama(?: saya| pelapor| lengkap|nya)?"
    r"|bernama|a\.? ?n|atas nama|saya|tertanda|ttd|(?:ber)?inisial(?:nya)?|initials?(?: are)?"
)
#: What stands before initials that are somebody's.
_BEFORE = re.compile(
    rf"(?<![\w.])(?:(?:{_TITLE})[. ]{{1,2}}|(?:{_PERSON})[.,: ]{{1,3}}"
    r"|(?:hormat (?:saya|kami)|salam|wassalam|terima kasih)[,.]?[ \n]{1,3})$",
    re.IGNORECASE,
)
_TITLED = re.compile(rf"(?<![\w.])(?:{_TITLE})[. ]{{1,2}}$", re.IGNORECASE)
_FAR = 24
#: Large letters without dots are somebody's behind these alone.
_BARE = re.compile(
    r"(\b(?:[Tt]n|TN|[Nn]y|NY|[Nn]n|NN|[Ss]dri?|SDRI?)\b\.? |\b(?:ber)?inisial(?:nya)?:? |\binitials? (?:are )?"
    r"|\b(?:oknum|pelaku|korban) \()"
    r"([A-Z]{2,4})\b(?! ?\[)"
)
#: Without one of these the pattern above finds nothing; to look for them costs less.
_SIGNS = (
    "inisial", "nitial", "Inisial", "INISIAL", "Tn", " tn ", "tn.", "TN", "Ny", " ny ", "ny.", "NY", "Nn", " nn ",
    "nn.", "NN", "Sdr", "sdr", "SDR", "oknum (", "pelaku (", "korban (",
)  # fmt: skip
_OFFICES = frozenset(
    (
        "RT", "RW", "PT", "CV", "DKI", "PKK", "RI", "TNI", "AD", "AL", "AU", "DPR", "DPRD", "PTSP", "UPT", "KPU", "LMK",
        "PLN", "PAM", "KUA", "BPN", "PMI", "TP", "UU", "LPM", "FKDM", "PPSU", "PJLP", "POLRI", "ASN", "PNS", "WNA",
        "WNI", "PHK", "UMKM", "KDRT", "SD", "SMP", "SMA", "SOS", "TO", "ADA", "TKP", "BBM", "PHL", "RSUD",
    )
)  # fmt: skip
_GOES_ON = re.compile(r" ?[A-Z][a-z]")
_TWICE = re.compile(r"\[nama\](?: \[nama\])+")


def without_initials(text: str) -> str:
    """`text`, whose names are masked, without initials of persons. Linear time."""
    if any(sign in text for sign in _SIGNS):
        text = _BARE.sub(lambda m: m[0] if m[2] in _OFFICES else f"{m[1]}{MASK}", text)
    shown = _DOTTED.sub(lambda m: MASK if _is_somebody(m) else m[0], text)
    return text if shown is text else _TWICE.sub(MASK, shown)


def _is_somebody(found: re.Match[str]) -> bool:
    text, start = found.string, found.start()
    if text[start - 1 : start].isalnum() or "".join(filter(str.isalpha, found[0])) in _OFFICES:
        return False
    before = _BEFORE if "." in found[0] else _TITLED
    if before.search(text[max(0, start - _FAR) : start]) is None:
        return False
    return _GOES_ON.match(text, found.end()) is None
