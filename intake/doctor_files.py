"""`kanal doctor` looks at where attachments are: with a journal that gateways share, all of them must see these too."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from intake.config import Config
from intake.findings import Finding, cure_of, first_line
from normalizer.errors import KanalError
from normalizer.sentence import Sentence, because

WHAT = "attachments"
_CURE = (
    '[journal] files = "s3://bucket/prefix"; or a folder that every gateway sees, and files_shared = true '
    "(docs/high-availability.md)"
)


async def look_at_files(config: Config) -> list[Finding]:
    """Whether all gateways see them, and whether one can be written, read and removed."""
    journal = config.journal
    if config.s3 is not None:
        return [await _bucket(config)]
    if journal.url and not journal.files:
        found = Sentence(
            "in {folder}, which other gateways on this journal do not see", folder=config.files_dir
        )
        return [Finding(what=WHAT, ok=False, found=found, cure=_CURE)]
    if journal.url and not journal.files_shared:
        found = Sentence(
            "in {folder}; nothing says that every gateway on this journal sees this folder",
            folder=config.files_dir,
        )
        return [Finding(what=WHAT, ok=False, found=found, cure=_CURE)]
    return [await asyncio.to_thread(_folder, config.files_dir)] if journal.files else []


async def _bucket(config: Config) -> Finding:
    from complaint_queue.codec import Codec
    from complaint_queue.files_s3 import S3Files
    from complaint_queue.keys import Keyring

    place = config.s3
    assert place is not None  # noqa: S101 - only called with one
    try:
        # The trial is no citizen's file: keys of the moment will do.
        files = S3Files(place, config.data_dir / "growing", Codec(Keyring([os.urandom(32)], os.urandom(32))))
        try:
            await files.probe()
        finally:
            await files.close()
    except KanalError as error:
        return Finding(what=WHAT, ok=False, found=first_line(error), cure=cure_of(error))
    return Finding(
        what=WHAT, ok=True, found=Sentence("{place}: written, read and deleted", place=place.words)
    )


def _folder(folder: Path) -> Finding:
    path, content = folder / f".doctor-{os.urandom(8).hex()}", os.urandom(64)
    try:
        path.write_bytes(content)
        try:
            read = path.read_bytes()
        finally:
            path.unlink()
    except OSError as error:
        cure = Sentence(
            "mkdir -p {folder} && chown of it to the gateway's user; is it mounted?", folder=folder
        )
        return Finding(
            what=WHAT,
            ok=False,
            found=Sentence("{folder}: {why}", folder=folder, why=because(error)),
            cure=cure,
        )
    if read != content:
        return Finding(
            what=WHAT,
            ok=False,
            found=Sentence("{folder} does not give back what it took", folder=folder),
            cure="see its server",
        )
    return Finding(
        what=WHAT, ok=True, found=Sentence("in {folder}: written, read and deleted", folder=folder)
    )
