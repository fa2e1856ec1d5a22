"""Tells which words that the rules for names left are names after all: each is weighed by what stands around it.

The rules (`name_tagger.py` and the modules of `privacy.py`) know how people are named; where they saw nobody ("yg
sakit sarkum, tetangganya", a list of which they took the half), every word that no list calls ordinary, and every word
written large, is judged here by what the rules have masked around it, by the words before and behind, by how it is
written and what its letters are. The weights (logistic regression; `name_judge_training.py` finds them) are learnt
from labelled messages of which some names are masked and some are not.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from normalizer.between import letters
from normalizer.gazetteer import DATA
from normalizer.memory import Memory
from normalizer.name_words import (
    BOTH,
    BRAND,
    CALLED,
    INTRO,
    NAME,
    NEVER,
    OFFICE,
    ORDINARY,
    PLACE,
    RELATION,
    SELF,
    SHORT,
    SIGN,
    TIME,
    TITLE,
    UNKNOWN,
    WEAK,
    kind_of,
    shape,
)
from normalizer.privacy_names import MASK, known_names
from normalizer.weights import Weights

MODEL = DATA / "name_judge_model.gz"
#: From which score on a word is a name: one that no list calls ordinary, and one that a list does.
LEAST, LEAST_ORDINARY = -1.2, -0.9
#: What the word itself has to say at least.
DULL = -4.0
#: A mark or a link, whose host is nobody; a word; a number.
_TOKEN = re.compile(r"(\[(?:[^\]\n]{1,16}|tautan [^\[\]\n]{1,300})\]|[^\W\d_]+(?:['’`][^\W\d_]+)*|\d+)")
_SIGNS = letters('\n()#:;|/=-–—,.&+"“”?!<>@')
_LARGE = re.compile(r"[^\W\d_a-z][a-z]")
#: Kinds of words that may be somebody's name however they are written, and those whose own letters say nothing.
_MAYBE = frozenset((NAME, WEAK, BOTH, PLACE, UNKNOWN))
#: And those that may be one written large: "Cahaya", "Mei".
_LARGE_ONLY = frozenset((ORDINARY, TIME, BRAND, RELATION))
#: What a name follows that is such a word, written small or of another kind: "Mang Ade", "sy Mimin".
_OPENED = frozenset((ORDINARY, TIME, TITLE, BRAND, RELATION, OFFICE, NEVER))
_OPENS = frozenset((TITLE, SHORT, INTRO, SIGN, SELF))
#: A run of such words behind "Toko" or "Masjid" is what that is called.
_WRITTEN_LARGE = frozenset("CU")
#: A name beside it: one that the rules masked, or that was judged to be one just before.
_PERSON = "M"
#: How many words before and behind are looked through for another name, for a title, for a street.
_NEAR, _SEEN = 8, 5
_EDGE = ("^", "", "")
#: Kinds of words of which each one is weighed, and those that stand before somebody or something.
_WEIGHED = frozenset((UNKNOWN, ORDINARY, WEAK, BOTH, PLACE, BRAND, RELATION, OFFICE, NEVER))
_HEADS = frozenset("TtIRAHSO")
#: So many words has a known name at most.
_LONGEST = 4
_GLUED = frozenset("@#_/\\")
#: What joins the words of one name.
_JOINED = re.compile(r"\[nama\](?:(?: |\. |\.|-)\[nama\])+")


class Tokens:
    """A text taken apart into words, numbers and marks. Of each: how it is written, what it is (`sort`: its kind, then
    its shape), its kind alone, its small letters, and these once more where it is a word of everyday use (`said`);
    `gaps[i]` stands before the token, the last gap behind all."""

    __slots__ = ("gaps", "kind", "low", "mode", "said", "sort", "words")

    def __init__(self, text: str) -> None:
        parts = _TOKEN.split(text)
        self.words, self.gaps = parts[1::2], parts[::2]
        read = list(map(_read().__getitem__, self.words))
        self.sort = [what[0] for what in read]
        self.kind = [what[1] for what in read]
        self.low = [what[2] for what in read]
        self.said = [what[3] for what in read]
        #: How the text is written: `m` mixed, `l` small, `U` in capitals.
        self.mode = "m"
        if text.islower() or _LARGE.search(text) is None:
            self.mode = "U" if text.isupper() else "l"

    def mask(self, i: int) -> None:
        """Token `i` is somebody."""
        self.sort[i], self.said[i] = _PERSON, ""

    def places(self) -> list[tuple[int, int]]:
        """Where each token begins and ends."""
        found, at = [], 0
        for gap, word in zip(self.gaps, self.words, strict=False):
            at += len(gap) + len(word)
            found.append((at - len(word), at))
        return found


@lru_cache(maxsize=1)
def _read() -> Memory[tuple[str, str, str, str]]:
    """For each token as written what it is, its kind, its small letters, and these where a list calls it ordinary."""
    kinds = kind_of()

    def read(word: str) -> tuple[str, str, str, str]:
        if word[0] == "[":
            return (_PERSON if word == MASK else f"m{word[1:2]}"), "", "", ""
        if word[0].isdigit():
            return f"#{min(len(word), 4)}", "", "", ""
        low = word.lower()
        kind = kinds[low]
        return kind + shape(word), kind, low, "" if kind in _MAYBE else low

    return Memory(read)


@lru_cache(maxsize=1)
def _beginnings() -> frozenset[str]:
    return frozenset(name[0] for name in known_names())


def decided(tokens: Tokens) -> set[int]:
    """Tokens of the names of public figures, and of people whom streets are called after: the rules have decided."""
    low, out = tokens.low, set[int]()
    if _beginnings().isdisjoint(low):
        return out
    for i, word in enumerate(low):
        if word in _beginnings():
            for length in range(1, _LONGEST + 1):
                if tuple(low[i : i + length]) in known_names():
                    out.update(range(i, i + length))
    return out


def _is_there(tokens: Tokens, i: int) -> bool:
    """Whether "situ" is no lake before a name, but a place before a person: "yang jaga di situ Mbak Contoh"."""
    return tokens.words[i] == "situ" and tokens.kind[i + 1 : i + 2] in ([TITLE], [SHORT])


def candidates(tokens: Tokens) -> list[int]:
    """Which tokens are weighed at all."""
    found: list[int] = []
    kinds, large = tokens.kind, tokens.mode == "m"
    known = decided(tokens)
    called = -2
    for i, kind in enumerate(kinds):
        if (kind == CALLED and not _is_there(tokens, i)) or (
            called == i - 1 and tokens.gaps[i] == " " and tokens.sort[i][1:] in _WRITTEN_LARGE
        ):
            called = i  # "Toko Cahaya Abadi"
            continue
        if not kind or i in known:
            continue
        written = kind in _MAYBE or (kind in _LARGE_ONLY and large and tokens.sort[i][1] != "l")
        opened = i > 0 and kind in _OPENED and kinds[i - 1] in _OPENS and _SIGNS[tokens.gaps[i]] in "_.:"
        if (written or opened) and len(tokens.low[i]) > 1 and tokens.gaps[i][-1:] not in _GLUED:
            found.append(i)
    return found


def own_features(tokens: Tokens, i: int) -> list[str]:
    """What the word itself says."""
    own, low = tokens.sort[i], tokens.low[i]
    f = ["0" + own + tokens.mode]
    if own[0] in _WEIGHED:
        f.append("w" + low)
        if own[0] == UNKNOWN:
            f += [
                "x" + low[-3:],
                "y" + low[-4:],
                "z" + low[:3],
                "v" + low[:4],
                f"u{min(len(low), 9)}{own[1]}",
            ]
    return f


def features(tokens: Tokens, i: int) -> list[str]:
    """What stands around token `i`, and speaks for and against its being a name."""
    sort, said, gaps, signs = tokens.sort, tokens.said, tokens.gaps, _SIGNS
    own, count = sort[i], len(sort)
    sa, sb = signs[gaps[i]], signs[gaps[i + 1]]
    a, la = (sort[i - 1], said[i - 1]) if i else _EDGE[:2]
    a2, la2, sa2 = (sort[i - 2], said[i - 2], signs[gaps[i - 1]]) if i > 1 else _EDGE
    b, lb = (sort[i + 1], said[i + 1]) if i + 1 < count else ("$", "")
    b2, lb2, sb2 = (sort[i + 2], said[i + 2], signs[gaps[i + 2]]) if i + 2 < count else ("$", "", "")
    left, right = a + sa + own, own + sb + b
    f = [
        "1" + left,
        "2" + right,
        "3" + left + sb + b,
        "4" + a2 + sa2 + left,
        "5" + right + sb2 + b2,
        "s" + sa + own + sb,
    ]
    if la:
        f += ["6" + la + sa + own, "6k" + la, "8" + (la2 or a2) + " " + la + sa]
        if lb:
            f.append("a" + la + " " + lb)
    elif la2:
        f.append("8" + la2 + " " + a + sa)
    if lb:
        f += ["7" + own + sb + lb, "7k" + sb + lb, "9" + sb + lb + " " + (lb2 or b2)]
    elif lb2:
        f.append("9" + sb + b + " " + lb2)
    # Its line: whether it begins and ends it.
    begins, ends = sa == "n" or not i, sb == "n" or i + 1 == count
    if begins or ends:
        f.append(f"l{begins:d}{ends:d}{own}")
    # Who else is named nearby.
    before, behind = sort[max(0, i - _NEAR) : i][::-1], sort[i + 1 : i + 1 + _NEAR]
    p = str(before.index(_PERSON) + 1) if _PERSON in before else ""
    q = str(behind.index(_PERSON) + 1) if _PERSON in behind else ""
    f += ["p" + p + own, "q" + q + own, "pq" + p + " " + q]
    # What stands before the run of words: a title, a street, an office.
    path = ""
    for back, other in enumerate(before[:_SEEN], 1):
        if other[0] in _HEADS:
            lead = said[i - back]
            f += ["h" + other[0] + path, "hl" + lead + path[:3], "ho" + lead + own]
            break
        path += other[0]
    return f


class NameJudge(Weights):
    """Reads its table once. Raises `ValueError` when the file is none."""

    def __init__(self, path: Path = MODEL) -> None:
        super().__init__(path, "name judge", "kanal train people")

    def names(self, text: str) -> list[tuple[int, int]]:
        """Where words stand that are names: those whose score is `LEAST` or more, `LEAST_ORDINARY` where a list calls
        them ordinary, in order."""
        tokens = Tokens(text)
        found: list[int] = []
        for i in candidates(tokens):
            # The word itself turns most away, before what stands around it is looked at.
            itself = self.score(own_features(tokens, i))
            if itself < DULL:
                continue
            bound = LEAST if tokens.kind[i] in _MAYBE else LEAST_ORDINARY
            if itself - self.bias + self.score(features(tokens, i)) >= bound:
                found.append(i)
                tokens.mask(i)
        if not found:
            return []
        places = tokens.places()
        return [places[i] for i in found]


@lru_cache(maxsize=1)
def judge() -> NameJudge:
    """The judge of the project's own table."""
    return NameJudge()


def without_judged(text: str) -> str:
    """`text` without what else is judged to be somebody's name. Linear time."""
    out: list[str] = []
    done = 0
    for start, end in judge().names(text):
        out += [text[done:start], MASK]
        done = end
    return _JOINED.sub(MASK, "".join([*out, text[done:]])) if out else text
