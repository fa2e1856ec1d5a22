"""Which journal the configuration names: the embedded one, or PostgreSQL for several gateways.

PostgreSQL's driver is imported where a journal in PostgreSQL is named: a start without it is quicker.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from complaint_queue.account_turns import AccountTurns, Alone
from complaint_queue.codec import Codec
from complaint_queue.file_port import Files
from complaint_queue.files import FileStore
from complaint_queue.files_s3 import S3Files
from complaint_queue.journal_sqlite import SqliteJournal
from intake.config import Config

if TYPE_CHECKING:
    from complaint_queue.journal_postgres import PostgresJournal


def journal_of(
    config: Config, codec: Codec, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> SqliteJournal | PostgresJournal:
    """The journal, for writing, not opened yet."""
    waiting = config.gateway.max_waiting
    if config.journal.url:
        from complaint_queue.journal_postgres import PostgresJournal

        return PostgresJournal(config.journal.url.reveal(), codec, clock, max_waiting=waiting)
    return SqliteJournal(config.data_dir / "journal.sqlite3", codec, clock, max_waiting=waiting)


def reader_of(config: Config, codec: Codec) -> SqliteJournal | PostgresJournal:
    """The journal for looking only, also beside a running gateway."""
    if config.journal.url:
        from complaint_queue.journal_postgres import PostgresJournal

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
    if not config.journal.url:
        return Alone()
    from complaint_queue.accounts_lease import AccountsLease

    return AccountsLease(config.journal.url.reveal())
