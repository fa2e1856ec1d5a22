"""The audit log: who did what to what, when, and why. It only grows: the database itself refuses anything else.

An act is noted before it is done, so that nothing is ever done unnoted; where it then fails, a second line says so.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import Struct

T = TypeVar("T")


class AuditLine(Struct, frozen=True, kw_only=True):
    """One act. `who` is a staff login, or `os:<user>` for a command line; `detail` holds what belongs to the act
    (a reason, hashes before and after), never what a citizen wrote."""

    number: int
    at: datetime
    who: str
    what: str
    subject: str
    detail: dict[str, str] = {}


class Audit(Protocol):
    """Where acts are noted; the staff store is one."""

    async def audit(
        self, who: str, what: str, subject: str, detail: Mapping[str, str] | None = None
    ) -> None: ...


@asynccontextmanager
async def noted(
    audit: Audit, who: str, what: str, subject: str, detail: Mapping[str, str] | None = None
) -> AsyncIterator[None]:
    """Note an act, have it done, and note it when it failed. Raises `Unavailable` when it cannot be noted."""
    await audit.audit(who, what, subject, detail)
    try:
        yield
    except BaseException as error:
        await audit.audit(who, f"{what}_failed", subject, {"error": type(error).__name__})
        raise


class AuditLog(ABC):
    """The part of the staff store that holds the log."""

    @abstractmethod
    async def _do(self, work: Callable[[sqlite3.Connection], T]) -> T: ...

    @abstractmethod
    def _log(self, db: sqlite3.Connection, who: str, what: str, subject: str, detail: str = "") -> None: ...

    async def audit(self, who: str, what: str, subject: str, detail: Mapping[str, str] | None = None) -> None:
        """Append one line: who did what to what. Never a citizen's data: a ticket at most."""
        told = msgspec.json.encode(detail).decode() if detail else ""
        await self._do(lambda db: self._log(db, who, what, subject, told))

    async def audit_log(self, limit: int = 1000) -> tuple[tuple[datetime, str, str, str], ...]:
        """The newest lines first: when, who, what, subject."""
        lines = await self.audit_lines(limit=limit)
        return tuple((line.at, line.who, line.what, line.subject) for line in lines)

    async def audit_lines(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        who: str = "",
        what: str = "",
        subject: str = "",
        limit: int = 1000,
    ) -> tuple[AuditLine, ...]:
        """The newest lines first: from `since` on and before `until`, of one person, of acts whose name begins with
        `what`, about one `subject`."""
        wanted: list[tuple[str, Any]] = []
        if since is not None:
            wanted.append(("at >= ?", since.astimezone(UTC).isoformat()))
        if until is not None:
            wanted.append(("at < ?", until.astimezone(UTC).isoformat()))
        if who:
            wanted.append(("who = ?", who))
        if what:
            wanted.append(("instr(what, ?) = 1", what))
        if subject:
            wanted.append(("subject = ?", subject))
        return await self._do(lambda db: _lines(db, wanted, limit))


def _lines(db: sqlite3.Connection, wanted: list[tuple[str, Any]], limit: int) -> tuple[AuditLine, ...]:
    where = " AND ".join(condition for condition, _ in wanted) or "1"
    rows = db.execute(
        f"SELECT number, at, who, what, subject, detail FROM audit WHERE {where} "  # noqa: S608
        "ORDER BY number DESC LIMIT ?",
        [*(value for _, value in wanted), limit],
    ).fetchall()
    return tuple(
        AuditLine(
            number=row["number"],
            at=datetime.fromisoformat(row["at"]),
            who=row["who"],
            what=row["what"],
            subject=row["subject"],
            detail=msgspec.json.decode(row["detail"], type=dict[str, str]) if row["detail"] else {},
        )
        for row in rows
    )


def prepare(db: sqlite3.Connection) -> None:
    """Give an older file's log its last column."""
    names = {row[1] for row in db.execute("PRAGMA table_info(audit)")}
    if "detail" not in names:
        db.execute("ALTER TABLE audit ADD COLUMN detail TEXT NOT NULL DEFAULT ''")
