"""Where the ending of a mail begins, told by what has been learnt from mails: name, role and contact of who wrote.

The features of each place where it may begin (`ending_features.py`) have written-down weights (`ending_training.py`
finds them), added up; where the rules of `signatures.py` cut is one of them. Linear time.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from adapters.email.ending_features import Cut, Reader, cuts, up_to
from adapters.email.other_scripts import is_unread
from adapters.email.persons import announces_name, is_region
from adapters.email.quote_words import BEFORE_NAMES, TITLES
from adapters.email.sign_off import says_something
from adapters.email.sign_off_groups import FIRM, PLAIN, SMALL, TOKEN
from adapters.email.sign_off_groups import NAME as NAMED
from normalizer.name_words import NAME, kind_of
from normalizer.weights import Weights

MODEL = Path(__file__).with_name("ending_model.gz")
#: By how much likelier a cut must be that takes away more than the rules do.
SURE = 0.3
#: Before somebody who is spoken of.
_SPOKEN_OF = frozenset(
    ("si", "sang", "korban", "pelaku", "saksi", "tersangka", "terlapor", "almarhum", "almarhumah")
)
_TELLING = ("nama", "bernama", "dipanggil", "jeneng")
#: "Yang menyuruh," above who did.
_ANNOUNCES = re.compile(r"\W*(?:yang|yg|nyang)\b[^.!?]{0,40},\s*", re.IGNORECASE)
#: An address alone may say where the trouble is.
_WHERE = re.compile(
    r"\W*(?:(?:jl|jln|jalan|gg|gang|kompleks?|perum|perumahan|rusun|blok)\b|(?:rt|rw)\b[\s./]{0,3}\d[\drtw\s./]*$)",
    re.IGNORECASE,
)
#: Thanks that are a closing formula as well.
_REGARDS = re.compile(r"\b(?:regards|rgds|rgrds|wishes|salam|hormat)\b", re.IGNORECASE)
#: What a line of one word is that is no formula and no group (`sign_off_lines.py`).
_UNTOLD = frozenset(("none", NAMED, PLAIN, SMALL, FIRM))


class EndingModel(Weights):
    """Reads its table once. Raises `ValueError` when the file is none."""

    def __init__(self, path: Path = MODEL) -> None:
        super().__init__(path, "ending", "kanal train endings")

    def chances(self, found: Sequence[Cut]) -> list[float]:
        """How likely each cut is, together 1."""
        scores = [self.score((*cut.features, cut.rule)) for cut in found]
        highest = max(scores)
        odds = [math.exp(score - highest) for score in scores]
        whole = sum(odds)
        return [odd / whole for odd in odds]


@lru_cache(maxsize=1)
def model() -> EndingModel:
    """The project's own table."""
    return EndingModel()


def without_ending(lines: list[str], rule: int, reader: Reader, least: int = -1) -> list[str]:
    """`lines` up to where the ending most likely begins. `rule`: the line where the rules cut, `len(lines)` when they
    do not; more than they take away only goes when it is surely no part of what was said. The ending begins behind
    line `least`."""
    if not any(c.isalnum() for line in lines for c in line):
        return lines[:rule]
    said = next((i for i, line in enumerate(lines) if says_something([line])), len(lines))
    found = [
        cut
        for cut in cuts(reader, lines, rule)
        if cut.line == len(lines)
        or (cut.line > least and _may_be(cut, lines, reader, said) and not _is_within_quotation(cut, lines))
    ]
    chances = model().chances(found)
    best = max(range(len(found)), key=chances.__getitem__)
    ruled = next((n for n, cut in enumerate(found) if cut.rule.startswith("R=")), None)
    if ruled is not None and _is_more(found[best], found[ruled]) and chances[best] < chances[ruled] + SURE:
        best = ruled
    return up_to(lines, found[best])


def _may_be(cut: Cut, lines: Sequence[str], reader: Reader, said: int) -> bool:
    """Whether something is said above a cut that does not announce what stands below it, and an ending may stand
    there."""
    if cut.line < said or (cut.line == said and not (cut.at and says_something([lines[said][: cut.at]]))):
        return False
    above = lines[cut.line][: cut.at] if cut.at else ""
    apart = not above and not lines[cut.line - 1].strip()
    above = above or next(line for line in reversed(lines[: cut.line]) if line.strip())
    if above.rstrip().endswith(":") or _ANNOUNCES.fullmatch(above) or announces_name(above):
        return False
    last = above.split()[-1].casefold()
    if last in BEFORE_NAMES and not (apart and last in TITLES):  # "sampai kapan, pak", and then a name
        return False
    if cut.at:
        return True
    if is_unread(lines, cut.line) and not cut.rule.startswith("R="):
        return False
    return _may_begin([i for i in range(cut.line, len(lines)) if lines[i].strip()], lines, reader, cut)


def _is_within_quotation(cut: Cut, lines: Sequence[str]) -> bool:
    """Whether an ending would begin within quotation marks that are closed below: another's words."""
    above = up_to(lines, cut)
    if sum(line.count('"') for line in above) % 2:
        return any('"' in line for line in lines[len(above) :]) or (
            cut.at > 0 and '"' in lines[cut.line][cut.at :]
        )
    opened = sum(line.count("“") for line in above)
    return opened > sum(line.count("”") for line in above) and any("”" in line for line in lines[cut.line :])


def _may_begin(below: list[int], lines: Sequence[str], reader: Reader, cut: Cut) -> bool:
    """Whether the lines `below` may be an ending: no thanks, no telling of somebody, no list of people, no word that
    might be anything, nothing that announces more and is no group; a formula alone is left to the rules."""
    first = reader.line(below[0])
    words = [token.casefold() for token in TOKEN.findall(lines[below[0]])]
    if words and (words[0] in _SPOKEN_OF or words[0].startswith(_TELLING)):
        return False
    if first.thanks and not (first.closes or _REGARDS.search(lines[below[0]])):
        return False
    if cut.rule.startswith("R="):
        return True
    if lines[below[0]].rstrip().endswith(":") and first.kind in _UNTOLD:
        return False
    if len(below) == 1:
        if _WHERE.match(lines[below[0]]) or is_region(lines[below[0]]):
            return False
        if first.closes or first.thanks:
            return False
        alone = len(words) == 1 and words[0].isalpha() and first.kind in _UNTOLD
        return not alone or kind_of()[words[0]] == NAME
    thanked = any(reader.line(i).thanks for i in range(max(0, cut.line - 2), cut.line))
    return thanked or any(reader.line(i).kind != NAMED for i in below)


def _is_more(cut: Cut, other: Cut) -> bool:
    return (cut.line, cut.at) < (other.line, other.at)
