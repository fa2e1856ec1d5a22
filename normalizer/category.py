"""The category: what the citizen or clerk chose, else what the words say. Always a suggestion, never a decision.

Weights learnt from examples rank all categories (`text_model.py`); a phrase that is unmistakable (`data/
category_words.csv`) goes before them. Up to three are named, each with the probability that it is right; where even
the first is unlikely, none is.
"""

from __future__ import annotations

from collections.abc import Set
from datetime import date
from itertools import islice

from normalizer.categories import codes
from normalizer.context import Context, decided
from normalizer.folding import fold, whole
from normalizer.identity import ticket_day
from normalizer.record import CategorySuggestion, Complaint, Evidence

#: More categories than this in one text: its phrases prove nothing.
_MOST = 1
#: What an unmistakable phrase is worth at the least.
_SURE = 0.8
#: The first suggestion is at least as likely as this, each further one as `_FURTHER`, or it is left out.
LIKELY, _FURTHER = 0.15, 0.02
#: The rest's own category says only that nothing else fits, which must be surer.
_REST, _REST_LIKELY = "lainnya", 0.6
_SUGGESTIONS = 3


def step(complaint: Complaint, context: Context) -> Complaint:
    """Check chosen codes against the table of the day; without a valid one, suggest up to three."""
    valid = codes(ticket_day(complaint.received_at))
    chosen = tuple(c for c in complaint.categories if c.code in valid)
    evidence = [
        Evidence(step="category", result="unknown code left out", words=(c.code[:64],), confidence=0.0)
        for c in complaint.categories
        if c.code not in valid
    ]
    if chosen:
        evidence += [
            Evidence(step="category", result=f"chosen: {c.code}", confidence=c.confidence) for c in chosen
        ]
        return decided(complaint, *evidence, categories=chosen)
    if complaint.kind not in ("complaint", "suggestion"):
        return decided(complaint, *evidence, categories=())
    ranked, words = suggest(whole(complaint.subject, complaint.text), valid, context)
    named = _likely(ranked)
    if not named:
        evidence += [
            Evidence(step="category", result=f"too unsure: {code}", words=words, confidence=likely)
            for code, likely in ranked[:1]
        ]
        return decided(complaint, *evidence, categories=())
    evidence += [
        Evidence(step="category", result=code, words=words if place == 0 else (), confidence=likely)
        for place, (code, likely) in enumerate(named)
    ]
    suggestions = tuple(CategorySuggestion(code=code, confidence=likely) for code, likely in named)
    return decided(complaint, *evidence, categories=suggestions)


def offered(text: str, day: date, context: Context) -> tuple[str, ...]:
    """Up to three codes for words that somebody is still typing, the likeliest first; none where we are unsure."""
    ranked, _ = suggest(text, codes(day), context)
    return tuple(code for code, _ in _likely(ranked))


def _likely(ranked: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Those that are worth naming."""
    if not ranked or ranked[0][1] < (_REST_LIKELY if ranked[0][0] == _REST else LIKELY):
        return []
    return ranked[:1] + [item for item in ranked[1:_SUGGESTIONS] if item[1] >= _FURTHER]


def suggest(text: str, valid: Set[str], context: Context) -> tuple[list[tuple[str, float]], tuple[str, ...]]:
    """The likeliest `valid` codes, as many as are suggested (none for a text of unknown words), and the words relied
    on."""
    scored = context.category_model.judge(text)
    ranked = islice((one for one in scored.ranked if one[0] in valid), _SUGGESTIONS)
    named = {code: words for code, words in context.category_words.find(fold(text)).items() if code in valid}
    first = [(code, round(likely, 3)) for code, likely in ranked]
    if 0 < len(named) <= _MOST:
        code, phrases = next(iter(named.items()))
        if code in [c for c, _ in first] or not first:
            before = dict(first).get(code, 0.0)
            likely = max(before, _SURE)
            shrink = (1 - likely) / (1 - before) if before < 1 else 0.0
            others = [(c, round(p * shrink, 3)) for c, p in first if c != code]
            return [(code, likely), *others], tuple(phrases[:5])
    return first, scored.words
