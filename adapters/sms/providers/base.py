"""What a provider brings: one settings struct, and how its requests are proved, read, answered and imitated."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Generic, Literal, TypeVar
from urllib.parse import quote, unquote, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct
from msgspec.structs import replace

from adapters.base import Fate, Fetch, HttpAnswer, Ignored, Letter, NotRead, Receipt
from normalizer.errors import Forged, Misconfigured, ProviderRefused
from normalizer.record import Attachment, Place, RawEvent
from normalizer.settings import Secret

State = Literal["queued", "sent", "delivered", "read", "failed"]


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
    `words` is the text as the identity holds it, where two ways to us change letters of one message.
    """

    id: str = ""
    sender: str
    receiver: str = ""
    name: str = ""
    text: str = ""
    words: str = ""
    original: str = ""
    time: str = ""
    sent_at: datetime | None = None
    part: Part | None = None
    attachments: tuple[Attachment, ...] = ()
    place: Place = Place()
    channel: str = ""
    scheme: str = ""


Found = Sms | Receipt | Ignored | NotRead
S = TypeVar("S", bound=Struct)


def receipt(
    external_id: str, word: str, states: Mapping[str, State], *, at: datetime | None = None, detail: str = ""
) -> Receipt | Ignored | NotRead:
    """What the provider's `word` says about the message that it calls `external_id`.

    A word that `states` does not know moves nothing; a report about nothing that is named is for the operator.
    """
    state = states.get(word)
    if not external_id:
        return NotRead(reason="a delivery report that does not say about which message")
    if state is None:
        return Ignored(reason="unsupported", external_id=external_id, detail=f"state {word}"[:40])
    return Receipt(external_id=external_id, state=state, at=at, detail=detail[:80])


class Sends(Struct, frozen=True, kw_only=True):
    """What every provider that can send is told: how often it may be called, and the number that answers.

    `per_second` is the provider's documented limit, or a careful one where it has none. `from_number` empty: the
    number that the citizen wrote to.
    """

    per_second: Annotated[float, Meta(gt=0, le=1000)] = 1.0
    from_number: str = ""


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

    def receipts_url(self, hook: str) -> str:
        """Where this provider shall report what became of a message that we sent; `hook` is the account's address."""
        return hook

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


def basic(user: str, password: str) -> str:
    """The value of the header `Authorization` (RFC 7617)."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def verify_basic(raw: RawEvent, user: str, password: str) -> None:
    """The request's basic authentication. Raises `Forged`."""
    scheme, _, rest = raw.headers.get("authorization", "").partition(" ")
    if not same(f"{scheme.capitalize()} {rest}", basic(user, password)):
        raise Forged("the user name or password is absent or wrong")


def check_secret(secret: Secret | None, setting: str) -> None:
    """A secret that stands alone is long enough; None is none. `setting` is its dotted name."""
    if secret is not None and len(secret.reveal()) < 16:
        raise Misconfigured(
            setting,
            "is too short",
            "use at least 16 letters and digits, such as those of `openssl rand -hex 16`",
        )


def check_address(value: str, setting: str) -> None:
    """An http address or nothing. Raises `Misconfigured`."""
    parts = urlsplit(value)
    if value and not (parts.scheme in ("https", "http") and parts.hostname and not parts.username):
        raise Misconfigured(setting, "is no address", "write https://host…, without a user name")


def zone_of(name: str, setting: str) -> ZoneInfo:
    """The time zone called `name`. Raises `Misconfigured`."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Misconfigured(
            setting, "{name!r} is no time zone", 'write one such as "Asia/Jakarta"', name=name
        ) from None


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


def with_secret(url: str, secret: Secret | None) -> str:
    """`url` with the secret as the end of its path, as it is without one, or where it stands there already."""
    if secret is None:
        return url
    parts, end = urlsplit(url), quote(secret.reveal(), safe="")
    if parts.path.endswith(f"/{end}"):
        return url
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{end}"))


def prove_path(raw: RawEvent, secret: str) -> RawEvent:
    """`raw` called at the address that holds the secret."""
    return replace(raw, url=with_secret(raw.url, Secret(secret)))


def raw_request(method: str, url: str, headers: dict[str, str], body: bytes = b"") -> RawEvent:
    """A simulated request on its way to the gateway; header names in lower case."""
    return RawEvent(
        account="", received_at=datetime.now(UTC), method=method, url=url, headers=headers, body=body
    )
