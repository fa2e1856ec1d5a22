"""Reports of the JAKI app over real HTTP: proof, repeats, every wrong field at once, progress, our own failures."""

from __future__ import annotations

import asyncio
import gzip
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.app.parse import Report
from adapters.base import Fate
from normalizer.errors import StorageFull
from normalizer.record import RawEvent
from tests.app_world import JPEG, OLD_SECRET, PREFIX, PUBLIC_URL, AppWorld, app_world

TEXT = {"text": "Lampu jalan mati di depan pasar, Kelurahan Kenari."}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[AppWorld]:
    async with app_world(tmp_path) as made:
        yield made


async def test_a_report_gets_its_ticket_and_a_repeat_the_same_answer(world: AppWorld) -> None:
    status, first, headers = await world.post(TEXT)
    assert status == 201
    assert headers["Cache-Control"] == "no-store"
    assert set(first) == {
        *("ticket", "tracking_code", "tracking_url", "complaint_id", "status", "received_at"),
    }
    assert first["status"] == "Menunggu"
    assert first["received_at"] == "2026-11-23T04:30:00Z"
    assert first["tracking_url"] == f"{PUBLIC_URL}/lacak/{first['tracking_code']}"
    world.intake.clock.forward(4000)
    status, second, _ = await world.post(TEXT)
    assert (status, second) == (200, first)
    await world.serve()
    status, third, _ = await world.post(TEXT)
    assert (status, third) == (200, first), "also after a restart"
    quoted = await world.post(TEXT, key='"kunci-contoh-000001"')
    assert quoted[:2] == (200, first), "the draft's quotes are not part of the key"


async def test_the_record_says_what_the_citizen_said(world: AppWorld) -> None:
    report = {
        **TEXT,
        "category": "lampu_jalan",
        "latitude": -6.19357,
        "longitude": 106.84671,
        "kelurahan_code": "31.71.04.1002",
        "reporter": {"id": "warga-1", "name": "Siti Contoh", "phone": "+6281200000001"},
        "anonymous": True,
        "confidential": False,
    }
    _, said, _ = await world.post(report)
    await world.intake.settle()
    record = await world.intake.record(said["ticket"])
    assert (record.channel, record.adapter, record.external_ids) == ("jaki", "app", ("kunci-contoh-000001",))
    assert record.place.kelurahan is not None and record.place.kelurahan.name == "Kenari"
    assert record.categories[0].code == "lampu_jalan"
    assert (record.anonymous, record.confidential) == (True, False)
    assert record.reporter.name == "Siti Contoh"
    assert record.authenticity.method == "signature"


async def test_another_body_under_the_same_key_is_refused(world: AppWorld) -> None:
    await world.post(TEXT)
    status, problem, _ = await world.post({"text": "Sesuatu yang lain."})
    assert status == 422
    assert problem["type"] == f"{PUBLIC_URL}{PREFIX}/problems/idempotency-key-reused"
    assert len(await _tickets(world)) == 1


async def test_fifty_at_once_are_one_record_and_fifty_equal_answers(world: AppWorld) -> None:
    answers = await asyncio.gather(*(world.post(TEXT) for _ in range(50)))
    assert sorted(status for status, _, _ in answers) == [200] * 49 + [201]
    assert all(said == answers[0][1] for _, said, _ in answers)
    assert await _tickets(world) == [answers[0][1]["ticket"]]


async def test_fifty_different_ones_at_once_are_fifty_records(world: AppWorld) -> None:
    answers = await asyncio.gather(*(world.post(TEXT, key=f"kunci-lain-{n:08d}") for n in range(50)))
    assert {status for status, _, _ in answers} == {201}
    assert len(set(await _tickets(world))) == 50


async def test_a_thousand_forged_truncated_or_late_signatures_are_refused(world: AppWorld) -> None:
    dice = random.Random(2611)
    body = b'{"text": "tidak sah"}'
    right = world.signed(body)
    stamp, proof = right["X-Kanal-Timestamp"], right["X-Kanal-Signature"]
    forms: Sequence[Any] = (
        lambda: {"X-Kanal-Timestamp": stamp, "X-Kanal-Signature": proof[: dice.randrange(len(proof))]},
        lambda: {"X-Kanal-Timestamp": stamp, "X-Kanal-Signature": "sha256=" + dice.randbytes(32).hex()},
        lambda: {"X-Kanal-Timestamp": stamp, "X-Kanal-Signature": proof + dice.choice("0aZ=")},
        lambda: {"X-Kanal-Timestamp": stamp, "X-Kanal-Signature": proof.upper()},
        lambda: {"X-Kanal-Timestamp": str(int(stamp) + dice.randint(1, 300)), "X-Kanal-Signature": proof},
        lambda: world.signed(body, secret="rahasia-lain-yang-bukan-rahasia-kita"),
        lambda: world.signed(body, late=dice.randint(301, 10**6)),
        lambda: world.signed(body, late=-dice.randint(301, 10**6)),
        lambda: world.signed(body + b" "),
        lambda: {
            "X-Kanal-Timestamp": dice.choice(["", "x", "-1", "1e9", "9" * 40]),
            "X-Kanal-Signature": proof,
        },
        lambda: {"X-Kanal-Timestamp": stamp},
        dict,
    )
    kinds = set()
    for number in range(1000):
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"kunci-palsu-{number:08d}"}
        proofs = forms[number % len(forms)]()
        async with world.http.post(
            f"{world.base}/reports", data=body, headers={**headers, **proofs}
        ) as answer:
            said = await answer.json(content_type=None)
            assert answer.status == 401, proofs
            assert answer.headers["WWW-Authenticate"] == "Kanal-HMAC-SHA256"
            assert proof not in str(said), "what would have been right is never said"
            kinds.add(said["type"].rpartition("/")[2])
    assert kinds == {"signature-missing", "signature-wrong", "timestamp-stale"}
    assert await _tickets(world) == []


async def test_a_late_clock_is_named_with_its_seconds(world: AppWorld) -> None:
    body = b"{}"
    _, said, _ = await world.post(body, **world.signed(body, late=301))
    assert said["detail"].startswith("X-Kanal-Timestamp is 301 s behind the gateway's clock")
    assert (await world.post(body, **world.signed(body, late=300)))[0] == 422, "300 s are allowed"


async def test_the_old_secret_holds_until_it_is_taken_out(world: AppWorld) -> None:
    body = b'{"text": "Sampah di kali."}'
    assert (await world.post(body, **world.signed(body, OLD_SECRET)))[0] == 201


async def test_every_wrong_field_is_named_at_once(world: AppWorld) -> None:
    report = {
        "text": " ",
        "category": "tidak_ada",
        "latitude": 106.84671,
        "longitude": -6.19357,
        "accuracy": -1,
        "kelurahan_code": "31.71.04",
        "reporter": {"phone": "0812", "email": "x", "nik": "1", "nama": "Siti"},
        "anonymous": "ya",
        "confidental": True,
        "created_at": "kemarin",
        "language": "Bahasa",
        "attachments": ["x", "A" * 43],
    }
    status, said, headers = await world.post(report)
    assert status == 422
    assert headers["Content-Type"] == "application/problem+json"
    assert {error["pointer"] for error in said["errors"]} == {
        *("#/text", "#/category", "#/latitude", "#/longitude", "#/accuracy", "#/kelurahan_code"),
        *("#/reporter/phone", "#/reporter/email", "#/reporter/nik", "#/reporter/nama", "#/reporter/id"),
        *("#/anonymous", "#/confidental", "#/created_at", "#/language", "#/attachments/0", "#/attachments/1"),
    }
    assert all(error["problem"] and error["cure"] for error in said["errors"])
    swapped = next(error for error in said["errors"] if error["pointer"] == "#/latitude")
    assert swapped["cure"] == "swap them: latitude -6.19357, longitude 106.847"
    assert (await world.post(TEXT))[0] == 201, "the key is still free for the corrected report"


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"", 400, "malformed"),
        (b"[]", 400, "malformed"),
        (b'{"text": "a", "text": "b"}', 400, "malformed"),
        (b'{"text": "a", "latitude": NaN}', 400, "malformed"),
        (b'{"text": "a", "latitude": 1e999}', 400, "malformed"),
        (b'{"text": "a", "latitude": ' + b"1" * 5000 + b"}", 400, "malformed"),
        (b'{"text": "\xff"}', 400, "malformed"),
        (b"[" * 100_000, 400, "malformed"),
        (b'{"a":' * 9 + b"1" + b"}" * 9, 400, "malformed"),
        (b'{"text": "a\\ud800"}', 422, "invalid-report"),
        (b'{"text": "a\\u0000"}', 422, "invalid-report"),
        (b'{"text": "a", "\\ud800": 1}', 422, "invalid-report"),
        (b'{"text": "' + b"a" * 20_001 + b'"}', 422, "invalid-report"),
        (b'{"text": "' + b"a" * 300_000 + b'"}', 413, "too-large"),
    ],
)
async def test_hostile_json(world: AppWorld, body: bytes, status: int, kind: str) -> None:
    found, said, _ = await world.post(body)
    assert (found, said["type"].rpartition("/")[2]) == (status, kind)


async def test_a_report_without_key_type_or_with_an_encoding(world: AppWorld) -> None:
    assert (await world.post(TEXT, key=""))[0] == 400
    assert (await world.post(TEXT, key="pendek"))[0] == 400
    assert (await world.post(TEXT, **{"Content-Type": "text/plain"}))[0] == 415
    zipped = gzip.compress(b'{"text": "Sampah."}')
    assert (await world.post(zipped, **{"Content-Encoding": "gzip"}))[0] == 415


async def test_what_cannot_be_kept_is_to_come_again(world: AppWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(raw: RawEvent, *, cursor: Any = None) -> Sequence[Fate]:
        raise StorageFull("no room", 30)

    location = await world.uploaded()
    report = {**TEXT, "attachments": [location]}
    with monkeypatch.context() as patch:
        patch.setattr(type(world.adapter.ports.inbox), "receive", lambda self, raw, cursor=None: full(raw))
        status, said, headers = await world.post(report)
    assert (status, headers["Retry-After"]) == (503, "30")
    assert said["type"].endswith("/problems/unavailable")
    assert (await world.post(report))[0] == 201, "the same again, later"


async def test_what_our_reader_fails_at_is_kept_whole(
    world: AppWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Report, *given: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(Report, "message", broken)
        status, said, _ = await world.post(TEXT)
    assert (status, set(said)) == (202, {"status", "received_at"})
    assert len(await world.intake.journal.quarantined()) == 1


async def test_progress_tells_the_stage_and_nothing_private(world: AppWorld) -> None:
    reporter = {"id": "warga-1", "name": "Siti Contoh"}
    _, filed, _ = await world.post({**TEXT, "confidential": True, "reporter": reporter})
    path = f"{PREFIX}/reports/{filed['ticket']}"
    status, _, said = await world.call("GET", path, **world.signed(f"GET {path}".encode()))
    assert status == 200
    assert said == (
        b'{"ticket":"%s","status":"Menunggu","received_at":"2026-11-23T04:30:00Z","updated_at":"2026-11-23T04:30:00Z"}'
        % filed["ticket"].encode()
    )
    assert (await world.call("GET", path, **world.signed(b"")))[0] == 401
    assert (await world.call("GET", path + "?x=1", **world.signed(f"GET {path}".encode())))[0] == 401
    assert (await world.call("GET", path, **world.signed(f"GET {path}".encode(), late=400)))[0] == 401
    for other in ("261123-9999-9", "x", "261123-0001-0"):
        unknown = f"{PREFIX}/reports/{other}"
        assert (await world.call("GET", unknown, **world.signed(f"GET {unknown}".encode())))[0] == 404


async def test_a_ticket_of_another_account_is_not_shown(world: AppWorld) -> None:
    from normalizer.record import Message

    fate = await world.intake.say(Message(external_id="sms-1", text="Jalan berlubang."))
    path = f"{PREFIX}/reports/{fate.ticket}"
    assert (await world.call("GET", path, **world.signed(f"GET {path}".encode())))[0] == 404


async def test_every_problem_explains_itself(world: AppWorld) -> None:
    _, said, _ = await world.post(TEXT, key="")
    path = said["type"].removeprefix(PUBLIC_URL)
    status, _, explained = await world.call("GET", path)
    assert status == 200
    assert said["title"].encode() in explained
    assert (await world.call("GET", f"{PREFIX}/problems/tidak-ada"))[0] == 404
    status, headers, said_so = await world.call("PUT", f"{PREFIX}/reports")
    assert (status, headers["Allow"]) == (405, "POST")
    assert b"problems/method" in said_so
    status, headers, _ = await world.call("GET", f"{PREFIX}/tidak/ada")
    assert (status, headers["Content-Type"]) == (404, "application/problem+json")


async def test_uploads_become_files_of_the_record(world: AppWorld, tmp_path: Path) -> None:
    from intake.media import MediaFetcher

    locations = [await world.uploaded(), await world.uploaded(JPEG + b"lain", "kedua.jpg")]
    _, said, _ = await world.post({**TEXT, "attachments": locations})
    intake = world.intake
    media = MediaFetcher(intake.journal, intake.files, intake.adapters, intake.clock.now)
    running = asyncio.create_task(media.run())
    try:
        async with asyncio.timeout(10):
            while len(await intake.journal.media_due(intake.clock.now(), step="read")) < 2:
                await asyncio.sleep(0.02)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    await intake.read_files()
    assert (await intake.journal.complaint_by_ticket(said["ticket"])).media_pending == 0  # type: ignore[union-attr]
    await intake.settle()
    first, second = (await intake.record(said["ticket"])).attachments
    assert (first.name, first.media_type, first.size, first.state) == (
        "foto.jpg",
        "image/jpeg",
        len(JPEG),
        "stored",
    )
    assert await intake.files.read(first.sha256) == JPEG
    assert await intake.files.read(second.sha256) == JPEG + b"lain"


async def test_an_upload_belongs_to_one_report(world: AppWorld) -> None:
    location = await world.uploaded()
    absolute = f"https://aduan.example.go.id{location}"
    assert (await world.post({**TEXT, "attachments": [absolute]}))[0] == 201
    status, said, _ = await world.post({**TEXT, "attachments": [location]}, key="kunci-kedua-00001")
    assert status == 422
    assert said["errors"][0]["pointer"] == "#/attachments/0"
    assert said["errors"][0]["problem"] == "belongs to another report"
    assert (await world.call("DELETE", location, Tus_Resumable="1.0.0"))[0] == 409


async def test_an_unfinished_upload_is_a_field_error(world: AppWorld) -> None:
    _, headers, _ = await world.create(len(JPEG))
    await world.patch(headers["Location"], 0, JPEG[:1000])
    status, said, _ = await world.post({**TEXT, "attachments": [headers["Location"]]})
    assert status == 422
    assert said["errors"] == [
        {
            "pointer": "#/attachments/0",
            "problem": f"is not complete: the gateway has 1000 of {len(JPEG)} bytes",
            "cure": "upload it to its end first, and name the Location that its creation answered",
        }
    ]


async def test_an_upload_named_twice_is_a_field_error(world: AppWorld) -> None:
    one = await world.uploaded()
    async with asyncio.timeout(5):
        status, said, _ = await world.post({**TEXT, "attachments": [one, one, "x", one]})
    assert status == 422
    pointers = {error["pointer"] for error in said["errors"]}
    assert pointers == {"#/attachments/1", "#/attachments/2", "#/attachments/3"}


async def test_two_reports_that_want_the_same_uploads_at_once(world: AppWorld) -> None:
    one, two = await world.uploaded(), await world.uploaded(JPEG + b"2")
    answers = await asyncio.gather(
        world.post({**TEXT, "attachments": [one, two]}, key="kunci-paralel-0001"),
        world.post({**TEXT, "attachments": [two, one]}, key="kunci-paralel-0002"),
    )
    assert sorted(status for status, _, _ in answers) == [201, 422]


async def _tickets(world: AppWorld) -> list[str]:
    await world.intake.settle()
    return [event.complaint.ticket for event in await world.intake.events()]
