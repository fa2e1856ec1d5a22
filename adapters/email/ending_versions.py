"""Labelled mails written out anew, so that weights lean on what endings have in common.

With another mail's ending, other names, without an ending, broken off in the middle, in small letters, with and without
a blank line, with the last words on a line of their own, with somebody named at the end. Invented names from the lists.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from normalizer.name_words import given_names

#: Versions of a mail.
_VERSIONS = 6
_TITLES = (
    "bu", "pak", "mbak", "mas", "bang", "mpok", "mak", "mbah", "oma", "opa", "nenek", "kakek", "ci", "koh", "tante",
    "om", "uda", "uni", "teh", "kang", "mama", "bunda", "ibu", "bapak", "H.", "Hj.", "ust.", "dr.", "cak", "encing",
    "bude", "pakde", "neng",
)  # fmt: skip
#: Words before somebody whom the mail is about.
_TELLING = (
    "namanya", "nama-namanya:", "yang terlibat:", "pelakunya:", "orangnya bernama", "biasa dipanggil",
    "mereka adalah:", "yang belum dapat:", "korban:", "saksi:", "petugasnya", "yang jaga namanya", "pemiliknya:",
    "daftar warga:", "warga yang terdampak:", "ketuanya", "yang narik:", "dipanggil", "tanya aja sama", "hubungi",
    "the driver is", "names:", "mandornya:", "atas nama", "yang ikut:",
)  # fmt: skip
_ORNAMENTS = (" 🙏", " 😊", ".", ",", "!", " 🌸")
_JOINING = ("kasih", "makasi", "tks", "thx", "thank", "mksh", "nuhun", "suwun", ".", "!", "?")


class Mail(NamedTuple):
    """What somebody wrote, the line and character at which their ending begins, and the names in it."""

    lines: list[str]
    line: int
    at: int
    names: tuple[str, ...] = ()


def _large(name: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in name.split())


class Writer:
    """Writes mails out anew."""

    def __init__(self, mails: Sequence[Mail], seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311
        names = given_names()
        self._given = [name for name in names["given"] if len(name) > 2]
        self._family = [name for name in names["family"] if len(name) > 2]
        self._endings = [(m.lines[m.line :], m.names) for m in mails if not m.at and m.line < len(m.lines)]
        self._pieces: list[str] = []
        for mail in mails:
            for line in mail.lines[: mail.line]:
                words = line.split()
                if len(words) > 6:
                    start = self._chance.randint(0, len(words) - 4)
                    self._pieces.append(" ".join(words[start : start + self._chance.randint(1, 4)]))

    def versions(self, mail: Mail) -> Iterator[Mail]:
        """Other mails that somebody may have written."""
        for _ in range(_VERSIONS):
            body, ending = list(mail.lines[: mail.line]), list(mail.lines[mail.line :])
            if mail.at:
                body.append(ending[0][: mail.at].rstrip())
                ending[0] = ending[0][mail.at :]
            version = self._version(_stripped(body), ending, mail)
            if version is not None and any(c.isalnum() for line in version.lines for c in line):
                yield version

    def _name(self) -> str:
        pick, luck = self._chance.choice, self._chance.random()
        first = _large(pick(self._given))
        if luck < 0.35:
            return first
        if luck < 0.75:
            return f"{first} {_large(pick(self._family if self._chance.random() < 0.6 else self._given))}"
        if luck < 0.82:
            return f"{first} {pick('ABDFHKMNRSTW')}."
        if luck < 0.88:
            return f"{pick('ABDFHKMNRSTW')}. {_large(pick(self._family))}"
        return f"{first} {_large(pick(self._given))} {_large(pick(self._family))}"

    def _version(self, body: list[str], ending: list[str], mail: Mail) -> Mail | None:
        luck = self._chance.random()
        if not body:
            return None
        if luck < 0.1:
            return self._finished(self._broken(body), [], joined=False)
        if luck < 0.16:
            return self._finished(self._telling(body), [], joined=False)
        held = [i for i, line in enumerate(body) if line.strip()]
        if luck < 0.32 and len(held) > 2:
            last = self._chance.choice(held[max(1, len(held) - 5) :])
            return self._finished(_stripped(body[: last + (self._chance.random() < 0.4)]), [], joined=False)
        if luck < 0.38:
            return self._finished(body, [], joined=False)
        joined, names = bool(mail.at), mail.names
        if self._endings and (self._chance.random() < 0.35 or not ending):
            ending, names = self._chance.choice(self._endings)
            joined = False
        return self._finished(body, self._signed(list(ending), names), joined=joined)

    def _broken(self, body: list[str]) -> list[str]:
        """The last words on a line of their own, or others there."""
        words = body[-1].split()
        if len(words) < 6:
            return body
        chance = self._chance
        count = chance.randint(1, 4)
        head, piece = " ".join(words[:-count]), " ".join(words[-count:])
        if chance.random() < 0.4:
            head = head.rstrip(",") + chance.choice((".", "", "!", "?"))
        if chance.random() < 0.25 and self._pieces:
            piece = chance.choice(self._pieces)
        if chance.random() < 0.25:
            piece = piece.upper()
        elif chance.random() < 0.4:
            piece = piece[:1].upper() + piece[1:]
        return [*body[:-1], head, *([""] if chance.random() < 0.4 else []), piece]

    def _telling(self, body: list[str]) -> list[str]:
        """Somebody is named at the end, or several."""
        chance = self._chance
        named = [self._name() for _ in range(chance.randint(1, 4))]
        if chance.random() < 0.3:
            named = [f"{chance.choice(_TITLES)} {name}" for name in named]
        if chance.random() < 0.3:
            named = [f"- {name}" for name in named]
        lead = chance.choice(_TELLING)
        if chance.random() < 0.5:
            above = [*body[:-1], body[-1].rstrip() + chance.choice((" ", ". ")) + lead]
        else:
            above = [*body, lead[:1].upper() + lead[1:]]
        return [*above, *([""] if chance.random() < 0.3 else []), *named]

    def _signed(self, ending: list[str], names: tuple[str, ...]) -> list[str]:
        """An ending with other names, perhaps only a part of it."""
        chance = self._chance
        if len(ending) > 1 and chance.random() < 0.3:
            part = chance.randint(1, len(ending))
            ending = ending[:part] if chance.random() < 0.5 else ending[part - 1 :]
        while ending and not ending[0].strip():
            ending = ending[1:]
        if chance.random() < 0.7:
            for name in sorted(names, key=len, reverse=True):
                if any(name in line for line in ending):
                    other = self._name()
                    ending = [line.replace(name, other) for line in ending]
        if len(ending) == 1 and len(ending[0].split()) <= 3 and chance.random() < 0.25:
            title = chance.choice(_TITLES)
            ending = [f"{title if chance.random() < 0.5 else title.capitalize()} {ending[0].strip()}"]
        if ending and chance.random() < 0.12:
            ending = [self._name()]
        if len(ending) == 1 and chance.random() < 0.15:
            ending = [ending[0].rstrip(".") + chance.choice(_ORNAMENTS)]
        return ending

    def _finished(self, body: list[str], ending: list[str], *, joined: bool) -> Mail | None:
        """The body and the ending put together, with or without a blank line, perhaps in small letters."""
        chance = self._chance
        small = chance.random() < 0.14
        if small:
            body, ending = [line.lower() for line in body], [line.lower() for line in ending]
        if not ending or not body:
            return Mail(body, len(body), 0) if body else None
        if not small and chance.random() < 0.12:
            ending = [line.lower() for line in ending]
        gap: list[str] = []
        if not joined:
            if chance.random() < 0.15:
                body = [*body[:-1], body[-1].rstrip(".")]
            luck = chance.random()
            short = len(ending) == 1 and len(ending[0].split()) <= 7
            said = body[-1][-25:].lower()
            joined = luck >= 0.9 and short and any(word in said for word in _JOINING)
            gap = [""] if luck < 0.45 or (luck >= 0.9 and not joined) else []
        if not joined:
            return Mail([*body, *gap, *ending], len(body) + len(gap), 0)
        head = body[-1].rstrip() + (" - " if chance.random() < 0.1 else " ")
        return Mail([*body[:-1], head + ending[0].lstrip(), *ending[1:]], len(body) - 1, len(head))


def _stripped(body: list[str]) -> list[str]:
    while body and not body[-1].strip():
        body = body[:-1]
    return body
