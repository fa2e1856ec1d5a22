"""What is held of one person, and their right to it: `person show|export`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intake.commands.crm import note, open_journal
from intake.commands.options import AsJson, ConfigFile, read
from intake.commands.screen import bars, emit, line
from intake.words import say
from normalizer.errors import Malformed, Misconfigured

if TYPE_CHECKING:
    from intake.config import Config
    from intake.person import Counts, Finder, Holdings, Kind, Wanted

Ticket = Annotated[str, typer.Option("--ticket")]
AccountName = Annotated[str, typer.Option("--account")]
Handle = Annotated[str, typer.Option("--handle")]
Phone = Annotated[str, typer.Option("--phone")]
Email = Annotated[str, typer.Option("--email")]
Nik = Annotated[str, typer.Option("--nik")]
Everywhere = Annotated[bool, typer.Option("--everywhere")]


def show(
    ticket: Ticket = "",
    account: AccountName = "",
    handle: Handle = "",
    phone: Phone = "",
    email: Email = "",
    nik: Nik = "",
    everywhere: Everywhere = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Counts and tickets alone: nothing that the person wrote."""
    wanted = _wanted(ticket, account, handle, phone, email, nik, everywhere)
    counts = asyncio.run(_show(read(config), wanted))
    if as_json:
        emit(counts)
        return
    tell(counts)


async def _show(config: Config, wanted: Wanted) -> Counts:
    async with finding(config, wanted) as (finder, found):
        return await finder.counts(found)


def export(
    file: Annotated[Path, typer.Argument(dir_okay=False)],
    ticket: Ticket = "",
    account: AccountName = "",
    handle: Handle = "",
    phone: Phone = "",
    email: Email = "",
    nik: Nik = "",
    everywhere: Everywhere = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """The act is noted with the tickets, before the file is made."""
    wanted = _wanted(ticket, account, handle, phone, email, nik, everywhere)
    if file.exists():
        raise Malformed("file", "{path} is there already", "name a file that is not there yet", path=file)
    counts = asyncio.run(_export(read(config), wanted, file))
    if as_json:
        emit({"file": str(file), **counts})
        return
    line(say("person_exported", path=file, **counts))
    if counts["shared_raw_events"]:
        line(say("person_shared", count=counts["shared_raw_events"]))
    if counts["missing"]:
        line(say("person_missing", count=counts["missing"]))


async def _export(config: Config, wanted: Wanted, path: Path) -> Mapping[str, Any]:
    from complaint_queue.codec import Codec
    from intake.doctor import keyring_of
    from intake.journals import files_of
    from intake.person_export import Export

    files = files_of(config, Codec(keyring_of(config)))
    try:
        async with finding(config, wanted) as (finder, found):
            counts = await finder.counts(found)
            await note(config, "person_export", " ".join(counts.tickets), noted(counts))
            work = Export(finder.journal, files, found, tuple(own_secrets(config)), say("person_readme"))
            made = await work.write(path)
    finally:
        await files.close()
    return {**made, "shared_raw_events": len(found.shared)}


@asynccontextmanager
async def finding(config: Config, wanted: Wanted) -> AsyncIterator[tuple[Finder, Holdings]]:
    """Who is meant, found in the journal as it is for looking. Raises `Misconfigured` when that is nobody."""
    from intake.doctor import keyring_of
    from intake.person import Finder
    from normalizer.identity import Secrets

    if wanted.account:
        config.account(wanted.account)
    adapters = {one.name: one.adapter for one in config.accounts}
    async with open_journal(config) as journal:
        with bars() as progress:
            finder = Finder(journal, Secrets(keyring_of(config).identity_key), adapters, progress)
            found = await finder.find(wanted)
        if found.nobody:
            raise Misconfigured(
                "person",
                "the journal holds nothing of them",
                "look at the spelling; --everywhere also finds what other accounts know of a telephone or an address",
            )
        yield finder, found


def tell(counts: Counts) -> None:
    """How much there is, line by line."""
    import msgspec

    for name, value in msgspec.structs.asdict(counts).items():
        shown = ", ".join(value) if isinstance(value, tuple) else value
        line(f"{say(f'person_{name}')}: {shown}")


def noted(counts: Counts) -> dict[str, str]:
    """For the audit log: how much, and nothing of whom."""
    import msgspec

    whole = msgspec.structs.asdict(counts)
    return {name: str(value) for name, value in whole.items() if isinstance(value, int)}


def own_secrets(config: Config) -> Iterator[str]:
    """The doors' credentials, behind the references in their settings."""
    for account in config.accounts:
        for text in _texts(account.settings):
            if text.partition(":")[0] in ("env", "file", "auto"):
                with contextlib.suppress(Misconfigured):
                    if len(secret := config.resolve(text)) >= 8:
                        yield secret


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def _wanted(
    ticket: str, account: str, handle: str, phone: str, email: str, nik: str, everywhere: bool
) -> Wanted:
    """Raises `Malformed` where it is not said who is meant."""
    from intake.person import Wanted
    from normalizer.identity import read_ticket

    given: dict[Kind, str] = {"handle": handle, "phone": phone, "email": email, "nik": nik}
    marks = tuple((kind, value.strip()) for kind, value in given.items() if value.strip())
    known = read_ticket(ticket) or ""
    if ticket and not known:
        raise Malformed(
            "--ticket",
            "{ticket!r} is no ticket",
            "copy it with its last digit, as 261123-0042-4",
            ticket=ticket,
        )
    if not (known or ((account or everywhere) and marks)) or (known and (marks or account)):
        raise Malformed(
            "--ticket",
            "it is not clear who is meant",
            "name a --ticket; or --account (or --everywhere) and one of --phone, --email, --handle, --nik",
        )
    return Wanted(ticket=known, account=account, marks=marks, everywhere=everywhere)
