"""Who a WhatsApp sender is: a number where there is one, else an id, never a crash."""

from __future__ import annotations

import pytest

from adapters.whatsapp.people import Card, _Profile, e164, person

SITI = Card(
    profile=_Profile(name="Siti Contoh", username="@siticontoh"), wa_id="6281200000011", user_id="ID.77"
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("6281200000011", "+6281200000011"),
        ("+6281200000011", "+6281200000011"),
        ("62811127206", "+62811127206"),
        ("5678", ""),
        ("bla", ""),
        ("ID.1234", ""),
        ("", ""),
        ("9" * 40, ""),
        ("٦٢٨١٢", ""),
    ],
)
def test_numbers_get_their_plus(written: str, expected: str) -> None:
    assert e164(written) == expected


def test_the_number_comes_before_the_id() -> None:
    sender = person("6281200000011", "ID.77", (SITI,))
    assert (sender.reference, sender.name) == ("+6281200000011", "Siti Contoh")
    assert [contact.value for contact in sender.contacts] == ["+6281200000011", "@siticontoh"]


def test_without_from_the_card_says_who() -> None:
    assert person("", "ID.77", (SITI,)).reference == "+6281200000011"
    nameless = Card(user_id="ID.77")
    assert person("", "ID.77", (nameless,)).reference == "ID.77"
    assert person("", "", (nameless,)).reference == "ID.77"


def test_of_several_cards_only_the_senders_own_counts() -> None:
    budi = Card(profile=_Profile(name="Budi Contoh"), wa_id="6281200000012")
    assert person("6281200000012", "", (SITI, budi)).name == "Budi Contoh"
    assert person("6281200000013", "", (SITI, budi)).name == ""
    assert person("", "", ()).reference == ""
