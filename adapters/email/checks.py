"""Settings that cannot work together are said at start, each with its name and the cure."""

from __future__ import annotations

import ipaddress
import re
import ssl
from pathlib import Path

from adapters.email.settings import EmailSettings
from normalizer.errors import Misconfigured

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*/=?^_`{|}~.-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


def check(settings: EmailSettings, account: str) -> None:
    """Raises `Misconfigured`."""
    where = f"account.{account}.settings"
    for address in settings.addresses:
        if address.count("@") != 1 or address != address.strip():
            raise Misconfigured(
                f"{where}.addresses", "{address!r} is no address", "write name@domain", address=address
            )
    _check_doors(settings, where)
    _check_mailbox(settings, where)
    _check_answers(settings, where)
    if settings.verify == "header" and not settings.authserv_id:
        raise Misconfigured(
            f"{where}.authserv_id",
            "missing",
            "write the name that the mail server in front puts first in Authentication-Results",
        )
    if settings.ca_file:
        try:
            ssl.create_default_context(cafile=settings.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(
                f"{where}.ca_file", "{why}", "name a readable PEM file, or leave it out", why=error
            ) from None


def _check_doors(settings: EmailSettings, where: str) -> None:
    if not settings.smtp_listen and not settings.lmtp_listen and not settings.imap_host:
        raise Misconfigured(
            f"{where}.smtp_listen", "no door is open", "set smtp_listen, lmtp_listen or imap_host"
        )
    if bool(settings.tls_certificate) != bool(settings.tls_key):
        raise Misconfigured(f"{where}.tls_key", "certificate and key go together", "set both or none")
    for network in settings.trusted_networks:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise Misconfigured(
                f"{where}.trusted_networks", "{network!r} is no network", "write 10.0.0.0/8", network=network
            ) from None
    for field in ("smtp_listen", "lmtp_listen"):
        text = getattr(settings, field)
        if text and not text.startswith("unix:") and not text.rpartition(":")[2].isdigit():
            raise Misconfigured(
                f"{where}.{field}", "{text!r} names no port", "write 127.0.0.1:2525", text=text
            )


def _check_mailbox(settings: EmailSettings, where: str) -> None:
    if not settings.imap_host:
        return
    if not settings.imap_user or not settings.imap_password:
        raise Misconfigured(
            f"{where}.imap_password",
            "the mailbox needs a user and a password",
            'set imap_user, and imap_password = "file:/etc/kanal/imap-password"',
        )
    for field in ("imap_host", "imap_user", "imap_folder", "imap_move_to"):
        if _CONTROLS.search(getattr(settings, field)):
            raise Misconfigured(f"{where}.{field}", "holds a control character", "write it on one line")
    if _CONTROLS.search(settings.imap_password.reveal()):
        raise Misconfigured(f"{where}.imap_password", "holds a control character", "store it on one line")
    if settings.imap_tls == "none" and not is_loopback(settings.imap_host):
        raise Misconfigured(
            f"{where}.imap_tls",
            "the password and the mails would cross the network in the clear",
            'write imap_tls = "tls" or "starttls"; "none" is for this machine itself',
        )
    if settings.imap_mark == "move" and settings.imap_move_to in ("", settings.imap_folder):
        raise Misconfigured(
            f"{where}.imap_move_to", "names no other folder", 'write the folder, such as "Diterima"'
        )


def _check_answers(settings: EmailSettings, where: str) -> None:
    if not settings.smarthost:
        return
    host, _, port = settings.smarthost.rpartition(":")
    if not host or not port.isdigit() or _CONTROLS.search(host):
        raise Misconfigured(f"{where}.smarthost", "is not like host:port", "write smtp.example.go.id:587")
    if settings.smarthost_tls == "none" and not is_loopback(host.strip("[]")):
        raise Misconfigured(
            f"{where}.smarthost_tls",
            "the answers would cross the network in the clear",
            'write smarthost_tls = "starttls" or "tls"; "none" is for this machine itself',
        )
    if bool(settings.smarthost_user) != bool(settings.smarthost_password):
        raise Misconfigured(
            f"{where}.smarthost_password", "user and password go together", "set both or none"
        )
    for field, address in (
        ("reply_address", settings.answers_as),
        ("bounce_address", settings.bounces_to),
    ):
        if not _ADDRESS.fullmatch(address):
            raise Misconfigured(
                f"{where}.{field}", "{address!r} is no plain address", "write name@domain", address=address
            )


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine, said without asking anybody."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def server_tls(settings: EmailSettings, account: str) -> ssl.SSLContext | None:
    """The certificate for STARTTLS at our own door. Raises `Misconfigured`."""
    if not settings.tls_certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(Path(settings.tls_certificate), Path(settings.tls_key))
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(
            f"account.{account}.settings.tls_certificate",
            "{why}",
            "name readable PEM files of one key pair",
            why=error,
        ) from None
    return context
