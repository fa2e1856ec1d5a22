"""LAPOR's items: cutting, values, the mapping, and what a record shows of the two flags. No network."""

from __future__ import annotations

import contextlib
import json
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import adapters.sp4n_lapor
from adapters.base import Accepted, Account, NotRead, Ports
from adapters.sp4n_lapor.adapter import LaporAdapter
from adapters.sp4n_lapor.api import filled
from adapters.sp4n_lapor.frame import cut, value_at
from adapters.sp4n_lapor.parse import Mapping, read_item
from adapters.sp4n_lapor.reading import flag, moment, put, steps, walk
from adapters.sp4n_lapor.settings import LaporSettings
from adapters.sp4n_lapor.xmltree import read
from normalizer.assemble import assemble
from normalizer.errors import Misconfigured, Unreadable
from normalizer.settings import convert
from tests.intake_world import HeldClock

JAKARTA = ZoneInfo("Asia/Jakarta")
KEYS = {"token": "token-uji", "push_key": "kunci-uji-yang-cukup-panjang"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def settings(**changed: Any) -> LaporSettings:
    return convert(LaporSettings, KEYS | changed, "account.lapor.settings", lambda value: value)


def build(**changed: Any) -> LaporAdapter:
    return LaporAdapter(
        Account(name="lapor", adapter="sp4n_lapor"),
        settings(**changed),
        Ports(inbox=None, clock=HeldClock(), new_spool=None),  # type: ignore[arg-type]
    )


# cutting


@given(st.lists(JSON, max_size=6), st.booleans())
def test_whatever_json_the_items_are_each_is_cut_out_as_it_is(items: list[Any], spaced: bool) -> None:
    frame = {"meta": {"data": [1], 'a"]': "}"}, "data": items, "next": "x"}
    body = json.dumps(frame, indent=2 if spaced else None).encode()
    assert [json.loads(item) for item in cut(body, "data")] == items
    assert value_at(body, "next") == "x"


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_unreadable(body: bytes) -> None:
    for form in ("json", "xml"):
        with contextlib.suppress(Unreadable):
            cut(body, "data", form)  # type: ignore[arg-type]


def test_a_list_at_the_root_in_a_list_and_behind_a_pointer() -> None:
    assert cut(b'[{"a":1}, 2]', "") == [b'{"a":1}', b"2"]
    assert cut(b'{"a":[0,{"b/c":[7]}]}', "/a/1/b~1c") == [b"7"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"data"}', b'{"data":[1 2]}', b'{"data":[1', b'{"data":}', b"null"]
)
def test_what_is_no_list_says_so(body: bytes) -> None:
    with pytest.raises(Unreadable):
        cut(body, "data")


def test_a_deep_broken_or_huge_item_costs_no_other() -> None:
    bad = [
        b"[" * 100_000 + b"]" * 100_000,
        b'{"isi": NaN}',
        b'{"isi": "\xff"}',
        b'"' + b"a" * 2_000_000 + b'"',
    ]
    body = b'{"data":[{"n":1},' + b",".join(bad) + b',{"n":2}]}'
    items = cut(body, "data")
    assert (items[0], items[-1], len(items)) == (b'{"n":1}', b'{"n":2}', 6)
    mapping = Mapping.of(settings())
    assert all(isinstance(one, NotRead) for item in items[1:-1] for one in read_item(item, mapping))


def test_a_batch_without_end_is_not_unfolded() -> None:
    with pytest.raises(Unreadable, match="more than"):
        cut(b'{"data":[' + b",".join([b"1"] * 1001) + b"]}", "data")


def test_xml_becomes_plain_values() -> None:
    found = read(
        b'<?xml version="1.0" encoding="iso-8859-1"?><a:d x="1"><e>caf\xe9&#11;</e><e/><f p="q">t</f></a:d>'
    )
    assert found == {"x": "1", "e": ["café", ""], "f": {"p": "q", "#text": "t"}}
    assert read(b"<a>" * 5000 + b"</a>" * 5000) is not None


@pytest.mark.parametrize(
    "body",
    [b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"<a>", b'<?xml version="1.0" encoding="utf-7"?><a/>'],
)
def test_xml_that_brings_a_bomb_or_no_end_is_refused(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


# values


@pytest.mark.parametrize(
    "value", ["1", 1, True, "ya", "YA", "true", " Y ", "t", 2, "rahasia", {"kode": 1}, [0]]
)
def test_a_flag_is_set_by_every_form_that_is_not_a_no(value: Any) -> None:
    assert flag(value, Mapping.of(settings()).no)


@pytest.mark.parametrize("value", ["0", 0, False, "tidak", "Tidak ", "false", "", 0.0, [], {}, "N"])
def test_a_flag_is_not_set_by_a_no(value: Any) -> None:
    assert not flag(value, Mapping.of(settings()).no)


def test_naive_times_are_jakartas_and_nonsense_is_none() -> None:
    expected = datetime(2026, 11, 23, 3, 15, tzinfo=UTC)
    for value in ("2026-11-23 10:15:00", "2026-11-23T03:15:00Z", 1795403700, "1795403700000", "1795403700"):
        assert moment(value, JAKARTA) == expected
    assert moment("23/11/2026 10.15", JAKARTA, "%d/%m/%Y %H.%M") == expected
    for value in (None, "", "kemarin", True, {}, "9" * 60, "1e999", -1, "2026-13-45"):
        assert moment(value, JAKARTA) is None


@given(st.lists(st.sampled_from(["a", "0", "b/c", "~", "2"]), min_size=1, max_size=4))
def test_what_is_put_at_a_pointer_is_found_there(way: list[str]) -> None:
    path = "/" + "/".join(step.replace("~", "~0").replace("/", "~1") for step in way)
    assert steps(path) == way
    assert walk(put({}, way, "x"), path) == "x"


def test_a_template_keeps_types_and_fills_only_what_it_knows() -> None:
    values = {"text": "a {key} b", "private": True, "key": "k"}
    template = {"a": ["{text}!"], "b": "{private}", "c": 3, "d": "{lain} {key.__class__}"}
    assert filled(template, values) == {"a": ["a {key} b!"], "b": True, "c": 3, "d": "{lain} {key.__class__}"}


# the mapping


@given(JSON)
def test_no_item_breaks_the_reader(item: Any) -> None:
    body = {
        "tracking_id": "1",
        "isi": "x",
        "lokasi": item,
        "pelapor": item,
        "lampiran": item,
        "tindak_lanjut": item,
    }
    for one in ({**body, "tanggal": item, "versi": item, "rahasia": item}, {**body, "jenis": item}, item):
        assert read_item(json.dumps(one).encode(), Mapping.of(settings())) is not None


@pytest.mark.parametrize("confidential", [False, True])
@pytest.mark.parametrize("anonymous", [False, True])
def test_the_two_flags_stay_apart_up_to_the_record(confidential: bool, anonymous: bool) -> None:
    item = {"tracking_id": 1, "isi": "Jalan rusak.", "rahasia": int(confidential), "anonim": int(anonymous)}
    (found,) = read_item(json.dumps(item).encode(), Mapping.of(settings()))
    assert isinstance(found, Accepted)
    record = assemble(
        complaint_id="1",
        ticket="1",
        adapter="sp4n_lapor",
        account="lapor",
        channel="sp4n_lapor",
        received_at=datetime(2026, 11, 23, tzinfo=UTC),
        messages=[found.message],
        raw_sha256=(),
        reference="r",
    )
    assert (record.confidential, record.anonymous, record.lapor_number) == (confidential, anonymous, "1")


# the settings


@pytest.mark.parametrize(
    ("changed", "setting"),
    [
        ({"token": ""}, "token"),
        ({"modes": []}, "modes"),
        ({"modes": ["push"], "push_key": "pendek"}, "push_key"),
        ({"api_base_url": "http://lapor.example.go.id"}, "api_base_url"),
        ({"time_zone": "Asia/Nowhere"}, "time_zone"),
        ({"time_format": "besok"}, "time_format"),
        ({"fields": {"number": ""}}, "fields.number"),
        ({"fields": {"nomor": "x"}}, "fields"),
        ({"pull": {"since_format": "kapan"}}, "pull.since_format"),
        ({"pull": {"page": ""}}, "pull.page"),
        ({"status": {"path": "/s/{id}", "body": {"a": "b"}}}, "status.body"),
        ({"follow_up": {"path": "s", "body": {"a": "{text}"}}}, "follow_up.path"),
    ],
)
def test_a_setting_that_cannot_work_is_named(changed: dict[str, Any], setting: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        build(**changed)
    assert caught.value.setting == f"account.lapor.settings.{setting}"
    assert caught.value.cure


# the page for operators


def blocks(language: str) -> list[str]:
    text = (Path(adapters.sp4n_lapor.__file__).parent / "doc.md").read_text()
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_accounts_in_the_documentation_work() -> None:
    for block in blocks("toml"):
        build(**{**tomllib.loads(block)["account"][0]["settings"], **KEYS})


def test_the_worked_example_reads_its_own_answer() -> None:
    table = tomllib.loads(blocks("toml")[1])["account"][0]["settings"]
    mapping = Mapping.of(settings(**{**table, **KEYS}))
    (item,) = cut(blocks("json")[0].encode(), table["pull"]["items"])
    report, comment = read_item(item, mapping)
    assert isinstance(report, Accepted) and isinstance(comment, Accepted)
    found = report.message
    assert (found.external_id, found.subject, found.category) == ("A-2026/77", "Sampah", "sampah")
    assert (found.confidential, found.anonymous, found.sender.name) == (True, False, "Siti Contoh")
    assert found.sent_at == datetime(2026, 11, 23, 3, 15, tzinfo=UTC)
    assert found.place.coordinates is not None and found.place.coordinates.latitude == -6.1876
    assert found.attachments[0].remote == "https://integrasi.example.go.id/files/1.jpg"
    assert (comment.message.external_id, comment.message.follows) == ("A-2026/77/5", ("A-2026/77",))
    assert comment.message.sender.reference == found.sender.reference == "u1"
