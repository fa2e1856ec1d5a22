"""What waits in quarantine, and what a person does with it: look, replay, discard with a reason, correct a copy.

The command line and the console call the same functions. Every act is noted in the audit log before it is done,
with who, why, and the hash of what was changed. The original is never touched: an edited copy is kept beside it,
read by the same parser as everything else, and what comes of it bears the flag `edited_by_operator`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, unquote, urlencode

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from complaint_queue.editing import EditableJournal
from complaint_queue.file_port import Files
from complaint_queue.journal import ComplaintFile, Journal, QuarantineEntry
from intake.receive import EDITED, ROW_LIMIT, body_hash
from intake.staff.audit import Audit, noted
from normalizer.errors import Damaged, Malformed, Misconfigured
from normalizer.record import RawEvent

#: Which part of a raw event says something: its body, or, for a door that is called by GET, the query.
Part = Literal["body", "query"]
#: Bytes up to which a raw event can be edited; a mail of the largest size fits.
EDIT_LIMIT = 48 * 1024 * 1024
_LOOK = "look with `kanal quarantine list`"


class View(Struct, frozen=True, kw_only=True):
    """One entry with everything that a person needs to decide. `raw` is None when no raw event belongs to it, or it
    does not open (`damage` says so); `copies` are the raw ids of edited copies, `copy_of` the entry that this one's
    raw event is a corrected copy for."""

    entry: QuarantineEntry
    raw: RawEvent | None
    damage: str
    complaint: ComplaintFile | None
    copies: tuple[int, ...]
    copy_of: int | None


async def view(journal: EditableJournal, entry_id: int) -> View:
    """The entry as it is. Raises `Misconfigured` when there is none."""
    entry = await _entry(journal, entry_id)
    raw, damage, copy_of = None, "", None
    if entry.raw_id is not None:
        copy_of = await journal.edited_from(entry.raw_id)
        try:
            raw = await journal.raw(entry.raw_id)
        except Damaged as error:
            damage = str(error)
        except LookupError:
            damage = "its raw event was pruned"
    complaint = None
    if entry.complaint_id is not None:
        try:
            complaint = await journal.complaint(entry.complaint_id)
        except Damaged as error:
            damage = damage or str(error)
    return View(
        entry=entry,
        raw=raw,
        damage=damage,
        complaint=complaint,
        copies=await journal.edits_of(entry_id),
        copy_of=copy_of,
    )


async def replay(journal: Journal, audit: Audit, who: str, entry_id: int, reason: str = "") -> None:
    """Give the entry back to the gateway as it came. Raises `Misconfigured` when it is not held."""
    entry = await _held(journal, entry_id)
    async with noted(audit, who, "quarantine_replay", str(entry_id), _detail(entry, reason)):
        await journal.release(entry_id, "replayed")


async def discard(journal: Journal, audit: Audit, who: str, entry_id: int, reason: str) -> None:
    """Lay the entry aside for good, for a reason. Raises `Misconfigured`."""
    if not reason.strip():
        raise Misconfigured("reason", "is empty", "say in a few words why it may be laid aside")
    entry = await _held(journal, entry_id)
    async with noted(audit, who, "quarantine_discard", str(entry_id), _detail(entry, reason)):
        await journal.release(entry_id, "discarded")


async def edit(
    journal: EditableJournal,
    audit: Audit,
    who: str,
    entry_id: int,
    change: Changed,
    reason: str = "",
) -> int:
    """Keep a corrected copy beside the original; its raw id. The entry ends as `edited`. Raises `Misconfigured`."""
    entry = await _held(journal, entry_id)
    original = await original_of(journal, entry)
    copy = change.applied(original)
    copy = replace(copy, envelope={**copy.envelope, EDITED: str(entry_id), f"{EDITED}_by": who})
    detail = {
        **_detail(entry, reason),
        "part": change.part,
        "before": part_hash(original, change.part),
        "after": part_hash(copy, change.part),
    }
    if detail["before"] == detail["after"]:
        raise Misconfigured("edit", "nothing was changed", "replay the entry if it is right as it is")
    async with noted(audit, who, "quarantine_edit", str(entry_id), detail):
        return await journal.edit(entry_id, copy)


class Changed(Struct, frozen=True, kw_only=True):
    """What an edited copy says in the place of the original: a body, small or in the file store, or a query."""

    part: Part
    body: bytes = b""
    body_file: str = ""
    query: str = ""

    def applied(self, raw: RawEvent) -> RawEvent:
        """A copy of `raw` with this in its place."""
        if self.part == "query":
            return replace(raw, url=f"{raw.url.partition('?')[0]}?{self.query}")
        return replace(raw, body=self.body, body_file=self.body_file)


async def original_of(journal: Journal, entry: QuarantineEntry) -> RawEvent:
    """The raw event that can be corrected. Raises `Misconfigured` when there is none."""
    if entry.raw_id is None or entry.complaint_id is not None:
        raise Misconfigured(
            "entry",
            "entry {entry} is a complaint whose words were read ({stage}); there is nothing to edit",
            "replay it once the program is mended, or discard it with a reason",
            entry=entry.entry_id,
            stage=entry.stage,
        )
    try:
        return await journal.raw(entry.raw_id)
    except (Damaged, LookupError) as error:
        raise Misconfigured(
            "entry",
            "its raw event cannot be read ({why})",
            "put it back from a backup, or discard it",
            why=error,
        ) from None


@dataclass(frozen=True)
class Draft:
    """A raw event's telling part as bytes that a person can edit: a body as it came, a query one field a line."""

    part: Part
    content: bytes
    content_type: str

    @classmethod
    async def of(cls, raw: RawEvent, files: Files) -> Draft:
        """Of `raw`, whose body may lie in the file store. Raises `Damaged` or `Misconfigured`."""
        kind = next((v for k, v in raw.headers.items() if k.lower() == "content-type"), "")
        if not raw.body and not raw.body_file and "?" in raw.url:
            return cls("query", _lines(raw.url.partition("?")[2]), kind)
        if raw.body_file and (await files.size(raw.body_file) or 0) > EDIT_LIMIT:
            raise Misconfigured(
                "entry", "is larger than {limit} bytes", "replay or discard it", limit=EDIT_LIMIT
            )
        body = await files.read(raw.body_file) if raw.body_file else raw.body
        return cls("body", body, kind.partition(";")[0].strip().lower())

    def with_fields(self, fields: list[tuple[str, str]]) -> Draft:
        """With some fields set: of a query or a form by name, of JSON by a path such as `messages.0.text`.

        Raises `Malformed` when the body is neither.
        """
        if self.part == "query":
            return Draft(self.part, _lines(_set(_query(self.content), fields)), self.content_type)
        if self.content_type == "application/x-www-form-urlencoded":
            form = _set(self.content.decode("ascii", "surrogateescape"), fields)
            return Draft(self.part, form.encode("ascii", "surrogateescape"), self.content_type)
        try:
            tree = msgspec.json.decode(self.content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Malformed(
                "--set", "its body is neither JSON nor a form", "use --file, or an editor"
            ) from None
        for path, value in fields:
            _put(tree, path, value)
        return Draft(self.part, msgspec.json.encode(tree), self.content_type)

    async def kept(self, files: Files) -> Changed:
        """As a change that may be ordered: what is large lies in the file store, synced."""
        if self.part == "query":
            return Changed(part="query", query=_query(self.content))
        if len(self.content) > EDIT_LIMIT:
            raise Malformed("--file", "is larger than {limit} bytes", "send less", limit=EDIT_LIMIT)
        if len(self.content) > ROW_LIMIT:
            return Changed(part="body", body_file=await files.put(self.content))
        return Changed(part="body", body=self.content)


def part_hash(raw: RawEvent, part: Part) -> str:
    """SHA-256 of what is edited."""
    if part == "query":
        return hashlib.sha256(raw.url.partition("?")[2].encode("utf-8", "surrogateescape")).hexdigest()
    return body_hash(raw)


async def _entry(journal: Journal, entry_id: int) -> QuarantineEntry:
    entry = await journal.quarantine_entry(entry_id)
    if entry is None:
        raise Misconfigured("entry", "there is no entry {entry}", _LOOK, entry=entry_id)
    return entry


async def _held(journal: Journal, entry_id: int) -> QuarantineEntry:
    entry = await _entry(journal, entry_id)
    if entry.state != "held":
        raise Misconfigured(
            "entry", "entry {entry} was {state} before", _LOOK, entry=entry_id, state=entry.state
        )
    return entry


def _detail(entry: QuarantineEntry, reason: str) -> dict[str, str]:
    # The entry's own reason may quote what a citizen wrote: it stays in the journal, sealed.
    told = {"stage": entry.stage, "account": entry.account}
    return {**told, "reason": reason.strip()} if reason.strip() else told


def _lines(query: str) -> bytes:
    """A query as lines `name=value` that a person can read; what would break a line stays percent-encoded."""
    pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
    lines = [f"{_plain(name)}={_plain(value)}\n" for name, value in pairs]
    return "".join(lines).encode("utf-8", "surrogateescape")


def _plain(text: str) -> str:
    return "".join(
        c if c.isprintable() and c not in "%=" else quote(c, safe="", errors="surrogateescape") for c in text
    )


def _query(lines: bytes) -> str:
    """What `_lines` made, as a query again."""
    pairs = []
    for line in lines.decode("utf-8", "surrogateescape").splitlines():
        if line.strip():
            name, _, value = line.partition("=")
            pairs.append((unquote(name, errors="surrogateescape"), unquote(value, errors="surrogateescape")))
    return urlencode(pairs, errors="surrogateescape")


def _set(encoded: str, fields: list[tuple[str, str]]) -> str:
    pairs = parse_qsl(encoded, keep_blank_values=True, errors="surrogateescape")
    for name, value in fields:
        if any(known == name for known, _ in pairs):
            pairs = [(known, value if known == name else old) for known, old in pairs]
        else:
            pairs.append((name, value))
    return urlencode(pairs, errors="surrogateescape")


def _put(tree: Any, path: str, text: str) -> None:
    """Set what `path` names in decoded JSON; the value is JSON where it can be read so, else a text."""
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        value = text
    *way, last = path.split(".")
    here = tree
    try:
        for step in way:
            here = here[int(step)] if isinstance(here, list) else here[step]
        if isinstance(here, list):
            here[int(last)] = value
        elif isinstance(here, dict):
            here[last] = value
        else:
            raise TypeError
    except (KeyError, IndexError, ValueError, TypeError):
        raise Malformed(
            "--set", "there is no {path} in its body", "name fields as in messages.0.text", path=path
        ) from None
