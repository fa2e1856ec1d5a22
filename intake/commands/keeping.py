"""What an operator does so that nothing is lost: `verify`, `mend`, `backup`, `restore`."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from intake.commands.crm import note, open_journal
from intake.commands.options import AsJson, ConfigFile, read
from intake.commands.screen import bars, cure, emit, line, mark
from intake.words import say, told
from normalizer.sentence import Sentence, because

if TYPE_CHECKING:
    from intake.config import Config
    from intake.verifying import Verified

Folder = Annotated[Path, typer.Argument(file_okay=False)]


def verify(
    config: ConfigFile = None,
    quick: Annotated[bool, typer.Option("--quick")] = False,
    as_json: AsJson = False,
) -> None:
    """Exit code 1 when something is not as it was kept."""
    import msgspec

    found = asyncio.run(_verify(read(config), quick))
    if as_json:
        emit({"ok": found.ok, **msgspec.to_builtins(found, enc_hook=str)})
    else:
        for name, count in found.seen.items():
            line(f"{told(Sentence.of(name))}: {count}")
        for one in found.problems:
            line(
                f"{mark(False)} {told(one.what)} {told(one.where)}: {told(one.problem)}\n{cure(told(one.cure))}"
            )
        if found.count > len(found.problems):
            line(say("verify_more", count=found.count - len(found.problems)))
        for note in found.notes:
            line(f"· {told(note)}")
        key = "verify_ok" if found.ok else "verify_wrong"
        line(f"{mark(found.ok)} {say(key, count=found.count, seconds=found.seconds)}")
    raise typer.Exit(0 if found.ok else 1)


async def _verify(config: Config, quick: bool) -> Verified:
    from complaint_queue.codec import Codec
    from intake.doctor import keyring_of
    from intake.journals import files_of
    from intake.verifying import Verifier

    files = files_of(config, Codec(keyring_of(config)))
    try:
        async with open_journal(config) as journal:
            with bars() as progress:
                return await Verifier(journal, files, whole=not quick, progress=progress).run()
    finally:
        await files.close()


def mend(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Of the embedded journal, with the gateway stopped. What was done goes to standard output, one thing a line."""
    from datetime import UTC, datetime

    from complaint_queue.sqlite_mending import mend as mend_files
    from complaint_queue.sqlite_open import PAGE_BYTES, lock
    from complaint_queue.sqlite_sums import page_size
    from normalizer.errors import Misconfigured, Unavailable

    settings = read(config)
    path = settings.data_dir / "journal.sqlite3"
    if not path.exists():
        raise Misconfigured(
            "journal",
            "{path} is not there",
            "the journal in PostgreSQL is mended with PostgreSQL's own tools; for another folder, name its settings",
            path=path,
        )
    asyncio.run(note(settings, "mend", str(path), {}))
    holder = lock(path)
    try:
        done = mend_files(path, page_size(path, PAGE_BYTES), datetime.now(UTC))
    except OSError as error:
        raise Unavailable("{filename}: {why}", filename=error.filename, why=because(error)) from error
    finally:
        os.close(holder)
    if as_json:
        emit({"path": str(path), "done": list(map(str, done))})
        return
    for one in done:
        line(told(one))
    line(say("mend_done" if done else "mend_sound", path=path))


def backup(
    folder: Folder,
    with_keys: Annotated[bool, typer.Option("--with-keys")] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Beside a running gateway; into the same folder again it only copies what is new."""
    from intake.backup import Backup
    from normalizer.errors import Unavailable

    settings = read(config)
    if settings.data_dir.is_dir():
        detail = {"with_keys": str(with_keys).lower()}
        asyncio.run(note(settings, "backup", str(folder.resolve()), detail))
    with bars() as progress:
        try:
            made = Backup(settings, folder, with_keys=with_keys, progress=progress).run()
        except OSError as error:
            raise Unavailable("{folder}: {why}", folder=folder, why=because(error)) from error
    if as_json:
        emit(made)
        return
    line(say("backup_done", folder=folder, files=made.files, megabytes=made.bytes // 1_000_000))
    if settings.s3 is not None:
        line(say("backup_s3", place=settings.s3.words))
    line(say("backup_with_keys" if made.with_keys else "backup_without_keys"))


def restore(folder: Folder, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Refuses where a gateway runs or anything lies."""
    from intake.restoring import Restore
    from normalizer.errors import Unavailable

    settings = read(config)
    with bars() as progress:
        try:
            manifest, restored = asyncio.run(Restore(settings, folder, os.environ, progress).run())
        except OSError as error:
            raise Unavailable("{filename}: {why}", filename=error.filename, why=because(error)) from error
    taken = manifest.taken_at.isoformat()
    asyncio.run(note(settings, "restore", str(folder.resolve()), {"taken_at": taken}))
    if as_json:
        emit({"manifest": manifest, "restored": restored})
        return
    when = manifest.taken_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    line(say("restore_done", folder=settings.data_dir, when=when, epoch=restored.epoch))
