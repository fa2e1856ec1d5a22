"""Tickets, ids and tracking codes: what a person may mistype, and what nobody may guess."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from normalizer.identity import (
    Secrets,
    claim_of,
    decode_id,
    encode_id,
    read_ticket,
    ticket_day,
    ticket_of,
)

DAYS = st.dates(date(2020, 1, 1), date(2099, 12, 31))
NUMBERS = st.integers(1, 99_999_999)


@given(DAYS, NUMBERS)
def test_a_ticket_is_read_back_as_people_write_it(day: date, number: int) -> None:
    ticket = ticket_of(day, number)
    assert read_ticket(ticket) == ticket
    assert read_ticket(ticket.replace("-", " ")) == ticket
    assert read_ticket(ticket.replace("-", "")) == ticket


@given(DAYS, NUMBERS, st.data())
def test_any_one_wrong_digit_is_caught(day: date, number: int, data: st.DataObject) -> None:
    digits = ticket_of(day, number).replace("-", "")
    at = data.draw(st.integers(0, len(digits) - 1))
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != digits[at]]))
    assert read_ticket(digits[:at] + wrong + digits[at + 1 :]) is None


@given(DAYS, NUMBERS, st.data())
def test_any_swap_of_neighbours_is_caught(day: date, number: int, data: st.DataObject) -> None:
    digits = ticket_of(day, number).replace("-", "")
    at = data.draw(st.integers(0, len(digits) - 2))
    if digits[at] != digits[at + 1]:
        assert read_ticket(digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]) is None


def test_a_ticket_has_only_digits_because_they_have_no_look_alikes() -> None:
    assert ticket_of(date(2026, 11, 23), 42).replace("-", "").isdigit()
    assert ticket_of(date(2026, 11, 23), 42).startswith("261123-0042-")


def test_the_ticket_counts_on_the_day_in_jakarta() -> None:
    assert ticket_day(datetime(2026, 11, 23, 17, 0, tzinfo=UTC)) == date(2026, 11, 24)
    assert ticket_day(datetime(2026, 11, 23, 16, 59, tzinfo=UTC)) == date(2026, 11, 23)


@given(st.integers(0, 2**63 - 1))
def test_an_id_survives_its_text(number: int) -> None:
    assert decode_id(encode_id(number)) == number
    assert decode_id(encode_id(number).lower()) == number


@given(st.integers(0, 2**63 - 2))
def test_ids_sort_as_their_numbers(number: int) -> None:
    assert encode_id(number) < encode_id(number + 1)


@given(st.integers(0, 2**63 - 1), st.data())
def test_a_tracking_code_opens_its_complaint_and_no_other(number: int, data: st.DataObject) -> None:
    secrets = Secrets(b"k" * 32)
    code = secrets.tracking_code(number)
    assert secrets.read_tracking_code(code) == number
    assert secrets.read_tracking_code(f" {code[:13]}-{code[13:]} ".lower()) == number
    at = data.draw(st.integers(0, 25))
    wrong = data.draw(st.sampled_from([c for c in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" if c != code[at]]))
    assert secrets.read_tracking_code(code[:at] + wrong + code[at + 1 :]) is None
    assert Secrets(b"x" * 32).read_tracking_code(code) is None


@given(st.text(max_size=40))
def test_no_text_breaks_the_readers(text: str) -> None:
    Secrets(b"k" * 32).read_tracking_code(text)
    read_ticket(text)


def test_what_is_claimed_depends_on_every_part() -> None:
    claims = {
        claim_of("a", "1"),
        claim_of("b", "1"),
        claim_of("a", "2"),
        claim_of("a", "1", "edit"),
        claim_of("a", "1", "new", "v"),
    }
    assert len(claims) == 5
    assert claim_of("a", "\ud800") != claim_of("a", "?")


def test_people_are_found_again_without_their_address() -> None:
    secrets = Secrets(b"k" * 32)
    assert secrets.person("sms", "+6281200001111") == secrets.person("sms", "+6281200001111")
    assert secrets.person("sms", "+6281200001111") != secrets.person("telegram", "+6281200001111")
    assert b"6281200001111" not in secrets.person("sms", "+6281200001111")
