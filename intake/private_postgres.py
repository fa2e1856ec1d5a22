"""A PostgreSQL server of one's own, on a free port and in a folder of its own: for tests and benchmarks.

It runs the installed package's server as a plain child process beside any other server of the machine, and ends
what it started. PostgreSQL refuses to run as root: as root it runs as the package's own user `postgres`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]

from intake.free_ports import free_ports
from intake.private_server import Guard, Started
from normalizer.errors import Misconfigured, Unavailable

_CURE = "install it: apt-get install --no-install-recommends postgresql; or set KANAL_POSTGRES_BIN to its programs"
_ACCOUNT = "postgres"


class PrivatePostgres(Started):
    """`async with PrivatePostgres() as server:` starts it; `await server.database()` makes a fresh database.

    `durable` syncs what is committed; without it the tests that need no crash are quicker.
    """

    def __init__(self, *, durable: bool = True) -> None:
        self.durable = durable
        # Not below a caller's folder: the other user could not reach it, and a socket's path has at most 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="kanal-postgres-"))
        self.port = 0
        self._password = secrets.token_urlsafe(12)
        self._server: subprocess.Popen[bytes] | None = None
        self._guard = Guard()
        self._made = 0

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases, with user and password."""
        return f"postgresql://{_ACCOUNT}:{self._password}@127.0.0.1:{self.port}/{database}"

    async def start(self, within: float = 60.0) -> None:
        """Make the cluster at the first start, and wait until it answers. Raises `Misconfigured` without the package,
        `Unavailable` in trouble."""
        tools = _tools()
        if not (self.folder / "data").exists():
            await asyncio.to_thread(self._make, tools)
        self.port = self.port or free_ports(1)[0]
        self._server = self._spawn(tools)
        self._guard.watch_over(self._server.pid)
        await self._until_ready(within)

    async def kill(self) -> None:
        """SIGKILL to every process of it: what was not synced is lost."""
        if self._server is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._server.pid, signal.SIGKILL)
            await asyncio.to_thread(self._server.wait)

    async def stop(self) -> None:
        """End it and remove its folder."""
        self._guard.dismiss()
        await self.kill()
        self._server = None
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    async def database(self, template: str = "template0", name: str = "") -> str:
        """Make a database (a copy of `template`); its name."""
        self._made += 1
        name = name or f"kanal_{self._made}"
        await self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING \'UTF8\'')
        return name

    async def execute(self, sql: str, database: str = "postgres") -> None:
        """Run one statement."""
        connection = await asyncpg.connect(self.url(database), timeout=10)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    def log_tail(self, lines: int = 15) -> str:
        """The end of what the server said, for messages."""
        with contextlib.suppress(OSError):
            return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-lines:])
        return ""

    def _options(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            "max_connections": "100",
            "shared_buffers": "64MB",
        }
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        return [
            "-D",
            str(self.folder / "data"),
            *(f"--{name.replace('_', '-')}={value}" for name, value in settings.items()),
        ]

    def _make(self, tools: Path) -> None:
        password = self.folder / "password"
        password.write_text(self._password)
        if os.geteuid() == 0:
            owner = pwd.getpwnam(_ACCOUNT)
            for path in (self.folder, password):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        made = subprocess.run(  # noqa: S603
            [
                *_as_its_user(),
                str(tools / "initdb"),
                *("-D", str(self.folder / "data"), "-U", _ACCOUNT, "-A", "scram-sha-256"),
                *("--pwfile", str(password), "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"),
            ],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            raise Unavailable("initdb failed: {why}", why=made.stderr.strip() or made.stdout.strip())

    def _spawn(self, tools: Path) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - the package's own program, no shell
                [*_as_its_user(), str(tools / "postgres"), *self._options()],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    async def _until_ready(self, within: float) -> None:
        try:
            async with asyncio.timeout(within):
                while True:
                    if self._server is None or self._server.poll() is not None:
                        raise Unavailable(
                            "the private PostgreSQL ended at its start:\n{log}", log=self.log_tail()
                        )
                    with contextlib.suppress(OSError, asyncpg.PostgresError):
                        await self.execute("SELECT 1")
                        return
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise Unavailable(
                "the private PostgreSQL is not ready after {within:g} s:\n{log}",
                within=within,
                log=self.log_tail(),
            ) from None


def _as_its_user() -> list[str]:
    """What comes before the command when we are root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={_ACCOUNT}", f"--regid={_ACCOUNT}", "--init-groups"]


def _tools() -> Path:
    """The folder of the newest installed server's programs; Debian keeps them out of PATH."""
    asked = os.environ.get("KANAL_POSTGRES_BIN")
    folders = [Path(asked)] if asked else sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version)
    for folder in reversed(folders):
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    raise Misconfigured("postgres", "PostgreSQL's server is not installed", _CURE)


def _version(folder: Path) -> int:
    number = folder.parent.name
    return int(number) if number.isdigit() else 0


def installed() -> bool:
    """Whether a private server can be started on this machine."""
    try:
        _tools()
        if os.geteuid() == 0:
            pwd.getpwnam(_ACCOUNT)
    except (Misconfigured, KeyError):
        return False
    return True
