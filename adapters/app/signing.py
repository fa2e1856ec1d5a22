"""The proof of every signed request between JAKI and the gateway, in both directions.

    X-Kanal-Timestamp: <unix seconds>
    X-Kanal-Signature: sha256=<hex HMAC-SHA256(secret, timestamp + "." + content)>

`content` is the raw body; of a GET it is `GET <path>`, as in `GET /api/jaki/v1/reports/261124-0007-3`. Several
secrets may be valid at once, so that they can be changed without a pause: the newest first.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from adapters.app.problems import Refusal
from normalizer.settings import Secret

TIMESTAMP, SIGNATURE = "X-Kanal-Timestamp", "X-Kanal-Signature"
#: Seconds that a signature's time may differ from ours.
FRESH = 300
_SECONDS = re.compile(r"[0-9]{1,12}")


def signature(secret: Secret, timestamp: str, content: bytes) -> str:
    """The header's value for `content` at `timestamp`."""
    signed = timestamp.encode("utf-8", "surrogatepass") + b"." + content
    return "sha256=" + hmac.digest(secret.reveal().encode(), signed, hashlib.sha256).hex()


def headers(secret: Secret, now: datetime, content: bytes) -> dict[str, str]:
    """Both headers, for who sends."""
    timestamp = str(int(now.timestamp()))
    return {TIMESTAMP: timestamp, SIGNATURE: signature(secret, timestamp, content)}


def check_time(given: Mapping[str, str], now: datetime) -> str:
    """The timestamp, when both headers are there and it is fresh. Raises `Refusal`.

    Can be asked before the body has been read, so that a late one costs nothing.
    """
    timestamp = given.get(TIMESTAMP, "")
    if not timestamp or not given.get(SIGNATURE):
        raise Refusal("signature-missing", f"{TIMESTAMP} or {SIGNATURE} is absent")
    if not _SECONDS.fullmatch(timestamp):
        raise Refusal("timestamp-stale", f"{TIMESTAMP} is not a number of seconds since 1970")
    late = int(now.timestamp()) - int(timestamp)
    if abs(late) > FRESH:
        raise Refusal(
            "timestamp-stale",
            f"{TIMESTAMP} is {abs(late)} s {'behind' if late > 0 else 'ahead of'} the gateway's clock; "
            f"{FRESH} s are allowed",
        )
    return timestamp


def check(secrets: Sequence[Secret], given: Mapping[str, str], content: bytes, now: datetime) -> Secret:
    """The secret that signed `content`. Raises `Refusal`; in constant time, and closed when there is no secret."""
    timestamp = check_time(given, now)
    proof = given.get(SIGNATURE, "").encode("utf-8", "surrogatepass")
    found: Secret | None = None
    # All of them, always: the time shall not tell which one nearly fitted.
    for secret in secrets:
        right = signature(secret, timestamp, content).encode()
        if hmac.compare_digest(proof, right) and secret:
            found = secret
    if found is None:
        raise Refusal("signature-wrong")
    return found


def label(secret: Secret) -> str:
    """A name for a secret that tells nothing of it, for counting."""
    return hmac.digest(secret.reveal().encode(), b"label", hashlib.sha256).hex()[:12]
