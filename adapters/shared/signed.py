"""Requests to our own APIs: signed over their bytes and the moment, so that they cannot be forged or kept for later.

X-Kanal-Timestamp: 1795408200                                        seconds since 1970
X-Kanal-Signature: sha256=<hex HMAC-SHA256 of "<timestamp>.<body>">
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime

from normalizer.errors import Forged
from normalizer.settings import Secret

TIMESTAMP, SIGNATURE = "x-kanal-timestamp", "x-kanal-signature"
#: How far the caller's clock may be from ours: seconds, either way.
WINDOW = 300


class Stale(Forged):
    """Rightly signed, but too long ago, or by a clock that is wrong: the caller may be told."""

    public = True


def signed(key: Secret, body: bytes, now: datetime) -> dict[str, str]:
    """The two headers for `body`, signed at `now`."""
    timestamp = str(int(now.timestamp()))
    return {TIMESTAMP: timestamp, SIGNATURE: _signature(key, timestamp, body)}


def prove(key: Secret, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Raises `Forged` unless the headers (lower-case names) prove the body, and `Stale` beyond the window."""
    timestamp = headers.get(TIMESTAMP, "")
    given = headers.get(SIGNATURE, "").encode("utf-8", "surrogatepass")
    right = _signature(key, timestamp, body).encode()
    if not (hmac.compare_digest(given, right) and key):
        raise Forged("the signature is absent or wrong")
    try:
        off = abs(int(timestamp) - now.timestamp())
    except (ValueError, OverflowError):
        raise Forged("the timestamp is no number") from None
    if off > WINDOW:
        raise Stale(
            f"{TIMESTAMP} is {off:.0f} s away from our clock; at most {WINDOW} s. Set the clock, sign anew"
        )


def _signature(key: Secret, timestamp: str, body: bytes) -> str:
    message = timestamp.encode("utf-8", "surrogatepass") + b"." + body
    return "sha256=" + hmac.digest(key.reveal().encode(), message, "sha256").hex()
