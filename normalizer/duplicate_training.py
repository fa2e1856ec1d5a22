"""Learns how duplicates are known (`duplicate_score.py`) from labelled complaints. Needs the extra `train`.

Every two complaints of one set within the longest window are a pair; a pair is the same where their incidents are.
The same complaints in the same order give the same model.
"""

from __future__ import annotations

import gzip
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec import Struct

from normalizer.duplicate_print import Fingerprint, fingerprint_of
from normalizer.duplicate_reading import Reader, as_written
from normalizer.duplicate_score import FEATURES, Asked, Learned, compare
from normalizer.duplicate_words import canonical, little_words, plain, region_word, things
from normalizer.folding import fold
from normalizer.record import Complaint
from normalizer.sentence import Sentence

#: How closely the weights follow the pairs (scikit-learn's C), and how many parts are judged by the others.
CLOSENESS, FOLDS = 1.0, 8
#: Every complaint is also learnt from as if words were unknown, so many times over: of words that our texts have so
#: many times at most, this share.
VARIANTS = 3
_UNKNOWN = ((3, 0.7), (15, 0.35), (1_000_000, 0.05))
#: What a pair of a labelled file counts beside one of our scenes, which are harder than life; and an altered pair.
_LABELLED, _ALTERED = 2.0, 0.4
_WORD = re.compile(r"[A-Za-z]+")
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
    """How well pairs are told that were not learnt from: precision and recall over those of labelled files, as they
    are and with a part of their words unknown."""

    pairs: int
    same: int
    precision: float
    recall: float
    precision_unknown: float
    recall_unknown: float


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
        written = as_written(text)
        found: dict[str, bool] = {}
        for at, token in enumerate(tokens):
            if token.isdecimal():
                continue
            thing, _ = canonical(plain(token), {})
            found.setdefault(thing, bool(at) and at < len(written) and written[at][0].isupper())
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

    texts = list(texts)
    common = common_words(texts)
    seen = Counter(word for text in texts for word in set(fold(text).split()))
    reader = Reader(b"training", common)
    pairs = [pair for unknown in range(VARIANTS + 1) for pair in _pairs(told, reader, seen, unknown)]
    same = numpy.array([pair.same for pair in pairs])
    if not pairs or same.all() or not same.any():
        raise ValueError(Sentence("there are no pairs of both kinds: label complaints with same_as"))
    features = numpy.array([pair.features for pair in pairs])
    parts = numpy.array([zlib.crc32(pair.part.encode()) for pair in pairs])
    judged = numpy.array([pair.judged for pair in pairs])
    plain = numpy.array([pair.plain for pair in pairs])
    weights = numpy.where(judged, _LABELLED, 1.0) * numpy.where(plain, 1.0, _ALTERED)
    likely = numpy.zeros(len(pairs))
    for train, test in GroupKFold(min(FOLDS, len(set(parts.tolist())))).split(features, same, parts):
        fitted = LogisticRegression(C=CLOSENESS, max_iter=5000)
        fitted.fit(features[train], same[train], sample_weight=weights[train])
        likely[test] = fitted.predict_proba(features[test])[:, 1]
    shares = []
    for chosen in (judged & plain, judged & ~plain):
        said = (likely >= THRESHOLD) & chosen
        right = int((said & same).sum())
        shares += [right / max(1, int(said.sum())), right / max(1, int((same & chosen).sum()))]
    fitted = LogisticRegression(C=CLOSENESS, max_iter=5000).fit(features, same, sample_weight=weights)
    learned = Learned(
        weights={name: round(float(w), 4) for name, w in zip(FEATURES, fitted.coef_[0], strict=True)},
        bias=round(float(fitted.intercept_[0]), 4),
        threshold=THRESHOLD,
        common=common,
    )
    report = Report(
        pairs=int(plain.sum()),
        same=int((same & plain).sum()),
        precision=shares[0],
        recall=shares[1],
        precision_unknown=shares[2],
        recall_unknown=shares[3],
    )
    return gzip.compress(msgspec.msgpack.encode(learned), 9, mtime=0), report


class _Pair(NamedTuple):
    features: tuple[float, ...]
    same: bool
    part: str
    judged: bool
    plain: bool


class _Read(NamedTuple):
    """A complaint with what all its pairs need of it; `names` are the hashes of its names and regions."""

    told: Told
    found: Fingerprint
    asked: Asked
    names: frozenset[int]


def _pairs(told: Sequence[Told], reader: Reader, seen: Mapping[str, int], unknown: int) -> Iterator[_Pair]:
    """Every pair that might be looked at; with `unknown`, as if our tables lacked some of its words."""
    read: list[_Read] = []
    for one in told:
        complaint = _altered(one.complaint, reader, seen, unknown) if unknown else one.complaint
        found, reading = fingerprint_of(complaint, reader)
        names = frozenset(memoryview(found.words).cast("I")[found.counts[0] + found.counts[1] :])
        read.append(_Read(one, found, Asked(found, reading), names))
    for at, later in enumerate(read):
        for earlier in read[:at]:
            if earlier.told.collection != later.told.collection:
                continue
            if abs(later.found.at - earlier.found.at) > _WINDOW:
                continue
            same = earlier.told.incident == later.told.incident
            if same or _near(later, earlier):
                compared = compare(later.asked, earlier.found)
                if compared is not None:
                    yield _Pair(compared.features, same, later.told.part, later.told.judged, not unknown)


def _altered(complaint: Complaint, reader: Reader, seen: Mapping[str, int], seed: int) -> Complaint:
    """The complaint as if our tables lacked some of its words, the rare ones more likely; the same for all complaints.

    Whoever writes tomorrow uses words that our tables lack. Learnt only from texts that they were made for, the weights
    would trust shared words too much, and miss those who say the same in words of their own.
    """

    def unknown(found: re.Match[str]) -> str:
        word = found[0].lower()
        share = next(share for times, share in _UNKNOWN if seen.get(word, 0) <= times)
        if not reader.ordinary(word) or zlib.crc32(f"{seed} {word}".encode()) >= share * 2**32:
            return found[0]
        return f"z{word[::-1][:7]}q"

    return msgspec.structs.replace(complaint, text=_WORD.sub(unknown, complaint.text))


def _near(one: _Read, other: _Read) -> bool:
    """Whether the memory might hand these two to each other; all others would only teach what is plain."""
    here, there = one.found, other.found
    within = here.region.startswith(there.region) or there.region.startswith(here.region)
    return (
        (within and bool(here.region and there.region))
        or not one.names.isdisjoint(other.names)
        or not one.asked.senders.isdisjoint(other.asked.senders)
        or not set(one.asked.photos).isdisjoint(other.asked.photos)
        or (here.latitude is not None and there.latitude is not None)
    )
