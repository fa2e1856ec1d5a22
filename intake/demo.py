"""`make demo`: one complaint through every door over its real transport, and each record as the CRM receives it.

A gateway of its own in a temporary folder, a private RabbitMQ node, and the adapters' simulators as the citizens'
and providers' side. Every record is checked; all is stopped and removed at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import csv
import os
import secrets
import signal
import smtplib
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from adapters.base import Gateway, Simulator
from adapters.email.settings import EmailSettings
from adapters.email.simulate import compose
from adapters.walkin.simulate import Clerk
from complaint_queue import seal
from intake import demo_doors
from intake.config import Config, load
from intake.consume import OnEvent, consume, read_journal, render_json_line
from intake.demo_doors import ABOUT_NAME, Door, door_of, video, wrong
from intake.doctor import ask_gateway, keyring_of
from intake.findings import first_line
from intake.free_ports import free_ports
from intake.importing import Import
from intake.private_rabbitmq import PrivateRabbitMQ
from intake.simulate import load_simulator, local_address, settings_of
from intake.words import say, told
from normalizer.errors import Misconfigured, Unavailable
from normalizer.identity import JAKARTA
from normalizer.offices import offices
from normalizer.record import Attachment, Complaint, ComplaintEvent
from normalizer.sentence import Sentence, Several

#: Seconds from the last letter until every record has to be there.
PATIENCE = 30.0
#: Letters on their way at one moment: some providers are polled, and each would wait for the one before.
AT_ONCE = 6
CONFIG = Path(__file__).with_name("demo.toml")
#: Where the providers' fakes stand, beside the gateway's own doors.
PORTS = ("http", "smtp", "telegram", "media", "whatsapp", "facebook", "instagram", "x", "xgubernur", "lapor")


def run(as_json: bool) -> bool:
    """The whole; whether every record came and was right."""
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="kanal-demo-") as folder:
        return asyncio.run(_run(Path(folder), as_json, console))


async def _run(folder: Path, as_json: bool, console: Console) -> bool:
    began = time.monotonic()
    doors = demo_doors.doors()
    private_key, public_key = seal.generate()
    arrived: dict[str, ComplaintEvent] = {}
    complete = asyncio.Event()

    async def keep(event: ComplaintEvent) -> None:
        if event.event != "created":
            return
        door = door_of(event, tuple(door for door in doors if door.name not in arrived))
        if door is not None:
            arrived[door.name] = event
        if len(arrived) == len(doors):
            complete.set()

    with console.status(say("demo_broker")) as status:
        async with _broker(console) as url, _gateway(folder, url, public_key, status.update) as config:
            reader = asyncio.create_task(consume(url, on_event=keep) if url else _from_journal(config, keep))
            try:
                # The providers stay until the end: their photos are fetched after the letters were taken.
                async with contextlib.AsyncExitStack() as providers:
                    answers = await _send_all(config, doors, providers, status.update)
                    status.update(say("demo_waiting"))
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(PATIENCE):
                            await complete.wait()
            finally:
                reader.cancel()
                await asyncio.gather(reader, return_exceptions=True)
            status.update(say("demo_stopping"))
    verdicts = {door.name: wrong(door, arrived.get(door.name), seal.read_key(private_key)) for door in doors}
    if as_json:
        for door in doors:
            if door.name in arrived:
                sys.stdout.write(render_json_line(arrived[door.name]) + "\n")
        sys.stdout.flush()
    else:
        Console().print(_table(doors, arrived, answers, verdicts))
    right = sum(not problems for problems in verdicts.values())
    for name, problems in verdicts.items():
        if problems:
            console.print(say("demo_wrong", door=name, problems=told(Several(problems))), markup=False)
    console.print(say("demo_done", right=right, doors=len(doors), seconds=f"{time.monotonic() - began:.0f}"))
    return right == len(doors)


@asynccontextmanager
async def _broker(console: Console) -> AsyncIterator[str]:
    """The url of a private node; empty, and said plainly, where none can be started."""
    node = PrivateRabbitMQ()
    try:
        await node.start()
    except (Misconfigured, Unavailable, OSError) as error:
        console.print(say("demo_no_broker", why=told(first_line(error))))
        await node.stop()
        yield ""
        return
    try:
        yield node.url
    finally:
        await node.stop()


@asynccontextmanager
async def _gateway(
    folder: Path, url: str, crm_key: str, tell: Callable[[str], None]
) -> AsyncIterator[Config]:
    """A gateway in a process of its own, ready; ended by SIGTERM."""
    tell(say("demo_gateway"))
    (folder / "telegram-token").write_text(f"7000000001:{secrets.token_hex(16)}")
    file = folder / "kanal.toml"
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    file.write_text(
        CONFIG.read_text(encoding="utf-8").format(
            data=folder / "data", folder=folder, crm_public_key=crm_key, **ports
        )
    )
    config = load(file, {})
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KANAL_")}
    environment |= {"KANAL_AMQP_URL": url} if url else {"KANAL_BROKER": "none"}
    environment["KANAL_LOG"] = "json"
    with (folder / "gateway.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "intake", "serve", "--config", str(file),
            env=environment, cwd=Path(__file__).parent.parent, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        await _until_ready(config, process, folder / "gateway.log")
        yield config
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(15):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


async def _until_ready(config: Config, process: asyncio.subprocess.Process, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.returncode is not None:
            break
        if (await asyncio.to_thread(ask_gateway, config, 1.0))["status"] in ("ready", "degraded"):
            return
        await asyncio.sleep(0.1)
    ending = (await asyncio.to_thread(log.read_text, errors="replace"))[-3000:]
    raise Unavailable("the gateway does not get ready; its log ends with:\n{log}", log=ending)


async def _send_all(
    config: Config,
    doors: tuple[Door, ...],
    providers: contextlib.AsyncExitStack,
    tell: Callable[[str], None],
) -> dict[str, str]:
    """Each letter through its door; what the gateway answered there."""
    password = secrets.token_urlsafe(18)
    await _add_clerks(config, {door.office for door in doors if door.office}, password)
    turn = asyncio.Semaphore(AT_ONCE)

    async def send(door: Door) -> str:
        async with turn:
            tell(say("demo_sending", account=door.name))
            try:
                return await _send(config, door, providers, password)
            except Exception as error:  # one door that refuses must not hide the others
                return f"{type(error).__name__}: {error}"

    answers = await asyncio.gather(*map(send, doors))
    return {door.name: answer for door, answer in zip(doors, answers, strict=True)}


async def _send(config: Config, door: Door, providers: contextlib.AsyncExitStack, password: str) -> str:
    if door.way == "video":
        return await asyncio.to_thread(_mail_video, config, door)
    if door.way == "import":
        return await _import(config, door)
    if door.way == "clerk":
        gateway = Gateway(
            http=local_address(config), public_url=config.public_url, session=(_login(door.office), password)
        )
        simulator: Simulator = Clerk(gateway, {"against_office": ABOUT_NAME} if door.against else {})
    else:
        simulator = load_simulator(config, door.account)
    await simulator.start()
    providers.push_async_callback(simulator.stop)
    return await simulator.send(door.letter)


def _mail_video(config: Config, door: Door) -> str:
    """LaporVideo: a mail with a video to the address that takes such reports."""
    settings: EmailSettings = settings_of(config, door.account)
    address = settings.lapor_video_address
    mail = message_from_bytes(compose(door.letter, address), policy=policy.SMTP)
    mail.add_attachment(video(), maintype="video", subtype="mp4", filename="rekaman.mp4")
    host, _, port = settings.smtp_listen.rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=30) as server:
        refused = server.send_message(mail, "warga@example.org", [address])
    return str(refused) if refused else "250"


async def _import(config: Config, door: Door) -> str:
    """What `kanal import` does with a table of one row."""
    table = config.data_dir.parent / "qlue.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("id", "timestamp", "username", "description", "lat", "lng"))
        rows.writerow(("Q1", "2018-03-05T07:00:00Z", door.letter.sender, door.letter.text, "", ""))
    bringing = Import(config, door.account, table)
    try:
        counts = await bringing.send(lambda counts: None)
    finally:
        bringing.close()
    return f"{counts.accepted} accepted, {counts.quarantined} in quarantine"


def _login(office: str) -> str:
    return f"loket.{office}"


async def _add_clerks(config: Config, offices: set[str], password: str) -> None:
    from intake.staff.store import StaffStore

    store = StaffStore(config.data_dir / "staff.sqlite3", lambda: datetime.now(UTC))
    await store.open()
    try:
        for office in sorted(offices):
            await store.add_user(_login(office), "Petugas Demo", "clerk", office, by="demo")
            await store.set_password(_login(office), password, by="demo")
    finally:
        await store.close()


async def _from_journal(config: Config, keep: OnEvent) -> None:
    """Without a broker: the events that wait in the outbox, read beside the gateway until cancelled."""
    from complaint_queue.codec import Codec
    from complaint_queue.journal_sqlite import SqliteJournal

    journal = SqliteJournal.read_only(config.data_dir / "journal.sqlite3", Codec(keyring_of(config)))
    await journal.open()
    try:
        await read_journal(journal, on_event=keep, idle_timeout=None)
    finally:
        await journal.close()


def _table(
    doors: tuple[Door, ...],
    arrived: dict[str, ComplaintEvent],
    answers: dict[str, str],
    verdicts: dict[str, list[Sentence]],
) -> Table:
    table = Table(title=say("demo_title"), show_lines=True, expand=True)
    for name, share in zip(("", *say("demo_columns").split("|")), (None, 1, 3), strict=True):
        table.add_column(name, overflow="fold", ratio=share, min_width=1)
    for door in doors:
        problems = verdicts[door.name]
        event = arrived.get(door.name)
        if event is None:
            why = escape(f"{told(Several(problems))} ({answers.get(door.name)})")
            table.add_row("✗", door.name, why)
            continue
        table.add_row(
            "✗" if problems else "✓",
            f"[bold]{door.name}[/bold]\n{event.complaint.channel}\n{event.complaint.ticket}",
            _seen(event.complaint, problems),
        )
    return table


def _of_file(one: Attachment) -> str:
    """What was read from a photo or film."""
    if one.duration is not None:
        return say("demo_film", seconds=f"{one.duration:.0f}")
    taken = one.captured_at.astimezone(JAKARTA).strftime("%H:%M") if one.captured_at else "—"
    return say(
        "demo_photo" if one.public_url else "demo_photo_secret", width=one.width, height=one.height, at=taken
    )


def _seen(record: Complaint, problems: list[Sentence]) -> str:
    """The third column: place, language, category, secrecy; then what is wrong, or the text."""
    place = record.place.kelurahan.name if record.place.kelurahan else "—"
    facts = [place, record.language.code, *(suggestion.code for suggestion in record.categories[:1])]
    facts += [say("demo_confidential")] if record.confidential else []
    if record.against_office:
        facts.append(say("demo_against", office=offices()[record.against_office].name))
    files = say("demo_files", count=len(record.attachments)) if record.attachments else ""
    files += "".join(f" {_of_file(one)}" for one in record.attachments if one.width or one.duration)
    return f"[bold]{escape(' · '.join(facts))}[/bold]\n" + escape(
        told(Several(problems)) or f"{record.text} {files}"
    )
