"""Endings in scripts that the lists of words and the learnt table do not know: Chinese, Thai, Arabic, Russian.

To whoever counts by spaces a sentence of some of them is one word, and would pass for a name. So nothing that is
written so goes but a name by itself below thanks, where the script shows that it is one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_LETTER = re.compile(r"[^\W\d_]")
#: Letters that are no Latin ones.
_OTHER = re.compile(r"[^\W\d_\u0000-\u02af\u1e00-\u1eff]")
_THANKS = (
    "谢谢", "謝謝", "感谢", "感謝", "此致", "敬礼", "敬禮", "ありがとう", "よろしく", "宜しく", "お願い", "감사합니다",
    "고맙습니다", "감사드립니다", "ขอบคุณ", "ขอบพระคุณ", "спасибо", "благодар", "شكرا", "धन्यवाद", "நன்றி",
)  # fmt: skip
_SYLLABLE = r"[\u3005\u3040-\u30fa\u30fc-\u30ff\u3400-\u9fff\uac00-\ud7af]"
#: A few Chinese, Japanese or Korean letters; of other scripts only those with capitals show where a name ends.
_SHORT = re.compile(rf"{_SYLLABLE}{{1,5}}(?:[ \u3000]{_SYLLABLE}{{1,5}})?")
_CAPITAL_WORDS = re.compile(r"\w{2,15}(?: \w{2,15}){0,2}")
_LONGEST = 300
#: With so many letters a line is another script's although more of them are Latin: names of places, of firms.
_MIXED = 5
#: A line of so many letters says something, whatever stands above it.
_SAYS = 12


def is_other(line: str, least: int = 1) -> bool:
    """Whether a line is written in another script than the Latin one, with at least so many letters of it."""
    line = line[:_LONGEST]
    others = len(_OTHER.findall(line))
    return others >= least and (others >= _MIXED or 2 * others > len(_LETTER.findall(line)))


def is_unread(lines: Sequence[str], first: int) -> bool:
    """Whether an ending that begins with line `first` begins in another script, or says something in one."""
    return is_other(lines[first]) or any(is_other(line, _SAYS) for line in lines[first + 1 :])


def gives_thanks(line: str) -> bool:
    """Whether a line in another script gives thanks."""
    said = line[:_LONGEST].casefold()
    return any(word in said for word in _THANKS) and is_other(said)


def without_name(lines: list[str]) -> list[str]:
    """Without a name in another script, by itself on the last line below thanks."""
    above = next((line for line in reversed(lines[:-1]) if line.strip()), "")
    if not gives_thanks(above) or gives_thanks(lines[-1]):
        return lines
    name = lines[-1].strip()
    return lines[:-1] if is_other(name) and _is_name(name) else lines


def _is_name(name: str) -> bool:
    if _SHORT.fullmatch(name):
        return True
    return _CAPITAL_WORDS.fullmatch(name) is not None and all(
        word[0].lower() != word[0] for word in name.split()
    )
