"""The journal in PostgreSQL as one file and back, by PostgreSQL's own `pg_dump` and `pg_restore`.

A dump is of one moment, also beside running gateways. The password goes to them by the environment: a command line is
everybody's to read. Where they are not installed, or are older than the server, a person can do it elsewhere: every
refusal names the command.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from complaint_queue.keys import sync_folder
from normalizer.errors import Misconfigured
from normalizer.sentence import Sentence

_INSTALL = Sentence("install PostgreSQL's client (apt-get install postgresql-client)")


def dump_command(url: str, dump: Path) -> str:
    """What a person types to make `dump`."""
    return f"pg_dump --format=custom --no-owner --file={dump} '{without_password(url)}'"


def restore_command(url: str, dump: Path) -> str:
    """What a person types to put `dump` into an empty database."""
    return f"pg_restore --no-owner --exit-on-error --single-transaction --dbname='{without_password(url)}' {dump}"


def dump(url: str, target: Path) -> None:
    """Write `target`; under its name only when it is whole and synced. Raises `Misconfigured` with the command."""
    beside = target.with_name(f".{target.name}.new")
    by_hand = Sentence(
        "{install}, or make it elsewhere: {command}", install=_INSTALL, command=dump_command(url, target)
    )
    options = ("--format=custom", "--no-owner", f"--file={beside}", f"--dbname={without_password(url)}")
    try:
        _run("pg_dump", options, url, by_hand)
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        beside.rename(target)
        sync_folder(target.parent)
    finally:
        beside.unlink(missing_ok=True)


def restore(url: str, source: Path) -> None:
    """Put it into an empty database, wholly or not at all. Raises `Misconfigured` with the command."""
    by_hand = Sentence(
        "{install}, or put it back from elsewhere: {command}",
        install=_INSTALL,
        command=restore_command(url, source),
    )
    options = ("--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={without_password(url)}")
    _run("pg_restore", (*options, str(source)), url, by_hand)


def without_password(url: str) -> str:
    """An address that may be shown and typed; the password comes from ~/.pgpass or PGPASSWORD."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    user = parts.netloc.rpartition("@")[0].partition(":")[0]
    query = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] != "password"])
    return urlunsplit(parts._replace(netloc=f"{user}@{host}" if user else host, query=query))


def _password(url: str) -> str:
    parts = urlsplit(url)
    return dict(parse_qsl(parts.query)).get("password", "") or unquote(parts.password or "")


def _run(program: str, options: tuple[str, ...], url: str, by_hand: Sentence) -> None:
    found = shutil.which(program)
    if found is None:
        raise Misconfigured("journal.url", "{program} is not installed here", by_hand, program=program)
    password = _password(url)
    environment = {**os.environ, "LC_ALL": "C", **({"PGPASSWORD": password} if password else {})}
    done = subprocess.run(  # noqa: S603 - no shell; the address is the operator's own
        [found, *options], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise Misconfigured("journal.url", "{program} failed: {said}", by_hand, program=program, said=said)
