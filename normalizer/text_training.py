"""Learns the weights that `text_model.py` adds up, from labelled texts. Needs the extra `train` (scikit-learn).

Multinomial logistic regression over tf-idf, with each text's length as the model measures it, so that what is learnt
is exactly what is judged later. The same texts in the same order give the same model.
"""

from __future__ import annotations

import gzip
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from normalizer.text_model import Model, Reading

#: How closely the weights follow the examples (scikit-learn's C), and how seldom a feature may be seen.
CLOSENESS, LEAST_SEEN = 30.0, 2
#: Weights smaller than this part of a feature's largest say nothing worth their place in the file.
_SMALL = 0.08
_FOLDS = 5


class Example(Struct, frozen=True, kw_only=True):
    """A labelled text. `judged`: it also serves to judge (a whole message, not a bare term)."""

    text: str
    label: str
    weight: float = 1.0
    judged: bool = False


class Report(Struct, frozen=True, kw_only=True):
    """How well texts are told that were not learnt from (five folds): shares of all, and for each label
    (label, number of texts, share told right)."""

    examples: int
    judged: int
    top1: float
    top3: float
    labels: tuple[tuple[str, int, float], ...]


def learn(examples: Sequence[Example], reading: Reading, sources: Sequence[str] = ()) -> bytes:
    """A model as `TextModel` reads it. Raises `ValueError` when there are fewer than two labels."""
    _check(examples)
    judged = [i for i, e in enumerate(examples) if e.judged]
    temperature = 1.0
    if len(judged) >= 2 * _FOLDS:
        temperature = _temperature(*folds(examples, judged, reading), [examples[i].label for i in judged])
    idf, model = _fit(examples, reading)
    names = sorted(idf)
    labels = tuple(str(label) for label in model.classes_)
    rows = _rows(model)
    table = []
    for at, _ in enumerate(names):
        row = rows[:, at] * idf[names[at]]
        least = _SMALL * max(abs(float(w)) for w in row)
        table.append(tuple((c, round(float(w), 3)) for c, w in enumerate(row) if abs(w) > least))
    return gzip.compress(
        msgspec.msgpack.encode(
            Model(
                labels=labels,
                bias=tuple(round(float(b), 4) for b in _bias(model)),
                temperature=round(temperature, 3),
                features="\n".join(names),
                squares=tuple(round(idf[name] ** 2, 3) for name in names),
                weights=tuple(table),
                sources=tuple(sources),
            )
        ),
        9,
        mtime=0,
    )


def judge(examples: Sequence[Example], reading: Reading) -> Report:
    """What to expect of a model learnt from `examples`, by judging each fifth with a model of the others."""
    _check(examples)
    judged = [i for i, e in enumerate(examples) if e.judged]
    labels, scores = folds(examples, judged, reading)
    first, third, right, count = 0, 0, Counter[str](), Counter[str]()
    for i, row in zip(judged, scores, strict=True):
        ranked = [labels[at] for at in sorted(range(len(labels)), key=lambda at: -row[at])[:3]]
        wanted = examples[i].label
        count[wanted] += 1
        first += ranked[0] == wanted
        right[wanted] += ranked[0] == wanted
        third += wanted in ranked
    whole = max(1, len(judged))
    each = tuple((label, count[label], right[label] / count[label]) for label in sorted(count))
    return Report(
        examples=len(examples), judged=len(judged), top1=first / whole, top3=third / whole, labels=each
    )


def _check(examples: Sequence[Example]) -> None:
    if len({e.label for e in examples}) < 2:
        raise ValueError("there is nothing to tell apart: give texts of two labels or more")


def _units(text: str, reading: Reading) -> list[list[str]]:
    return [reading.features(unit) for unit in reading.units(text)]


def _row(units: Iterable[list[str]], idf: dict[str, float]) -> dict[str, float]:
    """The features of a text, as long together as `TextModel` measures: by units, not by their sum."""
    counts: Counter[str] = Counter()
    square = 0.0
    for features in units:
        for feature in features:
            value = idf.get(feature)
            if value is not None:
                counts[feature] += 1
                square += value * value
    norm = math.sqrt(square) or 1.0
    return {feature: count * idf[feature] / norm for feature, count in counts.items()}


def _fit(examples: Sequence[Example], reading: Reading) -> tuple[dict[str, float], Any]:
    try:
        from sklearn.feature_extraction import DictVectorizer
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise ValueError("scikit-learn is missing: install kanal-aduan[train]") from error
    texts = [_units(e.text, reading) for e in examples]
    seen: Counter[str] = Counter()
    for units in texts:
        seen.update({feature for features in units for feature in features})
    idf = {f: math.log((1 + len(texts)) / (1 + n)) + 1 for f, n in seen.items() if n >= LEAST_SEEN}
    vectors = DictVectorizer(sparse=True, sort=True)
    vectors.fit([dict.fromkeys(idf, 1.0)])
    matrix = vectors.transform([_row(units, idf) for units in texts])
    model = LogisticRegression(C=CLOSENESS, max_iter=500)
    model.fit(matrix, [e.label for e in examples], sample_weight=[e.weight for e in examples])
    model.vectors_ = vectors
    return idf, model


def _rows(model: Any) -> Any:
    """A row of weights for each label; with two labels scikit-learn keeps only the second's."""
    rows = model.coef_
    return rows if len(rows) > 1 else _both(rows)


def _bias(model: Any) -> Any:
    bias = model.intercept_
    return bias if len(bias) > 1 else (-bias[0] / 2, bias[0] / 2)


def _both(rows: Any) -> Any:
    import numpy

    return numpy.vstack((-rows[0] / 2, rows[0] / 2))


def folds(
    examples: Sequence[Example], judged: Sequence[int], reading: Reading
) -> tuple[list[str], list[list[float]]]:
    """The labels, and for each of the `judged` its scores by a model that has not learnt it."""
    labels = sorted({e.label for e in examples})
    scores: dict[int, list[float]] = {}
    for fold in range(_FOLDS):
        apart = set(judged[fold::_FOLDS])
        if not apart:
            continue
        idf, model = _fit([e for i, e in enumerate(examples) if i not in apart], reading)
        rows, bias = _rows(model), _bias(model)
        matrix = model.vectors_.transform(
            [_row(_units(examples[i].text, reading), idf) for i in sorted(apart)]
        )
        known = {str(label): at for at, label in enumerate(model.classes_)}
        for i, row in zip(sorted(apart), matrix @ rows.T + bias, strict=True):
            scores[i] = [float(row[known[label]]) if label in known else -99.0 for label in labels]
    return labels, [scores[i] for i in judged]


def _temperature(labels: Sequence[str], scores: Sequence[Sequence[float]], wanted: Sequence[str]) -> float:
    """The factor that makes the scores' probabilities as true as can be: the least surprise at what was wanted."""

    def surprise(factor: float) -> float:
        total = 0.0
        for row, label in zip(scores, wanted, strict=True):
            top = max(row)
            whole = sum(math.exp(factor * (value - top)) for value in row)
            total += math.log(whole) - factor * (row[labels.index(label)] - top)
        return total

    return min((step / 20 for step in range(4, 61)), key=surprise)
