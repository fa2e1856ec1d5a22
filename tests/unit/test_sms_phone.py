"""One telephone is one person, however a provider writes its number."""

from __future__ import annotations

import pytest

from adapters.sms.phone import e164, person


@pytest.mark.parametrize(
    "written",
    [
        "+6281200001111",
        "6281200001111",
        "081200001111",
        "0812-0000-1111",
        "(0812) 0000 1111",
        " 6281200001111",  # a plus that a careless gateway did not escape
        "006281200001111",
        "+62 0812 0000 1111",
        "81200001111",
    ],
)
def test_every_spelling_of_a_number_is_one_person(written: str) -> None:
    sender = person(written, "ID")
    assert sender.reference == "+6281200001111"
    assert [contact.value for contact in sender.contacts] == ["+6281200001111"]


@pytest.mark.parametrize(
    ("written", "reference"),
    [("1708", "1708"), ("3636", "3636"), ("BANKCONTOH", "BANKCONTOH"), ("  Toko  Contoh ", "Toko Contoh")],
)
def test_short_codes_and_names_stay_as_they_are_and_cannot_be_answered(written: str, reference: str) -> None:
    sender = person(written, "ID")
    assert (sender.reference, sender.contacts) == (reference, ())


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("+6562345678", "+6562345678"),
        ("6562345678", "+6562345678"),
        ("0215550100", "+62215550100"),
        ("+14155550100", "+14155550100"),
        ("12345678901234567", None),
        ("9" * 40, None),
        ("٠٨١٢٠٠٠٠١١١١", None),
        ("", None),
    ],
)
def test_other_numbers(written: str, expected: str | None) -> None:
    assert e164(written, "ID") == expected
