"""What the gateway and the reading process say to each other: frames (`intake.pipes`) with one of these."""

from __future__ import annotations

from msgspec import Struct

from normalizer.record import Coordinates, Moment

#: Bytes. A public copy of the largest size is below 4 MiB even when it shows noise.
LARGEST = 8 * 1024 * 1024
#: Bytes that are asked for at once.
PIECE = 512 * 1024


class Read(Struct, frozen=True, kw_only=True, tag="read"):
    """To the process: read a file of this type (`normalizer.media.sniff`) and size in bytes."""

    media_type: str
    size: int


class Want(Struct, frozen=True, kw_only=True, tag="want"):
    """From the process: give me these bytes of it. Answered by as many bytes as there are."""

    offset: int
    size: int


class Ready(Struct, frozen=True, tag="ready"):
    """From the process, once: the decoders are loaded, and everything else was given up."""


class Found(Struct, frozen=True, kw_only=True, tag="found"):
    """From the process: what was read. Empty is what is not known.

    `width` and `height` are in pixels as the picture is looked at, `duration` is in seconds. `reveals_place` is true
    when the metadata speak of a place at all, believable or not. `remarks` say what was odd, in words for the record.
    `public` and `thumbnail` are JPEG files without metadata.
    """

    width: int = 0
    height: int = 0
    duration: float | None = None
    captured_at: Moment | None = None
    captured_place: Coordinates | None = None
    reveals_place: bool = False
    perceptual_hash: str = ""
    remarks: tuple[str, ...] = ()
    public: bytes = b""
    thumbnail: bytes = b""


class Before(Struct, frozen=True, kw_only=True, tag="before"):
    """From the process: what the file's head says, before its content is decoded, which may come to nothing."""

    facts: Found


Answer = Ready | Want | Before | Found
