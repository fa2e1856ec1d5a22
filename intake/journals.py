"""Which journal the configuration names: the embedded one, or PostgreSQL for several gateways."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from complaint_queue.accounts_lease import AccountsLease, AccountTurns, Alone
from complaint_queue.codec import Codec
from complaint_queue.file_port import Files
from complaint_queue.files import FileStore
from complaint_queue.files_s3 import S3Files
from complaint_queue.journal_postgres import PostgresJournal
from complaint_queue.journal_sqlite import SqliteJournal
from intake.config import Config


def journal_of(
    config: Config, codec: Codec, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> SqliteJournal | PostgresJournal:
    """The journal, for writing, not opened yet."""
    waiting = config.gateway.max_waiting
    if config.journal.url:
        return PostgresJournal(config.journal.url.reveal(), codec, clock, max_waiting=waiting)
    return SqliteJournal(config.data_dir / "journal.sqlite3", codec, clock, max_waiting=waiting)


def reader_of(config: Config, codec: Codec) -> SqliteJournal | PostgresJournal:
    """The journal for looking only, also beside a running gateway."""
    if config.journal.url:
        return PostgresJournal.read_only(config.journal.url.reveal(), codec)
    return SqliteJournal.read_only(config.data_dir / "journal.sqlite3", codec)


def files_of(config: Config, codec: Codec) -> Files:
    """Where attachments and large raw events are, not opened yet. Raises `Misconfigured`."""
    place = config.s3
    if place is not None:
        return S3Files(place, config.data_dir / "growing", codec)
    return FileStore(config.files_dir, codec)


def turns_of(config: Config) -> AccountTurns:
    """Who polls an account."""
    return AccountsLease(config.journal.url.reveal()) if config.journal.url else Alone()
