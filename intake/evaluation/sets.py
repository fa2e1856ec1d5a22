"""Labelled files: this project's own columns, and those of the public sets that are judged by the same command.

A row of any CSV becomes a dictionary with the columns of tests/evaluation/corpus/README.md; columns that a file does
not have are not judged. NusaX (one column per language) and NusaWrites (`ind_text`, `tgt_text`) are unfolded.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from normalizer.errors import Malformed

#: Other names under which published sets give the same thing.
ALIASES = {
    "text": ("text", "teks", "pesan", "body", "message", "isi", "content"),
    "subject": ("subject", "subjek", "judul", "title"),
    "reply_text": ("reply_text", "reply"),
    "kind": ("kind", "jenis"),
    "category": ("category", "kategori"),
    "language": ("language", "lang", "bahasa", "label_language"),
    "kelurahan": ("kelurahan", "kelurahan_code"),
    "kecamatan": ("kecamatan", "kecamatan_code"),
    "city": ("city", "city_code", "kota"),
    "inside": ("inside",),
    "personal": ("personal",),
    "harmless": ("harmless",),
    "reporter_name": ("reporter_name",),
    "same_as": ("same_as",),
    "split": ("split",),
    "channel": ("channel", "kanal"),
    "id": ("id",),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "lng", "long"),
    "hours": ("hours",),
    "sender": ("sender",),
    "photo": ("photo",),
}
NUSAX = {
    "indonesian": "id", "english": "en", "javanese": "jv", "sundanese": "su", "acehnese": "other",
    "banjarese": "other", "madurese": "other", "ngaju": "other", "balinese": "other", "buginese": "other",
    "minangkabau": "other", "toba_batak": "other",
}  # fmt: skip
NUSAWRITES = {"bew": "bew", "jav": "jv", "sun": "su"}
_MOST_BYTES = 200 * 1024 * 1024


class LabelledSet(Struct, frozen=True, kw_only=True):
    """One file's rows. `shape` is `own`, `nusax` or `nusawrites`; `columns` are those that it has."""

    name: str
    shape: str
    columns: frozenset[str]
    rows: tuple[dict[str, str], ...]


def read(path: Path, part: str = "all") -> LabelledSet:
    """The rows of `path` that belong to `part` (`dev`, `test` or `all`; rows without a split belong to every part).

    Raises `Malformed` with the cure when the file cannot be used.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise Malformed(str(path), "larger than 200 MB", "Split it")
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            header = [name.strip() for name in reader.fieldnames or ()]
            if len(set(header) & set(NUSAX)) >= 3:
                return _unfolded(
                    path.stem, "nusax", ((row[c], NUSAX[c]) for row in reader for c in header if c in NUSAX)
                )
            if {"ind_text", "tgt_text"} <= set(header):
                return _unfolded(path.stem, "nusawrites", _nusawrites(path.stem, reader))
            names = {
                known: next((a for a in aliases if a in header), "") for known, aliases in ALIASES.items()
            }
            columns = frozenset(known for known, name in names.items() if name)
            if "text" not in columns and not {"latitude", "longitude"} <= columns:
                raise Malformed(
                    str(path),
                    "neither a column text nor latitude and longitude",
                    "Name the columns in the first line; known: {known}",
                    known=", ".join(sorted(ALIASES)),
                )
            rows = tuple(
                {known: (row.get(name) or "").strip("\r") for known, name in names.items() if name}
                for row in reader
            )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Malformed(str(path), "cannot be read ({why})", "Give a CSV file in UTF-8", why=error) from error
    chosen = tuple(row for row in rows if part == "all" or row.get("split", "") in ("", part))
    return LabelledSet(name=path.stem, shape="own", columns=columns, rows=chosen)


def read_all(paths: Sequence[Path], part: str = "all") -> list[LabelledSet]:
    """Every file, and every CSV in a folder (in any depth), by name."""
    files: list[Path] = []
    for path in paths:
        files += sorted(path.rglob("*.csv")) if path.is_dir() else [path]
    return [read(path, part) for path in files]


def _nusawrites(name: str, rows: Iterator[Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    code = next((ours for theirs, ours in NUSAWRITES.items() if f"-{theirs}-" in f"-{name}-"), "other")
    for row in rows:
        yield row["tgt_text"], code
        if code == "bew":  # the same Indonesian sentences stand in every file
            yield row["ind_text"], "id"


def _unfolded(name: str, shape: str, pairs: Iterator[tuple[str, str]]) -> LabelledSet:
    rows = tuple({"text": text or "", "language": code} for text, code in pairs)
    return LabelledSet(name=name, shape=shape, columns=frozenset(("text", "language")), rows=rows)
