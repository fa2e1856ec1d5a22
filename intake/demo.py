"""`make demo`: one complaint through every door over its real transport, and each record as the CRM receives it.

A gateway of its own in a temporary folder, a private RabbitMQ node, and the adapters' simulators as the citizens'
and providers' side. Every record is checked; all is stopped and removed at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from adapters.base import Letter
from intake.config import Config, load
from intake.consume import OnEvent, consume, read_journal, render_json_line
from intake.doctor import ask_gateway, keyring_of
from intake.free_ports import free_ports
from intake.private_rabbitmq import PrivateRabbitMQ
from intake.simulate import load_simulator, photo
from intake.words import say
from normalizer.errors import Misconfigured, Unavailable
from normalizer.identity import read_ticket
from normalizer.record import ComplaintEvent

#: Seconds from the last letter until every record has to be there.
PATIENCE = 30.0
CLERK = "loket.demo"
#: Kelurahan Kenari: where the demo's clerk sits.
OFFICE = "31.71.04.1002"
#: What is said, and a kelurahan whose name is nobody else's.
SAID = (
    (
        "Selamat pagi, jalan di depan pasar berlubang besar sejak dua minggu yang lalu. Mohon segera diperbaiki.",
        "Kenari",
    ),
    (
        "Lampu jalan di RT 03 RW 05 mati semua, warga takut lewat kalau malam. Mohon diperiksa.",
        "Cakung Barat",
    ),
    (
        "Sampah sudah menumpuk di pinggir kali selama tiga hari dan baunya sampai ke sekolah.",
        "Kampung Melayu",
    ),
    (
        "Saluran air di depan rumah kami mampet, setiap kali hujan langsung banjir sampai ke dalam.",
        "Sunter Jaya",
    ),
    (
        "Ada pohon tumbang yang menutup separuh jalan, kendaraan tidak bisa lewat. Tolong segera dibersihkan.",
        "Ragunan",
    ),
    ("Ibu ini melaporkan trotoar yang rusak di dekat puskesmas, kursi roda tidak bisa lewat.", "Kenari"),
)
#: Doors that are told the kelurahan's code.
CODED = ("loket", "open311")
#: Account, the channel under which it counts, and whether a photo comes along.
DOORS = (
    ("email-dki", "email", True),
    ("sms-twilio", "sms", True),
    ("sms-vonage", "sms", False),
    ("sms-infobip", "sms", False),
    ("sms-kannel", "sms", False),
    ("sms-playsms", "sms", False),
    ("sms-declarative", "sms", False),
    ("telegram-dki", "telegram", True),
    ("whatsapp-dki", "whatsapp", True),
    ("facebook-dki", "facebook", True),
    ("facebook-gubernur", "medsos_gubernur", False),
    ("instagram-dki", "instagram", True),
    ("instagram-gubernur", "medsos_gubernur", False),
    ("x-dki", "twitter", False),
    ("x-gubernur", "medsos_gubernur", False),
    ("jaki", "jaki", True),
    ("balai-warga", "balai_warga", True),
    ("sp4n-lapor", "sp4n_lapor", True),
    ("open311", "open311", True),
    ("qlue-2018", "qlue", False),
    ("loket", "kantor_kelurahan", True),
)

CONFIG = Path(__file__).with_name("demo.toml")
#: Where the providers' fakes stand, beside the gateway's own doors.
PORTS = ("http", "smtp", "telegram", "media", "whatsapp", "facebook", "instagram", "x", "xgubernur", "lapor")


class Door(Struct, frozen=True, kw_only=True):
    """One account, what a citizen says there, and what the record must hold."""

    account: str
    channel: str
    letter: Letter
    kelurahan: str


def _doors() -> tuple[Door, ...]:
    picture = photo()
    doors = []
    for number, (account, channel, with_photo) in enumerate(DOORS, 1):
        coded = account in CODED
        text, kelurahan = SAID[-1] if coded else SAID[number % (len(SAID) - 1)]
        letter = Letter(
            number=number,
            text=f"{text} Kelurahan {kelurahan}.",
            sender=f"Warga Contoh {number}",
            photos=(picture,) if with_photo else (),
            kelurahan_code=OFFICE if coded else "",
        )
        doors.append(Door(account=account, channel=channel, kelurahan=kelurahan, letter=letter))
    return tuple(doors)


def wrong(door: Door, event: ComplaintEvent | None) -> list[str]:
    """What does not hold of the record that came for `door`; empty when all is right."""
    if event is None:
        return ["no record came"]
    record, problems = event.complaint, []
    if event.event != "created" or event.sequence != 1:
        problems.append(f"it is {event.event} number {event.sequence}")
    if record.channel != door.channel:
        problems.append(f"channel {record.channel}, not {door.channel}")
    if door.letter.text.split(".")[0] not in record.text:
        problems.append("the text is not what was written")
    if read_ticket(record.ticket) != record.ticket:
        problems.append(f"ticket {record.ticket!r} does not check")
    found = record.place.kelurahan.name if record.place.kelurahan else "none"
    if found != door.kelurahan:
        problems.append(f"kelurahan {found}, not {door.kelurahan}")
    if record.language.code != "id":
        problems.append(f"language {record.language.code}, not id")
    stored = [a for a in record.attachments if a.state == "stored" and a.media_type == "image/jpeg"]
    if len(stored) != len(door.letter.photos):
        problems.append(f"{len(stored)} photos, not {len(door.letter.photos)}")
    if not record.raw_sha256:
        problems.append("no trace of the raw event")
    return problems


def run(as_json: bool) -> bool:
    """The whole; whether every record came and was right."""
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="kanal-demo-") as folder:
        return asyncio.run(_run(Path(folder), as_json, console))


async def _run(folder: Path, as_json: bool, console: Console) -> bool:
    began = time.monotonic()
    doors = _doors()
    arrived: dict[str, ComplaintEvent] = {}
    complete = asyncio.Event()

    async def keep(event: ComplaintEvent) -> None:
        arrived.setdefault(event.complaint.account, event)
        if len(arrived) == len(doors):
            complete.set()

    with console.status(say("demo_broker")) as status:
        async with _broker(console) as url, _gateway(folder, url, status.update) as config:
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
    verdicts = {door.account: wrong(door, arrived.get(door.account)) for door in doors}
    if as_json:
        for door in doors:
            if door.account in arrived:
                sys.stdout.write(render_json_line(arrived[door.account]) + "\n")
        sys.stdout.flush()
    else:
        Console().print(_table(doors, arrived, answers, verdicts))
    right = sum(not problems for problems in verdicts.values())
    console.print(say("demo_done", right=right, doors=len(doors), seconds=f"{time.monotonic() - began:.0f}"))
    return right == len(doors)


@asynccontextmanager
async def _broker(console: Console) -> AsyncIterator[str]:
    """The url of a private node; empty, and said plainly, where none can be started."""
    node = PrivateRabbitMQ()
    try:
        await node.start()
    except (Misconfigured, Unavailable, OSError) as error:
        console.print(say("demo_no_broker", why=str(error).partition("\n")[0]))
        await node.stop()
        yield ""
        return
    try:
        yield node.url
    finally:
        await node.stop()


@asynccontextmanager
async def _gateway(folder: Path, url: str, tell: Callable[[str], None]) -> AsyncIterator[Config]:
    """A gateway in a process of its own, ready; ended by SIGTERM."""
    tell(say("demo_gateway"))
    (folder / "telegram-token").write_text(f"7000000001:{secrets.token_hex(16)}")
    file = folder / "kanal.toml"
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    file.write_text(CONFIG.read_text(encoding="utf-8").format(data=folder / "data", folder=folder, **ports))
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
    told = (await asyncio.to_thread(log.read_text, errors="replace"))[-3000:]
    raise Unavailable(f"{say('demo_not_ready')}\n{told}")


async def _send_all(
    config: Config,
    doors: tuple[Door, ...],
    providers: contextlib.AsyncExitStack,
    tell: Callable[[str], None],
) -> dict[str, str]:
    """Each letter through its door; what the gateway answered there."""
    session = (CLERK, secrets.token_urlsafe(18))
    await _add_clerk(config, session)
    answers: dict[str, str] = {}
    for door in doors:
        tell(say("demo_sending", account=door.account))
        simulator = load_simulator(config, door.account, session)
        try:
            await simulator.start()
            providers.push_async_callback(simulator.stop)
            answers[door.account] = await simulator.send(door.letter)
        except Exception as error:  # one door that refuses must not hide the others
            answers[door.account] = f"{type(error).__name__}: {error}"
    return answers


async def _add_clerk(config: Config, session: tuple[str, str]) -> None:
    from intake.staff.store import StaffStore

    store = StaffStore(config.data_dir / "staff.sqlite3", lambda: datetime.now(UTC))
    await store.open()
    try:
        await store.add_user(session[0], "Petugas Demo", "clerk", OFFICE, by="demo")
        await store.set_password(*session, by="demo")
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
    verdicts: dict[str, list[str]],
) -> Table:
    table = Table(title=say("demo_title"), show_lines=True, expand=True)
    for name, share in zip(("", *say("demo_columns").split("|")), (None, 1, 3), strict=True):
        table.add_column(name, overflow="fold", ratio=share, min_width=1)
    for door in doors:
        problems = verdicts[door.account]
        event = arrived.get(door.account)
        if event is None:
            table.add_row("✗", door.account, "; ".join(problems) + f" ({answers.get(door.account)})")
            continue
        record = event.complaint
        photos = f" [{len(record.attachments)} foto]" if record.attachments else ""
        place = record.place.kelurahan.name if record.place.kelurahan else "—"
        category = ", ".join(suggestion.code for suggestion in record.categories[:1]) or "—"
        table.add_row(
            "✗" if problems else "✓",
            f"[bold]{door.account}[/bold]\n{record.channel}\n{record.ticket}",
            f"[bold]{place}[/bold] · {record.language.code} · {category}\n"
            + escape("; ".join(problems) or record.text + photos),
        )
    return table
