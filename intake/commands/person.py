"""What is held of one person, and their right to it: `person show|export|erase`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intake.commands.crm import note, open_journal, open_staff
from intake.commands.failing import AGAIN, DONE
from intake.commands.options import AsJson, ConfigFile, read
from intake.commands.screen import bars, emit, line, sure
from intake.words import say
from normalizer.errors import Malformed, Misconfigured

if TYPE_CHECKING:
    from complaint_queue.file_port import Files
    from intake.config import Config
    from intake.person import Counts, Finder, Holdings, Kind, Wanted
    from intake.person_erase import Erase, Left, Plan, Tidy

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
    from intake.person_export import Export

    async with finding(config, wanted) as (finder, found):
        counts = await finder.counts(found)
        await note(config, "person_export", " ".join(counts.tickets), noted(counts))
        secrets = tuple(own_secrets(config))
        made = await Export(finder.journal, finder.files, found, secrets, say("person_readme")).write(path)
    return {**made, "shared_raw_events": len(found.shared)}


def erase(
    reason: Annotated[str, typer.Option("--reason", "-r", show_default=False)],
    ticket: Ticket = "",
    account: AccountName = "",
    handle: Handle = "",
    phone: Phone = "",
    email: Email = "",
    nik: Nik = "",
    everywhere: Everywhere = False,
    dry_run: Annotated[bool, typer.Option("--dry-run")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y")] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Exit code 75 when something waits: the same again, later."""
    wanted = _wanted(ticket, account, handle, phone, email, nik, everywhere)
    settings = read(config)
    work = _Erasing(settings, reason, dry_run, yes, as_json)
    left = asyncio.run(work.run(wanted))
    record = {**work.record, "left": left}
    if as_json:
        emit(record)
    else:
        work.tell(left)
    done = left is not None and left.nothing and not work.waits and not work.unseen
    raise typer.Exit(DONE if dry_run or done else AGAIN)


class _Erasing:
    """One run of `person erase`: looked at, agreed to, done, tidied up."""

    def __init__(self, config: Config, reason: str, dry_run: bool, yes: bool, as_json: bool) -> None:
        self.config, self.reason = config, reason
        self.dry_run, self.yes, self.as_json = dry_run, yes, as_json
        self.plan: Plan | None = None
        self.counts: Counts | None = None
        self.alone = False
        """Whether no gateway runs, so that the journal is written here."""
        self.letters, self.unseen = 0, ""
        """Dead letters that went, and why they could not be looked at."""

    @property
    def waits(self) -> bool:
        return self.plan is not None and bool(
            self.plan.waiting or self.plan.raws_waiting or self.plan.replying
        )

    @property
    def record(self) -> dict[str, Any]:
        plan = self.plan
        return {
            "erased": plan.tickets if plan else (),
            "waiting": plan.waiting if plan else {},
            "raw_events_waiting": plan.raws_waiting if plan else 0,
            "replies_waiting": plan.replying if plan else 0,
            "crm": plan.crm if plan else {},
            "counts": self.counts,
            "dead_letters": self.letters,
            "dead_letters_unseen": self.unseen,
            "dry_run": self.dry_run,
        }

    async def run(self, wanted: Wanted) -> Left | None:
        """What is left to be seen to; None: nothing was done."""
        from intake.person_erase import Eraser

        try:
            async with finding(self.config, wanted) as (finder, found):
                eraser = Eraser(finder.journal, self._order)
                self.counts, self.plan = await finder.counts(found), await eraser.plan(found)
                if self.dry_run:
                    return None
                if not self.yes:
                    tell(self.counts)
                    sure("person_erase_sure", count=len(self.plan.tickets))
                await eraser.erase(found, self.plan, self.reason)
        except Misconfigured as error:
            # Cut short, the first run may have left files or dead letters: then nobody is found any more, and there is
            # work.
            if error.setting != "person" or self.dry_run:
                raise
            unfinished = await self._unfinished()
            await self._forget_letters()
            if not (unfinished or self.letters or self.unseen):
                raise
            return await self._tidied()
        left = await self._tidied()
        await self._forget_letters()
        return left

    async def _forget_letters(self) -> None:
        """Take what was erased off the broker's dead letters too."""
        from intake.broker import chosen
        from intake.commands.deadletters import Notes
        from intake.control import user
        from intake.deadletters import DeadLetters
        from normalizer.errors import Unavailable

        url = await chosen(self.config.broker)
        async with open_journal(self.config) as journal:
            if not url or not await journal.last_erased():
                return
            letters = DeadLetters(url, Notes(self.config), self.config.broker.virtual_host)
            try:
                found = await letters.forget(f"os:{user()}", journal, self.reason)
            except Unavailable as error:
                self.unseen = str(error)
                return
        self.letters = found.count
        self.unseen = "" if found.whole else say("person_letters_many")

    async def _order(self, wanted: Erase | Tidy) -> None:
        from intake import control

        reply = await control.ask(self.config.data_dir, wanted, control.user())
        self.alone = reply is None
        if reply is not None:
            reply.checked()
            return
        async with open_journal(self.config, writing=True) as journal, open_staff(self.config) as staff:
            await control.carry_out(journal, staff, f"os:{control.user()}", wanted)

    async def _unfinished(self) -> bool:
        async with open_journal(self.config) as journal:
            return bool(await journal.unfinished())

    async def _tidied(self) -> Left:
        left = await self._tidy()
        if self.alone:
            from intake.reading.store import ReadingStore

            # A gateway throws it away by itself when it hears of the erasure.
            ReadingStore(self.config.data_dir).remove()
            if left.traces and not self.config.journal.url:
                from complaint_queue.sqlite_erasing import write_anew

                await asyncio.to_thread(write_anew, self.config.data_dir / "journal.sqlite3")
                left = await self._tidy()
        return left

    async def _tidy(self) -> Left:
        from intake.person_erase import Eraser

        async with stored(self.config) as files, open_journal(self.config) as journal:
            return await Eraser(journal, self._order).tidy(files)

    def tell(self, left: Left | None) -> None:
        """What was done, what waits and why, and what others have to do."""
        if self.counts is not None and self.dry_run:
            tell(self.counts)
        plan = self.plan
        if plan is not None:
            line(say("person_would_erase" if left is None else "person_erased", count=len(plan.tickets)))
            for ticket, why in plan.waiting.items():
                line(say("person_waits", ticket=ticket, why=say(f"person_waits_{why}")))
            if plan.raws_waiting:
                line(say("person_raws_wait", count=plan.raws_waiting))
            if plan.replying:
                line(say("person_replying", count=plan.replying))
            if plan.crm and left is not None:
                line(say("person_crm"))
                for ticket, number in plan.crm.items():
                    line(f"  {ticket}  {number}".rstrip())
        if left is None:
            return
        if left.files:
            line(say("person_files_left", count=left.files))
        if left.traces:
            line(say("person_traces_left", count=left.traces))
        if self.letters:
            line(say("person_letters", count=self.letters))
        if self.unseen:
            line(say("person_letters_unseen", why=self.unseen))
        if left.nothing:
            line(say("person_tidy"))
        for copy in sorted(self.config.data_dir.glob("journal.sqlite3.damaged-*")):
            line(say("person_copy", path=copy))


@asynccontextmanager
async def finding(config: Config, wanted: Wanted) -> AsyncIterator[tuple[Finder, Holdings]]:
    """Who is meant, found in the journal as it is for looking. Raises `Misconfigured` when that is nobody."""
    from intake.doctor import keyring_of
    from intake.person import Finder
    from normalizer.identity import Secrets

    if wanted.account:
        config.account(wanted.account)
    adapters = {one.name: one.adapter for one in config.accounts}
    async with stored(config) as files, open_journal(config) as journal:
        with bars() as progress:
            secrets = Secrets(keyring_of(config).identity_key)
            finder = Finder(journal, files, secrets, adapters, progress)
            found = await finder.find(wanted)
        if found.nobody:
            raise Misconfigured(
                "person",
                "the journal holds nothing of them",
                "look at the spelling; --everywhere also finds what other accounts know of a telephone or an address",
            )
        yield finder, found


@asynccontextmanager
async def stored(config: Config) -> AsyncIterator[Files]:
    """Where attachments and large raw events are."""
    from complaint_queue.codec import Codec
    from intake.doctor import keyring_of
    from intake.journals import files_of

    files = files_of(config, Codec(keyring_of(config)))
    try:
        yield files
    finally:
        await files.close()


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
