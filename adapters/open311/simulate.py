"""A client as FixMyStreet and other Open311 programs are: the form is posted, and a token is polled for its number."""

from __future__ import annotations

import asyncio
import hashlib
import xml.etree.ElementTree as ET

import aiohttp

from adapters.base import Account, Gateway, Letter, Simulator
from normalizer.errors import ProviderRefused, ProviderUnavailable
from normalizer.record import RawEvent

from .adapter import Open311Settings

#: FixMyStreet asks for a token so often, with so many seconds between (`get_service_request_id_from_token`).
TRIES, PAUSE = 5, 2.0


def sign(raw: RawEvent, settings: Open311Settings) -> RawEvent:
    """A request is proved by a field of its body, which the client has written: there is nothing to add."""
    return raw


def simulator(account: Account, settings: Open311Settings, gateway: Gateway) -> Simulator:
    return Client(settings, gateway)


class Client:
    """A program with the account's first api_key. `send` answers with the service_request_id."""

    def __init__(self, settings: Open311Settings, gateway: Gateway) -> None:
        self._settings, self._url = settings, gateway.http + settings.path
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))

    async def send(self, letter: Letter) -> str:
        """Post one report as FixMyStreet does, photos along with it. Raises `ProviderRefused` when it was refused."""
        fields = self._fields(letter)
        if not letter.photos:
            answer = await self._post("requests.xml", fields)
        else:
            form = aiohttp.FormData(default_to_multipart=True)
            for name, value in fields.items():
                form.add_field(name, value)
            for place, photo in enumerate(letter.photos, 1):
                file_name = f"{hashlib.sha256(photo).hexdigest()[:12]}.jpeg"
                form.add_field(f"photo{place}", photo, filename=file_name, content_type="image/jpeg")
            answer = await self._post("requests.xml", form)
        number = answer.findtext("request/service_request_id")
        return number or await self._number_of(answer.findtext("request/token", ""))

    async def update(self, service_request_id: str, letter: Letter) -> str:
        """Post an update to a request; the update's id."""
        fields = {
            **self._identity(),
            "service_request_id": service_request_id,
            "update_id": str(letter.number),
            "updated_datetime": "2026-11-23T12:00:00+07:00",
            "status": "OPEN",
            "email": _email(letter),
            "description": letter.text,
        }
        answer = await self._post("servicerequestupdates.xml", fields)
        return answer.findtext("request_update/update_id", "")

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _identity(self) -> dict[str, str]:
        key = next(iter(self._settings.keys.values())).reveal()
        jurisdiction = (
            {"jurisdiction_id": self._settings.jurisdictions[0]} if self._settings.jurisdictions else {}
        )
        return {**jurisdiction, "api_key": key}

    def _fields(self, letter: Letter) -> dict[str, str]:
        first, _, last = letter.sender.partition(" ")
        title = letter.subject or letter.text.partition(".")[0][:80]
        fields = {
            **self._identity(),
            "service_code": "lainnya",
            "first_name": first,
            "last_name": last,
            "email": _email(letter),
            "deviceid": f"perangkat-{first.lower()}",
            "description": letter.text,
            "attribute[title]": title,
            "attribute[fixmystreet_id]": str(letter.number),
        }
        if letter.latitude is not None and letter.longitude is not None:
            return {**fields, "lat": str(letter.latitude), "long": str(letter.longitude)}
        if letter.kelurahan_code:
            return {**fields, "address_id": letter.kelurahan_code}
        return {**fields, "lat": "-6.175392", "long": "106.827153"}

    async def _number_of(self, token: str) -> str:
        for _ in range(TRIES):
            answer = await self._ask(f"tokens/{token}.xml")
            if answer is not None and (number := answer.findtext("request/service_request_id")):
                return number
            await asyncio.sleep(PAUSE)
        raise ProviderUnavailable(f"the token had no number after {TRIES} tries")

    async def _ask(self, path: str) -> ET.Element | None:
        async with self._http.get(f"{self._url}/{path}") as response:
            return _read(await response.text()) if response.status == 200 else None

    async def _post(self, path: str, form: dict[str, str] | aiohttp.FormData) -> ET.Element:
        async with self._http.post(f"{self._url}/{path}", data=form) as response:
            answer = _read(await response.text())
            if response.status != 200:
                raise ProviderRefused(f"{response.status} {answer.findtext('error/description')}")
            return answer

    @property
    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("start() comes first")
        return self._session


def _email(letter: Letter) -> str:
    return letter.sender.lower().replace(" ", ".") + "@example.org"


def _read(document: str) -> ET.Element:
    return ET.fromstring(document)  # noqa: S314 - the gateway's own answer, over loopback
