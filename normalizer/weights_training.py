"""Learns the weights of features by logistic regression. Needs the extra `train` (scikit-learn)."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from normalizer.weights import packed

#: A smaller weight says nothing worth its place in the file.
_LEAST = 0.05


class Example(Struct, frozen=True):
    """What is seen of one thing, whether it is what is looked for, and what it counts."""

    features: tuple[str, ...]
    wanted: bool
    weight: float = 1.0


def regression(found: Sequence[Example], *, closeness: float, least_seen: int, seed: int) -> bytes:
    """A table that tells which examples are wanted. `closeness`: how closely it follows them (scikit-learn's C);
    `least_seen`: in how many examples a feature stands at least."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    seen = Counter(feature for one in found for feature in one.features)
    names = sorted(feature for feature, count in seen.items() if count >= least_seen)
    at = {name: number for number, name in enumerate(names)}
    known = [[at[f] for f in dict.fromkeys(one.features) if f in at] for one in found]
    ends = list(itertools.accumulate(map(len, known), initial=0))
    columns = list(itertools.chain.from_iterable(known))
    matrix = csr_matrix(([1.0] * len(columns), columns, ends), shape=(len(found), len(names)))
    model: Any = LogisticRegression(C=closeness, solver="liblinear", random_state=seed)
    model.fit(matrix, [one.wanted for one in found], sample_weight=[one.weight for one in found])
    return packed(
        dict(zip(names, map(float, model.coef_[0]), strict=True)), _LEAST, float(model.intercept_[0])
    )
