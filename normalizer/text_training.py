"""Learns the weights that `text_model.py` adds up, from labelled texts. Needs the extra `train` (scikit-learn).

Linear support vectors over tf-idf, with the voices of two naive Bayes added (complement and multinomial): the first
tell apart what the examples confuse, the others know words that they hold but once. All three are linear, so their
sum is one table of weights. Each text's length is measured as the model measures it, so that what is learnt is
exactly what is judged later. The same texts in the same order give the same model.
"""

from __future__ import annotations

import gzip
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from normalizer.sentence import Sentence
from normalizer.text_model import ENOUGH, Model, Reading, packed

#: How much each naive Bayes says beside them, and what it takes for granted of a word that it never saw.
_COMPLEMENT, _MULTINOMIAL = (0.12, 0.3), (0.12, 0.05)
#: Weights smaller than this part of a feature's largest say nothing worth their place in the file.
_SMALL = 0.08
_FOLDS = 5


class Example(Struct, frozen=True, kw_only=True):
    """A labelled text. `judged`: it also serves to judge (a whole message, not a bare term). `source`: the file of
    labelled messages that it stands in; empty for texts of the project's own."""

    text: str
    label: str
    weight: float = 1.0
    judged: bool = False
    source: str = ""


class Report(Struct, frozen=True, kw_only=True):
    """How well texts are told that were not learnt from: shares of all; for each source (source, number of texts,
    share whose label is first, share whose label is among three); for each label (label, number, share told right)."""

    examples: int
    judged: int
    top1: float
    top3: float
    sources: tuple[tuple[str, int, float, float], ...]
    labels: tuple[tuple[str, int, float], ...]


class Unlearnt(Struct, frozen=True, kw_only=True):
    """Scores of the judged examples, each by a model that has learnt nothing of its source."""

    labels: tuple[str, ...]
    at: tuple[int, ...]
    scores: tuple[tuple[float, ...], ...]


class _Weights(Struct, frozen=True):
    """What was learnt: the labels, each feature's value, a row of weights and a bias for each label."""

    labels: tuple[str, ...]
    values: dict[str, float]
    rows: Any
    bias: Any


def unlearnt(examples: Sequence[Example], reading: Reading) -> Unlearnt:
    """Scores that say what to expect of unknown writers: each file of messages is judged by a model of all others;
    of the project's own texts each fifth by a model of the other four. Raises `ValueError` as `learn`."""
    _check(examples)
    texts = [_units(e.text, reading) for e in examples]
    labels = tuple(sorted({e.label for e in examples}))
    scores: dict[int, tuple[float, ...]] = {}
    for apart in _parts(examples):
        aside = frozenset(apart)
        rest = [i for i in range(len(examples)) if i not in aside]
        if len({examples[i].label for i in rest}) < 2:
            continue
        weights = _fit([examples[i] for i in rest], [texts[i] for i in rest], reading)
        rows = _matrix([texts[i] for i in apart], weights.values) @ weights.rows.T
        known = {label: at for at, label in enumerate(weights.labels)}
        for i, row in zip(apart, rows, strict=True):
            told = sum(any(feature in weights.values for feature in features) for features in texts[i])
            short = min(1.0, told / ENOUGH)
            score = [float(b + short * s) for b, s in zip(weights.bias, row, strict=True)]
            scores[i] = tuple(score[known[label]] if label in known else -99.0 for label in labels)
    at = tuple(sorted(scores))
    return Unlearnt(labels=labels, at=at, scores=tuple(scores[i] for i in at))


def _parts(examples: Sequence[Example]) -> Iterator[list[int]]:
    """The judged examples, parted into those that are judged together."""
    sources: dict[str, list[int]] = {}
    for i, example in enumerate(examples):
        if example.judged:
            sources.setdefault(example.source, []).append(i)
    whole = len(sources) == 1
    for source, members in sources.items():
        if source and not whole:
            yield members
        else:
            yield from (part for n in range(_FOLDS) if (part := members[n::_FOLDS]))


def learn(
    examples: Sequence[Example], reading: Reading, sources: Sequence[str] = (), judged: Unlearnt | None = None
) -> bytes:
    """A model as `TextModel` reads it; `judged` calibrates its probabilities. Raises `ValueError` when there are
    fewer than two labels."""
    _check(examples)
    temperature = _temperature(judged, examples) if judged is not None and judged.at else 1.0
    weights = _fit(examples, [_units(e.text, reading) for e in examples], reading)
    names = sorted(weights.values)
    rows = []
    for at, name in enumerate(names):
        row = [float(weight) for weight in weights.rows[:, at] * weights.values[name]]
        least = _SMALL * max(map(abs, row))
        rows.append(
            packed([weight if abs(weight) > least else 0.0 for weight in row], weights.values[name] ** 2)
        )
    model = Model(
        labels=weights.labels,
        bias=tuple(round(float(bias), 4) for bias in weights.bias),
        temperature=round(temperature, 3),
        features="\n".join(names),
        rows=b"".join(rows),
        sources=tuple(sources),
    )
    return gzip.compress(msgspec.msgpack.encode(model), 9, mtime=0)


def judge(examples: Sequence[Example], judged: Unlearnt) -> Report:
    """What to expect of a model learnt from `examples`."""
    right, count = Counter[str](), Counter[str]()
    sources: dict[str, list[int]] = {}
    for i, row in zip(judged.at, judged.scores, strict=True):
        ranked = [judged.labels[at] for at in sorted(range(len(row)), key=lambda at: -row[at])[:3]]
        wanted = examples[i].label
        count[wanted] += 1
        right[wanted] += ranked[0] == wanted
        of = sources.setdefault(examples[i].source, [0, 0, 0])
        for at, one in enumerate((1, ranked[0] == wanted, wanted in ranked)):
            of[at] += one
    whole = max(1, len(judged.at))
    return Report(
        examples=len(examples),
        judged=len(judged.at),
        top1=sum(right.values()) / whole,
        top3=sum(of[2] for of in sources.values()) / whole,
        sources=tuple((name, n, first / n, third / n) for name, (n, first, third) in sorted(sources.items())),
        labels=tuple((label, count[label], right[label] / count[label]) for label in sorted(count)),
    )


def _check(examples: Sequence[Example]) -> None:
    if len({e.label for e in examples}) < 2:
        raise ValueError(Sentence("there is nothing to tell apart: give texts of two labels or more"))


def _units(text: str, reading: Reading) -> list[list[str]]:
    return [reading.features(unit) for unit in reading.units(text).all()]


def _matrix(texts: Sequence[list[list[str]]], values: dict[str, float]) -> Any:
    """A row for each text, as long as `TextModel` measures: by all features of all units, not by their sum."""
    from scipy.sparse import csr_matrix

    known = {name: at for at, name in enumerate(sorted(values))}
    ends, columns, data = [0], [], []
    for units in texts:
        counts = Counter(feature for features in units for feature in features if feature in known)
        norm = math.sqrt(sum(n * values[feature] ** 2 for feature, n in counts.items())) or 1.0
        for feature in sorted(counts):
            columns.append(known[feature])
            data.append(counts[feature] * values[feature] / norm)
        ends.append(len(columns))
    return csr_matrix((data, columns, ends), shape=(len(texts), len(known)))


def _fit(examples: Sequence[Example], texts: Sequence[list[list[str]]], reading: Reading) -> _Weights:
    try:
        import numpy
        from sklearn.naive_bayes import ComplementNB, MultinomialNB
        from sklearn.svm import LinearSVC
    except ImportError as error:
        raise ValueError(Sentence("scikit-learn is missing: install kanal-aduan[train]")) from error
    values = _values(texts, reading.worth)
    matrix, labels = _matrix(texts, values), [e.label for e in examples]
    taught = {"sample_weight": numpy.array([e.weight for e in examples])}
    vectors = LinearSVC(C=reading.closeness, random_state=0).fit(matrix, labels, **taught)
    rows, bias = vectors.coef_, vectors.intercept_
    if len(rows) == 1:
        # With two labels scikit-learn keeps only the second's.
        rows, bias = numpy.vstack((-rows[0] / 2, rows[0] / 2)), (-bias[0] / 2, bias[0] / 2)
    for bayes, (voice, alpha) in ((ComplementNB, _COMPLEMENT), (MultinomialNB, _MULTINOMIAL)):
        said = bayes(alpha=alpha).fit(matrix, labels, **taught).feature_log_prob_
        # What a feature says for most labels alike is left out: it changes no odds and would fill the table.
        rows = rows + voice * (said - numpy.median(said, axis=0))
    return _Weights(tuple(str(label) for label in vectors.classes_), values, rows, bias)


def _values(texts: Sequence[list[list[str]]], worth: Callable[[str], tuple[float, int]]) -> dict[str, float]:
    """Each feature that is seen often enough, with its inverse document frequency times its worth."""
    seen: Counter[str] = Counter()
    for units in texts:
        seen.update({feature for features in units for feature in features})
    values = {}
    for feature, count in seen.items():
        weight, least = worth(feature)
        if count >= least:
            values[feature] = weight * (math.log((1 + len(texts)) / (1 + count)) + 1)
    return values


def _temperature(judged: Unlearnt, examples: Sequence[Example]) -> float:
    """The factor that makes the scores' probabilities as true as can be: the least surprise at what was wanted."""

    def surprise(factor: float) -> float:
        total = 0.0
        for i, row in zip(judged.at, judged.scores, strict=True):
            top = max(row)
            whole = sum(math.exp(factor * (value - top)) for value in row)
            total += math.log(whole) - factor * (row[judged.labels.index(examples[i].label)] - top)
        return total

    return min((step / 10 for step in range(2, 101)), key=surprise)
