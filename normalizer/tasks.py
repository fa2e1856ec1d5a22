"""The two things that are learnt from labelled texts: category and kind."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from normalizer.gazetteer import DATA
from normalizer.text_model import Reading
from normalizer.text_units import topic_features, topic_units, worth


class Task(Struct, frozen=True, kw_only=True):
    """Something to learn: the column that holds its labels, the model's file, and how texts are read for it."""

    column: str
    path: Path
    reading: Reading


#: Both are told by the same words, so that a text is taken apart once.
READING = Reading(units=topic_units, features=topic_features, worth=worth)
CATEGORY = Task(column="category", path=DATA / "category_model.gz", reading=READING)
KIND = Task(column="kind", path=DATA / "kind_model.gz", reading=READING)
TASKS = {"category": CATEGORY, "kind": KIND}
