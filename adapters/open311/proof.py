"""Who asks: the name of an api_key, and whether the jurisdiction is one of ours."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence

from normalizer.errors import Forged
from normalizer.settings import Secret

from .problems import Problem


def client_of(given: str, keys: Mapping[str, Secret]) -> str:
    """The name under which `given` was handed out. Raises `Forged`; the time taken tells nothing of the keys."""
    written = given.encode("utf-8", "surrogatepass")
    found = ""
    for name, key in keys.items():
        if hmac.compare_digest(written, key.reveal().encode()) and key:
            found = name
    if not found:
        raise Forged("the api_key is absent or not known")
    return found


def wrong_jurisdiction(given: str, ours: Sequence[str]) -> Problem | None:
    """What is wrong with a jurisdiction_id: with one jurisdiction it may be left out, and with none anything goes."""
    if not ours or given in ours or (not given and len(ours) == 1):
        return None
    if not given:
        return Problem(field="jurisdiction_id", problem="is missing", cure=f"Send one of: {', '.join(ours)}")
    return Problem(
        field="jurisdiction_id",
        problem="is not known here",
        cure=f"Send one of: {', '.join(ours)}",
        status=404,
    )
