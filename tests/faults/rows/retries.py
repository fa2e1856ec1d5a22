"""A provider that sends one event fifty times at once, and again later: one record each."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import aiohttp

from tests.faults.rows.damage import NAME, rows
from tests.faults.rows.load import TEXT, Ledger, telegram_proof
from tests.faults.rows.row import Figure, Numbers, Row, Stage
from tests.gateway_process import GatewayProcess

AT_ONCE, LATER = 50, 5


async def run(stage: Stage, figure: Figure) -> Numbers:
    gateway, ledger = GatewayProcess(stage.folder, ""), Ledger()
    await gateway.start(60)
    first = random.randrange(1, 400) * 1_000_000
    statuses: Counter[int] = Counter()
    try:
        async with aiohttp.ClientSession(headers=telegram_proof(gateway)) as session:

            async def post(number: int) -> None:
                sender = {"id": first + number, "is_bot": False, "first_name": "Siti"}
                message = {"message_id": 1, "from": sender, "date": 1795400000}
                message |= {"chat": {"id": first + number, "type": "private"}}
                message["text"] = f"{TEXT} {ledger.mark('t', number)}"
                update = {"update_id": first + number, "message": message}
                async with session.post(f"{gateway.url}/hooks/telegram-dki", json=update) as answer:
                    statuses[answer.status] += 1

            for number in range(figure.count):
                await asyncio.gather(*(post(number) for _ in range(AT_ONCE)))
                stage.step(1)
            await gateway.kill()
            await gateway.start(60)  # hours later, to a gateway that was started anew
            for _ in range(LATER):
                await asyncio.gather(*(post(number) for number in range(figure.count)))
        await gateway.stop(60)
    finally:
        await gateway.kill()
    kept = rows(stage.folder / "data" / NAME)
    found = (len(kept["messages"]), len(kept["complaints"]))
    assert found == (figure.count, figure.count), f"{found[0]} messages, {found[1]} complaints"
    assert statuses.keys() == {200}, dict(statuses)
    return {"events": figure.count, "answers": statuses[200]}


ROW = Row(
    name="retries",
    test="parallel retries of one event, and its replay after a restart",
    load="50 at once, 200 events; then each 5 times more",
    passes="exactly one record each; the answer of the first time",
    unit="events",
    small=Figure(count=10),
    full=Figure(count=200),
    minutes=1,
    broker=False,
    run=run,
)
