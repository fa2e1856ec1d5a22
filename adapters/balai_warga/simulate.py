"""A citizen with a browser: opens the public form, solves its proof of work, and sends it with photos.

With a key in the settings, `Portal` is the other side: the same report by signed POST.
"""

from __future__ import annotations

import asyncio
import html
import re
import time
from base64 import b64encode, urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any

import aiohttp
import msgspec

from adapters.balai_warga.adapter import BalaiWargaSettings
from adapters.balai_warga.proof import solve
from adapters.base import Account, Gateway, Letter, Simulator
from adapters.shared.signed import signed
from normalizer.errors import ProviderRefused
from normalizer.record import RawEvent
from normalizer.settings import Secret

_HIDDEN = re.compile(r'name="(csrf|form_id|challenge)" value="([^"]*)"')
#: Nobody fills in a form faster; the page takes such a one for a machine's. Seconds.
_TYPING = 2.1


def simulator(account: Account, settings: BalaiWargaSettings, gateway: Gateway) -> Simulator:
    """A citizen at the public page."""
    return Citizen(gateway)


def sign(raw: RawEvent, settings: BalaiWargaSettings) -> RawEvent:
    """`raw` as the portal signs it, at the moment at which it is received."""
    proof = signed(settings.key or Secret(""), raw.body, raw.received_at)
    return msgspec.structs.replace(raw, headers={**raw.headers, **proof})


class Citizen:
    """One browser. `send` answers with the path of the receipt."""

    def __init__(self, gateway: Gateway, typing: float = _TYPING) -> None:
        self._gateway, self._typing = gateway, typing
        self._session: aiohttp.ClientSession | None = None
        self._forms: dict[int, dict[str, str]] = {}

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(total=60)
        )

    async def send(self, letter: Letter) -> str:
        """Fill in the form and send it; the same number is the same form again. Raises `ProviderRefused`."""
        if self._session is None:
            raise RuntimeError("start() comes first")
        if letter.number not in self._forms:
            self._forms[letter.number] = await self._open(self._session)
        form = _multipart({**self._forms[letter.number], **fields(letter)}, letter.photos)
        url = self._gateway.http + "/lapor"
        async with self._session.post(url, data=form, allow_redirects=False) as answer:
            place = answer.headers.get("Location", "")
            if answer.status != 303 or "/tanda-terima/" not in place:
                raise ProviderRefused(f"the form was refused: {answer.status}")
        return place

    async def _open(self, session: aiohttp.ClientSession) -> dict[str, str]:
        """The form's hidden fields, its proof of work among them."""
        async with session.get(self._gateway.http + "/lapor") as answer:
            if answer.status != 200:
                raise ProviderRefused(f"no public form: {answer.status}")
            hidden = {name: html.unescape(value) for name, value in _HIDDEN.findall(await answer.text())}
        # Typing begins with the form before one's eyes; the gateway counts from when it made it.
        began = time.monotonic()
        hidden["proof"] = await asyncio.to_thread(solve, hidden["challenge"])
        await asyncio.sleep(max(0.0, self._typing - (time.monotonic() - began)))
        return hidden

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()


class Portal:
    """The province's portal. `send` answers with what the gateway said."""

    def __init__(self, settings: BalaiWargaSettings, gateway: Gateway) -> None:
        self._settings, self._url = settings, f"{gateway.http}{settings.path}/reports"
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))

    async def send(self, letter: Letter) -> str:
        """One report, photos in base64. Raises `ProviderRefused` with the problem."""
        if self._session is None:
            raise RuntimeError("start() comes first")
        report: dict[str, Any] = {
            "form_id": f"portal-simulasi-{letter.number:08d}",
            **fields(letter),
            "consent": True,
        }
        report["files"] = [
            {"name": _name(photo), "content": b64encode(photo).decode()} for photo in letter.photos
        ]
        if letter.latitude is not None and letter.longitude is not None:
            report |= {"lat": letter.latitude, "long": letter.longitude}
        body = msgspec.json.encode(report)
        headers = {"content-type": "application/json"}
        headers |= signed(self._settings.key or Secret(""), body, datetime.now(UTC))
        async with self._session.post(self._url, data=body, headers=headers) as answer:
            told = f"{answer.status} {(await answer.text()).strip()}"
            if answer.status not in (200, 201):
                raise ProviderRefused(told)
        return told

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()


def fields(letter: Letter) -> dict[str, str]:
    """What a citizen types."""
    typed = {
        "text": f"{letter.subject}\n{letter.text}".strip(),
        "name": letter.sender,
        "kelurahan": letter.kelurahan_code,
        "consent": "1",
    }
    if letter.latitude is not None and letter.longitude is not None:
        typed |= {"lat": repr(letter.latitude), "long": repr(letter.longitude)}
    return typed


def _multipart(fields: dict[str, str], photos: tuple[bytes, ...]) -> aiohttp.FormData:
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        form.add_field(name, value)
    for photo in photos:
        form.add_field("files", BytesIO(photo), filename=_name(photo), content_type="image/jpeg")
    return form


def _name(photo: bytes) -> str:
    """A photo is named after its content."""
    return urlsafe_b64encode(sha256(photo).digest()[:6]).decode() + ".jpg"
