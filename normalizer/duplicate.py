"""Duplicates: earlier complaints that perhaps tell of the same, across channels; linked, never merged or dropped.

The step is pure given `Context.recent`, the fingerprints of recent complaints (`duplicate_memory.py`); without it, it
says nothing. It compares a complaint with those that may be like it and links those of at least the learnt
probability. It never touches the other complaint, and nobody is answered differently because of a link.

A complaint is never its own duplicate: an edit, added information or a second delivery keep its id. When it is looked
at again later, only complaints from before it, and those that it was linked to already, are linked: of two that tell
of the same, the later one says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from normalizer.context import Context, decided
from normalizer.duplicate_memory import Recent
from normalizer.duplicate_print import Fingerprint, rememberable, text_of
from normalizer.duplicate_reading import Reading
from normalizer.duplicate_score import Asked, Compared, Scorer, compare
from normalizer.record import Complaint, DuplicateLink, Evidence, Flag

#: More links than this help nobody.
MOST_LINKS = 10
_MOST_WORDS, _HEAVY = 8, 0.5
#: So many in a row that are another thing, and the rest, which is less like it, is not looked at.
_VAIN = 3
_FLAG: Flag = "possible_duplicate"


def step(complaint: Complaint, context: Context) -> Complaint:
    """Links to earlier complaints, the likeliest first, the flag, and the words that both share as evidence."""
    if context.recent is None:
        return complaint
    if not rememberable(complaint):
        return _linked(complaint, (), ())
    recent = context.recent
    found, reading = recent.read(complaint)
    links = _links(complaint, found, reading, recent)
    evidence = tuple(
        Evidence(
            step="duplicate",
            result=f"perhaps the same as {link.ticket}: {', '.join(link.reasons)}",
            words=link.words,
            confidence=link.confidence,
        )
        for link in links
    )
    return _linked(complaint, links, evidence)


def _linked(
    complaint: Complaint, links: tuple[DuplicateLink, ...], evidence: tuple[Evidence, ...]
) -> Complaint:
    flags = tuple(flag for flag in complaint.flags if flag != _FLAG)
    if links:
        flags = (*flags, _FLAG)
    if flags == complaint.flags and links == complaint.possible_duplicates and not evidence:
        return complaint
    return decided(complaint, *evidence, flags=flags, possible_duplicates=links)


def _links(
    complaint: Complaint, found: Fingerprint, reading: Reading, recent: Recent
) -> tuple[DuplicateLink, ...]:
    others = recent.like(found)
    if recent.knows(found.complaint_id):
        before = {link.ticket for link in complaint.possible_duplicates}
        others = (o for o in others if o.complaint_id < found.complaint_id or o.ticket in before)
    first = next(others, None)
    if first is None:
        return ()
    asked, others = Asked(found, reading), chain((first,), others)
    said = _said(asked, others, recent.scorer)
    if not said:
        return ()
    shown = recent.reader.read(text_of(complaint), showing=True).shown
    return tuple(
        DuplicateLink(
            ticket=other.ticket,
            confidence=round(likely, 2),
            reasons=compared.reasons,
            words=_words(compared, shown, asked),
        )
        for likely, other, compared in said[:MOST_LINKS]
    )


def _said(
    asked: Asked, others: Iterable[Fingerprint], scorer: Scorer
) -> list[tuple[float, Fingerprint, Compared]]:
    """Those that are the same likely enough, the likeliest first."""
    said: list[tuple[float, Fingerprint, Compared]] = []
    vain = 0
    for other in others:
        if vain >= _VAIN:
            break
        compared = compare(asked, other)
        likely = scorer.probability(compared.features) if compared is not None else 0.0
        if compared is not None and likely >= scorer.threshold:
            vain = 0
            said.append((likely, other, compared))
        else:
            vain += 1
    said.sort(key=lambda one: -one[0])
    return said


def _words(compared: Compared, shown: dict[int, str], asked: Asked) -> tuple[str, ...]:
    """The heaviest words of this complaint that the other one has too."""
    heaviest = sorted(compared.shared, key=lambda hashed: -asked.own[hashed][1])[:_MOST_WORDS]
    return tuple(shown[hashed] for hashed in heaviest if asked.own[hashed][1] >= _HEAVY)
