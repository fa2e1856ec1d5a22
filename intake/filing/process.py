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
from intake.conversation.dialogue import Understood
from intake.filing.frames import (
    LARGEST,
    Answer,
    File,
    Filed,
    Learn,
    Request,
    Setup,
    Understand,
    Understandings,
)
from intake.filing.work import Failed, FilingDied, NotUnderstood, Work
from normalizer.errors import Unavailable

#: Complaints of one request: whoever asks meanwhile waits for so many.
AT_ONCE = 8
#: Seconds by the clock, on a machine that is busy with other things: for its start, and for one request.
START, DEADLINE = 60.0, 60.0

log = structlog.get_logger()
_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Answer)
#: A complaint that is being told, and who waits to hear what it means.
Asked = tuple[ComplaintFile, asyncio.Future[Understood]]


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
        self._asked: list[Asked] = []
        self._asking: asyncio.Task[None] | None = None

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
        works: list[Work | Failed] = []
        for start in range(0, len(files), AT_ONCE):
            answer = await self._ask(File(tuple(files[start : start + AT_ONCE])))
            if not isinstance(answer, Filed):
                raise FilingDied("the filing process answered something else")
            works += answer.works
        return works

    async def understand(self, file: ComplaintFile) -> Understood:
        told = asyncio.get_running_loop().create_future()
        self._asked.append((file, told))
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._understand())
        understood: Understood = await told
        return understood

    async def _understand(self) -> None:
        """Ask about all who wait, together; whoever comes meanwhile is next."""
        while self._asked:
            async with self._turn:
                asked, self._asked = self._asked[:AT_ONCE], self._asked[AT_ONCE:]
                try:
                    await self._understand_these(asked)
                except asyncio.CancelledError:
                    for _, told in asked:
                        told.cancel()
                    raise
                except Exception as error:
                    for _, told in asked:
                        if not told.done():
                            told.set_exception(error)

    async def _understand_these(self, asked: Sequence[Asked]) -> None:
        try:
            answer = await self._exchange(Understand(tuple(file for file, _ in asked)))
        except FilingDied as error:
            if len(asked) > 1:  # nobody knows over which of them
                for one in asked:
                    await self._understand_these([one])
            elif not asked[0][1].done():
                asked[0][1].set_exception(NotUnderstood(str(error)))
            return
        said = answer.each if isinstance(answer, Understandings) else ()
        for (_, told), made in zip(asked, said, strict=True):
            if told.done():  # whoever asked has gone
                continue
            if isinstance(made, Failed):
                told.set_exception(NotUnderstood(f"{made.kind}: {made.why}\n{made.trace}"))
            else:
                told.set_result(made)

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

    async def _ask(self, request: Request) -> Answer:
        async with self._turn:
            return await self._exchange(request)

    async def _exchange(self, request: Request) -> Answer:
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

    async def _answer(self, process: Process) -> Answer:
        answer: Answer = _decoder.decode(await pipes.receive(process, LARGEST))
        return answer
