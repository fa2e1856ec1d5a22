"""What commands show: lines of JSON for programs; words, colours and progress bars for people.

`--json` has one shape everywhere: **one JSON object per line** on standard output (JSON Lines). A list is a line for
each item and nothing when it is empty; everything else is one line.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import typer

from intake.words import named, say, told
from normalizer.sentence import Sentence

if TYPE_CHECKING:
    from rich.console import Console

Progress = Callable[[str, int, int], None]


def coloured(stream: IO[str] | None = None) -> bool:
    """Whether colours are shown there: NO_COLOR (no-color.org) says no, FORCE_COLOR yes, a dumb terminal no."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return os.environ.get("TERM") != "dumb" and (stream or sys.stdout).isatty()


def line(words: str = "") -> None:
    """One line for people on standard output."""
    typer.echo(words, color=coloured())


def emit(value: object) -> None:
    """One line of JSON on standard output, at once."""
    import msgspec

    typer.echo(msgspec.json.encode(value))


def emit_each(values: Iterable[object]) -> None:
    for value in values:
        emit(value)


def done(as_json: bool, key: str, **record: object) -> None:
    """What a command did: its record as JSON, or the sentence `key` with the record's values."""
    if as_json:
        emit(record)
    else:
        line(say(key, **record))


def sure(key: str, **values: object) -> None:
    """Ask before what cannot be taken back. Raises `typer.Abort` when the answer is no."""
    typer.confirm(say(key, **values), abort=True, err=True)


def console(stream: IO[str] | None = None) -> Console:
    """Where tables are drawn, in colour where there is any."""
    from rich.console import Console

    where = stream or sys.stdout
    return Console(file=where, no_color=not coloured(where), force_terminal=coloured(where) or None)


def mark(ok: bool) -> str:
    """A tick or a cross, green or red."""
    return typer.style("✓", fg="green") if ok else typer.style("✗", fg="red", bold=True)


def cure(words: str) -> str:
    """The line that says what to do."""
    return f"    {typer.style(say('cure'), bold=True)}: {words}"


def show(record: Mapping[str, Any]) -> None:
    """One thing with its fields, for people: what is nested is indented JSON."""
    import json

    for name, value in record.items():
        whole = isinstance(value, dict | list)
        words = json.dumps(value, ensure_ascii=False, indent=2) if whole else value
        line(f"{typer.style(named(name), bold=True)}: {words}")


@contextmanager
def bars(size: bool = False) -> Iterator[Progress]:
    """Progress bars on standard error where a person looks; silence elsewhere. Called with name, done and total;
    a total of 0 is not known. With `size` both are bytes."""
    if not sys.stderr.isatty():
        yield lambda name, done, total: None
        return
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    count = DownloadColumn() if size else MofNCompleteColumn()
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), count, TimeRemainingColumn())
    with Progress(*columns, console=console(sys.stderr)) as shown:
        tasks: dict[str, Any] = {}

        def tell(name: str, done: int, total: int) -> None:
            known = total or None
            if name not in tasks:
                tasks[name] = shown.add_task(told(Sentence.of(name)), total=known)
            shown.update(tasks[name], completed=done, total=known)

        yield tell
