"""Opening the SQLite journal: its folder, its lock, its migrations, its soundness, its key.

Everything that can be wrong before the first message is found here, and said with what to do about it.
"""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
from contextlib import suppress
from pathlib import Path

from normalizer.errors import Damaged, KanalError, Misconfigured, StorageFull, Unavailable
from normalizer.sentence import Sentence, Several, because

from . import sqlite_schema_copy
from .codec import Codec
from .keys import sync_folder

SETTING = "journal.path"
MIGRATIONS = Path(__file__).parent / "migrations"
#: Small pages, because every claim dirties one at a random place: with five million claims, pages of 2 KiB cost a
#: quarter less than those of 4 KiB, and rows of 2.4 KB waste less of them.
PAGE_BYTES = 2048
#: What reading a damaged database ends with: SQLite's own words about it may hold bytes that are no text.
UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)
_CANARY = b"this journal opens with this key"
#: Up to this many bytes the whole database is checked at every start; above, only its small tables.
_CHECK_WHOLE = 64 * 1024 * 1024
#: Up to this many bytes every page is compared with its checksum at every start; above, by `kanal verify`.
CHECK_PAGES = 256 * 1024 * 1024
_SMALL = ("meta", "kept", "days", "groups", "outbox", "media", "quarantine", "cursors")


def translate(error: BaseException) -> BaseException:
    """An error of SQLite or of the system as one of ours; others as they are."""
    if isinstance(error, KanalError | sqlite3.IntegrityError):
        return error
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        primary = code & 0xFF if code is not None else None
        if primary == sqlite3.SQLITE_FULL:
            return StorageFull("no room left on the journal's disk", 30)
        if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return Damaged("the journal's database is damaged ({why}); run `kanal doctor`", why=error)
        if primary in (
            sqlite3.SQLITE_IOERR,
            sqlite3.SQLITE_BUSY,
            sqlite3.SQLITE_LOCKED,
            sqlite3.SQLITE_CANTOPEN,
            sqlite3.SQLITE_READONLY,
            sqlite3.SQLITE_NOMEM,
            sqlite3.SQLITE_INTERRUPT,
        ):
            return Unavailable("the journal cannot be used ({why})", why=error)
    if isinstance(error, OSError):
        return Unavailable("the journal cannot be used ({why})", why=because(error))
    return error


def lock(path: Path) -> int:
    """Make the folder and take the journal for ourselves; the descriptor that holds the lock.

    Raises `Misconfigured` when the folder cannot be used or another process has the journal.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_name(path.name + ".lock")
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise unusable(path, because(error)) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise Misconfigured(
            SETTING,
            "{path} is in use by another process ({holder})"
            if holder
            else "{path} is in use by another process",
            "stop the other gateway, or give this one a data folder of its own",
            path=path,
            holder=holder,
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"pid {os.getpid()}\n".encode(), 0)
    return descriptor


def unusable(path: Path, problem: str | Sentence) -> Misconfigured:
    """The folder does not let us write."""
    folder = path.parent
    return Misconfigured(
        SETTING,
        "{folder} cannot be written ({why})",
        "run `mkdir -p {folder}` and `chown` it to the user that runs the gateway, or name another folder",
        folder=folder,
        why=problem,
    )


def legible(data: bytes) -> str:
    """A text as it is read: one with a wrong byte is more than no text, and must not hide the rows beside it."""
    return data.decode("utf-8", "replace")


def connect(path: Path, *, writing: bool) -> sqlite3.Connection:
    """A connection with the settings that the promises rest on. Used by one thread at a time."""
    mode = "rwc" if writing else "ro"
    address = f"{path.resolve().as_uri()}?mode={mode}"
    db = sqlite3.connect(
        address, uri=True, timeout=5, isolation_level=None, check_same_thread=False, cached_statements=1024
    )
    db.text_factory = legible
    try:
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute(f"PRAGMA cache_size = {-32 * 1024 if writing else -8 * 1024}")
        if writing:
            db.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA wal_autocheckpoint = 0")
            db.execute("PRAGMA secure_delete = FAST")
            db.execute(f"PRAGMA journal_size_limit = {128 * 1024 * 1024}")
        else:
            db.execute("PRAGMA query_only = 1")
    except BaseException:
        db.close()
        raise
    return db


def open_for_writing(path: Path, codec: Codec) -> sqlite3.Connection:
    """The writer's connection to a journal that is there, sound, of our version, and of our key."""
    fresh = not path.exists() or path.stat().st_size == 0
    db: sqlite3.Connection | None = None
    try:
        if fresh:
            path.touch(mode=0o600)
        db = connect(path, writing=True)
        if not fresh:
            check(db, path, whole=path.stat().st_size <= _CHECK_WHOLE)
        migrate(db, path)
        check_key(db, path, codec)
        sync_folder(path.parent)
    except (*UNREADABLE, OSError) as error:
        if db is not None:
            leave(db, path)
        raise _at_start(path, error) from error
    except BaseException:
        if db is not None:
            leave(db, path)
        raise
    return db


def leave(db: sqlite3.Connection, path: Path) -> None:
    """Close the writer's connection, and nothing more: the last one to go would copy the log into the database, of
    which our checksums would know nothing. One that only reads goes last."""
    reader = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        with suppress(sqlite3.Error):
            reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        db.close()
    finally:
        reader.close()


def _at_start(path: Path, error: Exception) -> BaseException:
    code = getattr(error, "sqlite_errorcode", None) or 0
    if code & 0xFF == sqlite3.SQLITE_CORRUPT or isinstance(error, UnicodeDecodeError):
        return damaged(path, str(error))
    if code & 0xFF == sqlite3.SQLITE_NOTADB:
        return damaged(path, str(error)) if sqlite_schema_copy.read(path) else lost(path, str(error))
    if isinstance(error, OSError) or code & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
        return unusable(path, because(error) if isinstance(error, OSError) else str(error))
    return translate(error)


def damaged(path: Path, detail: str | Several) -> Damaged:
    """Exactly what to do about a damaged database."""
    return Damaged(
        "the journal {path} is damaged: {detail}\n"
        "  1. Leave the gateway stopped, and look at the disk: dmesg, smartctl -a\n"
        "  2. kanal mend    keeps a copy of the files as they are, takes everything that can be read,\n"
        "                   and names what cannot\n"
        "  3. Start again: bodies that do not open are set aside, the rest flows; then kanal verify\n"
        "  Was it opened with another program since the gateway stopped (the sqlite3 shell, even to look), or put\n"
        "  here by hand? That looks like damage too: such a program moves the log into the database. Then, and\n"
        "  only then: rm {path}.sums    start again, and kanal verify",
        path=path,
        detail=detail,
    )


def lost(path: Path, detail: str) -> Damaged:
    """What to do about a database of which nothing can be read."""
    folder = path.parent
    return Damaged(
        "nothing of the journal {path} can be read: {detail}\n"
        "  1. Keep it: mv {folder} {folder}.damaged\n"
        "  2. kanal restore BACKUP    puts the last backup into the folder, now empty\n"
        "  3. Start again; what had been published since the backup is at the CRM",
        path=path,
        detail=detail,
        folder=folder,
    )


def check(db: sqlite3.Connection, path: Path, *, whole: bool) -> None:
    """Look for damage in the database's structure. Raises `Damaged`."""
    names = {row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    pragmas = (
        ["PRAGMA quick_check(3)"] if whole else [f"PRAGMA quick_check({n})" for n in _SMALL if n in names]
    )
    for pragma in pragmas:
        problems = [row[0] for row in db.execute(pragma)]
        if problems != ["ok"]:
            raise damaged(path, "; ".join(problems))


def migrate(db: sqlite3.Connection, path: Path, folder: Path = MIGRATIONS) -> None:
    """Bring the database to the program's version, one transaction for each step. Raises `Misconfigured`."""
    steps = sorted(
        (int(found[1]), file)
        for file in folder.iterdir()
        if (found := re.match(r"(\d+)_.*\.sql$", file.name))
    )
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > steps[-1][0]:
        raise Misconfigured(
            SETTING,
            "{path} was written by a newer program (version {version}, this one knows {ours})",
            "start the newer program, or put back the data folder's backup from before the update",
            path=path,
            version=version,
            ours=steps[-1][0],
        )
    for number, file in steps:
        if number > version:
            sql = file.read_text(encoding="utf-8")
            try:
                db.executescript(f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {number};\nCOMMIT;")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise


def check_key(db: sqlite3.Connection, path: Path, codec: Codec) -> None:
    """Refuse a key that cannot open what the journal holds; leave our mark in a new one."""
    row = db.execute("SELECT value FROM meta WHERE name = 'canary'").fetchone()
    if row is None:
        db.execute("INSERT INTO meta VALUES ('canary', ?)", (codec.seal("canary", _CANARY),))
        return
    try:
        codec.open("canary", row[0])
    except Damaged:
        raise Misconfigured(
            "journal.key",
            "the key does not open the journal {path}",
            "put back the key file (or KANAL_KEY) that this journal was begun with; old keys stay in the file",
            path=path,
        ) from None


def last_id(db: sqlite3.Connection) -> int:
    """The greatest id in use, so that new ones are greater even if the clock stepped back."""
    tables = {
        "raws": "raw_id",
        "messages": "message_id",
        "events": "position",
        "media": "job_id",
        "quarantine": "entry_id",
        "replies": "reply_id",
        "progress": "change",
        "restored": "first_id",
        "fingerprints": "position",
        "erased": "change",
        "erasing": "erasure_id",
    }
    found = [db.execute(f"SELECT max({c}) FROM {t}").fetchone()[0] or 0 for t, c in tables.items()]  # noqa: S608
    return max(found)
