"""Why a record says what it says: every step's evidence in order, for a ticket, a file, or words as they are typed."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from intake.evaluation.explaining_files import attached, facts, words
from intake.evaluation.judging import complaint_of
from intake.words import named, say
from normalizer.errors import Malformed
from normalizer.identity import read_ticket
from normalizer.media import HEAD, is_read, known
from normalizer.record import Complaint, Evidence

if TYPE_CHECKING:
    from intake.config import Config

_MOST_BYTES, _LARGEST_FILE = 1024 * 1024, 100 * 1024 * 1024


class Explained(Struct, frozen=True, kw_only=True):
    """One record and what it is called: its ticket, or the file and row it was read from."""

    name: str
    record: Complaint


def find(what: str, config: Callable[[], Config]) -> list[Explained]:
    """`what` is a ticket of the journal (as the gateway keeps it), a file (mail, photo, film, voice note, text, CSV
    with a column text, or a record as JSON), or the words themselves. Raises `Malformed` with the cure."""
    ticket = read_ticket(what)
    if ticket is not None:
        return [asyncio.run(_filed(ticket, config()))]
    path = Path(what)
    if len(what) < 500 and path.is_file():
        return _read(path)
    if " " not in what.strip():
        raise Malformed(
            "what",
            "{what!r} is neither a ticket nor a file",
            "Give a ticket, a file, or a text in quotes.",
            what=what,
        )
    return [Explained(name="", record=_judged({"text": what}))]


async def _filed(ticket: str, config: Config) -> Explained:
    from intake.commands.crm import open_journal

    async with open_journal(config) as journal:
        file = await journal.complaint_by_ticket(ticket)
    if file is None:
        raise Malformed(
            "ticket", "{ticket} is not in this journal", "Check --config, and the last digit.", ticket=ticket
        )
    if not file.record:
        raise Malformed(
            "ticket", "{ticket} was not normalised yet", "Try again in a few seconds.", ticket=ticket
        )
    return Explained(name=ticket, record=msgspec.msgpack.decode(file.record, type=Complaint))


def _read(path: Path) -> list[Explained]:
    with path.open("rb") as opened:
        photo = is_read(attached(path.name, opened.read(HEAD)))
    if path.stat().st_size > (_LARGEST_FILE if photo or path.suffix == ".eml" else _MOST_BYTES):
        raise Malformed(str(path), "larger than 1 MB", "Give a single message, or a part of the table.")
    content = path.read_bytes()
    if photo:
        return [Explained(name=path.name, record=_judged({"text": ""}, [(path.name, content)]))]
    if path.suffix == ".csv":
        rows = list(csv.DictReader(content.decode("utf-8-sig").splitlines(keepends=True)))
        if rows and "text" not in rows[0]:
            raise Malformed(str(path), "no column text", "Name the columns in the first line.")
        return [
            Explained(name=f"{path.name}:{row.get('id') or number}", record=_judged(row))
            for number, row in enumerate(rows, 1)
        ]
    if path.suffix == ".json":
        found = json.loads(content)
        record = found.get("complaint", found) if isinstance(found, dict) else {}
        try:
            return [Explained(name=path.name, record=msgspec.convert(record, Complaint))]
        except msgspec.ValidationError as error:
            raise Malformed(
                str(path), "{why}", "Give a complaint or an event as the CRM gets it.", why=error
            ) from error
    if path.suffix == ".eml":
        return [Explained(name=path.name, record=_judged(*_mail(content)))]
    return [Explained(name=path.name, record=_judged({"text": content.decode("utf-8", "replace")}))]


def _mail(content: bytes) -> tuple[dict[str, str], list[tuple[str, bytes]]]:
    """Its words, and its files with their names."""
    from email import policy
    from email.parser import BytesParser

    mail = BytesParser(policy=policy.default).parsebytes(content)
    body = mail.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    files = [
        (part.get_filename() or "", bytes(part.get_payload(decode=True) or b""))
        for part in mail.iter_attachments()
        if not part.is_multipart()
    ]
    return {"text": text, "subject": str(mail["subject"] or ""), "channel": "email"}, files


def _judged(row: dict[str, str], files: Sequence[tuple[str, bytes]] = ()) -> Complaint:
    from normalizer.pipeline import build_context

    read = [(attached(name, content), content) for name, content in files]
    context = known(build_context(), facts(read))
    return complaint_of(row, context, attachments=tuple(one for one, _ in read))


def steps(record: Complaint) -> list[tuple[str, list[Evidence]]]:
    """The evidence by step, in the order in which the steps spoke."""
    found: dict[str, list[Evidence]] = {}
    for one in record.evidence:
        found.setdefault(one.step, []).append(one)
    return list(found.items())


def show(explained: Explained, *, as_json: bool) -> None:
    """Print it: a line of JSON, or a table."""
    import typer
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    record = explained.record
    if as_json:
        said = {
            "name": explained.name,
            "evidence": [msgspec.to_builtins(e) for e in record.evidence],
            "result": msgspec.to_builtins(_outcome(record)),
        }
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    # Masks and what citizens write look like rich's markup: Text takes them as they are.
    title = Text(explained.name) if explained.name else None
    table = Table(title=title, caption=Text(record.public_text[:300]), show_lines=False)
    for at, column in enumerate(say("explain_columns").split("|")):
        table.add_column(column, justify="right" if at == 3 else "left", overflow="fold")
    for step, evidence in steps(record):
        for number, one in enumerate(evidence):
            words = ", ".join(one.words)
            first = named(step) if number == 0 else ""
            table.add_row(first, Text(one.result), Text(words), f"{100 * one.confidence:.0f} %")
        table.add_section()
    for name, value in _outcome(record).items():
        table.add_row("=", Text(f"{name}: {value or '—'}"), "", "")
    Console().print(table)


def _outcome(record: Complaint) -> dict[str, str]:
    """What the steps decided, and what was read from each file, by the name under which it is shown."""
    files = {f"file {n}": words(one) for n, one in enumerate(record.attachments, 1)}
    place = record.place
    named = ", ".join(
        f"{r.name} ({r.code})" for r in (place.kelurahan, place.kecamatan, place.city) if r is not None
    )
    return {
        "kind": record.kind,
        "language": record.language.code,
        "place": named,
        "categories": ", ".join(f"{c.code} {100 * c.confidence:.0f} %" for c in record.categories),
        "flags": ", ".join(record.flags),
        **files,
    }
