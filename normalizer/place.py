"""The place: of all that speaks for one, the strongest is believed, and whatever disagrees is said.

From the strongest to the weakest:

1. what a person chose (clerk, form);
2. a point that was shared: the app's or the chat's pin, a map link's pin, coordinates written out;
3. words with their level ("Kel. Cideng"), or a street address that a form asked for;
4. the place in a photo's EXIF, if it is of these weeks and of this province, the middle of a shared map's view;
5. other words;
6. the office where a walk-in complaint was handed in, with low confidence.

Agreeing sources make each other more exact: a pin in Tebet and the words "Tebet Barat" are Tebet Barat.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

import msgspec

from normalizer.context import Context, decided
from normalizer.folding import whole
from normalizer.gazetteer import RegionPath, find_region, metres
from normalizer.media import photo_age
from normalizer.place_address import address_of
from normalizer.place_links import shared_places
from normalizer.place_points import corrected, in_box, region_at
from normalizer.place_text import Found, read_place
from normalizer.record import Base, Complaint, Coordinates, Evidence, Place

__all__ = ["corrected", "step"]

#: How much of a text is searched for a place.
_SEARCHED = 5_000
#: Words with at least this confidence are a statement of their own, with or against a point.
_MARKED = 0.9
#: A photo that was taken longer before the message is of something else, or of long ago.
_OLD_PHOTO = timedelta(days=30)
#: Metres between photos of one place.
_ONE_PLACE = 1_000.0
_PLAIN = 0.75


class _Pointed(Base, frozen=True, kw_only=True):
    """A point, how it came, and the region it lies in; `strong` when somebody meant to show the place."""

    point: Coordinates
    method: Literal["coordinates", "photo"]
    strong: bool
    path: RegionPath | None
    confidence: float
    inside: bool | None
    words: tuple[str, ...] = ()


def _say(result: str, confidence: float = 1.0, words: tuple[str, ...] = ()) -> Evidence:
    return Evidence(step="place", result=result, words=words, confidence=round(confidence, 2))


def _candidates(complaint: Complaint, text: str) -> Iterator[tuple[Coordinates | None, str, tuple[str, ...]]]:
    """Points with where they come from and the words they stand in, the strongest first."""
    if complaint.place.coordinates is not None:
        yield complaint.place.coordinates, "", ()
    views = []
    for shared in shared_places(text):
        if shared.way == "map link, view":
            views.append((shared.point, shared.way, (shared.words,)))
        else:
            yield shared.point, shared.way, (shared.words,)
    for attachment in complaint.attachments:
        if attachment.captured_place is not None:
            old = photo_age(attachment, complaint)
            source = "photo" if old is None or old <= _OLD_PHOTO else f"photo of {old.days} days before"
            yield attachment.captured_place, source, (attachment.name,) if attachment.name else ()
    yield from views


def _pointed(complaint: Complaint, text: str, context: Context) -> tuple[_Pointed | None, list[Evidence]]:
    """The strongest point that can be believed, and what was wrong with those before it."""
    evidence: list[Evidence] = []
    for given, source, words in _candidates(complaint, text):
        if given is None:
            evidence.append(_say("a short map link hides its place until someone follows it", 0.0, words))
            continue
        point, problem = corrected(given)
        if source.startswith("photo") and (doubt := _photo_doubt(given, source, context)):
            evidence.append(_say(f"the photo's place is not believed: {doubt}", 0.3, words))
            continue
        # Two numbers in a text may be anything; a map link to Bandung is a place all the same.
        written = source not in ("", "photo")
        if written and (
            point is None or (source == "coordinates" and not in_box(point.latitude, point.longitude))
        ):
            continue
        if problem:
            evidence.append(_say(problem, 0.9, words or (f"{given.latitude}, {given.longitude}",)))
        if point is None:
            continue
        if source:
            shown = "coordinates in the text" if source == "coordinates" else f"coordinates from: {source}"
            evidence.append(_say(shown, 0.8, words))
        path, confidence, inside, remark = region_at(point, context.polygons)
        if source == "photo" and (elsewhere := _other_photos(complaint, point)):
            evidence.append(_say(elsewhere, 0.5, words))
            confidence = min(confidence, 0.6)
        if remark:
            evidence.append(_say(remark, confidence))
        if problem and path is not None:
            confidence = min(confidence, 0.9)
        weak = source in ("photo", "map link, view")
        return _Pointed(
            point=point,
            method="photo" if source == "photo" else "coordinates",
            strong=not weak,
            path=path,
            confidence=min(confidence, 0.85) if weak else confidence,
            inside=inside,
            words=words,
        ), evidence
    return None, evidence


def _other_photos(complaint: Complaint, point: Coordinates) -> str:
    """That others were taken far from this one; empty when none were."""
    others = [a.captured_place for a in complaint.attachments if a.captured_place is not None]
    far = [o for o in others if metres(point.latitude, point.longitude, o.latitude, o.longitude) > _ONE_PLACE]
    return f"{len(far)} of {len(others)} photos were taken elsewhere" if far else ""


def _photo_doubt(point: Coordinates, source: str, context: Context) -> str:
    """Why a photo says nothing of where it happened; empty when it may. Its owner did not mean to show a place."""
    if source != "photo":
        return source
    if not in_box(point.latitude, point.longitude) or region_at(point, context.polygons)[2] is False:
        return "taken outside the province"
    return ""


def _set(place: Place, path: RegionPath, method: str, confidence: float, words: tuple[str, ...]) -> Place:
    return msgspec.structs.replace(
        place,
        kelurahan=path.kelurahan,
        kecamatan=path.kecamatan,
        city=path.city,
        inside=True,
        method=method,
        confidence=round(confidence, 2),
        evidence=words,
    )


def _given(place: Place) -> RegionPath | None:
    """The region that a person chose, with its parents from the table."""
    for region in (place.kelurahan, place.kecamatan, place.city):
        if region is not None and (path := find_region(region.code)) is not None:
            return path
    return None


def _conflict(
    what: str, one: RegionPath, other: RegionPath | None, words: tuple[str, ...] = ()
) -> list[Evidence]:
    if other is None or one.within(other.code) or other.within(one.code):
        return []
    return [_say(f"{what} say {other.code}", 0.5, words)]


def step(complaint: Complaint, context: Context) -> Complaint:
    """Regions with codes, address, and whether it is inside the province; each source's verdict as evidence."""
    text = whole(complaint.subject, complaint.text)[:_SEARCHED]
    place = complaint.place
    pointed, evidence = _pointed(complaint, text, context)
    place = msgspec.structs.replace(place, coordinates=pointed.point if pointed is not None else None)
    said = read_place(f"{place.address}\n{text}" if place.address else text, context.places)
    if not place.address and (address := address_of(text)):
        place = msgspec.structs.replace(place, address=address[:200])
        evidence.append(_say("address", 0.7, (address[:200],)))
    chosen = _given(place) if place.method not in ("text", "address", "photo") else None
    if chosen is not None:
        place, more = _chosen(place, chosen, pointed, said)
    elif pointed is not None and (pointed.path is not None or pointed.inside is False):
        place, more = _measured(place, pointed, said)
    else:
        place, more = _said(place, said)
    if place.method == "none" and complaint.office_code:
        place, further = _handed_in(place, complaint.office_code)
        more += further
    return decided(complaint, *evidence, *more, place=place)


def _chosen(
    place: Place, chosen: RegionPath, pointed: _Pointed | None, said: Found
) -> tuple[Place, list[Evidence]]:
    # Whoever handed the record in may have said how it was found; a bare region came from a clerk or form.
    method = place.method if place.method in ("office", "clerk") else "clerk"
    place = _set(place, chosen, method, 1.0, place.evidence)
    evidence = [_say(f"{chosen.code} chosen")]
    if pointed is not None:
        evidence += _conflict("coordinates", chosen, pointed.path)
        if pointed.inside is False:
            evidence.append(_say("coordinates lie outside the province", 0.9))
    return place, evidence + _conflict("words", chosen, said.path, said.words)


def _measured(place: Place, pointed: _Pointed, said: Found) -> tuple[Place, list[Evidence]]:
    path, confidence = pointed.path, pointed.confidence
    if path is None:
        outside = _say("coordinates lie outside the province", 0.9, pointed.words)
        if said.path is not None and said.confidence >= _PLAIN:
            # People write from where they live of what they saw elsewhere.
            place, evidence = _said(place, said)
            return msgspec.structs.replace(place, confidence=min(place.confidence, 0.7)), [outside, *evidence]
        place = msgspec.structs.replace(place, inside=False, method=pointed.method, confidence=0.9)
        return place, [outside] + (
            [_say(f"words say {said.path.code}", 0.5, said.words)] if said.path else []
        )
    words = pointed.words
    if said.path is not None:
        if said.path.within(path.code):
            # Words may be more exact than a far-off centre, when both agree.
            if said.path.depth > path.depth:
                path, confidence, words = said.path, max(confidence, said.confidence), said.words
            confidence = min(0.99, max(confidence, said.confidence) + 0.05)
        elif path.within(said.path.code):
            confidence = min(0.99, confidence + 0.05)
        elif said.confidence >= _MARKED and not pointed.strong:
            # The point is elsewhere: it would put the words' place wrong on every map.
            place, evidence = _said(msgspec.structs.replace(place, coordinates=None), said)
            return place, evidence + _conflict(
                "photo" if pointed.method == "photo" else "map", said.path, path
            )
        else:
            confidence = min(confidence, 0.7 if said.confidence >= _PLAIN else 0.9)
    place = _set(place, path, pointed.method, confidence, words)
    if not said.path and pointed.inside is None:
        place = msgspec.structs.replace(place, inside=None)
    return place, [_say(path.code, confidence, words), *_conflict("words", path, said.path, said.words)]


def _said(place: Place, said: Found) -> tuple[Place, list[Evidence]]:
    if said.path is not None:
        place = _set(place, said.path, "text", said.confidence, said.words)
        result = said.path.code + (f" ({said.conflict})" if said.conflict else "")
        return place, [_say(result, said.confidence, said.words)]
    if said.outside:
        if said.outside_sure:
            place = msgspec.structs.replace(
                place, inside=False, method="text", confidence=0.8, evidence=said.outside
            )
        result = "outside the province" if said.outside_sure else "perhaps outside the province"
        return place, [_say(result, 0.8 if said.outside_sure else 0.4, said.outside)]
    if said.conflict:
        return place, [_say(said.conflict, 0.0, said.words)]
    return place, []


def _handed_in(place: Place, office_code: str) -> tuple[Place, list[Evidence]]:
    """Most people go to the office where they live, and write of what is near it: a hint, no more."""
    path = find_region(office_code)
    if path is None:
        return place, []
    place = msgspec.structs.replace(_set(place, path, "office", 0.4, ()), inside=None)
    return place, [_say(f"{path.code}, the office where it was handed in", 0.4)]
