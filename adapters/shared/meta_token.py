"""Whether an access token still holds, and for how long: asked now and then, so that its end is no surprise.

developers.facebook.com/docs/graph-api/reference/debug_token. A token may ask about itself; where Meta wants an app's
token for that, `me` is asked instead, which tells no dates but fails as everything else would.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from adapters.shared.meta_errors import GraphError, ended
from adapters.shared.meta_graph import Graph
from normalizer.errors import ProviderRefused
from normalizer.settings import Secret

#: How long before its end a token is worth a word to the operator.
SOON = timedelta(days=7)
_PURPOSE = "the token's check"
_EXPIRES = "token expires"


class _Data(Struct, frozen=True):
    """Times are seconds since 1970; 0 is never."""

    is_valid: bool = False
    expires_at: int = 0
    data_access_expires_at: int = 0
    error: GraphError | None = None


class _Debug(Struct, frozen=True):
    data: _Data


class _Me(Struct, frozen=True):
    id: str | int = ""


async def check_token(
    graph: Graph, token: Secret, where: str, trouble: Callable[[str, str | None], None], now: datetime
) -> None:
    """Ask once, and tell `trouble`. Raises `ProviderUnavailable` when Meta could not be asked."""
    try:
        # Meta takes the token in question in the address alone; no address of ours is ever logged.
        found = await graph.get("debug_token", _Debug, _PURPOSE, {"input_token": token.reveal()}, probe=True)
    except ProviderRefused:
        await graph.get("me", _Me, _PURPOSE, {"fields": "id"})
        return
    data = found.data
    if not data.is_valid:
        trouble("token", ended(where, data.error or GraphError(code=190)))
        return
    trouble("token", None)
    trouble(_EXPIRES, _words(data, where, now))


def _words(data: _Data, where: str, now: datetime) -> str | None:
    """What to say of a token that ends soon; None of one that does not."""
    ends = [moment for moment in (data.expires_at, data.data_access_expires_at) if moment > 0]
    if not ends or min(ends) - now.timestamp() > SOON.total_seconds():
        return None
    day = datetime.fromtimestamp(min(min(ends), 32503680000), UTC).date().isoformat()
    return (
        f"the access token ends on {day}. Make one of a system user, which does not expire, put it where "
        f"{where}.access_token points, and restart"
    )
