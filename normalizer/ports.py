"""What the steps need from outside, as protocols: pure answers, handed in through `Context`."""

from __future__ import annotations

from typing import Protocol

from normalizer.gazetteer import RegionPath
from normalizer.record import Base, Coordinates, Language, Moment


class Guess(Base, frozen=True, kw_only=True):
    """A language with the words that gave it away (none when an engine looked at the whole text)."""

    language: Language = Language()
    words: tuple[str, ...] = ()
    voice: str = ""


class LanguageDetector(Protocol):
    """Names the language of a text. The same text always gets the same answer."""

    def detect(self, text: str) -> Guess:
        """The language of `text`; `und` when unsure. Never raises on any valid string."""


class RegionFinder(Protocol):
    """Knows the borders of the province."""

    def locate(self, latitude: float, longitude: float) -> RegionPath | None:
        """The kelurahan that holds the point (WGS 84 degrees), or None when none does."""

    def border(self, latitude: float, longitude: float) -> float:
        """Metres from the point to the nearest border of that kelurahan; infinite when there is none."""


class MediaFacts(Base, frozen=True, kw_only=True):
    """What was read from a stored file's content, by whoever can read it; the fields are those of `Attachment`.

    `remarks` say what was odd about it. A file that could not be read has nothing but a remark.
    """

    media_type: str = ""
    width: int = 0
    height: int = 0
    duration: float | None = None
    captured_at: Moment | None = None
    captured_place: Coordinates | None = None
    metadata_place: bool = False
    perceptual_hash: str = ""
    public_sha256: str = ""
    thumbnail_sha256: str = ""
    remarks: tuple[str, ...] = ()
