"""The place: what a clerk chose over coordinates, coordinates over words; conflicts are said, not settled in secret."""

from __future__ import annotations

import math
import re

import msgspec

from normalizer.context import Context, decided
from normalizer.gazetteer import BOUNDS, MAINLAND, RegionPath, find_region, nearest
from normalizer.place_address import address_of
from normalizer.place_text import Found, read_place
from normalizer.record import Complaint, Coordinates, Evidence, Place

_IN_TEXT = re.compile(r"(?<![\d.])(-?\d{1,3}\.\d{4,12}) ?,\s?(-?\d{1,3}\.\d{4,12})(?!\d)")
#: How much of a text is searched for a place.
_SEARCHED = 5_000


def _in_box(latitude: float, longitude: float) -> bool:
    west, south, east, north = BOUNDS
    return west <= longitude <= east and south <= latitude <= north


def corrected(given: Coordinates) -> tuple[Coordinates | None, str]:
    """The coordinates as they were meant, and what was wrong with them (empty: nothing)."""
    latitude, longitude = given.latitude, given.longitude
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        return None, "coordinates are no numbers"
    if latitude == 0 and longitude == 0:
        return None, "coordinates 0, 0 are a device's default"
    if not _in_box(latitude, longitude):
        for north, east, problem in (
            (longitude, latitude, "latitude and longitude were swapped"),
            (-latitude, longitude, "latitude had lost its minus"),
            (-longitude, latitude, "latitude and longitude were swapped, the minus lost"),
        ):
            if _in_box(north, east):
                return Coordinates(latitude=north, longitude=east, accuracy=given.accuracy), problem
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None, "coordinates out of range"
    return given, ""


def _by_coordinates(point: Coordinates, context: Context) -> tuple[RegionPath | None, float, bool | None]:
    """Region, confidence, and whether the point is inside the province."""
    latitude, longitude = point.latitude, point.longitude
    if not _in_box(latitude, longitude):
        return None, 0.0, False
    islands = find_region("31.01")
    if context.polygons is not None:
        found = context.polygons.locate(latitude, longitude)
        if found is not None:
            return found, 0.98, True
        # Between the islands there is sea that no kelurahan's polygon holds.
        return (islands, 0.5, None) if latitude > MAINLAND[3] and longitude > 106.45 else (None, 0.0, False)
    (first, closest), (second, runner_up) = nearest(latitude, longitude)
    path = find_region(closest.code)
    if first > (3_000 if latitude <= MAINLAND[3] else 6_000):
        return None, 0.0, None
    # Without polygons only a point much nearer to one centre than to the next is believed. Measured on points drawn
    # evenly from the mainland's kelurahan: see tests/contract/test_regions.py.
    if first <= 0.55 * second:
        return path, 0.6, True if first < 1_500 else None
    if closest.kecamatan_code == runner_up.kecamatan_code:
        return find_region(closest.kecamatan_code), 0.55, True if first < 1_500 else None
    return find_region(closest.city_code) if closest.city_code == runner_up.city_code else None, 0.5, None


def _set(place: Place, path: RegionPath, method: str, confidence: float, words: tuple[str, ...]) -> Place:
    return msgspec.structs.replace(
        place,
        kelurahan=path.kelurahan,
        kecamatan=path.kecamatan,
        city=path.city,
        method=method,
        confidence=confidence,
        evidence=words,
    )


def _given(place: Place) -> RegionPath | None:
    """The region that a person chose, with its parents from the table."""
    for region in (place.kelurahan, place.kecamatan, place.city):
        if region is not None and (path := find_region(region.code)) is not None:
            return path
    return None


def _conflict(what: str, one: RegionPath, other: RegionPath | None) -> list[Evidence]:
    if other is None or one.within(other.code) or other.within(one.code):
        return []
    return [Evidence(step="place", result=f"{what} say {other.code}", confidence=0.5)]


def step(complaint: Complaint, context: Context) -> Complaint:
    """Regions with codes, address, and whether it is inside the province; each source's verdict as evidence."""
    text = f"{complaint.subject}\n{complaint.text}"[:_SEARCHED]
    place, evidence = _coordinates(complaint.place, text)
    said = read_place(f"{place.address}\n{text}", context.places)
    if not place.address and (address := address_of(text)):
        place = msgspec.structs.replace(place, address=address[:200])
        evidence.append(Evidence(step="place", result="address", words=(address[:200],), confidence=0.7))
    chosen = _given(place) if place.method not in ("text", "address") else None
    measured, sure, inside = None, 0.0, None
    if place.coordinates is not None:
        measured, sure, inside = _by_coordinates(place.coordinates, context)
    if chosen is not None:
        # Whoever handed the record in may have said how it was found; a bare region came from a clerk or form.
        method = place.method if place.method in ("office", "clerk") else "clerk"
        place = msgspec.structs.replace(_set(place, chosen, method, 1.0, place.evidence), inside=True)
        evidence.append(Evidence(step="place", result=f"{chosen.code} chosen"))
        evidence += _conflict("coordinates", chosen, measured) + _conflict("words", chosen, said.path)
        if inside is False:
            evidence.append(
                Evidence(step="place", result="coordinates lie outside the province", confidence=0.9)
            )
    elif place.coordinates is not None and (measured is not None or inside is False):
        place, more = _measured(place, measured, sure, inside, said)
        evidence += more
    else:
        place, more = _said(place, said)
        evidence += more
    return decided(complaint, *evidence, place=place)


def _coordinates(place: Place, text: str) -> tuple[Place, list[Evidence]]:
    """The place with its coordinates corrected; a pair of them written in the text (a map's link) counts."""
    point = place.coordinates
    evidence: list[Evidence] = []
    if point is None and (written := _IN_TEXT.search(text)) is not None:
        pair = Coordinates(latitude=float(written[1]), longitude=float(written[2]))
        # Only a pair that lies in or near Jakarta; other pairs of numbers are something else.
        pair_corrected, _ = corrected(pair)
        if pair_corrected is not None and _in_box(pair_corrected.latitude, pair_corrected.longitude):
            point = pair
            evidence.append(
                Evidence(step="place", result="coordinates in the text", words=(written[0],), confidence=0.8)
            )
    if point is None:
        return place, evidence
    right, problem = corrected(point)
    if problem:
        words = (f"{point.latitude}, {point.longitude}",)
        evidence.append(Evidence(step="place", result=problem, words=words, confidence=0.9))
    return msgspec.structs.replace(place, coordinates=right), evidence


def _measured(
    place: Place, path: RegionPath | None, confidence: float, inside: bool | None, said: Found
) -> tuple[Place, list[Evidence]]:
    if path is None:
        place = msgspec.structs.replace(place, inside=False, method="coordinates", confidence=0.9)
        evidence = [Evidence(step="place", result="coordinates lie outside the province", confidence=0.9)]
        if said.path is not None:
            evidence.append(
                Evidence(step="place", result=f"words say {said.path.code}", words=said.words, confidence=0.5)
            )
        return place, evidence
    words: tuple[str, ...] = ()
    # Words may be more exact than a far-off centre, when both agree.
    if said.path is not None and said.path.within(path.code) and said.path.depth > path.depth:
        path, confidence, words, inside = said.path, max(confidence, said.confidence), said.words, True
    place = msgspec.structs.replace(_set(place, path, "coordinates", confidence, words), inside=inside)
    evidence = [Evidence(step="place", result=path.code, words=words, confidence=confidence)]
    return place, evidence + _conflict("words", path, said.path)


def _said(place: Place, said: Found) -> tuple[Place, list[Evidence]]:
    if said.path is not None:
        place = msgspec.structs.replace(
            _set(place, said.path, "text", said.confidence, said.words), inside=True
        )
        result = said.path.code + (f" ({said.conflict})" if said.conflict else "")
        return place, [Evidence(step="place", result=result, words=said.words, confidence=said.confidence)]
    if said.outside:
        if said.outside_sure:
            place = msgspec.structs.replace(
                place, inside=False, method="text", confidence=0.8, evidence=said.outside
            )
        result = "outside the province" if said.outside_sure else "perhaps outside the province"
        confidence = 0.8 if said.outside_sure else 0.4
        return place, [Evidence(step="place", result=result, words=said.outside, confidence=confidence)]
    if said.conflict:
        return place, [Evidence(step="place", result=said.conflict, words=said.words, confidence=0.0)]
    return place, []
