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
from normalizer.sentence import Sentence

MODEL = DATA / "duplicate_model.gz"

#: The features, in the order of the weights.
FEATURES = (
    "place", "place_cubed", "precise", "contradiction", "contradictions", "marks_left", "regions_left", "sorts_left",
    "numbers_left", "photo", "sender", "topic", "topic_alike", "topic_other", "place_topic", "matter", "matter_left",
    "matter_more", "words_alike", "words", "time", "late", "late_squared", "again",
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
#: Of 100: a region that is believed.
_SURE = 65
_PRECISE = 0.8
_SOME, _LIKELY, _FEW_WORDS = 0.2, 0.3, 2.0
_SOME_OF_BOTH = 0.05
#: Two pictures with at most so many different bits are copies of one.
SAME_PHOTO = 8
#: How much an agreement in a slot is worth, and how much a contradiction weighs.
_IN_NUMBERS: dict[Slot, tuple[float, float]] = {
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
# Plain numbers: an enum is slow to look up.
_NUMBERS = {int(slot): worth for slot, worth in _IN_NUMBERS.items()}
_STREET, _NEAR, _SORT, _LEVEL = int(Slot.STREET), int(Slot.NEAR), int(Slot.SORT), int(Slot.LEVEL)
_STREET_NUMBER = int(Slot.STREET_NUMBER)
_ON_STREET = frozenset((int(Slot.HOUSE), int(Slot.STREET_NUMBER)))
_COARSE = frozenset((_LEVEL, _SORT))
#: Another number here is another place, whatever else agrees: of near 300 pairs of one incident none had one. A trouble
#: that a neighbourhood shares is told from several RT and houses.
_TELLING = frozenset(map(int, (Slot.PLATE, Slot.KM, Slot.SCHOOL_NUMBER, Slot.LEVEL, Slot.ROUTE)))
_TELLING_ALONE = _TELLING | set(map(int, (Slot.RT, Slot.RW, Slot.HOUSE, Slot.STREET_NUMBER, Slot.BLOCK)))
_STREET_WORTH, _LANDMARK_WORTH, _REGION_WORTH = 0.6, 0.55, 0.3
#: The sort of words of regions in `Asked.own`.
_REGIONS = 3
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
            Sentence(
                "{path} does not tell how duplicates are known ({why}); kanal train duplicate",
                path=path,
                why=error,
            )
        ) from error
    if set(learned.weights) != set(FEATURES):
        raise ValueError(
            Sentence(
                "{path} was learnt for other features; make it anew with: kanal train duplicate", path=path
            )
        )
    return learned


class Asked:
    """A complaint ready to be compared with many. `own` has the sort and the weight of every hash."""

    __slots__ = ("fine", "found", "lasting", "named", "numbers", "own", "photos", "regions", "senders", "top")

    def __init__(self, found: Fingerprint, reading: Reading) -> None:
        self.found = found
        self.own: dict[int, tuple[int, float]] = {}
        for sort, words in enumerate((reading.matters, reading.words, reading.names, reading.regions)):
            for hashed, weight in words.items():
                # Who lives in Gang Buntu and has a clogged drain says "buntu" as both.
                self.own.setdefault(hashed, (sort, weight))
        self.regions = reading.regions.keys()
        self.lasting = {
            hashed: reading.lasting[hashed] for hashed in reading.lasting.keys() & self.own.keys()
        }
        self.numbers = {slot: marks for slot, marks in reading.marks.items() if slot in _NUMBERS}
        self.named = {slot: marks for slot, marks in reading.marks.items() if slot not in _NUMBERS}
        self.fine = {mark for slot, marks in reading.marks.items() if slot not in _COARSE for mark in marks}
        self.senders = frozenset(memoryview(found.senders).cast("Q"))
        self.photos = tuple(memoryview(found.photos).cast("Q"))
        self.top = max(found.topics, key=found.topics.__getitem__) if found.topics else ""


class Compared(Struct, frozen=True):
    """Two complaints side by side: features, what agrees (`DuplicateLink.reasons`), and the hashes that both have."""

    features: tuple[float, ...]
    reasons: tuple[str, ...]
    shared: tuple[int, ...]


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


def kecamatan_of(found: Fingerprint) -> str:
    """The code of the kecamatan in which it surely lies, or empty: what surely lies in two is not the same."""
    sure = len(found.region) >= _KECAMATAN and found.sure >= _SURE
    return found.region[:_KECAMATAN] if sure else ""


def compare(asked: Asked, other: Fingerprint) -> Compared | None:
    """Everything that speaks for and against one incident. None where they cannot be of one, however alike they are:
    too late, or in no way of one place (and no copy of a long text)."""
    mine, own = asked.found, asked.own
    topic, alike, topic_other, top = _topics(asked, other)
    hours, area = lasting().get(asked.top or top, _UNKNOWN)
    if top and top != asked.top:
        other_hours, other_area = lasting().get(top, _UNKNOWN)
        # One of the two is judged wrongly where both are of one kind: what both may be counts.
        hours = _both_last(mine.topics, other.topics) if topic > _SOME_OF_BOTH else min(hours, other_hours)
        area = area or other_area
    apart = abs(mine.at - other.at) / 3600
    if apart > _OVER * hours and not asked.lasting:
        return None

    words = memoryview(other.words).cast("I").tolist()
    theirs = set(words)
    if asked.lasting:
        # A cable hangs for weeks, although an outage lasts hours.
        hours = max((lasts for hashed, lasts in asked.lasting.items() if hashed in theirs), default=hours)
        if apart > _OVER * hours:
            return None
    shared = own.keys() & theirs
    common = [0.0, 0.0, 0.0, 0.0]
    for hashed in shared:
        sort, weight = own[hashed]
        common[sort] += weight
    matters = common[0]
    both = common[1] + matters
    more_matters, all_mine = mine.weights[0], mine.weights[0] + mine.weights[1]
    their_matters, all_theirs = other.weights[0], other.weights[0] + other.weights[1]
    union = all_mine + all_theirs - both

    reasons: list[str] = []
    where = _Where(area and (topic > _SOME or matters > 0), reasons)
    where.photo = bool(asked.photos) and same_photo(asked.photos, memoryview(other.photos).cast("Q"))
    where.sender = bool(asked.senders) and not asked.senders.isdisjoint(memoryview(other.senders).cast("Q"))
    where.compare(asked, other, theirs, words[sum(other.counts) :])
    where.agree += [0.4] * int(min(_MOST_NAMES, common[2] / _NAME))
    place = where.place()
    copy = both >= _LONG_COPY and both > _NEARLY * union
    if where.another or (place < _SOMEWHERE and not copy):
        return None

    # The category may be judged wrongly; two who name the same thing tell of the same.
    same = max(topic, min(1.0, matters / 2))
    late = max(0.0, min(3.0, apart / hours) - 0.4)
    later = mine if mine.at >= other.at else other
    if topic > _LIKELY or matters > 0:
        reasons.append("topic")
    if both > _FEW_WORDS:
        reasons.append("words")
    features = (
        place,
        place**3,
        1.0 if place > _PRECISE else 0.0,
        max(where.clash, default=0.0),
        min(2.0, sum(where.clash)),
        1.0 if where.marks_left else 0.0,
        1.0 if where.regions_left else 0.0,
        1.0 if where.sorts_left else 0.0,
        1.0 if where.numbers_left else 0.0,
        1.0 if where.photo else 0.0,
        1 - topic_other if where.sender and (topic > _SOME or not asked.top or not top) else 0.0,
        same,
        alike,
        topic_other / (1 + matters),
        place * same,
        min(4.0, matters) / 2,
        min(3.0, max(0.0, min(more_matters, their_matters) - matters)) / (1 + matters),
        min(4.0, max(0.0, max(more_matters, their_matters) - matters)) / (1 + matters),
        both / max(3.0, union),
        min(both, 10.0) / 5,
        math.log1p(apart) / 6,
        late,
        late * late,
        min(1.0, apart / 24) if later.again else 0.0,
    )
    return Compared(features, tuple(dict.fromkeys(reasons)), tuple(shared))


def _topics(asked: Asked, other: Fingerprint) -> tuple[float, float, float, str]:
    """The probability of one category for both, how alike the categories are (Bhattacharyya's coefficient), the
    probability of another one for each, and the other's likeliest."""
    mine, theirs = asked.found.topics, other.topics
    if not theirs:
        return 0.0, 0.0, 0.0, ""
    products = [likely * theirs[code] for code, likely in mine.items() if code in theirs]
    topic, alike = sum(products), sum(map(math.sqrt, products))
    top = next(iter(theirs)) if len(theirs) == 1 else max(theirs, key=theirs.__getitem__)
    if not asked.top or asked.top == top:
        return topic, alike, 0.0, top
    return topic, alike, max(0.0, mine[asked.top] * theirs[top] - topic), top


def _both_last(mine: dict[str, float], theirs: dict[str, float]) -> float:
    """How many hours that lasts which both may tell of, by the probabilities."""
    both = {code: likely * theirs[code] for code, likely in mine.items() if code in theirs}
    return sum(likely * lasting().get(code, _UNKNOWN)[0] for code, likely in both.items()) / sum(
        both.values()
    )


def _within(one: str, other: str) -> bool:
    """Whether one of two regions, both at least a kecamatan, lies in the other."""
    return len(one) >= _KECAMATAN <= len(other) and (one.startswith(other) or other.startswith(one))


class _Where:
    """Whether it is one place: what agrees, as the share of doubt that each agreement takes away, and what clashes."""

    __slots__ = (
        "agree", "another", "area", "clash", "marks_left", "numbers_left", "photo", "reasons", "regions_left", "sender",
        "sorts_left",
    )  # fmt: skip

    def __init__(self, area: bool, reasons: list[str]) -> None:
        self.area, self.reasons = area, reasons
        self.agree: list[float] = []
        self.clash: list[float] = []
        self.photo = self.sender = False
        self.marks_left = self.regions_left = self.sorts_left = False
        """Whether each names something of the place that the other knows nothing of."""
        self.numbers_left = False
        """Whether one gives a number of the street, and the other none."""
        self.another = False
        """A contradiction that nothing makes good."""

    def place(self) -> float:
        """How surely it is one place, from 0 to 1: every agreement leaves less doubt."""
        doubt = 1.0
        for worth in self.agree:
            doubt *= 1.0 - worth
        return 1.0 - doubt

    def compare(self, asked: Asked, other: Fingerprint, theirs: set[int], their_regions: list[int]) -> None:
        # A photo shows the place; who wrote before mostly means the same place.
        if self.photo:
            self.agree.append(0.95)
            self.reasons.append("photo")
        if self.sender:
            self.agree.append(0.5)
            self.reasons.append("sender")
        mine, own = asked.found, asked.own
        near = self._points(mine, other)
        self._regions(mine, other, sum(map(own.__contains__, their_regions)))
        if other.marks or mine.marks:
            self._marks(asked, other.marks, theirs, their_regions)
            self.another = self.another and not near and not self.photo
        self.regions_left = (
            bool(their_regions)
            and (mine.region != other.region or len(mine.region) <= _KECAMATAN)
            # A kelurahan in the other's kecamatan: what is left is how far each one tells where it is.
            and (mine.region == other.region or not _within(mine.region, other.region))
            and not asked.regions <= theirs
            and not own.keys() >= set(their_regions)
        )
        if self.regions_left and not (mine.region and other.region):
            self.clash.append(0.6)

    def _regions(self, mine: Fingerprint, other: Fingerprint, words: int) -> None:
        """What the regions say: their codes, and where one is unknown the words of their names."""
        one, two, area = mine.region, other.region, self.area
        if one and one == two and len(one) > _KECAMATAN:
            self.agree.append(0.75 if area else 0.35)
            self.reasons.append("region")
        elif one and two and (one.startswith(two) or two.startswith(one)):
            self.agree.append(min(0.6, 0.25 * words + 0.15) if area else 0.1 + 0.1 * min(words, 2))
            if not words:
                self.clash.append(0.1)
        elif one and two:
            self.clash.append(min(1.0, min(mine.sure, other.sure) / 80))
        elif words:
            self.agree.append(min(0.6, 0.3 * words) if area else min(0.35, 0.15 * words))
        if (mine.inside == 0) != (other.inside == 0):
            self.clash.append(0.5)

    def _points(self, mine: Fingerprint, other: Fingerprint) -> bool:
        """What two points say; whether they are near."""
        if (
            mine.latitude is None
            or mine.longitude is None
            or other.latitude is None
            or other.longitude is None
        ):
            return False
        away = metres(mine.latitude, mine.longitude, other.latitude, other.longitude)
        if away < 200:
            self.agree.append(0.9 if away < 80 else 0.7)
            self.reasons.append("point")
        elif away >= 400:
            self.clash.append(0.4 if self.area and away < 1500 else 1.0)
        return away < 200

    def _marks(self, asked: Asked, packed: bytes, theirs: set[int], their_regions: list[int]) -> None:
        """Slot by slot: the same name or number agrees, another one in the same slot contradicts."""
        own = asked.own
        named: dict[int, list[int]] = {}
        fine: set[int] = set()
        disagreeing: set[int] = set()
        agreeing: set[int] = set()
        numbered = False
        for mark in memoryview(packed).cast("Q").tolist():
            slot, value = mark >> 32, mark & 0xFFFFFFFF
            numbered = numbered or slot == _STREET_NUMBER
            if slot not in _COARSE:
                fine.add(value)
            if slot not in _NUMBERS:
                named.setdefault(slot, []).append(value)
            elif slot in _ON_STREET and value in asked.fine:
                agreeing.add(slot)
            elif slot in asked.numbers:
                if value in asked.numbers[slot]:
                    # "Between RW 5 and RW 6": each number leaves less doubt.
                    if slot in agreeing:
                        self.agree.append(_NUMBERS[slot][0])
                    agreeing.add(slot)
                else:
                    disagreeing.add(slot)
        disagreeing -= agreeing
        if _SORT not in agreeing:
            disagreeing.discard(_LEVEL)  # a school and a church are no two schools
        self.agree += [_NUMBERS[slot][0] for slot in agreeing]
        self.clash += [_NUMBERS[slot][1] for slot in disagreeing]
        if agreeing - _COARSE:
            self.reasons.append("number")
        self.sorts_left = _SORT in disagreeing
        self.numbers_left = (_STREET_NUMBER in asked.numbers) != numbered
        self.another = not disagreeing.isdisjoint(_TELLING if self.area else _TELLING_ALONE)
        for slot in asked.named.keys() | named.keys():
            self._named(slot, asked.named.get(slot), named.get(slot), own, theirs, their_regions)
        self.marks_left = bool(asked.fine - theirs - fine) and bool(fine - own.keys() - asked.fine)

    def _named(
        self,
        slot: int,
        one: set[int] | None,
        two: list[int] | None,
        own: dict[int, tuple[int, float]],
        theirs: set[int],
        their_regions: list[int],
    ) -> None:
        """A name in a slot, of which the other may speak without the slot's word; but that both name the region after
        which a market is called says nothing of the market."""
        here = sum(map(theirs.__contains__, one)) / len(one) if one else 0.0
        there = sum(map(own.__contains__, two)) / len(two) if two else 0.0
        covered = max(here, there)
        street = slot == _STREET
        if one and two and here < 1.0 and there < 1.0:
            self.clash.append(_CLASH.get(slot, _LANDMARK_CLASH))
            self.another = self.another or not (here or there or slot == _NEAR)
        elif covered >= 0.5:
            regional = (not one or not two) and (
                all(own[h][0] == _REGIONS for h in one if h in own)
                if one
                else not set(two or ()).difference(their_regions)
            )
            worth = _REGION_WORTH if regional else _STREET_WORTH if street else _LANDMARK_WORTH
            self.agree.append(worth if covered > 0.99 else worth / 2)
            if covered < 0.99:
                self.clash.append(0.3)
            if not regional:
                self.reasons.append("street" if street else "landmark")
        else:
            self.clash.append(0.25 if street else 0.05)
