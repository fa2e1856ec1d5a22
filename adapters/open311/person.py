"""Who reports: the fields by which a client names a person, and the reference under which we find them again."""

from __future__ import annotations

import re

import phonenumbers

from normalizer.record import Contact, Sender

from .form import Form
from .problems import Problem

_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", re.IGNORECASE)
_LINE_MAX = 200


def read_person(form: Form, client: str, problems: list[Problem]) -> Sender:
    """The sender as `form` names them; `reference` is empty when it names nobody. Adds to `problems`."""
    phone, email = _phone(form, problems), _email(form, problems)
    names = (_line(form, problems, name) for name in ("first_name", "last_name"))
    name = " ".join(part for part in names if part)
    reference = ""
    if email or phone:
        contact = (*email, *phone)[0]
        reference = f"{contact.kind}:{contact.value}"
    elif account := _line(form, problems, "account_id"):
        reference = f"account:{client}:{account}"
    elif device := _line(form, problems, "device_id", "deviceid"):
        reference = f"device:{client}:{device}"
    return Sender(reference=reference, name=name, contacts=(*phone, *email))


def _line(form: Form, problems: list[Problem], *names: str) -> str:
    value = " ".join(form.get(*names).split())
    if len(value) > _LINE_MAX:
        problem = f"has more than {_LINE_MAX} characters"
        problems.append(Problem(field=names[0], problem=problem, cure="Shorten it"))
    return value


def _phone(form: Form, problems: list[Problem]) -> tuple[Contact, ...]:
    written = form.get("phone")
    if not written:
        return ()
    try:
        number = phonenumbers.parse(written[:_LINE_MAX], "ID")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        cure = "Send a number such as 081200001234 or +6281200001234, or leave it out"
        problems.append(Problem(field="phone", problem="is no telephone number", cure=cure))
        return ()
    return (
        Contact(kind="phone", value=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)),
    )


def _email(form: Form, problems: list[Problem]) -> tuple[Contact, ...]:
    written = form.get("email")
    if not written:
        return ()
    if not _EMAIL.fullmatch(written):
        problems.append(
            Problem(field="email", problem="is no e-mail address", cure="Correct it, or leave it out")
        )
        return ()
    return (Contact(kind="email", value=written.lower()),)
