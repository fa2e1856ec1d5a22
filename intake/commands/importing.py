"""Reports of earlier systems: `import`."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from intake.commands.options import AsJson, ConfigFile, read
from intake.commands.screen import bars, emit, line
from intake.words import retold, say

if TYPE_CHECKING:
    from intake.importing import Counts, Import


def import_file(
    file: Annotated[Path, typer.Argument()],
    account: Annotated[str, typer.Option("--account")] = "qlue",
    dry_run: Annotated[bool, typer.Option("--dry-run")] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    from intake.importing import Import

    with contextlib.closing(Import(read(config), account, file)) as job:
        counts = _with_bar(job, dry_run)
    if as_json:
        emit(counts)
    else:
        _tell(counts, dry_run)
    raise typer.Exit(1 if counts.quarantined else 0)


def _with_bar(job: Import, dry_run: bool) -> Counts:
    with bars(size=True) as progress:

        def told(counts: Counts) -> None:
            progress(job.path.name, counts.offset, job.size)

        counts = job.look(told) if dry_run else asyncio.run(job.send(told))
        progress(job.path.name, job.size, job.size)
    return counts


def _tell(counts: Counts, dry_run: bool) -> None:
    for number, reason in counts.bad:
        typer.echo(say("import_bad", row=number, reason=retold(reason)), err=True)
    if counts.quarantined > len(counts.bad):
        typer.echo(say("import_more", count=counts.quarantined - len(counts.bad)), err=True)
    key = "import_looked" if dry_run else "import_done"
    line(
        say(
            key,
            rows=counts.rows,
            accepted=counts.accepted,
            duplicate=counts.duplicate,
            ignored=counts.ignored,
            bad=counts.quarantined,
        )
    )
