"""What a provider brings: one settings struct, and how its requests are proved, read, answered and imitated."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import ClassVar, Generic, Literal, TypeVar
from urllib.parse import quote, unquote, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from adapters.base import Fate, Fetch, HttpAnswer, Ignored, Letter, NotRead
from normalizer.errors import Forged, ProviderRefused
from normalizer.record import Attachment, Place, RawEvent


class Part(Struct, frozen=True, kw_only=True):
    """One segment of a long SMS: which one (`number`, from 1) of how many (`total`) under which reference."""

    reference: str
    number: int
    total: int


class Sms(Struct, frozen=True, kw_only=True):
    """One text message as its provider delivered it, before the sender became a person.

    `id` is the provider's, empty where it gives none; `time` is its time in its own words, which then becomes
    part of the identity. `sender` is the number as written. `original` is the text before it was decoded, where
    that is something else. `channel` overrides the account's, `scheme` stands before numbers of another network.
    """

    id: str = ""
    sender: str
    receiver: str = ""
    name: str = ""
    text: str = ""
    original: str = ""
    time: str = ""
    sent_at: datetime | None = None
    part: Part | None = None
    attachments: tuple[Attachment, ...] = ()
    place: Place = Place()
    channel: str = ""
    scheme: str = ""


Found = Sms | Ignored | NotRead
S = TypeVar("S", bound=Struct)


class Provider(Generic[S]):
    """Base of every provider. Constructing one checks its settings and raises `Misconfigured`, with the cure.

    `zone` is that of the provider's naive times; `where` is the dotted name of the account's settings.
    """

    title: ClassVar[str]
    Settings: ClassVar[type[Struct]]
    methods: tuple[str, ...] = ("POST",)
    proof: Literal["signature", "secret"] = "secret"

    def __init__(self, settings: S, zone: ZoneInfo, where: str) -> None:
        self.settings, self.zone, self.where = settings, zone, where

    def verify(self, raw: RawEvent) -> None:
        """Prove the origin over the raw bytes, in constant time; raises `Forged`."""
        raise NotImplementedError

    def read(self, raw: RawEvent) -> Sequence[Found]:
        """Pure: the messages in `raw`. Raises `Unreadable` when nothing in it can be read."""
        raise NotImplementedError

    def answer(self, fates: Sequence[Fate]) -> HttpAnswer:
        """What makes the provider content without sending anything to the citizen."""
        return HttpAnswer(status=200, body=b"", content_type="text/plain")

    def fetch(self, attachment: Attachment, fetch: Fetch | None) -> AsyncIterator[bytes]:
        """The bytes behind a picture's address. Providers without MMS have none."""
        raise ProviderRefused(f"{self.title} carries no media")

    # --- the provider's own side, for `kanal simulate` and the tests ---

    def prove(self, raw: RawEvent) -> RawEvent:
        """`raw` with what this provider adds to prove itself."""
        raise NotImplementedError

    def request(self, letter: Letter, phone: str, url: str) -> RawEvent:
        """The request that this provider would make at `url` for a message from `phone`, not yet proved."""
        raise NotImplementedError

    def photo_paths(self, letter: Letter) -> list[str]:
        """Where at the provider's media server the pictures of `letter` lie, in their order."""
        return []

    def media_credentials(self) -> tuple[str, str] | None:
        """User name and password for pictures, where they need one."""
        return None


def same(given: str, expected: str) -> bool:
    """Whether two texts are equal, in constant time; any text may be given."""
    return hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass")
    )


def verify_path(raw: RawEvent, secret: str) -> None:
    """The last part of the path is the secret: `/hooks/<account>/<secret>`. Raises `Forged`."""
    last = unquote(urlsplit(raw.url).path.rpartition("/")[2])
    if not secret or not same(last, secret):
        raise Forged("the address does not hold the account's secret")


def prove_path(raw: RawEvent, secret: str) -> RawEvent:
    """`raw` called at the address that holds the secret."""
    parts = urlsplit(raw.url)
    return replace(
        raw, url=urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{quote(secret, safe='')}"))
    )


def raw_request(method: str, url: str, headers: dict[str, str], body: bytes = b"") -> RawEvent:
    """A simulated request on its way to the gateway; header names in lower case."""
    return RawEvent(
        account="", received_at=datetime.now(UTC), method=method, url=url, headers=headers, body=body
    )
