"""Open311 GeoReport v2 for other programs: they read our services, hand in requests and ask what became of them.

The standard is https://wiki.open311.org/GeoReport_v2. The account is mounted at a path of its own (`Serves`);
`door.py` answers, `parse.py` reads.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from typing import ClassVar, Literal

from aiohttp import web
from msgspec import Struct

from adapters.base import Account, Adapter, Item, Ports
from normalizer.errors import Misconfigured, ProviderRefused
from normalizer.record import Attachment, Authenticity, RawEvent
from normalizer.settings import Secret

from .door import Door, Offer
from .parse import Rules, parse

_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_PATH = re.compile(r"(/[A-Za-z0-9_.~-]+)+")
_KEY_LEAST = 16


class Open311Settings(Struct, frozen=True, kw_only=True):
    """What an operator writes under `[account.settings]`.

    `keys` are the api_keys by the name of the program that has it; the name goes into the record. `jurisdictions`
    are checked where there are any. `kind` is what POST answers: the ticket (`realtime`), or a token for it
    (`batch`). `list_requests` publishes what came in here, masked; otherwise only a request's status is told to
    who knows its number. `contact` is for programmers, in discovery. `max_bytes` bounds one body, `max_waiting` all
    bodies that are being read. `own_ids` are attributes in which clients send their own number of a report.
    `media_hosts` (`host:port`) may be fetched from although they are not public.
    """

    keys: dict[str, Secret]
    path: str = "/open311/v2"
    jurisdictions: tuple[str, ...] = ()
    kind: Literal["realtime", "batch"] = "realtime"
    language: Literal["id", "en"] = "id"
    list_requests: bool = False
    contact: str = ""
    endpoint_type: Literal["production", "test"] = "production"
    max_bytes: int = 32 * 1024 * 1024
    max_waiting: int = 256 * 1024 * 1024
    own_ids: tuple[str, ...] = ("fixmystreet_id",)
    media_hosts: tuple[str, ...] = ()


class Open311Adapter(Adapter[Open311Settings]):
    """A surface of its own (`Serves`), and files behind the clients' addresses (`FetchesMedia`)."""

    name: ClassVar[str] = "open311"
    title: ClassVar[str] = "Open311"
    default_channel: ClassVar[str] = "open311"
    Settings: ClassVar[type[Struct]] = Open311Settings

    def __init__(self, account: Account, settings: Open311Settings, ports: Ports) -> None:
        super().__init__(account, settings, ports)
        _check(f"account.{account.name}.settings", settings)
        self.rules = Rules(keys=settings.keys, jurisdictions=settings.jurisdictions, own_ids=settings.own_ids)

    @property
    def prefix(self) -> str:
        return self.settings.path

    def web_app(self) -> web.Application:
        settings = self.settings
        offer = Offer(
            url=self.ports.public_url + settings.path,
            kind=settings.kind,
            language=settings.language,
            list_requests=settings.list_requests,
            contact=settings.contact,
            endpoint_type=settings.endpoint_type,
            max_bytes=settings.max_bytes,
            max_waiting=settings.max_waiting,
        )
        return Door(self.account.name, self.ports, self.rules, offer).application()

    def parse(self, raw: RawEvent) -> Sequence[Item]:
        return parse(raw, self.rules)

    def authenticity(self, raw: RawEvent) -> Authenticity:
        return Authenticity(method="secret")

    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        if self.ports.fetch is None:
            raise ProviderRefused("nothing may be downloaded here")
        return self.ports.fetch(attachment.remote, allow_hosts=self.settings.media_hosts)


def _check(where: str, settings: Open311Settings) -> None:
    if not settings.keys:
        raise Misconfigured(f"{where}.keys", "is empty", 'write one per client, as jalanku = "auto:jalanku"')
    for name, key in settings.keys.items():
        if not _NAME.fullmatch(name):
            raise Misconfigured(
                f"{where}.keys", "{name!r} is no name", "use letters, digits, - and _", name=name
            )
        if len(key.reveal()) < _KEY_LEAST:
            raise Misconfigured(
                f"{where}.keys.{name}",
                "has fewer than {least} characters",
                'let us make one: "auto:{name}"',
                least=_KEY_LEAST,
                name=name,
            )
    if len({key.reveal() for key in settings.keys.values()}) < len(settings.keys):
        raise Misconfigured(f"{where}.keys", "holds one key twice", "give each client a key of its own")
    if not _PATH.fullmatch(settings.path):
        raise Misconfigured(
            f"{where}.path", "{path!r} is no path", 'write one as "/open311/v2"', path=settings.path
        )
    for name in ("max_bytes", "max_waiting"):
        if getattr(settings, name) < 64 * 1024:
            raise Misconfigured(f"{where}.{name}", "is less than 65536 bytes", "leave it out, or raise it")
