"""What `kanal doctor` finds, and how it puts an error into one line with its cure."""

from __future__ import annotations

from msgspec import Struct

from normalizer.errors import KanalError, Misconfigured


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that was looked at: what was found, and the cure when that is not well."""

    what: str
    ok: bool
    found: str
    cure: str = ""


def first_line(error: BaseException) -> str:
    """What is wrong."""
    if isinstance(error, Misconfigured):
        return f"{error.setting}: {error.problem}"
    return str(error).partition("\n")[0]


def cure_of(error: KanalError) -> str:
    """What to do."""
    return (
        error.cure if isinstance(error, Misconfigured) else "see the gateway's log; `kanal quarantine list`"
    )
