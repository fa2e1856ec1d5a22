"""A citizen of WhatsApp, and Meta itself: deliveries in batches, a Graph API that gives files to the token only."""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64encode
from datetime import UTC, datetime

from adapters.base import Account, Gateway, Letter
from adapters.shared.meta import signed
from adapters.shared.meta_fake import MetaSimulator, words
from adapters.shared.meta_fake_graph import Json, Product
from adapters.whatsapp.adapter import WhatsappSettings
from normalizer.record import RawEvent


def sign(raw: RawEvent, settings: WhatsappSettings) -> RawEvent:
    """`raw` with the header that Meta adds to every POST."""
    return signed(raw, settings)


def simulator(account: Account, settings: WhatsappSettings, gateway: Gateway) -> WhatsappSimulator:
    return WhatsappSimulator(account, settings, gateway)


class WhatsappSimulator(MetaSimulator[WhatsappSettings]):
    """Citizens who write to one number."""

    PRODUCT: Product = "whatsapp"
    OWN = "phone_number_id"

    def body(self, letter: Letter) -> Json:
        sender = _number(letter.sender)
        messages = self._messages(letter, sender)
        value: Json = {
            "messaging_product": "whatsapp",
            "metadata": {
                "display_phone_number": "622155500100",
                "phone_number_id": self.settings.phone_number_id,
            },
        }
        # What became of an earlier answer comes as a change of its own, often in the same body.
        status = {"id": "wamid.contoh-answer", "status": "read", "recipient_id": sender}
        told: list[Json] = [
            {
                **value,
                "contacts": [{"profile": {"name": letter.sender}, "wa_id": sender}],
                "messages": messages,
            },
            {**value, "statuses": [{**status, "timestamp": messages[0]["timestamp"]}]},
        ]
        changes = [{"value": one, "field": "messages"} for one in told]
        return {
            "object": "whatsapp_business_account",
            "entry": [{"id": "100200300400500", "changes": changes}],
        }

    def _tapped(self, letter: Letter, name: str, sender: str) -> Json:
        """The button or row of a message of ours, as WhatsApp tells that it was tapped."""
        kinds = [
            content["interactive"]["type"]
            for _, content in self.graph.sent
            if content.get("type") == "interactive" and letter.tap in str(content)
        ]
        kind = f"{kinds[-1]}_reply" if kinds else "button_reply"
        return {
            "from": sender,
            "id": name,
            "timestamp": str(int(datetime.now(UTC).timestamp())),
            "type": "interactive",
            "context": {"from": "622155500100", "id": "wamid.answer-1"},
            "interactive": {"type": kind, kind: {"id": letter.tap, "title": letter.text}},
        }

    def _messages(self, letter: Letter, sender: str) -> list[Json]:
        """`letter` as WhatsApp sends it: one message per photo, the place last; the later ones quote the first."""
        first = f"wamid.contoh-{letter.number}"
        if letter.tap:
            return [self._tapped(letter, first, sender)]
        frame: Json = {"from": sender, "timestamp": str(int(datetime.now(UTC).timestamp()))}
        found: list[Json] = []
        for (media_id, _), photo in zip(self.stored(letter), letter.photos, strict=True):
            sha256 = b64encode(hashlib.sha256(photo).digest()).decode()
            found.append(
                {"type": "image", "image": {"id": media_id, "mime_type": "image/jpeg", "sha256": sha256}}
            )
        if found:
            found[0]["image"]["caption"] = words(letter)
        elif words(letter) or letter.latitude is None:
            found.append({"type": "text", "text": {"body": words(letter)}})
        if letter.latitude is not None and letter.longitude is not None:
            spot = {"latitude": letter.latitude, "longitude": letter.longitude}
            found.append({"type": "location", "location": spot})
        quoted = {"context": {"from": sender, "id": first}}
        return [
            {**frame, **({"id": f"{first}-{index}", **quoted} if index else {"id": first}), **message}
            for index, message in enumerate(found)
        ]


def _number(sender: str) -> str:
    """A number for a simulated person, the same each time, without the plus, as WhatsApp writes it."""
    return f"62812000{zlib.crc32(sender.encode()) % 100_000:05d}"
