"""Records of a table: whole, in their order, whatever stands between their quotes."""

from __future__ import annotations

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.qlue.table import LINES_MAX, heading, kind_of, records

cells = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=30)


def contents(text: bytes, kind: str = "csv") -> list[bytes]:
    return [record.content for record in records(io.BytesIO(text), kind)]  # type: ignore[arg-type]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(cells, min_size=3, max_size=3), max_size=8))
def test_each_row_that_was_written_is_one_record(rows: list[list[str]]) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([["a", "b", "c"], *rows])
    found = contents(written.getvalue().encode())
    assert [next(csv.reader(io.StringIO(one.decode(), newline=""))) for one in found] == rows


def test_reading_goes_on_after_any_record() -> None:
    text = b'id,isi\n1,"satu\ndua"\n\n2,tiga\n3,"empat"\n'
    whole = list(records(io.BytesIO(text), "csv"))
    assert [record.number for record in whole] == [1, 2, 3]
    for index, record in enumerate(whole):
        rest = list(records(io.BytesIO(text), "csv", record.end, record.number))
        assert rest == whole[index + 1 :]
    assert heading(io.BytesIO(text)) == b"id,isi\n"


def test_a_quote_that_never_closes_spoils_its_own_record_alone() -> None:
    text = b'id,isi\n1,"terbuka\n' + b"".join(b"%d,baris\n" % n for n in range(2, 1000))
    found = contents(text)
    assert found[0] == b'1,"terbuka\n'
    assert len(found) == 999
    assert len(contents(text[: 20 * LINES_MAX // 4])) < 1000


def test_kinds() -> None:
    assert kind_of(b'\xef\xbb\xbf {"id": 1}\n') == "jsonl"
    assert kind_of(b"id;isi\n") == "csv"
    assert contents(b'{"a": "\\""}\n\n{"b": 2}', "jsonl") == [b'{"a": "\\""}\n', b'{"b": 2}']
