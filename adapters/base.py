"""What an adapter is: a small class around a pure parser, and the ports that it is handed.

An adapter knows its provider and nothing of ours: no journal, no broker, no web server. Its folder has the same
files in the same order:

    __init__.py   `ADAPTER = TemplateAdapter`
    adapter.py    settings, proof of origin, answers, run loop, media: the transport
    parse.py      bytes + headers -> items; pure: no network, no clock, no randomness
    simulate.py   real-shaped traffic for `kanal simulate`, with the provider's server as a fake on loopback
    doc.md        how an operator connects it, in ten minutes
    fixtures/     account.toml and pairs NAME.in.* + NAME.out.json, found by the contract tests themselves

What an adapter can do beyond parsing is said by the small protocols it fulfils: `Webhook`, `Serves`, `Runs`,
`FetchesMedia`, `Replies`, `TakesStatus`, `Prepares`. `load("sms")` imports `adapters.sms`; there is no registry.
"""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, NamedTuple, Protocol, TypeVar, runtime_checkable

from aiohttp import web
from msgspec import Struct

from normalizer.errors import Misconfigured
from normalizer.record import Attachment, Authenticity, Choice, Message, Place, RawEvent

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


class Receipt(Struct, frozen=True, kw_only=True):
    """What the provider says about something that we sent: `external_id` is what `Replies.reply` gave back."""

    external_id: str
    state: Literal["queued", "sent", "delivered", "read", "failed"]
    at: datetime | None = None
    detail: str = ""


Item = Accepted | Ignored | NotRead | Receipt


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


class Outgoing(Struct, frozen=True, kw_only=True):
    """What a citizen is told. `key` is the same at every attempt; providers that know idempotency are given it.

    `subject` is for mail. `private` text must never appear where others than the citizen can read it. `choices` are
    shown as buttons: at most `Adapter.buttons` of them come; elsewhere they stand numbered in the text already.
    """

    text: str
    key: str
    ticket: str = ""
    subject: str = ""
    private: bool = True
    choices: tuple[Choice, ...] = ()


class Filed(Struct, frozen=True, kw_only=True):
    """A complaint as anybody may see it: nothing of the reporter, nothing that is confidential."""

    ticket: str
    channel: str
    account: str
    stage: str
    requested_at: datetime
    updated_at: datetime
    text: str = ""
    categories: tuple[str, ...] = ()
    place: Place = Place()
    confidential: bool = False


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


class Register(Protocol):
    """What was filed, as far as the public may know it."""

    async def find(self, ticket: str) -> Filed | None:
        """The complaint with this ticket, whatever its account; None when there is none.

        Of a confidential one, or one that waits for a moderator, only the stage is told.
        """

    async def between(self, since: datetime, until: datetime, limit: int) -> Sequence[Filed]:
        """What came in through this account in this span, the newest first; confidential ones are left out."""


class PrivateFiles(Protocol):
    """An encrypted store of one account's own, for bytes that are not a complaint's yet (`intake.private_files`)."""

    def new_spool(self) -> Any:
        """A growing file (`Spool`); end it with `keep` or `discard`."""

    async def keep(self, spool: Any) -> str:
        """Make the spool's content durable; its SHA-256. Raises `StorageFull` or `Unavailable`."""

    def chunks(self, sha256: str) -> AsyncIterator[bytes]:
        """The content piece by piece. Raises `Damaged`."""

    async def write_note(self, content: bytes) -> None:
        """Replace the store's one note, synced before this returns. Raises `StorageFull` or `Unavailable`."""

    async def note(self) -> bytes | None:
        """The last note; None in a new store. Raises `Damaged`."""

    async def drop(self) -> None:
        """Remove everything in it, the note first."""


class PrivateFolder(Protocol):
    """Where an account keeps such stores."""

    def store(self, name: str) -> PrivateFiles:
        """The store called `name` (letters, digits, `-`, `_`); it comes into being with its first write."""

    def names(self) -> Sequence[str]:
        """The stores that exist."""


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
    register: Register | None = None
    private: PrivateFolder | None = None
    keep: Callable[[AsyncIterator[bytes]], Awaitable[str]] | None = None
    """Content into the store that all gateways see, durable when it returns its SHA-256. None for a gateway that has
    its journal to itself: what lies in `private` is then as safe, and a job copies it later. Raises `Unavailable`."""
    trouble: Callable[[str, str | None], None] = lambda name, words: None
    """`trouble("token", "…what is wrong and the cure…")` makes the account's health say so; None: it is over."""
    remote_of: Callable[[web.Request], str] = lambda request: request.remote or ""
    """The caller's address of a request to `Serves`; behind a trusted proxy, the one that the proxy saw."""


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
    answers_in: ClassVar[Literal["chat", "mail", "sms"]] = "chat"
    """The form that answers take: `sms` is kept to two text messages, `mail` has a subject."""
    converses: ClassVar[bool] = False
    """Whether people chat here: then the bot asks for what is missing before a private complaint is filed."""
    edits: ClassVar[bool] = False
    """Whether people can change what they sent: an edit may come before what it is an edit of."""
    buttons: ClassVar[int] = 0
    """How many `Outgoing.choices` are shown as buttons; where there are more, they stand numbered in the text."""
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
class Serves(Protocol):
    """An adapter with an HTTP surface of its own (tus, Open311), mounted at a path that it names."""

    @property
    def prefix(self) -> str:
        """Where it is mounted, as `/open311/v2`: from the settings, since two accounts need two of them."""

    def web_app(self) -> web.Application:
        """A new application whose routes are relative to `prefix`; it answers its own errors in its own format."""


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


class Parted(NamedTuple):
    """A raw event without what cannot be read yet, and each of that as an event of its own."""

    rest: RawEvent
    aside: Sequence[RawEvent]


@runtime_checkable
class SetsAside(Prepares, Protocol):
    """A webhook whose events may hold items that `prepare` has to ask about; those must not hold up the others."""

    def set_aside(self, raw: RawEvent) -> Parted:
        """Pure: `raw` in parts. Those aside are kept, prepared and parsed after the answer."""


@runtime_checkable
class FetchesMedia(Protocol):
    """An adapter whose attachments lie behind the provider's address."""

    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes behind `attachment.remote`, in chunks. Raises `ProviderUnavailable` or `ProviderRefused`."""


@runtime_checkable
class Replies(Protocol):
    """An adapter that can answer the citizen."""

    async def reply(self, reply_to: Mapping[str, str], outgoing: Outgoing) -> str:
        """Send to where `Message.reply_to` points; the provider's id of what was sent, for its receipts.

        Waits for its turn within the provider's limits (`adapters.shared.pace`). Raises `ProviderUnavailable`, or
        `ProviderRefused` when another attempt would get the same answer.
        """


@runtime_checkable
class TakesStatus(Protocol):
    """An adapter whose provider keeps a status of its own for each report, beside what the citizen is told."""

    async def push_status(self, reply_to: Mapping[str, str], stage: str, text: str, key: str) -> str:
        """Set the provider's word for `stage`; the provider's id of it, empty when that stage is not sent.

        The same `key` is the same change, however often it is sent. Raises as `Replies.reply` does.
        """


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


@runtime_checkable
class Hears(Protocol):
    """A simulator whose fake server takes what `Replies.reply` sends."""

    heard: list[Outgoing]
    """What the citizens were told, in order; `key` is the address it went to."""


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
    tap: str = ""
    """The name of the button that is tapped (`Choice.name`); `text` is then what it said."""


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
        "account.adapter",
        "no adapter is called {name!r}",
        "use one of: {known}",
        name=name,
        known=", ".join(names()),
    )


def names() -> list[str]:
    """The names of all adapter folders, sorted; the template is none."""
    return sorted(
        p.parent.name for p in Path(__file__).parent.glob("*/adapter.py") if p.parent.name != "template"
    )
