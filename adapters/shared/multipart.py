"""multipart/form-data (RFC 7578) as browsers write it (WHATWG HTML 4.10.21.8), from bytes that are all there."""

from __future__ import annotations

import re

from msgspec import Struct

from normalizer.errors import Malformed

#: More parts than any form of ours has.
MAX_PARTS = 200
_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_PARAMETER = re.compile(r'(?:^|[;\s])(name|filename)="([^"]*)"', re.IGNORECASE)


class Part(Struct, frozen=True, kw_only=True):
    """One field or file. `filename` is None for a field, and empty for a file input without a file."""

    name: str
    content: bytes
    filename: str | None = None
    media_type: str = ""

    @property
    def text(self) -> str:
        """The field's value: UTF-8, line ends as newlines."""
        return self.content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def read(body: bytes, content_type: str) -> tuple[Part, ...]:
    """The parts in order. Raises `Malformed` when it is no whole multipart body."""
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/form-data") or found is None:
        raise Malformed(
            "content-type", "is not multipart/form-data with a boundary", "Send the form as it is"
        )
    delimiter = b"--" + (found[1] or found[2]).encode("utf-8", "replace")
    chunks = (b"\r\n" + body).split(b"\r\n" + delimiter, MAX_PARTS + 2)
    if len(chunks) < 2 or not chunks[-1].startswith(b"--"):
        raise Malformed("body", "is cut off or has too many parts", "Send the whole form again")
    return tuple(_part(chunk) for chunk in chunks[1:-1])


def _part(chunk: bytes) -> Part:
    # Transport padding may follow the delimiter (RFC 2046 5.1.1); then the headers, then a blank line.
    padding, line_end, rest = chunk.partition(b"\r\n")
    head, blank, content = rest.partition(b"\r\n\r\n")
    if padding.strip(b" \t") or not line_end or not blank or len(head) > 8192:
        raise Malformed("body", "holds a part without headers", "Send the whole form again")
    headers = {}
    for line in head.decode("utf-8", "replace").split("\r\n"):
        key, _, value = line.partition(":")
        headers[key.strip().lower()] = value.strip()
    parameters = {key.lower(): _unescape(value) for key, value in _PARAMETER.findall(_disposition(headers))}
    if "name" not in parameters:
        raise Malformed("body", "holds a part without a name", "Send the whole form again")
    return Part(
        name=parameters["name"],
        content=content,
        filename=parameters.get("filename"),
        media_type=headers.get("content-type", "").partition(";")[0].strip().lower(),
    )


def _disposition(headers: dict[str, str]) -> str:
    return headers.get("content-disposition", "")


def _unescape(value: str) -> str:
    """Browsers write these three characters as percent codes, and nothing else."""
    return value.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
