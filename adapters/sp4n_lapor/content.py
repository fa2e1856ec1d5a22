"""Who wrote a report, where it happened, and what is attached to it: by the operator's mapping. Pure."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urljoin

from adapters.sp4n_lapor.reading import degrees, listed, plain, text, walk
from adapters.sp4n_lapor.settings import Fields, LaporSettings
from normalizer.gazetteer import find_region
from normalizer.record import Attachment, Contact, Coordinates, Place, Sender

#: Files of one report or comment beyond this many are none that a citizen attached.
MOST_ATTACHMENTS = 50


def identity(value: Any) -> str | None:
    """An id as text; None when it is absent or none."""
    found = text(value)
    return found if found and len(found) <= 200 else None


def link(address: str) -> str:
    """A web address as it is; anything else as none."""
    return address[:500] if address.startswith(("https://", "http://")) else ""


def sender(item: Any, fields: Fields, number: str) -> Sender:
    """The reporter. Without an id it is whoever wrote report `number`: what they add to it is still theirs."""

    def at(path: str, most: int) -> str:
        return plain(walk(item, path))[:most] if path else ""

    named: tuple[tuple[Literal["phone", "email"], str], ...] = (
        ("phone", at(fields.sender_phone, 200)),
        ("email", at(fields.sender_email, 200)),
    )
    return Sender(
        reference=(identity(walk(item, fields.sender_id)) if fields.sender_id else None)
        or f"laporan:{number}",
        name=at(fields.sender_name, 200),
        contacts=tuple(Contact(kind=kind, value=value) for kind, value in named if value),
        nik=at(fields.sender_nik, 40),
    )


def place(item: Any, fields: Fields) -> Place:
    """Coordinates, address, and the region of a Kemendagri code that exists (its dots may be missing)."""

    def at(path: str) -> Any:
        return walk(item, path) if path else None

    code = plain(at(fields.kelurahan_code))
    path = find_region(code) if code else None
    point = _point(at(fields.latitude), at(fields.longitude))
    return Place(
        coordinates=point,
        address=plain(at(fields.address))[:500],
        kelurahan=path.kelurahan if path else None,
        kecamatan=path.kecamatan if path else None,
        city=path.city if path else None,
        method="coordinates" if point else "none",
    )


def _point(latitude: Any, longitude: Any) -> Coordinates | None:
    """The two as they stand, or swapped where only that lies on the globe (Jakarta's longitude is no latitude)."""
    for one, other in ((latitude, longitude), (longitude, latitude)):
        north, east = degrees(one, 90), degrees(other, 180)
        if north is not None and east is not None:
            return Coordinates(latitude=north, longitude=east)
    return None


def attachments(where: Any, settings: LaporSettings) -> tuple[Attachment, ...]:
    """Files that lie at LAPOR. An entry without an address is none; a relative one is of LAPOR's own site."""
    names, found = settings.attachments, []
    for entry in listed(walk(where, names.items) if names.items else None)[:MOST_ATTACHMENTS]:
        own = entry if isinstance(entry, dict) else {}
        address = (
            plain(walk(own, names.url)) if own and names.url else entry if isinstance(entry, str) else ""
        )
        if not address or len(address) > 2000:
            continue
        try:
            remote = urljoin(settings.api_base_url.rstrip("/") + "/", address)
        except ValueError:
            remote = address  # why it cannot be had is said when it is fetched
        attachment = Attachment(
            name=plain(walk(own, names.name))[:200] if own and names.name else "",
            declared_type=plain(walk(own, names.type))[:100] if own and names.type else "",
            state="pending",
            remote=remote,
        )
        found.append(attachment)
    return tuple(found)
