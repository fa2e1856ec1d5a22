"""A private Dovecot for the tests of e-mail, and an inbox that keeps in memory what a journal would keep."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.base import Account, Cursor, Ports, Spool
from adapters.email import EmailAdapter
from adapters.email.settings import EmailSettings
from intake.free_ports import free_ports
from normalizer.record import RawEvent
from normalizer.settings import Secret

USER, PASSWORD = "dki", 'rahasia "\\ sandi'
NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)

_CONFIG = """
protocols = imap
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
listen = 127.0.0.1
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {group}
first_valid_uid = 1
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 50
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
namespace inbox {{
  inbox = yes
}}
"""


def dovecot() -> str:
    """Dovecot's program; the test is skipped where there is none."""
    found = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        pytest.skip("Dovecot is not installed (scripts/system-packages ensure dovecot dovecot-imapd)")
    return found


def certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 and localhost that signs itself: `cert.pem` and `key.pem`."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
         "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder / "cert.pem"


class Dovecot:
    """One server of our own on free ports, run by the present user (as root: by Dovecot's own users)."""

    def __init__(self) -> None:
        self._program = dovecot()
        self.port, self.tls_port = free_ports(2)
        # Not pytest's folder: as root, the mails belong to a user who may not enter that one.
        self.folder = Path(tempfile.mkdtemp(prefix="kanal-dovecot-"))
        self.ca_file = str(certificate(self.folder))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        me = pwd.getpwuid(os.getuid())
        root = me.pw_uid == 0
        owner = pwd.getpwnam("nobody") if root else me
        names = ("dovecot", "dovenull", "dovecot") if root else (me.pw_name, me.pw_name, _group(me.pw_gid))
        (self.folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
        mail = self.folder / "mail"
        mail.mkdir()
        if root:
            self.folder.chmod(0o755)
            os.chown(mail, owner.pw_uid, owner.pw_gid)
        config = self.folder / "dovecot.conf"
        config.write_text(
            _CONFIG.format(
                folder=self.folder, internal=names[0], login=names[1], group=names[2],
                uid=owner.pw_uid, gid=owner.pw_gid, imap=self.port, imaps=self.tls_port,
            )
        )  # fmt: skip
        self._process = subprocess.Popen(
            [self._program, "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    async def ready(self) -> None:
        async with asyncio.timeout(20):
            while True:
                assert self._process is not None
                assert self._process.poll() is None, (self.folder / "dovecot.log").read_text()
                with contextlib.suppress(OSError):
                    reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    greeting = await reader.readline()
                    writer.close()
                    await writer.wait_closed()
                    if greeting.startswith(b"* OK"):
                        return
                await asyncio.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def settings(self, **more: Any) -> dict[str, Any]:
        """Settings of an account that reads this server in the clear, on loopback."""
        return {
            "imap_host": "127.0.0.1",
            "imap_port": self.port,
            "imap_tls": "none",
            "imap_user": USER,
            "imap_password": Secret(PASSWORD),
            "imap_interval": 0.3,
            **more,
        }


def _group(gid: int) -> str:
    import grp

    return grp.getgrgid(gid).gr_name


class MemorySpool:
    def __init__(self) -> None:
        self.data = bytearray()
        self.discarded = False

    @property
    def size(self) -> int:
        return len(self.data)

    def write(self, chunk: bytes) -> None:
        self.data += chunk

    def discard(self) -> None:
        self.discarded = True


class MemoryInbox:
    """Keeps mails and cursors in one step, as the journal does; `failure` is raised instead while it is set."""

    def __init__(self) -> None:
        self.kept: list[tuple[RawEvent, bytes]] = []
        self.cursors: dict[str, str] = {}
        self.failure: Exception | None = None
        self._news = asyncio.Event()

    async def keep(self, raw: RawEvent, spool: Spool | None = None, *, cursor: Cursor | None = None) -> None:
        if self.failure is not None:
            raise self.failure
        self.kept.append((raw, bytes(spool.data) if isinstance(spool, MemorySpool) else raw.body))
        if cursor is not None:
            self.cursors[cursor.name] = cursor.value
        self._news.set()

    async def receive(self, raw: RawEvent, *, cursor: Cursor | None = None) -> Any:
        raise AssertionError("a mail is kept, not parsed inline")

    async def cursor(self, name: str) -> str | None:
        return self.cursors.get(name)

    async def until(self, count: int, within: float = 20.0) -> list[bytes]:
        async with asyncio.timeout(within):
            while len(self.kept) < count:
                self._news.clear()
                await self._news.wait()
        return [body for _, body in self.kept]


class FixedClock:
    def now(self) -> datetime:
        return NOW


class RunningAccount:
    """A running adapter with what it said to its operator."""

    def __init__(self, adapter: EmailAdapter, inbox: MemoryInbox, troubles: dict[str, str]) -> None:
        self.adapter, self.inbox, self.troubles = adapter, inbox, troubles

    async def until_trouble(self, name: str, words: str, within: float = 20.0) -> str:
        async with asyncio.timeout(within):
            while words not in self.troubles.get(name, ""):
                await asyncio.sleep(0.01)
        return self.troubles[name]

    async def until_well(self, name: str, within: float = 20.0) -> None:
        async with asyncio.timeout(within):
            while name in self.troubles:
                await asyncio.sleep(0.01)


def make(inbox: MemoryInbox, troubles: dict[str, str], **settings: Any) -> EmailAdapter:
    def trouble(name: str, words: str | None) -> None:
        if words is None:
            troubles.pop(name, None)
        else:
            troubles[name] = words

    values = EmailSettings(**{"smtp_listen": "", "hostname": "aduan.example.go.id", **settings})
    ports = Ports(inbox=inbox, clock=FixedClock(), new_spool=MemorySpool, trouble=trouble)
    return EmailAdapter(Account(name="surat", adapter="email", channel="email"), values, ports)


@contextlib.asynccontextmanager
async def running(inbox: MemoryInbox | None = None, **settings: Any) -> AsyncIterator[RunningAccount]:
    """The adapter of one account, running."""
    inbox = inbox or MemoryInbox()
    troubles: dict[str, str] = {}
    adapter = make(inbox, troubles, **settings)
    task = asyncio.create_task(adapter.run())
    try:
        await asyncio.wait(
            {task, asyncio.create_task(adapter.listening.wait())}, return_when="FIRST_COMPLETED"
        )
        assert not task.done(), task
        yield RunningAccount(adapter, inbox, troubles)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await adapter.close()
