"""A RabbitMQ node of one's own, on free ports and in a folder of its own: for `make demo` and for the tests.

It runs the installed package's server as a plain child process, as any user, beside any other broker of the
machine, and ends everything that it started. Virtual host, user and password are made for this node alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from complaint_queue.topology import VIRTUAL_HOST
from intake.free_ports import free_ports
from intake.private_server import Guard, Started
from normalizer.errors import Misconfigured, Unavailable

_START_TRIES = 3
#: Added to its niceness: on a machine that both share the gateway answers first. A node that starts takes all the
#: processors for seconds, and what waits for it is safe in the journal.
NICER = 5
#: Its schedulers do not spin while they wait, which would take the processors from whoever shares them
#: (https://www.rabbitmq.com/docs/runtime, "busy waiting").
_NO_SPINNING = "+sbwt none +sbwtdcpu none +sbwtdio none"
_GREETING = b"AMQP\x00\x00\x09\x01"


class PrivateRabbitMQ(Started):
    """`async with PrivateRabbitMQ(folder) as node:` starts it; `node.url` is where it listens.

    The folder holds its data, log and cookie; without one a temporary folder is made and removed at the end.
    `settings` are more lines of rabbitmq.conf, `erlang` more arguments of its virtual machine. `beside` is the node
    whose port mapper, cookie and user this one shares, so that both can form a cluster (`intake.private_cluster`).
    """

    def __init__(
        self,
        folder: Path | None = None,
        virtual_host: str = VIRTUAL_HOST,
        *,
        settings: Mapping[str, str] | None = None,
        erlang: str = "",
        beside: PrivateRabbitMQ | None = None,
    ) -> None:
        self._temporary = folder is None
        self.folder = Path(tempfile.mkdtemp(prefix="kanal-rabbitmq-")) if folder is None else folder.resolve()
        self.virtual_host = virtual_host
        self.settings: dict[str, str] = dict(settings or {})
        self._erlang, self._beside = f"{_NO_SPINNING} {erlang}".strip(), beside
        #: Added to the niceness of what is started from now on.
        self.nicer = NICER
        self.user = "kanal"
        self.password: str = beside.password if beside else secrets.token_urlsafe(12)
        self._cookie: str = beside._cookie if beside else secrets.token_hex(16)
        self.port = self._dist_port = self._epmd_port = 0
        self._node: subprocess.Popen[bytes] | None = None
        self._epmd: subprocess.Popen[bytes] | None = None
        self._guard = Guard()

    @property
    def url(self) -> str:
        """The address with its user and virtual host."""
        return f"amqp://{self.user}:{self.password}@127.0.0.1:{self.port}/{self.virtual_host}"

    @property
    def node_name(self) -> str:
        return f"kanal{self.port}@localhost"

    @property
    def pid(self) -> int:
        """The node's process, from the file that the node itself writes."""
        return int((self.folder / "node.pid").read_text())

    @property
    def epmd_pid(self) -> int | None:
        """The port mapper that this node brought with it; it would outlive its node."""
        return None if self._epmd is None else self._epmd.pid

    @property
    def ended(self) -> bool:
        """Whether no process of the node runs any more."""
        return self._node is None or self._node.poll() is not None

    async def start(self, within: float = 60.0) -> None:
        """Start and wait until it greets. Raises `Misconfigured` without the package, `Unavailable` in trouble."""
        server = _server()
        for attempt in range(1, _START_TRIES + 1):
            self.choose_ports()
            try:
                await self._launch(server, within)
                return
            except Unavailable:
                await self._end_processes()
                if attempt == _START_TRIES:
                    raise
                self.port = 0

    def choose_ports(self) -> None:
        """Its ports, and with them its name, before it is started; once only."""
        if not self.port:
            self.port, self._dist_port, self._epmd_port = free_ports(3)
            if self._beside is not None:
                self._epmd_port = self._beside._epmd_port

    async def start_mapper(self) -> None:
        """Start epmd, where the nodes of a cluster find each other, and wait until it listens."""
        if self._beside is not None:
            return
        if self._epmd is None or self._epmd.poll() is not None:
            await asyncio.to_thread(self._write_files)
            self._epmd = self._spawn([_tool("epmd"), "-port", str(self._epmd_port), "-address", "127.0.0.1"])
        for _ in range(100):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self._epmd_port)
                writer.close()
                return
            await asyncio.sleep(0.05)

    async def restart(self, within: float = 60.0) -> None:
        """Bring a killed node back: same ports, same data."""
        if self._node is not None and self._node.poll() is None:
            await self._wait_end(self._node)
        await self._launch(_server(), within)

    async def kill(self) -> None:
        """SIGKILL to the node: no goodbye, nothing flushed."""
        await self._kill_node()
        if self._node is not None:
            await self._wait_end(self._node)

    def stall(self) -> None:
        """SIGSTOP: the node keeps its connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    async def stop(self) -> None:
        """End node and epmd, and remove a temporary folder."""
        await self._end_processes()
        if self._temporary:
            await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    async def ctl(self, *arguments: str, within: float = 60.0) -> str:
        """Run `rabbitmqctl` against this node; what it printed. Raises `Unavailable` with its complaint."""
        command = [str(_server().with_name("rabbitmqctl")), "-q", "-n", self.node_name, *arguments]
        process = await asyncio.create_subprocess_exec(
            *command,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(within):
                out, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise Unavailable("rabbitmqctl {command} gave no answer", command=arguments[0]) from None
        text = out.decode("utf-8", "replace").strip()
        if process.returncode != 0:
            raise Unavailable("rabbitmqctl {command}: {text}", command=arguments[0], text=text)
        return text

    async def declare_vhost(self, name: str) -> str:
        """Make another virtual host that this node's user may use; its url."""
        await self.ctl("add_vhost", name)
        await self.ctl("set_permissions", "-p", name, self.user, ".*", ".*", ".*")
        return self.url.rpartition("/")[0] + "/" + name

    async def set_memory_limit(self, fraction: float) -> None:
        """The share of memory above which publishers are blocked: 0 raises the alarm at once, 0.4 is usual."""
        await self.ctl("set_vm_memory_high_watermark", f"{fraction:g}")

    def log_tail(self, lines: int = 15) -> str:
        """The end of what the node said, for messages."""
        for name in (f"{self.node_name}.log", "output"):
            with contextlib.suppress(OSError):
                text = (self.folder / "log" / name).read_text(errors="replace")
                if text.strip():
                    return "\n".join(text.splitlines()[-lines:])
        return ""

    # how it runs

    def _environment(self) -> dict[str, str]:
        keep = {key: os.environ[key] for key in ("PATH", "LANG", "LC_ALL", "TMPDIR") if key in os.environ}
        return {
            "LANG": "C.UTF-8",
            **keep,
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": self.node_name,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_PID_FILE": str(self.folder / "node.pid"),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_CRASH_DUMP_SECONDS": "0",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": self._erlang,
        }

    def _write_files(self) -> None:
        for name in ("data", "log"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "plugins").write_text("[].\n")
        cookie = self.folder / ".erlang.cookie"
        if not cookie.exists():
            cookie.write_text(self._cookie)
            cookie.chmod(0o400)
        settings = self.folder / "rabbitmq.conf"
        settings.touch(mode=0o600)
        settings.write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            f"default_vhost = {self.virtual_host}\n"
            f"default_user = {self.user}\n"
            f"default_pass = {self.password}\n"
            "default_user_tags.administrator = true\n"
            "disk_free_limit.absolute = 50MB\n"
            + "".join(f"{name} = {value}\n" for name, value in self.settings.items())
        )

    async def _launch(self, server: Path, within: float) -> None:
        # A server that starts beside its living self deletes the pid file and then fails.
        if self._node is not None and self._node.poll() is None:
            raise Unavailable("the node still runs")
        await asyncio.to_thread(self._write_files)
        await self.start_mapper()
        (self.folder / "node.pid").unlink(missing_ok=True)
        self._node = self._spawn([str(server)])
        with contextlib.suppress(ProcessLookupError):  # its end is noticed below
            os.setpriority(os.PRIO_PROCESS, self._node.pid, os.getpriority(os.PRIO_PROCESS, 0) + self.nicer)
        self._guard.watch_over(*(process.pid for process in (self._node, self._epmd) if process is not None))
        try:
            async with asyncio.timeout(within):
                while not await self._greets():
                    if self._node.poll() is not None:
                        raise Unavailable(
                            "the private RabbitMQ ended at its start:\n{log}", log=self.log_tail()
                        )
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise Unavailable(
                "the private RabbitMQ is not ready after {within:g} s:\n{log}",
                within=within,
                log=self.log_tail(),
            ) from None

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.folder / "log" / "output").open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - the package's own programs, no shell
                command,
                env=self._environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    async def _greets(self) -> bool:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(1):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    writer.write(_GREETING)
                    return await reader.readexactly(1) == b"\x01"
                finally:
                    writer.close()
        return False

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            os.kill(self.pid, number)

    async def _kill_node(self, within: float = 10.0) -> None:
        """SIGKILL, and wait until it is over: the node is the script's child, so `wait` cannot be asked about it."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            pid = self.pid
            self._signal(signal.SIGKILL)
            for _ in range(round(within / 0.01)):
                if not _lives(pid):
                    return
                await asyncio.sleep(0.01)

    async def _wait_end(self, process: subprocess.Popen[bytes], within: float = 10.0) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(process.wait, within)

    async def _end_processes(self) -> None:
        """The data of such a node matters to no one: SIGKILL, to whole groups, since the server is a script."""
        self._guard.dismiss()
        await self._kill_node()
        for process in (self._node, self._epmd):
            if process is not None and process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await self._wait_end(process)
        self._node = self._epmd = None


def _lives(pid: int) -> bool:
    """Whether the process runs; one that ended and that nobody has buried yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Misconfigured("rabbitmq", "{name} is not installed", _CURE, name=name)
    return found


_CURE = "install it: apt-get install --no-install-recommends rabbitmq-server; or set KANAL_RABBITMQ_HOME to its folder"


def _server() -> Path:
    """The package's own server script; the wrapper in sbin insists on a user and a log folder of its own."""
    home = os.environ.get("KANAL_RABBITMQ_HOME")
    homes = [Path(home)] if home else sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*"))
    for folder in reversed(homes):
        if (folder / "sbin" / "rabbitmq-server").is_file():
            return folder / "sbin" / "rabbitmq-server"
    raise Misconfigured("rabbitmq", "RabbitMQ's server is not installed", _CURE)


def installed() -> bool:
    """Whether a private node can be started on this machine."""
    try:
        _server()
        _tool("epmd")
    except Misconfigured:
        return False
    return True
