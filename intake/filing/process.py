"""The gateway's side of the filing process: it is started when it is needed, and again when it has died."""

from __future__ import annotations

import asyncio
import time
from asyncio.subprocess import Process
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

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
    Answers,
    File,
    Learn,
    Made,
    Offer,
    Request,
    Setup,
    Understand,
)
from intake.filing.work import Failed, NotUnderstood, Offered, Work
from intake.remembering import Remembering
from normalizer.errors import Unavailable

#: Complaints of one request: whoever asks meanwhile waits for so many.
AT_ONCE = 8
#: Seconds by the clock, on a machine that is busy with other things: for its start, and for one request.
START, DEADLINE = 60.0, 30.0

Kind = type[File] | type[Understand] | type[Offer]

log = structlog.get_logger()
_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Answer)


class Asked(NamedTuple):
    """One question about one complaint, or about words that may become one, and who waits for its answer."""

    kind: Kind
    about: ComplaintFile | str
    answer: asyncio.Future[Made]


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


def check_files(setup: Setup) -> None:
    """Try the files that an operator named: a wrong one is told before any door opens. Raises `Misconfigured`."""
    if setup.polygons or setup.category_model or setup.kind_model:
        # Else this process never loads what the steps know.
        from intake.filing.worker import context_of

        context_of(setup)


class FilingDied(Exception):
    """The process ended, or was ended at its deadline, over what it had been asked."""


class FilingProcess:
    """Fulfils `Filing`. What many ask at one moment goes to the process together.

    It is taught what to remember by `remembering`. `died` is called whenever it has ended by itself or at its deadline,
    `alarm` with the name `filing` and words when it does not start, and with None when it does.
    """

    def __init__(
        self,
        setup: Setup,
        remembering: Remembering | None = None,
        *,
        deadline: float = DEADLINE,
        died: Callable[[], None] = lambda: None,
        alarm: Callable[[str, str | None], None] = lambda name, words: None,
    ) -> None:
        self._setup, self._remembering = setup, remembering
        self._deadline, self._died, self._alarm = deadline, died, alarm
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._life = 0
        self._asked: deque[Asked] = deque()
        self._asking: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return None if self._process is None else self._process.pid

    async def ready(self) -> None:
        async with self._turn:
            await self._started()
            await self._teach()

    async def file(self, file: ComplaintFile) -> Work | Failed:
        made = await self._ask(File, file)
        assert isinstance(made, Work | Failed)  # noqa: S101 - as `Answers` of a `File`
        return made

    async def understand(self, file: ComplaintFile) -> Understood:
        made = await self._ask(Understand, file)
        if not isinstance(made, Understood):
            assert isinstance(made, Failed)  # noqa: S101
            raise NotUnderstood(f"{made.kind}: {made.why}\n{made.trace}")
        return made

    async def offer(self, text: str) -> tuple[str, ...]:
        made = await self._ask(Offer, text)
        return made.codes if isinstance(made, Offered) else ()

    async def close(self) -> None:
        """End the process for good. What it had in hand is filed after the gateway's next start."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        while self._asked:
            self._asked.popleft().answer.cancel()
        await self._end()

    # what is asked

    async def _ask(self, kind: Kind, about: ComplaintFile | str) -> Made:
        asked = Asked(kind, about, asyncio.get_running_loop().create_future())
        self._asked.append(asked)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._answer_all())
        return await asked.answer

    async def _answer_all(self) -> None:
        """Answer whoever asks, in their order, some together; whoever comes meanwhile is next."""
        while self._asked:
            async with self._turn:
                together = self._next()
                try:
                    await self._answer_these(together)
                except asyncio.CancelledError:
                    for one in together:
                        one.answer.cancel()
                    raise
                except Exception as error:
                    for one in together:
                        if not one.answer.done():
                            one.answer.set_exception(error)

    def _next(self) -> list[Asked]:
        """The first that waits, and those right behind it that want the same."""
        together = [self._asked.popleft()]
        while self._asked and len(together) < AT_ONCE and self._asked[0].kind is together[0].kind:
            together.append(self._asked.popleft())
        return together

    async def _answer_these(self, asked: Sequence[Asked]) -> None:
        asked = [one for one in asked if not one.answer.done()]  # whoever asked may have gone
        if not asked:
            return
        request: Callable[..., Request] = asked[0].kind
        try:
            if request is File:
                await self._teach()
            answer = await self._exchange(request(tuple([one.about for one in asked])))
        except FilingDied as error:
            log.warning("filing_died", error=str(error), together=len(asked))
            # Nobody knows over which of them: each is asked for alone, and a death is its own.
            if len(asked) > 1:
                for one in asked:
                    await self._answer_these([one])
            elif not asked[0].answer.done():
                asked[0].answer.set_result(Failed(kind="FilingDied", why=str(error)))
            return
        made = answer.made if isinstance(answer, Answers) else ()
        for one, its in zip(asked, made, strict=True):
            if not one.answer.done():
                one.answer.set_result(its)

    async def _teach(self) -> None:
        """A death over what is remembered is no complaint's fault: it is filed all the same, without links."""
        if self._remembering is not None:
            await self._started()
            with suppress(FilingDied):
                await self._remembering.follow(self._learn, self._life)

    async def _learn(self, page: Sequence[StoredFingerprint]) -> None:
        await self._exchange(Learn(tuple(page)))

    # the process

    async def _exchange(self, request: Request) -> Answer:
        process = await self._started()
        try:
            async with asyncio.timeout(self._deadline):
                await pipes.send(process, _encode(request))
                return await _answer(process)
        except asyncio.CancelledError:  # its answer would be taken for the next one's
            await self._end()
            raise
        except (TimeoutError, OSError, asyncio.IncompleteReadError, msgspec.MsgspecError) as error:
            ended = process.returncode
            await self._end()
            self._died()
            why = f"it ended with {ended}" if ended is not None else f"{type(error).__name__}: {error}"
            raise FilingDied(f"the filing process: {why}") from None

    async def _end(self) -> None:
        process, self._process = self._process, None
        await pipes.end(process)

    async def _started(self) -> Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        began = time.monotonic()
        try:
            self._process = await pipes.start("intake.filing.worker")
            async with asyncio.timeout(START):
                await pipes.send(self._process, _encode(self._setup))
                await _answer(self._process)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, msgspec.MsgspecError) as error:
            await self._end()
            why = f"{type(error).__name__}: {error}"
            self._alarm("filing", f"the filing process does not start ({why})")
            raise Unavailable("the filing process did not start ({why})", 5, why=why) from error
        except asyncio.CancelledError:
            await self._end()
            raise
        self._life += 1
        self._alarm("filing", None)
        log.info("filing_process", pid=self._process.pid, seconds=round(time.monotonic() - began, 2))
        return self._process


async def _answer(process: Process) -> Answer:
    answer: Answer = _decoder.decode(await pipes.receive(process, LARGEST))
    return answer
