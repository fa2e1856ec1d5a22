"""The public form and the portal's door over real HTTP: what is taken, what is held, what is refused, and how often."""

from __future__ import annotations

import asyncio
import json
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.balai_warga.proof import LIFETIME
from adapters.balai_warga.simulate import Citizen, sign
from adapters.base import Letter
from adapters.shared.signed import SIGNATURE, TIMESTAMP, signed
from intake.web import balai_warga
from normalizer.record import RawEvent
from tests.intake_world import HeldClock
from tests.lapor_world import ACCOUNT, KEY, USUAL, LaporWorld, Visitor, lapor_world
from tests.web_world import PNG

PATH = "/api/balai-warga/v1/reports"
REPORT = {"form_id": "portal-contoh-0000000001", "text": "Sampah menumpuk di pinggir kali", "consent": True}


@pytest.fixture
async def lapor(tmp_path: Path) -> AsyncIterator[LaporWorld]:
    async with lapor_world(tmp_path) as one:
        yield one


@pytest.fixture
async def visitor(lapor: LaporWorld) -> AsyncIterator[Visitor]:
    async with Visitor(lapor) as one:
        yield one


async def stored(lapor: LaporWorld) -> Any:
    (ticket,) = await lapor.tickets()
    return await lapor.world.journal.complaint_by_ticket(ticket)


async def test_a_report_becomes_an_event_and_the_citizen_gets_all_that_tracks_it(
    lapor: LaporWorld, visitor: Visitor
) -> None:
    await visitor.get()
    fields = {
        "kelurahan": "Cideng, Gambir, Jakarta Pusat",
        "phone": "0812 0000 1234",
        "lat": "-6.173",
        "long": "106.808",
    }
    await visitor.send(files=[("lampu.png", PNG)], **fields)
    file = await stored(lapor)
    made = lapor.world.receiver.secrets
    code = made.tracking_code(file.complaint_id)
    assert visitor.path == f"/lapor/tanda-terima/{code}"
    assert file.ticket in visitor.text
    assert made.pin(file.complaint_id) in visitor.text
    assert f"{lapor.url}/lacak/{code}" in visitor.text
    assert "<svg" in await visitor.get(f"/lapor/qr/{code}.svg")
    await lapor.world.settle()
    (event,) = await lapor.world.events()
    assert event.complaint.channel == "balai_warga"
    assert event.complaint.place.kelurahan is not None
    assert event.complaint.place.coordinates is not None
    assert event.complaint.place.coordinates.latitude == -6.173
    assert event.complaint.attachments[0].media_type == "image/png"
    assert event.complaint.authenticity.method == "none"


@pytest.mark.parametrize(
    ("how", "hold"),
    [
        ({"proof": ""}, "no_proof_of_work"),
        ({"proof": "0" * 128}, "no_proof_of_work"),
        ({"wait": LIFETIME + 5.0}, "no_proof_of_work"),
        ({"challenge": "1.9999999999." + "0" * 32}, "no_proof_of_work"),
        ({"challenge": "", "proof": "bukan bukti \ud7ff"}, "no_proof_of_work"),
        ({"situs": "https://obat.example"}, "honeypot"),
        ({"wait": 1.0}, "filled_too_fast"),
    ],
)
async def test_without_its_proof_a_report_is_taken_and_held(
    lapor: LaporWorld, visitor: Visitor, how: dict[str, Any], hold: str
) -> None:
    await visitor.get()
    await visitor.send(**how)
    assert visitor.path.endswith("?ditinjau=1")
    assert "membacanya lebih dulu" in visitor.text
    file = await stored(lapor)
    assert file.messages[0].message.hold == hold
    await lapor.world.settle()
    assert await lapor.world.events() == []
    assert (await stored(lapor)).state == "triage"


async def test_a_flood_without_proof_cannot_bury_what_waits(
    lapor: LaporWorld, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(balai_warga, "HELD_MOST", 2)
    for _ in range(2):
        await visitor.get()
        await visitor.send(proof="")
        assert visitor.path.endswith("?ditinjau=1")
    await lapor.world.settle()
    await visitor.get()
    await visitor.send(proof="")
    assert visitor.status == 503
    assert "antrean pemeriksaan sedang penuh" in visitor.text
    assert len(await lapor.world.journal.triage()) == 2
    await visitor.send()
    assert visitor.status == 200
    assert "?ditinjau" not in visitor.path, "whoever brings the proof is let in"


async def test_a_proof_serves_its_own_form_and_no_other(lapor: LaporWorld, visitor: Visitor) -> None:
    await visitor.get()
    await visitor.send()
    async with Visitor(lapor) as other:
        await visitor.get()
        old = {name: visitor.hidden(name) for name in ("challenge",)}
        await other.get()
        await other.send(**old)
        assert other.path.endswith("?ditinjau=1")


async def test_a_resend_is_the_same_report_fifty_at_once_too(lapor: LaporWorld, visitor: Visitor) -> None:
    await visitor.get()
    lapor.world.clock.forward(30)
    payload = visitor.form()()
    written = bytearray()

    class Sink:
        async def write(self, chunk: bytes) -> None:
            written.extend(chunk)

    await payload.write(Sink())  # type: ignore[arg-type]
    headers = {"Content-Type": payload.headers["Content-Type"]}

    async def post() -> str:
        call = visitor.session.post(
            lapor.url + "/lapor", data=bytes(written), headers=headers, allow_redirects=False
        )
        async with call as answer:
            assert answer.status == 303
            return answer.headers["Location"].partition("?")[0]

    assert len(set(await asyncio.gather(*(post() for _ in range(50))))) == 1
    assert len(await lapor.tickets()) == 1


async def test_every_wrong_field_is_said_at_once_and_nothing_typed_is_lost(
    lapor: LaporWorld, visitor: Visitor
) -> None:
    await visitor.get()
    form_id, challenge = visitor.hidden("form_id"), visitor.hidden("challenge")
    wrong = {"text": "rusak", "kelurahan": "Atlantis", "phone": "12", "email": "siti@", "consent": ""}
    await visitor.send(**wrong, address="Depan SDN 01", files=[("a.html", b"<!doctype html><p>")])
    assert visitor.status == 422
    for field in ("text", "kelurahan", "phone", "email", "consent", "files"):
        assert f'id="{field}-error"' in visitor.text
    for value in ("rusak", "Atlantis", "siti@", "Depan SDN 01", "a.html"):
        assert value in visitor.text
    assert visitor.text.count(" autofocus") == 1
    assert (visitor.hidden("form_id"), visitor.hidden("challenge")) == (form_id, challenge)
    assert len(visitor.hidden("proof")) == 128, "nobody works twice for one report"
    await visitor.send()
    assert "?" not in visitor.path
    assert len(await lapor.tickets()) == 1


@pytest.mark.parametrize(
    "payload",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</textarea><svg onload=alert(1)>",
        "{{7*7}}'\"`",
    ],
)
async def test_what_was_typed_comes_back_as_text(visitor: Visitor, payload: str) -> None:
    await visitor.get()
    names = ("name", "address", "kelurahan", "email", "phone", "lat", "situs", "category")
    await visitor.send(
        **{"consent": "", "text": payload, **dict.fromkeys(names, payload)}, files=[(payload, PNG)]
    )
    assert visitor.status == 422
    for dangerous in ("<script>", "<img src=x", "<svg onload"):
        assert dangerous not in visitor.text
    assert "49" not in visitor.text.partition('id="text"')[2].partition("</textarea>")[0]


@pytest.mark.parametrize("headers", [{"Origin": "https://jahat.example"}, {"Sec-Fetch-Site": "cross-site"}])
async def test_a_form_from_another_site_is_refused(
    lapor: LaporWorld, visitor: Visitor, headers: dict[str, str]
) -> None:
    await visitor.get()
    visitor.session.headers.update(headers)
    await visitor.send()
    assert visitor.status == 403
    assert await lapor.tickets() == []


@pytest.mark.parametrize("field", ["csrf", "form_id"])
async def test_a_stale_form_comes_back_and_is_taken_at_the_next_try(
    lapor: LaporWorld, visitor: Visitor, field: str
) -> None:
    await visitor.get()
    await visitor.send(**{field: "nomor-yang-salah-sekali.1.x"})
    assert visitor.status == 403
    assert USUAL["text"] in visitor.text
    assert await lapor.tickets() == []
    await visitor.send()
    assert len(await lapor.tickets()) == 1


async def test_what_the_page_may_do_is_more_for_this_page_alone(visitor: Visitor) -> None:
    await visitor.get()
    assert "geolocation=(self)" in visitor.headers["Permissions-Policy"]
    assert "worker-src 'self'" in visitor.headers["Content-Security-Policy"]
    assert "unsafe" not in visitor.headers["Content-Security-Policy"]
    assert 'href="/lapor"' in await visitor.get("/")
    assert "geolocation=()" in visitor.headers["Permissions-Policy"]


async def test_a_receipt_is_for_its_code_alone(lapor: LaporWorld, visitor: Visitor) -> None:
    await visitor.get()
    await visitor.send()
    code = visitor.path.rpartition("/")[2]
    await visitor.get(f"/lapor/tanda-terima/{code[:-1]}{'0' if code[-1] != '0' else '1'}")
    assert visitor.status == 404
    await visitor.get("/lapor/tanda-terima/" + (await lapor.tickets())[0])
    assert visitor.status == 404


async def test_a_flooder_works_harder_and_a_neighbour_is_never_refused(
    lapor: LaporWorld, visitor: Visitor
) -> None:
    flood = {"X-Forwarded-For": "203.0.113.7"}
    for _ in range(60):
        await visitor.get(headers=flood)
    hard = int(visitor.hidden("challenge").partition(".")[0])
    await visitor.get(headers={"X-Forwarded-For": "203.0.113.99"})
    assert visitor.status == 200
    assert int(visitor.hidden("challenge").partition(".")[0]) >= hard > 2 * 4096
    await visitor.get(headers={"X-Forwarded-For": "198.51.100.1"})
    assert int(visitor.hidden("challenge").partition(".")[0]) == 4096


# --- the portal ---


async def post(
    lapor: LaporWorld, session: aiohttp.ClientSession, body: bytes, **headers: str
) -> tuple[int, Any, Any]:
    given = {"content-type": "application/json", **signed(KEY, body, lapor.world.clock.now()), **headers}
    async with session.post(lapor.url + PATH, data=body, headers=given) as answer:
        return answer.status, json.loads(await answer.read()), answer.headers


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as one:
        yield one


async def test_the_portal_gets_the_ticket_and_the_same_again(
    lapor: LaporWorld, session: aiohttp.ClientSession
) -> None:
    files = [{"name": "kali.png", "content": b64encode(PNG).decode()}]
    body = json.dumps({**REPORT, "files": files}).encode()
    status, first, _ = await post(lapor, session, body)
    assert (status, first["status"]) == (201, "accepted")
    assert first["tracking_url"] == f"{lapor.url}/lacak/{first['tracking_code']}"
    answers = await asyncio.gather(*(post(lapor, session, body) for _ in range(20)))
    assert {(s, a["status"], a["ticket"]) for s, a, _ in answers} == {(200, "duplicate", first["ticket"])}
    header = json.dumps({k: v for k, v in REPORT.items() if k != "form_id"}).encode()
    status, again, _ = await post(lapor, session, header, **{"Idempotency-Key": REPORT["form_id"]})  # type: ignore[dict-item]
    assert (status, again["ticket"]) == (200, first["ticket"])
    status, _, _ = await post(lapor, session, header, **{"Idempotency-Key": "orang-lain-000000002"})
    assert status == 403, "one signature, one key"
    assert len(await lapor.tickets()) == 1
    await lapor.world.settle()
    (event,) = await lapor.world.events()
    assert event.complaint.authenticity.method == "signature"


async def test_the_portal_hears_every_wrong_field_and_its_cure(
    lapor: LaporWorld, session: aiohttp.ClientSession
) -> None:
    body = json.dumps({"text": "x", "phone": 12, "adress": "y", "lat": 400.0, "long": 1}).encode()
    status, told, headers = await post(lapor, session, body)
    assert (status, headers["Content-Type"]) == (422, "application/problem+json")
    assert [(e["field"], e["code"]) for e in told["errors"]] == [
        ("form_id", "form_id"), ("text", "text_short"), ("lat", "position"), ("phone", "type"),
        ("consent", "consent_own"), ("adress", "unknown_field"),
    ]  # fmt: skip
    assert all(error["cure"] for error in told["errors"])
    status, told, _ = await post(lapor, session, b"[" * 100_000)
    assert (status, told["errors"][0]["field"]) == (400, "body")


async def test_a_thousand_forged_requests_are_refused(
    lapor: LaporWorld, session: aiohttp.ClientSession
) -> None:
    body = json.dumps(REPORT).encode()
    right = signed(KEY, body, lapor.world.clock.now())
    signature = right[SIGNATURE]
    spoiled: list[dict[str, str]] = [
        {SIGNATURE: ""}, {SIGNATURE: signature[:-1]}, {SIGNATURE: signature + "0"}, {SIGNATURE: signature[7:]},
        {SIGNATURE: signature.upper()}, {TIMESTAMP: ""}, {TIMESTAMP: "9" * 4000}, {TIMESTAMP: "nan"},
    ]  # fmt: skip
    spoiled += [{SIGNATURE: "sha256=" + secrets.token_hex(32)} for _ in range(992)]
    answers = [await post(lapor, session, body, **one) for one in spoiled]
    assert {status for status, _, _ in answers} == {403}
    assert not any(signature[7:] in json.dumps(told) for _, told, _ in answers)
    status, _, _ = await post(lapor, session, body + b" ", **right)
    assert status == 403
    assert await lapor.tickets() == []


async def test_an_old_signature_is_told_what_is_wrong(
    lapor: LaporWorld, session: aiohttp.ClientSession
) -> None:
    body = json.dumps(REPORT).encode()
    for off in (-301, 301):
        clock = HeldClock()
        clock.at = lapor.world.clock.at
        clock.forward(off)
        status, told, _ = await post(lapor, session, body, **signed(KEY, body, clock.now()))
        assert status == 403
        assert "300" in told["detail"]
    assert await lapor.tickets() == []


async def test_other_methods_and_paths_answer_as_problems(
    lapor: LaporWorld, session: aiohttp.ClientSession
) -> None:
    async with session.get(lapor.url + PATH) as answer:
        assert (answer.status, answer.content_type) == (405, "application/problem+json")
        assert "POST" in answer.headers["Allow"]
    async with session.get(lapor.url + PATH.replace("reports", "schema.json")) as answer:
        assert "Report" in await answer.text()
    async with session.post(lapor.url + PATH, headers={"Content-Length": str(200 * 1024 * 1024)}) as answer:
        assert answer.status == 413


async def test_the_simulated_citizen_and_portal_are_taken(lapor: LaporWorld) -> None:
    letter = Letter(
        number=1, text="Pohon tumbang menutup jalan", photos=(PNG,), kelurahan_code="31.71.04.1002"
    )
    citizen = Citizen(lapor.gateway, typing=0.0)
    await citizen.start()
    try:
        await citizen.send(letter)
        assert "ulang=1" in await citizen.send(letter)
    finally:
        await citizen.stop()
    (file,) = [await stored(lapor)]
    assert (file.account, len(file.messages[0].message.attachments)) == (ACCOUNT, 1)


async def test_the_simulated_portal_signs_with_the_key(lapor: LaporWorld) -> None:
    body = json.dumps(REPORT).encode()
    raw = RawEvent(account=ACCOUNT, received_at=lapor.world.clock.now(), body=body)
    headers = sign(raw, lapor.settings).headers
    async with aiohttp.ClientSession() as session:
        assert (await post(lapor, session, body, **headers))[0] == 201
