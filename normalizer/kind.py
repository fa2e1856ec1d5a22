"""What kind of message it is. Whatever is not surely something else is a complaint: none may be lost to a guess.

Weights learnt from examples judge the manner of a text (`kind_units.py`); the topic does not count. Several names of
gambling games are spam whatever else is said.
"""

from __future__ import annotations

from operator import itemgetter

from normalizer.context import Context, decided
from normalizer.folding import fold
from normalizer.phrases import phrase_list
from normalizer.record import Complaint, Evidence, Kind
from normalizer.text_model import TextModel

#: As soon as a complaint is as likely as this, it is one: to answer a thank-you with a ticket is the smaller harm.
LIKELY = 0.4
#: So many games, loans and followers are named only by those who sell them.
_SPAM_PHRASES = 3
_KINDS: dict[str, Kind] = {
    "complaint": "complaint", "question": "question", "suggestion": "suggestion", "thanks": "thanks",
    "announcement": "announcement", "spam": "spam", "abuse": "abuse",
}  # fmt: skip


def judge(subject: str, text: str, model: TextModel) -> tuple[Kind, float, tuple[str, ...]]:
    """The kind, the probability that it is right, and the words relied on."""
    whole = f"{subject}\n{text}" if subject else text
    folded = fold(whole)
    spam = tuple(
        dict.fromkeys(phrase for _, _, phrase, _ in phrase_list("spam").find(" ".join(folded.split())))
    )
    if len(spam) >= _SPAM_PHRASES:
        return "spam", 0.95, spam
    if not any(character.isalpha() for character in folded):
        return "complaint", 0.5, ()
    scored = model.judge(whole)
    odds = dict(scored.ranked)
    complaint = odds.pop("complaint", 0.0)
    if not odds or complaint >= LIKELY:
        # What only fails to be something else is no confident complaint: on public channels a person looks at it.
        trouble = tuple(dict.fromkeys(phrase for _, _, phrase, _ in phrase_list("trouble").find(folded)))
        if not trouble or complaint < max(odds.values(), default=0.0):
            return "complaint", 0.5, trouble[:5]
        return "complaint", min(0.95, 0.7 + 0.05 * len(trouble)), trouble[:5]
    name, likely = max(odds.items(), key=itemgetter(1))
    words = tuple(word.lstrip("^") for word in scored.words if not word.startswith("*"))
    return _KINDS[name], round(likely, 3), words


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
