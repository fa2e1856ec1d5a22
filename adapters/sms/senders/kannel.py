"""Kannel's smsbox: GET /cgi-bin/sendsms (Kannel user guide, "Using SendSMS to send SMS through the gateway").

The answer names no id, so ours goes with the address for delivery reports, and comes back in it.
"""

from __future__ import annotations

from typing import ClassVar

from adapters.sms.providers.kannel import KannelSettings
from adapters.sms.segments import is_gsm
from adapters.sms.senders.base import Note, Sender
from normalizer.errors import OutcomeUnknown, ProviderRefused

#: delivered, undelivered, queued at the centre, taken by the centre, refused by the centre
_EVERY_REPORT = "31"


class KannelSender(Sender[KannelSettings]):
    """With the user name and password of a sendsms-user group, whose `max-messages` is 10 and `concatenation` true."""

    credential: ClassVar[str] = "the password of the sendsms-user group in kannel.conf"

    def missing(self) -> str:
        return "" if self.settings.sendsms_url else "options.sendsms_url"

    async def send(self, note: Note) -> str:
        own = self.settings
        fields = {
            "username": own.username,
            "password": own.password.reveal() if own.password else "",
            "from": note.sender,
            "to": note.to,
            "text": note.text,
            "charset": "UTF-8",
            "coding": "0" if is_gsm(note.text) else "2",
            "dlr-mask": _EVERY_REPORT,
            "dlr-url": f"{note.receipts}?ref={note.reference}&dlr=%d&ts=%T&answer=%A",
        }
        if own.smsc:
            fields["smsc"] = own.smsc
        answer = await self.line.call("GET", own.sendsms_url, params=fields)
        said = answer.body[:200].decode("utf-8", "replace").strip()
        if answer.status in (200, 202) and said.startswith(("0:", "3:", "Sent")):
            return note.reference
        if answer.status in (200, 202):
            raise OutcomeUnknown("Kannel's answer is not understood")
        raise ProviderRefused(f"Kannel {answer.status}: {said[:100]}")


SENDER = KannelSender
