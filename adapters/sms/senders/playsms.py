"""playSMS: `op=pv` of its web service (playSMS, documents/development/WEBSERVICES.md)."""

from __future__ import annotations

from typing import Any, ClassVar

from adapters.sms.line import Line
from adapters.sms.providers.playsms import PlaysmsSettings
from adapters.sms.segments import is_gsm
from adapters.sms.senders.base import Note, Sender, text_of
from normalizer.errors import OutcomeUnknown, ProviderRefused, ProviderUnavailable

#: Authentication failed; no token; the token is not enabled; it is not allowed from this address.
_CREDENTIALS = {"100", "104", "105", "106"}
#: Not enough credit; sending failed.
_PASSING = {"103", "200"}
#: What `sms_max_count` of playSMS lets through when nobody has changed it: three segments.
_SEGMENTS = 3


async def ask(line: Line, settings: PlaysmsSettings, operation: str, **fields: str) -> dict[str, Any]:
    """One call of the web service; its JSON. A token that is not taken becomes the account's trouble.

    Raises `ProviderUnavailable`. Errors of the operation itself are in the answer (`error_of`).
    """
    own = {"app": "ws", "u": settings.user, "h": settings.token.reveal() if settings.token else ""}
    answer = await line.call(
        "GET", settings.pull_url, params={**own, "op": operation, "format": "json", **fields}
    )
    said = answer.json()
    code = error_of(said) if said else text_of(answer.body[:40].decode("utf-8", "replace"))
    if code.removeprefix("ERR ").strip() in _CREDENTIALS:
        raise line.unauthorised(f"playSMS answered ERR {code.removeprefix('ERR ').strip()}")
    if not said:
        raise ProviderUnavailable(f"playSMS answered {answer.status} without JSON")
    return said


def error_of(said: dict[str, Any]) -> str:
    """The code of an error; empty when there is none."""
    return text_of(said.get("error")) if said.get("status") == "ERR" else ""


class PlaysmsSender(Sender[PlaysmsSettings]):
    """With a user's name and webservices token."""

    credential: ClassVar[str] = "the webservices token of the playSMS user"
    septets, units = 153 * _SEGMENTS, 67 * _SEGMENTS

    def missing(self) -> str:
        return "" if self.settings.pull_url else "options.pull_url"

    async def send(self, note: Note) -> str:
        fields = {
            "to": note.to,
            "msg": note.text,
            "unicode": "0" if is_gsm(note.text) else "1",
            "nofooter": "1",
        }
        if self.settings.from_number:
            # A sender that this user may not use would be refused; without one, playSMS takes the user's own.
            fields["from"] = self.settings.from_number
        said = await ask(self.line, self.settings, "pv", **fields)
        rows = said.get("data")
        row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else said
        code = error_of(row)
        if code in _PASSING:
            raise ProviderUnavailable(f"playSMS answered ERR {code}", retry_after=60.0)
        if code:
            raise ProviderRefused(f"playSMS answered ERR {code}")
        external_id = text_of(row.get("smslog_id"))
        if not external_id:
            raise OutcomeUnknown("playSMS took the message and names no smslog_id")
        return external_id


SENDER = PlaysmsSender
