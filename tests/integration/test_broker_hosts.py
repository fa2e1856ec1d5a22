"""Several hosts, TLS with verification on, and credentials in a file that change while we run."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from complaint_queue import statuses
from complaint_queue.broker import Hosts, Reach
from complaint_queue.line import close, connected
from complaint_queue.sender import sending
from intake.config import load
from intake.doctor_broker import look_at_broker
from intake.free_ports import free_ports
from intake.private_rabbitmq import PrivateRabbitMQ, installed
from normalizer.errors import Misconfigured, Unavailable
from normalizer.stages import StatusUpdate
from tests.relay import Crm, Relay, declare_empty

pytestmark = [pytest.mark.rabbitmq, pytest.mark.timeout(180)]

NOBODY = "amqp://kanal:kata-sandi@127.0.0.1:9/"


class Authority:
    """A certificate authority that signs for as long as a test runs."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(name)
        self._certificate = (
            _certificate(subject, subject, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def sign(self, name: str, usage: x509.ObjectIdentifier, *hosts: str) -> tuple[Path, Path]:
        """A certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(host)) for host in hosts]
        certificate = (
            _certificate(_name(name), _name(self.name), key)
            .add_extension(x509.SubjectAlternativeName(names or [x509.DNSName(name)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        files = self.folder / f"{self.name}-{name}.pem", self.folder / f"{self.name}-{name}.key"
        files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        files[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return files


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
    )


@dataclass(frozen=True)
class Secured:
    """A node that speaks TLS at `port`, to those alone who show a certificate of `authority`."""

    node: PrivateRabbitMQ
    authority: Authority
    port: int
    cert_file: Path
    key_file: Path

    def hosts(self, credentials: Path, ca_file: Path | None = None, host: str = "127.0.0.1") -> Hosts:
        return Hosts(
            urls=(f"amqps://{host}:{self.port}",),
            credentials_file=str(credentials),
            ca_file=str(ca_file or self.authority.file),
            cert_file=str(self.cert_file),
            key_file=str(self.key_file),
        )


@contextlib.asynccontextmanager
async def secured(folder: Path) -> AsyncIterator[Secured]:
    authority = Authority(folder, "uji-ca")
    server, server_key = authority.sign("server", ExtendedKeyUsageOID.SERVER_AUTH, "127.0.0.1")
    client, client_key = authority.sign("gerbang", ExtendedKeyUsageOID.CLIENT_AUTH)
    (port,) = free_ports(1)
    settings = {
        "listeners.ssl.1": f"127.0.0.1:{port}",
        "ssl_options.cacertfile": str(authority.file),
        "ssl_options.certfile": str(server),
        "ssl_options.keyfile": str(server_key),
        "ssl_options.verify": "verify_peer",
        "ssl_options.fail_if_no_peer_cert": "true",
    }
    async with PrivateRabbitMQ(settings=settings) as node:
        yield Secured(node, authority, port, client, client_key)


async def refused(hosts: Hosts) -> BaseException:
    """Why the connection does not come about."""
    try:
        connection, socket = await connected(Reach(hosts, name="uji"))
    except Exception as error:
        return error
    await close(connection, socket)
    raise AssertionError("it was let in")


@pytest.mark.skipif(not installed(), reason="RabbitMQ's package is not installed")
async def test_tls_is_verified_both_ways_and_a_changed_password_needs_no_restart(tmp_path: Path) -> None:
    credentials = tmp_path / "rabbitmq"
    async with secured(tmp_path) as here:
        node = here.node
        credentials.write_text(f"{node.user}:{node.password}\n")
        hosts = here.hosts(credentials)
        await declare_empty(node.url)

        stranger = Authority(tmp_path, "lain-ca")
        error = await refused(here.hosts(credentials, stranger.file))
        assert "CERTIFICATE_VERIFY_FAILED" in str(error)
        error = await refused(here.hosts(credentials, host="localhost"))
        assert "mismatch" in str(error), "the certificate is for 127.0.0.1 alone"
        nobody = Hosts(urls=hosts.urls, credentials_file=str(credentials), ca_file=hosts.ca_file)
        assert isinstance(await refused(nobody), (ssl.SSLError, ConnectionError, OSError))

        relay = Relay(hosts)  # type: ignore[arg-type]
        relay.outbox.fill(complaints=20)
        async with relay.running():
            await relay.outbox.until_marked(len(relay.outbox.events))
            # Rotated: the old password ends, and with it the connection. The file names the new one.
            await node.ctl("change_password", node.user, "kata-sandi-baru")
            await node.ctl("close_all_connections", "--global", "rotasi")
            await relay.until_alarm("broker_away")
            credentials.write_text(f"{node.user}:kata-sandi-baru\n")
            relay.outbox.fill(complaints=20, first=100)
            relay.publisher.wake()
            await relay.outbox.until_marked(len(relay.outbox.events), within=30)
        crm = await Crm().take(hosts, limit=len(relay.outbox.events))  # type: ignore[arg-type]
        assert len(set(crm.ids)) == len(relay.outbox.events)


async def test_who_dies_is_left_for_the_next_and_everybody_finds_the_one_that_lives(
    rabbitmq: PrivateRabbitMQ, rabbitmq_url: str
) -> None:
    both = f"{NOBODY}, {rabbitmq_url}"
    relay = Relay(both)
    relay.outbox.fill(complaints=10)
    taken: list[StatusUpdate] = []

    async def keep(update: StatusUpdate) -> bool:
        taken.append(update)
        return True

    consumer = statuses.StatusConsumer(both, keep)
    consuming = asyncio.create_task(consumer.run())
    try:
        async with relay.running():
            await relay.outbox.until_marked(len(relay.outbox.events), within=20)
        update = StatusUpdate(
            status_id="uji-hosts-1",
            ticket="20261128-000001-7",
            stage="Koordinasi",
            occurred_at=dt.datetime.now(dt.UTC),
        )
        await statuses.send(both, update, "https://crm.example.org")
        async with asyncio.timeout(20):
            while not taken:
                await asyncio.sleep(0.05)
    finally:
        consuming.cancel()
        await asyncio.gather(consuming, return_exceptions=True)
    crm = await Crm().take(both, limit=len(relay.outbox.events))
    assert len(crm.ids) == len(relay.outbox.events)
    async with sending(both):
        pass
    with pytest.raises(Unavailable):
        async with sending(f"{NOBODY},{NOBODY}"):
            pass


async def test_doctor_names_the_host_that_is_away(
    rabbitmq: PrivateRabbitMQ, rabbitmq_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "kanal.toml"
    file.write_text("")
    found = await look_at_broker(load(file, {"KANAL_AMQP_URL": f"{rabbitmq_url},{NOBODY}"}))
    assert not found.ok
    assert "127.0.0.1:9" in found.found and "answers" in found.found
    assert rabbitmq.password not in found.found
    found = await look_at_broker(load(file, {"KANAL_AMQP_URL": rabbitmq_url}))
    assert found.ok, found


def test_the_configuration_names_hosts_and_files_and_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, secret = tmp_path / "kanal.toml", tmp_path / "rabbitmq"
    secret.write_text("kanal:rahasia")
    monkeypatch.setenv("UJI_MQ", "amqps://mq-3.example.org")
    file.write_text(
        '[broker]\nurl = ["amqps://mq-1.example.org", "amqps://mq-2.example.org:5700", "env:UJI_MQ"]\n'
        f'credentials = "file:{secret}"\nca_file = "/ca.pem"\ncert_file = "/g.pem"\nkey_file = "/g.key"\n'
    )
    hosts = load(file, {}).broker.hosts()
    assert hosts.names == "mq-1.example.org:5671, mq-2.example.org:5700, mq-3.example.org:5671"
    reach = Reach(hosts, "aduan", "uji")
    assert (reach.url.host, reach.url.user, reach.url.password) == ("mq-1.example.org", "kanal", "rahasia")
    assert dict(reach.url.query)["cafile"] == "/ca.pem"
    secret.write_text("kanal:baru")
    reach.failed()
    assert (reach.url.host, reach.url.password, reach.url.path) == ("mq-2.example.org", "baru", "/aduan")
    for wrong, said in (
        ('url = "amqp://kanal:rahasia@mq.example.org"', "password"),
        ('url = "amqps://mq.example.org?no_verify_ssl=1"', "verify"),
        ('url = "amqp://mq.example.org"\nca_file = "/ca.pem"', "TLS"),
        ('url = "amqps://mq.example.org"\ncredentials = "kanal:rahasia"', "reference"),
        ('url = "amqps://mq.example.org"\ncert_file = "/g.pem"', "key_file"),
        ('url = "amqp://mq-1.example.org:5672,mq-2.example.org"', "reference"),
        ('url = "amqp://mq.example.org:x"', "no AMQP address"),
    ):
        file.write_text(f"[broker]\n{wrong}\n")
        with pytest.raises(Misconfigured, match=said):
            load(file, {})
