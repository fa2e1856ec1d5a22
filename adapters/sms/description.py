"""How a configuration describes a provider: its requests, its receipts, its way of sending; and what cannot be.

Every contradiction is found when the account is made, and named with its cure; above all, a signature has to cover
what we go by.
"""

from __future__ import annotations

import codecs
import re
from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct

from adapters.sms.providers.base import Sends, State, check_address
from adapters.sms.request import moment
from normalizer.errors import Misconfigured
from normalizer.settings import Secret

Text = Annotated[str, Meta(min_length=1)]


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


class Receipts(Strict, frozen=True):
    """Delivery receipts: what has `field` (of this `value`, where one is named), or lies in the list at `items`.

    `id` names the field with the id that sending gave back, `state` the one with the provider's word, which
    `states` translates; a word that is missing there is counted and ignored.
    """

    id: Text
    state: Text
    states: dict[str, State]
    field: str = ""
    value: str = ""
    items: str = ""
    time: str = ""
    detail: str = ""


class Verdict(Strict, frozen=True):
    """What the answer's `field` says: with a value in `ok` it is sent, in `refused` it never will be.

    In `credentials`: ours are not taken, and the account's health says so. Any other is worth another try.
    """

    field: Text
    ok: tuple[Text, ...]
    refused: tuple[Text, ...] = ()
    credentials: tuple[Text, ...] = ()


class Send(Strict, frozen=True):
    """The request that sends one text. In `fields` (in JSON by path) and `headers`, these stand for themselves:

    {to} {from} {text} {key} (ours, the same at every attempt) {receipts} (where reports shall go) {coding} (`gsm` or
    `ucs2` below) {secret} (`secrets.send_key`). With `user`, the secret is its password in basic authentication.
    `plus` is whether numbers keep theirs. `id` is the path of the message's id in a JSON answer; empty: it is {key}.
    `most_septets` and `most_units` are the longest text that the provider takes at once, in GSM and in UCS-2.
    """

    url: Text
    fields: dict[str, str]
    method: Literal["GET", "POST", "PUT"] = "POST"
    format: Literal["form", "query", "json"] = "form"
    headers: dict[str, str] = {}
    user: str = ""
    plus: bool = True
    gsm: str = "gsm"
    ucs2: str = "ucs2"
    id: str = ""
    verdict: Verdict | None = None
    most_septets: Annotated[int, Meta(ge=70)] = 1530
    most_units: Annotated[int, Meta(ge=35)] = 670


class DeclarativeSettings(Sends, frozen=True, kw_only=True):
    """`items` is the path of the list of messages in a JSON body; empty: the body is one message or the list.

    `time_format`: `unix`, `unix_ms`, `iso`, a strptime pattern, or empty to tell by the look.
    """

    key: Secret
    send_key: Secret | None = None
    format: Literal["form", "query", "json"]
    fields: Fields
    proof: Proof
    methods: tuple[Literal["GET", "POST", "PUT"], ...] = ("POST",)
    items: str = ""
    time_format: str = ""
    charset: str = "utf-8"
    ignore: tuple[Ignore, ...] = ()
    reply: Reply = Reply()
    receipts: Receipts | None = None
    send: Send | None = None


PLACEHOLDER = re.compile(r"\{([a-z]+)\}")
_PLACEHOLDERS = {"to", "from", "text", "key", "receipts", "coding", "secret"}


def check(settings: DeclarativeSettings, where: str) -> None:
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
            f"{options}.charset",
            "{charset!r} is no character set",
            'write "utf-8" or "iso-8859-1"',
            charset=settings.charset,
        ) from None
    _check_time(settings, options)
    _check_proof(settings, where)
    _check_receipts(settings, options)
    _check_send(settings, where)


def _check_time(settings: DeclarativeSettings, options: str) -> None:
    form = settings.time_format
    if form in ("", "unix", "unix_ms", "iso"):
        return
    sample = datetime(2026, 11, 23, 4, 30, 5, tzinfo=UTC)
    if "%" not in form or moment(sample.strftime(form), ZoneInfo("UTC"), form) is None:
        raise Misconfigured(
            f"{options}.time_format",
            "{text!r} reads no time",
            'write unix, unix_ms, iso, or "%Y-%m-%d %H:%M:%S"',
            text=form,
        )


def _check_proof(settings: DeclarativeSettings, where: str) -> None:
    proof, named = settings.proof, f"{where}.options.proof"
    if len(settings.key.reveal()) < 16:
        raise Misconfigured(f"{where}.secrets.key", "is too short", "use at least 16 letters and digits")
    if proof.kind in ("header", "hmac") and not _token(proof.header):
        raise Misconfigured(
            f"{named}.header",
            "{header!r} is no header",
            'write one such as "X-Signature"',
            header=proof.header,
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
                "the signature of the body does not cover {field!r}, which stands in the address",
                "list the signed fields in over, or take the field from the body",
                field=outside[0],
            )
        return
    if settings.format == "json" and settings.items:
        raise Misconfigured(f"{named}.over", "cannot name fields of a list", "sign the body: leave over out")
    identity = [name for name in (fields.id, fields.time) if name in proof.over]
    missing = [name for name in (fields.sender, fields.text) if name not in proof.over]
    if missing or not identity:
        raise Misconfigured(
            f"{named}.over",
            "the signature does not cover {field!r}, so anyone could change it",
            "list sender, text, and id or time in over, as the provider signs them",
            field=(missing or [fields.id or fields.time])[0],
        )


def _token(name: str) -> bool:
    return bool(name) and name.isascii() and name.replace("-", "").replace("_", "").isalnum()


def _check_receipts(settings: DeclarativeSettings, options: str) -> None:
    receipts = settings.receipts
    if receipts is None:
        return
    if not (receipts.field or receipts.items):
        raise Misconfigured(
            f"{options}.receipts.field",
            "is missing, so nothing would tell a receipt from a message",
            "name a field that receipts alone have, or with value, what it then holds; or the list as items",
        )
    if receipts.items and settings.format != "json":
        raise Misconfigured(f"{options}.receipts.items", "only JSON holds a list", "name a field instead")
    if settings.proof.kind == "hmac" and settings.proof.over:
        for name in (receipts.id, receipts.state):
            if name not in settings.proof.over:
                raise Misconfigured(
                    f"{options}.proof.over",
                    "the signature does not cover {name!r} of a receipt",
                    "list it in over, as the provider signs it",
                    name=name,
                )


def _check_send(settings: DeclarativeSettings, where: str) -> None:
    send, named = settings.send, f"{where}.options.send"
    if send is None:
        return
    check_address(send.url, f"{named}.url")
    written = {**{f"headers.{k}": v for k, v in send.headers.items()}, **send.fields}
    used = {name for value in written.values() for name in PLACEHOLDER.findall(value)}
    if unknown := sorted(used - _PLACEHOLDERS):
        raise Misconfigured(
            f"{named}.fields",
            "{{{name}}} stands for nothing",
            "use {known}",
            name=unknown[0],
            known=", ".join(sorted(_PLACEHOLDERS)),
        )
    if missing := sorted({"to", "text"} - used):
        raise Misconfigured(
            f"{named}.fields", "no field holds {{{name}}}", "name the provider's field", name=missing[0]
        )
    if ("secret" in used or send.user) and settings.send_key is None:
        raise Misconfigured(
            f"{where}.secrets.send_key", "is missing", 'write a reference: "env:NAME" or "file:PATH"'
        )
    if send.method == "GET" and send.format != "query":
        raise Misconfigured(f"{named}.format", "a GET has no body", 'set format = "query"')
    for name in send.headers:
        if not _token(name):
            raise Misconfigured(
                f"{named}.headers", "{name!r} is no header", 'write one such as "X-Api-Key"', name=name
            )
