"""Learns the weights that `name_judge.py` adds up. Needs the extra `train` (scikit-learn).

Every labelled message is learnt some times, each time with some of its names masked as the rules mask them and the
others, often other names, left readable; small, in capitals. So are the texts of `data/name_texts.csv`, and those of
categories and kinds that name nobody. The same data give the same table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from normalizer.gazetteer import read_table
from normalizer.name_judge import Tokens, candidates, features, own_features
from normalizer.name_training import Writer, names_somebody
from normalizer.name_words import ORDINARY, RELATION, TIME, UNKNOWN, given_names, kind_of, kinds
from normalizer.privacy import but_names
from normalizer.privacy_names import MASK
from normalizer.weights_training import Example, regression

#: How closely the weights follow the texts (scikit-learn's C); how seldom a feature may be seen; versions of a text.
CLOSENESS, LEAST_SEEN = 1.0, 2
LABELLED, OWN, PLAIN = 12, 6, 1
#: How much a word of a labelled message counts beside one of ours.
MESSAGE = 2.0
#: Of how many names the rules have taken none, some, most.
_TAKEN = (0.0, 0.5, 0.9)
#: How often a name is another one; how often that is one which no list holds; how often half of it is masked.
_OTHER, _STRANGE, _HALF = 0.55, 0.35, 0.12
#: How often another name is one that is a word of everyday use, a day or a month too: "Mang Ade", "Bu Jum".
_ORDINARY = 0.25
#: How many texts are written all small, all in capitals.
_SMALL, _CAPITALS = 0.25, 0.15
_STREET = re.compile(
    r"\b(?:jl|jln|jalan|gg|gang)\b\.? ?(?:(?:h|hj|haji|kh|dr|ir|prof)\b\.? ?)?$", re.IGNORECASE
)
_NEAR = 30
_WORD = re.compile(r"[^\W\d_]+")
_VOWELS = "aeiou"
_COMMON, _SHORT = frozenset((ORDINARY, TIME, RELATION)), range(3, 8)
_ALTERED = 6


class Told(Struct, frozen=True):
    """A text, where names stand in it, and where nobody knows."""

    text: str
    names: tuple[tuple[int, int], ...]
    unsure: tuple[tuple[int, int], ...] = ()


def labelled(rows: Iterable[Mapping[str, str]]) -> list[Told]:
    """The labelled texts of `rows` (columns `text`, `reply_text` where there is one, and `personal`) as the other rules
    leave them. Rows whose `split` is `test` are never learnt."""
    learnt = (row for row in rows if row.get("split") != "test" and row.get("personal"))
    return [told_in(row) for row in learnt]


def told_in(row: Mapping[str, str]) -> Told:
    """The text of a labelled row, without what else is personal, and where its names stand."""
    text = but_names(row.get("reply_text") or row["text"])
    items = [item["text"] for item in json.loads(row["personal"]) if item["kind"] == "name"]
    names: list[tuple[int, int]] = []
    unsure: list[tuple[int, int]] = []
    for item in sorted(items, key=len, reverse=True):
        words = r"\s+".join(map(re.escape, item.split()))
        pattern = rf"(?<!\w){words}(?!\w)"
        found = list(re.finditer(pattern, text)) or list(re.finditer(pattern, text, re.IGNORECASE))
        for match in found:
            street = _STREET.search(text[max(0, match.start() - _NEAR) : match.start()])
            if not any(start < match.end() and match.start() < end for start, end in names):
                (unsure if street else names).append(match.span())
    return Told(text, tuple(sorted(names)), tuple(sorted(unsure)))


class Versions:
    """Writes a text again with other names, some of them masked."""

    def __init__(self, seed: int) -> None:
        self.writer = Writer(seed)
        self.chance = self.writer.chance
        found = given_names()
        self._given = [n for n in found["given"] if len(n) > 2 and " " not in n]
        self._family = [n for n in found["family"] if len(n) > 2 and " " not in n]
        self._ordinary = [
            word for word, kind in sorted(kinds().items()) if kind in _COMMON and len(word) in _SHORT
        ]

    def of(self, told: Told) -> Told:
        """One version of `told`."""
        chance = self.chance
        taken = chance.choice(_TAKEN)
        out: list[str] = []
        names: list[tuple[int, int]] = []
        unsure: list[tuple[int, int]] = []
        size = done = 0
        spans = sorted([*((s, True) for s in told.names), *((s, False) for s in told.unsure)])
        for (start, end), sure in spans:
            out.append(told.text[done:start])
            size += len(out[-1])
            done = end
            name = told.text[start:end]
            if not sure:
                unsure.append((size, size + len(name)))
                out.append(name)
            elif chance.random() < taken:
                out.append(MASK)
            else:
                name = self._other(name) if chance.random() < _OTHER else name
                before, name, behind = self._halved(name)
                names.append((size + len(before), size + len(before) + len(name)))
                out.append(before + name + behind)
            size += len(out[-1])
        text = "".join([*out, told.text[done:]])
        return Told(self._written(text), tuple(names), tuple(unsure))

    def _halved(self, name: str) -> tuple[str, str, str]:
        """A name of several words, of which the rules have masked the first or the last now and then."""
        words = name.split(" ")
        if len(words) < 2 or self.chance.random() >= _HALF:
            return "", name, ""
        if self.chance.random() < 0.5:
            return f"{MASK} ", " ".join(words[1:]), ""
        return "", " ".join(words[:-1]), f" {MASK}"

    def _other(self, name: str) -> str:
        """Another name, written like this one."""
        if name.isalpha() and self.chance.random() < _ORDINARY:
            word = self.chance.choice(self._ordinary)
            return word.upper() if name.isupper() else word.capitalize() if name[0].isupper() else word
        strange = self.chance.random() < _STRANGE

        def other(word: re.Match[str]) -> str:
            if len(word[0]) < 3 or word[0].lower() in ("bin", "binti"):
                return word[0]
            found = self.chance.choice(
                self._family if word.start() and self.chance.random() < 0.5 else self._given
            )
            found = self._strange(found) if strange else found
            return (
                found.upper() if word[0].isupper() else found.capitalize() if word[0][0].isupper() else found
            )

        return _WORD.sub(other, name)

    def _strange(self, name: str) -> str:
        """A name with a letter or two changed, so that no list holds it."""
        found = name.replace("-", "")
        for _ in range(_ALTERED):
            at = self.chance.randrange(len(found))
            if found[at] in _VOWELS:
                found = found[:at] + self.chance.choice(_VOWELS) + found[at + 1 :]
            elif self.chance.random() < 0.5:
                found = found[:at] + self.chance.choice("bdgjklmnprst") + found[at + 1 :]
            if kind_of()[found] == UNKNOWN:
                break
        return found

    def _written(self, text: str) -> str:
        """The text as it is, or all small, or in capitals; marks stay."""
        luck = self.chance.random()
        if luck < _SMALL:
            return text.lower()
        if luck < _SMALL + _CAPITALS:
            return "".join(p if p.startswith("[") else p.upper() for p in re.split(r"(\[[^\]\n]*\])", text))
        return text


def seen_in(told: Told, weight: float) -> Iterator[Example]:
    """What is seen of each word of a text that may be a name."""
    tokens = Tokens(told.text)
    weighed = set(candidates(tokens))
    for i, (start, _) in enumerate(tokens.places()):
        name = any(first <= start < end for first, end in told.names)
        if i in weighed and not any(first <= start < end for first, end in told.unsure):
            yield Example((*own_features(tokens, i), *features(tokens, i)), name, weight)
        if name:
            tokens.mask(i)


def own_texts() -> list[str]:
    """The project's own texts, with slots for names."""
    return [row["text"] for row in read_table("name_texts.csv")]


def plain_texts() -> list[str]:
    """Texts that name nobody."""
    tables = ("category_texts.csv", "category_cases.csv", "kind_texts.csv", "kind_cases.csv")
    texts = (row["text"] for table in tables for row in read_table(table))
    return [text for text in texts if not names_somebody(text)]


def count() -> int:
    """How many texts of the project's own it is learnt from, versions not counted."""
    return len(own_texts()) + len(plain_texts())


def examples(told: Sequence[Told], seed: int = 1) -> list[Example]:
    """What is learnt: of our own texts, of those that name nobody, of labelled ones."""
    versions = Versions(seed)
    found: list[Example] = []
    for text in own_texts():
        for _ in range(OWN):
            written, spans = versions.writer.write(text)
            found += seen_in(versions.of(Told(written, tuple(spans))), 1.0)
    for text in plain_texts():
        for _ in range(PLAIN):
            found += seen_in(versions.of(Told(but_names(text), ())), 1.0)
    for one in told:
        for _ in range(LABELLED):
            found += seen_in(versions.of(one), MESSAGE)
    return found


def learn(found: Sequence[Example], seed: int = 1) -> bytes:
    """A table as `NameJudge` reads it."""
    return regression(found, closeness=CLOSENESS, least_seen=LEAST_SEEN, seed=seed)
