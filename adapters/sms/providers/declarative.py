"""A provider that is described wholly in the configuration: where the fields are, what proves it, what it hears.

`doc.md` shows whole descriptions, `description.py` says what one may hold.
"""

from __future__ import annotations

import hmac
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar
from urllib.parse import quote_from_bytes, urlencode, urlsplit
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from adapters.base import Fate, HttpAnswer, Ignored, Letter, NotRead
from adapters.sms.charset import decode
from adapters.sms.description import DeclarativeSettings, Receipts, check
from adapters.sms.paths import nested, walk
from adapters.sms.providers.base import (
    Found,
    Part,
    Provider,
    Sms,
    basic,
    prove_path,
    raw_request,
    receipt,
    same,
    verify_basic,
    verify_path,
    with_secret,
)
from adapters.sms.request import first, json_of, moment, pairs, query
from normalizer.errors import Forged, Unreadable
from normalizer.record import RawEvent

#: More messages than this in one request are no batch that a provider sends.
MOST_ITEMS = 1000

Lookup = Callable[[str], bytes | None]


class Declarative(Provider[DeclarativeSettings]):
    """Whatever the configuration says."""

    title: ClassVar[str] = "configured provider"
    Settings: ClassVar[type[Struct]] = DeclarativeSettings

    def __init__(self, settings: DeclarativeSettings, zone: ZoneInfo, where: str) -> None:
        super().__init__(settings, zone, where)
        self.methods = settings.methods
        self.proof = "signature" if settings.proof.kind == "hmac" else "secret"
        check(settings, where)

    # --- proof ---

    def verify(self, raw: RawEvent) -> None:
        proof = self.settings.proof
        if proof.kind == "path":
            verify_path(raw, self.settings.key.reveal())
            return
        if proof.kind == "basic":
            verify_basic(raw, proof.user, self.settings.key.reveal())
            return
        try:
            expected = self._expected(raw)
        except Unreadable as error:
            raise Forged(f"the signed fields cannot be read: {error.reason}") from None
        given = raw.headers.get(proof.header.lower(), "")
        if proof.kind == "hmac" and proof.encoding == "hex":
            given = given[: len(proof.prefix)] + given[len(proof.prefix) :].lower()
        if not same(given, expected):
            raise Forged("the proof is absent or wrong")

    def _expected(self, raw: RawEvent) -> str:
        proof, key = self.settings.proof, self.settings.key.reveal()
        if proof.kind == "basic":
            return basic(proof.user, key)
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
            return [_in_json(item, in_query) for item in _items(json_of(raw.body), self.settings.items)]
        own = in_query if self.settings.format == "query" else first(pairs(raw.body))
        return [_in_fields(own, in_query)]

    def read(self, raw: RawEvent) -> Sequence[Found]:
        reports = self._reports(raw)
        if reports is not None:
            return reports
        return [self._one(lookup) for lookup in self._lookups(raw)]

    def _reports(self, raw: RawEvent) -> Sequence[Found] | None:
        """The receipts of a body that holds a list of them where the configuration says so; None of any other."""
        receipts = self.settings.receipts
        if receipts is None or not receipts.items:
            return None
        body = json_of(raw.body)
        if walk(body, receipts.items) is None:
            return None
        in_query = first(query(raw))
        return [self._receipt(receipts, _in_json(item, in_query)) for item in _items(body, receipts.items)]

    def _receipt(self, receipts: Receipts, lookup: Lookup) -> Found:
        return receipt(
            _plain(lookup, receipts.id),
            _plain(lookup, receipts.state),
            receipts.states,
            at=moment(_plain(lookup, receipts.time), self.zone, self.settings.time_format),
            detail=_plain(lookup, receipts.detail),
        )

    def _one(self, lookup: Lookup) -> Found:
        names, receipts = self.settings.fields, self.settings.receipts
        plain = partial(_plain, lookup)
        if receipts is not None and _marked(receipts, lookup):
            return self._receipt(receipts, lookup)
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

    def receipts_url(self, hook: str) -> str:
        return with_secret(hook, self.settings.key if self.settings.proof.kind == "path" else None)

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


def _items(body: Any, path: str) -> list[Any]:
    """The messages in a JSON body: those of the list at `path`, or the body itself."""
    found = walk(body, path) if path else body
    if found is None:
        raise Unreadable(f"the body has no {path!r}")
    items = found if isinstance(found, list) else [found]
    if len(items) > MOST_ITEMS:
        raise Unreadable(f"more than {MOST_ITEMS} messages")
    return items


def _plain(lookup: Lookup, name: str) -> str:
    return (lookup(name) or b"").decode("utf-8", "replace").strip() if name else ""


def _marked(receipts: Receipts, lookup: Lookup) -> bool:
    """Whether this is a receipt among the messages."""
    if not receipts.field or lookup(receipts.field) is None:
        return False
    return receipts.value in ("", _plain(lookup, receipts.field))


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


PROVIDER = Declarative
