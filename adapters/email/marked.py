"""Lines that bear the mark of a quote (`>`), and the bare ones between them: answers, or what a program broke off."""

from __future__ import annotations

import re

from adapters.email.attributions import LONGEST_LINE
from adapters.email.quote_words import OFFICES

#: A quoted line; not the row of a table, which has a stroke at its end, too.
MARKED = re.compile(r"\s{0,3}(?:>|\|+(?![^|]*\|))")
#: The end of a marked line that the sender's program broke in two: long, and in the middle of a sentence.
_BROKEN_OFF = re.compile(r"[^.?!:;>\s]\s*$")
_BROKEN, _BROKEN_WORDS = 56, 4
#: "Petugas bilang ke saya:", above words that the sender marks by hand.
_TELLS = re.compile(
    r"\b(?:bilang|berkata|katanya|kata (?:bu|ibu|pak|bapak|petugas|dia|beliau)|ngomong|bunyinya|ucap(?:nya)?"
    r"|said|told)\b"
    r".{0,60}:\s*$",
    re.IGNORECASE,
)
_TOLD_LINES = 6
_MORE_THAN = re.compile(r"\s{0,3}>\s?\d+(?![\d.)]).*[^?]$")
#: A time of day, not the beginning of "12.03.2025".
TIME = re.compile(r"(?<![\d.])\d{1,2}[.:h]\s?\d{2}(?!\.?\d*\.?\d{4})")


def has_words(lines: list[str]) -> bool:
    return any(any(c.isalnum() for c in line) for line in lines)


def is_broken_off(lines: list[str], index: int) -> bool:
    """Whether line `index`, bare between marked ones, is the end of the one above, which a program wrapped."""
    line = lines[index]
    if not 0 < index < len(lines) - 1 or not line[:1].islower() or len(line.split()) > _BROKEN_WORDS:
        return False
    above = lines[index - 1]
    marked = MARKED.match(above) and MARKED.match(lines[index + 1])
    return bool(marked) and len(above) >= _BROKEN and _BROKEN_OFF.search(above) is not None


def retold(lines: list[str], index: int, above: list[str]) -> int:
    """How many marked lines from `index` on are what the sender tells that somebody said: the only ones of the mail,
    few, right below the sentence that tells of it, and with more of the sender's words behind them."""
    said = next((line for line in reversed(above) if line.strip()), "")
    if (
        len(said) > LONGEST_LINE
        or not _TELLS.search(said)
        or any(c in said for c in "@<>")
        or TIME.search(said)
    ):
        return 0
    end = index
    while end < len(lines) and end - index <= _TOLD_LINES and MARKED.match(lines[end]):
        end += 1
    behind = lines[end:]
    if end - index > _TOLD_LINES or not has_words(behind) or any(map(MARKED.match, (*above, *behind))):
        return 0
    return end - index


def is_more_than(lines: list[str], index: int) -> bool:
    """Whether `>` means "more than" in the middle of a paragraph: "> 20 rumah terendam"."""
    if not index or not lines[index - 1].strip() or _MORE_THAN.match(lines[index]) is None:
        return False
    return not any(MARKED.match(line) for line in (lines[index - 1], *lines[index + 1 : index + 2]))


def is_answered(lines: list[str], first: int) -> bool:
    """Whether the words from line `first` on begin with a marked line and bare ones stand below it: answers, since
    where a program marks a quote it marks all of it."""
    begins = next((i for i in range(first, len(lines)) if lines[i].strip()), len(lines))
    return (
        begins < len(lines)
        and MARKED.match(lines[begins]) is not None
        and any(
            has_words([lines[i]]) and not MARKED.match(lines[i]) and not is_broken_off(lines, i)
            for i in range(begins, len(lines))
        )
    )


def is_signed(quoted: str) -> bool:
    """Whether the last line of a quote is the office's name or its thanks: what stands below answers no question."""
    if len(quoted) > LONGEST_LINE:
        return False
    said = quoted.casefold()
    return any(word in said for word in OFFICES) or (
        "?" not in said and said.startswith(("terima kasih", "thank"))
    )
