"""What every step is handed, and the small helper by which a step says what it decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from normalizer.record import Complaint, Evidence

if TYPE_CHECKING:  # whoever reads contacts alone need not load what all the steps together know
    from normalizer.categories import CategoryWords
    from normalizer.duplicate_memory import Recent
    from normalizer.place_names import PlaceNames
    from normalizer.ports import LanguageDetector, MediaFacts, RegionFinder
    from normalizer.text_model import TextModel


@dataclass(frozen=True)
class Context:
    """All that a step may know beside the complaint. `media` is by the SHA-256 of the content; without `recent`, the
    fingerprints of recent complaints, no duplicates are looked for."""

    detector: LanguageDetector
    places: PlaceNames
    category_words: CategoryWords
    category_model: TextModel
    kind_model: TextModel
    polygons: RegionFinder | None = None
    phone_region: str = "ID"
    media: Mapping[str, MediaFacts] = field(default_factory=dict)
    recent: Recent | None = None


def decided(complaint: Complaint, *evidence: Evidence, **changes: Any) -> Complaint:
    """`complaint` with `changes` and the evidence for them; itself when there is neither."""
    if not evidence and not changes:
        return complaint
    return msgspec.structs.replace(complaint, evidence=complaint.evidence + evidence, **changes)
