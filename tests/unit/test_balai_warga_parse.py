"""What the form's parser says about each field, and that each door has words for it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.balai_warga import parse as parser
from adapters.balai_warga.api import CURES
from adapters.balai_warga.parse import Report, parse
from adapters.shared import form
from intake.web import texts
from normalizer.errors import InvalidForm, KanalError, Malformed
from normalizer.record import RawEvent

FIXTURES = Path(parser.__file__).parent / "fixtures"
RIGHT = {"form_id": "portal-contoh-0000000001", "text": "Sampah menumpuk di kali", "consent": True}


def raw(
    body: bytes, content_type: str = "application/json", door: str = "portal", **headers: str
) -> RawEvent:
    return RawEvent(
        account="balai-warga", received_at=datetime(2026, 11, 23, 4, 30, tzinfo=UTC), body=body,
        headers={"content-type": content_type, **headers}, envelope={"door": door},
    )  # fmt: skip


def problems(**fields: object) -> list[tuple[str, str]]:
    try:
        parse(raw(json.dumps({**RIGHT, **fields}).encode()))
    except InvalidForm as error:
        return list(error.problems)
    return []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, []),
        ({"lat": 91.0, "long": 0.0}, [("lat", "position")]),
        ({"lat": -6.1}, [("long", "position_half")]),
        ({"long": 106.8}, [("lat", "position_half")]),
        ({"lat": "-6.1", "long": 106.8}, [("lat", "position_half"), ("lat", "type")]),
        ({"consent": False}, [("consent", "consent_own")]),
        ({"phone": "12", "email": "siti@"}, [("phone", "phone"), ("email", "email")]),
        ({"kelurahan": "Atlantis"}, [("kelurahan", "kelurahan_unknown")]),
        ({"adress": "x"}, [("adress", "unknown_field")]),
        ({"form_id": "x"}, [("form_id", "form_id")]),
        ({"files": [{"name": "a.png", "content": "AAAA"}]}, [("files", "files_kind")]),
        ({"text": "x" * 20_001, "name": "y" * 201}, [("text", "text_long"), ("name", "too_long")]),
    ],
)
def test_every_wrong_field_is_named_in_the_pages_order(
    fields: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    assert problems(**fields) == expected


def test_the_page_and_the_portal_say_the_same() -> None:
    def message(name: str) -> dict[str, object]:
        out = json.loads((FIXTURES / f"{name}.out.json").read_text())
        return {k: v for k, v in out["items"][0]["message"].items() if k != "external_id"}

    page, portal = message("photo"), message("portal-form")
    assert page.keys() == portal.keys()
    assert page["text"] == portal["text"]


def test_each_problem_has_its_words_and_its_cure() -> None:
    source = "".join(Path(str(module.__file__)).read_text() for module in (form, parser))
    keys = set(re.findall(r'wrong\([^,()]+(?:\([^)]*\))?, "(\w+)"', source))
    keys |= set(re.findall(r'problems\.append\(\([^"]*?, "(\w+)"\)\)', source))
    keys |= {"kelurahan_unclear", "kelurahan_unknown", "files_kind", "position_half"}
    assert len(keys) > 15
    assert keys == set(CURES)
    said_by_the_page = keys - {"form_id_differs", "type", "unknown_field"}
    assert {f"problem.{key}" for key in said_by_the_page} <= set(texts.texts("id"))


def test_the_schema_names_every_field_that_is_read() -> None:
    schema = msgspec.json.schema(Report)["$defs"]["Report"]
    assert set(schema["properties"]) == set(parser.PAGE_ORDER)
    assert schema["required"] == ["text", "consent"]


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_portals_parser(body: bytes) -> None:
    for content_type in ("application/json", "multipart/form-data; boundary=b", ""):
        try:
            parse(raw(body, content_type))
        except KanalError:
            continue


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*parser.PAGE_ORDER, "lain"]), json_values, max_size=8))
def test_no_values_crash_it_and_what_is_wrong_is_named(fields: dict[str, object]) -> None:
    for field, problem in problems(**fields):
        assert field in fields or field in ("lat", "long")
        assert problem in CURES


@pytest.mark.parametrize("written", [b"Infinity", b"-Infinity", b"NaN", b"1e999"])
def test_a_number_that_json_has_not_is_refused_with_the_cure(written: bytes) -> None:
    with pytest.raises(Malformed):
        parse(raw(b'{"text": ' + written + b"}", "application/json"))
