"""SP4N-LAPOR!: reports disposed to the province come by pull, push or both; follow-ups and statuses go back.

The interface's documentation is given to LAPOR's partners alone, so its shape is configuration (`settings.py`).
"""

from __future__ import annotations

import asyncio
import hmac
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from yarl import URL

from adapters.base import Account, Adapter, Fate, HttpAnswer, Item, Outgoing, Ports
from adapters.sp4n_lapor import parse as reading_of
from adapters.sp4n_lapor.api import LaporApi, mentions
from adapters.sp4n_lapor.pull import Puller
from adapters.sp4n_lapor.reading import moment
from adapters.sp4n_lapor.settings import LOOPBACK, LaporSettings
from normalizer.errors import Forged, Misconfigured, ProviderRefused, ProviderUnavailable
from normalizer.record import Attachment, Authenticity, RawEvent
from normalizer.settings import Secret


class LaporAdapter(Adapter[LaporSettings]):
    """One integration account (`Webhook`, `Runs`, `FetchesMedia`, `Replies`, `TakesStatus`)."""

    name: ClassVar[str] = "sp4n_lapor"
    title: ClassVar[str] = "SP4N-LAPOR!"
    default_channel: ClassVar[str] = "sp4n_lapor"
    Settings: ClassVar[type[Struct]] = LaporSettings
    methods: ClassVar[tuple[str, ...]] = ("POST", "PUT")
    max_bytes: ClassVar[int] = 4 * 1024 * 1024

    def __init__(self, account: Account, settings: LaporSettings, ports: Ports) -> None:
        super().__init__(account, settings, ports)
        self._mapping = _checked(f"account.{account.name}.settings", settings)
        self._api = LaporApi(account.name, settings, ports.trouble, ports.clock.now)
        self.puller = Puller(account.name, settings, self._mapping.zone, ports, self._api)

    def parse(self, raw: RawEvent) -> Sequence[Item]:
        mapping = msgspec.structs.replace(self._mapping, proof=self.authenticity(raw).method)
        return reading_of.parse(raw, mapping)

    def authenticity(self, raw: RawEvent) -> Authenticity:
        """What we asked for came over our own authenticated connection."""
        if raw.envelope.get("transport") == reading_of.PULLED:
            return Authenticity(method="session")
        return Authenticity(method="signature" if self.settings.push.proof.kind == "hmac" else "secret")

    async def close(self) -> None:
        await self._api.close()

    # push

    def verify(self, raw: RawEvent) -> None:
        if "push" not in self.settings.modes:
            raise Forged("this account pulls: LAPOR posts nothing to it")
        proof = self.settings.push.proof
        given, right = raw.headers.get(proof.header.lower(), ""), expected(self.settings, raw.body)
        if proof.kind == "hmac" and proof.encoding == "hex":
            given = given[: len(proof.prefix)] + given[len(proof.prefix) :].lower()
        if not hmac.compare_digest(given.encode("utf-8", "surrogatepass"), right.encode()):
            raise Forged(f"the proof in {proof.header} is absent or wrong")

    def handshake(self, raw: RawEvent) -> HttpAnswer | None:
        return None

    def answer(self, fates: Sequence[Fate]) -> HttpAnswer:
        push = self.settings.push
        return HttpAnswer(status=push.status, body=push.body.encode(), content_type=push.content_type)

    # pull

    async def run(self) -> None:
        """Pull until cancelled; an account that is only pushed to has nothing to run."""
        if "pull" in self.settings.modes:
            await self.puller.run()
        else:
            await asyncio.Event().wait()

    # the way back

    async def reply(self, reply_to: Mapping[str, str], outgoing: Outgoing) -> str:
        """Add a follow-up (tindak lanjut) to the report. Its page is public, so private words need a private way."""
        call = self.settings.follow_up
        if outgoing.private and not mentions(call.body, "private", "public"):
            raise ProviderRefused(
                "these words are for the citizen alone, and follow_up.body names no {private}"
            )
        values = {
            "id": _number(reply_to),
            "text": outgoing.text,
            "key": outgoing.key,
            "ticket": outgoing.ticket,
            "private": outgoing.private,
            "public": not outgoing.private,
        }
        return await self._api.post("follow_up", call, values, outgoing.key)

    async def push_status(self, reply_to: Mapping[str, str], stage: str, text: str, key: str) -> str:
        """As `TakesStatus` says. A stage without a word in `statuses` is refused; an empty word is not sent."""
        word = self.settings.statuses.get(stage)
        if word is None:
            raise ProviderRefused(f"there is no word for the stage {stage[:40]!r}: add it to statuses")
        if not word:
            return ""
        values = {"id": _number(reply_to), "text": text, "key": key, "status": word, "stage": stage}
        return await self._api.post("status", self.settings.status, values, key)

    # media

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """A file; our token goes to LAPOR's own server and to `media_hosts`, over https, and to nobody else."""
        if self.ports.fetch is None:
            raise ProviderRefused("nothing may be downloaded here")
        ours = _origin(self.settings.api_base_url)
        try:
            address = URL(attachment.remote)
            where = _origin(attachment.remote)
        except ValueError:
            raise ProviderRefused("the file's address is none") from None
        known = where == ours or (where[0] == "https" and where[1] in self.settings.media_hosts)
        headers = self._api.headers() if known else {}
        url = str(self._api.proved(address) if known else address)
        # A peer on loopback is the fake, named by the operator's own configuration.
        allowed = (f"{ours[1]}:{ours[2]}",) if ours[1] in LOOPBACK else ()
        try:
            async for chunk in self.ports.fetch(url, headers=headers, allow_hosts=allowed):
                yield chunk
        except ProviderRefused:
            if known and self._api.token_refused:
                # With a token that is refused everywhere, this says nothing about the file.
                raise ProviderUnavailable("LAPOR refuses our token", retry_after=600) from None
            raise


def expected(settings: LaporSettings, body: bytes) -> str:
    """What the proof's header has to be for `body`; the simulator proves with it."""
    proof, key = settings.push.proof, settings.push_key.reveal()
    if proof.kind == "header":
        return proof.prefix + key
    digest = hmac.digest(key.encode(), body, proof.algorithm)
    return proof.prefix + (digest.hex() if proof.encoding == "hex" else b64encode(digest).decode())


def _number(reply_to: Mapping[str, str]) -> str:
    number = reply_to.get("id", "")
    if not number:
        raise ProviderRefused("the message names no report at LAPOR")
    return number


def _origin(address: str) -> tuple[str, str, int]:
    parts = urlsplit(address)
    return (
        parts.scheme,
        (parts.hostname or "").lower(),
        parts.port or (443 if parts.scheme == "https" else 80),
    )


def _checked(where: str, s: LaporSettings) -> reading_of.Mapping:
    """The mapping. Raises `Misconfigured` for the first thing that cannot work."""
    if not s.modes:
        raise Misconfigured(f"{where}.modes", "is empty", 'write modes = ["pull"], ["push"], or both')
    if "push" in s.modes:
        _check_key(f"{where}.push_key", s.push_key)
    scheme, host, _ = _origin(s.api_base_url)
    if not s.token:
        raise Misconfigured(
            f"{where}.token", "is empty", 'write token = "file:…" with what LAPOR\'s administrators gave you'
        )
    if scheme != "https" and host not in LOOPBACK:
        raise Misconfigured(f"{where}.api_base_url", "would send the token in the clear", "write https://…")
    if not s.fields.number:
        raise Misconfigured(
            f"{where}.fields.number", "is empty", "name where LAPOR's number of a report lies"
        )
    if not (s.fields.text or s.fields.title):
        raise Misconfigured(f"{where}.fields.text", "is empty", "name where the report's words lie")
    for table, words in (("follow_up", ("text",)), ("status", ("status",))):
        if not mentions(getattr(s, table).body, *words):
            raise Misconfigured(
                f"{where}.{table}.body", "has no {{{word}}}", 'write one field as "{{{word}}}"', word=words[0]
            )
    if s.pull.paging != "none" and not s.pull.page:
        raise Misconfigured(f"{where}.pull.page", "is empty", 'name the parameter, or write paging = "none"')
    _check_times(where, s)
    try:
        return reading_of.Mapping.of(s)
    except (KeyError, ValueError, OSError):
        raise Misconfigured(
            f"{where}.time_zone",
            "{zone!r} is no time zone",
            'write one such as "Asia/Jakarta"',
            zone=s.time_zone,
        ) from None


def _check_key(where: str, key: Secret) -> None:
    if len(key.reveal()) < 16:
        raise Misconfigured(
            where, "is absent or too short", 'write push_key = "auto:lapor-push", and give it to LAPOR'
        )


def _check_times(where: str, s: LaporSettings) -> None:
    sample = datetime(2026, 11, 23, 4, 30, 5, tzinfo=UTC)
    for name, form, known in (
        ("time_format", s.time_format, ("",)),
        ("pull.since_format", s.pull.since_format, ("iso", "unix", "number")),
    ):
        if form not in known and (
            "%" not in form or moment(sample.strftime(form), ZoneInfo("UTC"), form) is None
        ):
            ways = ", ".join(f'"{way}"' for way in known if way) or "nothing"
            raise Misconfigured(
                f"{where}.{name}",
                "{text!r} is no way to write a time",
                'write {ways} or "%Y-%m-%d %H:%M:%S"',
                text=form,
                ways=ways,
            )
