"""How long a film is, how large its picture, and when and where it was taken: from its head, without decoding.

Three families of container: ISO base media (MP4, QuickTime, 3GP, M4A: ISO/IEC 14496-12, Apple's metadata keys),
Matroska and WebM (RFC 9559), and AVI. Each is a tree of boxes that state their own length; a box is never entered
deeper, nor believed further, than its parent reaches.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from msgspec import Struct

from intake.content.exif import believable
from intake.content.frames import Found

#: How many boxes are looked at, and how large one may be that is read whole.
_MOST_BOXES, _LARGEST_VALUE = 20_000, 65_536
#: Seconds: a film of more than two days is a mistake of the muxer, or a lie.
_LONGEST = 48 * 3600.0
_MAC_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
_ISO_6709 = re.compile(r"([+-]\d{2}(?:\.\d{1,10})?)([+-]\d{3}(?:\.\d{1,10})?)")


class _Damaged(Exception):
    """The tree is not what its boxes say."""


class _Box(Struct, frozen=True):
    kind: bytes
    start: int
    end: int


class _Tree:
    """Reads boxes and counts them."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self.size, self._seen = stream, size, 0

    def at(self, start: int, size: int) -> bytes:
        self._stream.seek(start)
        found = self._stream.read(size)
        if len(found) < size:
            raise _Damaged
        return found

    def value(self, box: _Box, most: int = _LARGEST_VALUE) -> bytes:
        return self.at(box.start, min(box.end - box.start, most))

    def count(self) -> None:
        self._seen += 1
        if self._seen > _MOST_BOXES:
            raise _Damaged


def read_film(stream: BinaryIO, media_type: str, size: int) -> Found:
    """What the head of a film (or of an M4A) says; a remark when it says nothing."""
    tree = _Tree(stream, size)
    try:
        if media_type in ("video/webm", "video/x-matroska"):
            return _matroska(tree)
        if media_type == "video/x-msvideo":
            return _avi(tree)
        return _iso(tree)
    except (_Damaged, struct.error, OverflowError):
        return Found(remarks=("the film's head is cut off or damaged",))


def _sane(seconds: float) -> float | None:
    return round(seconds, 2) if 0 < seconds <= _LONGEST else None


# --- ISO base media


def _boxes(tree: _Tree, start: int, end: int) -> Iterator[_Box]:
    at = start
    while at + 8 <= end:
        tree.count()
        size, kind = struct.unpack(">I4s", tree.at(at, 8))
        head = 8
        if size == 1:
            size, head = struct.unpack(">Q", tree.at(at + 8, 8))[0], 16
        elif size == 0:
            size = end - at
        if size < head:
            raise _Damaged
        yield _Box(kind, at + head, min(at + size, end))
        at += size


def _iso(tree: _Tree) -> Found:
    moov = next((box for box in _boxes(tree, 0, tree.size) if box.kind == b"moov"), None)
    if moov is None:
        raise _Damaged
    duration, made = _movie_head(tree.value(_child(tree, moov, b"mvhd"), 32))
    width = height = 0
    said: dict[str, str] = {}
    for box in _boxes(tree, moov.start, moov.end):
        if box.kind == b"trak":
            width, height = max((width, height), _track_size(tree, box))
        elif box.kind == b"mvex" and duration is None:
            duration = _fragments(tree, box, tree.value(_child(tree, moov, b"mvhd"), 32))
        elif box.kind == b"udta":
            said.update(_user_data(tree, box))
        elif box.kind == b"meta":
            said.update(_apple_keys(tree, box))
    remarks: list[str] = []
    where = _ISO_6709.match(said.get("place", ""))
    place = believable(float(where[1]), float(where[2]), None, remarks) if where else None
    at = _stated(said.get("time", "")) or made
    return Found(
        width=width,
        height=height,
        duration=duration,
        captured_at=at,
        captured_place=place,
        reveals_place="place" in said,
        remarks=tuple(r.replace("the photo's", "the film's") for r in remarks),
    )


def _child(tree: _Tree, parent: _Box, kind: bytes) -> _Box:
    for box in _boxes(tree, parent.start, parent.end):
        if box.kind == kind:
            return box
    raise _Damaged


def _movie_head(value: bytes) -> tuple[float | None, datetime | None]:
    """Duration in seconds, and the time of creation, which is UTC in what telephones write."""
    if value[:1] == b"\x01":
        made, _, scale, length = struct.unpack_from(">QQIQ", value, 4)
    else:
        made, _, scale, length = struct.unpack_from(">IIII", value, 4)
        length = 0 if length == 0xFFFFFFFF else length
    at = _MAC_EPOCH + timedelta(seconds=made) if 2_900_000_000 < made < 6_000_000_000 else None
    return (_sane(length / scale) if scale else None), at


def _fragments(tree: _Tree, mvex: _Box, head: bytes) -> float | None:
    """The length of a film in fragments (`mehd`), in the time scale of the whole."""
    for box in _boxes(tree, mvex.start, mvex.end):
        if box.kind == b"mehd":
            value = tree.value(box, 16)
            (length,) = struct.unpack_from(">Q" if value[:1] == b"\x01" else ">I", value, 4)
            (scale,) = struct.unpack_from(">I", head, 20 if head[:1] == b"\x01" else 12)
            return _sane(length / scale) if scale else None
    return None


def _track_size(tree: _Tree, trak: _Box) -> tuple[int, int]:
    """Width and height of a track as it is looked at: its matrix may turn it by a right angle."""
    value = tree.value(_child(tree, trak, b"tkhd"), 104)
    at = 52 if value[:1] == b"\x01" else 40
    matrix = struct.unpack_from(">9i", value, at)
    width, height = struct.unpack_from(">II", value, at + 36)
    width, height = width >> 16, height >> 16
    return (height, width) if matrix[0] == 0 and matrix[1] != 0 else (width, height)


def _user_data(tree: _Tree, udta: _Box) -> dict[str, str]:
    """`©xyz`: a string of ISO 6709, as Android and QuickTime write it; `loci`: 3GPP's place (TS 26.244)."""
    for box in _boxes(tree, udta.start, udta.end):
        if box.kind == b"\xa9xyz":
            return {"place": tree.value(box, 64)[4:].decode("latin-1")}
        if box.kind == b"loci":
            value = tree.value(box, 512)
            name = value.find(b"\0\0" if value[6:8] in (b"\xfe\xff", b"\xff\xfe") else b"\0", 6)
            if name < 0:
                return {"place": ""}
            name += 2 if value[6:8] in (b"\xfe\xff", b"\xff\xfe") else 1
            longitude, latitude = struct.unpack_from(">ii", value, name + 1)
            return {"place": f"{latitude / 65536:+010.6f}{longitude / 65536:+011.6f}"}
    return {}


def _apple_keys(tree: _Tree, meta: _Box) -> dict[str, str]:
    """`moov/meta` as QuickTime has it: names in `keys`, values by their number in `ilst`."""
    names: list[bytes] = []
    said: dict[str, str] = {}
    wanted = {
        b"com.apple.quicktime.location.ISO6709": "place",
        b"com.apple.quicktime.creationdate": "time",
    }
    # In ISO files `meta` begins with four bytes of version, in QuickTime's it does not.
    start = meta.start + (0 if tree.at(meta.start + 4, 4) == b"hdlr" else 4)
    for box in _boxes(tree, start, meta.end):
        if box.kind == b"keys":
            names = [tree.value(one, 200) for one in _boxes(tree, box.start + 8, box.end)]
        elif box.kind == b"ilst":
            for item in _boxes(tree, box.start, box.end):
                number = int.from_bytes(item.kind, "big")
                name = wanted.get(names[number - 1]) if 1 <= number <= len(names) else None
                if name:
                    said[name] = tree.value(_child(tree, item, b"data"), 128)[8:].decode("utf-8", "replace")
    return said


def _stated(text: str) -> datetime | None:
    """`2026-11-24T08:15:00+0700`, with its zone or not at all."""
    try:
        at = datetime.fromisoformat(text.strip("\0 "))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo is not None and at.year > 1996 else None


# --- Matroska and WebM


_EBML, _SEGMENT, _INFO, _TRACKS, _ENTRY, _VIDEO = (
    0x1A45DFA3,
    0x18538067,
    0x1549A966,
    0x1654AE6B,
    0xAE,
    0xE0,
)
_SCALE, _DURATION, _WIDTH, _HEIGHT, _CLUSTER, _TIMECODE = 0x2AD7B1, 0x4489, 0xB0, 0xBA, 0x1F43B675, 0xE7
_DATE = 0x4461
_MATROSKA_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)


def _number(tree: _Tree, at: int, *, keep_marker: bool) -> tuple[int, int, bool]:
    """A number of variable length at `at`: its value, its own length, and whether it means "unknown"."""
    first = tree.at(at, 1)[0]
    length = 9 - first.bit_length()
    if first == 0 or length > 8:
        raise _Damaged
    value = int.from_bytes(tree.at(at, length), "big")
    bare = value & ((1 << (7 * length)) - 1)
    return (value if keep_marker else bare), length, bare == (1 << (7 * length)) - 1


def _elements(tree: _Tree, start: int, end: int) -> Iterator[tuple[int, _Box]]:
    at = start
    while at < end:
        tree.count()
        name, length, _ = _number(tree, at, keep_marker=True)
        size, more, unknown = _number(tree, at + length, keep_marker=False)
        inside = at + length + more
        # A recorder that streams does not know a length beforehand: then it reaches to the parent's end.
        stop = end if unknown else min(inside + size, end)
        yield name, _Box(b"", inside, stop)
        at = inside if unknown and name == _CLUSTER else stop


def _matroska(tree: _Tree) -> Found:
    scale, length, made, width, height, last = 1_000_000, 0.0, None, 0, 0, 0
    segment = next((box for name, box in _elements(tree, 0, tree.size) if name == _SEGMENT), None)
    if segment is None:
        raise _Damaged
    try:
        for name, box in _elements(tree, segment.start, segment.end):
            if name == _INFO:
                for inner, value in _elements(tree, box.start, box.end):
                    if inner == _SCALE:
                        scale = _unsigned(tree, value)
                    elif inner == _DURATION:
                        length = _float(tree, value)
                    elif inner == _DATE:
                        made = _MATROSKA_EPOCH + timedelta(microseconds=_unsigned(tree, value) / 1000)
            elif name == _TRACKS:
                width, height = _video_size(tree, box)
            elif name == _CLUSTER and not length:
                last = max(last, _first_time(tree, box))
            elif name == _TIMECODE and not length:
                last = max(last, _unsigned(tree, box))
            if length and width:
                break
    except _Damaged:
        if not (length or width or last):
            raise
    # Browsers record without a length: the start of the last cluster is within seconds of it.
    duration = _sane((length or last) * scale / 1e9)
    remarks = () if length or not last else ("the film states no length: that of its last part's start",)
    return Found(width=width, height=height, duration=duration, captured_at=made, remarks=remarks)


def _video_size(tree: _Tree, tracks: _Box) -> tuple[int, int]:
    for name, entry in _elements(tree, tracks.start, tracks.end):
        if name != _ENTRY:
            continue
        for inner, video in _elements(tree, entry.start, entry.end):
            if inner == _VIDEO:
                values = dict(_elements(tree, video.start, video.end))
                if _WIDTH in values and _HEIGHT in values:
                    return _unsigned(tree, values[_WIDTH]), _unsigned(tree, values[_HEIGHT])
    return 0, 0


def _first_time(tree: _Tree, cluster: _Box) -> int:
    for name, box in _elements(tree, cluster.start, cluster.end):
        return _unsigned(tree, box) if name == _TIMECODE else 0
    return 0


def _unsigned(tree: _Tree, box: _Box) -> int:
    if box.end - box.start > 8:
        raise _Damaged
    return int.from_bytes(tree.value(box), "big")


def _float(tree: _Tree, box: _Box) -> float:
    value = tree.value(box, 8)
    found: float = struct.unpack(">f" if len(value) == 4 else ">d", value)[0]
    if not 0 <= found < 1e15:  # also no NaN
        raise _Damaged
    return found


# --- AVI


def _avi(tree: _Tree) -> Found:
    """RIFF: `hdrl` holds `avih`, microseconds per picture and how many there are."""
    at = 12
    while at + 8 <= tree.size:
        tree.count()
        kind, size = struct.unpack("<4sI", tree.at(at, 8))
        if kind == b"LIST" and tree.at(at + 8, 4) == b"hdrl":
            at += 12
            continue
        if kind == b"avih":
            pause, _, _, _, pictures, _, _, _, width, height = struct.unpack("<10I", tree.at(at + 8, 40))
            return Found(
                width=min(width, 65_535), height=min(height, 65_535), duration=_sane(pause * pictures / 1e6)
            )
        at += 8 + size + size % 2
    raise _Damaged
