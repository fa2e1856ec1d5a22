"""The languages of Jakarta told apart by their words and the pieces of them: a naive Bayes, learnt from examples.

A word counts for itself and for every run of two to four of its letters, so that a word which was never seen still
looks like its language. The model is a table of whole numbers: how much each feature speaks for each language. What it
was learnt from, and how it is learnt anew, stands in docs/language.md.
"""

from __future__ import annotations

import gzip
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from operator import itemgetter, sub, truediv
from pathlib import Path
from struct import Struct as Fields

import msgspec
from msgspec import Struct

from normalizer.memory import Memory

DATA = Path(__file__).parent / "data" / "language_model.gz"
#: Runs of letters that count, with `<` and `>` where the word begins and ends.
SHORTEST, LONGEST = 2, 4
#: Letters of a word that are looked at: nobody's language shows only behind them.
WORD_LETTERS = 24
#: A weight of one natural logarithm, as a whole number.
SCALE = 14
#: A word's weights for all labels stand in one whole number, in fields of 32 bits, so that a text is added up with one
#: addition a word: far more room than the characters of a text that are looked at can fill.
_BITS, _HALF = 32, 1 << 31
_Weighed = tuple[int, tuple[int, ...], bool]
_PACKED, _KNOWN, _LEAD = itemgetter(0), itemgetter(2), itemgetter(0)
_ALPHA, _LEAST = 0.3, 3
#: So many words are shown of those that decided.
_SHOWN = 8
_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_NOT_TEXT = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|\S+@\S+")
_ASCII_WORDS = {code: chr(code) if chr(code).isalpha() or chr(code) in "'-" else " " for code in range(128)}
#: Spellings of Betawi's é that people leave out when they type.
_PLAIN = str.maketrans("êéè", "eee")


class Header(Struct, frozen=True, kw_only=True):
    """What stands before the table. `temperature` makes a difference of weights into a probability; `before` is what
    is expected of each label before a word was read, in natural logarithms: most people here write Indonesian."""

    labels: tuple[str, ...]
    temperature: float
    before: tuple[float, ...]
    sources: tuple[str, ...]


class Scored(Struct, frozen=True, kw_only=True):
    """The three likeliest labels with their probabilities; the share of words that were learnt; those that decided."""

    ranked: tuple[tuple[str, float], ...]
    known: float
    words: tuple[str, ...]


def words_of(text: str) -> list[str]:
    """The words of a text as they are counted: lower case, without addresses, names of users and digits."""
    if "@" in text or "#" in text or "://" in text or "www." in text:
        text = _NOT_TEXT.sub(" ", text)
    text = text.lower()
    if not text.isascii():
        return _WORD.findall(text.translate(_PLAIN))
    # What the expression does, in C: only what holds an apostrophe or a hyphen is looked at letter by letter.
    words = text.translate(_ASCII_WORDS).split()
    if "'" not in text and "-" not in text:
        return words
    return [part for word in words for part in ((word,) if word.isalpha() else _WORD.findall(word))]


def features_of(word: str) -> list[str]:
    """What speaks for a language in one word."""
    framed = f"<{word[:WORD_LETTERS]}>"
    found = ["=" + word]
    for length in range(SHORTEST, LONGEST + 1):
        found += [framed[i : i + length] for i in range(len(framed) - length + 1)]
    return found


class LanguageModel:
    """Reads its table once (some 20 ms); the same text always gets the same answer."""

    def __init__(self, path: Path = DATA) -> None:
        head, names, table = gzip.decompress(path.read_bytes()).split(b"\0", 2)
        self.header = msgspec.json.decode(head, type=Header)
        self._width = len(self.header.labels)
        self._index = {name: at for at, name in enumerate(names.decode().split("\n"))}
        self._table = memoryview(table).cast("b")
        self._nothing = (0,) * self._width
        before = [round(value * SCALE) for value in self.header.before]
        # Added before the fields are read, so that none is below zero and borrows from its neighbour.
        self._start = sum((value + _HALF) << (_BITS * at) for at, value in enumerate(before))
        self._fields = Fields(f"<{self._width}I")
        self._weights = Memory(self._weigh)

    def _weigh(self, word: str) -> _Weighed:
        """How much a word speaks for each label, together in one number and apart; whether it was learnt as a whole."""
        width, table, index = self._width, self._table, self._index
        at = [index[f] * width for f in features_of(word) if f in index]
        if not at:
            return 0, self._nothing, False
        rows = [table[i : i + width].tolist() for i in at]
        row = tuple(map(sum, zip(*rows, strict=True)))
        return sum(value << (_BITS * at) for at, value in enumerate(row)), row, "=" + word in index

    def score(self, words: Sequence[str]) -> Scored:
        """`words` (at least one) as `words_of` gives them."""
        weighed = list(map(self._weights.__getitem__, words))
        packed = sum(map(_PACKED, weighed), self._start)
        total = self._fields.unpack(packed.to_bytes(self._fields.size, "little"))
        best = max(total)
        # The words of one text are no independent witnesses: the longer it is, the more they repeat each other.
        heat = SCALE * self.header.temperature * math.sqrt(len(words))
        cooled = map(truediv, map(sub, total, repeat(best)), repeat(heat))
        shares = list(map(math.exp, cooled))
        whole = sum(shares)
        order = sorted(range(self._width), key=shares.__getitem__, reverse=True)
        first, second = order[0], order[1]
        rows = {word: row for word, (_, row, _) in zip(words, weighed, strict=True)}
        lead = [(by, word) for word, row in rows.items() if (by := row[first] - row[second]) > 0]
        lead.sort(key=_LEAD, reverse=True)
        return Scored(
            ranked=tuple([(self.header.labels[i], shares[i] / whole) for i in order[:3]]),
            known=sum(map(_KNOWN, weighed)) / len(words),
            words=tuple([word for _, word in lead[:_SHOWN]]),
        )


def learn(
    rows: Iterable[tuple[str, str, int]],
    size: int,
    *,
    temperature: float,
    before: Mapping[str, float],
    sources: Sequence[str],
) -> bytes:
    """A model of the `size` most telling features, from (text, label, weight); what `LanguageModel` reads."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for text, label, weight in rows:
        for word in words_of(text):
            for feature in features_of(word):
                counts[label][feature] += weight
    labels = sorted(counts)
    seen: Counter[str] = Counter()
    for label in labels:
        seen.update(counts[label])
    vocabulary = [feature for feature, count in seen.items() if count >= _LEAST]
    whole = {label: sum(counts[label][f] for f in vocabulary) + _ALPHA * len(vocabulary) for label in labels}
    weights: dict[str, list[float]] = {}
    telling: dict[str, float] = {}
    for feature in vocabulary:
        logs = [math.log((counts[label][feature] + _ALPHA) / whole[label]) for label in labels]
        middle = sum(logs) / len(logs)
        weights[feature] = [value - middle for value in logs]
        telling[feature] = sum(
            counts[label][feature] * w for label, w in zip(labels, weights[feature], strict=True)
        )
    kept = sorted(sorted(vocabulary, key=lambda f: (-telling[f], f))[:size])
    table = bytes(max(-127, min(127, round(w * SCALE))) & 0xFF for f in kept for w in weights[f])
    expected = tuple(before.get(label, 0.0) for label in labels)
    header = Header(labels=tuple(labels), temperature=temperature, before=expected, sources=tuple(sources))
    content = b"\0".join((msgspec.json.encode(header), "\n".join(kept).encode(), table))
    return gzip.compress(content, 9, mtime=0)
