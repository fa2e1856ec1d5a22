"""How likely two complaints tell of the same: a few features with written-down weights (logistic regression).

Where they agree about the place is one number from 0 to 1 (every agreement leaves less doubt), where they contradict
each other another; what the matter is, the words that they share, the time between them, sender and photos follow.
`duplicate_training.py` finds the weights from pairs that people labelled.
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Collection
from operator import mul
from pathlib import Path

import msgspec
from msgspec import Struct

from normalizer.duplicate_print import Fingerprint
from normalizer.duplicate_reading import Reading
from normalizer.duplicate_words import Slot, lasting
from normalizer.gazetteer import DATA, metres

MODEL = DATA / "duplicate_model.gz"

#: The features, in the order of the weights.
FEATURES = (
    "place", "place_cubed", "contradiction", "contradictions", "names_share", "names_none", "marks_left",
    "regions_left", "sorts_left", "photo", "sender", "topic", "topic_other", "matter", "matter_left", "matter_none",
    "words_alike", "words_within", "words", "place_topic", "late", "late_squared", "again", "soon", "text", "vague",
)  # fmt: skip
#: The length of a kecamatan's code; a longer one is a kelurahan's.
_KECAMATAN = len("31.71.01")
#: After so many times what a category's trouble usually lasts it is another one.
_OVER = 1.5
#: Less agreement about the place is none: a kelurahan with a word more is needed, or a street, a landmark, a number.
_SOMEWHERE = 0.3
#: The worth of the words in a long text, and how much of it a copy has.
_LONG_COPY, _NEARLY = 10.0, 0.8
#: A category of unknown lasting.
_UNKNOWN = (336.0, False)
_SOME, _LIKELY, _FEW_WORDS = 0.2, 0.3, 2.0
#: Two pictures with at most so many different bits are copies of one.
SAME_PHOTO = 8
#: How much an agreement in a slot is worth, and how much a contradiction weighs.
_NUMBERS: dict[int, tuple[float, float]] = {
    Slot.STREET_NUMBER: (0.4, 0.9),
    Slot.HOUSE: (0.5, 0.9),
    Slot.RT: (0.6, 0.9),
    Slot.RW: (0.35, 0.9),
    Slot.KM: (0.5, 0.9),
    Slot.BLOCK: (0.4, 0.8),
    Slot.ROUTE: (0.4, 0.8),
    Slot.SCHOOL_NUMBER: (0.6, 1.0),
    Slot.PLATE: (0.95, 1.0),
    Slot.LEVEL: (0.1, 1.0),
    Slot.SORT: (0.05, 0.15),
}
_STREET, _NEAR, _SORT = int(Slot.STREET), int(Slot.NEAR), int(Slot.SORT)
_COARSE = frozenset((int(Slot.LEVEL), _SORT))
_STREET_WORTH, _LANDMARK_WORTH = 0.6, 0.55
_CLASH = {_STREET: 0.9, _NEAR: 0.7}
_LANDMARK_CLASH = 0.8
_MOST_NAMES = 3
_NAME = 3.0


class Learned(Struct, frozen=True, kw_only=True):
    """What was learnt: weights by feature, the threshold from which a link is said, and the ordinary words."""

    weights: dict[str, float]
    bias: float
    threshold: float
    common: dict[str, float]


def load(path: Path = MODEL) -> Learned:
    """Raises `ValueError` with the cure when the file is no such model."""
    try:
        learned = msgspec.msgpack.decode(gzip.decompress(path.read_bytes()), type=Learned)
    except (OSError, EOFError, zlib.error, msgspec.MsgspecError) as error:
        raise ValueError(
            f"{path} does not tell how duplicates are known ({error}); kanal train duplicate"
        ) from error
    if set(learned.weights) != set(FEATURES):
        raise ValueError(f"{path} was learnt for other features; make it anew with: kanal train duplicate")
    return learned


class Asked:
    """A complaint ready to be compared with many. `own` has the sort and the weight of every hash."""

    __slots__ = ("fine", "found", "named", "numbers", "own", "photos", "regions", "senders", "top")

    def __init__(self, found: Fingerprint, reading: Reading) -> None:
        self.found = found
        self.own: dict[int, tuple[int, float]] = {}
        for sort, words in enumerate((reading.matters, reading.words, reading.names, reading.regions)):
            self.own.update((hashed, (sort, weight)) for hashed, weight in words.items())
        self.regions = reading.regions.keys()
        self.numbers = {slot: marks for slot, marks in reading.marks.items() if slot in _NUMBERS}
        self.named = {slot: marks for slot, marks in reading.marks.items() if slot not in _NUMBERS}
        self.fine = {mark for slot, marks in reading.marks.items() if slot not in _COARSE for mark in marks}
        self.senders = frozenset(memoryview(found.senders).cast("Q"))
        self.photos = tuple(memoryview(found.photos).cast("Q"))
        self.top = max(found.topics, key=found.topics.__getitem__) if found.topics else ""


class Compared(Struct, frozen=True):
    """Two complaints side by side: features, what agrees (`DuplicateLink.reasons`), the hashes that both have, and
    whether they may be of one incident at all, however alike they are: not too late, and in some way of one place (or
    the copy of a long text)."""

    features: tuple[float, ...]
    reasons: tuple[str, ...]
    shared: tuple[int, ...]
    possible: bool


class Scorer:
    """Probabilities from features."""

    def __init__(self, learned: Learned) -> None:
        self.threshold = learned.threshold
        self._bias = learned.bias
        self._weights = tuple(learned.weights[name] for name in FEATURES)

    def probability(self, features: tuple[float, ...]) -> float:
        score = self._bias + sum(map(mul, self._weights, features))
        return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, score))))


def same_photo(ours: Collection[int], theirs: Collection[int]) -> bool:
    return any((one ^ other).bit_count() <= SAME_PHOTO for one in ours for other in theirs)


def compare(asked: Asked, other: Fingerprint) -> Compared:
    """Everything that speaks for and against one incident."""
    mine, own = asked.found, asked.own
    reasons: list[str] = []
    words = memoryview(other.words).cast("I").tolist()
    theirs = set(words)
    their_regions = words[sum(other.counts) :]
    shared = own.keys() & theirs
    common = [0.0, 0.0, 0.0, 0.0]
    for hashed in shared:
        sort, weight = own[hashed]
        common[sort] += weight
    common_matters, common_names = common[0], common[2]
    common_words = common[1] + common_matters

    topic, topic_other, top = _topics(asked, other)
    mine_matters, mine_words, mine_names = mine.weights
    their_matters, their_words, their_names = other.weights
    left = min(mine_matters, their_matters) - common_matters
    all_mine, all_theirs = mine_matters + mine_words, their_matters + their_words
    union = all_mine + all_theirs - common_words

    hours, area = lasting().get(asked.top or top, _UNKNOWN)
    if top and top != asked.top:
        other_hours, other_area = lasting().get(top, _UNKNOWN)
        hours, area = min(hours, other_hours), area or other_area
    area = area and (topic > _SOME or common_matters > 0)
    agree: list[float] = []
    clash: list[float] = []
    _regions(mine, other, sum(1 for h in their_regions if h in own), area, agree, clash, reasons)
    if mine.latitude is not None and other.latitude is not None:
        _points(mine, other, area, agree, clash, reasons)
    marks_left = sorts_left = False
    if other.marks and asked.found.marks:
        marks_left, sorts_left = _marks(asked, other.marks, theirs, agree, clash, reasons)
    agree += [0.4] * int(min(_MOST_NAMES, common_names / _NAME))
    sender = bool(asked.senders) and not asked.senders.isdisjoint(memoryview(other.senders).cast("Q"))
    photo = bool(asked.photos) and same_photo(asked.photos, memoryview(other.photos).cast("Q"))
    # A photo shows the place; who wrote before mostly means the same place.
    if photo:
        agree.append(0.95)
        reasons.insert(0, "photo")
    if sender:
        agree.append(0.5)
        reasons.insert(0, "sender")
    doubt = 1.0
    for worth in agree:
        doubt *= 1.0 - worth
    place = 1.0 - doubt
    regions_left = (
        len(their_regions) > 0
        and (mine.region != other.region or len(mine.region) <= _KECAMATAN)
        and not asked.regions <= theirs
        and not own.keys() >= set(their_regions)
    )

    if regions_left and not (mine.region and other.region):
        clash.append(0.6)
    apart = abs(mine.at - other.at) / 3600
    late = max(0.0, min(3.0, apart / hours) - 0.4)
    later = mine if mine.at >= other.at else other
    if topic > _LIKELY or common_matters > 0:
        reasons.append("topic")
    if common_words > _FEW_WORDS:
        reasons.append("words")
    copy = common_words >= _LONG_COPY and common_words > _NEARLY * union
    features = (
        place,
        place**3,
        max(clash, default=0.0),
        min(2.0, sum(clash)),
        common_names / max(_NAME, min(mine_names, their_names)),
        min(mine_names, their_names, 6.0) / 6 if not common_names else 0.0,
        1.0 if marks_left else 0.0,
        1.0 if regions_left else 0.0,
        1.0 if sorts_left else 0.0,
        1.0 if photo else 0.0,
        1 - topic_other if sender and (topic > _SOME or not asked.top or not top) else 0.0,
        topic,
        topic_other,
        min(4.0, common_matters) / 2,
        min(3.0, max(0.0, left)) / (1 + common_matters),
        1 - topic if mine_matters and their_matters and not common_matters else 0.0,
        common_words / max(3.0, union),
        common_words / max(3.0, min(all_mine, all_theirs)),
        min(common_words, 10.0) / 5,
        place * topic,
        late,
        late * late,
        min(1.0, apart / 24) if later.again else 0.0,
        1.0 if apart < 3 else 0.0,
        1.0 if copy else 0.0,
        max(0.0, 5 - min(all_mine + mine_names, all_theirs + their_names)) / 5,
    )
    possible = apart <= _OVER * hours and (place >= _SOMEWHERE or copy)
    return Compared(features, tuple(dict.fromkeys(reasons)), tuple(shared), possible)


def _topics(asked: Asked, other: Fingerprint) -> tuple[float, float, str]:
    """The probability of one category for both, that of another one for each, and the other's likeliest."""
    mine, theirs = asked.found.topics, other.topics
    if not theirs:
        return 0.0, 0.0, ""
    topic = sum(likely * theirs[code] for code, likely in mine.items() if code in theirs)
    top = next(iter(theirs)) if len(theirs) == 1 else max(theirs, key=theirs.__getitem__)
    if not asked.top or asked.top == top:
        return topic, 0.0, top
    return topic, max(0.0, mine[asked.top] * theirs[top] - topic), top


def _regions(
    mine: Fingerprint,
    other: Fingerprint,
    words: int,
    area: bool,
    agree: list[float],
    clash: list[float],
    reasons: list[str],
) -> None:
    """What the regions say for and against: their codes, and where one is unknown the words of their names."""
    one, two = mine.region, other.region
    if one and one == two and len(one) > _KECAMATAN:
        agree.append(0.75 if area else 0.35)
        reasons.append("region")
    elif one and two and (one.startswith(two) or two.startswith(one)):
        agree.append(min(0.6, 0.25 * words + 0.15) if area else 0.1 + 0.1 * min(words, 2))
        if not words:
            clash.append(0.1)
    elif one and two:
        clash.append(min(1.0, min(mine.sure, other.sure) / 80))
    elif words:
        agree.append(min(0.6, 0.3 * words) if area else min(0.35, 0.15 * words))
    if (mine.inside == 0) != (other.inside == 0):
        clash.append(0.5)


def _points(
    mine: Fingerprint,
    other: Fingerprint,
    area: bool,
    agree: list[float],
    clash: list[float],
    reasons: list[str],
) -> None:
    """What two points say: metres apart."""
    if mine.latitude is None or mine.longitude is None or other.latitude is None or other.longitude is None:
        return
    away = metres(mine.latitude, mine.longitude, other.latitude, other.longitude)
    if away < 200:
        agree.append(0.9 if away < 80 else 0.7)
        reasons.append("point")
    elif away >= 400:
        clash.append(0.4 if area and away < 1500 else 1.0)


def _marks(
    asked: Asked,
    packed: bytes,
    theirs: set[int],
    agree: list[float],
    clash: list[float],
    reasons: list[str],
) -> tuple[bool, bool]:
    """Slot by slot: the same name or number agrees, another one in the same slot contradicts. Whether each has a mark
    that the other knows nothing of, and whether they speak of different sorts of landmarks."""
    own = asked.own
    named: dict[int, list[int]] = {}
    fine: set[int] = set()
    disagreeing: set[int] = set()
    agreeing: set[int] = set()
    for mark in memoryview(packed).cast("Q").tolist():
        slot, value = mark >> 32, mark & 0xFFFFFFFF
        if slot not in _COARSE:
            fine.add(value)
        if slot not in _NUMBERS:
            named.setdefault(slot, []).append(value)
        elif slot in asked.numbers:
            (agreeing if value in asked.numbers[slot] else disagreeing).add(slot)
    for slot in agreeing:
        agree.append(_NUMBERS[slot][0])
        if slot not in _COARSE:
            reasons.append("number")
    sorts = _SORT in disagreeing and _SORT not in agreeing
    clash += [_NUMBERS[slot][1] for slot in disagreeing - agreeing]
    for slot in asked.named.keys() | named.keys():
        one, two = asked.named.get(slot), named.get(slot)
        here = sum(1 for h in one if h in theirs) / len(one) if one else 0.0
        there = sum(1 for h in two if h in own) / len(two) if two else 0.0
        covered = max(here, there)
        street = slot == _STREET
        if one and two and here < 1.0 and there < 1.0:
            clash.append(_CLASH.get(slot, _LANDMARK_CLASH))
        elif covered >= 0.5:
            worth = _STREET_WORTH if street else _LANDMARK_WORTH
            agree.append(worth if covered > 0.99 else worth / 2)
            if covered < 0.99:
                clash.append(0.3)
            reasons.append("street" if street else "landmark")
        else:
            clash.append(0.25 if street else 0.05)
    left = any(m not in theirs and m not in fine for m in asked.fine) and any(
        m not in own and m not in asked.fine for m in fine
    )
    return left, sorts
