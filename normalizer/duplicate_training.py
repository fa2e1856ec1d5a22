"""Learns how duplicates are known (`duplicate_score.py`) from labelled complaints. Needs the extra `train`.

Every two complaints of one set within the longest window are a pair; a pair is the same where their incidents are.
The same complaints in the same order give the same model.
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec import Struct

from normalizer.duplicate_print import Fingerprint, fingerprint_of
from normalizer.duplicate_reading import Reader, capitals
from normalizer.duplicate_score import FEATURES, Asked, Learned, compare
from normalizer.duplicate_words import canonical, little_words, plain, region_word, things
from normalizer.folding import fold
from normalizer.record import Complaint

#: How closely the weights follow the pairs (scikit-learn's C), and how many parts are judged by the others.
CLOSENESS, FOLDS = 1.0, 8
#: A link is said from this probability on.
THRESHOLD = 0.5
#: A word that our texts write with a capital more often than this is a name.
_CAPITALS = 0.4
_LEAST_WORDS, _LEAST_SEEN = 4, 2
_LITTLE, _HEAVIEST = 0.05, 2.0
_WINDOW = 14 * 24 * 3600


class Told(Struct, frozen=True):
    """A complaint to learn from, normalised. Only those of one `collection` are compared; `incident` is what it tells
    of, and `part` is judged as a whole by what was learnt from the others."""

    complaint: Complaint
    collection: str
    incident: str
    part: str
    judged: bool = True


class Report(Struct, frozen=True, kw_only=True):
    """How well pairs are told that were not learnt from: precision and recall over those of labelled files."""

    pairs: int
    same: int
    precision: float
    recall: float


def common_words(texts: Iterable[str]) -> dict[str, float]:
    """What each ordinary word (canonical) of `texts` is worth: the rarer, the more."""
    seen: Counter[str] = Counter()
    named: Counter[str] = Counter()
    count = 0
    single, _ = things()
    known = {thing for thing, _ in single.values()}
    for text in texts:
        tokens = fold(text).split()
        if len(tokens) < _LEAST_WORDS:
            continue
        count += 1
        written = capitals(text)
        found: dict[str, bool] = {}
        for at, token in enumerate(tokens):
            if token.isdecimal():
                continue
            thing, _ = canonical(plain(token), {})
            found.setdefault(thing, bool(at) and at < len(written) and written[at])
        seen.update(found.keys())
        named.update(thing for thing, capital in found.items() if capital)
    worth = {}
    for thing, times in seen.items():
        if thing in little_words():
            worth[thing] = _LITTLE
        elif thing in known or (
            times >= _LEAST_SEEN and named[thing] <= _CAPITALS * times and not region_word(thing)
        ):
            worth[thing] = round(min(_HEAVIEST, max(_LITTLE, 0.5 * (math.log(count / times) - 1.2))), 2)
    return dict(sorted(worth.items()))


def learn(told: Sequence[Told], texts: Iterable[str]) -> tuple[bytes, Report]:
    """The model as `duplicate_score.load` reads it, and its report. `texts` are ordinary complaints, from which the
    worth of words is counted. Raises `ValueError` when there is nothing to learn."""
    import numpy
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    common = common_words(texts)
    pairs = list(_pairs(told, Reader(b"training", common)))
    same = numpy.array([pair[1] for pair in pairs])
    if not pairs or same.all() or not same.any():
        raise ValueError("there are no pairs of both kinds: label complaints with same_as")
    features = numpy.array([pair[0] for pair in pairs])
    parts = numpy.array([zlib.crc32(pair[2].encode()) for pair in pairs])
    judged = numpy.array([pair[3] for pair in pairs])
    likely = numpy.zeros(len(pairs))
    folds = min(FOLDS, len(set(parts.tolist())))
    for train, test in GroupKFold(folds).split(features, same, parts):
        fitted = LogisticRegression(C=CLOSENESS, max_iter=5000).fit(features[train], same[train])
        likely[test] = fitted.predict_proba(features[test])[:, 1]
    said = (likely >= THRESHOLD) & judged
    right = int((said & same).sum())
    fitted = LogisticRegression(C=CLOSENESS, max_iter=5000).fit(features, same)
    learned = Learned(
        weights={name: round(float(w), 4) for name, w in zip(FEATURES, fitted.coef_[0], strict=True)},
        bias=round(float(fitted.intercept_[0]), 4),
        threshold=THRESHOLD,
        common=common,
    )
    report = Report(
        pairs=len(pairs),
        same=int(same.sum()),
        precision=right / max(1, int(said.sum())),
        recall=right / max(1, int((same & judged).sum())),
    )
    return gzip.compress(msgspec.msgpack.encode(learned), 9, mtime=0), report


def _pairs(told: Sequence[Told], reader: Reader) -> Iterator[tuple[tuple[float, ...], bool, str, bool]]:
    """Features, whether it is the same, the part, and whether it is judged, of every pair that might be looked at."""
    read: list[tuple[Told, Fingerprint, Asked]] = []
    for one in told:
        found, reading = fingerprint_of(one.complaint, reader)
        read.append((one, found, Asked(found, reading)))
    for at, (later, found, asked) in enumerate(read):
        for earlier, other, _ in read[:at]:
            if earlier.collection != later.collection or abs(found.at - other.at) > _WINDOW:
                continue
            same = earlier.incident == later.incident
            if same or _near(found, other):
                compared = compare(asked, other)
                if compared.possible:
                    yield compared.features, same, later.part, later.judged


def _near(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether the memory might hand these two to each other; all others would only teach what is plain."""
    if (
        one.region
        and other.region
        and (one.region.startswith(other.region) or other.region.startswith(one.region))
    ):
        return True
    named = (set(memoryview(p.words).cast("I")[p.counts[0] + p.counts[1] :]) for p in (one, other))
    if set.intersection(*named):
        return True
    senders = set(memoryview(one.senders).cast("Q")) & set(memoryview(other.senders).cast("Q"))
    photos = set(memoryview(one.photos).cast("Q")) & set(memoryview(other.photos).cast("Q"))
    return bool(senders or photos) or (one.latitude is not None and other.latitude is not None)
