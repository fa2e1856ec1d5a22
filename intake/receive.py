"""The one way in for every door: a raw event becomes durable, and each of its items gets its fate.

The order is the promise: parse, store files and their folder, claim and sync in the journal, and only then return,
so that the door may answer. What the parser cannot read is kept whole in quarantine; what we cannot keep raises
`Unavailable`, and the door says "try again".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import structlog
from msgspec.structs import replace

from adapters.base import Accepted, Adapter, Cursor, Fate, Ignored, Item, NotRead, Receipt, Spool
from complaint_queue import points
from complaint_queue.file_port import Files
from complaint_queue.file_spool import FileSpool
from complaint_queue.journal import Admission, Admit, Admitted, Held, Journal
from complaint_queue.way_out import ProviderWord
from intake.logs import redact
from intake.metrics import Metrics
from normalizer.errors import Rejected, Unreadable
from normalizer.identity import Secrets, claim_of, encode_id, ticket_day
from normalizer.media import sniff
from normalizer.record import Attachment, Message, RawEvent
from normalizer.text import storable_message

#: A raw body above this goes to the file store, so that the journal's rows stay small.
ROW_LIMIT = 64 * 1024
#: Key in a raw event's envelope: it is an operator's corrected copy of what this quarantine entry holds.
EDITED = "edited_from"

log = structlog.get_logger()


@dataclass(frozen=True)
class Receiver:
    """Turns raw events into fates. `woken` is called when something new waits to be settled."""

    journal: Journal
    files: Files
    secrets: Secrets
    metrics: Metrics
    woken: Callable[[], None]
    heard: Callable[[str], None] = lambda account: None
    """Told of every account that brought something, whatever became of it."""
    telling: Callable[[str, Message], bytes | None] = lambda account, message: None
    """The key under which somebody's words join the complaint that they are telling the bot; None: no dialogue."""
    check: Callable[[str], None] = lambda account: None
    """Raises `Unavailable` while an operator has paused the account."""

    async def receive(
        self, adapter: Adapter[Any], raw: RawEvent, cursor: Cursor | None = None
    ) -> Sequence[Fate]:
        """Parse inline, then `admit`. For doors that are owed an answer about each item.

        Raises `Malformed` on our own doors, `Unavailable` when nothing could be kept.
        """
        self.check(adapter.account.name)
        points.reached("received")
        try:
            items = adapter.parse(raw)
        except Unreadable as error:
            items = [NotRead(reason=error.reason)]
        except Rejected:
            raise
        except Exception as error:
            log.exception("parser_failed", account=adapter.account.name)
            items = [NotRead(reason=f"{type(error).__name__}: {error}")]
        return await self.admit(adapter, raw, items, cursor)

    async def admit(
        self,
        adapter: Adapter[Any],
        raw: RawEvent,
        items: Sequence[Item],
        cursor: Cursor | None = None,
        raw_id: int | None = None,
    ) -> Sequence[Fate]:
        """Claim and sync what was parsed; the fates are in the order of `items`."""
        admits: list[Admit] = []
        held: list[Held] = []
        words: list[ProviderWord] = []
        for index, item in enumerate(items):
            if isinstance(item, Accepted):
                message = storable_message(await self._store_contents(item))
                admits.append(self._admit(adapter, raw, message))
            elif isinstance(item, Receipt):
                name = claim_of(adapter.account.name, item.external_id)
                words.append(ProviderWord(name=name, state=item.state))
            elif isinstance(item, NotRead):
                claim = claim_of(adapter.account.name, f"\0held:{body_hash(raw)}:{index}")
                # It may repeat what could not be read: a list shows it, and the raw event has the rest.
                reason = redact(item.reason)
                held.append(Held(reason=reason, item=index, external_id=item.external_id, claim=claim))
        admitted: Sequence[Admitted] = ()
        if admits or held or words or cursor is not None or raw_id is not None:
            if (admits or held) and raw_id is None and len(raw.body) > ROW_LIMIT:
                raw = replace(raw, body=b"", body_file=await self.files.put(raw.body))
            points.reached("stored")
            admitted = await self.journal.admit(
                Admission(
                    raw=raw,
                    messages=tuple(admits),
                    held=tuple(held),
                    cursor=(cursor.name, cursor.value) if cursor else None,
                    raw_id=raw_id,
                    words=tuple(words),
                )
            )
            points.reached("unanswered")
        if admitted:
            self.woken()
        if raw_id is None:
            self.heard(adapter.account.name)
        return self._fates(adapter, items, admitted)

    async def keep(self, raw: RawEvent, spool: Spool | None, cursor: Cursor | None) -> None:
        """Sync the bytes now; `intake.kept` parses them later."""
        self.check(raw.account)
        points.reached("received")
        if spool is not None:
            raw = replace(raw, body=b"", body_file=await self.files.keep(cast("FileSpool", spool)))
        elif len(raw.body) > ROW_LIMIT:
            raw = replace(raw, body=b"", body_file=await self.files.put(raw.body))
        points.reached("stored")
        await self.journal.keep(raw, (cursor.name, cursor.value) if cursor else None)
        points.reached("unanswered")
        self.heard(raw.account)

    async def _store_contents(self, item: Accepted) -> Message:
        """The message with its inline files stored, synced, and named by their content."""
        if not item.contents:
            return item.message
        indexes = sorted(item.contents)
        hashes = await self.files.put_many([item.contents[i] for i in indexes])
        attachments: list[Attachment] = list(item.message.attachments)
        for index, sha256 in zip(indexes, hashes, strict=True):
            content = item.contents[index]
            attachments[index] = replace(
                attachments[index],
                sha256=sha256,
                size=len(content),
                media_type=sniff(content[:4096]) or "application/octet-stream",
                state="stored",
            )
        return replace(item.message, attachments=tuple(attachments))

    def _admit(self, adapter: Adapter[Any], raw: RawEvent, message: Message) -> Admit:
        account = adapter.account.name
        reference = message.sender.reference or message.external_id
        group = message.group
        telling = self.telling(account, message)
        if message.authenticity.method == "none":
            message = replace(message, authenticity=adapter.authenticity(raw))
        if EDITED in raw.envelope:
            message = replace(message, flags=(*message.flags, "edited_by_operator"))
        return Admit(
            message=message,
            claim=claim_of(account, message.external_id, message.verb, message.version),
            handle=claim_of(account, message.external_id)
            if message.version and message.verb == "new"
            else None,
            sender=self.secrets.person(adapter.name, reference),
            channel=message.channel or adapter.account.channel,
            ticket_day=ticket_day(raw.received_at).isoformat(),
            group=telling or (self.secrets.group(account, reference, group.key) if group else None),
            parts=group.parts if group and not telling else None,
            quiet=group.silence if group and not telling else 0.0,
            dialogue=telling is not None,
            follows=_follows(account, message, edits=adapter.edits),
            stands_in=_edits_of(account, message.follows) if message.verb == "edit" else (),
            office_code=message.office_code,
            ticket=message.ticket,
        )

    def _fates(
        self, adapter: Adapter[Any], items: Sequence[Item], admitted: Sequence[Admitted]
    ) -> Sequence[Fate]:
        fates: list[Fate] = []
        rest = iter(admitted)
        for item in items:
            if isinstance(item, Accepted):
                fates.append(self._accepted(item.message.external_id, next(rest)))
            elif isinstance(item, Receipt):
                fates.append(Fate(outcome="ignored", reason="delivery_receipt", external_id=item.external_id))
                self.metrics.receipts.labels(adapter.account.name, item.state).inc()
            elif isinstance(item, Ignored):
                fates.append(Fate(outcome="ignored", reason=item.reason, external_id=item.external_id))
            else:
                reason = redact(item.reason)
                fates.append(Fate(outcome="quarantined", reason=reason, external_id=item.external_id))
                log.warning("quarantined", account=adapter.account.name, external_id=item.external_id)
            self.metrics.fate(adapter.account.name, fates[-1].outcome, fates[-1].reason)
        return fates

    def _accepted(self, external_id: str, admitted: Admitted) -> Fate:
        return Fate(
            outcome="duplicate" if admitted.how == "duplicate" else "accepted",
            external_id=external_id,
            ticket=admitted.ticket,
            complaint_id=encode_id(admitted.complaint_id),
            tracking_code=self.secrets.tracking_code(admitted.complaint_id),
            joined=admitted.how in ("joined", "followed"),
        )


def body_hash(raw: RawEvent) -> str:
    """SHA-256 of a raw event's bytes, wherever they lie."""
    return raw.body_file or hashlib.sha256(raw.body).hexdigest()


@dataclass(frozen=True)
class AccountInbox:
    """The receiver as one account sees it: fulfils `adapters.base.Inbox`."""

    receiver: Receiver
    adapter: Callable[[], Adapter[Any]]
    account: str
    kept: Callable[[], None]

    async def receive(self, raw: RawEvent, *, cursor: Cursor | None = None) -> Sequence[Fate]:
        return await self.receiver.receive(self.adapter(), raw, cursor)

    async def keep(self, raw: RawEvent, spool: Spool | None = None, *, cursor: Cursor | None = None) -> None:
        await self.receiver.keep(raw, spool, cursor)
        self.kept()

    async def cursor(self, name: str) -> str | None:
        return await self.receiver.journal.cursor(self.account, name)


def _follows(account: str, message: Message, *, edits: bool) -> tuple[bytes, ...]:
    """What the message may belong to. Where people edit, an edit may have come before what it is an edit of: a
    provider that was told to try again does so after sending what came later."""
    names = tuple(claim_of(account, external_id) for external_id in message.follows)
    if message.verb == "edit":
        return names + _edits_of(account, message.follows)
    return names + _edits_of(account, (message.external_id,)) if edits else names


def _edits_of(account: str, external_ids: Iterable[str]) -> tuple[bytes, ...]:
    """The names under which an edit of one of these stands until the message itself is here."""
    return tuple(claim_of(account, external_id, "edited") for external_id in external_ids)
