"""Citizens of X, for `kanal simulate` and the tests; X itself is `adapters.x.fake`."""

from __future__ import annotations

import json
import time
import zlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from adapters.base import Account, Gateway, Letter
from adapters.x.adapter import XSettings, signature
from adapters.x.fake import LOOPBACK, POST_BASE, FakeX
from normalizer.errors import Misconfigured, ProviderRefused, ProviderUnavailable
from normalizer.record import RawEvent

Json = dict[str, Any]


def sign(raw: RawEvent, settings: XSettings) -> RawEvent:
    """`raw` with the header that X adds to every event of a webhook."""
    proof = signature(settings.api_secret, raw.body)
    return msgspec.structs.replace(raw, headers={**raw.headers, "x-twitter-webhooks-signature": proof})


def simulator(account: Account, settings: XSettings, gateway: Gateway) -> XSimulator:
    return XSimulator(account, settings, gateway)


class XSimulator:
    """Citizens who mention one account; by its webhook where it has one, else in the listing that it polls."""

    def __init__(self, account: Account, settings: XSettings, gateway: Gateway) -> None:
        self._account, self._settings, self._gateway = account, settings, gateway
        self.api = FakeX(settings)
        self.heard = self.api.heard

    async def start(self) -> None:
        """The fake server, where `api_base_url` is on loopback; the webhook's challenge."""
        where = urlsplit(self._settings.api_base_url)
        if where.hostname in LOOPBACK and where.port:
            await self.api.start(where.port)
        elif set(self._settings.modes) != {"webhook"}:
            raise Misconfigured(
                f"account.{self._account.name}.settings.api_base_url",
                "simulated citizens need a simulated X",
                'write "http://127.0.0.1:8444", or another free port',
            )
        if "webhook" in self._settings.modes and not await self.api.check(self._hook()):
            raise ProviderRefused("the gateway does not answer the challenge")

    async def stop(self) -> None:
        await self.api.stop()

    async def send(self, letter: Letter) -> str:
        """One post that mentions the account; what the gateway answered, or that it was listed."""
        if "webhook" not in self._settings.modes:
            return await self._list(letter)
        body = json.dumps(
            {"for_user_id": self._settings.user_id, "tweet_create_events": [self._status(letter)]}
        )
        status, text = await self.api.deliver(self._hook(), body.encode())
        if 400 <= status < 500:
            raise ProviderRefused(f"the gateway answered {status}")
        if status >= 500 or not status:
            raise ProviderUnavailable(f"the gateway did not take the post (last answer: {status})")
        return f"{status} {text}".strip()

    async def _list(self, letter: Letter) -> str:
        post, person = self._post(letter), _person(letter.sender)
        self.api.includes["users"].append(
            {"id": person["id_str"], "name": person["name"], "username": person["screen_name"]}
        )
        await self.api.add(post)
        if "poll" in self._settings.modes:
            # The second call from now has surely begun after the post was there, and the first was stored.
            await self.api.called(
                "mentions", self.api.calls.count("mentions") + 2, self._settings.poll_seconds * 3 + 20
            )
        return "listed"

    def _hook(self) -> str:
        return f"{self._gateway.http}/hooks/{self._account.name}"

    def _text(self, letter: Letter) -> str:
        words = f"{letter.subject}\n{letter.text}" if letter.subject else letter.text
        text = f"@{self._settings.username} {words}"
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    def _names(self, letter: Letter) -> list[str]:
        names = [f"SIM{letter.number}x{index}.jpg" for index in range(len(letter.photos))]
        self.api.files.update(zip(names, letter.photos, strict=True))
        return names

    def _post(self, letter: Letter) -> Json:
        """The post as API v2 gives it."""
        number = str(POST_BASE + letter.number)
        post: Json = {
            "id": number,
            "text": self._text(letter),
            "author_id": _person(letter.sender)["id_str"],
            "conversation_id": number,
            "edit_history_tweet_ids": [number],
            "created_at": datetime.fromtimestamp(int(time.time()), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        }
        if letter.latitude is not None and letter.longitude is not None:
            post["geo"] = {
                "coordinates": {"type": "Point", "coordinates": [letter.longitude, letter.latitude]}
            }
        names = self._names(letter)
        if names:
            post["attachments"] = {"media_keys": [f"3_{name}" for name in names]}
            self.api.includes["media"] += [
                {"media_key": f"3_{name}", "type": "photo", "url": f"https://pbs.twimg.com/media/{name}"}
                for name in names
            ]
        return post

    def _status(self, letter: Letter) -> Json:
        """The same post as the webhook gives it."""
        number = POST_BASE + letter.number
        status: Json = {
            "created_at": datetime.now(UTC).strftime("%a %b %d %H:%M:%S +0000 %Y"),
            "id": number,
            "id_str": str(number),
            "text": self._text(letter),
            "truncated": False,
            "user": _person(letter.sender),
            "coordinates": None,
            "entities": {"urls": []},
        }
        if letter.latitude is not None and letter.longitude is not None:
            status["coordinates"] = {"type": "Point", "coordinates": [letter.longitude, letter.latitude]}
        names = self._names(letter)
        if names:
            media = [{"type": "photo", "media_url_https": f"https://pbs.twimg.com/media/{n}"} for n in names]
            status["extended_entities"] = {"media": media}
        return status


def _person(sender: str) -> Json:
    """One person, one number: the same name is the same user at every run."""
    number = 700_000_000 + zlib.crc32(sender.encode()) % 100_000_000
    return {
        "id": number,
        "id_str": str(number),
        "name": sender,
        "screen_name": f"contoh_{number % 1_000_000}",
    }
