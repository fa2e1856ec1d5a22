"""Vonage: POST /sms/json (developer.vonage.com/api/sms). The answer is always 200; each part's status tells.

Vonage cuts a long text itself, may take some of its parts and not the others, and cannot be told to send the missing
ones. So each call is one segment: what was taken is known exactly, and only the rest is tried again.
"""

from __future__ import annotations

from typing import ClassVar

from adapters.sms.providers.vonage import VonageSettings
from adapters.sms.segments import is_gsm
from adapters.sms.senders.base import Note, Sender, digits, text_of
from normalizer.errors import OutcomeUnknown, ProviderError, ProviderRefused, ProviderUnavailable

#: developer.vonage.com/messaging/sms/guides/troubleshooting-sms#sms-api-error-codes
_THROTTLED, _CREDENTIALS, _PASSING = "1", {"4", "8", "14", "32"}, {"5", "9", "10", "11"}
_KNOWN = {
    "3": "the number is invalid",
    "6": "the message is invalid",
    "7": "the number is barred",
    "15": "our number may not send there",
    "29": "the number is not on the account's list of test numbers",
}


class VonageSender(Sender[VonageSettings]):
    """With key and secret in the body."""

    credential: ClassVar[str] = "the API secret"
    septets, units = 160, 70

    def missing(self) -> str:
        if not self.settings.api_key:
            return "options.api_key"
        return "" if self.settings.api_secret else "secrets.api_secret"

    async def send(self, note: Note) -> str:
        own = self.settings
        fields = {
            "api_key": own.api_key,
            "api_secret": own.api_secret.reveal() if own.api_secret else "",
            "from": digits(note.sender),
            "to": digits(note.to),
            "text": note.text,
            "type": "text" if is_gsm(note.text) else "unicode",
            "client-ref": note.reference,
            "status-report-req": "1",
        }
        if note.receipts:
            fields["callback"] = note.receipts
        answer = await self.line.call("POST", f"{own.api_base_url.rstrip('/')}/sms/json", data=fields)
        parts = answer.json().get("messages")
        told = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
        if not told:
            raise OutcomeUnknown(f"Vonage answered {answer.status} without messages")
        for part in told:
            if (status := text_of(part.get("status"))) != "0":
                if part is not told[0]:
                    raise OutcomeUnknown(f"Vonage took a part of the message, then said {status}")
                raise self._error(status)
        external_id = text_of(told[0].get("message-id"))
        if not external_id:
            raise OutcomeUnknown("Vonage took the message and gave no id")
        return external_id

    def _error(self, status: str) -> ProviderError:
        if status == _THROTTLED:
            self.line.hold(1.0)
            return ProviderUnavailable("Vonage 1: throttled", retry_after=1.0)
        if status in _CREDENTIALS:
            return self.line.unauthorised(f"Vonage answered with status {status}")
        if status in _PASSING:
            return ProviderUnavailable(f"Vonage answered with status {status}", retry_after=60.0)
        return ProviderRefused(f"Vonage {status}: {_KNOWN.get(status, 'refused')}")


SENDER = VonageSender
