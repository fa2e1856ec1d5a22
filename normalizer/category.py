"""The category: what the citizen or clerk chose, else what unmistakable words say. Always a suggestion."""

from __future__ import annotations

from normalizer.categories import categories
from normalizer.context import Context, decided
from normalizer.folding import fold
from normalizer.identity import ticket_day
from normalizer.record import CategorySuggestion, Complaint, Evidence

#: More categories than this in one text say nothing.
_MOST = 2


def step(complaint: Complaint, context: Context) -> Complaint:
    """Check chosen codes against the table of the day; without a valid one, look for phrases."""
    valid = {c.code for c in categories(ticket_day(complaint.received_at))}
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
    text = fold(f"{complaint.subject}\n{complaint.text}")
    found = {code: said for code, said in context.category_words.find(text).items() if code in valid}
    if not found or len(found) > _MOST or complaint.kind not in ("complaint", "suggestion"):
        return decided(complaint, *evidence, categories=())
    confidence = 0.8 if len(found) == 1 else 0.5
    ranked = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    evidence += [
        Evidence(step="category", result=code, words=tuple(said[:5]), confidence=confidence)
        for code, said in ranked
    ]
    suggestions = tuple(CategorySuggestion(code=code, confidence=confidence) for code, _ in ranked)
    return decided(complaint, *evidence, categories=suggestions)
