"""A provider that is described wholly in the configuration: where the fields are, what proves it, what it hears.

`doc.md` shows whole descriptions. Every contradiction in one is found when the account is made, and named with
its cure; above all, a signature has to cover what we go by.
"""

from __future__ import annotations

import codecs
import hmac
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import quote_from_bytes, urlencode, urlsplit
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from adapters.base import Fate, HttpAnswer, Ignored, Letter, NotRead
from adapters.sms.charset import decode
from adapters.sms.paths import nested, walk
from adapters.sms.providers.base import (
    Found,
    Part,
    Provider,
    Sms,
    prove_path,
    raw_request,
    same,
    verify_path,
)
from adapters.sms.request import first, moment, pairs, query
from normalizer.errors import Forged, Misconfigured, Unreadable
from normalizer.record import RawEvent
from normalizer.settings import Secret

Text = Annotated[str, Meta(min_length=1)]
#: More messages than this in one request are no batch that a provider sends.
MOST_ITEMS = 1000


class Strict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the configuration in which a misspelt name is an error."""


class Fields(Strict, frozen=True):
    """The provider's names. In JSON a name is a path from the message: `sender.number`, `texts.0`.

    `query:NAME` takes a field from the address, whatever the format. The three of a long SMS go together.
    """

    sender: Text
    text: Text
    id: str = ""
    receiver: str = ""
    name: str = ""
    time: str = ""
    charset: str = ""
    part_reference: str = ""
    part_total: str = ""
    part_number: str = ""


class Ignore(Strict, frozen=True):
    """Messages whose `field` has this value are none of ours: receipts, tests."""

    field: Text
    value: str
    reason: Literal["delivery_receipt", "own_echo", "auto_reply", "unsupported", "other_account"] = (
        "unsupported"
    )


class Proof(Strict, frozen=True):
    """`path`: the secret ends the address. `header`: it stands in `header` after `prefix`. `basic`: password of `user`.

    `hmac`: `header` holds `prefix` and the HMAC of the body, or of the values of `over` joined by `separator`.
    """

    kind: Literal["path", "header", "basic", "hmac"]
    header: str = ""
    prefix: str = ""
    user: str = ""
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    over: tuple[Text, ...] = ()
    separator: str = ""


class Reply(Strict, frozen=True):
    """What the provider wants to hear when everything is stored."""

    status: Annotated[int, Meta(ge=200, le=299)] = 200
    body: str = ""
    content_type: Text = "text/plain"


class DeclarativeSettings(Struct, frozen=True, kw_only=True):
    """`items` is the path of the list of messages in a JSON body; empty: the body is one message or the list.

    `time_format`: `unix`, `unix_ms`, `iso`, a strptime pattern, or empty to tell by the look.
    """

    key: Secret
    format: Literal["form", "query", "json"]
    fields: Fields
    proof: Proof
    methods: tuple[Literal["GET", "POST", "PUT"], ...] = ("POST",)
    items: str = ""
    time_format: str = ""
    charset: str = "utf-8"
    ignore: tuple[Ignore, ...] = ()
    reply: Reply = Reply()


Lookup = Callable[[str], bytes | None]


class Declarative(Provider[DeclarativeSettings]):
    """Whatever the configuration says."""

    title: ClassVar[str] = "configured provider"
    Settings: ClassVar[type[Struct]] = DeclarativeSettings

    def __init__(self, settings: DeclarativeSettings, zone: ZoneInfo, where: str) -> None:
        super().__init__(settings, zone, where)
        self.methods = settings.methods
        self.proof = "signature" if settings.proof.kind == "hmac" else "secret"
        _check(settings, where)

    # --- proof ---

    def verify(self, raw: RawEvent) -> None:
        proof = self.settings.proof
        if proof.kind == "path":
            verify_path(raw, self.settings.key.reveal())
            return
        try:
            expected = self._expected(raw)
        except Unreadable as error:
            raise Forged(f"the signed fields cannot be read: {error.reason}") from None
        header = "authorization" if proof.kind == "basic" else proof.header.lower()
        given = raw.headers.get(header, "")
        if proof.kind == "basic":
            scheme, _, rest = given.partition(" ")
            given = f"{scheme.capitalize()} {rest}"
        elif proof.kind == "hmac" and proof.encoding == "hex":
            given = given[: len(proof.prefix)] + given[len(proof.prefix) :].lower()
        if not same(given, expected):
            raise Forged("the proof is absent or wrong")

    def _expected(self, raw: RawEvent) -> str:
        proof, key = self.settings.proof, self.settings.key.reveal()
        if proof.kind == "basic":
            return "Basic " + b64encode(f"{proof.user}:{key}".encode()).decode()
        if proof.kind == "header":
            return proof.prefix + key
        digest = hmac.digest(key.encode(), self._covered(raw), proof.algorithm)
        return proof.prefix + (digest.hex() if proof.encoding == "hex" else b64encode(digest).decode())

    def _covered(self, raw: RawEvent) -> bytes:
        proof = self.settings.proof
        if not proof.over:
            return raw.body
        lookup = self._lookups(raw)[0]
        return proof.separator.encode().join(lookup(name) or b"" for name in proof.over)

    def prove(self, raw: RawEvent) -> RawEvent:
        proof = self.settings.proof
        if proof.kind == "path":
            return prove_path(raw, self.settings.key.reveal())
        header = "authorization" if proof.kind == "basic" else proof.header.lower()
        return replace(raw, headers={**raw.headers, header: self._expected(raw)})

    # --- reading ---

    def _lookups(self, raw: RawEvent) -> list[Lookup]:
        """One function per message that finds a field's bytes by its configured name."""
        in_query = first(query(raw))
        if self.settings.format == "json":
            return [_in_json(item, in_query) for item in self._items(raw.body)]
        own = in_query if self.settings.format == "query" else first(pairs(raw.body))
        return [_in_fields(own, in_query)]

    def _items(self, body: bytes) -> list[Any]:
        try:
            found = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise Unreadable("the body is no JSON") from None
        found = walk(found, self.settings.items) if self.settings.items else found
        if found is None:
            raise Unreadable(f"the body has no {self.settings.items!r}")
        items = found if isinstance(found, list) else [found]
        if len(items) > MOST_ITEMS:
            raise Unreadable(f"more than {MOST_ITEMS} messages")
        return items

    def read(self, raw: RawEvent) -> Sequence[Found]:
        return [self._one(lookup) for lookup in self._lookups(raw)]

    def _one(self, lookup: Lookup) -> Found:
        names = self.settings.fields

        def plain(name: str) -> str:
            return (lookup(name) or b"").decode("utf-8", "replace").strip() if name else ""

        external_id = plain(names.id)
        for rule in self.settings.ignore:
            if lookup(rule.field) is not None and plain(rule.field) == rule.value:
                return Ignored(
                    reason=rule.reason, external_id=external_id, detail=f"{rule.field}={rule.value}"[:80]
                )
        if names.id and not external_id and not names.time:
            return NotRead(reason=f"the message has no {names.id}")
        data = lookup(names.text)
        if data is None:
            return NotRead(reason=f"the message has no {names.text}", external_id=external_id)
        charset = "utf-8" if self.settings.format == "json" else plain(names.charset) or self.settings.charset
        text = decode(data, charset)
        if text is None:
            return Ignored(reason="unsupported", external_id=external_id, detail="binary SMS")
        written, part = plain(names.time), self._part(plain)
        # Some providers give one id to a long SMS, others one to each part: with the number both are told apart.
        if part and external_id:
            external_id = f"{external_id}/{part.number}"
        return Sms(
            id=external_id,
            sender=plain(names.sender),
            receiver=plain(names.receiver),
            name=plain(names.name),
            text=text,
            time=written,
            sent_at=moment(written, self.zone, self.settings.time_format),
            part=part,
        )

    def _part(self, plain: Callable[[str], str]) -> Part | None:
        names = self.settings.fields
        reference = plain(names.part_reference)
        total, number = plain(names.part_total), plain(names.part_number)
        if not (reference and total.isdecimal() and number.isdecimal() and len(total + number) <= 6):
            return None
        if not (int(total) > 1 and 1 <= int(number) <= int(total)):
            return None
        return Part(reference=reference[:100], number=int(number), total=int(total))

    def answer(self, fates: Sequence[Fate]) -> HttpAnswer:
        reply = self.settings.reply
        return HttpAnswer(status=reply.status, body=reply.body.encode(), content_type=reply.content_type)

    # --- imitation ---

    def request(self, letter: Letter, phone: str, url: str) -> RawEvent:
        # Without an id the time is the identity, so it has to come from the number.
        names, at = self.settings.fields, 1_767_225_600 + letter.number
        values: dict[str, str] = {names.sender: phone, names.text: letter.text}
        if names.id:
            values[names.id], at = f"sim-{letter.number}", int(time.time())
        if names.receiver:
            values[names.receiver] = "1708"
        if names.time:
            values[names.time] = _written(at, self.settings.time_format, self.zone)
        asked = {name.removeprefix("query:"): v for name, v in values.items() if name.startswith("query:")}
        own = {name: v for name, v in values.items() if not name.startswith("query:")}
        body, headers = b"", {}
        if self.settings.format == "query":
            asked |= own
        elif self.settings.format == "form":
            charset = self.settings.charset
            body = "&".join(
                f"{name}={quote_from_bytes(v.encode(charset, 'replace'), safe='')}" for name, v in own.items()
            ).encode()
            headers["content-type"] = "application/x-www-form-urlencoded"
        else:
            body = msgspec.json.encode(nested(own, self.settings.items))
            headers["content-type"] = "application/json"
        if asked:
            url += ("&" if urlsplit(url).query else "?") + urlencode(asked)
        return raw_request(self.settings.methods[0], url, headers, body)


# --- finding fields -------------------------------------------------------------------------------------------


def _in_fields(own: Mapping[str, bytes], in_query: Mapping[str, bytes]) -> Lookup:
    return lambda name: in_query.get(name[6:]) if name.startswith("query:") else own.get(name)


def _in_json(item: Any, in_query: Mapping[str, bytes]) -> Lookup:
    def lookup(name: str) -> bytes | None:
        if name.startswith("query:"):
            return in_query.get(name[6:])
        value = walk(item, name)
        if isinstance(value, bool):
            return b"true" if value else b"false"
        return str(value).encode() if isinstance(value, str | int | float) else None

    return lookup


def _written(at: int, form: str, zone: ZoneInfo) -> str:
    moment_ = datetime.fromtimestamp(at, UTC)
    if form in ("unix", ""):
        return str(at)
    if form == "unix_ms":
        return str(at * 1000)
    return moment_.isoformat() if form == "iso" else moment_.astimezone(zone).strftime(form)


# --- contradictions in a description --------------------------------------------------------------------------


def _check(settings: DeclarativeSettings, where: str) -> None:
    """Raises `Misconfigured` for the first thing that cannot work."""
    options, fields = f"{where}.options", settings.fields
    if not settings.methods:
        raise Misconfigured(f"{options}.methods", "is empty", 'write ["POST"] or ["GET"]')
    if not (fields.id or fields.time):
        raise Misconfigured(
            f"{options}.fields.id",
            "neither id nor time is named",
            "name the field that tells a repetition apart",
        )
    parts = (fields.part_reference, fields.part_total, fields.part_number)
    if any(parts) and not all(parts):
        raise Misconfigured(
            f"{options}.fields",
            "a long SMS needs three fields",
            "name part_reference, part_total and part_number",
        )
    if settings.items and settings.format != "json":
        raise Misconfigured(
            f"{options}.items", "only JSON holds a list", 'set format = "json" or leave items out'
        )
    if settings.format in ("form", "json") and "GET" in settings.methods:
        raise Misconfigured(
            f"{options}.methods", "a GET has no body", 'set format = "query", or methods = ["POST"]'
        )
    try:
        codecs.lookup(settings.charset)
    except LookupError:
        raise Misconfigured(
            f"{options}.charset", f"{settings.charset!r} is no character set", 'write "utf-8" or "iso-8859-1"'
        ) from None
    _check_time(settings, options)
    _check_proof(settings, where)


def _check_time(settings: DeclarativeSettings, options: str) -> None:
    form = settings.time_format
    if form in ("", "unix", "unix_ms", "iso"):
        return
    sample = datetime(2026, 11, 23, 4, 30, 5, tzinfo=UTC)
    if "%" not in form or moment(sample.strftime(form), ZoneInfo("UTC"), form) is None:
        raise Misconfigured(
            f"{options}.time_format",
            f"{form!r} reads no time",
            'write unix, unix_ms, iso, or "%Y-%m-%d %H:%M:%S"',
        )


def _check_proof(settings: DeclarativeSettings, where: str) -> None:
    proof, named = settings.proof, f"{where}.options.proof"
    if len(settings.key.reveal()) < 16:
        raise Misconfigured(f"{where}.secrets.key", "is too short", "use at least 16 letters and digits")
    if proof.kind in ("header", "hmac") and not _token(proof.header):
        raise Misconfigured(
            f"{named}.header", f"{proof.header!r} is no header", 'write one such as "X-Signature"'
        )
    if proof.kind == "basic" and (not proof.user or ":" in proof.user):
        raise Misconfigured(
            f"{named}.user", "is missing or holds a colon", "write the user name of the provider"
        )
    if proof.kind != "hmac":
        return
    fields = settings.fields
    used = [name for name in msgspec.structs.astuple(fields) if name]
    if not proof.over:
        outside = [name for name in used if settings.format == "query" or name.startswith("query:")]
        if outside:
            raise Misconfigured(
                f"{named}.over",
                f"the signature of the body does not cover {outside[0]!r}, which stands in the address",
                "list the signed fields in over, or take the field from the body",
            )
        return
    if settings.format == "json" and settings.items:
        raise Misconfigured(f"{named}.over", "cannot name fields of a list", "sign the body: leave over out")
    identity = [name for name in (fields.id, fields.time) if name in proof.over]
    missing = [name for name in (fields.sender, fields.text) if name not in proof.over]
    if missing or not identity:
        raise Misconfigured(
            f"{named}.over",
            f"the signature does not cover {(missing or [fields.id or fields.time])[0]!r}, so anyone could change it",
            "list sender, text, and id or time in over, as the provider signs them",
        )


def _token(name: str) -> bool:
    return bool(name) and name.isascii() and name.replace("-", "").replace("_", "").isalnum()


PROVIDER = Declarative
