"""What an error of the Graph API means for us: try again, wait for the operator, or give up.

developers.facebook.com/docs/graph-api/guides/error-handling,
developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes,
developers.facebook.com/documentation/business-messaging/messenger-platform/error-codes

Meta's own texts may quote a token or what a citizen wrote, so none of them is repeated here: only numbers are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from normalizer.errors import NeedsOperator, ProviderError, ProviderRefused, ProviderUnavailable

#: Seconds between two tries of what only the operator can mend.
OPERATOR_WAIT = 3600.0
#: Seconds to keep still after "too many" when Meta does not say how long.
LIMIT_WAIT = 60.0

#: No wait that Meta names is longer, in seconds: its quotas are of a day at most.
_LONGEST_WAIT = 86400.0

#: Meta's own troubles.
_PASSING = frozenset({1, 2, 341, 1200, 131000, 131016, 131057, 133004, 133005})
#: Every kind of "too many" over all of an account's calls; 80000 to 80014 are the business use cases.
_TOO_MANY = frozenset({4, 17, 32, 613, 130429, 131048, *range(80000, 80015)})
#: "Too many" for one person alone.
_PAIR = 131056
#: Why a token (error 190) has ended, by subcode.
_ENDED = {
    458: "the person behind it has removed the app",
    459: "the person behind it has to log in to Facebook once more",
    460: "the person behind it has changed their password",
    463: "it has expired",
    464: "the person behind it has not confirmed their account",
    467: "it was revoked",
    492: "the person behind it has no role on the page any more",
}
#: What stops a whole account until the operator has done something.
_OPERATOR = {
    368: "Meta has blocked the account for a time: see Business Support Home",
    131031: "Meta has locked the account: see Business Support Home",
    131037: "the number's display name is not approved: WhatsApp Manager, Phone numbers",
    131042: "Meta cannot charge for answers: Business settings, Billing",
    131045: "the number is not registered: register it in WhatsApp Manager",
    133010: "the number is not registered: register it in WhatsApp Manager",
}
_WINDOW = (
    "more than 24 hours have passed since the citizen last wrote, and Meta lets no answer through after that"
)
_AWAY = "the person cannot be reached: they left, or blocked the account"
#: Final answers about one message or person; some are known by code and subcode together.
_FINAL: dict[int | tuple[int, int], str] = {
    131047: _WINDOW,
    (10, 2018278): _WINDOW,
    (10, 2534022): _WINDOW,
    131026: "WhatsApp cannot deliver to this person: not on WhatsApp, terms not accepted, or a very old app",
    131021: "sender and receiver are one number",
    131030: "a test number writes only to the numbers on its list: use the real number",
    551: _AWAY,
    (100, 2018001): _AWAY,
    (200, 1545041): _AWAY,
    10900: "this comment was answered in private before; Meta allows that once",
    10903: "this comment cannot be answered in private: it is older than seven days, or gone",
    131052: "WhatsApp could not fetch the file from the citizen's telephone",
    (100, 33): "it is gone, or lies at another account",
}


class GraphError(Struct, frozen=True):
    """What stands under `error`, or in a webhook's `errors`."""

    code: int = 0
    error_subcode: int | None = None
    is_transient: bool | None = None


class _Refusal(Struct, frozen=True):
    error: GraphError


class Told(NamedTuple):
    """What to raise, what to tell the operator (name of the trouble and words), and how long to keep still."""

    error: ProviderError
    trouble: tuple[str, str] | None = None
    hold: float = 0.0


def told(where: str, status: int, body: bytes, headers: Mapping[str, str], purpose: str) -> Told:
    """The meaning of an answer that is no 200. `where` names the account's settings, `purpose` what was tried."""
    try:
        error = msgspec.json.decode(body, type=_Refusal).error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        error = GraphError()
    return meaning(where, status, error, headers, purpose)


def meaning(where: str, status: int, error: GraphError, headers: Mapping[str, str], purpose: str) -> Told:
    code = error.code
    final = _FINAL.get((code, error.error_subcode or 0)) or _FINAL.get(code)
    if final:
        return Told(ProviderRefused(f"{final} (Graph error {code})"))
    if code in (102, 190) or (status == 401 and not code):
        words = ended(where, error, status)
        return Told(NeedsOperator(words, retry_after=OPERATOR_WAIT), ("token", words))
    if code in _OPERATOR:
        words = f"{_OPERATOR[code]} (Graph error {code})"
        return Told(NeedsOperator(words, retry_after=OPERATOR_WAIT), (f"account for {purpose}", words))
    if code in _TOO_MANY or (status == 429 and code != _PAIR):
        wait = _wait(headers)
        reason = f"the Graph API was asked too often (error {code or status})"
        return Told(ProviderUnavailable(reason, retry_after=wait), hold=wait)
    if code == _PAIR:
        return Told(ProviderUnavailable("too many answers to one person (Graph error 131056)", LIMIT_WAIT))
    if code in _PASSING or error.is_transient or status in (408, 425) or status >= 500:
        return Told(ProviderUnavailable(f"the Graph API answered {status} (error {code})", _stated(headers)))
    if code in (3, 10) or 200 <= code <= 299:
        words = (
            f"the access token lacks a permission for {purpose} (Graph error {code}): "
            "grant the app what doc.md names"
        )
        return Told(ProviderRefused(words), (f"permission for {purpose}", words))
    return Told(ProviderRefused(f"the Graph API answered {status} (error {code})"))


def ended(where: str, error: GraphError, status: int = 400) -> str:
    """Why the token is taken no more, and the cure."""
    why = _ENDED.get(error.error_subcode or 0, "it has expired or was revoked")
    return (
        f"Meta takes the access token no more (Graph error {error.code or status}): {why}. Make a new one of a system "
        f"user, which does not expire, put it where {where}.access_token points, and restart"
    )


def _wait(headers: Mapping[str, str]) -> float:
    # "0" means at once, and is not the same as saying nothing.
    named = (_stated(headers), _regained(headers))
    return next((wait for wait in named if wait is not None), LIMIT_WAIT)


def _stated(headers: Mapping[str, str]) -> float | None:
    wait = headers.get("Retry-After", "")
    return float(wait) if wait.isascii() and wait.isdigit() and len(wait) < 6 else None


def _regained(headers: Mapping[str, str]) -> float | None:
    """`estimated_time_to_regain_access`, in minutes, of the longest that is told.

    developers.facebook.com/docs/graph-api/overview/rate-limiting/#headers-2
    """
    try:
        usage: Any = msgspec.json.decode(headers.get("X-Business-Use-Case-Usage", "null"))
        minutes = [one["estimated_time_to_regain_access"] for many in usage.values() for one in many]
        longest = max(float(number) for number in minutes)
    except (msgspec.DecodeError, AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None
    return min(longest * 60, _LONGEST_WAIT) if math.isfinite(longest) and longest > 0 else None
