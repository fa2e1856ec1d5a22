"""Infobip: POST /sms/2/text/advanced (infobip.com/docs/api/channels/sms), one destination per call."""

from __future__ import annotations

from typing import Any, ClassVar

from adapters.sms.providers.infobip import InfobipSettings
from adapters.sms.senders.base import Note, Sender, digits, text_of
from normalizer.errors import OutcomeUnknown, ProviderRefused, ProviderUnavailable

#: What a rejection names that the operator can end: no credit, a route that is not open yet.
_PASSING = {"REJECTED_NOT_ENOUGH_CREDITS", "REJECTED_SYSTEM_ERROR", "REJECTED_FLOODING_FILTER"}


class InfobipSender(Sender[InfobipSettings]):
    """With an API key of the account: `Authorization: App KEY`."""

    credential: ClassVar[str] = "the API key"

    def missing(self) -> str:
        if not self.settings.api_base_url:
            return "options.api_base_url"
        return "" if self.settings.api_key else "secrets.api_key"

    async def send(self, note: Note) -> str:
        own = self.settings
        message: dict[str, Any] = {
            "from": digits(note.sender),
            "destinations": [{"to": digits(note.to), "messageId": note.reference}],
            "text": note.text,
        }
        if note.receipts:
            message |= {"notifyUrl": note.receipts, "notifyContentType": "application/json"}
        answer = await self.line.call(
            "POST",
            f"{own.api_base_url.rstrip('/')}/sms/2/text/advanced",
            json={"messages": [message]},
            headers={
                "Authorization": f"App {own.api_key.reveal() if own.api_key else ''}",
                "Accept": "application/json",
            },
        )
        if answer.status >= 400:
            raise ProviderRefused(f"Infobip answered {answer.status}")
        messages = answer.json().get("messages")
        told = messages[0] if isinstance(messages, list) and messages else None
        status = told.get("status") if isinstance(told, dict) else None
        if not isinstance(told, dict) or not isinstance(status, dict):
            raise OutcomeUnknown(f"Infobip answered {answer.status} without a status")
        group, name = text_of(status.get("groupName")), text_of(status.get("name"))
        if name in _PASSING:
            raise ProviderUnavailable(f"Infobip: {name}", retry_after=300.0)
        if group in ("REJECTED", "UNDELIVERABLE"):
            raise ProviderRefused(f"Infobip: {name or group}"[:120])
        return text_of(told.get("messageId")) or note.reference


SENDER = InfobipSender
