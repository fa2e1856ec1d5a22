"""The composition root: builds every part once, starts them in order, stops them in reverse.

    keys -> file store -> journal -> filing -> settler, kept worker, media, reading -> publisher
         -> adapters -> web server -> the adapters' own loops

Doors open last and close first: while a door is open, everything behind it can keep what it takes.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from adapters.base import Adapter, Fate, Ports, Runs, Serves, load
from complaint_queue.codec import Codec
from complaint_queue.keys import load_or_create
from intake import systemd
from intake.alarms import AlarmBoard, ways_of
from intake.alarms.watching import Watch
from intake.answering import Answerer
from intake.broker import Broker
from intake.config import Config
from intake.control import Control
from intake.conversation.answers import QuietHours
from intake.conversation.converse import Converser
from intake.data_folder import data_folder
from intake.deadletters import dead_letters
from intake.fairness import Fairness
from intake.filing.process import FilingProcess, check_files, setup_of
from intake.guard import GuardedFetch
from intake.journals import files_of, journal_of, turns_of
from intake.kept import KeptWorker
from intake.logs import hide
from intake.media import MediaFetcher, keep_all
from intake.media_reading import MediaReading
from intake.metrics import Metrics
from intake.pausing import Pauses
from intake.private_files import PrivateFolder
from intake.reading.follower import Follower
from intake.reading.store import ReadingStore
from intake.receive import AccountInbox, Receiver
from intake.reconciling import Reconciler
from intake.register import AccountRegister
from intake.remembering import Remembering
from intake.replies import ReplyWorker
from intake.retention import Retention
from intake.settle import Settler
from intake.silence import Silence
from intake.simulate import play
from intake.staff.store import StaffStore
from intake.statuses import StatusKeeper
from intake.supervise import supervise
from intake.web import pages
from intake.web.connections import KEEPALIVE, LONGEST_LINE, Doorways, GuardedSite
from intake.web.health import Health
from intake.web.hooks import Hooks
from intake.web.remote import remote_of
from normalizer.errors import Misconfigured, Unavailable
from normalizer.identity import Secrets
from normalizer.record import RawEvent
from normalizer.sentence import because
from normalizer.settings import convert

#: Seconds after which a task that was cancelled and goes on is cancelled again.
CANCEL_AGAIN = 4.0
#: Seconds between two looks for what another gateway on the same journal left.
LOOK_AGAIN = 5.0
#: Names under which gateways on one journal take turns with work of the night; no account can be called so.
RETENTION, RECONCILIATION = ":retention", ":reconciliation"
#: Seconds after which a clerk who types has gone on.
OFFERED_WITHIN = 3.0

log = structlog.get_logger()


class UtcClock:
    """The machine's clock; fulfils `adapters.base.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class Service:
    """One gateway. `start` opens its doors, `stop` closes them within ten seconds, nothing half done."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.clock = UtcClock()
        self.metrics = Metrics()
        self.board = AlarmBoard(
            config.data_dir / "alarms.json",
            self.clock.now,
            ways_of(config.alarms),
            config.public_url,
            config.alarms.after,
        )
        self.alarm = self.board.alarm
        self.adapters: dict[str, Adapter[Any]] = {}
        self.addresses: dict[str, str] = {}
        self.stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._doors: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Build and start everything. Raises `Misconfigured` or `Damaged` with the cure before any door opens."""
        folder = data_folder(self.config.data_dir)
        await self._store(folder)
        self._insides()
        self._build_adapters()
        await self.pauses.load()
        self.staff = StaffStore(folder / "staff.sqlite3", self.clock.now)
        await self.staff.open()
        await self.broker.find()
        self._run("settle", self.settler.run)
        self._run("kept", self.kept.run)
        self._run("media", self.media.run)
        self._run("read files", self.media_reading.run)
        self._run("publish", self.broker.run)
        self._run("statuses", self.broker.take_statuses)
        self._run("replies", self.replies.run)
        self._run("silence", self.silence.run)
        self._run("pauses", self.pauses.run)
        self._run(
            "watch",
            Watch(
                self.journal,
                (folder,) if self.config.s3 else (folder, self.config.files_dir),
                self.clock.now,
                self.alarm,
            ).run,
        )
        self._run("alarms", self.board.run)
        self._run("systemd", systemd.stay_alive)
        if self.config.journal.url:
            self._run("others", self._look_for_more)
        self._run("retention", partial(self.turns.while_ours, RETENTION, self.retention.run))
        self._run("reconcile", partial(self.turns.while_ours, RECONCILIATION, self.reconciler.run))
        await self.reading.open()
        self._run("follow", self.follower.run)
        control = Control(folder, self.journal, self.staff, self._released, self.follower.begin_anew)
        self._run("control", control.run)
        await self._open_web()
        for adapter in self.adapters.values():
            if isinstance(adapter, Runs):
                self._run(f"account:{adapter.account.name}", self._turn_of(adapter), self._doors)

    async def run_until_stopped(self) -> None:
        """Serve until SIGTERM, SIGINT or `stopping` is set; then stop."""
        systemd.notify("READY=1")
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.set)
        await self.stopping.wait()
        systemd.notify("STOPPING=1")
        await self.stop()

    async def stop(self) -> None:
        """Close the doors, finish what is in hand, release everything; in the reverse order of the start."""
        await _cancel(self._doors)
        await self._runner.cleanup()
        for adapter in self.adapters.values():
            await adapter.close()
        await _cancel(self._tasks)
        self.silence.keep()
        await self.filing.close()
        await asyncio.to_thread(self.kept.close)
        await self.fetch.close()
        await self.staff.close()
        await self.reading.close()
        await self.turns.close()
        await self.journal.close()
        await self.files.close()

    async def _store(self, folder: Path) -> None:
        keyring = load_or_create(folder / "keys.json", os.environ)
        codec = self.codec = Codec(keyring)
        self.secrets = Secrets(keyring.identity_key)
        self.files = files_of(self.config, codec)
        await self.files.open()
        self.journal = journal_of(self.config, codec, self.clock.now)
        self.turns = turns_of(self.config)
        await self.journal.open()
        if self.journal.healed:
            self.alarm("journal_healed", f"put right at the start: {'; '.join(self.journal.healed)}")
        self.returned = await self.journal.restored()
        await self.journal.prolong(self.clock.now() + timedelta(seconds=self.config.gateway.restart_grace))

    def _insides(self) -> None:
        """Everything between the journal and the doors; each part wakes the next."""
        gateway = self.config.gateway
        self.replies = ReplyWorker(self.journal, self.adapters, self.clock.now, self.metrics)
        answerer = self._answerer()
        keeper = StatusKeeper(self.journal, answerer, self.metrics, self.replies.wake)
        setup = setup_of(self.config, self.codec.keyring.identity_key, self.returned)
        check_files(setup)
        self.filing = FilingProcess(
            setup,
            self._remembering(),
            died=self.metrics.restarts.labels("filing process").inc,
            alarm=self.alarm,
        )
        converser = Converser(
            journal=self.journal,
            understand=self.filing.understand,
            secrets=self.secrets,
            adapters=self.adapters,
            clock=self.clock.now,
            said=self.replies.wake,
            silent=answerer.silent,
            numbers=self.config.answers.emergency_numbers,
            grace_until=self.clock.now() + timedelta(seconds=gateway.restart_grace),
        )
        self.broker = Broker(
            self.config.broker,
            self.journal,
            self.config.public_url,
            self.clock.now,
            self.metrics,
            self.alarm,
            keeper.keep,
        )
        self.settler = Settler(
            journal=self.journal,
            filing=self.filing,
            clock=self.clock.now,
            metrics=self.metrics,
            published=self._settled,
            acknowledge=answerer.acknowledge,
            converse=converser.hear,
            telling=converser.telling,
            media_wait=gateway.media_wait,
            fairness=Fairness(gateway.sender_burst, gateway.sender_interval),
        )
        names = [a.name for a in self.config.accounts]
        self.pauses = Pauses(self.journal, names, self.alarm)
        self.silence = Silence(
            self.config.data_dir / "habits.json",
            names,
            self.clock.now,
            self.alarm,
            lambda account: account in self.pauses.current,
        )
        self.silence.load()
        self.receiver = Receiver(
            self.journal,
            self.files,
            self.secrets,
            self.metrics,
            self._received,
            self.silence.arrived,
            converser.telling,
            self.pauses.check,
        )
        self.kept = KeptWorker(self.journal, self.files, self.receiver, self.adapters)
        self.media_reading = MediaReading(
            self.journal, self.files, self.clock.now, self.metrics, on_done=self.settler.wake
        )
        self.media = MediaFetcher(
            self.journal, self.files, self.adapters, self.clock.now, on_done=self._fetched
        )
        self.fetch = GuardedFetch()

        self.reconciler = Reconciler(
            self.journal,
            self.clock.now,
            lambda: self.broker.url,
            self.config.public_url,
            self.config.broker.virtual_host,
        )
        self.retention = Retention(self.journal, self.files, self.config.retention, self.clock.now)
        self.reading = ReadingStore(self.config.data_dir)
        keep = timedelta(days=self.config.console.keep_days)
        self.follower = Follower(self.journal, self.reading, self.clock.now, keep=keep)

    def _remembering(self) -> Remembering | None:
        """Teaches the filing what complaints are compared with."""
        wanted = self.config.duplicates
        if not wanted.enabled:
            return None
        shared = self.config.journal.url is not None
        return Remembering(self.journal, self.clock.now, wanted.days, shared)

    def _answerer(self) -> Answerer:
        answers = self.config.answers
        silent = [a.name for a in self.config.accounts] if not answers.enabled else answers.silent_accounts
        return Answerer(
            journal=self.journal,
            secrets=self.secrets,
            adapters=self.adapters,
            public_url=self.config.public_url,
            clock=self.clock.now,
            folder=self.config.data_dir,
            quiet=QuietHours(*answers.quiet()),
            silent=frozenset(silent),
        )

    async def _offered(self, text: str) -> Sequence[str]:
        """Categories for a clerk who is typing; none while there is no filing, or when it takes too long to help."""
        try:
            async with asyncio.timeout(OFFERED_WITHIN):
                return await self.filing.offer(text)
        except (TimeoutError, Unavailable):
            return ()

    def _settled(self) -> None:
        self.broker.wake()
        self.replies.wake()

    def _received(self) -> None:
        self._fetched()
        self.media.wake()

    def _fetched(self) -> None:
        self.settler.wake()
        self.media_reading.wake()

    def _released(self) -> None:
        """An operator did something: it came back from quarantine, or an account was paused."""
        self.pauses.wake()
        self.kept.wake()
        self._received()

    def _turn_of(self, adapter: Runs) -> Callable[[], Awaitable[None]]:
        """Its loop: a door is open at every gateway, an account is polled by one at a time."""
        account, settings = adapter.account, adapter.settings  # type: ignore[attr-defined]
        if any(getattr(settings, name) for name in settings.__struct_fields__ if name.endswith("_listen")):
            return adapter.run
        polled = partial(self.pauses.while_open, account.name, adapter.run)
        return partial(self.turns.while_ours, account.name, polled)

    async def _look_for_more(self) -> None:
        """Wake everybody from time to time: nobody calls when another gateway has left work behind."""
        while True:
            await asyncio.sleep(LOOK_AGAIN)
            self._released()
            self._settled()

    def _build_adapters(self) -> None:
        for account in self.config.accounts:
            kind = load(account.adapter)
            where = f"account.{account.name}.settings"
            settings = convert(kind.Settings, account.settings, where, self._resolve)
            inbox = AccountInbox(
                self.receiver, partial(self.adapters.__getitem__, account.name), account.name, self.kept.wake
            )
            ports = Ports(
                inbox=inbox,
                clock=self.clock,
                new_spool=self.files.new_spool,
                public_url=self.config.public_url,
                fetch=self.fetch,
                register=AccountRegister(self.journal, account.name),
                private=PrivateFolder(self.config.data_dir / "accounts" / account.name, self.codec),
                keep=partial(keep_all, self.files) if self.config.journal.url else None,
                trouble=partial(self._trouble, account.name),
                remote_of=partial(remote_of, trusted_proxies=tuple(self.config.gateway.trusted_proxies)),
            )
            self.adapters[account.name] = kind(account, settings, ports)

    def _resolve(self, reference: str) -> str:
        """A credential, which from now on no log can show."""
        return hide(self.config.resolve(reference))

    async def _open_web(self) -> None:
        gateway = self.config.gateway
        deps = pages.PageDeps(
            journal=self.journal,
            files=self.files,
            secrets=self.secrets,
            staff=self.staff,
            clock=self.clock.now,
            receive=self._receive_form,
            walkin_account=next((a.name for a in self.config.accounts if a.adapter == "walkin"), ""),
            public_form_account=next(
                (a.name for a in self.config.accounts if a.adapter == "balai_warga"), ""
            ),
            reading=self.reading,
            alarms=self.board.words,
            adapter_names=tuple(sorted({a.adapter for a in self.config.accounts})),
            channels=tuple(sorted({a.channel for a in self.config.accounts})),
            polygons=self.config.gateway.polygons,
            woken=self._released,
            categories_of=self._offered,
            accounts=self.config.accounts,
            pauses=self.pauses,
            deadletters=lambda: dead_letters(self.broker.url, self.staff, self.config.broker.virtual_host),
            folder=self.config.data_dir,
            simulate=play(self.config) if self.config.console.demo else None,
            public_url=self.config.public_url,
            secure=self.config.public_url.startswith("https:"),
            trusted_proxies=tuple(gateway.trusted_proxies),
            machines=tuple(a.prefix + "/" for a in self.adapters.values() if isinstance(a, Serves)),
        )
        doorways = Doorways(gateway.max_connections)
        middlewares = (doorways.middleware, *pages.middlewares(deps))
        app = web.Application(middlewares=middlewares, client_max_size=gateway.max_body)
        hooks = Hooks(
            receiver=self.receiver,
            adapters=self.adapters,
            clock=self.clock.now,
            public_url=self.config.public_url,
            metrics=self.metrics,
            trusted_proxies=tuple(gateway.trusted_proxies),
            kept=self.kept.wake,
        )
        hooks.mount(app)
        self._serve(app)
        Health(
            journal=self.journal,
            metrics=self.metrics,
            clock=self.clock.now,
            broker=lambda: self.broker.state,
            alarms=self.board.words,
            alarm_after=self.config.broker.alarm_after,
        ).mount(app)
        pages.mount(app, deps)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=5.0,
            keepalive_timeout=KEEPALIVE,
            max_line_size=LONGEST_LINE,
        )
        await self._runner.setup()
        site = GuardedSite(self._runner, doorways, self.config.host, self.config.port)
        try:
            await site.start()
        except OSError as error:
            raise Misconfigured(
                "gateway.listen",
                "cannot listen on {address} ({why})",
                "end the program that uses the port, or set KANAL_LISTEN to a free one",
                address=self.config.gateway.listen,
                why=because(error),
            ) from None
        self.addresses["web"] = f"http://{self.config.gateway.listen}"

    def _serve(self, app: web.Application) -> None:
        """Mount the accounts that have an HTTP surface of their own."""
        taken: dict[str, str] = {}
        for name, adapter in self.adapters.items():
            if not isinstance(adapter, Serves):
                continue
            prefix = adapter.prefix
            if prefix in taken:
                raise Misconfigured(
                    f"account.{name}.settings",
                    "{prefix} is where the account {other} is mounted",
                    "give one of them another path",
                    prefix=prefix,
                    other=taken[prefix],
                )
            taken[prefix] = name
            app.add_subapp(prefix, adapter.web_app())

    def _trouble(self, account: str, name: str, words: str | None) -> None:
        self.alarm(f"{account}: {name}", words)

    async def _receive_form(self, account: str, raw: RawEvent) -> Sequence[Fate]:
        return await self.receiver.receive(self.adapters[account], raw)

    def _run(
        self, name: str, work: Callable[[], Awaitable[None]], tasks: list[asyncio.Task[None]] | None = None
    ) -> None:
        task = asyncio.create_task(supervise(name, work, self.metrics), name=name)
        (self._tasks if tasks is None else tasks).append(task)


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    """End the tasks, the last one first. A cancellation can be lost on its way: asked again, a task ends.

    `asyncio.wait_for` of Python 3.11 swallows one that comes at the moment at which what it waits for is done.
    """
    waiting = list(reversed(tasks))
    while waiting:
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting, timeout=CANCEL_AGAIN)
        waiting = [task for task in waiting if not task.done()]
        if waiting:
            log.warning("cancelled_again", tasks=[task.get_name() for task in waiting])
    tasks.clear()
