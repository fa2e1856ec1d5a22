"""Turns of the bot, around its pure machine: what is known is looked up, the turn is written in one transaction.

Words that somebody writes in a private chat join the complaint that this person is telling. It is due at once, and
comes here before it is filed: the machine decides whether it waits for an answer, is filed, or was a command. A
crash before the transaction leaves the words as they were; after it, everything has happened.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
import structlog
from msgspec.structs import replace

from adapters.base import Adapter, Replies
from complaint_queue.journal import ComplaintFile, Journal, StoredMessage
from complaint_queue.way_out import Conversed, Move, NewReply, Said
from intake.conversation.dialogue import Case, Dialogue, Facts, Heard, Recent, Say, Turn, Understood
from intake.conversation.intents import intent_of, tickets_in
from intake.conversation.machine import take
from intake.conversation.texts import Texts
from normalizer.identity import Secrets
from normalizer.record import Choice, Message

#: Silence after which a complaint that waits for an answer is filed as it is.
SILENCE = timedelta(minutes=10)
#: People write in several breaths: a question waits until nothing more has come for so long.
BREATH = timedelta(seconds=2)
#: Tickets of one message that are looked up.
QUOTED = 5
#: Complaints of this dialogue that are remembered.
RECENT = 5

log = structlog.get_logger()


@dataclass(frozen=True)
class Converser:
    """Decides about complaints that are being told. `understand` is asked what their messages mean, `said` is called
    when something waits to be said."""

    journal: Journal
    understand: Callable[[ComplaintFile], Awaitable[Understood]]
    secrets: Secrets
    adapters: Mapping[str, Adapter[Any]]
    clock: Callable[[], datetime]
    said: Callable[[], None]
    silent: frozenset[str] = frozenset()
    numbers: Mapping[str, str] = field(default_factory=dict)
    """Emergency numbers of the operator's own, by their name."""
    grace_until: datetime | None = None
    """No album counts as whole and no question as unanswered before: after a start the provider may still bring
    what we did not take."""

    def chats(self, account: str, message: Message) -> bool:
        """Whether the bot talks with whoever wrote this: in private, on a channel where people chat."""
        adapter = self.adapters.get(account)
        return (
            adapter is not None
            and adapter.converses
            and account not in self.silent
            and isinstance(adapter, Replies)
            and not message.public
            and bool(message.reply_to)
        )

    def telling(self, account: str, message: Message) -> bytes | None:
        """The key under which this person's words join the complaint that is being told; None: no dialogue."""
        if not self.chats(account, message):
            return None
        return self.secrets.group(account, message.sender.reference or message.external_id, "\0dialogue")

    async def hear(self, file: ComplaintFile) -> bool:
        """Take a turn about a complaint that is due. False: the bot has nothing to do with it, or is done with it."""
        if file.state != "open" or file.last_sequence or file.record or not file.messages:
            return False
        first = file.messages[0]
        if first.message.related:
            return False  # an operator has said what it is
        if not self.chats(file.account, first.message):
            return await self._quoted(file)
        before = await self.journal.person(first.sender)
        dialogue = msgspec.msgpack.decode(before.state, type=Dialogue) if before.state else Dialogue()
        fresh = [m for m in file.messages if m.message_id > dialogue.heard_until]
        if not fresh:
            if dialogue.draft != file.complaint_id:
                return False
            if self.grace_until is not None and self.clock() < self.grace_until:
                # We were away: the answer may be waiting at the provider.
                await self.journal.postpone(file.complaint_id, self.grace_until)
                return True
            if dialogue.waits_until is not None and self.clock() < dialogue.waits_until:
                # Handed to us by a look at the journal from before the last turn, ours or another gateway's.
                await self.journal.postpone(file.complaint_id, dialogue.waits_until)
                return True
            # Nobody answered: it is filed as it is.
            now = _closed(dialogue, file, self.clock())
            return await self._write(file, before, now, "close")
        until = _unfinished(file.messages, self.grace_until)
        if until is not None and until > self.clock():
            await self.journal.postpone(file.complaint_id, until)
            return True
        return await self._turns(file, before, dialogue, fresh)

    async def _quoted(self, file: ComplaintFile) -> bool:
        """A ticket that is quoted where nobody chats (a mail, a comment): what its own reporter writes is an addition
        to it; what anybody else writes is a complaint of their own, marked, and changes nothing about that one."""
        first = file.messages[0]
        named = tickets_in("\n".join(f"{m.message.subject}\n{m.message.text}" for m in file.messages))
        if not named or first.third_party or "third_party" in first.message.flags:
            return False
        others = [await self.journal.complaint_by_ticket(ticket) for ticket in named[:QUOTED]]
        filed = [o for o in others if o is not None and o.last_sequence and o.messages]
        filed = [o for o in filed if o.complaint_id != file.complaint_id]
        if not filed:
            return False
        own = next((o for o in filed if o.messages[0].sender == first.sender), None)
        if own is not None:
            moves = [
                Move(message_id=m.message_id, to=own.complaint_id, message=m.message) for m in file.messages
            ]
        else:
            marked = replace(first.message, flags=(*first.message.flags, "third_party"))
            moves = [Move(message_id=first.message_id, to=file.complaint_id, message=marked)]
        before = await self.journal.person(first.sender)
        outcome: Literal["aside", "close"] = "aside" if own is not None else "close"
        await self.journal.converse(
            Conversed(
                complaint_id=file.complaint_id,
                version=file.version,
                person=first.sender,
                before=before,
                now=before,
                outcome=outcome,
                moves=tuple(moves),
            )
        )
        return True

    async def _turns(
        self, file: ComplaintFile, before: Any, dialogue: Dialogue, fresh: Sequence[StoredMessage]
    ) -> bool:
        told = [m for m in file.messages if m not in fresh and m.message.act != "note"]
        moves: list[Move] = []
        says: list[Say] = []
        outcome, had = "aside", bool(told)
        for breath in _breaths(fresh):
            facts = await self._facts(file, dialogue, told, breath)
            turn = take(dialogue, _heard(breath), facts)
            asks = turn.outcome == "wait" and turn.words == "told" and bool(turn.says)
            rest = breath[-1].received_at + BREATH
            if asks and rest > self.clock():
                await self.journal.postpone(file.complaint_id, rest)
                return True
            dialogue = turn.dialogue
            moves += _moves(file, turn, breath, told)
            says += turn.says
            if turn.words == "told":
                told += breath
            if turn.whole or turn.outcome == "aside":
                told, had = [], False
            outcome = "close" if outcome == "close" and turn.outcome == "wait" else turn.outcome
            had = had or turn.words == "told"
        if outcome == "aside" and had:
            outcome = "wait"
        dialogue = replace(dialogue, heard_until=fresh[-1].message_id)
        if outcome == "close":
            if dialogue.secret and told:
                moves.append(_confidential(file, told[-1], moves))
            dialogue = _closed(dialogue, file, self.clock())
        elif outcome == "wait":
            dialogue = replace(dialogue, draft=file.complaint_id, waits_until=self.clock() + SILENCE)
        else:
            dialogue = replace(dialogue, draft=0, waits_until=None)
        return await self._write(file, before, dialogue, outcome, moves, self._replies(file, dialogue, says))

    async def _write(
        self,
        file: ComplaintFile,
        before: Any,
        dialogue: Dialogue,
        outcome: Any,
        moves: Sequence[Move] = (),
        replies: tuple[NewReply, ...] = (),
    ) -> bool:
        """True also when something came between: then the turn is worked out anew."""
        first = file.messages[0]
        turn = Conversed(
            complaint_id=file.complaint_id,
            version=file.version,
            person=first.sender,
            before=before,
            now=replace(before, state=msgspec.msgpack.encode(dialogue), stopped=dialogue.stopped),
            outcome=outcome,
            until=self.clock() + SILENCE,
            group=self.telling(file.account, first.message),
            moves=tuple(moves),
            replies=replies,
        )
        if await self.journal.converse(turn) and replies:
            self.said()
        return True

    # what is known

    async def _facts(
        self,
        file: ComplaintFile,
        dialogue: Dialogue,
        told: Sequence[StoredMessage],
        breath: Sequence[StoredMessage],
    ) -> Facts:
        named = tuple(t for m in breath for t in tickets_in(m.message.text + " " + m.message.choice))
        wanted = dict.fromkeys((*(one.ticket for one in dialogue.recent), *named))
        cases = {}
        for ticket in wanted:
            case = await self._case(ticket, file.messages[0].sender)
            if case is not None:
                cases[ticket] = case
        return Facts(
            now=self.clock(),
            understood=await self.understand(replace(file, messages=(*told, *breath))),
            cases=cases,
            photos=self.adapters[file.account].answers_in != "sms",
            has_draft=bool(told),
        )

    async def _case(self, ticket: str, person: bytes) -> Case | None:
        """The complaint, if this person opened it and it was filed."""
        file = await self.journal.complaint_by_ticket(ticket)
        if file is None or not file.last_sequence or not file.messages or file.messages[0].sender != person:
            return None
        progress = await self.journal.progress(file.complaint_id)
        kinds = await self.journal.kinds(file.complaint_id)
        agency = progress.steps[-1].agency if progress.steps else ""
        return Case(
            complaint_id=file.complaint_id,
            ticket=ticket,
            stage=progress.stage,
            agency=agency,
            joined_to=next(
                (t for m in file.messages if m.message.act == "withdraw" for t in m.message.related), ""
            ),
            withdrawn="withdrawn" in kinds or any(m.message.act == "withdraw" for m in file.messages),
            rated="rated" in kinds or any(m.message.act == "rate" for m in file.messages),
        )

    # what is said

    def _replies(self, file: ComplaintFile, dialogue: Dialogue, says: Sequence[Say]) -> tuple[NewReply, ...]:
        """Everything of these turns as one message, with the last one's buttons."""
        to = next((m for m in reversed(file.messages) if m.message.reply_to), None)
        if not says or to is None:
            return ()
        t = Texts(dialogue.language)
        texts = [t.said(say.key, say.values) for say in says]
        if any(say.key == "bot.numbers" for say in says):
            texts += [f"{name}: {number}." for name, number in self.numbers.items()]
        text = "\n\n".join(dict.fromkeys(texts))
        choices = tuple(
            Choice(name=name, label=t(label) if "." in label else label) for name, label in says[-1].choices
        )
        adapter = self.adapters[file.account]
        said = Said(
            reply_to=to.message.reply_to,
            text=text,
            choices=choices,
            subject=t("bot.subject") if adapter.answers_in == "mail" else "",
        )
        return (NewReply(person=to.sender, account=file.account, purpose="dialogue", said=said),)


def _closed(dialogue: Dialogue, file: ComplaintFile, now: datetime) -> Dialogue:
    """The dialogue once this complaint is on its way to be filed."""
    recent = (*dialogue.recent, Recent(complaint_id=file.complaint_id, ticket=file.ticket, at=now))
    return replace(
        dialogue,
        phase="idle",
        question="",
        asked=(),
        want="",
        about=0,
        options=(),
        draft=0,
        waits_until=None,
        secret=False,
        recent=recent[-RECENT:],
    )


def _unfinished(messages: Sequence[StoredMessage], grace_until: datetime | None) -> datetime | None:
    """Until when an album or a long SMS may still get parts; None when nothing is missing."""
    latest: dict[str, list[StoredMessage]] = {}
    for one in messages:
        if one.message.group is not None:
            latest.setdefault(one.message.group.key, []).append(one)
    until = [
        max(m.received_at for m in parts) + timedelta(seconds=group.silence)
        for parts in latest.values()
        for group in (parts[-1].message.group,)
        if group is not None and (group.parts is None or len(parts) < group.parts)
    ]
    if until and grace_until is not None:
        until.append(grace_until)
    return max(until, default=None)


def _breaths(fresh: Sequence[StoredMessage]) -> list[list[StoredMessage]]:
    """What was written in one breath belongs together; a command or a tapped button stands alone."""
    found: list[list[StoredMessage]] = []
    joins = False
    for one in fresh:
        message = one.message
        alone = bool(message.choice) or (
            not message.attachments and (not message.text.strip() or intent_of(message.text) is not None)
        )
        if found and joins and not alone:
            found[-1].append(one)
        else:
            found.append([one])
        joins = not alone
    return found


def _heard(breath: Sequence[StoredMessage]) -> Heard:
    files = [a for m in breath for a in m.message.attachments]
    voice = sum((a.declared_type or a.media_type).startswith("audio/") for a in files)
    return Heard(
        text="\n".join(m.message.text for m in breath if m.message.text),
        choice=next((m.message.choice for m in breath if m.message.choice), ""),
        seen=len(files) - voice,
        voice=voice,
        placed=any(m.message.place.coordinates is not None for m in breath),
    )


def _moves(
    file: ComplaintFile, turn: Turn, breath: Sequence[StoredMessage], told: Sequence[StoredMessage]
) -> list[Move]:
    """Where the words go: notes stay and tell nothing, words about another complaint join that one."""
    found: list[Move] = []
    if turn.whole:
        found += [Move(message_id=m.message_id, to=turn.to, message=m.message) for m in told]
    for one in breath:
        if turn.words == "note":
            message = replace(one.message, act="note")
            found.append(Move(message_id=one.message_id, to=file.complaint_id, message=message))
        elif turn.words == "told" and one.message.act == "note":
            # The channel took it for a command, we do not: then it may be somebody's case.
            message = replace(one.message, act="")
            found.append(Move(message_id=one.message_id, to=file.complaint_id, message=message))
        elif turn.words == "case":
            message = replace(one.message, act=turn.act, rating=turn.rating)
            found.append(Move(message_id=one.message_id, to=turn.to, message=message))
    return found


def _confidential(file: ComplaintFile, one: StoredMessage, moves: Sequence[Move]) -> Move:
    """The citizen asked for secrecy: one message that says so makes the complaint confidential."""
    known = next((m.message for m in moves if m.message_id == one.message_id), one.message)
    return Move(message_id=one.message_id, to=file.complaint_id, message=replace(known, confidential=True))
