"""`public_text`: the complaint as the public may read it, with what points to a person masked.

Masked: addresses of mail, accounts (not the province's own), passwords and links (their host stays), see
`privacy_addresses.py`; telephones, any 16-digit number (NIK, KK), accounts and other long numbers, see
`privacy_numbers.py` and, written so that no machine shall read them, `privacy_spelt.py`; dates of birth,
`privacy_births.py`; numbers of papers, `privacy_papers.py`; exact house numbers, `privacy_houses.py`,
`privacy_streets.py`, `privacy_blocks.py` and, what these leave, `house_judge.py`; number plates, `privacy_plates.py`;
names, `privacy_names.py`, `privacy_beside.py`, `privacy_rows.py`, `privacy_lists.py`, `privacy_initials.py` and, what
these leave, `name_judge.py`, wherever they stand again, `privacy_again.py`, and the reporter's own. Blanks and ends of
lines that say nothing are read over, `privacy_layout.py`. Street, RT and RW stay, for without them nobody knows where
the hole is. A confidential complaint is masked more strictly: also street addresses, RT/RW, and every number of four
or more digits; it is still shown to nobody but those who may read it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from normalizer.context import Context, decided
from normalizer.house_judge import judge
from normalizer.house_numbers import HIDDEN, without_told_again
from normalizer.name_judge import without_judged
from normalizer.privacy_addresses import without_addresses, without_contact
from normalizer.privacy_again import without_again
from normalizer.privacy_beside import without_names_beside
from normalizer.privacy_births import without_beside, without_said
from normalizer.privacy_blocks import without_blocks
from normalizer.privacy_houses import without_more_houses
from normalizer.privacy_initials import without_initials
from normalizer.privacy_layout import flowed
from normalizer.privacy_lists import without_listed
from normalizer.privacy_names import without_names
from normalizer.privacy_numbers import NUMBER, PHONE, without_numbers
from normalizer.privacy_papers import without_papers
from normalizer.privacy_plates import without_alike, without_parted, without_told
from normalizer.privacy_rows import without_rows
from normalizer.privacy_signs import BORN as BORN_SIGN
from normalizer.privacy_signs import FLATS, NUMBERED, PAPER, SPELT, signs
from normalizer.privacy_spelt import looks_alike, without_spelt
from normalizer.privacy_streets import without_houses
from normalizer.record import Complaint, Evidence

_RT_RW = re.compile(r"\b(?:rt\.? ?\d{1,3}(?: ?[/,]? ?(?:rw)?\.? ?\d{1,3})?|rw\.? ?\d{1,3})\b", re.IGNORECASE)
_STREET = re.compile(
    r"\b(?:jl|jln|jalan|gg|gang)\b\.? (?-i:[A-Z0-9])[\w']*(?: (?-i:[A-Z0-9])[\w'/]*){0,5}", re.IGNORECASE
)
_FOUR_DIGITS = re.compile(r"\d{4,}")
_DIGIT = re.compile(r"\d")
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
    text = flowed(text)
    if not text.isascii():
        text = _plain_digits(text)
    for contact in own:
        text = without_contact(text, contact)
    text, digits = _without_data(text)
    if strict:
        text = _FOUR_DIGITS.sub(NUMBER, _STREET.sub("[alamat]", _RT_RW.sub("[RT/RW]", text)))
    named = text
    text = without_listed(without_rows(without_names_beside(without_initials(without_names(text)))))
    for name in names:
        text = _without_name(text, name)
    text = without_again(named, without_judged(text))
    return without_beside(text) if digits else text


def but_names(text: str) -> str:
    """`text` with everything masked but names, as the rules for names get it."""
    text = flowed(text)
    return _without_data(text if text.isascii() else _plain_digits(text))[0]


def _without_data(text: str) -> tuple[str, bool]:
    """`text` with addresses and numbers masked, and whether it holds digits at all."""
    held = signs(text.lower())
    text = without_addresses(text, held)
    digits = _DIGIT.search(text) is not None
    if BORN_SIGN in held:
        text = without_said(text)
    if SPELT in held:
        text = without_told(text)
    alike = digits and looks_alike(text)
    text = without_spelt(text, held, PHONE, alike=alike)
    if digits:
        text = _without_numbers(text, held, alike=alike)
    if digits or NUMBERED in held:
        text = _without_judged_houses(text, held)
    return text, digits


def _plain_digits(text: str) -> str:
    """Digits of other scripts, in circles, bold or on keys, and full-width letters of addresses, as plain ones."""
    text = _KEYCAP.sub("", text)

    def plain(match: re.Match[str]) -> str:
        found = unicodedata.normalize("NFKC", match[0])
        if len(found) == 1 and (found.isdigit() or found in "@.-+ "):
            return str(unicodedata.digit(found)) if found.isdigit() else found
        return match[0]

    return _FANCY.sub(plain, text)


def by_rules(text: str) -> str:
    """`text` as the rules leave it to the judge of numbers (`house_judge.py`)."""
    held = signs(text.lower())
    return _without_numbers(without_addresses(text, held), held, alike=looks_alike(text))


def _without_judged_houses(text: str, held: frozenset[int]) -> str:
    """`text` without what else is judged to be the number of a house."""
    out, done = [], 0
    for start, end in judge().houses(text, told=NUMBERED in held, flats=FLATS in held):
        out += [text[done:start], HIDDEN]
        done = end
    return without_told_again("".join([*out, text[done:]]) if out else text)


def _without_numbers(text: str, held: frozenset[int], *, alike: bool) -> str:
    if PAPER in held:
        text = without_papers(text)
    text = without_parted(text)
    text = without_numbers(without_alike(text) if alike else text)
    text = without_more_houses(without_houses(text))
    return without_blocks(text, held)


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
