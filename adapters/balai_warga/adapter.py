"""Balai Warga: a citizen's form on our own public page, and the same fields by signed POST from the portal.

The page (`intake.web.balai_warga`, at `/lapor`) hands the form's bytes in, as the walk-in desk does; the portal's
door is `api.py`, mounted at the settings' `path`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from aiohttp import web
from msgspec import Struct

from adapters.balai_warga.api import Api
from adapters.balai_warga.parse import parse
from adapters.base import Account, Adapter, Item, Ports
from normalizer.errors import Misconfigured
from normalizer.record import Authenticity, RawEvent
from normalizer.settings import Secret


class BalaiWargaSettings(Struct, frozen=True, kw_only=True):
    """`key` is shared with the portal; without it there is our own page alone. `path` is where the portal calls."""

    key: Secret | None = None
    path: str = "/api/balai-warga/v1"


class BalaiWargaAdapter(Adapter[BalaiWargaSettings]):
    """Reads the public form, and serves the portal."""

    name: ClassVar[str] = "balai_warga"
    title: ClassVar[str] = "Balai Warga"
    default_channel: ClassVar[str] = "balai_warga"
    Settings: ClassVar[type[Struct]] = BalaiWargaSettings

    def __init__(self, account: Account, settings: BalaiWargaSettings, ports: Ports) -> None:
        super().__init__(account, settings, ports)
        where = f"account.{account.name}.settings"
        if not settings.path.startswith("/") or settings.path.endswith("/") or "{" in settings.path:
            cure = 'write one such as "/api/balai-warga/v1"'
            raise Misconfigured(f"{where}.path", "{path!r} is no path", cure, path=settings.path)
        if settings.key is not None and len(settings.key.reveal()) < 16:
            raise Misconfigured(f"{where}.key", "is shorter than 16 characters", 'write "auto:balai-warga"')

    @property
    def prefix(self) -> str:
        return self.settings.path

    def web_app(self) -> web.Application:
        return Api(self.account.name, self.settings.key, self.ports).app()

    def parse(self, raw: RawEvent) -> Sequence[Item]:
        """One complaint. Raises `InvalidForm` with every wrong field, `Malformed` when it is no form at all."""
        return parse(raw)

    def authenticity(self, raw: RawEvent) -> Authenticity:
        """The portal signs; who fills in the public page is known to nobody."""
        return Authenticity(method="signature" if raw.envelope.get("door") == "portal" else "none")
