"""What tests of several units begin from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dead_journal import Dead, dead_in


@pytest.fixture(name="dead")
async def _dead(tmp_path: Path) -> Dead:
    """The folder of a gateway that was killed, with half of everything in its log; and what it had acknowledged."""
    return await dead_in(tmp_path)
