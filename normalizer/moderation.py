"""Flags that people must see first: an emergency, spam, abuse. A flag never hides or drops a complaint."""

from __future__ import annotations

from functools import lru_cache

from normalizer.context import Context, decided
from normalizer.folding import fold, whole
from normalizer.phrases import Phrases, words_in
from normalizer.record import Complaint, Evidence, Flag

_FLAGS: tuple[Flag, ...] = ("emergency", "abusive")


@lru_cache(maxsize=1)
def _flagged() -> Phrases[tuple[Flag, ...]]:
    """Every phrase with the flags that it raises: one pass for all of them."""
    raised: dict[str, tuple[Flag, ...]] = {}
    for flag in _FLAGS:
        for phrase in sorted(words_in(flag)):
            raised[phrase] = (*raised.get(phrase, ()), flag)
    return Phrases(raised)


def _raises(flag: Flag, folded: str, start: int) -> bool:
    return flag != "emergency" or _now(folded, start)


def _now(folded: str, start: int) -> bool:
    before = f" {' '.join(folded[max(0, start - 40) : start].split())} "
    # Said before an emergency's words, these make it a worry, a drill, or a thing of the past.
    return not any(f" {word} " in before for word in words_in("not now"))


def is_emergency(text: str) -> bool:
    """Whether these words raise the flag `emergency`."""
    folded = fold(text)
    return any(
        "emergency" in raised and _raises("emergency", folded, start)
        for start, _, _, raised in _flagged().find(folded)
    )


def step(complaint: Complaint, context: Context) -> Complaint:
    """Add the flags that the words call for."""
    folded = fold(whole(complaint.subject, complaint.text))
    words: dict[Flag, list[str]] = {}
    found = _flagged().find(folded)
    for flag in _FLAGS if found else ():
        spoken = [
            phrase for start, _, phrase, raised in found if flag in raised and _raises(flag, folded, start)
        ]
        if spoken:
            words[flag] = spoken
    if complaint.kind == "spam":
        words.setdefault("spam", [])
    flags = complaint.flags + tuple(flag for flag in words if flag not in complaint.flags)
    evidence = [
        Evidence(step="moderation", result=flag, words=tuple(dict.fromkeys(spoken)), confidence=0.9)
        for flag, spoken in words.items()
    ]
    if flags == complaint.flags:
        return decided(complaint, *evidence)
    return decided(complaint, *evidence, flags=flags)
