"""Where the broker is and how patiently it is treated: the settings that publisher and consumer share."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct
from yarl import URL

from complaint_queue import topology
from normalizer.errors import Misconfigured


class BrokerSettings(Struct, frozen=True, kw_only=True):
    """One broker. Times are in seconds, sizes in bytes.

    A virtual host in `url` wins over `virtual_host`. `credentials_file` holds `user:password`, which win over the
    url's. `amqps://` speaks TLS; `?cafile=` names its authority. `confirm_timeout` is how long the broker may owe
    every confirm before the connection counts as stalled: shorter than heartbeats would notice (three times
    `heartbeat`).
    """

    url: str
    virtual_host: str = topology.VIRTUAL_HOST
    source: str = "https://localhost"
    credentials_file: str = ""
    heartbeat: int = 10
    connect_timeout: float = 10.0
    confirm_timeout: float = 10.0
    window: int = 400
    window_bytes: int = 16 * 1024 * 1024
    max_body: int = 16 * 1024 * 1024
    held: int = 10_000
    retry_first: float = 1.0
    retry_longest: float = 30.0
    alarm_after: float = 60.0
    declare: bool = True
    single_active_consumer: bool = False

    def address(self, name: str) -> URL:
        """The url of one connection; the broker shows `name`. Raises `Misconfigured` with the cure."""
        return address(
            self.url,
            self.virtual_host,
            name,
            heartbeat=self.heartbeat,
            credentials_file=self.credentials_file,
        )


def address(
    url: str,
    virtual_host: str = topology.VIRTUAL_HOST,
    name: str = "",
    *,
    heartbeat: int = 10,
    credentials_file: str = "",
) -> URL:
    """A whole AMQP url: virtual host, heartbeat and the connection's name filled in."""
    try:
        found = URL(url)
    except ValueError:
        found = URL()
    if found.scheme not in ("amqp", "amqps") or not found.host:
        raise Misconfigured("broker.url", "is no AMQP address", "write amqp://user:password@host:5672/")
    if credentials_file:
        try:
            user, _, password = Path(credentials_file).read_text(encoding="utf-8").strip().partition(":")
        except OSError as error:
            raise Misconfigured(
                "broker.credentials_file", f"cannot be read ({error.strerror})", "write user:password into it"
            ) from None
        found = found.with_user(user).with_password(password)
    if found.path in ("", "/"):
        found = found.with_path("/" + virtual_host.replace("/", "%2F"), encoded=True, keep_query=True)
    given = dict(found.query)
    return found.update_query({"heartbeat": str(heartbeat), **({"name": name} if name else {}), **given})
