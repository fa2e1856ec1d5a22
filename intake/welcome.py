"""What `kanal serve` prints once its doors are open: the addresses, the broker, and what to try first."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from intake.config import DEFAULT_FILE
from intake.simulate import settings_of
from intake.words import say, told

if TYPE_CHECKING:
    from intake.config import Config
    from intake.service import Service

_LETTER = r"From: Siti Contoh <siti@example.org>\nTo: {to}\nSubject: Jalan berlubang\n\n{text}\n"
_TEXT = "Jalan berlubang di depan pasar, Kelurahan Kenari, Kecamatan Senen."


async def lines(service: Service) -> list[str]:
    """Addresses and broker; on the built-in configuration also three lines to try."""
    config = service.config
    shown = [
        say("serving", address=service.addresses["web"], source=config.source),
        *(say("serving_mail", address=where, account=name) for name, where in _mail_doors(config)),
        say("serving_broker", words=told(service.broker.words)),
        say("serving_data", folder=config.data_dir.resolve()),
    ]
    at_home = config.source == str(DEFAULT_FILE)
    # A link that makes an administrator is for the person at the terminal, not for a log that many may read.
    if at_home or sys.stdout.isatty():
        token = await service.staff.first_admin_link()
        if token is not None:
            shown.append(say("first_administrator", link=f"{config.public_url}/sandi/{token}"))
    if at_home:
        shown += ["", say("try"), *to_try(config), "", say("stop")]
    return shown


def _mail_doors(config: Config) -> list[tuple[str, str]]:
    return [
        (account.name, settings_of(config, account.name).smtp_listen)
        for account in config.accounts
        if account.adapter == "email"
    ]


def to_try(config: Config) -> list[str]:
    """A mail and an SMS by curl, and the clerk's page, for the accounts that there are."""
    found = []
    for account in config.accounts:
        settings = settings_of(config, account.name)
        if account.adapter == "email" and settings.smtp_listen:
            to = settings.addresses[0]
            found.append(
                f"  printf '{_LETTER.format(to=to, text=_TEXT)}' | curl --crlf -sS smtp://{settings.smtp_listen}"
                f" --mail-from siti@example.org --mail-rcpt {to} --upload-file -"
            )
        elif account.adapter == "sms":
            found.append("  " + _sms(config, account.name))
        elif account.adapter == "walkin":
            found.append(say("try_walkin", address=f"{config.public_url}/loket"))
    return found


def _sms(config: Config, account: str) -> str:
    """The provider's own request as a curl line; a secret that we made ourselves is read from its file."""
    from adapters.base import Letter
    from adapters.sms.adapter import provider_of

    settings = settings_of(config, account)
    provider = provider_of(settings, account)
    url = f"http://{config.gateway.listen}/hooks/{account}"
    raw = provider.prove(provider.request(Letter(number=1, text=_TEXT), "+6281200001708", url))
    address = shlex.quote(raw.url)
    for name, reference in config.account(account).settings.get("secrets", {}).items():
        if reference.startswith("auto:"):
            file = config.data_dir / "secrets" / reference.removeprefix("auto:")
            address = address.replace(settings.secrets[name].reveal(), f"'$(cat {shlex.quote(str(file))})'")
    body = f" --data-binary {shlex.quote(raw.body.decode())}" if raw.body else ""
    return f"curl -sS -X {raw.method} {address}{body}"
