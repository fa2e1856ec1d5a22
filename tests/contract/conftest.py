"""Every journal of `FACTORIES`, open and empty, one after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from complaint_queue.journal import Journal
from tests.journal_world import FACTORIES, Disk, Factory, HeldClock


@pytest.fixture(params=list(FACTORIES))
def factory(request: pytest.FixtureRequest) -> Factory:
    return FACTORIES[request.param](request)


@pytest.fixture
def disk(request: pytest.FixtureRequest, factory: Factory, tmp_path: Path) -> Disk:
    if "postgres_url" not in request.fixturenames:
        return Disk(tmp_path)
    return Disk(request.getfixturevalue("postgres").folder, request.getfixturevalue("postgres_url"))


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
async def journal(factory: Factory, tmp_path: Path, clock: HeldClock) -> AsyncIterator[Journal]:
    made = factory(tmp_path, clock)
    await made.open()
    yield made
    await made.close()
