"""Files that nothing refers to any more leave the store; one that is wanted again at that moment does not.

Whoever stores a content that is there already makes its file new (its modification time) before the journal refers
to it. A file is removed in three steps: it is moved aside; then its time is read; only if it is old it goes, else it
is moved back. So a file that became wanted before the first step is seen to be new, and after it, is stored again.
What a crash leaves aside is moved back at the next start.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from contextlib import suppress
from pathlib import Path

ASIDE = "aside"


def names(folder: Path) -> Iterator[str]:
    """The names of the stored files below `folder`, as `FileStore.name` gives them, in order."""
    for inner in sorted(path for path in folder.iterdir() if len(path.name) == 2 and path.is_dir()):
        for path in sorted(inner.iterdir()):
            yield f"{inner.name}/{path.name}"


def remove(folder: Path, name: str, older_than: float) -> int:
    """Remove one file if it was last wanted before `older_than` (seconds since 1970); its bytes on disk, else 0."""
    place = folder / name
    try:
        if place.stat().st_mtime >= older_than:
            return 0
        aside = _aside(folder, name)
        place.rename(aside)
        found = aside.stat()
        if found.st_mtime >= older_than:
            _back(aside, place)
            return 0
        aside.unlink()
    except FileNotFoundError:
        return 0
    return found.st_size


def unwanted(folder: Path, wanted: Container[str], older_than: float) -> Iterator[str]:
    """The names of files that nothing refers to, and that were last wanted before `older_than`."""
    for name in names(folder):
        if name not in wanted:
            with suppress(FileNotFoundError):
                if (folder / name).stat().st_mtime < older_than:
                    yield name


def put_back(folder: Path) -> None:
    """What a crash left aside stands at its place again."""
    aside = folder / ASIDE
    if not aside.is_dir():
        return
    for path in aside.iterdir():
        _back(path, folder / path.name[:2] / path.name[2:])


def _aside(folder: Path, name: str) -> Path:
    (folder / ASIDE).mkdir(mode=0o700, exist_ok=True)
    return folder / ASIDE / name.replace("/", "")


def _back(aside: Path, place: Path) -> None:
    with suppress(FileNotFoundError):
        with suppress(FileExistsError):  # stored again meanwhile: equal content
            os.link(aside, place)
        aside.unlink()
