"""What the bot understands of what was told so far: the normaliser's steps, but for those that only a record needs."""

from __future__ import annotations

from collections.abc import Callable

from complaint_queue.journal import ComplaintFile
from intake.conversation.dialogue import Understood
from intake.conversation.intents import emergency_kind, is_sensitive
from intake.conversation.texts import answer_language
from normalizer.assemble import assemble
from normalizer.identity import encode_id
from normalizer.media import known
from normalizer.pipeline import STEPS, Context, normalise

#: What we are sure of only from here on.
SURE_THANKS, SURE_COMPLAINT = 0.8, 0.7
#: Nobody is asked about these: what it is about, whether it was told before, what may be shown of it.
_NOT_ASKED = ("category", "duplicate", "privacy")
_STEPS = tuple(step for step in STEPS if step[0] not in _NOT_ASKED)


def understand(file: ComplaintFile, adapter_of: Callable[[str], str], context: Context) -> Understood:
    """Of a complaint that is being told: the file has those messages that are to be understood, at least one."""
    made = assemble(
        complaint_id=encode_id(file.complaint_id),
        ticket=file.ticket,
        adapter=adapter_of(file.account),
        account=file.account,
        channel=file.channel,
        received_at=file.messages[0].received_at,
        messages=[m.message for m in file.messages],
        raw_sha256=(),
        reference="",
    )
    record = normalise(made, known(context, file.media), _STEPS)
    place = record.place
    return Understood(
        words=len(record.text.split()),
        place=bool(place.kelurahan or place.kecamatan or place.coordinates or place.inside is False),
        emergency="emergency" in record.flags,
        emergency_kind=emergency_kind(record.text),
        sensitive=is_sensitive(record.text),
        surely_thanks=record.kind == "thanks" and record.kind_confidence >= SURE_THANKS,
        surely_complaint=record.kind == "complaint" and record.kind_confidence >= SURE_COMPLAINT,
        language=answer_language(record.language),
        files=len(record.attachments),
    )
