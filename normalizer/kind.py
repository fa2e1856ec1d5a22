"""What kind of message it is. Whatever is not surely something else is a complaint: none may be lost to a guess.

Weights learnt from examples judge the words (`text_model.py`) and the manner (`kind_manner.py`). Several names of
gambling games are spam whatever else is said.
"""

from __future__ import annotations

from functools import cache
from operator import itemgetter

from normalizer.context import Context, decided
from normalizer.folding import fold, whole
from normalizer.phrases import phrase_list, words_in
from normalizer.record import Complaint, Evidence, Kind
from normalizer.text_model import TextModel
from normalizer.text_units import words_of

#: As soon as a complaint is as likely as this, a text is one, though it sounds more like the other: to answer a
#: thank-you with a ticket is the smaller harm. Chosen on texts that were not learnt from, with a margin.
LIKELY: dict[Kind, float] = {
    "thanks": 0.06, "question": 0.10, "announcement": 0.04, "suggestion": 0.15, "spam": 0.15, "abuse": 0.15,
}  # fmt: skip
#: So many games, loans and followers are named only by those who sell them.
_SPAM_PHRASES = 3
_KINDS: dict[str, Kind] = {kind: kind for kind in LIKELY}


def judge(subject: str, text: str, model: TextModel) -> tuple[Kind, float, tuple[str, ...]]:
    """The kind, the probability that it is right, and the words relied on."""
    said = whole(subject, text)
    folded = fold(said)
    spam = tuple(
        dict.fromkeys(phrase for _, _, phrase, _ in phrase_list("spam").find(" ".join(folded.split())))
    )
    if len(spam) >= _SPAM_PHRASES:
        return "spam", 0.95, spam
    if not any(character.isalpha() for character in folded):
        return "complaint", 0.5, ()
    scored = model.judge(said)
    odds = dict(scored.ranked)
    complaint = odds.pop("complaint", 0.0)
    name, likely = max(odds.items(), key=itemgetter(1), default=("complaint", 0.0))
    if complaint >= likely or complaint >= LIKELY[_KINDS[name]]:
        # What only fails to be something else is no confident complaint: on public channels a person looks at it.
        trouble = tuple(dict.fromkeys(phrase for _, _, phrase, _ in phrase_list("trouble").find(folded)))
        if not trouble or complaint < likely:
            return "complaint", 0.5, trouble[:5]
        return "complaint", min(0.95, 0.7 + 0.05 * len(trouble)), trouble[:5]
    if name == "thanks" and (bad := _no_thanks(said)):
        return "complaint", 0.5, bad
    return _KINDS[name], round(likely, 3), scored.words


def _no_thanks(text: str) -> tuple[str, ...]:
    """The trouble that a thank-you names, if it names no relief and denies nothing: such thanks are bitter, or said
    in advance."""
    words = words_of(text)
    if _list("relief").isdisjoint(words) and _list("denial").isdisjoint(words):
        return tuple(word for word in dict.fromkeys(words) if word in _list("bad state"))[:4]
    return ()


@cache
def _list(name: str) -> frozenset[str]:
    """A list of `data/phrases.csv` in the spelling in which texts are read."""
    return frozenset(word for phrase in words_in(name) for word in words_of(phrase))


def step(complaint: Complaint, context: Context) -> Complaint:
    """Set kind and confidence. Files without words count as a complaint: a photo of a hole says enough."""
    # A dialogue or a form where a category was chosen is a complaint by the citizen's own word.
    if complaint.categories or complaint.clerk_id:
        evidence = Evidence(step="kind", result="complaint: chosen at the door")
        return decided(complaint, evidence, kind="complaint", kind_confidence=1.0)
    kind, confidence, words = judge(complaint.subject, complaint.text, context.kind_model)
    if complaint.attachments and kind not in ("complaint", "spam"):
        kind, confidence, words = "complaint", 0.5, ()
    evidence = Evidence(step="kind", result=kind, words=words, confidence=confidence)
    return decided(complaint, evidence, kind=kind, kind_confidence=confidence)
