"""The fingerprints of recent complaints, bounded in number, age and bytes, and quick to ask.

An inverted index leads from what a complaint says to those that say it too: its region with its category, every name,
region word, street, landmark, number and plate, a square of two hundred metres, its senders, its photos, and three
bands of a MinHash over its words (one permutation hashing: Li, Owen and Zhang, 2012), which find the near copy of a
long text that names no place. What a key leads to is bounded as well, the newest first, so that ten thousand copies of
one text cost no more than a handful. The MinHash is our own ten lines: a library's signatures of 64 hashes and more
cost many times what texts of forty words need.

One lock guards it: the settler's thread adds while it asks.
"""

from __future__ import annotations

import threading
from array import array
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from math import floor
from typing import TypeAlias

import msgspec

from normalizer.duplicate_photos import Photos
from normalizer.duplicate_print import Fingerprint, fingerprint_of, pack, rememberable, unpack
from normalizer.duplicate_reading import Reader, Reading
from normalizer.duplicate_score import Learned, Scorer, kecamatan_of, load
from normalizer.duplicate_words import Slot, lasting
from normalizer.record import Complaint

DAYS, MOST = 14, 50_000
#: Most lists have one number.
_Entry: TypeAlias = "int | array[int] | None"
#: So many of the newest are looked at under one key, and so many are compared.
_UNDER_ONE_KEY, _COMPARED = 24, 16
#: A key under which so many stand is weak, whatever it is.
_COMMON = 18
#: Votes that a complaint needs before it is compared: a strong key has two, a weak one has one.
_LEAST_VOTES, _PHOTO_VOTES = 2, 6
#: A weak key that so few stand under says as much as a strong one.
_FEW = 3
#: The index is a table of so many lists; keys that share a list cost a vain look, no more.
_LISTS = 1 << 18
_SQUARE = 500  # of a degree: about 220 metres
_BANDS, _BINS, _ABOVE = 3, 8, 1 << 32
_LEAST_WORDS = 6
_MOST_KEYS, _MOST_MATTERS = 8, 3
_ODD, _ODDER = 2_654_435_761, 1_000_003
#: A category of less probability leads nowhere.
_LIKELY = 0.25
_SPOT = (0.0, False)
_ROOM = 8
_DIRECTIONS = "barat timur utara selatan pusat tengah baru jakarta besar raya dalam"
_NUMBERED = frozenset(
    map(int, (Slot.RT, Slot.RW, Slot.HOUSE, Slot.SCHOOL_NUMBER, Slot.STREET_NUMBER, Slot.LEVEL, Slot.KM))
)
_PLATE = int(Slot.PLATE)


class Recent:
    """What is remembered. `key` makes the hashes: gateways with the same key understand each other's fingerprints."""

    def __init__(
        self, key: bytes, *, learned: Learned | None = None, days: float = DAYS, most: int = MOST
    ) -> None:
        self.learned = learned or load()
        self.reader = Reader(key, self.learned.common)
        self.scorer = Scorer(self.learned)
        self.days = days
        self._window = int(days * 86_400)
        self._most = most
        self._lock = threading.Lock()
        # Numbers grow; the lists are cut at their beginning now and then. `_first` is the number of `_packed[0]`.
        self._packed: list[bytes] = []
        # What is asked first of each stands beside it, so that most need not be unpacked: its time, and the hash of
        # the kecamatan in which it surely lies (0: it may be anywhere).
        self._at, self._where = array("q"), array("I")
        self._first = self._oldest = 0
        self._numbers: dict[int, int] = {}
        self._lists: list[_Entry] = [None] * _LISTS
        self._photos = Photos()
        self._dull = {self.reader.hash(word) for word in _DIRECTIONS.split()}
        self._named: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def knows(self, complaint_id: int) -> bool:
        return complaint_id in self._numbers

    def read(self, complaint: Complaint) -> tuple[Fingerprint, Reading]:
        return fingerprint_of(complaint, self.reader)

    def of(self, complaint: Complaint) -> bytes:
        """The fingerprint of `complaint` as it is stored; empty when it may not be remembered."""
        return pack(self.read(complaint)[0]) if rememberable(complaint) else b""

    # remembering

    def add(self, complaint_id: int, packed: bytes) -> None:
        """Remember, instead of what was known of this complaint; forget it when `packed` is empty."""
        with self._lock:
            number = self._numbers.get(complaint_id)
            if number is not None:
                if self._packed[number - self._first] == packed:
                    return
                self._forget(number)
            if not packed:
                return
            try:
                found = unpack(packed)
            except msgspec.MsgspecError:  # made by another version
                return
            number = self._first + len(self._packed)
            self._packed.append(packed)
            self._at.append(found.at)
            self._where.append(self._surely(found))
            self._numbers[found.complaint_id] = number
            for key in chain(*self._keys(found)):
                entry = self._lists[key]
                if entry is None:
                    self._lists[key] = number
                elif isinstance(entry, int):
                    self._lists[key] = array("Q", (entry, number))
                else:
                    if len(entry) >= _UNDER_ONE_KEY:
                        del entry[: _UNDER_ONE_KEY // 4]
                    entry.append(number)
            self._photos.add(number, found.photos)
            self._make_room(found.at - self._window)

    def _make_room(self, before: int) -> None:
        """Forget the oldest, a few at a time, while there are too many or they are too old."""
        for _ in range(_ROOM):
            if self._oldest >= self._first + len(self._packed):
                break
            packed = self._packed[self._oldest - self._first]
            if packed and len(self._numbers) <= self._most and unpack(packed).at >= before:
                break
            if packed:
                self._forget(self._oldest)
            self._oldest += 1
        if self._oldest - self._first > 4096:
            for kept in (self._packed, self._at, self._where):
                del kept[: self._oldest - self._first]
            self._first = self._oldest

    def _forget(self, number: int) -> None:
        found = unpack(self._packed[number - self._first])
        for key in chain(*self._keys(found)):
            entry = self._lists[key]
            if entry == number:
                self._lists[key] = None
            elif isinstance(entry, array) and number in entry:
                entry.remove(number)
                if not entry:
                    self._lists[key] = None
        self._photos.forget(number)
        self._packed[number - self._first] = b""
        del self._numbers[found.complaint_id]

    # asking

    def like(self, found: Fingerprint) -> Iterator[Fingerprint]:
        """Those that may tell of the same, the likeliest first; never many."""
        strong, weak = self._keys(found)
        with self._lock:
            under, common = self._under(strong, _COMMON)
            seldom, _ = self._under([*weak, *common], _UNDER_ONE_KEY + 1, few=_FEW)
            # Two votes under a strong key.
            votes = Counter(chain(under, under, seldom))
            for number in self._photos.near(found.photos):
                votes[number] += _PHOTO_VOTES
            votes.pop(self._numbers.get(found.complaint_id, -1), None)
            chosen = [(worth, number) for number, worth in votes.items() if worth >= _LEAST_VOTES]
            chosen.sort(reverse=True)
            first, at, where, here = self._first, found.at, self._where, self._surely(found)
            packed = [
                self._packed[number - first]
                for _, number in chosen[:_COMPARED]
                if (not here or where[number - first] in (0, here))
                and abs(self._at[number - first] - at) <= self._window
            ]
        return map(unpack, filter(None, packed))

    def _surely(self, found: Fingerprint) -> int:
        kecamatan = kecamatan_of(found)
        return self._name(kecamatan) if kecamatan else 0

    def _under(self, keys: list[int], common: int, *, few: int = 0) -> tuple[list[int], list[int]]:
        """What stands under each key, one after the other, twice where there are no more than `few`; and the keys
        under which `common` or more stand: what leads to many tells little."""
        lists, under, left = self._lists, list[int](), list[int]()
        for key in keys:
            entry = lists[key]
            if entry is None:
                continue
            if isinstance(entry, int):
                under.append(entry)
                if few:
                    under.append(entry)
            elif len(entry) < common:
                under += entry
                if len(entry) <= few:
                    under += entry
            else:
                left.append(key)
        return under, left

    def _keys(self, found: Fingerprint) -> tuple[list[int], list[int]]:
        """The lists that a fingerprint stands in: strong keys, one of which is enough, and weak ones."""
        strong: list[int] = []
        weak: list[int] = []
        words = memoryview(found.words).cast("I").tolist()
        named = found.counts[0] + found.counts[1]
        regions = named + found.counts[2]
        topics = [code for code, likely in found.topics.items() if likely >= _LIKELY]
        topic_names = [self._name(code) for code in topics] or [0]
        area = any(lasting().get(code, _SPOT)[1] for code in topics)
        strong += [name % _LISTS for name in words[named:regions][:_MOST_KEYS]]
        # A region with a category is shared by many; where a neighbourhood has one trouble it is enough.
        broad = strong if area else weak
        for word in words[regions:][:_MOST_KEYS]:
            if word not in self._dull:
                broad += [(word + topic) % _LISTS for topic in topic_names]
        numbers = []
        for mark in memoryview(found.marks).cast("Q").tolist()[: 2 * _MOST_KEYS]:
            slot, value = mark >> 32, mark & 0xFFFFFFFF
            if slot in _NUMBERED:
                numbers.append(value)
            else:
                strong.append((value + slot * _ODD) % _LISTS)
                if slot == _PLATE:
                    strong.append((value + slot) % _LISTS)
        if numbers:
            weak.append(sum(numbers) * _ODD % _LISTS)
        if found.region:
            place = self._name(found.region)
            broad += [(place ^ topic) % _LISTS for topic in topic_names]
            weak += [(place ^ matter) % _LISTS for matter in words[: found.counts[0]][:_MOST_MATTERS]]
            strong += [(place ^ value) % _LISTS for value in numbers[:3]]
        if found.latitude is not None and found.longitude is not None:
            # The two nearest squares each way: of two points less than a square apart at least one is the same.
            south = floor(found.latitude * _SQUARE - 0.5) * _ODDER
            west = floor(found.longitude * _SQUARE - 0.5) * 31
            strong += [(south + row + west + column) % _LISTS for row in (0, _ODDER) for column in (0, 31)]
        strong += [sender % _LISTS for sender in memoryview(found.senders).cast("Q")]
        if regions >= _LEAST_WORDS:
            strong += _bands(words[:regions])
        return strong, weak

    def _name(self, name: str) -> int:
        hashed = self._named.get(name)
        if hashed is None:
            if len(self._named) > 4096:
                self._named.clear()
            hashed = self._named[name] = self.reader.hash(f"key {name}")
        return hashed


def _bands(words: list[int]) -> list[int]:
    """Each two of the least hashes of eight bins: copies share most of them."""
    least = [_ABOVE] * _BINS
    for word in words:
        place = word % _BINS
        if word < least[place]:
            least[place] = word
    kept = [0 if word == _ABOVE else word for word in least]
    return [(kept[2 * band] * 31 + kept[2 * band + 1] * 17 + band) % _LISTS for band in range(_BANDS)]
