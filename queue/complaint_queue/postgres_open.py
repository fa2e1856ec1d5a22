"""Opening the PostgreSQL journal: its connections, its migrations, its key, and what its errors mean."""

from __future__ import annotations

import asyncio
import re
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg  # type: ignore[import-untyped]

from normalizer.errors import Damaged, KanalError, Misconfigured, StorageFull, Unavailable

from .codec import Codec

SETTING = "journal.url"
MIGRATIONS = Path(__file__).parent / "migrations_postgres"
OLDEST = 13
CONNECT_WITHIN, ANSWER_WITHIN = 5.0, 30.0
#: What tells this journal's advisory locks from anybody else's on the same database (`KANA` and a number).
MIGRATING, POLLING = 0x4B414E41, 0x4B414E42
_CANARY = b"this journal opens with this key"

#: A gateway that hangs inside a transaction, or whose machine is gone, must not keep the others waiting.
_SESSION = {
    "application_name": "kanal-aduan",
    "synchronous_commit": "on",
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "15s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "client_encoding": "utf8",
    "jit": "off",
}


def translate(error: BaseException) -> BaseException:
    """An error of PostgreSQL, its connection or the system as one of ours; others as they are."""
    if isinstance(error, KanalError):
        return error
    if isinstance(error, asyncpg.PostgresError):
        state = str(error.sqlstate or "")
        if state == "53100":
            return StorageFull("no room left on the journal's disk", 30)
        if state in ("XX001", "XX002"):
            return Damaged("the journal's database is damaged ({why}); run `kanal doctor`", why=error)
        # Connection, resources, rolled back for another's sake, a lock not given in time, ended by the operator, I/O,
        # rights, a standby that only reads.
        if state[:2] in ("08", "53", "40", "55", "57", "58", "28", "42", "3D") or state in ("25P03", "25006"):
            return Unavailable("the journal cannot be used ({why})", why=error)
    if isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError | TimeoutError | OSError):
        return Unavailable("the journal's database cannot be reached ({why})", why=_words(error))
    return error


def _words(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def place(url: str) -> str:
    """Where the database is, without its password; for messages."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path or '/'}"


async def connect(url: str, *, writing: bool = True) -> asyncpg.Connection[Any]:
    """A connection with the settings that the promises rest on; errors as `asyncpg` raises them."""
    more = {} if writing else {"default_transaction_read_only": "on"}
    return await asyncpg.connect(
        url, timeout=CONNECT_WITHIN, command_timeout=ANSWER_WITHIN, server_settings={**_SESSION, **more}
    )


async def pool(url: str, *, writing: bool, size: int) -> asyncpg.Pool[Any]:
    """Connections for asking; one that breaks is made anew when it is needed."""
    more = {} if writing else {"default_transaction_read_only": "on"}
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        timeout=CONNECT_WITHIN,
        command_timeout=ANSWER_WITHIN,
        server_settings={**_SESSION, **more},
    )


def at_start(url: str, error: BaseException) -> BaseException:
    """What to tell whoever starts the gateway."""
    where = place(url)
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return Misconfigured(
            SETTING, "{where} refuses us ({why})", "check the user and the password", where=where, why=error
        )
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return Misconfigured(
            SETTING,
            "{where} is not there",
            "make it: createdb --encoding UTF8 NAME, owned by the gateway's user",
            where=where,
        )
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        return Misconfigured(
            SETTING,
            "{where} may not be used ({why})",
            "let the gateway's user own the database",
            where=where,
            why=error,
        )
    if isinstance(error, asyncpg.UndefinedTableError):
        return Misconfigured(
            SETTING,
            "{where} holds no journal yet",
            "start `kanal serve` once: it makes the tables",
            where=where,
        )
    if isinstance(error, ValueError | asyncpg.ClientConfigurationError):
        return Misconfigured(
            SETTING,
            "is no address ({why})",
            "write postgresql://USER@HOST:5432/DATABASE, the password by env:",
            why=error,
        )
    if isinstance(error, socket.gaierror | OSError | TimeoutError):
        return Misconfigured(
            SETTING,
            "{where} does not answer ({why})",
            "start PostgreSQL, or correct the address",
            where=where,
            why=_words(error),
        )
    return translate(error)


async def check_server(db: asyncpg.Connection[Any], url: str) -> None:
    """Refuse a server that cannot keep the promises. Raises `Misconfigured`."""
    number = db.get_server_version().major
    if number < OLDEST:
        raise Misconfigured(
            SETTING,
            "{place} is PostgreSQL {number}",
            "use {oldest} or newer",
            place=place(url),
            number=number,
            oldest=OLDEST,
        )
    encoding = await db.fetchval("SHOW server_encoding")
    if encoding != "UTF8":
        raise Misconfigured(
            SETTING,
            "{place} stores {encoding}",
            "make the database with ENCODING 'UTF8'",
            place=place(url),
            encoding=encoding,
        )
    if await db.fetchval("SELECT pg_is_in_recovery()"):
        raise Misconfigured(
            SETTING,
            "{place} is a standby that only reads",
            "name the primary, or several hosts with ?target_session_attrs=read-write",
            place=place(url),
        )


async def migrate(db: asyncpg.Connection[Any], url: str, folder: Path = MIGRATIONS) -> None:
    """Bring the database to the program's version, one gateway at a time. Raises `Misconfigured`."""
    files = await asyncio.to_thread(lambda: sorted(folder.iterdir()))
    steps = [(int(found[1]), file) for file in files if (found := re.match(r"(\d+)_.*\.sql$", file.name))]
    if await version(db) == steps[-1][0]:
        return
    async with db.transaction():
        await db.execute("SET LOCAL lock_timeout = 0")
        await db.execute("SELECT pg_advisory_xact_lock($1)", MIGRATING)
        now = await version(db)
        if now > steps[-1][0]:
            raise newer(url, now, steps[-1][0])
        await db.execute(
            "CREATE TABLE IF NOT EXISTS schema_version (version integer PRIMARY KEY, at timestamptz)"
        )
        for number, file in steps:
            if number > now:
                await db.execute(await asyncio.to_thread(file.read_text, "utf-8"))
                await db.execute("INSERT INTO schema_version VALUES ($1, now())", number)


def newer(url: str, there: int, ours: int) -> Misconfigured:
    """A gateway with a newer program has been here."""
    return Misconfigured(
        SETTING,
        "{place} was written by a newer program (version {there}, this one knows {ours})",
        "start the newer program on every machine, or put back the database's backup from before the update",
        place=place(url),
        there=there,
        ours=ours,
    )


async def version(db: asyncpg.Connection[Any]) -> int:
    """The schema's version; 0 in an empty database."""
    if await db.fetchval("SELECT to_regclass('schema_version')") is None:
        return 0
    return int(await db.fetchval("SELECT coalesce(max(version), 0) FROM schema_version"))


async def check_key(db: asyncpg.Connection[Any], url: str, codec: Codec) -> None:
    """Refuse a key that cannot open what the journal holds; leave our mark in a new one."""
    sealed = await db.fetchval("SELECT value FROM meta WHERE name = 'canary'")
    if sealed is None:
        await db.execute(
            "INSERT INTO meta VALUES ('canary', $1) ON CONFLICT DO NOTHING", codec.seal("canary", _CANARY)
        )
        sealed = await db.fetchval("SELECT value FROM meta WHERE name = 'canary'")
    try:
        codec.open("canary", sealed)
    except Damaged:
        raise Misconfigured(
            "journal.key",
            "the key does not open the journal {place}",
            "give every gateway on this database the same key: KANAL_KEY, or the same keys.json",
            place=place(url),
        ) from None
