"""A real gateway in a process of its own, for tests that kill it, starve it or send it real traffic."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Formatter
from typing import Any

import aiohttp

from adapters.base import Gateway, Simulator, load
from intake.config import Config
from intake.config import load as load_config
from intake.free_ports import free_ports
from normalizer.settings import convert

ROOT = Path(__file__).resolve().parent.parent
CLERK = ("loket.uji", "kata-sandi-uji-2611")


CONFIG = """
[gateway]
data_dir = "{data}"
listen = "127.0.0.1:{http}"
restart_grace = 3.0
sender_burst = 1000000  # the load comes from a handful of simulated people

[broker]
alarm_after = 5.0

[[account]]
name = "email-dki"
adapter = "email"
[account.settings]
smtp_listen = "127.0.0.1:{smtp}"
addresses = ["dki@jakarta.go.id"]

[[account]]
name = "sms-kannel"
adapter = "sms"
[account.settings]
provider = "kannel"
secrets = {{ secret = "auto:kannel" }}

[[account]]
name = "sms-twilio"
adapter = "sms"
[account.settings]
provider = "twilio"
options = {{ account_sid = "AC00000000000000000000000000000000" }}
secrets = {{ auth_token = "auto:twilio" }}

[[account]]
name = "telegram-dki"
adapter = "telegram"
[account.settings]
token = "file:{folder}/telegram-token"
secret = "auto:telegram-secret"
mode = "webhook"
set_webhook = false
username = "KanalAduanUjiBot"
api_base_url = "http://127.0.0.1:{telegram}"

[[account]]
name = "loket"
adapter = "walkin"
"""


class GatewayProcess:
    """`python -m intake serve` on free ports, in `folder`. `amqp_url` empty: the embedded journal alone.

    `ports` by their names in the template are those that it shares with another gateway: the providers' fakes.
    """

    def __init__(
        self,
        folder: Path,
        amqp_url: str = "",
        prefix: Iterable[str] = (),
        template: str = CONFIG,
        ports: Mapping[str, int] | None = None,
    ) -> None:
        self.folder = folder
        self.config_file = folder / "kanal.toml"
        (folder / "telegram-token").write_text("2611:TEST-not-a-real-token-0001")
        known = {"folder": folder, "data": folder / "data", "crm_public_key": ""}
        named = {name for _, name, _, _ in Formatter().parse(template) if name}
        wanted = sorted((named | {"http", "smtp", "telegram"}) - known.keys())
        self.ports = {**dict(zip(wanted, free_ports(len(wanted)), strict=True)), **(ports or {})}
        self.http, self.smtp, self.telegram = (self.ports[name] for name in ("http", "smtp", "telegram"))
        self.config_file.write_text(template.format(**known, **self.ports))
        self.prefix = list(prefix)
        #: What `python -m` starts: another program may do something first.
        self.module = ["intake"]
        self.environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT}:{ROOT / 'queue'}",
            "KANAL_AMQP_URL": amqp_url,
        }
        if not amqp_url:
            self.environment["KANAL_AMQP_URL"] = ""
            self.environment["KANAL_BROKER"] = "none"
        self.process: asyncio.subprocess.Process | None = None
        self.log = folder / "gateway.log"

    @property
    def config(self) -> Config:
        return load_config(self.config_file, {})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http}"

    @property
    def gateway(self) -> Gateway:
        return Gateway(http=self.url, public_url=self.url, session=CLERK)

    async def start(self, within: float = 30.0) -> float:
        """Start and wait until ready; the seconds it took."""
        started = time.monotonic()
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.prefix,
                sys.executable,
                "-m",
                *self.module,
                "serve",
                "--config",
                str(self.config_file),
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        async with aiohttp.ClientSession() as session:
            while True:
                if self.process.returncode is not None:
                    raise RuntimeError(f"the gateway ended at once:\n{self.log.read_text()[-4000:]}")
                if time.monotonic() - started > within:
                    raise RuntimeError(f"not ready within {within} s:\n{self.log.read_text()[-4000:]}")
                with contextlib.suppress(aiohttp.ClientError, OSError):
                    async with session.get(self.url + "/health/ready") as answer:
                        if answer.status == 200:
                            return time.monotonic() - started
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """SIGKILL, as a power cut does it to a process."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self, within: float = 15.0) -> float:
        """SIGTERM and wait; the seconds it took."""
        assert self.process is not None
        started = time.monotonic()
        if self.process.returncode is None:
            os.kill(self._gateway_pid(), signal.SIGTERM)
            async with asyncio.timeout(within):
                await self.process.wait()
        return time.monotonic() - started

    def _gateway_pid(self) -> int:
        """The gateway itself, also behind a prefix such as strace."""
        assert self.process is not None
        pid = self.process.pid
        if not self.prefix:
            return pid
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    async def run(self, *arguments: str, stdin: bytes = b"") -> tuple[int, str]:
        """Run `kanal` with this gateway's configuration; its exit code and what it printed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "intake",
            *arguments,
            env={**self.environment, "KANAL_CONFIG": str(self.config_file)},
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate(stdin)
        return process.returncode or 0, out.decode()

    async def add_clerk(self) -> None:
        """The clerk as whom the walk-in simulator signs in."""
        login, password = CLERK
        options = ("--role", "clerk", "--office", "31.71.04.1002", "--password-stdin")
        code, said = await self.run("user", "add", login, *options, stdin=password.encode())
        assert code == 0, said

    async def health(self) -> dict[str, Any]:
        async with aiohttp.ClientSession() as session, session.get(self.url + "/health/ready") as answer:
            body: dict[str, Any] = await answer.json()
            return body

    def simulator(self, account_name: str, gateway: Gateway | None = None) -> Simulator:
        """The provider's side of one account, which finds the gateway at this address or another."""
        config = self.config
        account = config.account(account_name)
        settings = convert(load(account.adapter).Settings, account.settings, account_name, config.resolve)
        module = importlib.import_module(f"adapters.{account.adapter}.simulate")
        simulator: Simulator = module.simulator(account, settings, gateway or self.gateway)
        return simulator
