"""Texts that no keyboard writes: lone surrogates, NUL, bidi, invalid UTF-8, megabytes of emoji, at every kind of door.

A citizen may send them, or a provider that cuts an emoji in two. No door answers 5xx, every answer is valid UTF-8, and
so is every event that the CRM gets.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import quote_from_bytes, quote_plus

import aiohttp
import msgspec
from yarl import URL

from adapters.app import signing
from adapters.base import Letter
from adapters.whatsapp.simulate import sign as sign_meta
from complaint_queue.codec import Codec
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import load_or_create
from intake.consume import consume
from normalizer.record import ComplaintEvent, RawEvent
from normalizer.settings import Secret
from tests.faults.rows.load import TEXT as SAID
from tests.faults.rows.load import all_doors, enrol, telegram_proof, waiting
from tests.faults.rows.row import Figure, Numbers, Row, Stage
from tests.gateway_process import CLERK, GatewayProcess

AT_ONCE = 6
#: Seconds for an answer.
PATIENCE = 60
#: One in so many is long.
LONG = 250
WORDS = SAID
TEXT, NAME = "TANDAISI", "TANDANAMA"
#: Pieces of text; those that are bytes are no UTF-8.
PIECES: tuple[str | bytes, ...] = (
    "\ud83d", "\ude00", "\ude00\ud83d", "\udfff", "\x00", "\x00\x00", "\x01\x02\x1f", "\x7f", "\x85", "\x9b", "\u2028",
    "\u2029", "\u202e", "\u202dabc\u202c", "\u2066\u2067\u2068", "\u200e\u200f\u061c", "\u200b\u200c\u200d\u2060",
    "\ufeff", "\ufffe", "\uffff", "\U0001fffe", "\U0010ffff", "\ue000", "\U000f0000", "\U000e0041\U000e007f", "\ufffd",
    "\ufe0f", "\u20e3", "😀", "👩‍👩‍👧‍👦", "🏴\U000e0067\U000e0062\U000e007f", "🇮🇩", "👍🏽", "z" + "\u0301" * 300,
    "\u0345" * 50,
    "ﷺ", "ﬃ", "İıſß", "Å", "각", "ᄀ" * 40, "שלום עליכם", "مرحبا", "ꦲꦏ꧀ꦱꦫ", "中文", "ｆｕｌｌ", "𝕁𝕒𝕝𝕒𝕟", "a\u0300\u0316",
    "\r", "\r\n\r\n",
    "\t\x0b\x0c", " \u00a0\u3000\u1680", "\\ud83d", "%00%ff", "&#xD800;", "\\x00", "<!--", "'\"`", "{}[]", "a" * 3000,
    b"\xff", b"\xfe\xff", b"\xc0\xaf", b"\xc0\x80", b"\xe2\x82", b"\xf0\x9f\x98", b"\xf5\x80\x80\x80", b"\xed\xa0\x80",
    b"\xed\xa0\xbd\xed\xb8\x80", b"\x80" * 20, b"caf\xe9", b"\xf4\x90\x80\x80", b"\xfc\x80\x80\x80\x80\x80",
)  # fmt: skip
#: What each long one is made of, a megabyte of it.
HEAPS = ("😀", "👩‍👩‍👧‍👦", "\u0301", "\u202e", "ﷺ", "\ud83d", "\x00", "İ")
_HIDDEN = re.compile(r'name="(\w+)" value="([^"]*)"')
#: A reason in quarantine that names an exception nobody thought of.
_CRASH = re.compile(r"^[A-Z]\w*(Error|Exception)\b")


@dataclass(frozen=True)
class Odd:
    """One case: the pieces of a text. Its spellings are what a client's library makes of it, or a bad one."""

    pieces: tuple[str | bytes, ...]

    @classmethod
    def made(cls, chance: random.Random, number: int) -> Odd:
        if number % LONG == LONG - 1:
            heap = chance.choice(HEAPS)
            return cls(
                (f"{WORDS} {number} ", heap * (1_000_000 // len(heap.encode("utf-8", "surrogatepass"))))
            )
        pieces: list[str | bytes] = [chance.choice(PIECES) for _ in range(chance.randint(1, 6))]
        pieces.insert(chance.randrange(len(pieces) + 1), f" {WORDS} {number} ")
        return cls(tuple(pieces))

    def short(self) -> Odd:
        """As a name."""
        return Odd(tuple(piece[:20] for piece in self.pieces if piece[1:] != WORDS)[:4])

    def raw(self) -> bytes:
        """As its bytes are; a surrogate as three."""
        return b"".join(
            piece if isinstance(piece, bytes) else piece.encode("utf-8", "surrogatepass")
            for piece in self.pieces
        )

    def quoted(self) -> bytes:
        """For a form's body and an address."""
        return quote_plus(self.raw()).encode()

    def in_json(self, escaped: bool) -> bytes:
        """Within the quotes of a JSON string: with escapes as some write it, or with the bytes themselves."""
        return b"".join(
            piece if isinstance(piece, bytes)
            else json.dumps(piece, ensure_ascii=escaped)[1:-1].encode("utf-8", "surrogatepass")
            for piece in self.pieces
        )  # fmt: skip


@dataclass
class Doors:
    """A gateway with everybody who knocks at it."""

    gateway: GatewayProcess
    session: aiohttp.ClientSession
    chance: random.Random
    simulators: dict[str, Any] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)

    def all(self) -> Mapping[str, Callable[[Odd, int], Awaitable[None]]]:
        """One after the other is knocked at."""
        sms = ("sms-twilio", "sms-kannel", "sms-vonage", "sms-infobip", "sms-playsms", "sms-declarative")
        found: dict[str, Callable[[Odd, int], Awaitable[None]]] = {
            "telegram-dki": self.telegram,
            "jaki": self.jaki,
            "open311": self.open311,
            "lapor": self.lapor,
            "loket": self.desk,
            "pages": self.pages,
        }
        found |= {name: self._sms(name) for name in sms}
        found |= {name: self._meta(name) for name in ("whatsapp-dki", "facebook-dki", "instagram-dki")}
        return found

    async def post(self, door: str, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        await self.ask(door, "POST", path, body, headers)

    async def ask(
        self, door: str, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        """Knock, and look at what is said."""
        url = URL(self.gateway.url + path, encoded=True)
        async with self.session.request(
            method, url, data=body, headers=headers, allow_redirects=False
        ) as answer:
            said = await answer.read()
        assert answer.status < 500, f"{door}: {answer.status} to {body[:300]!r} at {path[:300]!r}"
        said.decode("utf-8")
        assert b"\x00" not in said, f"{door}: a NUL in the answer to {body[:300]!r} at {path[:300]!r}"
        for value in answer.headers.values():
            value.encode("utf-8")
        self.answers[f"{door} {answer.status}"] += 1

    async def telegram(self, odd: Odd, number: int) -> None:
        body = json.dumps(
            {
                "update_id": 700_000_000 + number,
                "message": {
                    "message_id": 1, "date": 1795400000, "text": TEXT,
                    "chat": {"id": 500_000 + number, "type": "private"},
                    "from": {"id": 500_000 + number, "is_bot": False, "first_name": NAME, "username": "siti"},
                },
            }
        )  # fmt: skip
        headers = {"Content-Type": "application/json", **telegram_proof(self.gateway)}
        await self.post("telegram-dki", "/hooks/telegram-dki", self._json(body.encode(), odd), headers)

    async def jaki(self, odd: Odd, number: int) -> None:
        person = {"id": f"warga-{number}", "name": NAME}
        body = self._json(json.dumps({"text": TEXT, "reporter": person, "address": NAME}).encode(), odd)
        secret = Secret(self.gateway.config.resolve("auto:jaki"))
        headers = signing.headers(secret, datetime.now(UTC), body)
        headers |= {"Content-Type": "application/json", "Idempotency-Key": f"aneh-{number:012d}"}
        await self.post("jaki", "/api/jaki/v1/reports", body, headers)

    async def open311(self, odd: Odd, number: int) -> None:
        key = self.gateway.config.resolve("auto:jalanku").encode()
        form = b"api_key=%b&service_code=lainnya&description=%b&address_string=Kenari+%b&first_name=%b"
        body = form % (key, odd.quoted(), odd.short().quoted(), odd.short().quoted())
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        kind = self.chance.choice(("json", "xml"))
        await self.post("open311", f"/open311/v2/requests.{kind}", body, headers)

    async def lapor(self, odd: Odd, number: int) -> None:
        await self._form("lapor", "/lapor", odd)

    async def desk(self, odd: Odd, number: int) -> None:
        await self._form("loket", "/loket", odd)

    async def _form(self, door: str, path: str, odd: Odd) -> None:
        """As a browser sends it, with bytes that none would send; also the file's name, and the type of a part."""
        async with self.session.get(self.gateway.url + path) as answer:
            hidden = {name: unescape(value) for name, value in _HIDDEN.findall(await answer.text())}
        short = odd.short().raw().replace(b"\r", b"").replace(b"\n", b"")
        fields = {name: value.encode() for name, value in hidden.items()} | {
            "text": odd.raw(), "name": short, "address": short, "consent": b"1", "office": b"31.71",
        }  # fmt: skip
        parts = [
            b'--kanal\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (name.encode(), value)
            for name, value in fields.items()
        ]
        disposition = b'Content-Disposition: form-data; name="files"; filename="%b.txt"' % short.replace(
            b'"', b""
        )
        parts.append(b"--kanal\r\n%b\r\nContent-Type: text/plain\r\n\r\nisi\r\n--kanal--\r\n" % disposition)
        headers = {"Content-Type": "multipart/form-data; boundary=kanal"}
        await self.post(door, path, b"".join(parts), headers)

    async def pages(self, odd: Odd, number: int) -> None:
        """Pages whose address or small form has it."""
        written = quote_from_bytes(odd.short().raw(), safe="")[:1500]
        path = self.chance.choice(
            ("/lacak/", "/sandi/", "/lapor/tanda-terima/", "/masuk?lanjut=", "/?bahasa=", "/loket/tanda-terima/",
             "/loket/hari-ini?tanggal=", "/lampiran/", "/statis/", "/hooks/", "/api/jaki/v1/reports/",
             "/open311/v2/requests/", "/open311/v2/services.json?jurisdiction_id=", "/tidak-ada/")
        )  # fmt: skip
        await self.ask("pages", "GET", path + written)
        async with self.session.get(self.gateway.url + "/lacak") as answer:
            csrf = dict(_HIDDEN.findall(await answer.text()))["csrf"]
        body = b"csrf=%b&ticket=%b&pin=%b" % (csrf.encode(), odd.short().quoted(), odd.short().quoted())
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        await self.post("pages", "/lacak", body, headers)

    def _sms(self, name: str) -> Callable[[Odd, int], Awaitable[None]]:
        simulator = self.simulators.setdefault(name, self.gateway.simulator(name))
        provider, hook = simulator._provider, simulator._hook

        async def knock(odd: Odd, number: int) -> None:
            phone = f"+62812000{number % 100_000:05d}"
            raw = replace_text(
                provider.request(Letter(number=number, text=TEXT), phone, hook), odd, self._json
            )
            raw = provider.prove(msgspec.structs.replace(raw, account=name))
            path = raw.url.removeprefix(self.gateway.url)
            await self.ask(name, raw.method or "POST", path, raw.body, raw.headers)

        return knock

    def _meta(self, name: str) -> Callable[[Odd, int], Awaitable[None]]:
        simulator = self.simulators.setdefault(name, self.gateway.simulator(name))

        async def knock(odd: Odd, number: int) -> None:
            body = json.dumps(simulator.body(Letter(number=number, text=TEXT, sender=f"{NAME} {number}")))
            raw = RawEvent(
                account=name,
                received_at=datetime.now(UTC),
                method="POST",
                body=self._json(body.encode(), odd),
            )
            raw = sign_meta(raw, simulator.settings)
            await self.post(
                name, f"/hooks/{name}", raw.body, {"Content-Type": "application/json", **raw.headers}
            )

        return knock

    def _json(self, body: bytes, odd: Odd) -> bytes:
        escaped = self.chance.random() < 0.5
        body = body.replace(TEXT.encode(), odd.in_json(escaped))
        return body.replace(NAME.encode(), odd.short().in_json(escaped))


def replace_text(raw: RawEvent, odd: Odd, in_json: Callable[[bytes, Odd], bytes]) -> RawEvent:
    """A provider's request whose text is another one, in the spelling of where it stands."""
    if raw.body.lstrip()[:1] in (b"{", b"["):
        return msgspec.structs.replace(raw, body=in_json(raw.body, odd))
    body = raw.body.replace(TEXT.encode(), odd.quoted())
    return msgspec.structs.replace(raw, body=body, url=raw.url.replace(TEXT, odd.quoted().decode()[:6000]))


async def run(stage: Stage, figure: Figure) -> Numbers:
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    url = await stage.url()
    gateway = all_doors(stage.folder, url)
    await enrol(gateway, [CLERK[0]])
    await gateway.start(60)
    got: list[ComplaintEvent] = []

    async def on_event(event: ComplaintEvent) -> None:
        text = msgspec.json.encode(event).decode("utf-8")  # a lone surrogate cannot be encoded
        at = text.find("\\u0000")
        assert at < 0, f"a NUL for the CRM: {text[max(0, at - 200) : at + 50]}"
        got.append(event)

    reading = asyncio.create_task(consume(url, on_event=on_event))
    try:
        async with AsyncExitStack() as stack:
            jar = aiohttp.CookieJar(unsafe=True)
            session = await stack.enter_async_context(
                aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(total=PATIENCE))
            )
            await _sign_in(session, gateway)
            doors = Doors(gateway, session, chance)
            every = list(doors.all().values())
            numbers = iter(range(figure.count))

            async def some() -> None:
                for number in numbers:
                    try:
                        await every[number % len(every)](Odd.made(chance, number), number)
                    except Exception as error:
                        why = f"seed {seed}, case {number}: {type(error).__name__} {error}"
                        raise AssertionError(why) from error
                    stage.step(1)

            await asyncio.gather(*(some() for _ in range(AT_ONCE)))
            async with asyncio.timeout(600):
                while await waiting(gateway):
                    await asyncio.sleep(0.2)
        filed, reasons = await _journal(gateway)
        with suppress(TimeoutError):
            async with asyncio.timeout(60):
                while filed - {event.complaint.ticket for event in got}:
                    await asyncio.sleep(0.1)
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
        await gateway.kill()
    crashed = [reason for reason in reasons if _CRASH.match(reason)]
    assert not crashed, f"seed {seed}: {Counter(crashed).most_common(3)}"
    there = {event.complaint.ticket for event in got}
    assert not (missing := filed - there), f"{len(missing)} of {len(filed)} never came: {sorted(missing)[:3]}"
    log = gateway.log.read_text(errors="replace")
    assert "Traceback" not in log, log[log.index("Traceback") - 1000 :][:3000]
    yes = sum(n for told, n in doors.answers.items() if told[-3:] in ("200", "201", "202", "303"))
    return {
        "cases": figure.count,
        "answers": doors.answers.total(),
        "answers_yes": yes,
        "complaints": len(filed),
        "events": len(got),
        "quarantined": len(reasons),
    }


async def _sign_in(session: aiohttp.ClientSession, gateway: GatewayProcess) -> None:
    async with session.get(gateway.url + "/masuk") as answer:
        hidden = {name: unescape(value) for name, value in _HIDDEN.findall(await answer.text())}
    form = {**hidden, "login": CLERK[0], "password": CLERK[1]}
    async with session.post(gateway.url + "/masuk", data=form) as answer:
        assert answer.url.path == "/loket", answer.status


async def _journal(gateway: GatewayProcess) -> tuple[set[str], list[str]]:
    """The tickets of which the CRM has to have heard, and why something is in quarantine. Every text is valid UTF-8."""
    folder = gateway.config.data_dir
    journal = SqliteJournal.read_only(
        folder / "journal.sqlite3", Codec(load_or_create(folder / "keys.json", {}))
    )
    await journal.open()
    filed = set()
    try:
        for ticket, _, _ in await journal.recent(limit=1_000_000):
            found = await journal.complaint_by_ticket(ticket)
            assert found is not None
            for stored in found.messages:
                msgspec.json.encode(stored.message).decode("utf-8")
            if found.last_sequence:
                filed.add(ticket)
        return filed, [one.reason for one in await journal.quarantined(limit=1_000_000)]
    finally:
        await journal.close()


ROW = Row(
    name="odd-texts",
    test="Unicode: surrogates, NUL, bidi, invalid UTF-8, 1 MB of emoji, at fifteen doors and in pages' addresses",
    load="10,000 generated cases",
    passes="no 5xx, valid UTF-8 out; each complaint reaches the CRM, nothing crashes a parser",
    unit="cases",
    small=Figure(count=150),
    full=Figure(count=10_000),
    at_once=2500,
    minutes=6,
    run=run,
)
