"""smsd on loopback: takes files out of its outbox (docs.gammu.org, "Files backend"), and runs the hook afterwards."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from adapters.sms.fakes.base import Fake
from adapters.sms.providers.base import raw_request
from adapters.sms.providers.gammu import GammuSettings

_NAME = re.compile(r"OUT[A-Z]\d{8}_\d{6}_\d\d_(\+?\d+)_[^/]*\.(txt|smsbackup)([a-z]*)", re.ASCII)
#: Seconds between two looks.
_PAUSE = 0.05


class FakeSmsd(Fake[GammuSettings]):
    """One modem. What was sent is moved away; then come RunOnSent and, where it is asked for, the report."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._loop: asyncio.Task[None] | None = None

    @property
    def address(self) -> None:
        return None

    async def start(self) -> None:
        if self.settings.outbox:
            self._loop = asyncio.create_task(self._run(Path(self.settings.outbox)))

    async def stop(self) -> None:
        if self._loop is not None:
            self._loop.cancel()
            with suppress(asyncio.CancelledError):
                await self._loop
        await super().stop()

    async def _run(self, outbox: Path) -> None:
        while True:
            for file in sorted(await asyncio.to_thread(lambda: list(outbox.glob("OUT*")))):
                if found := _NAME.fullmatch(file.name):
                    self._sent(file, found[1], "d" in found[3])
            await asyncio.sleep(_PAUSE)

    def _sent(self, file: Path, to: str, asked: bool) -> None:
        self.calls.append(asyncio.get_running_loop().time())
        self.told(to, file.read_bytes().decode("utf-16"))
        file.unlink()
        reference = str(len(self.heard) % 256 or 1)
        now = datetime.now(UTC)
        message = {"number": to, "text": None, "reference": reference}
        common = {"phone": "simulated", "ran_at": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "parts": []}
        self._run_hook({**common, "event": "sent", "ids": [file.name], "messages": [message]})
        if asked:
            delivered = {
                "text": "Delivered",
                "sent_id": file.name,
                "smsc_timestamp": str(int(now.timestamp())),
            }
            self._run_hook({**common, "ids": ["1"], "messages": [{**message, **delivered}]})

    def _run_hook(self, said: dict[str, Any]) -> None:
        headers = {"content-type": "application/json"}
        self.report(raw_request("POST", self.hook, headers, msgspec.json.encode(said)))


FAKE = FakeSmsd
