"""What the CRM refused: `deadletters list|show|replay|discard`."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from intake.commands import screen
from intake.commands.crm import note
from intake.commands.options import AsJson, ConfigFile, read
from intake.commands.screen import emit, emit_each, line
from intake.commands.telling import broker
from intake.words import named, say
from normalizer.errors import Malformed

if TYPE_CHECKING:
    from complaint_queue.deadletters import DeadLetter
    from intake.config import Config
    from intake.deadletters import DeadLetters

Queue = Annotated[Literal["events", "statuses"], typer.Option("--queue", "-q")]
Keys = Annotated[list[str], typer.Argument()]


def waiting(
    queue: Queue = "events",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000)] = 100,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    letters = asyncio.run(_list(read(config), queue, limit))
    if as_json:
        emit_each(_told(one, whole=False) for one in letters)
        return
    if not letters:
        line(say("deadletters_empty"))
    for one in letters:
        since = one.since.astimezone().strftime("%Y-%m-%d %H:%M") if one.since else "-"
        again = f" ×{one.replays}" if one.replays else ""
        line(f"{one.key}  {since}  {one.subject}  {one.message_id}  {named(one.why)}{again}")


def show(
    key: Annotated[str, typer.Argument()],
    queue: Queue = "events",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    told = _told(asyncio.run(_find(read(config), queue, key)), whole=True)
    if as_json:
        emit(told)
    else:
        screen.show(told)


def replay(
    keys: Annotated[list[str] | None, typer.Argument()] = None,
    queue: Queue = "events",
    every: Annotated[bool, typer.Option("--all")] = False,
    reason: Annotated[str, typer.Option("--reason", "-r")] = "",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    if bool(keys) == every:
        raise Malformed("KEYS", "name some, or --all, and not both", "kanal deadletters list shows them")
    sent = asyncio.run(_replay(read(config), queue, None if every else keys, reason))
    screen.done(as_json, "deadletters_replayed", count=len(sent))


def discard(
    keys: Keys,
    reason: Annotated[str, typer.Option("--reason", "-r", show_default=False)],
    queue: Queue = "events",
    config: ConfigFile = None,
    yes: Annotated[bool, typer.Option("--yes", "-y")] = False,
    as_json: AsJson = False,
) -> None:
    settings = read(config)
    if not yes:
        screen.sure("deadletters_discard", count=len(keys))
    gone = asyncio.run(_discard(settings, queue, keys, reason))
    screen.done(as_json, "deadletters_discarded", count=len(gone))


class Notes:
    """The audit log as a command reaches it: through the gateway that runs, else by itself."""

    def __init__(self, config: Config) -> None:
        self._config = config

    async def audit(self, who: str, what: str, subject: str, detail: Mapping[str, str] | None = None) -> None:
        await note(self._config, what, subject, dict(detail or {}))


async def _of(config: Config) -> DeadLetters:
    from intake.deadletters import DeadLetters

    return DeadLetters(await broker(config), Notes(config), config.broker.virtual_host)


async def _list(config: Config, queue: Literal["events", "statuses"], limit: int) -> tuple[DeadLetter, ...]:
    return await (await _of(config)).list(queue, limit)


async def _find(config: Config, queue: Literal["events", "statuses"], key: str) -> DeadLetter:
    return await (await _of(config)).find(queue, key)


async def _replay(
    config: Config, queue: Literal["events", "statuses"], keys: Collection[str] | None, reason: str
) -> tuple[DeadLetter, ...]:
    from intake.control import user

    return await (await _of(config)).replay(queue, f"os:{user()}", keys, reason)


async def _discard(
    config: Config, queue: Literal["events", "statuses"], keys: Collection[str], reason: str
) -> tuple[DeadLetter, ...]:
    from intake.control import user

    return await (await _of(config)).discard(queue, f"os:{user()}", keys, reason)


def _told(letter: DeadLetter, *, whole: bool) -> dict[str, Any]:
    import msgspec

    told: dict[str, Any] = msgspec.to_builtins(letter)
    told.pop("body")
    if whole:
        told["body"] = letter.body.decode("utf-8", "backslashreplace")
    else:
        told.pop("headers")
    return told
