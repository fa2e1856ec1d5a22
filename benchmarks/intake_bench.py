"""Webhooks per second over 64 connections, POST of 2 KB JSON: the whole gateway, beside aiohttp that only answers.

    PYTHONPATH=.:queue python benchmarks/intake_bench.py [seconds a round]

wrk (Debian's package) sends, each server has a process of its own, the rounds alternate, the median counts. The
gateway is `kanal serve` with everything on: proof of origin, parser, claim, sync, and behind the answer the settling.
Every request is another message.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from aiohttp import web

from tests.gateway_process import GatewayProcess, free_ports

ROUNDS = 3
CONNECTIONS = 64
SCRIPT = """
local count, thread = 0, 0
function setup(t) thread = thread + 1; t:set("mine", thread * 1000000000 + {base}) end
function init(args) count = mine end
function request()
  count = count + 1
  local body = string.format('{{"update_id": %d, "message": {{"message_id": %d, "date": 1795400000, ' ..
    '"from": {{"id": %d, "is_bot": false, "first_name": "Siti"}}, "chat": {{"id": %d, "type": "private"}}, ' ..
    '"text": "{text}"}}}}', count, count, count % 100000 + 1, count % 100000 + 1)
  return wrk.format("POST", nil, {{["Content-Type"] = "application/json",
    ["X-Telegram-Bot-Api-Secret-Token"] = "{secret}"}}, body)
end
"""
TEXT = ("Lampu jalan di depan pasar mati sejak kemarin malam, mohon segera diperiksa. " * 26)[:1750]


def bare(port: int) -> None:
    """The limit in this stack: reads the body and answers at once."""

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response()

    app = web.Application()
    app.router.add_post("/hooks/telegram-dki", answer)
    web.run_app(app, host="127.0.0.1", port=port, print=lambda *_: None, access_log=None)


def load(port: int, script: Path, seconds: int) -> tuple[float, float, float, int]:
    """Requests/s, p50 and p99 in milliseconds, answers that were not 2xx."""
    url = f"http://127.0.0.1:{port}/hooks/telegram-dki"
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(script), url]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    return (
        float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),  # type: ignore[index]
        _milliseconds(re.search(r"(?m)^\s+50%\s+(\S+)", out)[1]),  # type: ignore[index]
        _milliseconds(re.search(r"(?m)^\s+99%\s+(\S+)", out)[1]),  # type: ignore[index]
        int(refused[1]) if refused else 0,
    )


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


async def main(seconds: int) -> None:
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder:
        gateway = GatewayProcess(Path(folder))
        await gateway.start()
        (bare_port,) = free_ports(1)
        limit = multiprocessing.get_context("spawn").Process(target=bare, args=(bare_port,), daemon=True)
        limit.start()
        secret = gateway.config.resolve("auto:telegram-secret")
        await asyncio.sleep(1.5)
        results: dict[str, list[tuple[float, float, float, int]]] = {
            "aiohttp, answers at once": [],
            "gateway": [],
        }
        try:
            for number in range(ROUNDS):
                for name, port in zip(results, (bare_port, gateway.http), strict=True):
                    script = Path(folder) / "load.lua"
                    script.write_text(SCRIPT.format(base=number * 10_000_000, secret=secret, text=TEXT))
                    results[name].append(await asyncio.to_thread(load, port, script, seconds))
        finally:
            limit.terminate()
            limit.join()
            await gateway.stop()
    first = None
    for name, rounds in results.items():
        rate, p50, p99 = (statistics.median(r[i] for r in rounds) for i in range(3))
        first = first or rate
        refused = sum(r[3] for r in rounds)
        print(
            f"{name:26} {rate:8.0f}/s  p50 {p50:6.1f} ms  p99 {p99:6.1f} ms  {rate / first:5.2f}  refused {refused}"
        )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
