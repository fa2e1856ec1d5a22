"""A RabbitMQ node of our own on loopback, for the demo and the tests: free ports, its own folder, its own epmd.

It needs Debian's package `rabbitmq-server` and touches nothing that the package itself may have started.
https://www.rabbitmq.com/docs/configure
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import socket
from pathlib import Path
from types import TracebackType

from complaint_queue.topology import VIRTUAL_HOST
from normalizer.errors import Misconfigured

#: Where Debian and the upstream packages put the scripts that take their whole environment from outside.
_FOLDERS = ("/usr/lib/rabbitmq/bin", "/usr/lib/rabbitmq/lib/*/sbin", "/opt/rabbitmq/sbin")


def find_server() -> Path:
    """The folder with the package's own scripts. Raises `Misconfigured` when it is not installed."""
    for pattern in _FOLDERS:
        root, _, rest = pattern.partition("*")
        found = sorted(Path(root).glob("*" + rest)) if rest else [Path(root)]
        for folder in found:
            if (folder / "rabbitmq-server").is_file() and (folder / "rabbitmqctl").is_file():
                return folder
    raise Misconfigured(
        "rabbitmq", "RabbitMQ is not installed on this machine", "run: apt-get install rabbitmq-server"
    )


class PrivateRabbitMQ:
    """One node in `folder`; an async context manager. `kill`, `stall` and `resume` hit the node itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.bin = find_server()
        self.port = _free_port()
        self._process: asyncio.subprocess.Process | None = None
        self._epmd: asyncio.subprocess.Process | None = None
        self.environment: dict[str, str] = {}

    @property
    def url(self) -> str:
        """Address without a virtual host; the user exists on this node alone and may come from loopback only."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    @property
    def pid(self) -> int:
        """Of the Erlang node itself."""
        return int((self.folder / "node.pid").read_text())

    async def start(self, within: float = 90.0) -> None:
        """Start (again) and wait until it answers and has our virtual host."""
        if not self.environment:
            self._prepare()
        if self._epmd is None:
            epmd = shutil.which("epmd") or str(next(Path("/usr/lib/erlang").glob("erts-*/bin/epmd")))
            self._epmd = await asyncio.create_subprocess_exec(epmd, env=self.environment, **_QUIET)
        with (self.folder / "node.out").open("ab") as out:
            self._process = await asyncio.create_subprocess_exec(
                str(self.bin / "rabbitmq-server"),
                env=self.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(within):
                while True:
                    if self._process.returncode is not None:
                        raise RuntimeError(f"RabbitMQ ended at once: {self._tail()}")
                    if await self._answers():
                        break
                    await asyncio.sleep(0.1)
                await self.control("await_startup")
                await self.control("add_vhost", VIRTUAL_HOST, check=False)
                await self.control("set_permissions", "-p", VIRTUAL_HOST, "guest", ".*", ".*", ".*")
        except TimeoutError:
            raise RuntimeError(f"RabbitMQ did not start within {within:.0f} s: {self._tail()}") from None

    async def stop(self) -> None:
        """End the node and its epmd, each by its pid."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(OSError, ValueError):
                os.kill(self.pid, signal.SIGCONT)
                os.kill(self.pid, signal.SIGTERM)
            try:
                async with asyncio.timeout(20):
                    await self._process.wait()
            except TimeoutError:
                await self.kill()
        if self._epmd is not None and self._epmd.returncode is None:
            self._epmd.terminate()
            await self._epmd.wait()
        self._process = self._epmd = None

    async def kill(self) -> None:
        """SIGKILL to the node."""
        with contextlib.suppress(OSError, ValueError):
            os.kill(self.pid, signal.SIGKILL)
        if self._process is not None:
            async with asyncio.timeout(20):
                await self._process.wait()

    async def restart(self) -> None:
        """Start again after `kill`, or after an orderly end."""
        await self.start()

    def stall(self) -> None:
        """SIGSTOP: the node keeps its connections and says nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    async def control(self, *arguments: str, check: bool = True) -> str:
        """`rabbitmqctl`; what it printed."""
        process = await asyncio.create_subprocess_exec(
            str(self.bin / "rabbitmqctl"),
            "-q",
            *arguments,
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
        if check and process.returncode:
            raise RuntimeError(f"rabbitmqctl {arguments[0]}: {out.decode(errors='replace')[-500:]}")
        return out.decode(errors="replace")

    def _prepare(self) -> None:
        home = self.folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        cookie = home / ".erlang.cookie"
        cookie.write_text(secrets.token_hex(16))
        cookie.chmod(0o400)
        config = self.folder / "rabbitmq.conf"
        config.write_text(f"listeners.tcp.1 = 127.0.0.1:{self.port}\nloopback_users.guest = true\n")
        plugins = self.folder / "enabled_plugins"
        plugins.write_text("[].\n")
        name = f"kanal{self.port}@localhost"
        self.environment = {
            "PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "RABBITMQ_NODENAME": name,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(_free_port()),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(config),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_PID_FILE": str(self.folder / "node.pid"),
            "ERL_EPMD_PORT": str(_free_port()),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return (self.folder / "node.pid").is_file()

    def _tail(self) -> str:
        out = self.folder / "node.out"
        return out.read_text(errors="replace")[-1500:] if out.is_file() else "no output"

    async def __aenter__(self) -> PrivateRabbitMQ:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


_QUIET = {
    "stdin": asyncio.subprocess.DEVNULL,
    "stdout": asyncio.subprocess.DEVNULL,
    "stderr": asyncio.subprocess.DEVNULL,
}


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
