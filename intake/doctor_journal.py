"""`kanal doctor` looks at the journal: the one on this machine, or the PostgreSQL that gateways share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from intake.config import Config
from intake.findings import Finding, cure_of, first_line
from normalizer.errors import KanalError
from normalizer.sentence import Sentence

if TYPE_CHECKING:
    from complaint_queue.keys import Keyring


async def look_at_journal(config: Config, keyring: Callable[[], Keyring]) -> list[Finding]:
    """Whether it opens and is whole, and what waits in it; `keyring` gives the keys, or raises a `KanalError`."""
    if config.journal.url:
        return await _shared_journal(config.journal.url.reveal(), config, keyring)
    return [await _embedded_journal(config, keyring)]


async def _shared_journal(url: str, config: Config, keyring: Callable[[], Keyring]) -> list[Finding]:
    """The PostgreSQL journal, and what the gateways that use it share beside it."""
    from complaint_queue import postgres_open
    from complaint_queue.codec import Codec
    from intake.journals import reader_of

    where = postgres_open.place(url)
    try:
        db = await postgres_open.connect(url, writing=False)
        try:
            await postgres_open.check_server(db, url)
            version = await postgres_open.version(db)
            fsync = await db.fetchval("SHOW fsync")
            synced = await db.fetchval("SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'")
        finally:
            await db.close(timeout=2)
        found = Sentence("{where}; will be made at the first start", where=where)
        if version:
            journal = reader_of(config, Codec(keyring()))
            await journal.open()
            try:
                depths = await journal.depths()
            finally:
                await journal.close()
            found = Sentence(
                "{where}, schema {version}; {unpublished} unpublished, {quarantined} in quarantine",
                where=where,
                version=version,
                unpublished=depths.unpublished,
                quarantined=depths.quarantined,
            )
    except Exception as error:
        told = postgres_open.at_start(url, error)
        cure = cure_of(told) if isinstance(told, KanalError) else Sentence("see the server's log")
        return [Finding(what="journal", ok=False, found=first_line(told), cure=cure)]
    findings = [Finding(what="journal", ok=True, found=found)]
    if fsync != "on" or synced == "off":
        found = Sentence(
            "{where} has fsync={fsync}, synchronous_commit={synced}: what was answered may be lost",
            where=where,
            fsync=fsync,
            synced=synced,
        )
        cure = Sentence("set both to on in postgresql.conf and reload it")
        findings = [Finding(what="journal", ok=False, found=found, cure=cure)]
    return findings


async def _embedded_journal(config: Config, keyring: Callable[[], Keyring]) -> Finding:
    from complaint_queue.codec import Codec
    from complaint_queue.journal_sqlite import SqliteJournal

    path = config.data_dir / "journal.sqlite3"
    if not path.exists():
        return Finding(what="journal", ok=True, found="will be made at the first start")
    try:
        journal = SqliteJournal.read_only(path, Codec(keyring()))
        await journal.open()
        try:
            problems = await journal.check()
            depths = await journal.depths()
        finally:
            await journal.close()
    except KanalError as error:
        return Finding(what="journal", ok=False, found=first_line(error), cure=cure_of(error))
    if problems:
        cure = "stop the gateway, `kanal mend`, start it again, then `kanal verify`"
        return Finding(
            what="journal",
            ok=False,
            found=Sentence("{path} is damaged: {problem}", path=path, problem=problems[0]),
            cure=cure,
        )
    found = Sentence(
        "sound; {unpublished} unpublished, {quarantined} in quarantine",
        unpublished=depths.unpublished,
        quarantined=depths.quarantined,
    )
    return Finding(what="journal", ok=True, found=found)
