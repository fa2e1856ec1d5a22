"""`kanal doctor`: looks at everything that can keep the gateway from working, and says the cure for each.

Every check is on its own: what one finds wrong does not hide the next. Nothing is changed, and nothing is made.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import sqlite3
import stat
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from intake.config import Config, find_file, load
from intake.doctor_broker import look_at_broker
from intake.doctor_files import look_at_files
from intake.doctor_journal import look_at_journal
from intake.findings import Finding, cure_of, first_line
from intake.simulate import local_address, settings_of
from normalizer.errors import KanalError, Misconfigured
from normalizer.sentence import Sentence, because

if TYPE_CHECKING:
    from complaint_queue.keys import Keyring

#: Bytes that should be free where complaints are kept: two days of a busy week with photos.
ROOM = 5 * 1024**3


def ask_gateway(config: Config, within: float = 3.0) -> dict[str, Any]:
    """What the running gateway says of itself; `status` is `away` when none answers."""
    address = local_address(config) + "/health/ready"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=within) as answer:
            body: dict[str, Any] = json.load(answer)
            return body
    except urllib.error.HTTPError as error:
        try:
            told: dict[str, Any] = json.load(error)
        except ValueError:
            told = {
                "status": "away",
                "problems": [Sentence("{address} answered {code}", address=address, code=error.code)],
            }
        return told
    except (OSError, ValueError) as error:
        return {
            "status": "away",
            "problems": [
                Sentence(
                    "{address} does not answer ({why})", address=address, why=getattr(error, "reason", error)
                )
            ],
        }


def keyring_of(config: Config, environment: Mapping[str, str] = os.environ) -> Keyring:
    """The keys that are there; none are made. Raises `Misconfigured`."""
    from complaint_queue.keys import VARIABLE, load_or_create

    path = config.data_dir / "keys.json"
    if not environment.get(VARIABLE) and not path.exists():
        raise Misconfigured(
            "gateway.data_dir", "there is no {path} yet", "start `kanal serve` once: it makes it", path=path
        )
    return load_or_create(path, environment)


async def examine(file: Path | None, environment: Mapping[str, str] = os.environ) -> list[Finding]:
    """Every check, in the order in which the gateway itself needs the things."""
    try:
        config = load(file, environment)
    except Misconfigured as error:
        source = Sentence("{file}", file=find_file(file, environment))
        return [
            _zone(),
            Finding(what=source, ok=False, found=first_line(error), cure=cure_of(error)),
        ]
    findings = [
        Finding(
            what="configuration",
            ok=True,
            found=Sentence("{file}, {count} accounts", file=config.source, count=len(config.accounts)),
        ),
        _zone(),
        _clock(),
    ]
    running = (await asyncio.to_thread(ask_gateway, config))["status"] != "away"
    findings += [_folder(config), _room(config), _keys(config, environment), await _photos()]
    findings += await look_at_journal(config, lambda: keyring_of(config, environment))
    findings += await look_at_files(config)
    findings += [finding async for finding in _accounts(config)]
    findings += [_desk(config)]
    findings += [_port(where, what, running) for what, where in _doors(config)]
    findings += [await look_at_broker(config)]
    findings += [_package(), _gateway(running, config)]
    return findings


def _zone() -> Finding:
    try:
        ZoneInfo("Asia/Jakarta")
    except ZoneInfoNotFoundError:
        return Finding(
            what="time zones", ok=False, found="Asia/Jakarta is not known here", cure="apt-get install tzdata"
        )
    return Finding(what="time zones", ok=True, found="Asia/Jakarta is known")


async def _photos() -> Finding:
    from intake.content.trial import trial

    ok, read = await trial()
    cure = "" if ok else "pip install --force-reinstall pillow pi-heif tinytag; 256 MB of memory must be free"
    return Finding(what="photos", ok=ok, found=Sentence.of(read), cure=cure)


def _clock() -> Finding:
    """A clock that is behind the program itself is wrong; one that no service sets will be."""
    now = datetime.now(UTC)
    built = datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)
    if now.timestamp() < built.timestamp() - 86_400:
        return Finding(
            what="clock",
            ok=False,
            found=Sentence("{now:%Y-%m-%d %H:%M} UTC is before this program was made", now=now),
            cure="timedatectl set-ntp true (signatures and tickets need the right day)",
        )
    return Finding(
        what="clock",
        ok=True,
        found=Sentence("{now:%Y-%m-%d %H:%M %Z}", now=now.astimezone(ZoneInfo("Asia/Jakarta"))),
    )


def _folder(config: Config) -> Finding:
    folder = config.data_dir
    if not folder.exists():
        parent = next(p for p in folder.absolute().parents if p.exists())
        if os.access(parent, os.W_OK | os.X_OK):
            return Finding(
                what="data folder",
                ok=True,
                found=Sentence("{folder} will be made at the first start", folder=folder),
            )
        cure = Sentence("mkdir -p {folder} && chown $(id -un) {folder}, or set KANAL_DATA_DIR", folder=folder)
        return Finding(
            what="data folder",
            ok=False,
            found=Sentence("{parent} cannot be written", parent=parent),
            cure=cure,
        )
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"x" * 4096)
            probe.flush()
            began = time.monotonic()
            os.fsync(probe.fileno())
            milliseconds = (time.monotonic() - began) * 1000
    except OSError as error:
        cure = Sentence("chown -R $(id -un) {folder}, or set KANAL_DATA_DIR", folder=folder)
        return Finding(
            what="data folder",
            ok=False,
            found=Sentence("{folder}: {why}", folder=folder, why=because(error)),
            cure=cure,
        )
    return Finding(
        what="data folder",
        ok=True,
        found=Sentence(
            "{folder} is writable, one sync takes {milliseconds:.1f} ms",
            folder=folder,
            milliseconds=milliseconds,
        ),
    )


def _room(config: Config) -> Finding:
    folder = config.data_dir.absolute()
    there = folder if folder.exists() else next(p for p in folder.parents if p.exists())
    free = shutil.disk_usage(there).free
    found = Sentence("{free:.1f} GiB free", free=free / 1024**3)
    if free < ROOM:
        cure = Sentence("make {room} GiB free, or move the folder (KANAL_DATA_DIR)", room=ROOM // 1024**3)
        return Finding(what="room", ok=False, found=found, cure=cure)
    return Finding(what="room", ok=True, found=found)


def _keys(config: Config, environment: Mapping[str, str]) -> Finding:
    path = config.data_dir / "keys.json"
    if environment.get("KANAL_KEY"):
        where = Sentence("from KANAL_KEY")
    elif not path.exists():
        return Finding(what="keys", ok=True, found="will be made at the first start")
    else:
        where = Sentence("{path}", path=path)
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            return Finding(
                what="keys",
                ok=False,
                found=Sentence("{path} can be read by others (mode {mode:o})", path=path, mode=mode),
                cure=Sentence("chmod 600 {path}", path=path),
            )
    try:
        keyring_of(config, environment)
    except KanalError as error:
        return Finding(what="keys", ok=False, found=first_line(error), cure=cure_of(error))
    return Finding(
        what="keys", ok=True, found=Sentence("{where}; keep a copy apart from the data folder", where=where)
    )


async def _accounts(config: Config) -> AsyncIterator[Finding]:
    """Settings typed, credentials there, and whatever the adapter itself looks at when it is made."""
    from adapters.base import Ports
    from adapters.base import load as load_adapter

    for account in config.accounts:
        what = Sentence("account {name}", name=account.name)
        try:
            _credentials_there(config, account.settings)
            if _makes_own_secrets(config, account.settings):
                load_adapter(account.adapter)
                yield Finding(
                    what=what,
                    ok=True,
                    found=Sentence(
                        "{adapter}; its own secrets come at the first start", adapter=account.adapter
                    ),
                )
                continue
            settings = settings_of(config, account.name)
            ports = Ports(inbox=_NoInbox(), clock=_Now(), new_spool=None, public_url=config.public_url)
            await load_adapter(account.adapter)(account, settings, ports).close()
        except KanalError as error:
            yield Finding(what=what, ok=False, found=first_line(error), cure=cure_of(error))
        else:
            yield Finding(
                what=what,
                ok=True,
                found=Sentence(
                    "{adapter}, for the channel {channel}", adapter=account.adapter, channel=account.channel
                ),
            )


def _desk(config: Config) -> Finding:
    """The counters: an account that stores what clerks type, and an office for each of them."""
    from normalizer.offices import offices

    desks = [account.name for account in config.accounts if account.adapter == "walkin"]
    clerks = _clerks(config.data_dir / "staff.sqlite3")
    what = "walk-in desk"
    if not desks:
        found = Sentence(
            "no account of the adapter walkin: /loket is closed ({count} clerks)", count=len(clerks)
        )
        cure = Sentence(
            'to open it, add to {file}: [[account]] name = "loket", adapter = "walkin"', file=config.source
        )
        return Finding(what=what, ok=not clerks, found=found, cure=cure)
    if len(desks) > 1:
        cure = Sentence("keep one of them: {file}", file=config.source)
        return Finding(
            what=what,
            ok=False,
            found=Sentence("only {desk} is used of {all}", desk=desks[0], all=", ".join(desks)),
            cure=cure,
        )
    astray = sorted(login for login, code in clerks if code not in offices())
    if astray:
        cure = Sentence(
            "make them anew with `kanal user add LOGIN --office CODE` (normalizer/data/offices.csv)"
        )
        return Finding(
            what=what,
            ok=False,
            found=Sentence("clerks without an office: {logins}", logins=", ".join(astray)),
            cure=cure,
        )
    return Finding(
        what=what, ok=True, found=Sentence("{desk}, {count} clerks", desk=desks[0], count=len(clerks))
    )


def _clerks(path: Path) -> list[tuple[str, str]]:
    """Login and office of every clerk who may sign in; none when there is no staff file or it cannot be read."""
    if not path.exists():
        return []
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            return db.execute(
                "SELECT login, office_code FROM user WHERE role = 'clerk' AND NOT disabled"
            ).fetchall()
    except sqlite3.Error:
        return []


class _NoInbox:
    """Nothing is received while we only look."""

    async def receive(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    keep = cursor = receive


class _Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


def _references(settings: Any) -> list[str]:
    if isinstance(settings, str):
        return [settings] if settings.startswith(("env:", "file:", "auto:")) else []
    if isinstance(settings, Mapping):
        settings = list(settings.values())
    return [r for value in settings for r in _references(value)] if isinstance(settings, list) else []


def _makes_own_secrets(config: Config, settings: Any) -> bool:
    """Whether an `auto:` secret has not been made yet: looking must not make it."""
    return any(
        not (config.data_dir / "secrets" / r.removeprefix("auto:")).exists()
        for r in _references(settings)
        if r.startswith("auto:")
    )


def _credentials_there(config: Config, settings: Any) -> None:
    for reference in _references(settings):
        if not reference.startswith("auto:"):
            config.resolve(reference)


def _doors(config: Config) -> list[tuple[str, str]]:
    doors = [("web", config.gateway.listen)]
    for account in config.accounts:
        for name, value in account.settings.items():
            if (
                name.endswith("_listen")
                and isinstance(value, str)
                and ":" in value
                and not value.startswith("unix:")
            ):
                doors.append((f"{account.name} {name.removesuffix('_listen')}", value))
    return doors


def _port(where: str, what: str, running: bool) -> Finding:
    host, _, port = where.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            if running:
                return Finding(
                    what=Sentence("port {what}", what=what),
                    ok=True,
                    found=Sentence("{where} is held by the running gateway", where=where),
                )
            cure = Sentence(
                "end the program that uses it (ss -ltnp 'sport = :{port}'), or set another address", port=port
            )
            if error.errno == 13:
                cure = Sentence(
                    "ports below 1024 are for root: use a higher one behind a proxy, or grant CAP_NET_BIND_SERVICE"
                )
            return Finding(
                what=Sentence("port {what}", what=what),
                ok=False,
                found=Sentence("{where}: {why}", where=where, why=because(error)),
                cure=cure,
            )
    return Finding(
        what=Sentence("port {what}", what=what), ok=True, found=Sentence("{where} is free", where=where)
    )


def _package() -> Finding:
    """RabbitMQ's own programs: only the demo and the tests need them."""
    from intake.private_rabbitmq import installed

    if installed():
        return Finding(what="RabbitMQ here", ok=True, found="installed, for demo and tests")
    cure = "apt-get install --no-install-recommends rabbitmq-server"
    return Finding(
        what="RabbitMQ here", ok=True, found="not installed; only demo and tests need it", cure=cure
    )


def _gateway(running: bool, config: Config) -> Finding:
    if not running:
        return Finding(what="gateway", ok=True, found="does not run")
    found = Sentence("answers at {address}", address=local_address(config))
    return Finding(what="gateway", ok=True, found=found)
