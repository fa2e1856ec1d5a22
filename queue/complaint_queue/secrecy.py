"""What of a confidential complaint may travel in the open: everything but who wrote it.

Identity is taken out of its fields, and masked wherever the reporter's own words repeat it. So is every NIK, telephone
number and mail address in them: whether it is the reporter's own, nobody here can know. The unmasked event travels
sealed (see `seal`); without the CRM's key it stays in the gateway.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from msgspec.structs import replace

from normalizer.contact import EMAIL
from normalizer.numbers import niks, phones
from normalizer.record import Added, Attachment, Complaint, ComplaintEvent, Evidence, Place, Reporter

MASK = "[dirahasiakan]"
#: What may stand between two digits of a number that a person typed.
_GAP = r"[\s.\-()/]{0,3}"
#: In a file's name a number of eight digits or more, whatever it is: it has no words around it that would tell.
_IN_NAME = re.compile(r"\+?\d(?:[\s.\-()_]?\d){7,}")
#: Shorter parts of a name ("Al", "M.") would mask half of any sentence.
_SHORTEST_PART = 3


def redact(event: ComplaintEvent, sealed: str = "") -> ComplaintEvent:
    """The event as anyone on the broker may read it; `sealed` is the whole event for the CRM alone."""
    mask = Masker(event.complaint)
    return replace(
        event,
        complaint=_complaint(event.complaint, mask, sealed),
        added=None if event.added is None else _added(event.added, mask),
    )


class Masker:
    """Replaces a reporter's name (whole, and each part), contacts and NIK, however they are spaced or cased; and the
    NIK, telephone numbers and mail addresses of whomever."""

    def __init__(self, complaint: Complaint) -> None:
        reporter = complaint.reporter
        patterns: list[str] = []
        for name in (reporter.name, complaint.on_behalf_of):
            patterns += _name_patterns(name)
        for contact in reporter.contacts:
            patterns += _phone_patterns(contact.value) if contact.kind == "phone" else _exact(contact.value)
        if reporter.nik:
            patterns += _number(reporter.nik)
        self._pattern = re.compile("|".join(patterns), re.IGNORECASE) if patterns else None

    def __call__(self, text: str) -> str:
        if not text:
            return text
        text = _without_numbers(text)  # first: a part of the name may stand within an address
        return self._pattern.sub(MASK, text) if self._pattern else text

    def file_name(self, name: str) -> str:
        """The same of a file's name, which some clients percent-encode (RFC 7578, 2)."""
        plain = unquote(name)
        masked = _IN_NAME.sub(MASK, self(plain))
        return name if masked == plain else masked


def _without_numbers(text: str) -> str:
    """Without the NIK, telephones and mail addresses that stand in it."""
    if "@" in text:
        text = EMAIL.sub(MASK, text)
    spans = [(start, end) for start, end, _ in niks(text)]
    spans += [(one.start, one.end) for one in phones(text)]
    before = len(text)
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + MASK + text[min(end, before) :]
        before = start
    return text


def _exact(value: str) -> list[str]:
    """A handle or an address, with and without its leading @."""
    return [r"@?" + re.escape(value.lstrip("@"))] if value.strip("@ ") else []


def _name_patterns(name: str) -> list[str]:
    parts = name.split()
    whole = [r"\s+".join(map(re.escape, parts))] if parts else []
    single = [re.escape(p) for p in parts if len(p) >= _SHORTEST_PART]
    return [rf"(?<!\w){pattern}(?!\w)" for pattern in whole + single]


def _number(digits: str) -> list[str]:
    kept = [re.escape(c) for c in digits if c.isalnum()]
    return [rf"(?<!\d){_GAP.join(kept)}(?!\d)"] if kept else []


def _phone_patterns(value: str) -> list[str]:
    """E.164, and how it is written at home: +62 812… is also 62812… and 0812…"""
    digits = "".join(c for c in value if c.isdigit())
    if not digits.startswith("62") or len(digits) < 8:
        return [r"\+?" + p for p in _number(digits)]
    national = _GAP.join(digits[2:])
    return [rf"(?<!\d)(?:\+?{_GAP}6{_GAP}2{_GAP}(?:0{_GAP})?|0{_GAP})?{national}(?!\d)"]


def _complaint(complaint: Complaint, mask: Masker, sealed: str) -> Complaint:
    return replace(
        complaint,
        reporter=Reporter(reference=complaint.reporter.reference, sealed=sealed),
        on_behalf_of="",
        # A mail's Message-ID, a WhatsApp id and a post's address lead to their author.
        external_ids=(),
        thread_id="",
        permalink="",
        subject=mask(complaint.subject),
        text=mask(complaint.text),
        original_text=mask(complaint.original_text),
        public_text=mask(complaint.public_text),
        place=_place(complaint.place, mask),
        attachments=_attachments(complaint.attachments, mask),
        evidence=tuple(_evidence(e, mask) for e in complaint.evidence),
    )


def _added(added: Added, mask: Masker) -> Added:
    return replace(
        added,
        text=mask(added.text),
        public_text=mask(added.public_text),
        attachments=_attachments(added.attachments, mask),
    )


def _place(place: Place, mask: Masker) -> Place:
    # A photo tells where its owner stood, perhaps at home, to a few metres: its region is enough to go on with.
    point = None if place.method == "photo" else place.coordinates
    return replace(
        place, coordinates=point, address=mask(place.address), evidence=tuple(map(mask, place.evidence))
    )


def _attachments(attachments: tuple[Attachment, ...], mask: Masker) -> tuple[Attachment, ...]:
    return tuple(
        replace(a, name=mask.file_name(a.name), caption=mask(a.caption), remote="", captured_place=None)
        for a in attachments
    )


def _evidence(evidence: Evidence, mask: Masker) -> Evidence:
    return replace(evidence, result=mask(evidence.result), words=tuple(map(mask, evidence.words)))
