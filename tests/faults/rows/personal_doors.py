"""Everybody who brings personal data to the gateway (see `personal`): at each door, refused, forged and unreadable."""

from __future__ import annotations

import asyncio
import json
import smtplib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from adapters.app import signing
from adapters.base import Letter
from adapters.whatsapp.simulate import sign as sign_meta
from normalizer.record import RawEvent
from normalizer.settings import Secret
from tests.faults.rows.load import PHOTO, telegram_proof
from tests.faults.rows.planting import Person, Search
from tests.faults.rows.stored_scripts import Visitor
from tests.gateway_process import CLERK, GatewayProcess

SMS = ("sms-twilio", "sms-kannel", "sms-vonage", "sms-infobip", "sms-playsms", "sms-declarative")
META = ("whatsapp-dki", "facebook-dki", "instagram-dki")
PEOPLE = ("telegram-dki", "x-gubernur", "sp4n-lapor", *META)
#: Seconds until a provider is asked to say something.
PATIENCE = 60


@dataclass
class Doors:
    """Who comes, and what becomes of them."""

    gateway: GatewayProcess
    search: Search
    tell: Callable[[str], None]
    filed: list[Person] = field(default_factory=list)
    """Those whose complaints the CRM gets."""
    held: list[Person] = field(default_factory=list)
    """Those who lie in quarantine."""
    said: list[str] = field(default_factory=list)
    """What the command line said."""

    async def fill(self) -> None:
        """Everybody at every door, once."""
        async with asyncio.TaskGroup() as tasks:
            for door in PEOPLE:
                tasks.create_task(self._simulated(door))
            tasks.create_task(self._mailing())
            tasks.create_task(self._by_http())
            tasks.create_task(self._imported())

    def person(self, door: str, *, confidential: bool = False, held: bool = False) -> Person:
        one = self.search.person(door, confidential=confidential)
        (self.held if held else self.filed).append(one)
        return one

    async def _simulated(self, door: str) -> None:
        """Where somebody has a name or handle; Telegram refuses the answer, and says why."""
        simulator: Any = self.gateway.simulator(door)
        await simulator.start()
        try:
            one = self.person(door)
            if door == "telegram-dki":
                simulator.api.refuse_next.append((403, f"Forbidden: {one.name} blocked the bot", 0))
            elif door in META:
                simulator.graph.refuse_next.append((400, {"code": 100, "message": f"no {one.name}"}))
            # No photo: fetching it would be refused instead.
            await simulator.send(Letter(number=one.number, text=one.text, sender=one.name, subject=one.email))
            if door in ("telegram-dki", *META):
                api = simulator.api if door == "telegram-dki" else simulator.graph
                async with asyncio.timeout(PATIENCE):
                    while api.refuse_next:
                        await asyncio.sleep(0.05)
        finally:
            await simulator.stop()

    async def _mailing(self) -> None:
        await asyncio.to_thread(self._mails)

    def _mails(self) -> None:
        with smtplib.SMTP("127.0.0.1", self.gateway.smtp, timeout=60) as client:
            for secret in (False, True):
                one = self.person("email", confidential=secret)
                mail = EmailMessage()
                mail["From"], mail["To"] = f'"{one.name}" <{one.email}>', "dki@jakarta.go.id"
                mail["Subject"] = f"Lampu mati, hubungi {one.phone}, NIK {one.nik}"
                mail["Message-ID"] = f"<{one.nik}.{one.email}>"
                mail["X-Originating-User"], mail["References"] = one.name, f"<{one.phone}@example.org>"
                mail.set_content(one.text)
                kind = ("video", "mp4") if secret else ("image", "jpeg")  # a film, as far as its sender knows
                mail.add_attachment(PHOTO, maintype=kind[0], subtype=kind[1], filename=one.file)
                client.send_message(mail, one.email, ["dki@jakarta.go.id"])
            one = self.person("email, whose sender is no address")  # the envelope stays for the log
            client.sendmail(
                one.email, ["dki@jakarta.go.id"], f"X-A: {one.name}\r\n\r\n{one.text}\r\n".encode()
            )
            one = self.search.person("email to a stranger")
            for recipient in (one.email, f'"{one.name}"@example.org'):
                client.mail(one.email)
                assert client.rcpt(recipient)[0] >= 500
                client.rset()

    async def _imported(self) -> None:
        """An old system's table, in which columns were mixed up; the command names the rows that cannot be."""
        good, bad = self.person("qlue-2018"), self.person("qlue-2018, mixed up", held=True)
        lines = ["id,deskripsi,tanggal,nama,hp,surel,lat,alamat"]
        for one, time, latitude in ((good, "2018-03-05 14:30:00", "-6.2"), (bad, bad.nik, bad.phone)):
            lines.append(
                f'{one.number},"{one.text}",{time},{one.name},{one.phone},{one.email},{latitude},{one.email}'
            )
        table = self.gateway.folder / f"qlue-{good.number}.csv"
        await asyncio.to_thread(table.write_text, "\n".join(lines) + "\n")
        code, said = await self.gateway.run("import", str(table), "--account", "qlue-2018")
        assert code == 1 and "2" in said, said
        self.said.append(said)

    async def _by_http(self) -> None:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(total=60)) as session:
            for door in SMS:
                await self._sms(session, door)
            await self._jaki(session)
            await self._open311(session)
            await self._unreadable(session)
            await self._refused(session)
        async with self.visitor() as citizen, self.visitor(CLERK[0]) as clerk:
            for secret in (False, True):
                await self._form(clerk, "/loket", self.person("loket", confidential=secret))
            # A form without proof of work waits for a person's judgement.
            await self._form(citizen, "/lapor", self.search.person("balai-warga, unsure"))
        browser: Any = self.gateway.simulator("balai-warga")
        await browser.start()
        try:
            hidden = await browser._open(browser._session)
            visitor = Visitor(self.gateway.url, browser._session)
            await self._form(visitor, "/lapor", self.person("balai-warga", confidential=True), hidden)
        finally:
            await browser.stop()

    async def _sms(self, session: aiohttp.ClientSession, door: str) -> None:
        """As the provider sends it, then the same from somebody who is not the provider."""
        simulator: Any = self.gateway.simulator(door)
        provider, hook = simulator._provider, simulator._hook
        for genuine in (True, False):
            one = self.person(door) if genuine else self.search.person(f"{door}, forged")
            raw = provider.request(Letter(number=one.number, text=one.text), one.phone, hook)
            raw = msgspec.structs.replace(raw, account=door, received_at=datetime.now(UTC))
            raw = provider.prove(raw) if genuine else raw
            status = await self._call(session, raw)
            assert (status < 300) == genuine, f"{door}: {status}"

    async def _call(self, session: aiohttp.ClientSession, raw: RawEvent) -> int:
        url = URL(raw.url if raw.url.startswith("http") else self.gateway.url + raw.url, encoded=True)
        bare = {n: v for n, v in raw.headers.items() if n not in ("host", "content-length")}
        async with session.request(raw.method or "POST", url, data=raw.body, headers=bare) as answer:
            await answer.read()
            return answer.status

    async def _jaki(self, session: aiohttp.ClientSession) -> None:
        secret = Secret(self.gateway.config.resolve("auto:jaki"))
        for confidential in (False, True, None):
            one = self.person("jaki", confidential=bool(confidential)) if confidential is not None else None
            who = one or self.search.person("jaki, refused")
            report: dict[str, Any] = {
                "text": who.text, "address": f"Kantor {who.phone} {who.email}", "confidential": bool(confidential),
                "reporter": {
                    "id": who.email, "name": who.name, "phone": who.phone, "email": who.email, "nik": who.nik,
                },
            }  # fmt: skip
            if one is None:  # each field is wrong, and is named in the answer
                report |= {
                    who.email: who.nik,
                    "language": who.phone,
                    "category": who.nik,
                    "created_at": who.phone,
                }
            body = json.dumps(report).encode()
            headers = signing.headers(secret, datetime.now(UTC), body) | {"Content-Type": "application/json"}
            headers["Idempotency-Key"] = f"{who.nik}.{who.phone[1:]}"
            url = self.gateway.url + "/api/jaki/v1/reports"
            async with session.post(url, data=body, headers=headers) as answer:
                assert answer.status == (422 if one is None else 201), await answer.text()
            async with session.post(url, data=body[:-9], headers=headers) as answer:
                assert answer.status in (400, 401), answer.status

    async def _open311(self, session: aiohttp.ClientSession) -> None:
        key = self.gateway.config.resolve("auto:jalanku")
        for right in (True, False):
            one = self.person("open311") if right else self.search.person("open311, refused")
            form = {
                "api_key": key if right else one.nik, "service_code": "lainnya", "description": one.text,
                "first_name": one.name, "last_name": one.nik, "email": one.email, "phone": one.phone,
                "device_id": one.nik, "account_id": one.email, "address_string": f"Cakung {one.phone}",
            }  # fmt: skip
            query = f"?jurisdiction_id={quote(one.email)}&x={one.nik}"
            url = f"{self.gateway.url}/open311/v2/requests.json{query if not right else ''}"
            async with session.post(url, data=form) as answer:
                assert (answer.status == 200) == right, await answer.text()

    async def _unreadable(self, session: aiohttp.ClientSession) -> None:
        """Authentic, and broken: kept whole, for the operator."""
        bodies: tuple[Callable[[Person], Any], ...] = (
            lambda one: {"update_id": one.nik, "message": {"message_id": one.phone, "text": [one.email]}},
            lambda one: {one.email: one.nik, one.phone: one.text},
            lambda one: f'{{"message": "{one.text}',
        )
        proof = telegram_proof(self.gateway)
        for body in bodies:
            one = self.person("telegram-dki, unreadable", held=True)
            content = body(one) if isinstance(body(one), str) else json.dumps(body(one))
            async with session.post(
                self.gateway.url + f"/hooks/telegram-dki?dari={quote(one.email)}", data=content, headers=proof
            ) as answer:
                assert answer.status == 200, answer.status
        for door in META:
            settings: Any = self.gateway.simulator(door).settings  # type: ignore[attr-defined]
            one = self.person(f"{door}, unreadable", held=True)
            content = f'{{"object": "{one.nik}", "entry": [{{"{one.email}": "{one.phone}"'
            raw = RawEvent(account=door, received_at=datetime.now(UTC), method="POST", body=content.encode())
            raw = sign_meta(
                msgspec.structs.replace(raw, url=f"/hooks/{door}?dari={quote(one.phone)}"), settings
            )
            await self._call(session, raw)

    async def _refused(self, session: aiohttp.ClientSession) -> None:
        """Addresses that lead nowhere, and proofs that are none: the log may say that, and not what they were."""
        one = self.search.person("an address")
        for path in (
            f"/hooks/sms-kannel?from={quote(one.phone)}&text={quote(one.text)}",
            f"/hooks/sms-kannel/{one.nik}?from={quote(one.phone)}",
            f"/hooks/{one.email}/{one.nik}", f"/hooks/telegram-dki/{one.phone}", f"/lacak/{one.nik}",
            f"/masuk?lanjut=/{quote(one.email)}", f"/api/jaki/v1/reports/{one.nik}?x={quote(one.email)}",
            f"/open311/v2/requests/{one.phone}.json", f"/lampiran/{one.nik}", f"/{quote(one.name)}",
        ):  # fmt: skip
            for method in ("GET", "POST"):
                headers = {"User-Agent": one.name, "Referer": f"https://example.org/?dari={quote(one.email)}"}
                async with session.request(method, self.gateway.url + path, headers=headers) as answer:
                    await answer.read()
                    assert answer.status < 500, f"{method} {path}: {answer.status}"

    async def _form(
        self, visitor: Visitor, path: str, one: Person, hidden: Mapping[str, str] | None = None
    ) -> None:
        form = aiohttp.FormData(default_to_multipart=True)
        fields = {
            "text": one.text, "name": one.name, "address": f"Cakung {one.phone}", "on_behalf_of": one.name,
            "nik": one.nik, "phone": one.phone, "email": one.email, "consent": "1", "office": "31.71",
            **({"confidential": "1"} if one.confidential else {}),
        }  # fmt: skip
        for name, value in {**(hidden or await visitor._hidden(path)), **fields}.items():
            form.add_field(name, value)
        if path != "/lapor":
            form.add_field("files", PHOTO, filename=one.file, content_type="image/jpeg")
        await visitor._post(path, form)

    @asynccontextmanager
    async def visitor(self, login: str = "") -> AsyncIterator[Visitor]:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            visitor = Visitor(self.gateway.url, session)
            if login:
                await visitor.send("/masuk", {"login": login, "password": CLERK[1]})
            yield visitor
