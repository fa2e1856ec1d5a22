"""The two things that are learnt from labelled texts: category and kind."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from normalizer.gazetteer import DATA
from normalizer.kind_manner import kind_features, kind_units, kind_worth
from normalizer.text_model import Reading
from normalizer.text_units import topic_features, topic_units, worth


class Task(Struct, frozen=True, kw_only=True):
    """Something to learn: the column that holds its labels, the model's file, and how texts are read for it."""

    column: str
    path: Path
    reading: Reading


#: Both are told by the same words, so that a text is taken apart once; the kind by its manner, too.
CATEGORY = Task(
    column="category",
    path=DATA / "category_model.gz",
    reading=Reading(units=topic_units, features=topic_features, worth=worth),
)
KIND = Task(
    column="kind",
    path=DATA / "kind_model.gz",
    reading=Reading(units=kind_units, features=kind_features, worth=kind_worth, closeness=1.0),
)
TASKS = {"category": CATEGORY, "kind": KIND}
