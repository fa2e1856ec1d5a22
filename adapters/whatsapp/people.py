"""Who wrote: a telephone number in E.164 where there is one, else the user's id. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

import phonenumbers
from msgspec import Struct
from phonenumbers import NumberParseException, PhoneNumberFormat

from adapters.shared.meta_batch import Id, text_of
from normalizer.record import Contact, Sender

#: A user's id for one business: country, maybe ENT, letters and digits.
_USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")


class _Profile(Struct, frozen=True):
    name: str | None = None
    username: str | None = None


class Card(Struct, frozen=True):
    """One of `contacts`: what WhatsApp tells of a sender."""

    profile: _Profile | None = None
    wa_id: Id | None = None
    user_id: Id | None = None


def person(number: str, user_id: str, cards: Sequence[Card]) -> Sender:
    """The sender with `from` and `from_user_id` as given; either may be empty, or be no number and no id.

    The number comes first, because a person's earlier messages are known by it; a user's id only where no number
    is given.
    """
    card = _card(number, user_id, cards)
    if card is not None:
        number = number or text_of(card.wa_id)
        user_id = user_id or text_of(card.user_id)
    phone = e164(number)
    names = [name for name in (number, user_id) if is_user_id(name)]
    profile = (card.profile if card else None) or _Profile()
    contacts = (Contact(kind="phone", value=phone),) if phone else ()
    handle = (profile.username or "").strip().lstrip("@")
    if handle:
        contacts = (*contacts, Contact(kind="handle", value=f"@{handle}"))
    return Sender(
        reference=phone or (names[0] if names else number or user_id),
        name=(profile.name or "").strip(),
        contacts=contacts,
    )


def is_user_id(name: str) -> bool:
    """Whether `name` is a user's id for our business, and no telephone number."""
    return _USER_ID.fullmatch(name) is not None


def _card(number: str, user_id: str, cards: Sequence[Card]) -> Card | None:
    """The card of this sender; the only one there is when ids are written in different ways (Brazil, Mexico)."""
    for card in cards:
        if (number and text_of(card.wa_id) == number) or (user_id and text_of(card.user_id) == user_id):
            return card
    return cards[0] if len(cards) == 1 else None


def e164(written: str) -> str:
    """A WhatsApp id as a telephone number (it has the country code, and no plus); empty when it is none."""
    digits = written.strip().removeprefix("+")
    if not (digits.isascii() and digits.isdigit()) or not 7 <= len(digits) <= 15:
        return ""
    try:
        number = phonenumbers.parse("+" + digits, None)
    except NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
