"""Learns the weights of features by logistic regression. Needs the extra `train` (scikit-learn)."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

from normalizer.weights import packed

#: A smaller weight says nothing worth its place in the file.
_LEAST = 0.05


def regression(
    rows: Sequence[Sequence[str]],
    wanted: Sequence[bool],
    *,
    closeness: float,
    least_seen: int,
    seed: int,
    counts: Sequence[float] | None = None,
) -> bytes:
    """A table that tells which rows of features are `wanted`. `closeness`: how closely it follows them (scikit-learn's
    C); `least_seen`: in how many rows a feature stands at least; `counts`: how much each row counts."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    seen = Counter(feature for row in rows for feature in row)
    names = sorted(feature for feature, count in seen.items() if count >= least_seen)
    at = {name: number for number, name in enumerate(names)}
    known = [[at[f] for f in dict.fromkeys(row) if f in at] for row in rows]
    ends = list(itertools.accumulate(map(len, known), initial=0))
    columns = list(itertools.chain.from_iterable(known))
    matrix = csr_matrix(([1.0] * len(columns), columns, ends), shape=(len(rows), len(names)))
    model: Any = LogisticRegression(C=closeness, solver="liblinear", random_state=seed)
    model.fit(matrix, list(wanted), sample_weight=counts)
    return packed(
        dict(zip(names, map(float, model.coef_[0]), strict=True)), _LEAST, float(model.intercept_[0])
    )
