"""What was held back: `quarantine list|show|edit|replay|discard`."""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from intake.commands import screen
from intake.commands.crm import open_journal, order
from intake.commands.options import AsJson, ConfigFile, read
from intake.commands.screen import emit, emit_each, line
from intake.words import named, retold, say
from normalizer.errors import Malformed, Misconfigured

if TYPE_CHECKING:
    from intake.config import Config
    from intake.quarantine import Draft, View

EntryNumber = Annotated[int, typer.Argument(min=1)]
Reason = Annotated[str, typer.Option("--reason", "-r")]
Ended = Annotated[Literal["held", "replayed", "edited", "discarded"], typer.Option("--state")]


def held(config: ConfigFile = None, state: Ended = "held", as_json: AsJson = False) -> None:
    asyncio.run(_held(read(config), state, as_json))


async def _held(config: Config, state: str, as_json: bool) -> None:
    async with open_journal(config) as journal:
        entries = await journal.quarantined(state)
    if as_json:
        emit_each(entries)
        return
    if not entries:
        line(say("quarantine_empty"))
    for entry in entries:
        since = entry.since.astimezone().strftime("%Y-%m-%d %H:%M")
        reason = retold(entry.reason)
        reason = reason if len(reason) <= 100 else reason[:99] + "…"
        line(f"{entry.entry_id:>6}  {since}  {entry.account}  {named(entry.stage)}  {reason}")


def show(number: EntryNumber, config: ConfigFile = None, as_json: AsJson = False) -> None:
    told = asyncio.run(_show(read(config), number))
    if as_json:
        emit(told)
    else:
        told["reason"] = retold(told["reason"])
        screen.show(told)


async def _show(config: Config, number: int) -> dict[str, Any]:
    from intake import quarantine

    async with open_journal(config) as journal:
        return _told(await quarantine.view(journal, number))


def _told(seen: View) -> dict[str, Any]:
    import msgspec

    from intake.logs import redact

    told: dict[str, Any] = msgspec.to_builtins(seen.entry)
    if seen.damage:
        told["damage"] = seen.damage
    if seen.raw is not None:
        told["raw"] = {
            "received_at": seen.raw.received_at.isoformat(),
            "method": seen.raw.method,
            # A provider's secret may stand in the query, or end the path.
            "path": redact(seen.raw.url.partition("?")[0]),
            "envelope": seen.raw.envelope,
            "body_file": seen.raw.body_file,
            "body": seen.raw.body.decode("utf-8", "backslashreplace"),
        }
    if seen.complaint is not None:
        file = seen.complaint
        told["complaint"] = {"ticket": file.ticket, "channel": file.channel, "messages": len(file.messages)}
    if seen.copies:
        told["copies"] = list(seen.copies)
    if seen.copy_of is not None:
        told["copy_of"] = seen.copy_of
    return told


def edit(
    number: EntryNumber,
    config: ConfigFile = None,
    file: Annotated[Path | None, typer.Option("--file", "-f", allow_dash=True, dir_okay=False)] = None,
    fields: Annotated[list[str] | None, typer.Option("--set", "-s")] = None,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Only a copy is edited. With neither a file nor fields the editor of $VISUAL or $EDITOR opens it."""
    content = None if file is None else sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    asyncio.run(_edit(read(config), number, content, fields or [], reason))
    screen.done(as_json, "quarantine_edited", number=number)


async def _edit(config: Config, number: int, content: bytes | None, fields: list[str], reason: str) -> None:
    from complaint_queue.codec import Codec
    from intake import control, quarantine
    from intake.doctor import keyring_of
    from intake.journals import files_of

    files = files_of(config, Codec(keyring_of(config)))
    try:
        async with open_journal(config) as journal:
            entry = (await quarantine.view(journal, number)).entry
            if entry.state != "held":
                raise Misconfigured(
                    "entry",
                    "entry {number} was {state} before",
                    "take another one",
                    number=number,
                    state=entry.state,
                )
            draft = await quarantine.Draft.of(await quarantine.original_of(journal, entry), files)
        if content is not None:
            draft = quarantine.Draft(draft.part, content, draft.content_type)
        if fields:
            draft = draft.with_fields([_field(one) for one in fields])
        if content is None and not fields:
            draft = _by_hand(draft)
        change = await draft.kept(files)
    finally:
        await files.close()
    await order(config, control.Edit(entry_id=number, change=change, reason=reason))


def _field(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise Malformed(
            "--set", "{text!r} sets nothing", "write NAME=VALUE, as in text=lampu padam", text=text
        )
    return name, value


def _by_hand(draft: Draft) -> Draft:
    from intake.quarantine import Draft

    command = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not command:
        raise Misconfigured(
            "EDITOR", "no editor is named", "export EDITOR=nano, or use --file FILE or --set NAME=VALUE"
        )
    # A folder of our own (mode 700): what a citizen wrote must not lie about, and goes with the folder.
    with tempfile.TemporaryDirectory(prefix="kanal-") as folder:
        path = Path(folder) / ("isi.json" if "json" in draft.content_type else "isi.txt")
        path.write_bytes(draft.content)
        done = subprocess.run([*shlex.split(command), str(path)], check=False)  # noqa: S603 - the user's own editor
        if done.returncode:
            raise Misconfigured(
                "EDITOR",
                "{command} ended with {code}",
                "nothing was changed",
                command=command,
                code=done.returncode,
            )
        return Draft(draft.part, path.read_bytes(), draft.content_type)


def replay(
    number: EntryNumber, config: ConfigFile = None, reason: Reason = "", as_json: AsJson = False
) -> None:
    asyncio.run(_release(read(config), number, "replayed", reason))
    screen.done(as_json, "quarantine_replayed", number=number)


def discard(
    number: EntryNumber,
    reason: Annotated[str, typer.Option("--reason", "-r", show_default=False)],
    config: ConfigFile = None,
    yes: Annotated[bool, typer.Option("--yes", "-y")] = False,
    as_json: AsJson = False,
) -> None:
    settings = read(config)
    if not yes:
        screen.sure("quarantine_discard", number=number)
    asyncio.run(_release(settings, number, "discarded", reason))
    screen.done(as_json, "quarantine_discarded", number=number)


async def _release(config: Config, number: int, state: Literal["replayed", "discarded"], reason: str) -> None:
    from intake import control

    await order(config, control.Release(entry_id=number, state=state, reason=reason))
