"""Coordinates that people write or share: map links, `geo:` addresses, plus codes, degrees in every notation.

Nothing here is fetched. A short link (maps.app.goo.gl) hides its place from whoever does not follow it; it is
reported as such.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from normalizer.record import Base, Coordinates

_NUMBER = r"[-+]?\d{1,3}(?:\.\d+)?"
_PAIR = rf"({_NUMBER})\s*,\s*\+?({_NUMBER})(?![\d.])"
#: A shared link is read from here on; what stands before is not looked at.
_LINK = re.compile(r"(?:https?://|geo:|www\.|maps\.|goo\.gl|waze\.com|osm\.org)\S+", re.IGNORECASE)
#: In the order of how well they point: Google's `!3d!4d` is the pin, its `@` only the middle of the view.
_IN_LINK: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("map link, pin", re.compile(rf"!3d({_NUMBER})!4d({_NUMBER})")),
    (
        "map link, point",
        re.compile(
            rf"[?&](?:q|query|ll|sll|daddr|saddr|destination|origin|coordinate|center|to|from|loc|cp|pt|sspn_)="
            rf"(?:loc:|ll\.|[^&\s]*?@)?{_PAIR}"
        ),
    ),
    ("map link, point", re.compile(rf"[?&#]mlat=({_NUMBER})&mlon=({_NUMBER})")),
    (
        "map link, point",
        re.compile(rf"[?&](?:lat|latitude)=({_NUMBER})&(?:lon|lng|long|longitude)=({_NUMBER})"),
    ),
    ("geo address", re.compile(rf"^geo:(?!0(?:\.0+)?,0(?:\.0+)?\b){_PAIR}", re.IGNORECASE)),
    ("map link, point", re.compile(rf"/(?:place|search|dir|maps)/(?:[^/\s]*/)?{_PAIR}")),
    ("map link, view", re.compile(rf"/@{_PAIR}")),
    ("map link, view", re.compile(rf"#map=\d+(?:\.\d+)?/({_NUMBER})/({_NUMBER})")),
)
_SHORT = re.compile(
    r"\b(?:maps\.app\.goo\.gl|goo\.gl/maps|g\.co/kgs|g\.page|osm\.org/go|maps\.apple/p|share\.here\.com|"
    r"maps\.google\.com/\?cid=|google\.com/maps\?cid=)",
    re.IGNORECASE,
)
#: Waze shortens to a geohash.
_WAZE = re.compile(r"waze\.com/ul/h([0-9b-hjkmnp-z]{6,12})\b", re.IGNORECASE)
_GEOHASH = "0123456789bcdefghjkmnpqrstuvwxyz"

_WRITTEN = re.compile(
    r"(?<![\d.,/-])([-+]?\d{1,3}[.,]\d{4,15})\s?°?\s{0,3}[,;/ ]\s{0,3}([-+]?\d{1,3}[.,]\d{4,15})(?![\d])"
)
_NAMED = re.compile(
    r"\blat(?:itude)?\b[\s:=]{0,3}([-+]?\d{1,3}[.,]\d{3,15})\W{1,6}(?:lon|lng|long|longitude|bujur)\b[\s:=]{0,3}([-+]?\d{1,3}[.,]\d{3,15})",
    re.IGNORECASE,
)
_LETTERED = re.compile(
    r"(?:\b([NSU])\s?)?(\d{1,3}[.,]\d{3,15})\s?°?\s?(LS|LU|S|N|U)?\b\W{0,4}(?:\b([EWB])\s?)?(\d{1,3}[.,]\d{3,15})\s?°?\s?(BT|E|T)?\b"
)
_DEGREES = re.compile(
    r"(\d{1,3})\s?°\s?(\d{1,2})\s?['′’]\s?(\d{1,2}(?:[.,]\d+)?)\s?(?:\"|″|”|'')\s?(LS|LU|S|N|U)\b\W{0,4}"
    r"(\d{1,3})\s?°\s?(\d{1,2})\s?['′’]\s?(\d{1,2}(?:[.,]\d+)?)\s?(?:\"|″|”|'')\s?(BT|E|T)\b",
    re.IGNORECASE,
)
_ALPHABET = "23456789CFGHJMPQRVWX"
_PLUS = re.compile(
    rf"(?<![\w+])((?:[{_ALPHABET}]{{4}})?[{_ALPHABET}]{{4}}\+[{_ALPHABET}]{{2,7}})(?![\w+])", re.IGNORECASE
)
#: Short plus codes are completed near the middle of the province; all of its mainland is within half a degree.
_MIDDLE = (-6.2, 106.83)
#: Whatever could hold coordinates has one of these; most texts have none and stop here.
_SIGNS = ("://", "°", "+", "geo:", "goo.gl", "waze", "maps.")
_DECIMALS = re.compile(r"\d[.,]\d{3}")


class Shared(Base, frozen=True, kw_only=True):
    """A point that a text names: how (`way`), in which words; `point` is None when a link hides it."""

    point: Coordinates | None
    way: str
    words: str


def shared_places(text: str) -> list[Shared]:
    """The points that `text` names, the surest first, as written: not yet corrected, not yet known to be near."""
    if not any(sign in text for sign in _SIGNS) and _DECIMALS.search(text) is None:
        return []
    found: list[Shared] = []
    hidden: list[Shared] = []
    for match in _LINK.finditer(text):
        link = unquote(match[0][:2_000]).replace("+", " ").rstrip(".,;)>]")
        if (pair := _linked(link)) is not None:
            found.append(Shared(point=pair[1], way=pair[0], words=match[0][:200]))
        elif _SHORT.search(link):
            hidden.append(Shared(point=None, way="short map link", words=match[0][:200]))
    plain = _LINK.sub(" ", text)
    found += _plain(plain)
    found.sort(key=lambda shared: shared.way == "map link, view")
    return found + hidden


def _point(latitude: float, longitude: float) -> Coordinates:
    return Coordinates(latitude=latitude, longitude=longitude)


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _linked(link: str) -> tuple[str, Coordinates] | None:
    for way, pattern in _IN_LINK:
        match = pattern.search(link)
        if match is not None:
            return way, _point(float(match[1]), float(match[2]))
    hashed = _WAZE.search(link)
    if hashed is not None:
        return "map link, point", from_geohash(hashed[1].lower())
    if (code := _PLUS.search(link.replace(" ", "+"))) is not None:
        return "plus code", from_plus_code(code[1])
    return None


def _plain(text: str) -> list[Shared]:
    found: list[Shared] = []
    for match in _DEGREES.finditer(text):
        south, east = (
            _number(match[i]) + _number(match[i + 1]) / 60 + _number(match[i + 2]) / 3600 for i in (1, 5)
        )
        north = match[4].upper() in ("LU", "N", "U")
        found.append(Shared(point=_point(south if north else -south, east), way="degrees", words=match[0]))
    for pattern in (_NAMED, _WRITTEN):
        for match in pattern.finditer(text):
            if all(match[0] not in other.words for other in found):
                point = _point(_number(match[1]), _number(match[2]))
                found.append(Shared(point=point, way="coordinates", words=match[0]))
    for match in _LETTERED.finditer(text):
        side, other = match[1] or match[3], match[4] or match[6]
        if side and other and all(match[0] not in shared.words for shared in found):
            latitude = _number(match[2]) * (1 if side.upper() in ("N", "LU", "U") else -1)
            found.append(Shared(point=_point(latitude, _number(match[5])), way="coordinates", words=match[0]))
    # In small letters it is more often something else.
    codes = [match[1] for match in _PLUS.finditer(text) if match[1].isupper()]
    return found + [Shared(point=from_plus_code(code), way="plus code", words=code) for code in codes]


def from_plus_code(code: str) -> Coordinates:
    """The middle of an Open Location Code's area; a short one (`RRGG+22`) is completed near Jakarta."""
    before, _, after = code.upper().partition("+")
    digits = before + after
    if len(before) == 4:
        digits = "".join(_encoded(*_MIDDLE)[:4]) + digits
    south, west, height = -90.0, -180.0, 400.0
    width = height
    for index in range(0, min(10, len(digits)), 2):
        height = width = height / 20
        south += _ALPHABET.index(digits[index]) * height
        west += _ALPHABET.index(digits[index + 1]) * width
    for digit in digits[10:]:
        row, column = divmod(_ALPHABET.index(digit), 4)
        height, width = height / 5, width / 4
        south, west = south + row * height, west + column * width
    latitude, longitude = south + height / 2, west + width / 2
    if len(before) == 4:
        # The nearest of the places, a degree apart, that bear the same short code.
        latitude += round(_MIDDLE[0] - latitude)
        longitude += round(_MIDDLE[1] - longitude)
    return _point(round(latitude, 7), round(longitude, 7))


def _encoded(latitude: float, longitude: float) -> str:
    """The first four digits of the code of a point."""
    north, east = latitude + 90, longitude + 180
    pairs = ((north // 20, east // 20), (north % 20, east % 20))
    return "".join(_ALPHABET[int(a)] + _ALPHABET[int(b)] for a, b in pairs)


def from_geohash(code: str) -> Coordinates:
    """The middle of a geohash's cell."""
    ranges = [[-180.0, 180.0], [-90.0, 90.0]]
    bits = [(_GEOHASH.index(c) >> shift) & 1 for c in code for shift in (4, 3, 2, 1, 0)]
    for index, bit in enumerate(bits):
        side = ranges[index % 2]
        side[1 - bit] = (side[0] + side[1]) / 2
    (west, east), (south, north) = ranges
    return _point((south + north) / 2, (west + east) / 2)
