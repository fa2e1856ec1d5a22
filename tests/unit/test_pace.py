"""No provider is called more often than it documents."""

from __future__ import annotations

import asyncio

from adapters.shared.pace import Limit, Pace


async def elapsed(pace: Pace, *addresses: str) -> float:
    loop = asyncio.get_running_loop()
    started = loop.time()
    await asyncio.gather(*(pace.turn(address) for address in addresses))
    return loop.time() - started


async def test_calls_within_the_limit_do_not_wait() -> None:
    assert await elapsed(Pace(Limit(10, 1.0)), *("a" * 10)) < 0.1


async def test_the_next_call_waits_for_room() -> None:
    pace = Pace(Limit(5, 0.25))
    assert 0.15 < await elapsed(pace, *("a" * 9)) < 2.5


async def test_one_address_waits_while_the_others_do_not() -> None:
    pace = Pace(Limit(100, 1.0), each=(Limit(1, 0.2),))
    assert await elapsed(pace, *"abcdefgh") < 0.15
    assert await elapsed(pace, "a", "a") > 0.15


async def test_a_hold_stops_everybody_until_it_ends() -> None:
    pace = Pace(Limit(100, 1.0))
    pace.hold(0.2)
    pace.hold(0.05)  # an earlier end does not shorten it
    assert await elapsed(pace, "a", "b") > 0.15
    assert await elapsed(pace, "a", "b") < 0.1


async def test_addresses_are_forgotten_rather_than_piled_up() -> None:
    pace = Pace(each=(Limit(1, 60.0),))
    for number in range(10_050):
        await pace.turn(str(number))
    assert len(pace._known) == 10_000
