"""What an adapter is: a small class around a pure parser, and the ports that it is handed.

An adapter knows its provider and nothing of ours: no journal, no broker, no web server. Its folder has the same
files in the same order:

    __init__.py   `ADAPTER = TemplateAdapter`
    adapter.py    settings, proof of origin, answers, run loop, media: the transport
    parse.py      bytes + headers -> items; pure: no network, no clock, no randomness
    simulate.py   real-shaped traffic for `kanal simulate`, with the provider's server as a fake on loopback
    doc.md        how an operator connects it, in ten minutes
    fixtures/     account.toml and pairs NAME.in.* + NAME.out.json, found by the contract tests themselves

What an adapter can do beyond parsing is said by the small protocols it fulfils: `Webhook`, `Runs`,
`FetchesMedia`, `Replies`, `Prepares`. `load("sms")` imports `adapters.sms`; there is no registry.
"""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar, runtime_checkable

from msgspec import Struct

from normalizer.errors import Misconfigured
from normalizer.record import Attachment, Authenticity, Message, RawEvent

# --- what a parser yields -------------------------------------------------------------------------------------


class Accepted(Struct, frozen=True, kw_only=True):
    """A message that somebody wrote to us. `contents` are the bytes of attachments that came inline, by index."""

    message: Message
    contents: dict[int, bytes] = {}


class Ignored(Struct, frozen=True, kw_only=True):
    """An item that is no message: `reason` is one of a small set of words, counted and logged."""

    reason: Literal[
        "own_echo",
        "delivery_receipt",
        "unsupported",
        "auto_reply",
        "bounce",
        "mailing_list",
        "empty",
        "other_account",
        "handshake",
    ]
    external_id: str = ""
    detail: str = ""


class NotRead(Struct, frozen=True, kw_only=True):
    """One authentic item of a batch that the parser cannot read: quarantined; the others go on."""

    reason: str
    external_id: str = ""


Item = Accepted | Ignored | NotRead


# --- what becomes of it ---------------------------------------------------------------------------------------


class Fate(Struct, frozen=True, kw_only=True):
    """What became of one item. `ticket` and `complaint_id` are set when it was accepted or seen before."""

    outcome: Literal["accepted", "duplicate", "ignored", "quarantined"]
    reason: str = ""
    external_id: str = ""
    ticket: str = ""
    complaint_id: str = ""
    tracking_code: str = ""
    joined: bool = False


class Cursor(Struct, frozen=True, kw_only=True):
    """How far an account has read its provider; moves in the same transaction as the messages it stands for."""

    name: str
    value: str


class HttpAnswer(Struct, frozen=True, kw_only=True):
    """What a webhook answers; the web server that sends it stands elsewhere."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"


# --- the ports an adapter is handed ---------------------------------------------------------------------------


class Inbox(Protocol):
    """The one way in, bound to the adapter's account. Everything it returns is already durable."""

    async def receive(self, raw: RawEvent, *, cursor: Cursor | None = None) -> Sequence[Fate]:
        """Parse, claim and sync `raw`. Raises `Unavailable` when it cannot be kept: then say "try again".

        What the parser cannot read is quarantined, never raised. The origin must have been proved before.
        """

    async def keep(self, raw: RawEvent, spool: Spool | None = None, *, cursor: Cursor | None = None) -> None:
        """Sync the bytes now, parse them later in a worker: for doors whose parser must never lose a mail.

        With `spool`, its bytes are the body and `raw.body` is empty. Raises `Unavailable`.
        """

    async def cursor(self, name: str) -> str | None:
        """The last value of a cursor that was moved by `receive` or `keep`."""


class Spool(Protocol):
    """A growing file in the store: bytes that are too many to hold in memory."""

    size: int

    def write(self, chunk: bytes) -> None: ...

    def discard(self) -> None:
        """Forget it; harmless after it was kept."""


class Fetch(Protocol):
    """A guarded download from an address that a provider named: the network's inside is out of its reach."""

    def __call__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] = {},
        auth: tuple[str, str] | None = None,
        allow_hosts: Collection[str] = (),
    ) -> AsyncIterator[bytes]:
        """The body behind `url`, in chunks. Raises `ProviderUnavailable` or `ProviderRefused`.

        Only http and https, only public addresses, at most five redirects. `headers` and `auth` (user name,
        password) go to the origin of `url` alone, never along a redirect to another one. `allow_hosts` are
        `host:port` pairs from the operator's configuration, never from a message, that may be reached even
        though they are not public: a provider's fake on loopback. No error names the path or a credential.
        """


class Clock(Protocol):
    """The time, so that tests can hold it."""

    def now(self) -> datetime:
        """The present moment, in UTC."""


@dataclass(frozen=True)
class Ports:
    """Everything that an adapter may use of the gateway."""

    inbox: Inbox
    clock: Clock
    new_spool: type[Any] | Any
    public_url: str = ""
    """Address of the gateway as providers see it, without a slash at the end."""
    fetch: Fetch | None = None
    """For media behind addresses that a message names; None where nothing may be downloaded."""


class Account(Struct, frozen=True, kw_only=True):
    """One configured connection: a name, its adapter, its default channel, and the adapter's own settings."""

    name: str
    adapter: str
    channel: str = ""
    settings: dict[str, Any] = {}


# --- the adapter itself ---------------------------------------------------------------------------------------

S = TypeVar("S", bound=Struct)


class Adapter(Generic[S]):
    """Base of every adapter. `Settings` is a msgspec Struct; its `Secret` fields come from files or environment."""

    name: ClassVar[str]
    """The folder's name."""
    title: ClassVar[str]
    """As people call it, for tables: `SMS`, `Telegram`."""
    default_channel: ClassVar[str]
    Settings: ClassVar[type[Struct]]
    parse_in_worker: ClassVar[bool] = False
    """Whether kept raw events are parsed by `parse.parse(raw, settings)` in another process, with a deadline."""

    def __init__(self, account: Account, settings: S, ports: Ports) -> None:
        self.account, self.settings, self.ports = account, settings, ports

    def parse(self, raw: RawEvent) -> Sequence[Item]:
        """Pure: what `raw` says. Raises `Unreadable`; on our own doors also `Malformed`."""
        raise NotImplementedError

    def authenticity(self, raw: RawEvent) -> Authenticity:
        """How the origin of `raw` was proved (not whether: `verify` has already decided)."""
        return Authenticity()

    async def close(self) -> None:
        """Give back sockets and sessions; called once after the run loop has ended."""


@runtime_checkable
class Webhook(Protocol):
    """An adapter that a provider calls at `/hooks/<account>` and below."""

    methods: ClassVar[tuple[str, ...]]
    max_bytes: ClassVar[int]

    def verify(self, raw: RawEvent) -> None:
        """Prove the origin over the raw bytes, in constant time, failing closed: raises `Forged`."""

    def handshake(self, raw: RawEvent) -> HttpAnswer | None:
        """The answer to a subscription check (hub.challenge, CRC), or None when `raw` is an event."""

    def answer(self, fates: Sequence[Fate]) -> HttpAnswer:
        """What the provider wants to hear once everything is durable."""


@runtime_checkable
class Runs(Protocol):
    """An adapter with a loop of its own: a listening server, polling, a stream."""

    async def run(self) -> None:
        """Work until cancelled. May end by an exception: the supervisor starts it again with backoff."""


@runtime_checkable
class Prepares(Protocol):
    """An adapter that has to ask somebody (DNS, for the origin of a mail) before its pure parser can run."""

    async def prepare(self, raw: RawEvent) -> RawEvent:
        """`raw` with the answers in its envelope; called once, outside the answer's path."""


@runtime_checkable
class FetchesMedia(Protocol):
    """An adapter whose attachments lie behind the provider's address."""

    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes behind `attachment.remote`, in chunks. Raises `ProviderUnavailable` or `ProviderRefused`."""


@runtime_checkable
class Replies(Protocol):
    """An adapter that can answer the citizen."""

    async def reply(self, reply_to: Mapping[str, str], text: str) -> str:
        """Send `text` to where `Message.reply_to` points; the provider's id of what was sent."""


class Simulator(Protocol):
    """The provider's side of one account, for `kanal simulate`, `kanal demo` and the tests.

    `simulate.py` of each adapter exports `def simulator(account, settings, gateway) -> Simulator` and
    `def sign(raw: RawEvent, settings) -> RawEvent` (adds what proves the origin; for the contract tests).
    """

    async def start(self) -> None:
        """Bring up the provider's fake server, where the adapter talks to one."""

    async def send(self, letter: Letter) -> str:
        """Send one message over the real transport; what the gateway answered. Raises when it was refused."""

    async def stop(self) -> None: ...


class Letter(Struct, frozen=True, kw_only=True):
    """What a simulated citizen says. `number` makes ids: the same number is the same message."""

    number: int
    text: str
    sender: str = "Siti Contoh"
    subject: str = ""
    photos: tuple[bytes, ...] = ()
    latitude: float | None = None
    longitude: float | None = None
    kelurahan_code: str = ""


class Gateway(Struct, frozen=True, kw_only=True):
    """Where a simulator finds the gateway: `http` is its address on loopback, `public_url` what it calls itself.

    `session` opens a staff session for doors that need one: (user name, password).
    """

    http: str
    public_url: str
    session: tuple[str, str] | None = None


def load(name: str) -> type[Adapter[Any]]:
    """The adapter class in `adapters/<name>/`. Raises `Misconfigured`, naming the folders that exist."""
    if name.isidentifier() and (Path(__file__).parent / name / "adapter.py").is_file():
        found = importlib.import_module(f"adapters.{name}")
        adapter: type[Adapter[Any]] = found.ADAPTER
        return adapter
    raise Misconfigured(
        "account.adapter", f"no adapter is called {name!r}", f"use one of: {', '.join(names())}"
    )


def names() -> list[str]:
    """The names of all adapter folders, sorted; the template is none."""
    return sorted(
        p.parent.name for p in Path(__file__).parent.glob("*/adapter.py") if p.parent.name != "template"
    )
