"""Where the ending of a mail begins, told by what has been learnt from mails: name, role and contact of who wrote.

The features of each place where it may begin (`ending_features.py`) have written-down weights (`ending_training.py`
finds them), added up; where the rules of `signatures.py` cut is one of them. Linear time.
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from adapters.email.ending_features import Cut, Reader, cuts, up_to
from adapters.email.quote_words import BEFORE_NAMES
from adapters.email.sign_off import says_something
from adapters.email.sign_off_groups import NAME as NAMED
from adapters.email.sign_off_groups import TOKEN
from normalizer.name_words import NAME, WEAK, kind_of

MODEL = Path(__file__).with_name("ending_model.gz")
#: By how much likelier a cut must be that takes away more than the rules do.
SURE = 0.3


class EndingModel:
    """Reads its table once. Raises `ValueError` when the file is none."""

    def __init__(self, path: Path = MODEL) -> None:
        try:
            lines = gzip.decompress(path.read_bytes()).decode().split("\n")
            pairs = (line.rsplit("\t", 1) for line in lines)
            self.weights = {feature: float(weight) for feature, weight in pairs}
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise ValueError(
                f"{path} is no table of weights ({error}); make one: kanal train endings"
            ) from error

    def chances(self, found: Sequence[Cut]) -> list[float]:
        """How likely each cut is, together 1."""
        get = self.weights.get
        scores = [sum(get(f, 0.0) for f in cut.features) + get(cut.rule, 0.0) for cut in found]
        highest = max(scores)
        odds = [math.exp(score - highest) for score in scores]
        return [odd / sum(odds) for odd in odds]


@lru_cache(maxsize=1)
def model() -> EndingModel:
    """The project's own table."""
    return EndingModel()


def without_ending(
    lines: list[str], rule: int, closes: Sequence[bool], thanks: Sequence[bool], least: int = 0
) -> list[str]:
    """`lines` up to where the ending most likely begins. `rule`: the line where the rules cut, `len(lines)` when they
    do not; more than they take away only goes when it is surely no part of what was said. The ending begins behind
    line `least`."""
    if not any(c.isalnum() for line in lines for c in line):
        return lines[:rule]
    reader = Reader(lines, closes, thanks)
    found = [cut for cut in cuts(reader, lines, rule) if _may_be(cut, lines, reader, least)]
    chances = model().chances(found)
    best = max(range(len(found)), key=chances.__getitem__)
    ruled = next((n for n, cut in enumerate(found) if cut.rule.startswith("R=")), None)
    if ruled is not None and _is_more(found[best], found[ruled]) and chances[best] < chances[ruled] + SURE:
        best = ruled
    return up_to(lines, found[best])


def _may_be(cut: Cut, lines: Sequence[str], reader: Reader, least: int) -> bool:
    """Whether something is said above a cut that does not announce what stands below it; and that is neither one word
    that nobody's list of names holds, nor a list of people."""
    if cut.line == len(lines):
        return True
    if cut.line < least:
        return False
    above = [line for line in up_to(lines, cut) if line.strip()]
    said = above[-1].rstrip() if above else ""
    if said.endswith(":") or not says_something(above) or said.split()[-1].casefold() in BEFORE_NAMES:
        return False
    if cut.at:
        return True
    below = [i for i in range(cut.line, len(lines)) if lines[i].strip()]
    words = [token.casefold() for token in TOKEN.findall(lines[below[0]])]
    if words[:1] in (["si"], ["sang"]):
        return False
    if len(below) == 1:
        alone = len(words) == 1 and words[0].isalpha() and not reader.line(below[0]).closes
        return not alone or kind_of()[words[0]] in (NAME, WEAK)
    thanked = any(reader.line(i).thanks for i in range(max(0, cut.line - 2), cut.line))
    return thanked or any(reader.line(i).kind != NAMED for i in below)


def _is_more(cut: Cut, other: Cut) -> bool:
    return (cut.line, cut.at) < (other.line, other.at)
