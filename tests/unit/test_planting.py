"""What is planted is well-formed, and is found in every spelling."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from quopri import encodestring
from urllib.parse import quote, quote_plus

import pytest

from normalizer.numbers import is_nik, to_e164
from tests.faults.rows.planting import Search

TOKEN = "rahasia+uji/2611=="


def test_the_people_are_well_formed_and_nobody_is_another() -> None:
    search = Search({})
    people = [search.person("sms") for _ in range(300)]
    assert all(is_nik(one.nik) and to_e164(one.phone) == one.phone for one in people)
    assert len({value for one in people for value in one.values}) == 300 * len(people[0].values)


@pytest.mark.parametrize("before", ["", "a", "ab"])
@pytest.mark.parametrize(
    "written",
    [
        str,
        quote,
        lambda text: quote(text, safe=""),
        quote_plus,
        json.dumps,
        lambda text: text.replace("@", "\\u0040").replace("+", "\\u002b"),
        lambda text: b64encode(text.encode()).decode(),
        lambda text: urlsafe_b64encode(text.encode()).decode(),
        lambda text: text.encode().hex(),
        lambda text: encodestring(text.encode()).decode().replace("=\n", ""),
        lambda text: repr(text.encode()),
    ],
)
def test_each_spelling_is_found(before: str, written: Callable[[str], str]) -> None:
    search = Search({"account.secret": TOKEN})
    siti, _ = search.person("sms"), search.person("mail")
    for what in (siti.nik, siti.phone, siti.email):
        hits = search.hits("log", f"from={written(before + what + ' x')}")
        assert len(hits) == 1 and "(sms)" in hits[0], hits
    assert search.hits("log", written(f"{before}{siti.text}"), people=False) == []
    assert len(search.hits("log", written(f"{before}{TOKEN}&"))) == 1
    assert TOKEN not in search.hits("log", f"key={TOKEN}")[0]
