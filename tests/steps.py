"""What the normaliser's steps know, loaded once for all tests of a process: it is never changed."""

from __future__ import annotations

from functools import cache

from normalizer.pipeline import Context, build_context


@cache
def context() -> Context:
    """As the gateway is delivered: our own models, and no polygons."""
    return build_context()
