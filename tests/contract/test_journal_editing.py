"""What every journal promises of a corrected copy: it is read beside its original, once, and linked to it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from complaint_queue.editing import EditableJournal
from tests.journal_world import admit, one, raw


async def test_a_copy_waits_to_be_read_and_the_original_stays(journal: EditableJournal) -> None:
    original = await journal.keep(raw(b"tidak terbaca"))
    entry = await journal.quarantine("parse", "cannot be read", raw_id=original)
    copy = await journal.edit(entry, replace(raw(b"terbaca"), envelope={"edited_from": str(entry)}))
    assert [(kept.raw_id, kept.tries) for kept in await journal.kept()] == [(copy, 0)]
    assert (await journal.begin(copy)).body == b"terbaca"
    assert (await journal.raw(original)).body == b"tidak terbaca"
    found = await journal.quarantine_entry(entry)
    assert found is not None
    assert (found.state, found.raw_id) == ("edited", original)
    assert await journal.edits_of(entry) == (copy,)
    assert (await journal.edited_from(copy), await journal.edited_from(original)) == (entry, None)


async def test_only_what_is_held_and_was_not_read_can_be_edited(journal: EditableJournal) -> None:
    original = await journal.keep(raw(b"tidak terbaca"))
    entry = await journal.quarantine("parse", "cannot be read", raw_id=original)
    await journal.release(entry, "discarded")
    complaint = (await one(journal, admit("1"))).complaint_id
    poison = await journal.quarantine("settle", "cannot be settled", complaint_id=complaint)
    for number in (entry, poison, 999):
        with pytest.raises(LookupError):
            await journal.edit(number, raw(b"terbaca"))
    assert await journal.kept() == ()
    assert await journal.edits_of(entry) == ()
