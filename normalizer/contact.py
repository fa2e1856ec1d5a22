"""Contacts: the reporter's own made uniform; those in the text only noted, masked, because they are somebody's."""

from __future__ import annotations

import re

import msgspec

from normalizer.context import Context, decided
from normalizer.folding import whole
from normalizer.numbers import is_nik, masked, niks, phones, to_e164
from normalizer.record import Complaint, Contact, Evidence

_NUMBER = re.compile(r"\d[\d ().\-/]{6}")
EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]{0,200}\.[A-Za-z]{2,24}\b", re.ASCII
)
#: It begins with the sign, so that the search runs over everything else in C.
HANDLE = re.compile(r"@(?<![\w@./]@)[A-Za-z0-9_][A-Za-z0-9_.]{1,59}(?![\w@])", re.ASCII)


def _uniform(contact: Contact, region: str) -> Contact | None:
    value = contact.value.strip()
    if contact.kind == "phone":
        value = to_e164(value, region)
    elif contact.kind == "email":
        value = value if EMAIL.fullmatch(value) else ""
        name, _, domain = value.partition("@")
        value = f"{name}@{domain.lower()}" if value else ""
    return Contact(kind=contact.kind, value=value) if value else None


def step(complaint: Complaint, context: Context) -> Complaint:
    """Reporter's phones to E.164 and NIK to 16 digits; what does not read is left out and said."""
    evidence: list[Evidence] = []
    kept: list[Contact] = []
    for contact in complaint.reporter.contacts:
        uniform = _uniform(contact, context.phone_region)
        if uniform is None:
            result = f"reporter's {contact.kind} does not read"
            evidence.append(
                Evidence(step="contact", result=result, words=(masked(contact.value),), confidence=0.0)
            )
        elif uniform not in kept:
            kept.append(uniform)
    nik = re.sub(r"\D", "", complaint.reporter.nik) if complaint.reporter.nik else ""
    if nik and not is_nik(nik):
        # Kept as given: the clerk saw the card, and our rules may know less than the registry.
        evidence.append(
            Evidence(step="contact", result="nik looks wrong", words=(masked(nik),), confidence=0.5)
        )
    evidence += _in_text(whole(complaint.subject, complaint.text), context.phone_region)
    given = complaint.reporter
    contacts, nik = tuple(kept), nik or given.nik.strip()
    if contacts == given.contacts and nik == given.nik:
        return decided(complaint, *evidence)
    reporter = msgspec.structs.replace(given, contacts=contacts, nik=nik)
    return decided(complaint, *evidence, reporter=reporter)


def _in_text(text: str, region: str) -> list[Evidence]:
    found: dict[str, list[str]] = {}
    if _NUMBER.search(text):
        found["phone in text"] = [number.value for number in phones(text, region)]
        found["nik in text"] = [digits for _, _, digits in niks(text)]
    if "@" in text:
        found["email in text"] = EMAIL.findall(text)
        found["handle in text"] = HANDLE.findall(text)
    return [
        Evidence(
            step="contact", result=what, words=tuple(dict.fromkeys(map(masked, values)))[:20], confidence=0.9
        )
        for what, values in found.items()
        if values
    ]
