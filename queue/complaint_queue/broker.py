"""Where the broker is and how patiently it is treated: the settings that publisher and consumers share."""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import Struct
from yarl import URL

from complaint_queue import topology
from normalizer.errors import Misconfigured

_APART = re.compile(r"[,\s]+(?=amqps?://)")


class Hosts(Struct, frozen=True, kw_only=True):
    """The addresses of one cluster's nodes; any of them will do.

    `credentials_file` holds `user:password`, which win over the addresses'; it is read anew at every connection, so
    that a changed password needs no restart. `ca_file` is the authority that signed the nodes' certificates (the
    system's ones when empty), `cert_file` and `key_file` are what we show them; all are PEM and for `amqps://` alone.
    """

    urls: tuple[str, ...]
    credentials_file: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""

    @classmethod
    def of(cls, where: Where) -> Hosts:
        """From an address, or several with commas between. Raises `Misconfigured` when it is none."""
        found = where if isinstance(where, Hosts) else cls(urls=tuple(_APART.split(where.strip())))
        for url in found.urls:
            found._tls(_parsed(url))
        return found

    @property
    def names(self) -> str:
        """Hosts and ports, for people; never a user or password."""
        urls = map(_parsed, self.urls)
        return ", ".join(
            f"{url.host}:{url.port or (5671 if url.scheme == 'amqps' else 5672)}" for url in urls
        )

    def address(self, number: int, virtual_host: str, name: str, heartbeat: int) -> URL:
        """The whole address of one of them, with what the credentials file says now. Raises `Misconfigured`."""
        found = address(
            self.urls[number % len(self.urls)],
            virtual_host,
            name,
            heartbeat=heartbeat,
            credentials_file=self.credentials_file,
        )
        return found.update_query(self._tls(found))

    def _tls(self, url: URL) -> dict[str, str]:
        files = {"cafile": self.ca_file, "certfile": self.cert_file, "keyfile": self.key_file}
        files = {name: path for name, path in files.items() if path}
        if files and url.scheme != "amqps":
            raise Misconfigured(
                "broker.url",
                "{host} would be spoken to without TLS",
                "write amqps://, port 5671",
                host=url.host,
            )
        return files


Where = str | Hosts


class Reach:
    """One client's way to the broker: it stays with a host while that answers, and then tries the next."""

    def __init__(
        self, where: Where, virtual_host: str = topology.VIRTUAL_HOST, name: str = "", heartbeat: int = 10
    ) -> None:
        self.hosts = Hosts.of(where)
        self._virtual_host, self._name, self._heartbeat = virtual_host, name, heartbeat
        self._number = 0

    def __len__(self) -> int:
        return len(self.hosts.urls)

    @property
    def url(self) -> URL:
        """The address to try now. Raises `Misconfigured` when the credentials cannot be read."""
        return self.hosts.address(self._number, self._virtual_host, self._name, self._heartbeat)

    @property
    def virtual_host(self) -> str:
        return _parsed(self.hosts.urls[self._number % len(self)]).path.strip("/") or self._virtual_host

    def failed(self) -> None:
        """The host did not answer, or left us: it is the next one's turn."""
        self._number += 1


class BrokerSettings(Struct, frozen=True, kw_only=True):
    """One broker, or the hosts of a cluster. Times are in seconds, sizes in bytes.

    A virtual host in `url` wins over `virtual_host`. `amqps://` speaks TLS; `?cafile=` names its authority.
    `confirm_timeout` is how long the broker may owe every confirm before the connection counts as stalled: shorter
    than heartbeats would notice (three times `heartbeat`).
    """

    url: Where
    virtual_host: str = topology.VIRTUAL_HOST
    source: str = "https://localhost"
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

    def reach(self, name: str) -> Reach:
        """The way there; the broker shows `name`. Raises `Misconfigured` with the cure."""
        return Reach(self.url, self.virtual_host, name, self.heartbeat)


def address(
    url: str,
    virtual_host: str = topology.VIRTUAL_HOST,
    name: str = "",
    *,
    heartbeat: int = 10,
    credentials_file: str = "",
) -> URL:
    """A whole AMQP url: virtual host, heartbeat and the connection's name filled in."""
    found = _parsed(url)
    if credentials_file:
        try:
            user, _, password = Path(credentials_file).read_text(encoding="utf-8").strip().partition(":")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not text"
            raise Misconfigured(
                "broker.credentials",
                "{credentials_file} cannot be read ({why})",
                "write user:password into it",
                credentials_file=credentials_file,
                why=why,
            ) from None
        if not user or not password:
            raise Misconfigured(
                "broker.credentials",
                "{credentials_file} holds no user:password",
                "write them, with a colon between",
                credentials_file=credentials_file,
            )
        found = found.with_user(user).with_password(password)
    if found.path in ("", "/"):
        found = found.with_path("/" + virtual_host.replace("/", "%2F"), encoded=True, keep_query=True)
    given = dict(found.query)
    return found.update_query({"heartbeat": str(heartbeat), **({"name": name} if name else {}), **given})


def _parsed(url: str) -> URL:
    try:
        found = URL(url)
        host, _ = found.host, found.port
    except ValueError:
        found, host = URL(), None
    if found.scheme not in ("amqp", "amqps") or not host:
        raise Misconfigured(
            "broker.url",
            "is no AMQP address",
            "write amqp://user:password@host:5672/; several of one cluster with commas between",
        )
    if found.query.get("no_verify_ssl", "0") != "0":
        raise Misconfigured(
            "broker.url",
            "asks not to verify the broker's certificate: anybody could then be the broker",
            "name its authority: broker.ca_file",
        )
    return found
