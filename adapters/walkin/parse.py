"""The walk-in form: multipart bytes and the clerk's envelope become one message, or every wrong field at once.

The envelope is written by our own page after it has proved the session: `clerk` (login), `office_code`, and the
`ticket` that was reserved for this entry, if one was. `entered_at` is a field of the form: an entry that was typed
without network comes later than it was made.
What is said at the Inspektorat is confidential unless the form says `not_confidential`: a box that was lost on the way,
or that nobody looked at, makes nothing public.

Problems are keys of the page's message files (`problem.<key>`), so that they can be said in the clerk's language.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from adapters.base import Accepted
from adapters.shared.form import Form, chosen_files, text_fields
from adapters.shared.multipart import read
from adapters.walkin.nik import Nik, read_nik
from normalizer.errors import InvalidForm, Unreadable
from normalizer.identity import ticket_day
from normalizer.offices import Office, find_office, offices
from normalizer.record import Authenticity, Contact, Message, RawEvent, Sender

_PAGE_ORDER = (
    *("form_id", "text", "category", "kelurahan", "address", "files"),
    *("against_office", "name", "phone", "nik", "email", "on_behalf_of", "consent"),
)
#: An entry may wait so long in a desk's browser; a clock that says more is wrong.
_LATEST = timedelta(days=60)
#: How a form says "the office where we stand" without writing its name.
_HERE = frozenset((".", "kantor ini", "this office"))


def parse(raw: RawEvent) -> Sequence[Accepted]:
    """The one message of a form. Raises `InvalidForm`, `Malformed` or, without a clerk, `Unreadable`."""
    office = offices().get(raw.envelope.get("office_code", ""))
    if office is None or not raw.envelope.get("clerk"):
        raise Unreadable("a walk-in form without a clerk or an office")
    parts = read(raw.body, raw.headers.get("content-type", ""))
    form = Form(text_fields(parts), chosen_files(parts), ticket_day(raw.received_at))
    message = _message(form, raw, office)
    if form.problems:
        raise InvalidForm(tuple(sorted(form.problems, key=lambda problem: _PAGE_ORDER.index(problem[0]))))
    return (Accepted(message=message, contents=dict(enumerate(part.content for part in form.files))),)


def _message(form: Form, raw: RawEvent, office: Office) -> Message:
    """What the form says; only good when its `problems` stayed empty."""
    external_id = form.form_id()
    name = form.line("name")
    nik = _nik(form)
    contacts = (*form.phone(), *form.email())
    sender = Sender(
        reference=_reference(form, office, external_id, name, nik, contacts),
        name=name,
        contacts=contacts,
        nik=nik,
    )
    message = Message(
        external_id=external_id,
        sent_at=_entered_at(form, raw.received_at),
        sender=sender,
        on_behalf_of=form.line("on_behalf_of"),
        text=form.text(),
        original_text=form.fields.get("text", ""),
        category=form.category(),
        place=form.place(),
        attachments=form.attachments(),
        anonymous=form.ticked("anonymous"),
        confidential=_confidential(form, office),
        channel=office.channel,
        office_code=office.code,
        against_office=_against(form, office),
        clerk_id=raw.envelope["clerk"],
        ticket=raw.envelope.get("ticket", ""),
        authenticity=Authenticity(method="session"),
    )
    if not form.ticked("consent"):
        form.wrong("consent", "consent")
    return message


def _entered_at(form: Form, received_at: datetime) -> datetime:
    """When the clerk saved it, by the desk's own clock, as far as that can be believed."""
    try:
        entered = datetime.fromisoformat(form.fields.get("entered_at", "").strip())
    except ValueError:
        return received_at
    if entered.tzinfo is None or not received_at - _LATEST < entered < received_at:
        return received_at
    return entered.astimezone(UTC)


def _confidential(form: Form, office: Office) -> bool:
    return form.ticked("confidential") or (office.confidential and not form.ticked("not_confidential"))


def _against(form: Form, office: Office) -> str:
    """The code of the office that the complaint is about, or whose official it is about."""
    written = form.line("against_office")
    if not written:
        return ""
    if written.casefold() in _HERE:
        return office.code
    found = find_office(written)
    if len(found) != 1:
        form.wrong("against_office", "against_unclear" if found else "against_unknown")
        return ""
    return found[0].code


def _nik(form: Form) -> str:
    written = form.line("nik")
    if not written:
        return ""
    read_as = read_nik(written, form.day)
    if isinstance(read_as, Nik):
        return read_as.number
    form.wrong("nik", f"nik_{read_as}")
    return ""


def _reference(
    form: Form, office: Office, external_id: str, name: str, nik: str, contacts: tuple[Contact, ...]
) -> str:
    """The same citizen at the same counter is found again; without any identity, each form stands alone."""
    if nik:
        return f"nik:{nik}"
    if contacts:
        return f"{contacts[0].kind}:{contacts[0].value}"
    if name and not form.ticked("anonymous"):
        return f"name:{office.code}:{name.casefold()}"
    return f"form:{external_id}"
