"""What speaks for and against a line at the end of a mail being where its ending begins.

Every line near the end, and every tail of the last ones ("makasih ya, bu Contoh"), may begin the ending; or there is
none. The features are what each line from there on is by itself, and how the first of them stands below what is above.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from adapters.email.persons import name_weight
from adapters.email.quote_words import THANKS
from adapters.email.sign_off_groups import TOKEN, VERB, says
from adapters.email.sign_off_lines import weigh
from normalizer.name_tagger import Words, tagger
from normalizer.name_words import kind_of, shape
from normalizer.privacy_names import LEAST, LEAST_UNKNOWN

#: So many of the last lines that hold words may begin the ending; so many characters of a line are looked at.
LINES, _LONGEST = 14, 300
#: A tail of a line has at most so many words; so many places of a line may begin one.
_TAIL_WORDS, _TAILS = 7, 4
_THANKS = rf"\b(?:{'|'.join(map(re.escape, (*THANKS, 'mks', 'salam')))})"
#: Behind a sentence, an emoji, a joint or thanks; and behind whom the thanks are given to.
_TAIL = re.compile(
    rf"(?:[.!?…)]+|,|[\U0001F300-\U0001FAFF\u2600-\u27bf][\ufe0f\u200d]?|\s[-–—/~]|{_THANKS})\s+(?=\S)",
    re.IGNORECASE,
)
_THANKED = re.compile(
    rf"{_THANKS}(?: (?:banyak|ya|yah|pak|bu|min|kak|bang|sebelumnya|sblmnya|nggih|pisan|sanget))+\s+(?=\S)",
    re.IGNORECASE,
)
_JOINT = " \t-–—/~"
_PHONE = re.compile(r"\d[\d\s().+/\-]{6,}\d")
_REACH = re.compile(r"\S+@\S+|www\.|https?:")
_BESIDE = re.compile(r"[,(|/]| - ")
_ENDS = dict(zip('.…!?,;:)]"”', "..!?,,:))))", strict=True))
_NAMES = frozenset("NWBu")
#: A word of a line, by what it is: a title, a relative, a place; "x" asks, denies or tells of a thing.
_CLASSES = (
    dict.fromkeys("Tt", "T")
    | {"R": "R"}
    | dict.fromkeys("PBHA", "P")
    | dict.fromkeys("xJISp", "x")
    | {"o": "o"}
)


class Cut(NamedTuple):
    """Where an ending may begin: in which line, and at which of its characters; its features, and how it compares with
    where the rules cut."""

    line: int
    at: int
    features: tuple[str, ...]
    rule: str


class _Seen(NamedTuple):
    """What is known of one line, or of the tail of one."""

    features: tuple[str, ...]
    kind: str
    pattern: str
    small: str
    named: str
    end: str
    first: str
    last: str
    words: int
    thanks: bool
    closes: bool


def _size(count: int, edges: Sequence[int] = (1, 2, 3, 4, 6, 9, 14)) -> str:
    return next((str(edge) for edge in edges if count <= edge), "+")


def _end(line: str) -> str:
    last = line.rstrip()[-1:]
    return _ENDS.get(last) or ("d" if last.isdigit() else "a" if last.isalpha() else "e")


def _first(line: str) -> str:
    first = line.lstrip()[:1]
    if first.isalpha():
        return "A" if first.isupper() else "a"
    return "d" if first.isdigit() else "-" if first in "-–—•*~" else "(" if first in "([" else "e"


class Reader:
    """Reads the lines of one mail, those that are asked for; `closes` and `thanks` tell whether a line is a formula, or
    gives thanks (`signatures.py`)."""

    def __init__(
        self, lines: Sequence[str], closes: Callable[[str], bool], thanks: Callable[[str], bool]
    ) -> None:
        self._lines, self._closes, self._thanks = lines, closes, thanks
        self._seen: dict[int, _Seen] = {}

    def line(self, i: int) -> _Seen:
        """What is known of line `i`."""
        if i not in self._seen:
            line, above = self._lines[i], self._lines[i - 1] if i else ""
            self._seen[i] = look(line, above, closes=self._closes(line), thanks=self._thanks(line))
        return self._seen[i]


def look(line: str, above: str, *, closes: bool, thanks: bool) -> _Seen:
    """The features of a line by itself."""
    line = line.strip()[:_LONGEST]
    weighed = weigh(line, closes, above)
    kind, weight = (weighed.kind, weighed.weight) if weighed else ("none", 0.0)
    shown = TOKEN.findall(line)
    small = [token.casefold() for token in shown]
    kinds = [kind_of()[token] if token.isalpha() else "9" for token in small]
    count, end = len(shown), _end(line)
    pattern = " ".join(
        k + shape(token) if token[0].isalpha() else "9" for k, token in zip(kinds[:4], shown, strict=False)
    ) + ("+" if count > 4 else "")
    words = Words(line[:200])
    named = set(tagger().tag(words, LEAST, LEAST_UNKNOWN))
    others = sum(1 for i, k in enumerate(words.kind) if i not in named and k not in "Ttl")
    share = (
        "no" if not named else "all" if not others else "1" if others == 1 else "3" if others <= 3 else "+"
    )
    classes = " ".join(
        "N" if i in named and k not in "TtR" else _CLASSES.get(k, "u") for i, k in enumerate(words.kind[:5])
    ) + ("+" if len(words.kind) > 5 else "")
    first = _BESIDE.split(line, maxsplit=1)[0]
    name = f"{2 * name_weight(first):.0f}" if len(first) <= 60 else "0"
    found = [
        f"k{kind}", f"kw{kind}{2 * weight:.0f}", f"e{end}", f"s{_first(line)}", f"n{_size(count)}",
        f"ne{_size(count)}{end}", f"ke{kind}{end}", f"p{pattern}", f"q{classes}", f"w{name}", f"wn{name}{_size(count)}",
        f"t{share}", f"tn{share}{min(len(named), 4)}", f"te{share}{end}",
        f"v{min(2, sum(1 for t, k in zip(small, kinds, strict=True) if VERB.match(t) and k not in 'NWB'))}",
        f"o{_size(kinds.count('o'), (0, 1, 2, 3, 5))}",
    ]  # fmt: skip
    if closes:
        found.append("formula")
    if thanks:
        found += ["thanks", f"thanks{_size(count)}"]
    if _PHONE.search(line):
        found.append(f"phone{_size(count)}")
    if _REACH.search(line):
        found.append("reach")
    if says(small):
        found.append(f"says{_size(count)}")
    if small:
        found.append(f"f{small[0] if kinds[0] not in _NAMES else kinds[0] + shape(shown[0])}")
        found.append(f"l{small[-1] if kinds[-1] not in _NAMES else kinds[-1] + shape(shown[-1])}")
        told = {token for token, k in zip(small, kinds, strict=True) if k not in _NAMES and k != "9"}
        found += [f"W{token}" for token in sorted(told)]
    last = small[-1] if small and kinds[-1] not in _NAMES else ""
    if line.isupper():
        found.append("U")
    if shown and all(token[0].isupper() for token in shown if token[0].isalpha()):
        found.append(f"C{_size(count)}")
    return _Seen(tuple(found), kind, pattern, classes, share, end, _first(line), last, count, thanks, closes)


def cuts(reader: Reader, lines: Sequence[str], rule: int) -> list[Cut]:
    """Where the ending of a mail may begin, the last first; the first of all says that there is none.

    `rule`: the line where the rules cut, `len(lines)` when they do not.
    """
    held = _last_lines(lines)
    last = reader.line(held[-1])
    none = (
        "none", f"N{last.kind}", f"N1{last.end}", f"N2{last.pattern}", f"N3{last.kind}{last.end}{_size(last.words)}",
        f"N4{last.small}", f"N5{last.named}{_size(last.words)}", f"N6{last.named}{last.end}",
    )  # fmt: skip
    rule = next((i for i in held if i >= rule), len(lines))
    found = [Cut(len(lines), 0, none, "R=" if rule == len(lines) else "R-")]
    below: tuple[str, ...] = ()
    under = "END"
    for back, i in enumerate(reversed(held[-LINES:]), start=1):
        place = len(held) - back
        if back <= 2:
            for at in tails(lines[i]):
                head, tail = lines[i][:at], lines[i][at:]
                here = look(tail, "", closes=False, thanks=False)
                over = look(head, "", closes=False, thanks=reader.line(i).thanks)
                own = (*(f"E{f}" for f in here.features), f"Eb{here.kind}{under}")
                start = tuple(_start(here, over, "j", under, back, place + 1))
                tailed = (
                    f"T{_joint(head)}",
                    f"T1{_joint(head)}{here.small}",
                    f"T2{_joint(head)}{here.named}",
                )
                found.append(Cut(i, at, below + own + start + tailed, "Rt" if rule > i else "Rs"))
        if not place:
            break
        here = reader.line(i)
        below += tuple(f"E{f}" for f in here.features)
        below += (f"Eb{here.kind}{under}", f"Ep{here.kind}{_size(back, (1, 2, 3, 5))}")
        above = held[place - 1]
        apart = "b" if i - above > 1 else "-"
        over = reader.line(above)
        start = tuple(_start(here, over, apart, under, back, place))
        found.append(
            Cut(i, 0, below + start, ("R=" if i == rule else "R<" if rule < i else "R>") + here.kind)
        )
        under = here.kind
    return found


def _last_lines(lines: Sequence[str]) -> list[int]:
    """The last of the lines that hold words, a few more than may begin an ending."""
    held: list[int] = []
    for i in range(len(lines) - 1, -1, -1):
        if any(c.isalnum() for c in lines[i]):
            held.append(i)
            if len(held) == LINES + 4:
                break
    return held[::-1]


def tails(line: str) -> list[int]:
    """At which characters of a line something of its own may begin, right behind a sentence, thanks or a joint."""
    line = line[: 4 * _LONGEST].rstrip()
    ends = {m.end() for places in (_TAIL, _THANKED) for m in places.finditer(line)}
    return sorted(at for at in ends if 0 < len(line[at:].split()) <= _TAIL_WORDS)[-_TAILS:]


def _joint(head: str) -> str:
    """How a line's head ends where a tail may begin."""
    bare = head.rstrip()
    last = bare[-1:]
    return "j" if last in _JOINT else _end(bare)


def _start(here: _Seen, over: _Seen, apart: str, under: str, back: int, place: int) -> Iterator[str]:
    """Features of an ending that begins with `here`, below `over`."""
    way = apart + ("t" if over.thanks else "f" if over.closes else over.end)
    yield from (
        f"B0{here.kind}{way}", f"B1{apart}{over.end}{here.first}", f"B2{here.kind}{under}", f"B3{here.pattern}{way}",
        f"B4{way}", f"B5{_size(back)}", f"B6{_size(back)}{here.kind}", f"B7{_size(place, (1, 2, 3))}",
        f"B8{over.kind}{here.kind}", f"B9{_size(over.words)}{here.kind}{apart}",
        f"Ba{here.kind}{_size(here.words)}{here.end}{way}", f"Bd{over.kind}{over.end}", f"Bq{here.small}{apart}",
        f"Br{here.small}{way}", f"Bs{here.named}{way}", f"Bt{here.named}{_size(back)}{_size(here.words)}",
        f"Bu{here.named}{here.end}{way}", f"Bw{over.last}", f"Bx{over.last}{here.named}",
    )  # fmt: skip
    if place == 1 and over.words <= 6:
        yield "greeted"


def up_to(lines: Sequence[str], cut: Cut) -> list[str]:
    """The lines above a cut."""
    if not cut.at:
        return list(lines[: cut.line])
    return [*lines[: cut.line], lines[cut.line][: cut.at].rstrip(_JOINT)]
