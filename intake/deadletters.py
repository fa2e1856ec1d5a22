"""What a person does with dead letters: look, send again, discard with a reason; every act is noted first.

The command line and the console call the same functions. The gateway's own events stay in the journal whatever becomes
of a dead letter; a status of the CRM is nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from complaint_queue import topology
from complaint_queue.broker import Where
from complaint_queue.deadletters import MOST, DeadLetter, Which, chosen, opened, peek
from intake.staff.audit import Audit, noted
from normalizer.errors import Misconfigured

_LOOK = "look with `kanal deadletters list`"


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


def _detail(letter: DeadLetter, reason: str) -> dict[str, str]:
    told = {"queue": letter.which, "why": letter.why, "before": letter.sha256, "subject": letter.subject}
    return told | ({"reason": reason.strip()} if reason.strip() else {})
