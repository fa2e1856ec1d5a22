"""Under which id a form of the desk is one complaint, however often it comes.

Three kinds, all of one clerk alone:

    <number>.<MAC>              handed out with the page
    T<ticket>-<random>.<MAC>    handed out with a reserved ticket, for an entry that may be typed without network
    L-<clerk>-<random>          made by the page itself when it has none of those left; its ticket comes later
"""

from __future__ import annotations

import re
import secrets

from msgspec import Struct

from intake.web import guard
from normalizer.identity import Secrets, read_ticket

_RESERVED = re.compile(r"T(\d{11,15})-[A-Za-z0-9_-]{16,32}")
_OWN = re.compile(r"L-([0-9a-f]{12})-[A-Za-z0-9_-]{16,32}")


class FormId(Struct, frozen=True):
    """A form's number; `ticket` is the reserved one that it bears, or empty."""

    number: str
    ticket: str = ""


def clerk_mark(keys: Secrets, login: str) -> str:
    """A clerk as the pages name them: twelve hexadecimal digits that say nothing to anybody else."""
    return keys.sign("desk-clerk", login)[:12]


def store_key(keys: Secrets, login: str) -> str:
    """The key (128 bits, hexadecimal) under which a browser keeps what this clerk has not sent yet."""
    return keys.sign("desk-store", login)


def new_form(keys: Secrets, login: str) -> str:
    """An id for the form of one page."""
    number = secrets.token_urlsafe(18)
    return f"{number}.{keys.sign('form', f'{login}.{number}')}"


def reserved_form(keys: Secrets, login: str, ticket: str) -> str:
    """An id for the one entry that may bear this reserved ticket."""
    number = f"T{ticket.replace('-', '')}-{secrets.token_urlsafe(12)}"
    return f"{number}.{keys.sign('form-ticket', f'{login}.{number}')}"


def read_form(keys: Secrets, login: str, written: str) -> FormId:
    """Raises `guard.Refused` for an id that was not handed to this clerk."""
    number, _, mark = written.partition(".")
    own = _OWN.fullmatch(written)
    if own is not None and own[1] == clerk_mark(keys, login):
        return FormId(written)
    reserved = _RESERVED.fullmatch(number)
    if reserved is not None and keys.verify("form-ticket", f"{login}.{number}", mark):
        return FormId(number, read_ticket(reserved[1]) or "")
    if keys.verify("form", f"{login}.{number}", mark):
        return FormId(number)
    raise guard.Refused("the form was not handed to this clerk")
