"""The fields of a request, whatever form they came in: URL-encoded, multipart with files, or in the address."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

from adapters.shared.multipart import Part, read
from normalizer.errors import Malformed
from normalizer.record import RawEvent
from normalizer.text import storable

#: More fields than any client sends.
MAX_FIELDS = 300
_NOT_CONTENT = frozenset(("api_key", "jurisdiction_id"))


class Form(Struct, frozen=True, kw_only=True):
    """Names and values in the order in which they came, and the files that were sent along."""

    fields: tuple[tuple[str, str], ...]
    files: tuple[Part, ...] = ()

    def get(self, *names: str) -> str:
        """The first value that is not empty, of the first of `names` that has one."""
        return next((value for name in names for value in self.all(name)), "")

    def all(self, name: str) -> Iterator[str]:
        """Every value of `name` that is not empty; `name[]`, as PHP's clients write a list, is the same name."""
        for key, value in self.fields:
            if key in (name, f"{name}[]") and (bare := value.strip()):
                yield bare

    def digest(self) -> str:
        """64 hexadecimal digits that are equal for equal content, in whatever order and encoding it came."""
        words = sorted([key, value] for key, value in self.fields if value and key not in _NOT_CONTENT)
        files = sorted(hashlib.sha256(file.content).hexdigest() for file in self.files)
        return hashlib.sha256(json.dumps([words, files]).encode()).hexdigest()


def read_form(raw: RawEvent) -> Form:
    """The fields of body and query; the body's come first. Raises `Malformed` when the body is neither encoding."""
    query = _pairs(urlsplit(raw.url).query.encode("utf-8", "replace"))
    kind = raw.headers.get("content-type", "")
    bare = kind.partition(";")[0].strip().lower()
    if bare == "multipart/form-data":
        parts = read(raw.body, kind)
        fields = tuple((part.name, storable(part.text)) for part in parts if part.filename is None)
        files = tuple(part for part in parts if part.filename is not None and part.content)
        return Form(fields=(*fields, *query), files=files)
    if raw.body and bare not in ("", "application/x-www-form-urlencoded"):
        raise Malformed(
            "content-type",
            "is neither application/x-www-form-urlencoded nor multipart/form-data",
            "Send the fields as a form",
        )
    return Form(fields=(*_pairs(raw.body), *query))


def _pairs(encoded: bytes) -> tuple[tuple[str, str], ...]:
    try:
        text = encoded.decode("utf-8", "replace")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="replace")
    except ValueError:
        raise Malformed("body", f"has more than {MAX_FIELDS} fields", "Send fewer") from None
    return tuple((storable(key), storable(value.replace("\r\n", "\n"))) for key, value in pairs)
