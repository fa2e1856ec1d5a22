"""What a person does with what is in quarantine: every act is noted first, the original stays, a copy is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from msgspec.structs import replace

from adapters.base import Account
from complaint_queue.journal import Kept
from intake import quarantine
from intake.kept import KeptWorker
from intake.quarantine import Changed, Draft
from intake.staff.store import StaffStore
from normalizer.errors import Malformed, Misconfigured, Unavailable
from normalizer.record import RawEvent
from tests.intake_world import START, IntakeWorld, intake_world

UPDATE = {
    "update_id": 5,
    "message": {
        "message_id": "bukan angka",
        "date": 1795400000,
        "chat": {"id": 7, "type": "private"},
        "from": {"id": 7, "is_bot": False, "first_name": "Siti"},
        "text": "Lampu jalan di Kenari padam",
    },
}
WHO = "siti.contoh"


class Desk:
    """A gateway's insides with one unreadable update of Telegram in quarantine."""

    def __init__(self, world: IntakeWorld, staff: StaffStore) -> None:
        self.world, self.staff, self.entry = world, staff, 0

    async def acts(self) -> list[tuple[str, str, str, dict[str, str]]]:
        lines = await self.staff.audit_lines()
        return [(line.who, line.what, line.subject, line.detail) for line in reversed(lines)]

    async def read_kept(self) -> None:
        """What the gateway's own worker does with what was given back."""
        worker = KeptWorker(self.world.journal, self.world.files, self.world.receiver, self.world.adapters)
        for kept in await self.world.journal.kept():
            await worker.one(Kept(raw_id=kept.raw_id, tries=kept.tries))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with intake_world(tmp_path) as world:
        staff = StaffStore(tmp_path / "staff.sqlite3", lambda: datetime.now(UTC))
        await staff.open()
        settings = {"token": "2611:TEST-not-a-real-token-0001", "secret": "x" * 20, "username": "UjiBot"}
        world.adapter(Account(name="telegram", adapter="telegram", settings=settings))
        found = Desk(world, staff)
        body = json.dumps(UPDATE).encode()
        raw = RawEvent(
            account="telegram",
            received_at=START,
            body=body,
            method="POST",
            headers={"Content-Type": "application/json"},
        )
        (fate,) = await world.receive("telegram", raw)
        assert fate.outcome == "quarantined"
        (entry,) = await world.journal.quarantined()
        found.entry = entry.entry_id
        yield found
        await staff.close()


async def test_a_corrected_copy_becomes_a_record_that_says_so(desk: Desk) -> None:
    journal, files = desk.world.journal, desk.world.files
    before = (await quarantine.view(journal, desk.entry)).raw
    assert before is not None
    draft = (await Draft.of(before, files)).with_fields([("message.message_id", "41")])
    await quarantine.edit(journal, desk.staff, WHO, desk.entry, await draft.kept(files), "nomor rusak")
    await desk.read_kept()
    await desk.world.settle()
    (event,) = await desk.world.events()
    assert "Lampu jalan di Kenari padam" in event.complaint.text
    assert "edited_by_operator" in event.complaint.flags
    seen = await quarantine.view(journal, desk.entry)
    assert (seen.entry.state, seen.raw) == ("edited", before), "the original stays as it came"
    (copy,) = seen.copies
    assert await journal.edited_from(copy) == desk.entry
    ((who, what, subject, detail),) = await desk.acts()
    assert (who, what, subject, detail["reason"]) == (WHO, "quarantine_edit", str(desk.entry), "nomor rusak")
    assert detail["before"] == hashlib.sha256(before.body).hexdigest()
    assert detail["after"] == hashlib.sha256(draft.content).hexdigest()
    assert event.complaint.raw_sha256 == (detail["after"],)
    assert "Kenari" not in str(detail), "no word of a citizen is in the log"


async def test_a_copy_that_is_wrong_again_waits_again_and_names_where_it_came_from(desk: Desk) -> None:
    change = Changed(part="body", body=b'{"update_id": "juga bukan angka"}')
    await quarantine.edit(desk.world.journal, desk.staff, WHO, desk.entry, change)
    await desk.read_kept()
    (again,) = await desk.world.journal.quarantined()
    assert again.entry_id != desk.entry
    assert (await quarantine.view(desk.world.journal, again.entry_id)).copy_of == desk.entry


async def test_a_large_copy_lies_in_the_file_store(desk: Desk) -> None:
    files = desk.world.files
    padded = {**UPDATE, "message": {**UPDATE["message"], "message_id": 41, "pad": "x" * 100_000}}  # type: ignore[dict-item]
    change = await Draft("body", json.dumps(padded).encode(), "application/json").kept(files)
    assert (change.body, await files.size(change.body_file)) == (b"", len(json.dumps(padded)))
    await quarantine.edit(desk.world.journal, desk.staff, WHO, desk.entry, change)
    await desk.read_kept()
    await desk.world.settle()
    assert len(await desk.world.events()) == 1


async def test_discarding_needs_a_reason_and_both_ends_are_noted(desk: Desk) -> None:
    journal = desk.world.journal
    with pytest.raises(Misconfigured, match="reason"):
        await quarantine.discard(journal, desk.staff, WHO, desk.entry, "  ")
    assert await desk.acts() == []
    await quarantine.replay(journal, desk.staff, WHO, desk.entry)
    await desk.read_kept()
    (again,) = await journal.quarantined()
    await quarantine.discard(journal, desk.staff, WHO, again.entry_id, "uji coba penyedia")
    with pytest.raises(Misconfigured, match="discarded before"):
        await quarantine.replay(journal, desk.staff, WHO, again.entry_id)
    assert [(what, detail.get("reason")) for _, what, _, detail in await desk.acts()] == [
        ("quarantine_replay", None),
        ("quarantine_discard", "uji coba penyedia"),
    ]


async def test_nothing_is_done_that_cannot_be_noted(desk: Desk) -> None:
    class Full:
        async def audit(
            self, who: str, what: str, subject: str, detail: Mapping[str, str] | None = None
        ) -> None:
            raise Unavailable("the staff file cannot be used: disk full")

    with pytest.raises(Unavailable):
        await quarantine.discard(desk.world.journal, Full(), WHO, desk.entry, "alasan")
    entry = await desk.world.journal.quarantine_entry(desk.entry)
    assert entry is not None
    assert entry.state == "held"


async def test_an_unchanged_copy_is_refused(desk: Desk) -> None:
    body = (await quarantine.original_of(desk.world.journal, await _entry(desk))).body
    with pytest.raises(Misconfigured, match="nothing was changed"):
        await quarantine.edit(
            desk.world.journal, desk.staff, WHO, desk.entry, Changed(part="body", body=body)
        )


async def _entry(desk: Desk) -> quarantine.QuarantineEntry:
    return (await quarantine.view(desk.world.journal, desk.entry)).entry


QUERIES = (
    "from=%2B6281200000000&text=lampu+padam%0Abaris+dua&coding=0",
    "text=%00%FE%FF%3D%25&charset=UTF-16BE",
    "a=1&a=2&kosong=",
)


async def test_a_query_becomes_lines_and_the_same_query_again(desk: Desk) -> None:
    def pairs(query: str) -> list[tuple[str, str]]:
        return parse_qsl(query, keep_blank_values=True, errors="surrogateescape")

    for query in QUERIES:
        url = f"http://aduan.example.org/h?{query}"
        raw = RawEvent(account="sms", received_at=START, method="GET", url=url)
        draft = await Draft.of(raw, desk.world.files)
        assert draft.content.count(b"\n") == query.count("&") + 1
        same = (await draft.kept(desk.world.files)).applied(raw)
        assert pairs(same.url.partition("?")[2]) == pairs(query)
        changed = (await draft.with_fields([("text", "lampu jalan")]).kept(desk.world.files)).applied(raw)
        assert "text=lampu+jalan" in changed.url


def test_fields_of_forms_and_json() -> None:
    form = Draft("body", b"From=%2B62812&Body=rusak%FF", "application/x-www-form-urlencoded")
    assert form.with_fields([("Body", "lampu padam"), ("To", "1708")]).content == (
        b"From=%2B62812&Body=lampu+padam&To=1708"
    )
    tree = Draft("body", b'{"a": [{"b": 1}], "c": "x"}', "")
    assert json.loads(tree.with_fields([("a.0.b", "2"), ("c", "dua kata")]).content) == {
        "a": [{"b": 2}],
        "c": "dua kata",
    }
    for path in ("a.7.b", "c.d.e", "a.x"):
        with pytest.raises(Malformed):
            tree.with_fields([(path, "1")])
    with pytest.raises(Malformed):
        Draft("body", b"From: siti@example.org\r\n\r\nIsi", "message/rfc822").with_fields([("a", "1")])


async def test_a_pruned_or_settled_entry_says_what_to_do(desk: Desk) -> None:
    entry = replace(await _entry(desk), complaint_id=7)
    with pytest.raises(Misconfigured, match="nothing to edit"):
        await quarantine.original_of(desk.world.journal, entry)
    with pytest.raises(Misconfigured, match="cannot be read"):
        await quarantine.original_of(desk.world.journal, replace(entry, complaint_id=None, raw_id=1))
