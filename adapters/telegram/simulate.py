"""Citizens of Telegram, for `kanal simulate` and the tests; Telegram itself is `adapters.telegram.fake`."""

from __future__ import annotations

import contextlib
import time
from typing import Any
from urllib.parse import urlsplit

import msgspec

from adapters.base import Account, Gateway, Letter
from adapters.telegram.adapter import TelegramSettings
from adapters.telegram.fake import FakeBotApi, is_loopback
from normalizer.errors import Misconfigured, ProviderRefused, ProviderUnavailable
from normalizer.record import RawEvent

_PROOF = "X-Telegram-Bot-Api-Secret-Token"
Json = dict[str, Any]


def sign(raw: RawEvent, settings: TelegramSettings) -> RawEvent:
    """`raw` with the header that Telegram adds to every call of a webhook."""
    headers = {**raw.headers, _PROOF.lower(): settings.secret.reveal()}
    return msgspec.structs.replace(raw, headers=headers)


def simulator(account: Account, settings: TelegramSettings, gateway: Gateway) -> TelegramSimulator:
    return TelegramSimulator(account, settings, gateway)


class TelegramSimulator:
    """Citizens who write to one bot. With a loopback `api_base_url` the Bot API stands there as a fake."""

    #: Seconds that a message may take to be taken, and a photo to be fetched before the server goes away.
    PATIENCE = 20.0

    def __init__(self, account: Account, settings: TelegramSettings, gateway: Gateway) -> None:
        self._account, self._settings, self._gateway = account, settings, gateway
        self.api = FakeBotApi(settings.token.reveal(), username=settings.username or "JakartaAduanBot")
        self.heard = self.api.heard

    async def start(self) -> None:
        where = urlsplit(self._settings.api_base_url)
        if not is_loopback(where.hostname or "") or not where.port:
            raise Misconfigured(
                f"account.{self._account.name}.settings.api_base_url",
                "simulated citizens need a simulated Telegram",
                'write "http://127.0.0.1:8443", or another free port',
            )
        await self.api.start(where.port, reach=(self._gateway.public_url, self._gateway.http))
        if self._settings.mode == "webhook":
            # As the gateway registers it itself, maybe before this server stood.
            url = f"{self._gateway.public_url or self._gateway.http}/hooks/{self._account.name}"
            self.api.webhook = {"url": url, "secret_token": self._settings.secret.reveal()}

    async def stop(self) -> None:
        with contextlib.suppress(TimeoutError):
            await self.api.files_fetched(self.PATIENCE)
        await self.api.stop()

    async def send(self, letter: Letter) -> str:
        """One message, with several photos an album; done when the gateway has taken all of it."""
        last = 0
        if letter.tap:
            person = _person(letter.sender)
            last = await self.api.add("callback_query", self.api.tap(str(person["id"]), letter.tap, person))
        else:
            for body in self._messages(letter):
                last = await self.api.add("message", body)
        try:
            await self.api.taken(last, self.PATIENCE)
        except TimeoutError:
            status = self.api.last_delivery
            if 400 <= status < 500:
                raise ProviderRefused(f"the gateway answered {status}") from None
            raise ProviderUnavailable(
                f"the gateway did not take the message (last answer: {status})"
            ) from None
        return "taken" if self._settings.mode == "polling" else str(self.api.last_delivery)

    def album_part(self, number: int, photo: bytes, *, album: str = "", caption: str = "") -> Json:
        """An update with one photo, which the fake server then holds; for those who deliver it themselves."""
        body = self._photo(number, "Siti Contoh", photo)
        if album:
            body["media_group_id"] = album
        if caption:
            body["caption"] = caption
        return {"update_id": 900_000_000 + number, "message": body}

    def _messages(self, letter: Letter) -> list[Json]:
        """`letter` as the Message objects that Telegram makes of it: text or album, then the place as a reply."""
        text = f"{letter.subject}\n{letter.text}" if letter.subject else letter.text
        first = letter.number * 100
        found = [self._photo(first + i, letter.sender, photo) for i, photo in enumerate(letter.photos)]
        if len(found) > 1:
            found = [{**body, "media_group_id": f"137{letter.number:014d}"} for body in found]
        if found:
            found[0]["caption"] = text
        elif text or letter.latitude is None:
            found.append({**self._message(first, letter.sender), "text": text})
        if letter.latitude is not None and letter.longitude is not None:
            spot = {"latitude": letter.latitude, "longitude": letter.longitude, "horizontal_accuracy": 20.0}
            place = self._message(first + len(found), letter.sender)
            found.append({**place, **({"reply_to_message": found[0]} if found else {}), "location": spot})
        return found

    def _message(self, number: int, sender: str) -> Json:
        person = _person(sender)
        chat = {"id": person["id"], "first_name": person["first_name"], "type": "private"}
        return {"message_id": number, "from": person, "chat": chat, "date": int(time.time())}

    def _photo(self, number: int, sender: str, photo: bytes) -> Json:
        """A message with a photo in two sizes; the fake server holds the larger one."""
        name = f"AgACAgUAAxk-{number}"
        self.api.store_file(photo, name, f"photos/file_{number}.jpg")
        sizes = [
            {"file_id": f"{name}-s", "file_unique_id": f"{number}s", "width": 90, "height": 67},
            {"file_id": name, "file_unique_id": f"{number}x", "width": 1280, "height": 960},
        ]
        sizes[1]["file_size"] = len(photo)
        return {**self._message(number, sender), "photo": sizes}


def _person(sender: str) -> Json:
    """One person, one number: the same name is the same user at every run."""
    first, _, last = sender.partition(" ")
    number = 700_000_000 + sum(ord(c) * (i + 1) for i, c in enumerate(sender))
    user = {"id": number, "is_bot": False, "first_name": first, "language_code": "id"}
    return {**user, "last_name": last} if last else user
