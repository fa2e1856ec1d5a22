"""Twilio: one Message resource per text (twilio.com/docs/messaging/api/message-resource#create-a-message-resource).

A long-code number sends one segment a second; Twilio queues what is more, and answers 429 to too many calls at once.
"""

from __future__ import annotations

from typing import ClassVar

import aiohttp

from adapters.sms.providers.twilio import TwilioSettings
from adapters.sms.senders.base import Note, Sender, text_of
from normalizer.errors import OutcomeUnknown, ProviderRefused, ProviderUnavailable

#: Error codes behind a 400 that pass: a full queue, a channel that is throttled, an outage of Twilio's own.
_PASSING = {"14107", "20429", "21611", "30001", "63018"}
_KNOWN = {
    "21211": "the number is invalid",
    "21408": "sending to that country is not permitted",
    "21610": "the recipient has sent STOP",
    "21612": "the number cannot be reached from ours",
    "21614": "the number is no mobile one",
}


class TwilioSender(Sender[TwilioSettings]):
    """With basic authentication: the Account SID and its AuthToken."""

    credential: ClassVar[str] = "the Auth Token"
    # Error 21617: a body of more than 1600 characters, whatever its alphabet.
    septets = units = 1600

    async def send(self, note: Note) -> str:
        own = self.settings
        fields = {"To": note.to, "Body": note.text}
        if own.messaging_service_sid:
            fields["MessagingServiceSid"] = own.messaging_service_sid
        else:
            fields["From"] = note.sender
        if note.receipts:
            fields["StatusCallback"] = note.receipts
        url = f"{own.api_base_url.rstrip('/')}/2010-04-01/Accounts/{own.account_sid}/Messages.json"
        auth = aiohttp.encode_basic_auth(own.account_sid, own.auth_token.reveal())
        answer = await self.line.call("POST", url, data=fields, headers={"Authorization": auth})
        said = answer.json()
        sid, code = text_of(said.get("sid")), text_of(said.get("code"))
        if answer.status == 201 and sid:
            return sid
        if answer.status < 300:
            raise OutcomeUnknown("Twilio took the message and gave no id")
        if code in _PASSING:
            raise ProviderUnavailable(f"Twilio answered {answer.status} {code}".strip())
        raise ProviderRefused(f"Twilio {code or answer.status}: {_KNOWN.get(code, 'refused')}")


SENDER = TwilioSender
