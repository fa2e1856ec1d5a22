"""The request that a configuration describes, and what it says about the answer (`description.Send`)."""

from __future__ import annotations

from typing import Any, ClassVar

import aiohttp

from adapters.sms.description import PLACEHOLDER, DeclarativeSettings, Send, Verdict
from adapters.sms.line import Answer, Line
from adapters.sms.paths import nested, walk
from adapters.sms.segments import is_gsm
from adapters.sms.senders.base import Note, Sender, digits, text_of
from normalizer.errors import OutcomeUnknown, ProviderRefused, ProviderUnavailable


class DeclarativeSender(Sender[DeclarativeSettings]):
    """Whatever the configuration says."""

    credential: ClassVar[str] = "secrets.send_key"

    def __init__(self, settings: DeclarativeSettings, line: Line) -> None:
        super().__init__(settings, line)
        if settings.send is not None:
            self.septets, self.units = settings.send.most_septets, settings.send.most_units

    def missing(self) -> str:
        return "" if self.settings.send else "options.send"

    async def send(self, note: Note) -> str:
        described = self.settings.send
        if described is None:
            raise ProviderRefused("the configuration describes no way of sending")
        request = request_of(
            described, note, self.settings.send_key.reveal() if self.settings.send_key else ""
        )
        answer = await self.line.call(described.method, described.url, **request)
        if described.verdict is not None:
            self._judge(described.verdict, answer)
        elif answer.status >= 400:
            raise ProviderRefused(f"the provider answered {answer.status}")
        if not described.id:
            return note.reference
        external_id = text_of(walk(answer.json(), described.id))
        if not external_id:
            raise OutcomeUnknown(f"the provider's answer has no {described.id!r}")
        return external_id

    def _judge(self, verdict: Verdict, answer: Answer) -> None:
        found = walk(answer.json(), verdict.field)
        said = str(found).lower() if isinstance(found, bool) else text_of(found)
        if said in verdict.ok and answer.status < 400:
            return
        if said in verdict.credentials:
            raise self.line.unauthorised(f"the provider answered {said!r}")
        if said in verdict.refused or answer.status >= 400:
            raise ProviderRefused(f"the provider answered {answer.status} {said}"[:120])
        raise ProviderUnavailable(f"the provider answered {answer.status} {said}"[:120])


def request_of(described: Send, note: Note, secret: str) -> dict[str, Any]:
    """The arguments of the call for `note`, with every placeholder in its place."""

    def number(written: str) -> str:
        return written if described.plus else digits(written)

    values = {
        "to": number(note.to),
        "from": number(note.sender),
        "text": note.text,
        "key": note.reference,
        "receipts": note.receipts,
        "coding": described.gsm if is_gsm(note.text) else described.ucs2,
        "secret": secret,
    }

    def filled(template: str) -> str:
        # In one pass: a text in which a citizen's own words look like a placeholder stays as it is.
        return PLACEHOLDER.sub(lambda found: values[found[1]], template)

    fields = {name: filled(value) for name, value in described.fields.items()}
    headers = {name: filled(value) for name, value in described.headers.items()}
    if described.user:
        headers["Authorization"] = aiohttp.encode_basic_auth(described.user, secret)
    kind = {"form": "data", "query": "params", "json": "json"}[described.format]
    return {kind: nested(fields, "") if kind == "json" else fields, "headers": headers}


SENDER = DeclarativeSender
