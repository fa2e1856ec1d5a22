"""What two complaints are compared by: what a text tells of, the names in it, and the places that it names.

Every word becomes a keyed hash of 32 bits, so that what is remembered of a complaint cannot be read. Words that mean
one thing ("lobang", "bolong", "pothole") become one (`data/duplicate_words.csv`). What stands after "Jl.", "RT",
"SDN" or "Pasar" is a *mark*: the name or number of a place, by its slot (`data/duplicate_slots.csv`); two complaints
with different marks in one slot tell of different places.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import NamedTuple

from normalizer.duplicate_money import money, money_word
from normalizer.duplicate_words import (
    COUNTED,
    FIRST_LANDMARK,
    NUMBER_WORDS,
    NUMBERED,
    PLATE,
    PLATE_AREAS,
    ROMAN,
    UNITS,
    Hasty,
    Slot,
    canonical,
    cue_pairs,
    cues,
    little_words,
    nicknames,
    no_names,
    plain,
    region_pairs,
    region_word,
    region_words,
    school_slot,
    sounding,
    thing_hours,
    things,
)
from normalizer.folding import fold
from normalizer.memory import Memory

#: Only so much of a text is read: where and what is told by then, and no sender can make it slow.
MOST_CHARACTERS, MOST_WORDS = 3000, 300
#: Words kept with their hashes; beyond it the memory starts anew, so that no sender can push it.
_KNOWN = 20_000
#: What a word is worth that our own texts do not have: it is a name, or as good as one.
_NAME, _SHORT_NAME = 3.0, 1.0
#: What a word of a region's name is worth; the region itself is compared by its code.
_REGION = 1.0
_NUMBER, _CUE, _SYLLABLE, _UNCOUNTED, _MONEY = 0.5, 0.5, 0.2, 2.0, 2.0
#: Words in a name; more often something else begins.
_LONGEST_NAME = 4
#: Common words of less weight are never part of a name, with or without a capital.
_LITTLE = 0.6
#: Words that may stand within a name and tell nothing.
_PASSED = frozenset(
    (
        "raya", "negeri", "mrt", "lrt", "krl", "transjakarta", "busway", "bu", "pak", "haji", "hj", "h", "kh", "al",
        "kota", "gg", "dr", "prof", "ir", "letjen", "mayjen", "jend", "kapten", "kolonel", "brigjen", "laksda",
        "pangeran", "raden", "kyai", "kampung",
    )
)  # fmt: skip
#: First words of regions that are also a kind of place: Sungai Bambu, Pulau Pari.
_WATERS = frozenset(("sungai", "pulau", "kali"))
#: The main street of a name: "Kemang Raya" is neither "Kemang" nor "Kemang Utara IX".
_MAIN, _PROVINCE = "raya", "jakarta"
#: Words that end many names, so that a number behind them is the street's: "Nusa Indah 5".
_ENDS = frozenset(
    (
        "indah", "jaya", "timur", "barat", "utara", "selatan", "dalam", "baru", "asri", "permai", "sari", "mulia",
        "makmur", "sentosa", "damai", "lama", "besar", "tengah", "wangi", "putih", "merah", "hijau", "kuning", "biru",
        "raya", "luar", "atas", "bawah", "agung", "murni", "kecil", "tua", "muda", "ujung", "lestari", "persada",
        "kencana", "elok", "abadi", "sejahtera", "bakti", "hilir",
    )
)  # fmt: skip
#: Those of them that say nothing of a pothole ("jalan berlubang besar").
_SURE_ENDS = frozenset(
    ("raya", "indah", "jaya", "timur", "barat", "utara", "selatan", "asri", "permai", "sari")
)
#: Cues that are ordinary words as well ("min" calls the administrator, "smp" is until): they count before a number or
#: a name alone.
_AMBIGUOUS = frozenset(
    (
        "min", "man", "smp", "situ", "setu", "st", "bar", "line", "menara", "unit", "no", "park", "jak", "tk", "rs",
        "kali",
    )
)  # fmt: skip
#: Cues that stand behind the name in English: "Koja hospital", "Cikini street".
_BEHIND = frozenset(
    (
        "market", "station", "hospital", "church", "mosque", "park", "roundabout", "clinic", "street", "road", "lane",
        "alley", "avenue", "stop",
    )
)  # fmt: skip
_LEVELS = frozenset(("kelurahan", "kel", "kecamatan", "kec"))
#: Short for "pondok" before a name, and for "pada" before all else.
_PADA = "pd"
_LANES = ("gang", "gg", "lorong")
#: Ends a name: a comma, a sentence, a line. A point after a short word ends nothing ("Jl.", "No.").
#: It begins with the signs that it needs, so that the search runs over everything else in C.
_BREAK = re.compile(r"[,;!?\n.](?:(?<!\.)(?!(?<=\d,)\d)[,;!?\n]*|(?<=[^\W\d_]{4}\.)(?=\s))")
_STOP = "qxqx"
#: Shorter words are no names; a bus line is one: 7F.
_LEAST_NAME, _LINE = 3, re.compile(r"\d{1,2}[a-gp-w]")
#: What folding leaves of plain letters, their size kept.
_ASCII_WORDS = {code: chr(code) if chr(code).isalnum() else " " for code in range(128)}


#: What a word may be. Plain numbers, as are the slots below: the loop over words is the hot path.
(_NOTHING_KIND, _COMMON_KIND, _FIXED_KIND, _NAME_KIND, _REGION_KIND, _NUMBER_KIND, _ROMAN_KIND, _PLATE_KIND,
 _NUMBERED_KIND) = range(9)  # fmt: skip
_NEAR, _STREET, _RT, _LEVEL, _SORT = map(int, (Slot.NEAR, Slot.STREET, Slot.RT, Slot.LEVEL, Slot.SORT))
_RW, _PLATE, _STREET_NUMBER, _SCHOOL_NUMBER = map(
    int, (Slot.RW, Slot.PLATE, Slot.STREET_NUMBER, Slot.SCHOOL_NUMBER)
)
_COUNTED = frozenset(map(int, COUNTED))
_NAMING = (_NAME_KIND, _REGION_KIND)


class _Word(NamedTuple):
    """A word as it is known: `slot` is what it opens, `level` the cue's own part of the name, `value` a number's."""

    kind: int
    hash: int
    weight: float
    matter: bool = False
    slot: int = 0
    level: int = 0
    value: int = 0
    pairs: Mapping[str, _Word] | None = None


class Reading:
    """A text taken apart. `matters` say what the matter is, `words` are all others that are no names; these and
    `names` and `regions` are hashes with their weights, `marks` the hashes by slot. `shown` gives the words behind the
    hashes."""

    __slots__ = ("lasting", "marks", "matters", "names", "regions", "shown", "words")

    def __init__(self, lasting: Mapping[int, float]) -> None:
        self.lasting = lasting
        """Hours by the hashes of things that do not last as their category does; the same for every text."""
        self.words: dict[int, float] = {}
        self.matters: dict[int, float] = {}
        self.names: dict[int, float] = {}
        self.regions: dict[int, float] = {}
        self.marks: dict[int, set[int]] = {}
        self.shown: dict[int, str] = {}

    def mark(self, slot: int, hashed: int, shown: str) -> None:
        self.marks.setdefault(slot, set()).add(hashed)
        self.shown[hashed] = shown


class Reader:
    """Reads texts under one key; `common` are the ordinary words (canonical) with what each is worth."""

    def __init__(self, key: bytes, common: dict[str, float]) -> None:
        self._key = key[:64]
        self._common = common
        self._known: dict[str, _Word] = {}
        self._plain: dict[str, tuple[int, float, bool]] = {}
        self._hasty = Hasty(common)
        self._short = frozenset(nicknames())
        self._school = school_slot()
        self._region_hashes = Memory(self.hash)
        self._numbers: dict[tuple[int, int], tuple[int, str]] = {}
        self._lasting = {self.hash(thing): hours for thing, hours in thing_hours().items()}
        self.again = self.hash("lagi")
        """The word by which people say that something happened once more."""

    def hash(self, name: str) -> int:
        """32 bits that only we can make."""
        return int.from_bytes(self._digest(name, 4), "little")

    def long_hash(self, name: str) -> int:
        """63 bits, for what must not be mistaken."""
        return int.from_bytes(self._digest(name, 8), "little") >> 1

    def _digest(self, name: str, size: int) -> bytes:
        data = name.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, digest_size=size, key=self._key).digest()

    def read(self, text: str, *, showing: bool = False) -> Reading:
        """What stands in `text`; linear in its length, and blind beyond a bound. Only when `showing` the words behind
        the hashes are kept."""
        text = _BREAK.sub(f" {_STOP} ", text[:MOST_CHARACTERS])
        tokens = fold(text).split()[:MOST_WORDS]
        if not self._short.isdisjoint(tokens):
            tokens = [part for token in tokens for part in nicknames().get(token, (token,))]
        known, plain, found = self._known, self._plain, Reading(self._lasting)
        words, matters, names, marks = found.words, found.matters, found.names, found.marks
        shown = found.shown
        regional = region_words()
        written: list[str] | None = None
        slot = filled = skip = 0
        named = regions_only = False
        before = 0
        for at, (token, simple) in enumerate(zip(tokens, map(plain.get, tokens), strict=True)):
            if skip:
                skip -= 1
                continue
            if not slot and simple is not None:
                hashed, weight, matter = simple
                (matters if matter else words)[hashed] = weight
                named = False
                if showing:
                    shown[hashed] = token
                continue
            word = known.get(token) or self._learn(token)
            kind, hashed, weight, matter, opens, level, value, pairs = word
            if not kind:
                slot, named = 0, False
                continue
            if token == _PADA and not (self._named_next(tokens, at) or tokens[at + 1 : at + 2] == ["indah"]):
                continue  # "lampu pd mati", not "lampu pondok mati"
            if pairs is not None and at + 1 < len(tokens) and tokens[at + 1] in pairs:
                both = pairs[tokens[at + 1]]
                (matters if both.matter else words)[both.hash] = both.weight
                if showing:
                    shown[both.hash] = f"{token} {tokens[at + 1]}"
                slot, filled, skip = both.slot, 0, 1
                if slot >= FIRST_LANDMARK:
                    marks.setdefault(_SORT, set()).add(slot)
                if named and tokens[at + 1] in _BEHIND and slot:
                    marks.setdefault(slot, set()).update(self._name_before(tokens, at))
                    slot = 0
                named = False
                continue
            if kind >= _NUMBER_KIND or (value and slot in _COUNTED):
                slot, skip = self._counted(found, word, tokens, at, slot, filled > 0, named)
                filled, named = 0, False
                continue
            if kind == _FIXED_KIND and token in regional and _in_region(tokens, at, named):
                # Rawa Buaya has no crocodile, Tanah Abang is no land.
                kind, hashed, weight, matter, opens = (
                    _REGION_KIND,
                    self._region_hashes[token],
                    _REGION,
                    False,
                    0,
                )
            before_it = named
            if token == _MAIN and (named or (slot == _STREET and filled)):
                if named and before:
                    marks.setdefault(_STREET, set()).add(before)
                self._mark(found, _STREET_NUMBER, 0)
                named = True
            elif kind in _NAMING:
                named, before = True, 0 if token == _PROVINCE else hashed
            else:
                named = named and token in _ENDS
            if slot and token not in _PASSED:
                takes = kind == _NAME_KIND
                if kind == _REGION_KIND:
                    takes = (not filled or regions_only) and slot != _NEAR
                elif kind == _FIXED_KIND and not filled and tokens[at - 1] in _LANES:
                    takes = token not in no_names()  # Gang Buntu
                elif kind == _FIXED_KIND and slot == _STREET and not filled and not opens:
                    takes = _called(tokens, at) and token not in no_names()  # Jalan Beringin Raya
                elif kind == _COMMON_KIND and weight > _LITTLE:
                    if written is None:
                        written = as_written(text)
                    takes = at < len(written) and written[at][0].isupper()
                if takes and filled < _LONGEST_NAME:
                    matter = False  # Gang Buntu is not clogged
                    regions_only = kind == _REGION_KIND and (not filled or regions_only)
                    marks.setdefault(slot, set()).add(hashed)
                    filled += 1
                else:
                    slot = 0
            behind = before_it and token in _BEHIND
            if opens and token in _AMBIGUOUS and not behind and not self._named_next(tokens, at):
                opens = 0
            if opens:
                if behind:
                    marks.setdefault(opens, set()).update(self._name_before(tokens, at))
                    slot = 0
                else:
                    slot, filled = opens, 0
                if opens >= FIRST_LANDMARK:
                    marks.setdefault(_SORT, set()).add(opens)
                if level:
                    marks.setdefault(_LEVEL, set()).add(level)
                if token in _WATERS:
                    found.regions[hashed] = _REGION
            if kind == _NAME_KIND:
                names[hashed] = weight
            elif kind == _REGION_KIND:
                found.regions[hashed] = weight
            elif matter:
                matters[hashed] = weight
            else:
                words[hashed] = weight
            if showing:
                shown[hashed] = token
        return found

    def _name_before(self, tokens: list[str], at: int) -> set[int]:
        """The hashes of the name that ends before word `at`, as English has it: "Koja hospital"."""
        found: set[int] = set()
        for token in reversed(tokens[max(0, at - _LONGEST_NAME) : at]):
            word = self._known.get(token) or self._learn(token)
            if word.kind not in _NAMING and token not in _ENDS:
                break
            if token != _MAIN:
                found.add(word.hash)
        return found

    def _named_next(self, tokens: list[str], at: int) -> bool:
        """Whether a number or a name stands behind word `at`."""
        if at + 1 >= len(tokens):
            return False
        following = self._known.get(tokens[at + 1]) or self._learn(tokens[at + 1])
        return following.kind >= _NAME_KIND or tokens[at + 1] in ("negeri", "n", "islam")

    def _counted(
        self, found: Reading, word: _Word, tokens: list[str], at: int, slot: int, filled: bool, named: bool
    ) -> tuple[int, int]:
        """A number or plate: where it belongs. The slot that is open after it, and how many words were used up."""
        if word.kind == _PLATE_KIND:
            found.mark(_PLATE, word.hash, tokens[at])
            return 0, 0
        if at and tokens[at - 1] in PLATE_AREAS and PLATE.fullmatch("".join(tokens[at - 1 : at + 2])):
            plate = "".join(tokens[at - 1 : at + 2])
            found.mark(_PLATE, self.hash(f"plate {plate}"), plate)
            return 0, 1
        amount, used = money(tokens, at, word.value) if word.kind == _NUMBER_KIND else (0, 0)
        if amount:
            hashed = self.hash(f"money {amount}")
            found.words[hashed] = _MONEY
            found.shown[hashed] = tokens[at]
            return 0, used
        if word.kind == _NUMBERED_KIND:
            slot = word.slot
            self._mark(found, slot, word.value)
        elif slot in _COUNTED:
            self._mark(found, slot, word.value)
        elif slot == _STREET and (filled or tokens[at - 1] in _LANES):
            self._mark(found, _STREET_NUMBER, word.value)
        elif slot == self._school:
            self._mark(found, _SCHOOL_NUMBER, word.value)
        elif named and UNITS.isdisjoint(tokens[at + 1 : at + 2]):
            self._mark(found, _STREET_NUMBER, word.value)
        elif word.kind == _NUMBER_KIND:
            found.words[word.hash] = word.weight
            found.shown[word.hash] = tokens[at]
        if slot == _RT:
            following = tokens[at + 1 : at + 3]
            if (
                following
                and following[0].isdecimal()
                and len(following[0]) <= 3
                and UNITS.isdisjoint(following[1:])
            ):
                self._mark(found, _RW, int(following[0]))
                return 0, 1
        return 0, 0

    def _mark(self, found: Reading, slot: int, value: int) -> None:
        known = self._numbers.get((slot, value))
        if known is None:
            if len(self._numbers) >= _KNOWN:
                self._numbers.clear()
            # "Jalan Otista 88" and "Jalan Otista no. 88" are one number.
            kept = Slot.HOUSE if slot == Slot.STREET_NUMBER else slot
            shown = f"{Slot(slot).name.lower().replace('_', ' ')} {value}"
            known = self._numbers[slot, value] = self.hash(f"number {int(kept)} {value}"), shown
        found.mark(slot, *known)

    # words

    def ordinary(self, token: str) -> bool:
        """Whether the folded `token` is a word of our tables that tells of something: no name, cue or little word."""
        if token in cues() or token in little_words() or len(token) < 3 or not token.isalpha():
            return False
        thing, _ = canonical(token, self._common)
        known = thing != token or token in things()[0] or token in self._common
        return known and not region_word(token)

    def _learn(self, token: str) -> _Word:
        word = self._word(token)
        if len(self._known) >= _KNOWN:
            self._known.clear()
            self._plain.clear()
        self._known[token] = word
        simple = word.kind in (_COMMON_KIND, _FIXED_KIND)
        if simple and not (
            word.slot or word.value or word.pairs or token in region_words() or token in _ENDS
        ):
            self._plain[token] = (word.hash, word.weight, word.matter)
        return word

    def _word(self, token: str) -> _Word:
        if token == _STOP:
            return _Word(_NOTHING_KIND, 0, 0.0)
        if token.isdecimal():
            return self._number(token)
        if amount := money_word(token):
            return _Word(_COMMON_KIND, self.hash(f"money {amount}"), _MONEY)
        if token.startswith("rp") and token[2:].isdecimal():
            return self._number(token[2:])
        if numbered := NUMBERED.fullmatch(token):
            return _Word(_NUMBERED_KIND, 0, 0.0, slot=cues()[numbered[1]][0], value=int(numbered[2]))
        if token in ROMAN:
            return _Word(_ROMAN_KIND, 0, 0.0, value=ROMAN[token])
        if PLATE.fullmatch(token):
            return _Word(_PLATE_KIND, self.hash(f"plate {token}"), 0.0)
        token = plain(token)
        if token.startswith("al") and len(token) > 6 and token not in self._common:
            token = token[2:]  # Alhidayah, Al Hidayah
        slot, level = cues().get(token, (0, ""))
        single, starts = things()
        thing, matter = canonical(token, self._common)
        region = "" if slot else region_word(token)
        known = slot or region or token in single or thing in self._common
        if not known and (meant := self._hasty.find(token)):
            token = meant
            thing, matter = canonical(token, self._common)
            region = region_word(token)
        kind, weight = self._kind(token, region or thing, slot)
        pairs = {
            second: self._both(
                f"{token} {second}", *starts.get(token, {}).get(second, (f"{token} {second}", False))
            )
            for second in {*starts.get(token, {}), *cue_pairs().get(token, ())}
        }
        return _Word(
            kind,
            self.hash(region or (sounding(thing) if kind == _NAME_KIND else thing)),
            weight,
            matter and kind != _REGION_KIND,
            slot,
            self.hash(f"level {level}") if level else 0,
            NUMBER_WORDS.get(token, 0),
            pairs or None,
        )

    def _both(self, written: str, thing: str, matter: bool) -> _Word:
        slot, _ = cues().get(written, (0, ""))
        return _Word(_FIXED_KIND, self.hash(thing), self._worth(thing), matter, slot)

    def _number(self, token: str) -> _Word:
        if len(token) > 5 or not token.isascii():  # a telephone, a NIK: nobody's business here
            return _Word(_NOTHING_KIND, 0, 0.0)
        value = str(int(token))
        return _Word(
            _NUMBER_KIND, self.hash(things()[0].get(value, (value, False))[0]), _NUMBER, value=int(token)
        )

    def _worth(self, thing: str) -> float:
        return self._common.get(thing, _UNCOUNTED)

    def _kind(self, token: str, thing: str, slot: int) -> tuple[int, float]:
        single, _ = things()
        region = not slot and bool(region_word(token))
        if token in single or thing in self._common or (thing != token and not region):
            fixed = token in single or token in no_names() or bool(slot)
            return (_FIXED_KIND if fixed else _COMMON_KIND), self._worth(thing)
        if slot or token in no_names():
            return _FIXED_KIND, _CUE
        if region:
            return _REGION_KIND, _REGION
        if len(token) < _LEAST_NAME and not _LINE.fullmatch(token):
            return _COMMON_KIND, _SYLLABLE
        return _NAME_KIND, _NAME if len(token) > 3 else _SHORT_NAME


def _in_region(tokens: list[str], at: int, named: bool) -> bool:
    """Whether the word at `at`, which is a thing and a part of regions' names, stands in such a name."""
    if at and tokens[at - 1] in _LEVELS:
        return True
    pairs = region_pairs()
    if at and named and f"{tokens[at - 1]} {tokens[at]}" in pairs:
        return True
    return at + 1 < len(tokens) and f"{tokens[at]} {tokens[at + 1]}" in pairs


def _called(tokens: list[str], at: int) -> bool:
    """Whether the word at `at` stands before what streets' names end with."""
    return at + 1 < len(tokens) and (tokens[at + 1] in _SURE_ENDS or tokens[at + 1] in ROMAN)


def as_written(text: str) -> list[str]:
    """The folded words as they were written, large and small; none where everything is large."""
    if text.isupper():
        return []
    if text.isascii():
        return text.translate(_ASCII_WORDS).split()
    return "".join(" " if f == " " else c for c, f in zip(text, fold(text), strict=True)).split()
