"""What people write is never a program on a page of ours: sixty payloads through the doors, every page in a browser.

They come as text, subject, name, handle, file name and address, as a clerk's name and the CRM's words, in what lies in
quarantine and among the dead letters, and in addresses of pages. Each page is opened with its Content-Security-Policy,
which may have nothing to stop, and once more by a browser that heeds none: escaping alone has to hold.
"""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import smtplib
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from html import unescape
from urllib.parse import quote

import aio_pika
import aiohttp
from playwright.async_api import async_playwright

from adapters.base import Letter
from complaint_queue import statuses, topology
from complaint_queue.codec import Codec
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import load_or_create
from intake.web.paper import paper_number
from normalizer.identity import Secrets
from normalizer.stages import StatusUpdate
from tests.browser.conftest import FLAGS
from tests.faults.rows.load import PHOTO, all_doors, enrol, telegram_proof, waiting
from tests.faults.rows.payloads import PAYLOADS, Eye, looking, unseen
from tests.faults.rows.row import Figure, Numbers, Row, Stage
from tests.gateway_process import CLERK, GatewayProcess

#: Doors whose simulated people bear the payload as their name or handle and write it.
DOORS = (
    "telegram-dki", "whatsapp-dki", "facebook-dki", "instagram-dki", "x-gubernur", "sp4n-lapor", "jaki",
    "balai-warga", "sms-kannel",
)  # fmt: skip
EACH = 3
#: So often may the browser itself die in a long run.
_CRASHES = 3
#: Of a member of staff.
LONGEST_NAME = 100
OPERATOR = "operator.uji"
WORDS = "Lampu jalan mati di depan pasar Kenari"
_SUBMIT = """fields => {
  const form = document.querySelector('main form');
  for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
  HTMLFormElement.prototype.submit.call(form);
}"""
_HIDDEN = re.compile(r'name="(\w+)" value="([^"]*)"')


async def run(stage: Stage, figure: Figure) -> Numbers:
    chosen = random.sample(PAYLOADS, figure.count)
    if not any(len(payload) <= LONGEST_NAME for payload in chosen):
        chosen[0] = PAYLOADS[0]
    house = House(stage, all_doors(stage.folder, await stage.url()), chosen)
    gateway = house.gateway
    # The member of staff is called so, too: her name stands on every page that she opens.
    names = [payload for payload in chosen if len(payload) <= LONGEST_NAME]
    await enrol(gateway, [CLERK[0]], name=names[0])
    await enrol(gateway, [OPERATOR], "operator", name=names[-1])
    await gateway.start(60)
    try:
        await house.fill()
        async with AsyncExitStack() as stack:
            playwright = await stack.enter_async_context(async_playwright())
            program = shutil.which("chromium")
            chromium = await playwright.chromium.launch(executable_path=program, args=FLAGS)
            stack.push_async_callback(chromium.close)
            total: Numbers = {"payloads": figure.count, "complaints": float(len(house.papers)), "executed": 0}
            # Of a small run the stricter half: the other browser tests listen for what the policy stops.
            for policy in (True, False) if figure.count > 1 else (False,):
                house.choose()
                async with looking(chromium, policy=policy) as eye:
                    if not policy and figure.count == len(PAYLOADS):
                        assert not (missed := await unseen(eye)), f"the eye is blind for {missed}"
                        eye.pages = 0
                    await house.visit(eye)
                    assert not eye.amiss, f"{len(eye.amiss)} amiss: {eye.amiss[:5]}"
                    assert eye.crashes <= _CRASHES, f"the browser died {eye.crashes} times"
                    total["pages_with_policy" if policy else "pages_without_policy"] = eye.pages
    finally:
        await gateway.kill()
    return total


@dataclass
class House:
    """A gateway full of payloads, and those who look at it."""

    stage: Stage
    gateway: GatewayProcess
    payloads: Sequence[str]
    papers: dict[str, str] = field(default_factory=dict)
    """The tracking code of each ticket."""
    held: list[int] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)
    """The tickets whose own pages are opened this time."""

    # in

    async def fill(self) -> None:
        """Every payload by every door; then what the CRM says of it."""
        for door in DOORS:
            simulator = self.gateway.simulator(door)
            await simulator.start()
            try:
                for number, payload in enumerate(self.payloads):
                    await simulator.send(
                        Letter(number=number, text=f"{WORDS} {payload}", sender=payload, subject=payload[:60])
                    )
            finally:
                await simulator.stop()
            self.stage.tell(f"{door} is full")
        await asyncio.to_thread(self._mail)
        async with aiohttp.ClientSession() as session:
            for payload in self.payloads:
                body = f'{{"message": "{WORDS} {payload}'
                url = f"{self.gateway.url}/hooks/telegram-dki"
                async with session.post(
                    url, data=body.encode(), headers=telegram_proof(self.gateway)
                ) as answer:
                    assert answer.status == 200, answer.status
                await self._open311(session, payload)
        async with self._visitor() as visitor:
            for payload in self.payloads:
                await visitor.form("/lapor", payload)
        async with self._visitor(CLERK[0]) as clerk:
            for payload in self.payloads:
                await clerk.form("/loket", payload)
        async with asyncio.timeout(300):
            while await waiting(self.gateway):
                await asyncio.sleep(0.2)
        await self._read()
        await self._the_crm()

    async def _open311(self, session: aiohttp.ClientSession, payload: str) -> None:
        key = self.gateway.config.resolve("auto:jalanku")
        form = {"api_key": key, "service_code": "lainnya", "description": f"{WORDS} {payload}"}
        form |= dict.fromkeys(
            ("first_name", "last_name", "address_string", "device_id", "account_id"), payload
        )
        async with session.post(f"{self.gateway.url}/open311/v2/requests.json", data=form) as answer:
            assert answer.status == 200, await answer.text()

    def _mail(self) -> None:
        with smtplib.SMTP("127.0.0.1", self.gateway.smtp, timeout=60) as client:
            for number, payload in enumerate(self.payloads):
                mail = EmailMessage()
                mail["From"] = "siti@example.org"
                mail.replace_header("From", f'"{payload.translate(_QUOTED)}" <siti{number}@example.org>')
                mail["To"], mail["Subject"] = "dki@jakarta.go.id", payload.replace("\t", " ")
                mail["Message-ID"] = f"<skrip-{number}@example.org>"
                mail.set_content(f"{WORDS} {payload}")
                mail.add_alternative(f"<p>{WORDS} {payload}</p>", subtype="html")
                mail.add_attachment(PHOTO, maintype="image", subtype="jpeg", filename=f"{payload}.jpg")
                client.send_message(mail, "siti@example.org", ["dki@jakarta.go.id"])

    async def _read(self) -> None:
        """Every complaint's ticket and the code on its paper."""
        folder = self.gateway.config.data_dir
        keyring = load_or_create(folder / "keys.json", {})
        secrets = Secrets(keyring.identity_key)
        journal = SqliteJournal.read_only(folder / "journal.sqlite3", Codec(keyring))
        await journal.open()
        try:
            for ticket, _, _ in await journal.recent(limit=100_000):
                found = await journal.complaint_by_ticket(ticket)
                assert found is not None
                self.papers[ticket] = secrets.tracking_code(paper_number(found))
            self.held = [one.entry_id for one in await journal.quarantined(limit=100_000)]
        finally:
            await journal.close()
        least = len(self.payloads) * (len(DOORS) + 2)
        assert len(self.papers) >= least, f"{len(self.papers)} complaints, and {least} at least were brought"
        assert len(self.held) >= len(self.payloads)

    async def _the_crm(self) -> None:
        """It refuses some events, speaks of cases that are none of ours, and has words for the citizens."""
        url, tickets = self.gateway.environment["KANAL_AMQP_URL"], list(self.papers)
        async with await aio_pika.connect(url) as connection, connection.channel() as channel:
            queue = await channel.get_queue(topology.QUEUE)
            for _ in self.payloads:
                message = await queue.get(fail=False)
                if message is not None:
                    await message.reject(requeue=False)
        for number, payload in enumerate(self.payloads):
            for ticket in (tickets[number % len(tickets)], "261123-9999-1"):
                update = StatusUpdate(
                    status_id=f"{payload}-{ticket}", ticket=ticket, stage=payload, crm_number=payload,
                    agency=payload, note=payload, note_is_public=True, occurred_at=datetime.now(UTC),
                )  # fmt: skip
                await statuses.send(url, update, "urn:crm-contoh", url.rpartition("/")[2])

    @asynccontextmanager
    async def _visitor(self, login: str = "") -> AsyncIterator[Visitor]:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            visitor = Visitor(self.gateway.url, session)
            if login:
                await visitor.send("/masuk", {"login": login, "password": CLERK[1]})
            yield visitor

    # out

    def choose(self) -> None:
        """Some complaints for each payload: a page of its own is the same whatever the door."""
        self.chosen = random.sample(list(self.papers), min(len(self.papers), EACH * len(self.payloads)))

    async def visit(self, eye: Eye) -> None:
        """Every page that shows anything of it: the operator's, the clerk's, the citizens'."""
        await self._sign_in(eye, OPERATOR)
        await self._console(eye)
        await self._sign_in(eye, CLERK[0])
        await self._desk(eye)
        await eye.page.context.clear_cookies()
        await self._citizens(eye)

    async def _sign_in(self, eye: Eye, login: str) -> None:
        await eye.page.context.clear_cookies()
        await eye.open(self.gateway.url + "/masuk")
        await self._send(eye, {"login": login, "password": CLERK[1]})
        assert eye.page.url.endswith("/loket")

    async def _console(self, eye: Eye) -> None:
        url = self.gateway.url
        for path in (
            "", "/grafik", "/peta", "/triase", "/karantina", "/perbaiki", "/tertolak", "/akun", "/pengumuman",
            "/cari?q=lampu", "/cari?q=kenari",
        ):  # fmt: skip
            await eye.open(f"{url}/konsol{path}")
        seen = 0
        for ticket in self.chosen:
            text = await eye.open(f"{url}/konsol/aduan/{ticket}")
            seen += "lert" in text
            await eye.open(f"{url}/konsol/perbaiki?tiket={ticket}")
            self._step(eye)
        assert seen >= len(self.chosen) // 2, f"only {seen} of {len(self.chosen)} pages show the payload"
        for number in self.held:  # one of the payloads writes the a of alert as &#97;
            assert "lert" in await eye.open(f"{url}/konsol/karantina/{number}")
        await eye.open(f"{url}/konsol/tertolak")
        links = await eye.page.eval_on_selector_all(
            "a[href*='/tertolak/']", "them => them.map(one => one.href)"
        )
        assert links, "there are dead letters"
        for link in dict.fromkeys(links):
            await eye.open(link)
        for payload in self.payloads:
            await eye.open(f"{url}/konsol/cari?q={quote(payload)}")
            await eye.open(f"{url}/konsol/aduan/{quote(payload, safe='')}")
            await eye.open(f"{url}/konsol/perbaiki?tiket={quote(payload)}")
            await eye.open(f"{url}/konsol?rentang={quote(payload)}")

    async def _desk(self, eye: Eye) -> None:
        url = self.gateway.url
        for path in ("/hari-ini", "/rekap", "/lacak"):
            await eye.open(f"{url}/loket{path}")
        await eye.open(f"{url}/loket/hari-ini")
        receipts = await eye.page.eval_on_selector_all(
            "a[href*='/tanda-terima/']", "them => them.map(one => one.href)"
        )
        assert receipts, "the desk has entries of today"
        for link in dict.fromkeys(receipts):
            await eye.open(link)
            await eye.open(link.replace("/tanda-terima/", "/betulkan/").partition("?")[0])
            self._step(eye)
        for payload in self.payloads:  # a form that comes back with what was typed
            await eye.open(f"{url}/loket")
            typed = ("name", "address", "kelurahan", "on_behalf_of", "phone", "email")
            await self._send(eye, dict.fromkeys(typed, payload))

    async def _send(self, eye: Eye, fields: dict[str, str]) -> None:
        """Send the form of the page that is open, whatever its scripts say of what is in it; look at what comes."""
        async with eye.page.expect_navigation():
            await eye.page.evaluate(_SUBMIT, fields)
        await eye.look(eye.page.url)

    async def _citizens(self, eye: Eye) -> None:
        url = self.gateway.url
        for code in (self.papers[ticket] for ticket in self.chosen):
            await eye.open(f"{url}/lacak/{code}")
            await eye.open(f"{url}/lapor/tanda-terima/{code}")
            self._step(eye)
        async with self._visitor(OPERATOR) as operator:
            for payload in self.payloads:
                await operator.send(
                    "/konsol/pengumuman", {"act": "set", "text": f"{WORDS} {payload}", "english": payload}
                )
                shown = await eye.open(f"{url}/")
                assert WORDS in shown, "the announcement is on the page"
                await eye.open(f"{url}/lapor?bahasa=en")
                await eye.open(f"{url}/lacak?bahasa=id")
                written = quote(payload, safe="")
                for path in ("", "lacak/", "sandi/", "lapor/tanda-terima/", "masuk?lanjut=", "?bahasa="):
                    await eye.open(f"{url}/{path}{written}")
                await eye.open(f"{url}/masuk")
                await self._send(eye, {"login": payload, "password": "salah sekali ini"})
                await eye.open(f"{url}/lacak")
                await self._send(eye, {"ticket": payload[:40], "pin": "123456"})

    def _step(self, eye: Eye) -> None:
        self.stage.step(len(self.payloads) / (len(self.chosen) * 5))
        self.stage.tell(f"{eye.pages} pages, {'with' if eye.policy else 'without'} the policy")


_QUOTED = str.maketrans({'"': '\\"', "\\": "\\\\", "\t": " "})


@dataclass
class Visitor:
    """A browser without scripts, which fills in our forms."""

    url: str
    session: aiohttp.ClientSession

    async def send(self, path: str, fields: dict[str, str]) -> None:
        """Open the page, and send its last form with these fields."""
        await self._post(path, aiohttp.FormData({**await self._hidden(path), **fields}))

    async def form(self, path: str, payload: str) -> None:
        """One report, with the payload in each of its fields."""
        form = aiohttp.FormData(default_to_multipart=True)
        payload = payload.replace("\t", " ")
        fields = {
            "text": f"{WORDS} {payload}", "name": payload, "address": payload, "on_behalf_of": payload,
            "consent": "1", "office": "31.71",
        }  # fmt: skip
        for name, value in {**await self._hidden(path), **fields}.items():
            form.add_field(name, value)
        form.add_field("files", PHOTO, filename=f"{payload}.jpg", content_type="image/jpeg")
        await self._post(path, form)

    async def _hidden(self, path: str) -> dict[str, str]:
        async with self.session.get(self.url + path) as answer:
            return {name: unescape(value) for name, value in _HIDDEN.findall(await answer.text())}

    async def _post(self, path: str, form: aiohttp.FormData) -> None:
        async with self.session.post(self.url + path, data=form, allow_redirects=False) as answer:
            assert answer.status == 303, f"{path}: {answer.status} {(await answer.text())[:2000]}"


ROW = Row(
    name="stored-scripts",
    test="stored and reflected XSS on every page of console, desk and citizen, in a real browser",
    load="60 payloads through 13 doors and the CRM; with the policy, and without it",
    passes="0 executed, nothing that could be; the policy has nothing to stop",
    unit="payloads",
    small=Figure(count=1),
    full=Figure(count=60),
    minutes=25,
    browser=True,
    run=run,
)
