"""The CRM's public stages of a complaint, and the other words that it and LAPOR use for them.

`data/stages.csv` maps a word to its stage. A word that is not in it passes through untouched and moves nothing.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path
from typing import Literal

from normalizer.record import SCHEMA_VERSION, Base, Moment

Stage = Literal["Menunggu", "Koordinasi", "Disposisi", "Selesai"]
STAGES: tuple[Stage, ...] = ("Menunggu", "Koordinasi", "Disposisi", "Selesai")
LAST: Stage = "Selesai"


class StatusUpdate(Base, frozen=True, kw_only=True, omit_defaults=False):
    """What the CRM says of one complaint: one message on the status queue.

    `status_id` is the CloudEvents id: the same one twice is one status. `stage` is the CRM's word. `crm_number` is
    its own number of the case, `agency` who has it now, `note` a sentence for the citizen; only with
    `note_is_public` may the note stand where others read it.
    """

    schema_version: str = SCHEMA_VERSION
    status_id: str
    ticket: str
    stage: str
    occurred_at: Moment
    crm_number: str = ""
    agency: str = ""
    note: str = ""
    note_is_public: bool = False


@lru_cache(maxsize=1)
def _words() -> dict[str, Stage]:
    with (Path(__file__).parent / "data" / "stages.csv").open(encoding="utf-8", newline="") as file:
        found = {row["word"]: row["stage"] for row in csv.DictReader(file)}
    known: dict[str, Stage] = {stage: stage for stage in STAGES}
    return {word: known[stage] for word, stage in found.items()}


def stage_of(word: str) -> Stage | None:
    """The stage behind the CRM's word; None for one that we do not know."""
    return _words().get(" ".join(word.casefold().replace("_", " ").replace("-", " ").split()))


def rank(stage: str) -> int:
    """1 for the first stage to 4 for the last; 0 for what is none."""
    return STAGES.index(stage) + 1 if stage in STAGES else 0
