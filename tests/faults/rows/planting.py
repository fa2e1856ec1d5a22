"""What is planted, an invented person's numbers and addresses, and how it is found again in whatever spelling.

Each report bears a person of its own, so that a hit names the door through which it came.
"""

from __future__ import annotations

import itertools
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from html import escape
from urllib.parse import quote, quote_plus

from ahocorasick_rs import AhoCorasick

from tests.faults.rows.load import TEXT, letters

#: Who there can be: numbers that belong to nobody have four digits that differ.
MOST = 10_000
#: Shorter ones stand in ordinary words, too.
_SHORTEST = 8


@dataclass(frozen=True)
class Person:
    """Siti Contoh, one of ten thousand; `door` is where she writes, and `confidential` that she may not be known."""

    door: str
    number: int
    confidential: bool = False

    @property
    def nik(self) -> str:
        """Well-formed, in a kecamatan that has no such number: none of 31.71 is the fiftieth."""
        return f"317150{41 + self.number % 28:02d}{1 + self.number % 12:02d}88{1 + self.number % 9999:04d}"

    @property
    def phone(self) -> str:
        """E.164; the digits before the last four are kept for examples. No neighbours: base64 blurs the last digit."""
        return f"+628120000{self.number * 37 % MOST:04d}"

    @property
    def email(self) -> str:
        return f"warga.tanam{letters(self.number + MOST)}@example.org"

    @property
    def name(self) -> str:
        """As somebody writes it who puts everything into one field."""
        return f"Siti {self.nik} {self.phone} {self.email}"

    @property
    def text(self) -> str:
        home = f"0{self.phone[3:6]}-{self.phone[6:10]}-{self.phone[10:]}"
        return f"{TEXT} NIK saya {self.nik}, telepon {home} atau {self.phone}, surel {self.email}."

    @property
    def file(self) -> str:
        return f"{self.nik}_{self.phone}_{self.email}.jpg"

    @cached_property
    def values(self) -> tuple[str, ...]:
        """Each that may not be found, in the shortest form that is still hers."""
        digits = self.phone[3:]
        spaced = (f"{digits[:3]}{gap}{digits[3:7]}{gap}{digits[7:]}" for gap in ("-", " ", "."))
        return (self.nik, digits, *spaced, self.email)


def spellings(value: str) -> set[str]:
    """`value` plain, percent-encoded, JSON-escaped, in HTML and quoted-printable, hexadecimal and base64."""
    found = {value, repr(value)[1:-1], escape(value), value.encode().hex(), *_in_base64(value.encode())}
    for safe in ("", "/@.-_~"):
        found |= {quote(value, safe=safe), quote_plus(value, safe=safe)}
    for form, signs in itertools.product(_ESCAPES, ("[^A-Za-z0-9]", "[@+]", "=")):
        found.add(re.sub(signs, partial(_escaped, form), value))
    return found


_ESCAPES = ("\\u{:04x}", "\\u{:04X}", "\\x{:02x}", "={:02X}", "%{:02X}", "%{:02x}", "&#{};", "&#x{:x};")


def _escaped(form: str, sign: re.Match[str]) -> str:
    return form.format(ord(sign[0]))


def _in_base64(value: bytes) -> Iterable[str]:
    """What is the same wherever `value` stands in something longer that is in base64, for either alphabet."""
    for shift in range(3):
        whole = b64encode(b"\0" * shift + value).decode()
        inner = whole[(0, 2, 3)[shift] : (shift + len(value)) * 8 // 6]
        yield inner
        yield inner.replace("+", "-").replace("/", "_")


class Search:
    """Looks for all that was planted, in one pass; `tokens` are the accounts' credentials by name."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        #: Whose each spelling is: a person, or nobody's and a credential; and what it spells.
        self._owners: dict[str, tuple[Person | None, str]] = {}
        self._finder: tuple[list[str], AhoCorasick] | None = None
        self.people: list[Person] = []
        self.looked = 0
        for name, value in tokens.items():
            if len(value) >= _SHORTEST:
                self._owners |= dict.fromkeys(spellings(value), (None, name))

    def person(self, door: str, *, confidential: bool = False) -> Person:
        """Somebody new."""
        one = Person(door, len(self.people), confidential)
        self.people.append(one)
        for value in one.values:
            self._owners |= dict.fromkeys(spellings(value), (one, value))
        self._finder = None
        return one

    @property
    def spelt(self) -> int:
        """How many strings are looked for."""
        return len(self._owners)

    def hits(self, where: str, content: str, *, people: bool = True) -> list[str]:
        """What of it stands in `content`, each once, with the words around it; what a credential is, is not said."""
        self.looked += 1
        if self._finder is None:
            forms = list(self._owners)
            self._finder = forms, AhoCorasick(forms)
        forms, finder = self._finder
        found: dict[tuple[Person | None, str], str] = {}
        for number, start, end in finder.find_matches_as_indexes(content, overlapping=True):
            one, what = owner = self._owners[forms[number]]
            if one is None:
                found.setdefault(
                    owner, f"{where}: the credential {what}: …{content[max(0, start - 160) : start]}***"
                )
            elif people:
                secret = ", confidential" if one.confidential else ""
                around = repr(content[max(0, start - 160) : end + 120])
                found.setdefault(owner, f"{where}: {what} ({one.door}{secret}): {around}")
        return list(found.values())
