"""What X answers instead of what it was asked for, and what that means: for the caller, and for the operator.

A refusal is a problem document (RFC 7807), an older `errors` list, or a proxy's page.
https://docs.x.com/x-api/fundamentals/response-codes-and-errors
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from adapters.x.parse import decoded
from normalizer.errors import KanalError, Misconfigured, ProviderRefused, ProviderUnavailable, Unreadable

#: What we ask X for; each has limits and permissions of its own.
Call = Literal["mentions", "direct messages", "stream", "posting", "writing direct messages"]
WRITING: tuple[Call, ...] = ("posting", "writing direct messages")
#: Pairs of headers that say how much of a window is left, and when it begins anew (Unix seconds).
_WINDOWS = ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour")
#: Longest wait that X is obeyed in: a day's window, and a little.
_LONGEST = 25 * 3600.0
#: Seconds between two looks at whether a new month, or a larger plan, has begun.
_CAPPED = 3600.0
#: A 403 to what we write is about this post or person, unless it is one of these problems or error codes:
#: suspended, not for this plan, locked, application may not write, application may not write directly.
_NO_ACCESS = ("client-forbidden", "oauth1-permissions", "unsupported-authentication")
_NO_ACCESS_CODES = (64, 220, 261, 326, 453)


class Refusal(Exception):
    """An answer with another status than 2xx, before anything has interpreted it."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(str(status))
        self.status, self.headers, self.body = status, headers, body


class Problem(Struct, frozen=True, kw_only=True):
    """A refusal as far as it can be read. `reset_at` is Unix seconds."""

    status: int
    kind: str = ""
    """The last part of the problem's type, as `usage-capped`."""
    words: str = ""
    codes: tuple[int, ...] = ()
    reset_at: float | None = None


def problem_of(refusal: Refusal) -> Problem:
    """Whatever its body is, the status and the window's end are known."""
    try:
        found = decoded(refusal.body)
    except Unreadable:
        found = None
    body = found if isinstance(found, dict) else {}
    errors = body.get("errors")
    several = [e for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []
    first = several[0] if several else {}
    words = body.get("detail") or first.get("message") or body.get("title") or ""
    kind = body.get("type") or first.get("type") or ""
    codes = tuple(e["code"] for e in several if isinstance(e.get("code"), int))
    return Problem(
        status=refusal.status,
        kind=str(kind).rpartition("/")[2],
        words=" ".join(str(words).split())[:200],
        codes=codes,
        reset_at=_reset(refusal.headers),
    )


def _reset(headers: Mapping[str, str]) -> float | None:
    """When the last of the windows that are used up begins anew."""
    ends = {name: number(headers.get(f"{name}-reset")) for name in _WINDOWS}
    used_up = [ends[name] for name in _WINDOWS if headers.get(f"{name}-remaining") == "0"]
    return max((end for end in used_up if end), default=ends["x-rate-limit"])


def number(value: str | None) -> float | None:
    """A count of seconds in a header; None when it is none."""
    return float(value) if value and value.isascii() and value.isdigit() and len(value) < 12 else None


def error_of(problem: Problem, call: Call, where: str, credential: str, now: float) -> KanalError:
    """Our error; `Misconfigured` where only the operator can help.

    `where` is the account's settings, `credential` the one that the call was made with, `now` Unix seconds.
    """
    status = problem.status
    if status == 401:
        return Misconfigured(
            f"{where}.{credential}",
            "X does not take our credentials for {call}: expired, revoked or mistyped",
            "make them anew in the developer portal (adapters/x/doc.md)",
            call=call,
        )
    if status == 403 and (call not in WRITING or _no_access(problem)):
        return Misconfigured(
            f"{where}.modes",
            "X does not allow this application {call}{said}",
            "give it the permission (direct messages too) or a plan that includes it, or leave the mode out",
            call=call,
            said=_quoted(problem),
        )
    if status in (420, 429) or problem.kind == "usage-capped":
        if problem.kind == "usage-capped":
            return ProviderUnavailable("the plan's posts of this month are used up", _CAPPED)
        left = max(1.0, problem.reset_at - now) if problem.reset_at else None
        return ProviderUnavailable(f"X limits our calls of {call}", min(left, _LONGEST) if left else None)
    if 400 <= status < 500 and status != 408:
        return ProviderRefused(f"X refused {call} with {status}{_quoted(problem)}")
    return ProviderUnavailable(f"X answered {call} with {status}")


def _no_access(problem: Problem) -> bool:
    return problem.kind in _NO_ACCESS or any(code in _NO_ACCESS_CODES for code in problem.codes)


def _quoted(problem: Problem) -> str:
    return f": {problem.words}" if problem.words else ""


class Health:
    """Which troubles the operator should know of; each is over when every call that met it works again."""

    def __init__(self, trouble: Callable[[str, str | None], None]) -> None:
        self._trouble = trouble
        self._met: dict[str, set[Call]] = {"credentials": set(), "access": set(), "usage": set()}

    def failed(self, call: Call, problem: Problem, error: KanalError) -> None:
        """Note what `problem` says about us; one that is X's own, or the message's, is no trouble of ours."""
        if problem.kind == "usage-capped":
            cure = "It begins anew with the month; a larger plan brings it back at once."
            self._note("usage", call, f"X: {error}. {cure}")
        elif isinstance(error, Misconfigured):
            name = "credentials" if problem.status == 401 else "access"
            self._note(name, call, f"{error.problem}. To do: {error.cure}")

    def _note(self, name: str, call: Call, words: str) -> None:
        self._met[name].add(call)
        self._trouble(name, words)

    def worked(self, call: Call) -> None:
        for name, calls in self._met.items():
            if call in calls:
                calls.discard(call)
                if not calls:
                    self._trouble(name, None)
