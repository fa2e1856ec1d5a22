"""Which stored files the journal refers to: large raw events, attachments, and the pictures made of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from complaint_queue.file_port import Files
from complaint_queue.keeping import Keeping, WalkedMessage
from normalizer.errors import Damaged

PAGE = 200


def files_of(row: WalkedMessage) -> Iterator[str]:
    """The SHA-256 of every file that a message names."""
    for attachment in row.message.attachments if row.message is not None else ():
        for sha256 in (attachment.sha256, attachment.public_sha256, attachment.thumbnail_sha256):
            if sha256:
                yield sha256


async def named_files(
    journal: Keeping, files: Files, breathe: Callable[[float], Awaitable[None]]
) -> set[str]:
    """As `wanted_files`, without the pictures that only what was read of a file knows."""
    wanted: set[str] = set()
    loop = asyncio.get_running_loop()
    after = 0
    while raws := await journal.raws_after(after, PAGE):
        began, after = loop.time(), raws[-1].raw_id
        for one in raws:
            if one.raw is None:
                raise Damaged("raw event {raw_id}: {damage}", raw_id=one.raw_id, damage=one.damage)
            if one.raw.body_file:
                wanted.add(files.name(one.raw.body_file))
        await breathe(began)
    after = 0
    while rows := await journal.messages_after(after, PAGE):
        began, after = loop.time(), rows[-1].message_id
        for row in rows:
            if row.message is None:
                raise Damaged("message {message_id}: {damage}", message_id=row.message_id, damage=row.damage)
            wanted.update(map(files.name, files_of(row)))
        await breathe(began)
    return wanted


async def wanted_files(
    journal: Keeping, files: Files, breathe: Callable[[float], Awaitable[None]]
) -> set[str]:
    """Their names in the store; `breathe(began)` is awaited after each page. Raises `Damaged` when a row does not
    open: then it is unknown what it refers to."""
    wanted = await named_files(journal, files, breathe)
    loop = asyncio.get_running_loop()
    name = b""
    while facts := await journal.facts_after(name, PAGE):
        began, name = loop.time(), facts[-1].name
        for fact in facts:
            if fact.damage:
                raise Damaged("what was read of a file: {damage}", damage=fact.damage)
            wanted.update(map(files.name, fact.files))
        await breathe(began)
    return wanted
