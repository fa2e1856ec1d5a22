"""multipart/form-data as browsers write it, and as nobody should."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.shared.multipart import read
from normalizer.errors import Malformed

TYPE = "multipart/form-data; boundary=batas"


def body(*parts: tuple[str, bytes]) -> bytes:
    written = b"".join(
        b"--batas\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n" for head, content in parts
    )
    return written + b"--batas--\r\n"


@given(st.binary(max_size=300).filter(lambda content: b"--batas" not in content))
def test_a_files_bytes_arrive_as_they_are(content: bytes) -> None:
    (part,) = read(body(('Content-Disposition: form-data; name="files"; filename="a.png"', content)), TYPE)
    assert part.content == content
    assert part.filename == "a.png"


def test_names_are_unescaped_and_text_has_plain_line_ends() -> None:
    head = 'content-disposition: form-data; filename="a %22b%22.png"; name="text"'
    (part,) = read(body((head, b"satu\r\ndua\rtiga")), 'Multipart/Form-Data; charset=x; boundary="batas"')
    assert (part.name, part.filename, part.text) == ("text", 'a "b".png', "satu\ndua\ntiga")


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"", TYPE),
        (b"--batas--", "text/plain"),
        (body(("Content-Disposition: form-data", b"x")), TYPE),
        (body(('Content-Disposition: form-data; name="a"', b"x"))[:-6], TYPE),
        (b"--batas\r\nno blank line\r\n--batas--", TYPE),
        (body(*[('Content-Disposition: form-data; name="a"', b"")] * 300), TYPE),
    ],
)
def test_what_is_no_whole_form_is_malformed(content: bytes, content_type: str) -> None:
    with pytest.raises(Malformed):
        read(content, content_type)


@given(st.binary(max_size=400))
def test_no_bytes_crash_it(content: bytes) -> None:
    with contextlib.suppress(Malformed):
        read(b"--batas\r\n" + content + b"\r\n--batas--", TYPE)
