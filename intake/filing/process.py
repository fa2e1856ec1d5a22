"""The gateway's side of the filing process: it is started when it is needed, and again when it has died."""

from __future__ import annotations

import asyncio
import time
from asyncio.subprocess import Process
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec
import structlog

from complaint_queue.fingerprints import StoredFingerprint
from complaint_queue.journal import ComplaintFile
from complaint_queue.keeping import Restored
from intake import pipes
from intake.config import Config
from intake.filing.frames import LARGEST, Answer, File, Filed, Learn, Ready, Request, Setup
from intake.filing.work import Failed, FilingDied, Work
from normalizer.errors import Unavailable

#: Seconds by the clock, on a machine that is busy with other things: for its start, and for one request.
START, DEADLINE = 60.0, 60.0

log = structlog.get_logger()
_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Answer)


def setup_of(config: Config, identity_key: bytes, returned: Restored) -> Setup:
    """The little of the configuration that the process may know."""
    gateway, duplicates = config.gateway, config.duplicates
    return Setup(
        identity_key=identity_key,
        crm_key=config.crm_key,
        public_url=config.public_url,
        adapters={account.name: account.adapter for account in config.accounts},
        days=duplicates.days if duplicates.enabled else 0,
        most=duplicates.most,
        polygons=gateway.polygons,
        category_model=gateway.category_model,
        kind_model=gateway.kind_model,
        returned=returned,
    )


class FilingProcess:
    """Fulfils `Filing`. `died` is called whenever the process has ended by itself or at its deadline."""

    def __init__(
        self, setup: Setup, *, deadline: float = DEADLINE, died: Callable[[], None] = lambda: None
    ) -> None:
        self._setup, self._deadline, self._died = setup, deadline, died
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._life = 0

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return None if self._process is None else self._process.pid

    async def ready(self) -> int:
        async with self._turn:
            await self._started()
            return self._life

    async def learn(self, page: Sequence[StoredFingerprint]) -> None:
        await self._ask(Learn(tuple(page)))

    async def file(self, files: Sequence[ComplaintFile]) -> Sequence[Work | Failed]:
        answer = await self._ask(File(tuple(files)))
        if not isinstance(answer, Filed) or len(answer.works) != len(files):
            raise FilingDied("the filing process answered something else")
        return answer.works

    async def close(self) -> None:
        """End the process. What it had in hand is filed after the next start."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    async def _started(self) -> Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        began = time.monotonic()
        try:
            self._process = await pipes.start("intake.filing.worker")
            async with asyncio.timeout(START):
                await pipes.send(self._process, _encode(self._setup))
                await self._answer(self._process)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, msgspec.MsgspecError) as error:
            await self.close()
            raise Unavailable(
                "the filing process did not start ({why})", 5, why=f"{type(error).__name__}: {error}"
            ) from error
        except asyncio.CancelledError:
            await self.close()
            raise
        self._life += 1
        log.info("filing_process", pid=self._process.pid, seconds=round(time.monotonic() - began, 2))
        return self._process

    async def _ask(self, request: Request) -> Ready | Filed:
        async with self._turn:
            process = await self._started()
            try:
                async with asyncio.timeout(self._deadline):
                    await pipes.send(process, _encode(request))
                    return await self._answer(process)
            except asyncio.CancelledError:  # its answer would be taken for the next one's
                await self.close()
                raise
            except (TimeoutError, OSError, asyncio.IncompleteReadError, msgspec.MsgspecError) as error:
                ended = process.returncode
                await self.close()
                self._died()
                why = f"it ended with {ended}" if ended is not None else f"{type(error).__name__}: {error}"
                raise FilingDied(f"the filing process: {why}") from None

    async def _answer(self, process: Process) -> Ready | Filed:
        answer: Ready | Filed = _decoder.decode(await pipes.receive(process, LARGEST))
        return answer
