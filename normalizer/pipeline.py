"""The normaliser's steps, in order, on one screen.

A step takes the complaint as it stands and gives back a changed copy; it is pure given its `Context`, appends one
`Evidence` per decision, and leaves a field empty rather than guessing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from normalizer import category, contact, duplicate, kind, language, media, moderation, place, privacy, text
from normalizer.categories import CategoryWords
from normalizer.context import Context, decided
from normalizer.errors import Misconfigured
from normalizer.place_names import PlaceNames
from normalizer.record import Complaint, Evidence
from normalizer.tasks import CATEGORY, KIND, Task
from normalizer.text_model import TextModel

__all__ = ["STEPS", "Context", "Step", "build_context", "normalise"]

Step = Callable[[Complaint, Context], Complaint]

#: `privacy` comes last, because it masks what the others have found.
STEPS: tuple[tuple[str, Step], ...] = (
    ("text", text.step),
    ("kind", kind.step),
    ("language", language.step),
    ("contact", contact.step),
    ("media", media.step),
    ("place", place.step),
    ("category", category.step),
    ("moderation", moderation.step),
    ("duplicate", duplicate.step),
    ("privacy", privacy.step),
)


def normalise(
    complaint: Complaint, context: Context, steps: tuple[tuple[str, Step], ...] = STEPS
) -> Complaint:
    """The complaint after every step. A step that fails changes nothing but leaves `failed: <type>` as evidence.

    Losing a complaint because of a bug in one step would break the promise; hiding the bug would be worse.
    """
    for name, step in steps:
        try:
            complaint = step(complaint, context)
        except Exception as error:
            failed = Evidence(step=name, result=f"failed: {type(error).__name__}", confidence=0.0)
            complaint = decided(complaint, failed)
    return complaint


def build_context(
    *, polygons: Path | None = None, category_model: Path | None = None, kind_model: Path | None = None
) -> Context:
    """The context of a running gateway. `polygons` is a GeoJSON file of kelurahan with a property `code`;
    `category_model` and `kind_model` are files that `kanal train` made.

    Cheap without polygons: a few hundred names. Raises `Misconfigured` when a file cannot be read.
    """
    finder = None
    if polygons is not None:
        # shapely brings numpy, 30 MB that a gateway without polygons should not carry.
        from normalizer.polygons import Polygons

        finder = Polygons(polygons)
    return Context(
        detector=language.TwoVoices(),
        places=PlaceNames(),
        category_words=CategoryWords(),
        category_model=_model(CATEGORY, category_model),
        kind_model=_model(KIND, kind_model),
        polygons=finder,
    )


def _model(task: Task, path: Path | None) -> TextModel:
    try:
        return TextModel(path or task.path, task.reading)
    except ValueError as error:
        raise Misconfigured(
            f"gateway.{task.column}_model", "{why}", "make one: kanal train", why=error
        ) from None
