"""Reads a mailbox by IMAP: each mail is the journal's first, then the cursor stands behind it, then it is marked.

The cursor `imap:<folder>` is `<UIDVALIDITY>:<last UID>`, and behind it, after a space, the UIDs that are still owed:
mails too large for us, or that the server did not deliver. They hold up nobody; they are tried again, and an operator
is told, until they come or are gone. A new UIDVALIDITY means that all numbers are new: everything is read again, and
the claims make it harmless.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace

import structlog

from adapters.base import Cursor, Ports
from adapters.email.imap_client import Mailbox, NotGiven, SignInRefused
from adapters.email.incoming import Growing
from adapters.email.settings import EmailSettings
from normalizer.errors import ProviderUnavailable, TooLarge, Unavailable
from normalizer.record import RawEvent
from normalizer.settings import Secret

#: Seconds before a failed connection is tried again; doubles up to the last. Providers lock accounts out whose
#: sign-in fails often, so a refused one waits the longest time at once.
FIRST_WAIT, LAST_WAIT = 1.0, 300.0
#: Seconds between two tries of the mails that are owed.
OWED_AGAIN = 600.0
#: How many may be owed; beyond that the oldest are forgotten here, and stay in the folder as they are.
MOST_OWED = 1000
#: A mail at which the connection broke so often is one that the server cannot deliver.
FALLS = 3

log = structlog.get_logger("adapters.email")


@dataclass(frozen=True)
class Position:
    """How far a folder was read."""

    validity: int = 0
    last: int = 0
    owed: tuple[int, ...] = ()

    @classmethod
    def read(cls, text: str | None) -> Position:
        place, _, owed = (text or "0:0").partition(" ")
        validity, _, last = place.partition(":")
        return cls(int(validity), int(last), tuple(int(uid) for uid in owed.split(",") if uid))

    def __str__(self) -> str:
        place = f"{self.validity}:{self.last}"
        return f"{place} {','.join(map(str, self.owed))}" if self.owed else place

    def behind(self, uid: int, *, owing: bool = False) -> Position:
        """Behind `uid`, which is done with, or owed."""
        owed = tuple(sorted({*self.owed, uid} if owing else {*self.owed} - {uid}))
        return replace(self, last=max(self.last, uid), owed=owed[-MOST_OWED:])


class MailboxReader:
    """The loop of one account's mailbox."""

    def __init__(self, account: str, settings: EmailSettings, password: Secret, ports: Ports) -> None:
        self._account, self._settings, self._password, self._ports = account, settings, password, ports
        self._cursor = f"imap:{settings.imap_folder}"
        self._falls: Counter[tuple[int, int]] = Counter()
        self._reasons: dict[int, str] = {}
        self._owed_at = 0.0
        self._failures = 0

    async def run(self) -> None:
        """Read until cancelled. Never ends by itself: the mail door beside it must not fall with it."""
        while True:
            try:
                await self._session()
            except SignInRefused as error:
                self._say_refused(error.reason)
                pause = LAST_WAIT
            except (ProviderUnavailable, NotGiven, Unavailable) as error:
                pause = self._backoff(error.reason)
            except Exception as error:
                log.exception("imap_reader_failed", account=self._account)
                pause = self._backoff(f"our reader failed ({type(error).__name__}); its log says more")
            await asyncio.sleep(pause)

    async def _session(self) -> None:
        s = self._settings
        async with await Mailbox.open(s, self._password) as box:
            try:
                validity = await box.select(s.imap_folder)
            except NotGiven as error:
                raise NotGiven(f"the folder {s.imap_folder!r} cannot be opened: {error.reason}") from None
            position = Position.read(await self._ports.inbox.cursor(self._cursor))
            if position.validity != validity:
                if position.validity:
                    log.warning("imap_numbers_changed", account=self._account, folder=s.imap_folder)
                self._reasons.clear()
                position = Position(validity)
            elif position.last and position.last not in position.owed:
                # We may have been stopped between the journal's commit and the mark.
                await self._mark(box, position.last)
            log.info("imap_reading", account=self._account, folder=s.imap_folder, behind=position.last)
            while True:
                position = await self._round(box, position)
                self._failures = 0
                self._ports.trouble("imap", None)
                await box.wait(s.imap_interval)

    async def _round(self, box: Mailbox, position: Position) -> Position:
        """Everything new, in order; then, now and then, what is owed."""
        since, first, owed = self._settings.imap_since, position.last + 1, position.owed
        # `7:*` names the last mail even when its number is below 7 (RFC 3501 9, "seq-range").
        for uid in (uid for uid in await box.numbers(f"{first}:*", since) if uid >= first):
            if self._falls[position.validity, uid] >= FALLS:
                self._reasons[uid] = "the connection breaks whenever it is fetched"
                position = position.behind(uid, owing=True)
            else:
                position = await self._one(box, uid, position)
        now = asyncio.get_running_loop().time()
        if owed and now >= self._owed_at:
            self._owed_at = now + OWED_AGAIN
            there = set(await box.numbers(",".join(map(str, owed))))
            for uid in owed:
                position = await self._one(box, uid, position) if uid in there else position.behind(uid)
        self._say_owed(position)
        return position

    async def _one(self, box: Mailbox, uid: int, position: Position) -> Position:
        """Make one mail durable together with the cursor behind it, then mark it."""
        s = self._settings
        mail = Growing(s.max_bytes, self._ports.new_spool)

        def take(piece: bytes) -> None:
            mail.add(piece)
            mail.check()

        try:
            if not await box.fetch(uid, take, s.max_bytes):
                return position.behind(uid)
            moved = position.behind(uid)
            raw = RawEvent(
                account=self._account,
                received_at=self._ports.clock.now(),
                body=bytes(mail.head),
                envelope={
                    "transport": "imap",
                    "folder": s.imap_folder,
                    "uid": f"{position.validity}:{uid}",
                },
            )
            await self._ports.inbox.keep(raw, mail.spool, cursor=Cursor(name=self._cursor, value=str(moved)))
        except (TooLarge, NotGiven) as error:
            self._reasons[uid] = error.reason if isinstance(error, NotGiven) else str(error)
            log.warning("imap_mail_owed", account=self._account, uid=uid, why=self._reasons[uid])
            return position.behind(uid, owing=True)
        except ProviderUnavailable:
            self._falls[position.validity, uid] += 1
            raise
        except OSError as error:
            raise Unavailable(f"the mail cannot be kept ({error.strerror or error})") from None
        finally:
            mail.discard()
        self._falls.pop((position.validity, uid), None)
        await self._mark(box, uid)
        return moved

    async def _mark(self, box: Mailbox, uid: int) -> None:
        """What the operator's people see of it in their mail program. The mail is ours already, whatever comes."""
        try:
            if self._settings.imap_mark == "seen":
                await box.mark_seen(uid)
            elif self._settings.imap_mark == "move":
                await box.move(uid, self._settings.imap_move_to)
        except NotGiven as error:
            words = f"mails are read, but cannot be marked: {error.reason}"
            cure = (
                "give the user the right to it, make the folder of imap_move_to, or choose another imap_mark"
            )
            self._ports.trouble("imap mark", f"{words}\n  cure: {cure}")
        else:
            self._ports.trouble("imap mark", None)

    # --- what an operator hears -------------------------------------------------------------------------------

    def _backoff(self, reason: str) -> float:
        """Seconds to wait. One lost connection is an everyday thing; two in a row are trouble."""
        self._failures += 1
        log.warning("imap_waits", account=self._account, why=reason, failures=self._failures)
        if self._failures > 1:
            s = self._settings
            cure = "see that imap_host, imap_port, imap_tls and imap_folder are right and the server runs"
            self._ports.trouble("imap", f"{s.imap_host} cannot be read: {reason}\n  cure: {cure}")
        return min(FIRST_WAIT * 2.0 ** min(self._failures - 1, 30), LAST_WAIT)

    def _say_refused(self, reason: str) -> None:
        log.error("imap_sign_in_refused", account=self._account, why=reason)
        cure = "set imap_user and imap_password anew; Gmail and others want a password made for programs (doc.md)"
        self._ports.trouble(
            "imap", f"{self._settings.imap_host} does not let us in: {reason}\n  cure: {cure}"
        )

    def _say_owed(self, position: Position) -> None:
        self._reasons = {uid: why for uid, why in self._reasons.items() if uid in position.owed}
        if not position.owed:
            self._ports.trouble("imap mails", None)
            return
        shown = [f"UID {uid}: {self._reasons.get(uid, 'not tried yet')}" for uid in position.owed[:5]]
        more = f" and {len(position.owed) - 5} more" if len(position.owed) > 5 else ""
        cure = "read them in a mail program and move them out of the folder, or raise max_bytes"
        self._ports.trouble(
            "imap mails",
            f"not taken from {self._settings.imap_folder}: {'; '.join(shown)}{more}\n  cure: {cure}",
        )
