"""The fingerprint of a complaint: all by which later ones are compared with it, and nothing that can be read.

Words, names, senders and photos are keyed hashes; of the place there are the region's code and a point on a grid of ten
metres. A confidential complaint, and one about an office, has none: see `rememberable`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from itertools import chain, islice

import msgspec
from msgspec import Struct

from normalizer.duplicate_reading import Reader, Reading
from normalizer.folding import whole
from normalizer.identity import decode_id
from normalizer.record import Complaint

#: More of one kind are not kept: what a complaint is about is told by the first.
_MOST = 60
_MOST_KEYS = 6
#: A picture with fewer bits set or unset than this is one even surface, which many are.
_EVEN = 6
_INSIDE = {False: 0, True: 1, None: 2}


class Fingerprint(Struct, frozen=True, array_like=True, gc=False):
    """What is remembered of one complaint.

    `at` is in seconds since 1970; `sure` how sure its region is, of 100; `inside` 0 for outside the province, 1 for
    inside, 2 for unknown. `words` are hashes of 4 bytes each: first `counts[0]` that say what the matter is, then
    `counts[1]` others, `counts[2]` names, and words of regions; `weights` are what each of the first three sorts is
    worth together. `marks` (slot << 32 | hash) and `senders` have 8 bytes each, `photos` are perceptual hashes.
    `again`: it says that something happened once more.
    """

    complaint_id: int
    ticket: str
    at: int
    region: str
    sure: int
    inside: int
    latitude: float | None
    longitude: float | None
    topics: dict[str, float]
    words: bytes
    counts: tuple[int, int, int]
    weights: tuple[float, float, float]
    marks: bytes
    again: bool
    senders: bytes = b""
    photos: bytes = b""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Fingerprint)


def pack(fingerprint: Fingerprint) -> bytes:
    """The fingerprint as it is stored."""
    return _encoder.encode(fingerprint)


def unpack(packed: bytes) -> Fingerprint:
    """Raises `msgspec.MsgspecError` for what is none."""
    return _decoder.decode(packed)


def rememberable(complaint: Complaint) -> bool:
    """Whether this complaint may be linked at all, from it or to it.

    A confidential one may not: a public record that names its ticket would tell that somebody reported the same in
    confidence, and its own link to a public ticket of the same person, or with the same photo, would tell who. What is
    about an office is hidden from that office, so no other record may lead to it either.
    """
    return not complaint.confidential and not complaint.against_office and complaint.kind != "spam"


def text_of(complaint: Complaint) -> str:
    """All that a complaint says of what and where."""
    text = whole(complaint.subject, complaint.text)
    if complaint.place.address and complaint.place.address not in text:
        text = f"{text}\n{complaint.place.address}"
    return text


def fingerprint_of(complaint: Complaint, reader: Reader) -> tuple[Fingerprint, Reading]:
    """The fingerprint of a rememberable complaint, and the reading of its text that it was made from."""
    reading = reader.read(text_of(complaint))
    place = complaint.place
    region = place.kelurahan or place.kecamatan or place.city
    point = place.coordinates
    sorts = [list(sort)[:_MOST] for sort in (reading.matters, reading.words, reading.names, reading.regions)]
    found = Fingerprint(
        complaint_id=decode_id(complaint.complaint_id),
        ticket=complaint.ticket,
        at=int(complaint.received_at.timestamp()),
        region=region.code if region is not None else "",
        sure=round(100 * place.confidence),
        inside=_INSIDE[place.inside],
        latitude=round(point.latitude, 4) if point is not None else None,
        longitude=round(point.longitude, 4) if point is not None else None,
        topics={c.code: c.confidence for c in complaint.categories},
        words=array("I", chain.from_iterable(sorts)).tobytes(),
        counts=(len(sorts[0]), len(sorts[1]), len(sorts[2])),
        weights=(
            round(sum(reading.matters.values()), 2),
            round(sum(reading.words.values()), 2),
            round(sum(reading.names.values()), 2),
        ),
        marks=_long(slot << 32 | mark for slot, marks in reading.marks.items() for mark in marks),
        again=reader.again in reading.words,
        senders=_long(_senders(complaint, reader)),
        photos=_long(_photos(complaint)),
    )
    return found, reading


def _long(values: Iterable[int]) -> bytes:
    return array("Q", islice(values, _MOST)).tobytes()


def _senders(complaint: Complaint, reader: Reader) -> list[int]:
    """Whoever wrote, on whatever channel: by the reference and by every way to reach them; none when anonymous,
    because what links two complaints by their author tells who the anonymous one is."""
    if complaint.anonymous:
        return []
    reporter = complaint.reporter
    known = [f"person {reporter.reference}"] if reporter.reference else []
    known += [f"{contact.kind} {contact.value.lower()}" for contact in reporter.contacts]
    return [reader.long_hash(name) for name in known[:_MOST_KEYS]]


def _photos(complaint: Complaint) -> list[int]:
    found = []
    for attachment in complaint.attachments:
        try:
            bits = int(attachment.perceptual_hash, 16)
        except ValueError:
            continue
        if _EVEN <= bits.bit_count() <= 64 - _EVEN and bits < 1 << 64:
            found.append(bits)
    return found[:_MOST_KEYS]
