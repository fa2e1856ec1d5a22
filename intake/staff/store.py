"""The staff's own small SQLite file: users, sessions, one-time links, guesses, and the audit log.

It stands apart from the journal, because it is small, seldom written, and erased on another schedule. Of the
secrets that a browser or a link carries, only hashes are stored: who reads the file can sign in as nobody.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from intake.staff import audit as audit_log
from intake.staff.passwords import Passwords
from intake.staff.rules import (
    Link,
    LinkRefused,
    Purpose,
    Role,
    Session,
    SignInRefused,
    StaffSettings,
    TooManyTries,
    User,
    UserRefused,
    check_password,
    check_user,
    fold_login,
)
from normalizer.errors import Misconfigured, Unavailable

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS user (
    login TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, office_code TEXT NOT NULL,
    language TEXT NOT NULL DEFAULT 'id', password TEXT, disabled INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS session (
    key TEXT PRIMARY KEY, login TEXT NOT NULL REFERENCES user(login),
    started_at REAL NOT NULL, seen_at REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS session_login ON session(login);
CREATE TABLE IF NOT EXISTS link (
    key TEXT PRIMARY KEY, purpose TEXT NOT NULL, login TEXT NOT NULL, expires_at REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS guess (scope TEXT NOT NULL, key TEXT NOT NULL, at REAL NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS guess_key ON guess(scope, key, at);
CREATE INDEX IF NOT EXISTS guess_at ON guess(at);
CREATE TABLE IF NOT EXISTS audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL,
    subject TEXT NOT NULL, detail TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TRIGGER IF NOT EXISTS audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS audit_keeps BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'append only'); END;
PRAGMA user_version = 1;
"""
#: A session's last use is written at most this often (seconds): a page view needs no sync.
_SEEN_STEP = 60.0
#: Guesses older than this (seconds) are forgotten; no window is longer.
_LONGEST_WINDOW = 24 * 3600.0
_DEFAULTS = StaffSettings()


def _hash(secret: str) -> str:
    """What is stored of a random secret: it has 256 bits, so a plain hash cannot be reversed."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _user(row: sqlite3.Row) -> User:
    return User(
        login=row["login"],
        name=row["name"],
        role=row["role"],
        office_code=row["office_code"],
        language=row["language"],
        disabled=bool(row["disabled"]),
    )


class StaffStore(audit_log.AuditLog):
    """Every method returns only when its change is on disk; all run in one thread. `open` comes first.

    Raises `Unavailable` when the file cannot be read or written.
    """

    def __init__(
        self, path: Path, clock: Callable[[], datetime], settings: StaffSettings = _DEFAULTS
    ) -> None:
        self._path, self._clock, self.settings = path, clock, settings
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="staff")
        self._passwords = Passwords(settings.waiting)
        self._db: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Create the file (mode 600) or open it. Raises `Misconfigured` with the cure."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._pool, self._open)
        except (OSError, sqlite3.Error) as error:
            raise Misconfigured(
                "gateway.data_dir",
                "cannot open {path} ({why})",
                "give the gateway's user the right to write there, or set KANAL_DATA_DIR",
                path=self._path,
                why=error,
            ) from None

    async def close(self) -> None:
        if self._db is not None:
            await asyncio.get_running_loop().run_in_executor(self._pool, self._db.close)
            self._db = None
        self._pool.shutdown(wait=True)
        self._passwords.close()

    # signing in and out

    async def sign_in(self, login: str, password: str, address: str) -> tuple[str, Session]:
        """A new session id (for the cookie) and its session.

        Raises `SignInRefused` without a reason, or `TooManyTries`. The guess is counted before the password
        is looked at, so that many tries at the same moment count too.
        """
        login = fold_login(login)
        rules = self.settings
        await self.guess("address", address, rules.guesses_per_address, rules.window)
        await self.guess("account", login, rules.guesses, rules.window)
        row = await self._do(lambda db: db.execute("SELECT * FROM user WHERE login = ?", (login,)).fetchone())
        usable = row is not None and row["password"] is not None and not row["disabled"]
        hashed = row["password"] if usable else None
        if not await self._passwords.verify(hashed, password) or hashed is None:
            raise SignInRefused("sign-in refused")
        renewed = await self._passwords.hash(password) if self._passwords.outdated(hashed) else hashed
        session_id = secrets.token_urlsafe(32)

        def begin(db: sqlite3.Connection) -> Session:
            # The account may have been disabled, or its password changed, while the hash was computed.
            changed = db.execute(
                "UPDATE user SET password = ? WHERE login = ? AND password = ? AND disabled = 0",
                (renewed, login, hashed),
            )
            if changed.rowcount != 1:
                raise SignInRefused("sign-in refused")
            self._forget(db, "account", login)
            return self._begin(db, session_id, login)

        return session_id, await self._do(begin)

    async def session(self, session_id: str) -> Session | None:
        """The session behind a cookie, if it is still good; notes that it was used."""
        if not session_id or len(session_id) > 200:
            return None
        key = _hash(session_id)

        def find(db: sqlite3.Connection) -> Session | None:
            row = db.execute(
                "SELECT * FROM session JOIN user USING (login) WHERE key = ?",
                (key,),
            ).fetchone()
            if row is None:
                return None
            now = self._now()
            rules = self.settings
            idle, age = now - row["seen_at"], now - row["started_at"]
            if row["disabled"] or idle >= rules.idle or age >= rules.absolute:
                db.execute("DELETE FROM session WHERE key = ?", (key,))
                return None
            if idle >= min(_SEEN_STEP, rules.idle / 10):
                db.execute("UPDATE session SET seen_at = ? WHERE key = ?", (now, key))
            return Session(
                key=key, user=_user(row), started_at=_moment(row["started_at"]), seen_at=_moment(now)
            )

        return await self._do(find)

    async def rotate(self, session_id: str) -> str | None:
        """A new id for a session whose privileges change; its age counts on. None when it has ended."""
        fresh = secrets.token_urlsafe(32)

        def change(db: sqlite3.Connection) -> bool:
            return (
                db.execute(
                    "UPDATE session SET key = ? WHERE key = ?", (_hash(fresh), _hash(session_id))
                ).rowcount
                == 1
            )

        return fresh if await self._do(change) else None

    async def sign_out(self, session_id: str) -> None:
        """End one session; harmless when it has ended."""
        key = _hash(session_id)

        def end(db: sqlite3.Connection) -> None:
            row = db.execute("DELETE FROM session WHERE key = ? RETURNING login", (key,)).fetchone()
            if row is not None:
                self._log(db, row["login"], "signed_out", row["login"])

        await self._do(end)

    async def guess(self, scope: str, key: str, limit: int, window: float) -> None:
        """Count one guess at something secret. Raises `TooManyTries` if `limit` of them lie within `window`.

        Only a hash of `key` is stored: people type passwords into the field for the name. Serves the tracking
        page's PIN too.
        """
        hashed = _hash(f"{scope}\x1f{key}")

        def count(db: sqlite3.Connection) -> int | None:
            now = self._now()
            db.execute("DELETE FROM guess WHERE at < ?", (now - _LONGEST_WINDOW,))
            rows = db.execute(
                "SELECT at FROM guess WHERE scope = ? AND key = ? AND at > ? ORDER BY at DESC LIMIT ?",
                (scope, hashed, now - window, limit),
            ).fetchall()
            if len(rows) >= limit:
                return max(1, int(rows[-1]["at"] + window - now) + 1)
            db.execute("INSERT INTO guess VALUES (?, ?, ?)", (scope, hashed, now))
            return None

        retry_after = await self._do(count)
        if retry_after is not None:
            raise TooManyTries(retry_after)

    async def forget_guesses(self, scope: str, key: str) -> None:
        """After the right answer, earlier slips no longer count."""
        await self._do(lambda db: self._forget(db, scope, key))

    # accounts

    async def add_user(
        self, login: str, name: str, role: Role, office_code: str = "", by: str = "cli"
    ) -> str:
        """A new account; the token of the one-time link that sets its password. Raises `UserRefused`."""
        login = fold_login(login)
        check_user(login, name, role)

        def add(db: sqlite3.Connection) -> str:
            self._insert(db, login, name, role, office_code)
            self._log(db, by, f"user_added:{role}", login)
            return self._link(db, "password", login)

        return await self._do(add)

    async def reset_link(self, login: str, by: str = "cli") -> str:
        """The token of a one-time link by which `login` sets a new password. Raises `UserRefused`."""
        login = fold_login(login)

        def make(db: sqlite3.Connection) -> str:
            self._known(db, login)
            self._log(db, by, "reset_link_made", login)
            return self._link(db, "password", login)

        return await self._do(make)

    async def set_password(self, login: str, password: str, by: str = "cli") -> None:
        """Set a password and end the account's sessions. Raises `PasswordRefused` or `UserRefused`."""
        login = fold_login(login)
        check_password(password, login)
        hashed = await self._passwords.hash(password)

        def change(db: sqlite3.Connection) -> None:
            self._known(db, login)
            self._set_password(db, login, hashed, by)

        await self._do(change)

    async def disable(self, login: str, by: str = "cli") -> None:
        """Close an account: its sessions and links end now. Raises `UserRefused`."""
        login = fold_login(login)

        def close(db: sqlite3.Connection) -> None:
            self._known(db, login)
            db.execute("UPDATE user SET disabled = 1 WHERE login = ?", (login,))
            self._end_all(db, login)
            self._log(db, by, "user_disabled", login)

        await self._do(close)

    async def enable(self, login: str, by: str = "cli") -> None:
        """Open a closed account again. Raises `UserRefused`."""
        login = fold_login(login)

        def reopen(db: sqlite3.Connection) -> None:
            self._known(db, login)
            db.execute("UPDATE user SET disabled = 0 WHERE login = ?", (login,))
            self._log(db, by, "user_enabled", login)

        await self._do(reopen)

    async def set_role(self, login: str, role: Role, office_code: str, by: str = "cli") -> None:
        """Change what an account may do; its sessions end, so that no old id carries new rights."""
        login = fold_login(login)
        check_user(login, "-", role)

        def change(db: sqlite3.Connection) -> None:
            self._known(db, login)
            db.execute(
                "UPDATE user SET role = ?, office_code = ? WHERE login = ?", (role, office_code, login)
            )
            self._end_all(db, login)
            self._log(db, by, f"role_set:{role}", login)

        await self._do(change)

    async def users(self) -> tuple[User, ...]:
        rows = await self._do(lambda db: db.execute("SELECT * FROM user ORDER BY login").fetchall())
        return tuple(_user(row) for row in rows)

    # one-time links

    async def first_admin_link(self) -> str | None:
        """The token of a link that makes the first administrator; None when there is one who can sign in.

        A new link ends the one before.
        """

        def make(db: sqlite3.Connection) -> str | None:
            if self._has_administrator(db):
                return None
            db.execute("DELETE FROM link WHERE purpose = 'first_administrator'")
            self._log(db, "cli", "first_administrator_link_made", "")
            return self._link(db, "first_administrator", "")

        return await self._do(make)

    async def link(self, token: str) -> Link:
        """What a link is for. Raises `LinkRefused`."""
        return await self._do(lambda db: self._read_link(db, token))

    async def use_link(self, token: str, password: str, login: str = "", name: str = "") -> User:
        """Set the password (and make the first administrator, who brings `login` and `name`); the link ends.

        Raises `LinkRefused`, `PasswordRefused`, `UserRefused`; after the last two the link is still good.
        """
        link = await self.link(token)
        first = link.purpose == "first_administrator"
        login = fold_login(login) if first else link.login
        if first:
            check_user(login, name, "administrator")
        check_password(password, login)
        hashed = await self._passwords.hash(password)

        def use(db: sqlite3.Connection) -> User:
            self._read_link(db, token)  # it may have been used while the hash was computed
            if first:
                if self._has_administrator(db):
                    raise LinkRefused("there is an administrator")
                self._insert(db, login, name, "administrator", "")
                self._log(db, login, "user_added:administrator", login)
            db.execute("DELETE FROM link WHERE key = ?", (_hash(token),))
            self._set_password(db, login, hashed, login)
            return _user(db.execute("SELECT * FROM user WHERE login = ?", (login,)).fetchone())

        return await self._do(use)

    # inside the thread

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=10)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        db.executescript(_SCHEMA)
        audit_log.prepare(db)
        self._db = db

    async def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in the store's thread as one transaction."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._transaction, work)
        except (sqlite3.Error, RuntimeError) as error:
            raise Unavailable("the staff file cannot be used: {why}", why=error) from error

    def _transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        db = self._db
        if db is None:
            raise RuntimeError("it is not open")
        db.execute("BEGIN IMMEDIATE")
        try:
            result = work(db)
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")
        return result

    def _now(self) -> float:
        return self._clock().timestamp()

    def _begin(self, db: sqlite3.Connection, session_id: str, login: str) -> Session:
        now = self._now()
        db.execute("DELETE FROM session WHERE started_at < ?", (now - self.settings.absolute,))
        db.execute("INSERT INTO session VALUES (?, ?, ?, ?)", (_hash(session_id), login, now, now))
        self._log(db, login, "signed_in", login)
        user = _user(db.execute("SELECT * FROM user WHERE login = ?", (login,)).fetchone())
        return Session(key=_hash(session_id), user=user, started_at=_moment(now), seen_at=_moment(now))

    def _insert(self, db: sqlite3.Connection, login: str, name: str, role: str, office_code: str) -> None:
        try:
            db.execute(
                "INSERT INTO user (login, name, role, office_code) VALUES (?, ?, ?, ?)",
                (login, name.strip(), role, office_code),
            )
        except sqlite3.IntegrityError:
            raise UserRefused("taken") from None

    def _known(self, db: sqlite3.Connection, login: str) -> None:
        if db.execute("SELECT 1 FROM user WHERE login = ?", (login,)).fetchone() is None:
            raise UserRefused("unknown")

    def _has_administrator(self, db: sqlite3.Connection) -> bool:
        found = db.execute(
            "SELECT 1 FROM user WHERE role = 'administrator' AND disabled = 0 AND password IS NOT NULL"
        )
        return found.fetchone() is not None

    def _set_password(self, db: sqlite3.Connection, login: str, hashed: str, by: str) -> None:
        db.execute("UPDATE user SET password = ? WHERE login = ?", (hashed, login))
        self._end_all(db, login)
        self._forget(db, "account", login)
        self._log(db, by, "password_set", login)

    def _end_all(self, db: sqlite3.Connection, login: str) -> None:
        db.execute("DELETE FROM session WHERE login = ?", (login,))
        db.execute("DELETE FROM link WHERE login = ?", (login,))

    def _link(self, db: sqlite3.Connection, purpose: Purpose, login: str) -> str:
        token = secrets.token_urlsafe(32)
        now = self._now()
        db.execute(
            "DELETE FROM link WHERE expires_at <= ? OR (login = ? AND purpose = ?)", (now, login, purpose)
        )
        db.execute(
            "INSERT INTO link VALUES (?, ?, ?, ?)",
            (_hash(token), purpose, login, now + self.settings.link_life),
        )
        return token

    def _read_link(self, db: sqlite3.Connection, token: str) -> Link:
        row = db.execute(
            "SELECT * FROM link WHERE key = ? AND expires_at > ?", (_hash(token), self._now())
        ).fetchone()
        if row is None:
            raise LinkRefused("unknown, used or expired")
        return Link(purpose=row["purpose"], login=row["login"], expires_at=_moment(row["expires_at"]))

    def _forget(self, db: sqlite3.Connection, scope: str, key: str) -> None:
        db.execute("DELETE FROM guess WHERE scope = ? AND key = ?", (scope, _hash(f"{scope}\x1f{key}")))

    def _log(self, db: sqlite3.Connection, who: str, what: str, subject: str, detail: str = "") -> None:
        row: tuple[Any, ...] = (self._clock().astimezone(UTC).isoformat(), who, what, subject, detail)
        db.execute("INSERT INTO audit (at, who, what, subject, detail) VALUES (?, ?, ?, ?, ?)", row)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
