"""What kind of message it is. Whatever is not surely something else is a complaint: none may be lost to a rule."""

from __future__ import annotations

import re

from normalizer.context import Context, decided
from normalizer.folding import fold
from normalizer.phrases import phrase_list
from normalizer.record import Complaint, Evidence, Kind

_ASKING = re.compile(
    r"^(?:(?:halo|hallo|hai|min|admin|pak|bu|kak|permisi|maaf|selamat|pagi|siang|sore|malam|assalamualaikum|mau|numpang"
    r"|ingin|saya|izin|tanya|nanya|bertanya|dong|ya) +)*"
    r"(?:apa|apakah|bagaimana|gimana|dimana|di mana|ke mana|kemana|berapa|siapa|jam berapa|syarat|persyaratan|cara)\b"
)
_URL = re.compile(r"https?://|www\.|\bbit\.ly/|\bt\.me/|\bwa\.me/", re.IGNORECASE)


def judge(subject: str, text: str) -> tuple[Kind, float, tuple[str, ...]]:
    """The kind, how sure, and the words relied on."""
    folded = " ".join(fold(f"{subject} {text}").split())
    # Any word of trouble makes a complaint likely, so that no other kind is believed.
    trouble = tuple(dict.fromkeys(m[2] for m in phrase_list("trouble").find(folded)))
    spam = tuple(dict.fromkeys(m[2] for m in phrase_list("spam").find(folded)))
    # A citizen may complain *about* gambling; an advertiser names several games, or one beside a link.
    if spam and (len(spam) >= 3 or (_URL.search(text) and not trouble)):
        return "spam", 0.95 if len(spam) >= 3 else 0.85, spam
    if trouble:
        return "complaint", min(0.95, 0.7 + 0.05 * len(trouble)), trouble[:5]
    count = len(folded.split())
    thanks = tuple(dict.fromkeys(m[2] for m in phrase_list("thanks").find(folded)))
    if thanks and count <= 12 and "?" not in text:
        return "thanks", 0.85, thanks
    for voice in ("suggestion", "announcement"):
        said = tuple(m[2] for m in phrase_list(voice).find(folded))
        if said:
            return ("suggestion" if voice == "suggestion" else "announcement"), 0.75, said
    asked = _ASKING.match(folded)
    if asked and "?" in text and count <= 40:
        return "question", 0.8, (asked[0].split()[-1],)
    return "complaint", 0.5, ()


def step(complaint: Complaint, context: Context) -> Complaint:
    """Set kind and confidence. Files without words count as a complaint: a photo of a hole says enough."""
    # A dialogue or a form where a category was chosen is a complaint by the citizen's own word.
    if complaint.categories or complaint.clerk_id:
        evidence = Evidence(step="kind", result="complaint: chosen at the door")
        return decided(complaint, evidence, kind="complaint", kind_confidence=1.0)
    kind, confidence, words = judge(complaint.subject, complaint.text)
    if complaint.attachments and kind not in ("complaint", "spam"):
        kind, confidence, words = "complaint", 0.5, ()
    evidence = Evidence(step="kind", result=kind, words=words, confidence=confidence)
    return decided(complaint, evidence, kind=kind, kind_confidence=confidence)
