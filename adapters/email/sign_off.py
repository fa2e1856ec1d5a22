"""The sign-off that no formula announces: the last lines of a mail are weighed, each by what its words are.

A name, an office, a telephone, the name of a firm, "Jakarta, 3 Maret 2025" speak for a sign-off, by so much each;
ordinary words, a request or an end like that of a sentence speak against it. It begins at the first of the last lines
that can begin one (a name, a group, a formula, a date) from which on the sum is high enough, together with what stands
right above: a finished sentence or thanks. Names alone below each other are a list of people, and a place, a thing or
a telephone alone never begin a sign-off.
"""

from __future__ import annotations

import re

from adapters.email.persons import announces_name
from adapters.email.quote_words import BEFORE_NAMES
from adapters.email.sign_off_groups import (
    CONTACT,
    DATE,
    EMPTY,
    FORMULA,
    GROUP,
    NAME,
    NOTHING,
    ROLE,
    TOKEN,
    Line,
)
from adapters.email.sign_off_lines import weigh
from adapters.email.sign_off_words import GREETINGS
from normalizer.name_words import kind_of

#: From which sum on the last lines are a sign-off.
_ENOUGH = 2.5
#: Lines that a sign-off may have.
_LINES = 16
_DASHED = re.compile(r"\s*(?:[-–—•]\s?|\*\s|\d{1,2}[.)]\s?)(?=\S)")


def sign_off(lines: list[str], is_formula: list[bool], thanks: list[bool]) -> int:
    """At which line the sign-off begins; `len(lines)` when there is none.

    `is_formula` and `thanks`: which of the lines close a letter or thank.
    """
    end = len(lines)
    below = NOTHING
    total, best, count, signed = 0.0, end, 0, False
    names: list[float] = []
    grouped = 0
    for index in range(end - 1, 0, -1):
        text = lines[index]
        line = NOTHING if not text.strip() else weigh(text, is_formula[index], lines[index - 1])
        if line is None or count > _LINES or thanks[index]:
            break
        if line.kind == EMPTY:
            continue
        count += 1
        if text.rstrip().endswith(":") and line.kind == GROUP and below.kind != NAME:
            break
        total += line.weight
        if line.kind == NAME or (line.kind == GROUP and not text.rstrip().endswith(":")):
            names.append(line.weight)
        grouped += line.kind == GROUP
        signed = signed or line.kind in (ROLE, DATE, FORMULA, CONTACT)
        # Two names say no more than one, and rather that somebody is listed.
        listed = (
            0.0 if signed or len(names) < 2 or 0 < grouped < len(names) else sum(names) - min(3, *names) + 2
        )
        if _opens(line, below, text) and total - listed + _ground(lines, index, thanks) >= _ENOUGH:
            best = index
        below = line
    return best if best < end and says_something(lines[:best]) else end


def _opens(line: Line, below: Line, text: str) -> bool:
    if line.kind == ROLE:
        return below.kind == NAME or (below.kind in (CONTACT, FORMULA) and text.rstrip().endswith(","))
    if line.kind == DATE:
        return below.kind in (ROLE, NAME, GROUP, FORMULA)
    return line.kind in (NAME, GROUP, FORMULA) and _DASHED.match(text) is None


def _ground(lines: list[str], index: int, thanks: list[bool]) -> float:
    """How well a sign-off stands below what is above it."""
    # An emoticon or a drawn line between them parts them as well.
    apart = not _has_words(lines[index - 1])
    above = index - 1
    while above >= 0 and not _has_words(lines[above]):
        above -= 1
    if above < 0:
        return -9
    said = lines[above].rstrip()
    if thanks[above]:
        return 2
    if (
        said.endswith(":")
        or said.split()[-1].casefold() in BEFORE_NAMES
        or _DASHED.match(said)
        or announces_name(said)
    ):
        return -9
    finished = said[-1] in ".!?)\"”'" or not (said[-1].isalnum() or said[-1] == ",")
    if not apart:
        return 0.5 if finished and said[-1] not in ")\"”'" and _name_first(lines[index]) else -9
    return (1 if finished else 0.5) - (2 if said.endswith(",") else 0)


def _has_words(line: str) -> bool:
    return any(c.isalnum() for c in line)


def _name_first(line: str) -> bool:
    """Whether a line right below a sentence begins with a name, not with a title: "Pak Budi" may be spoken to."""
    first = TOKEN.match(line.strip(" -–—~*("))
    return first is not None and kind_of()[first[0].casefold().strip(".")] not in ("T", "t")


def says_something(lines: list[str]) -> bool:
    """Whether more than a greeting would be left."""
    for line in lines:
        tokens = [token.casefold() for token in TOKEN.findall(line[:400])]
        addressed = len(tokens) <= 6 and tokens[:1] in (["yth"], ["kepada"], ["dear"])
        if not addressed and any(token not in GREETINGS for token in tokens):
            return True
    return False
