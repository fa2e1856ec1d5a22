"""The operator's word for the day ("Banjir: petugas sudah dikerahkan"), in Indonesian and, if given, in English.

It stands on the citizens' pages and in every acknowledgement. Two files in the data folder keep it; of several gateways
each has its own.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from normalizer.errors import Malformed, Misconfigured
from normalizer.sentence import because

#: The Indonesian words, and the English ones.
BANNER, ENGLISH = "banner.txt", "banner.en.txt"
LONGEST = 300


class Banner(Struct, frozen=True):
    """What is said in each language; empty without a word for the day."""

    indonesian: str = ""
    english: str = ""

    def words(self, language: str) -> str:
        """In `language`; Indonesian where nobody wrote English."""
        return (self.english if language == "en" else "") or self.indonesian


#: Nothing is said.
NO_BANNER = Banner()


def read_banner(folder: Path) -> Banner:
    """The word for the day; empty without one."""
    indonesian = _read(folder / BANNER)
    return Banner(indonesian, _read(folder / ENGLISH) if indonesian else "")


def checked(banner: Banner) -> Banner:
    """It as it will be said. Raises `Malformed` for a wrong length."""
    made = Banner(_line(banner.indonesian), _line(banner.english))
    if not made.indonesian:
        raise Malformed(
            "text",
            "has no or more than {longest} characters",
            "write one or two short sentences",
            longest=LONGEST,
        )
    for name, words in ((ENGLISH, made.english), (BANNER, made.indonesian)):
        if len(words) > LONGEST:
            field = "text" if name == BANNER else "english"
            raise Malformed(
                field,
                "has more than {longest} characters",
                "write one or two short sentences",
                longest=LONGEST,
            )
    return made


def write_banner(folder: Path, banner: Banner) -> None:
    """Keep it. Raises `Malformed` for a wrong length, `Misconfigured` where the folder cannot be written."""
    made = checked(banner)
    _write(folder / ENGLISH, made.english)
    _write(folder / BANNER, made.indonesian)


def clear_banner(folder: Path) -> None:
    """There is no word for the day any more. Raises `Misconfigured`."""
    _write(folder / BANNER, "")
    _write(folder / ENGLISH, "")


def _line(text: str) -> str:
    return " ".join(text.split())


def _read(path: Path) -> str:
    try:
        return _line(path.read_text(encoding="utf-8"))[:LONGEST]
    except (OSError, UnicodeDecodeError):
        return ""


def _write(path: Path, words: str) -> None:
    try:
        if not words:
            path.unlink(missing_ok=True)
            return
        new = path.with_suffix(".new")
        new.write_text(words + "\n", encoding="utf-8")
        new.replace(path)
    except OSError as error:
        raise Misconfigured(
            "gateway.data_dir",
            "cannot write {path} ({why})",
            "run it as the gateway's user",
            path=path,
            why=because(error),
        ) from None
