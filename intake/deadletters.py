"""What a person does with dead letters: look, send again, discard with a reason; every act is noted first.

The command line and the console call the same functions. The gateway's own events stay in the journal whatever becomes
of a dead letter; a status of the CRM is nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from msgspec import Struct

from complaint_queue import topology
from complaint_queue.broker import Where
from complaint_queue.deadletters import MOST, DeadLetter, Which, chosen, opened, peek
from complaint_queue.erasing import Erasing
from intake.staff.audit import Audit, noted
from normalizer.errors import Misconfigured
from normalizer.identity import decode_id

_LOOK = "look with `kanal deadletters list`"


class Forgotten(Struct, frozen=True, kw_only=True):
    """How many dead letters went, and whether all of them could be looked at."""

    count: int
    whole: bool


@dataclass(frozen=True)
class DeadLetters:
    """The dead letters of one broker. Everything raises `Unavailable` when it does not answer."""

    url: Where
    audit: Audit
    virtual_host: str = topology.VIRTUAL_HOST

    async def list(self, which: Which, limit: int = 100) -> tuple[DeadLetter, ...]:
        """The first ones, the oldest first; they stay."""
        return await peek(self.url, which, limit, self.virtual_host)

    async def find(self, which: Which, key: str) -> DeadLetter:
        """One of them. Raises `Misconfigured` when it is not there."""
        found = chosen(await self.list(which, MOST), {key})
        if not found:
            raise Misconfigured(
                "key", "no dead letter of the {which} is called {key}", _LOOK, which=which, key=key
            )
        return found[0]

    async def replay(
        self, which: Which, who: str, keys: Collection[str] | None, reason: str = ""
    ) -> tuple[DeadLetter, ...]:
        """Send these (None: all) again where they came from, in their order. Raises `Misconfigured` or, where it
        stopped, `Unavailable`; what was not sent stays."""
        return await self._act("deadletter_replay", which, who, keys, reason)

    async def discard(
        self, which: Which, who: str, keys: Collection[str], reason: str
    ) -> tuple[DeadLetter, ...]:
        """Take these away for good. Raises `Misconfigured`."""
        if not reason.strip():
            raise Misconfigured("reason", "is empty", "say in a few words why they may go")
        return await self._act("deadletter_discard", which, who, keys, reason)

    async def forget(self, who: str, journal: Erasing, reason: str) -> Forgotten:
        """Take those events away whose reporter had their data erased, each noted with its ticket. A status of the CRM
        lies there only when it names no ticket of ours."""
        count = 0
        while True:
            async with opened(self.url, "events", self.virtual_host) as box:
                letters = await box.take()
                known = [(letter, event) for letter in letters if (event := _event(letter)) is not None]
                erased = await journal.erased({complaint_id for _, (complaint_id, _) in known})
                gone = [
                    letter
                    for letter, (complaint_id, sequence) in known
                    if complaint_id in erased and sequence <= erased[complaint_id].sequence
                ]
                for letter in gone:
                    detail = _detail(letter, reason)
                    async with noted(self.audit, who, "deadletter_discard", letter.message_id, detail):
                        await box.discard(letter)
            count += len(gone)
            # What lies behind the bound comes into sight when something before it went.
            if box.whole or not gone:
                return Forgotten(count=count, whole=box.whole)

    async def _act(
        self, what: str, which: Which, who: str, keys: Collection[str] | None, reason: str
    ) -> tuple[DeadLetter, ...]:
        async with opened(self.url, which, self.virtual_host) as box:
            letters = chosen(await box.take(), keys)
            missing = set(keys or ()) - {letter.key for letter in letters}
            if missing:
                raise Misconfigured(
                    "key",
                    "no dead letter of the {which} is called {key}",
                    _LOOK,
                    which=which,
                    key=", ".join(sorted(missing)),
                )
            for letter in letters:
                async with noted(
                    self.audit, who, what, letter.message_id or letter.key, _detail(letter, reason)
                ):
                    await (box.replay(letter) if what == "deadletter_replay" else box.discard(letter))
        return tuple(letters)


def dead_letters(url: Where, audit: Audit, virtual_host: str) -> DeadLetters | None:
    """The dead letters of the broker at `url`; None while none is known."""
    return DeadLetters(url, audit, virtual_host) if url else None


def _event(letter: DeadLetter) -> tuple[int, int] | None:
    """The complaint and the sequence of an event of ours, by its id."""
    try:
        complaint_id, sequence, _ = letter.message_id.split(".")
        return decode_id(complaint_id), int(sequence)
    except ValueError:
        return None


def _detail(letter: DeadLetter, reason: str) -> dict[str, str]:
    told = {"queue": letter.which, "why": letter.why, "before": letter.sha256, "subject": letter.subject}
    return told | ({"reason": reason.strip()} if reason.strip() else {})
