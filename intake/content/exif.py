"""When and where a photo was taken, by what the camera wrote into it (Exif 2.32 / CIPA DC-008, XMP).

Everything here comes from strangers: a time or place that cannot be is left out, and said. What speaks of a place is
reported even when the place itself is not believed, because the original then reveals where somebody was.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from msgspec import Struct

from normalizer.place_points import corrected
from normalizer.record import Coordinates

#: The zone of a camera that does not state one: Jakarta's, which has been the same since 1964.
HOME = timezone(timedelta(hours=7))
#: Cameras without a set clock say 1970, 1980 or 2000-01-01; digital cameras that write Exif came in 1996.
_EARLIEST = 1996
#: Before this year, midnight at New Year is what a camera says whose clock was never set.
_SET_BY_PHONE = 2020
_ORIENTATION, _CHANGED = 0x0112, 0x0132
_TAKEN, _DIGITISED = 0x9003, 0x9004
#: Tags of the offset from UTC and of the fraction of a second that belong to a tag of time.
_OFFSET = {_CHANGED: 0x9010, _TAKEN: 0x9011, _DIGITISED: 0x9012}
_GPS_LATITUDE_REF, _GPS_LATITUDE, _GPS_LONGITUDE_REF, _GPS_LONGITUDE = 1, 2, 3, 4
_GPS_TIME, _GPS_DATE, _GPS_ERROR = 7, 29, 31
_TIME = re.compile(r"(\d{4})[:\-/](\d\d)[:\-/](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_ZONE = re.compile(r"([+-])(\d\d):?(\d\d)")
#: The greatest amount by which a local time can differ from UTC.
_WIDEST = timedelta(hours=14)
_XMP_PLACE = re.compile(
    rb"""GPS(Latitude|Longitude)\s*(?:=\s*["']|>)\s*(\d{1,3}),(\d{1,2}(?:\.\d{1,12})?)(?:,(\d{1,2}))?([NSEW])"""
)
_XMP_SPEAKS = re.compile(rb"GPSLatitude|LocationShown|LocationCreated|photoshop:City|Iptc4xmpCore:Location")


class Taken(Struct, frozen=True, kw_only=True):
    """When and where; `speaks_of_place` whether or not the place is believed."""

    at: datetime | None = None
    place: Coordinates | None = None
    speaks_of_place: bool = False
    remarks: tuple[str, ...] = ()


def taken(main: Mapping[int, Any], camera: Mapping[int, Any], gps: Mapping[int, Any], xmp: bytes) -> Taken:
    """What the tags of the three directories (IFD 0, Exif, GPS), and an XMP packet, say."""
    remarks: list[str] = []
    at = _when(main, camera, gps, remarks)
    place, speaks = _where(gps, remarks)
    if not speaks and _XMP_SPEAKS.search(xmp):
        speaks = True
        place = _xmp_place(xmp, remarks)
    return Taken(at=at, place=place, speaks_of_place=speaks, remarks=tuple(remarks))


# --- time


def _when(
    main: Mapping[int, Any], camera: Mapping[int, Any], gps: Mapping[int, Any], remarks: list[str]
) -> datetime | None:
    """The moment of the exposure. The satellites' time is exact but may be of the last fix; it tells the zone."""
    exact = _gps_moment(gps)
    for tag in (_TAKEN, _DIGITISED, _CHANGED):
        tags = main if tag == _CHANGED else camera
        written = _text(tags.get(tag))
        local = _local(written)
        if local is None:
            if written.strip(" :0-\0"):
                remarks.append("the camera's time cannot be")
            continue
        if local.year < _EARLIEST or (local.year < _SET_BY_PHONE and _at_new_year(local)):
            remarks.append("the camera's clock was never set")
            continue
        offset = _offset(_text(camera.get(_OFFSET[tag])))
        if offset is None and exact is not None:
            offset = _offset_between(local, exact)
        if offset is None:
            remarks.append("the camera states no time zone: taken for Jakarta's")
            offset = HOME
        if tag == _CHANGED:
            remarks.append("the time is that of the file's last change")
        return local.replace(tzinfo=offset).astimezone(UTC)
    return exact


def _at_new_year(local: datetime) -> bool:
    return (local.month, local.day, local.hour, local.minute) == (1, 1, 0, 0)


def _local(text: str) -> datetime | None:
    found = _TIME.match(text)
    if found is None:
        return None
    try:
        return datetime(*(int(part) for part in found.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None


def _offset(text: str) -> tzinfo | None:
    if text.strip() == "Z":
        return UTC
    found = _ZONE.match(text.strip())
    if found is None:
        return None
    size = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-size if found[1] == "-" else size) if size <= _WIDEST else None


def _offset_between(local: datetime, exact: datetime) -> timezone | None:
    """The zone, in quarters of an hour, in which `exact` is within two minutes of `local`."""
    difference = local.replace(tzinfo=UTC) - exact
    quarter = timedelta(minutes=15)
    near = round(difference / quarter) * quarter
    fits = abs(difference - near) <= timedelta(minutes=2) and abs(near) <= _WIDEST
    return timezone(near) if fits else None


def _gps_moment(gps: Mapping[int, Any]) -> datetime | None:
    """GPSDateStamp and GPSTimeStamp, which are UTC."""
    day = re.match(r"(\d{4})[:\-](\d\d)[:\-](\d\d)", _text(gps.get(_GPS_DATE)))
    time = _numbers(gps.get(_GPS_TIME))
    if day is None or time is None or len(time) != 3 or int(day[1]) < _EARLIEST:
        return None
    hours, minutes, seconds = time
    if not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds < 61):
        return None
    try:
        start = datetime(int(day[1]), int(day[2]), int(day[3]), tzinfo=UTC)
    except ValueError:
        return None
    return start + timedelta(hours=hours, minutes=minutes, seconds=int(seconds))


# --- place


def _where(gps: Mapping[int, Any], remarks: list[str]) -> tuple[Coordinates | None, bool]:
    if _GPS_LATITUDE not in gps and _GPS_LONGITUDE not in gps:
        return None, False
    latitude = _degrees(gps.get(_GPS_LATITUDE), _text(gps.get(_GPS_LATITUDE_REF)))
    longitude = _degrees(gps.get(_GPS_LONGITUDE), _text(gps.get(_GPS_LONGITUDE_REF)))
    if latitude is None or longitude is None:
        remarks.append("the photo's coordinates are no numbers")
        return None, True
    error = _numbers(gps.get(_GPS_ERROR))
    accuracy = error[0] if error and 0 < error[0] < 1_000_000 else None
    return believable(latitude, longitude, accuracy, remarks), True


def believable(
    latitude: float, longitude: float, accuracy: float | None, remarks: list[str]
) -> Coordinates | None:
    """The point, if there can be one; a remark when there cannot, or when it had to be put right."""
    point, problem = corrected(Coordinates(latitude=latitude, longitude=longitude, accuracy=accuracy))
    if problem:
        remarks.append(f"the photo's {problem}")
    if point is None:
        return None
    return Coordinates(
        latitude=round(point.latitude, 6), longitude=round(point.longitude, 6), accuracy=point.accuracy
    )


def _degrees(value: Any, reference: str) -> float | None:
    """Degrees, minutes and seconds with their hemisphere as one number; the reference is missing in many files."""
    parts = _numbers(value)
    if parts is None or not 1 <= len(parts) <= 3:
        return None
    degrees, minutes, seconds = (*parts, 0.0, 0.0)[:3]
    if minutes < 0 or seconds < 0 or minutes > 60 or seconds > 60:
        return None
    found = abs(degrees) + minutes / 60 + seconds / 3600
    return -found if degrees < 0 or reference.strip("\0 ").upper()[:1] in ("S", "W") else found


def _xmp_place(xmp: bytes, remarks: list[str]) -> Coordinates | None:
    """`exif:GPSLatitude="6,10.5S"`: degrees, minutes (or minutes and seconds), hemisphere."""
    found: dict[bytes, float] = {}
    for name, degrees, minutes, seconds, side in _XMP_PLACE.findall(xmp):
        size = int(degrees) + float(minutes) / 60 + (int(seconds) if seconds else 0) / 3600
        found.setdefault(name, -size if side in b"SW" else size)
    if len(found) < 2:
        return None
    return believable(found[b"Latitude"], found[b"Longitude"], None, remarks)


def _numbers(value: Any) -> tuple[float, ...] | None:
    """Rationals, one or several, as numbers; None when one of them is none (a denominator of zero)."""
    values = value if isinstance(value, tuple | list) else (value,)
    found = []
    for one in values[:4]:
        try:
            number = float(one)
        except (TypeError, ValueError, ZeroDivisionError, OverflowError):
            return None
        if not math.isfinite(number):
            return None
        found.append(number)
    return tuple(found)


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value[:200].decode("latin-1")
    return value[:200] if isinstance(value, str) else ""
