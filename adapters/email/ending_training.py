"""Learns the weights that `ending.py` adds up, from labelled mails. Needs the extra `train` (scikit-learn).

Each mail is learnt as it is and written out several times (`ending_versions.py`). The same mails in the same order give
the same table.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from adapters.email.ending_features import Cut, cuts, up_to
from adapters.email.ending_versions import Mail, Writer
from adapters.email.quotes import written_now
from adapters.email.signatures import by_rules, prepared, reader_of
from normalizer.sentence import Sentence
from normalizer.weights import packed

#: How closely the weights follow the mails; how seldom a feature may be seen; how much a version counts.
CLOSENESS, LEAST_SEEN, COUNTS = 0.3, 3, 0.3
#: A smaller weight says nothing worth its place in the file.
_LEAST = 0.02
#: A file whose endings the rules find as often as this says nothing of how far to trust them: they were made for it.
_BY_HEART = 0.95


class Example(NamedTuple):
    """The cuts of one mail, which of them is right, whether the rules are believed, and how much it counts."""

    found: list[Cut]
    right: int
    ruled: bool
    counts: float


def mails(rows: Iterable[Mapping[str, str]]) -> Iterator[Mail]:
    """The labelled mails whose `reply_text` is what stands above an ending, or all of it; those of the part `test`
    are left out."""
    for row in rows:
        if row.get("split") == "test" or not row.get("reply_text"):
            continue
        written, brought = written_now(row["text"], row.get("subject", ""))
        lines = prepared(written)
        if any(line.strip() for line in brought) or not any(c.isalnum() for line in lines for c in line):
            continue
        wanted = " ".join(row["reply_text"].split())
        for cut in _cuts(lines):
            if " ".join("\n".join(up_to(lines, cut)).split()) == wanted:
                names = json.loads(row.get("personal") or "[]")
                yield Mail(lines, cut.line, cut.at, tuple(n["text"] for n in names if n["kind"] == "name"))
                break


def _cuts(lines: list[str]) -> list[Cut]:
    return cuts(reader_of(lines), lines, len(by_rules(list(lines))))


def examples(files: Sequence[Iterable[Mapping[str, str]]], seed: int = 1) -> Iterator[Example]:
    """What is learnt from: every mail of the files as it is, and its versions."""
    written = [list(mails(rows)) for rows in files]
    found = [[example for mail in each if (example := _example(mail, 1.0))] for each in written]
    believed = [not _by_heart(each) for each in found]
    for each, ruled in zip(found, believed, strict=True):
        yield from (example._replace(ruled=ruled) for example in each)
    writer = Writer([mail for each in written for mail in each], seed)
    for letters, ruled in zip(written, believed, strict=True):
        for mail in letters:
            for version in writer.versions(mail):
                example = _example(version, COUNTS)
                if example is not None:
                    yield example._replace(ruled=ruled)


def _example(mail: Mail, counts: float) -> Example | None:
    found = _cuts(mail.lines)
    right = next((n for n, cut in enumerate(found) if (cut.line, cut.at) == (mail.line, mail.at)), None)
    return None if right is None else Example(found, right, True, counts)


def _by_heart(found: Sequence[Example]) -> bool:
    right = sum(example.found[example.right].rule.startswith("R=") for example in found)
    return right >= _BY_HEART * len(found)


def learn(files: Sequence[Iterable[Mapping[str, str]]], seed: int = 1) -> bytes:
    """A table as `EndingModel` reads it. Raises `ValueError` when no mail of the files can be learnt from, or
    scikit-learn is missing."""
    try:
        import numpy
        from scipy.optimize import minimize
        from scipy.sparse import csr_matrix
    except ImportError as error:
        raise ValueError(Sentence("scikit-learn is missing: install kanal-aduan[train]")) from error
    learnt = list(examples(files, seed))
    if not learnt:
        raise ValueError(Sentence("there is nothing to learn from: give labelled mails (text, reply_text)"))
    seen = Counter(f for e in learnt for f in {f for cut in e.found for f in cut.features})
    names: dict[str, int] = {}
    rows: list[dict[int, int]] = []
    starts, right = [0], []
    for example in learnt:
        right.append(len(rows) + example.right)
        for cut in example.found:
            counted = Counter(f for f in cut.features if seen[f] >= LEAST_SEEN)
            if example.ruled:
                counted[cut.rule] += 1
            rows.append({names.setdefault(f, len(names)): n for f, n in sorted(counted.items())})
        starts.append(len(rows))
    ends = [0]
    for row in rows:
        ends.append(ends[-1] + len(row))
    values = [float(n) for row in rows for n in row.values()]
    columns = [at for row in rows for at in row]
    matrix = csr_matrix((values, columns, ends), shape=(len(rows), len(names)))
    turned = matrix.T.tocsr()
    first, wanted = numpy.array(starts[:-1]), numpy.array(right)
    counts = numpy.array([example.counts for example in learnt])
    of = numpy.repeat(numpy.arange(len(learnt)), numpy.diff(starts))

    def surprise(weights: Any) -> tuple[float, Any]:
        scores = matrix @ weights
        highest = numpy.maximum.reduceat(scores, first)
        odds = numpy.exp(scores - highest[of])
        whole = numpy.add.reduceat(odds, first)
        missed = (odds / whole[of]) * counts[of]
        missed[wanted] -= counts
        loss = -(counts * (scores[wanted] - highest - numpy.log(whole))).sum()
        return loss + weights @ weights / (2 * CLOSENESS), turned @ missed + weights / CLOSENESS

    found = minimize(surprise, numpy.zeros(len(names)), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return packed({name: float(found.x[at]) for name, at in names.items()}, _LEAST)
