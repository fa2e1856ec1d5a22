"""The JAKI app's account: settings, the HTTP application at `path`, the janitor, media, and answers to JAKI.

No interface of JAKI's own is public, so this one is ours: doc.md describes it for JAKI's developers.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from msgspec import Meta, Struct

from adapters.app import problems
from adapters.app.callback import Callback
from adapters.app.parse import REMOTE, InvalidReport, parse
from adapters.app.problems import Refusal
from adapters.app.reports import Keys, Reports
from adapters.app.tus import VERSION, Tus
from adapters.app.uploads import Limits, Uploads
from adapters.base import Account, Adapter, Item, Outgoing, Ports
from normalizer.errors import Malformed, Misconfigured, ProviderRefused, TooLarge, Unavailable
from normalizer.record import Attachment, Authenticity, RawEvent
from normalizer.settings import Secret

#: Seconds between two looks for uploads that nobody needs any more.
SWEEP = 600.0
_SECRET_MIN = 32
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger()


class AppSettings(Struct, frozen=True, kw_only=True):
    """What an operator writes under `[account.settings]`.

    `secrets` sign JAKI's requests; several while they are being changed, the newest first. `callback_url` is where
    JAKI takes news of its reports, signed with `callback_secret`, at most `callback_per_second` times.
    """

    secrets: tuple[Secret, ...]
    path: str = "/api/jaki/v1"
    uploads: Limits = Limits()
    callback_url: str = ""
    callback_secret: Secret = Secret("")
    callback_per_second: Annotated[float, Meta(gt=0, le=1000)] = 20.0


class AppAdapter(Adapter[AppSettings]):
    """The JAKI app (`Serves`, `Runs`, `FetchesMedia`, `Replies`)."""

    name: ClassVar[str] = "app"
    title: ClassVar[str] = "JAKI"
    default_channel: ClassVar[str] = "jaki"
    Settings: ClassVar[type[Struct]] = AppSettings

    def __init__(self, account: Account, settings: AppSettings, ports: Ports) -> None:
        super().__init__(account, settings, ports)
        _check(settings, f"account.{account.name}.settings")
        self._callback = Callback(
            settings.callback_url,
            settings.callback_secret,
            settings.callback_per_second,
            ports.clock,
            ports.trouble,
        )
        self._keys = Keys(ports.inbox)
        self._uploads: Uploads | None = None

    @property
    def prefix(self) -> str:
        return self.settings.path

    @property
    def uploads(self) -> Uploads:
        """Made at its first use: parsing needs no folder. Raises `Unavailable` where there is none."""
        if self._uploads is None:
            if self.ports.private is None:
                raise Unavailable("the account has no folder of its own")
            self._uploads = Uploads(
                self.ports.private, self.ports.clock, self.settings.uploads, self._keys.known
            )
        return self._uploads

    def parse(self, raw: RawEvent) -> Sequence[Item]:
        return parse(raw)

    def authenticity(self, raw: RawEvent) -> Authenticity:
        return Authenticity(method="signature")

    def web_app(self) -> web.Application:
        """Reports, uploads, and the explanation of every problem."""
        secrets, clock = self.settings.secrets, self.ports.clock
        app = web.Application(middlewares=[self._errors])
        reports = Reports(self.account.name, secrets, self.ports, self._keys, self.uploads, self._path_of)
        reports.mount(app)
        Tus(self.uploads, secrets, clock, f"{self._public_path}/uploads").mount(app)
        app.router.add_get("/problems/{kind}", problems.explain)
        return app

    async def run(self) -> None:
        """The janitor of the uploads."""
        while True:
            try:
                if dropped := await self.uploads.sweep():
                    log.info("uploads_dropped", account=self.account.name, number=dropped)
            except Unavailable as error:
                log.warning("uploads_not_swept", account=self.account.name, reason=error.reason)
            await asyncio.sleep(SWEEP)

    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes of an upload that a report named."""
        if not attachment.remote.startswith(REMOTE):
            raise ProviderRefused("the attachment names no upload")
        return self.uploads.fetch(attachment.remote.removeprefix(REMOTE))

    async def reply(self, reply_to: Mapping[str, str], outgoing: Outgoing) -> str:
        """Push it to JAKI, which shows it to the reporter."""
        return await self._callback.send(reply_to, outgoing)

    async def close(self) -> None:
        await self._callback.close()

    @property
    def _public_path(self) -> str:
        """The path of the interface as JAKI calls it, which a proxy may have lengthened."""
        return urlsplit(self.ports.public_url).path.rstrip("/") + self.prefix

    def _path_of(self, request: web.Request) -> str:
        return self._public_path + request.raw_path.removeprefix(self.prefix)

    @web.middleware
    async def _errors(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Every error as a problem; what is our own fault says "try again"."""
        try:
            if request.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise Refusal("media-type", "a body comes as it is, without Content-Encoding")
            answer = await handler(request)
        except Exception as error:
            refusal = self._refusal(error)
            log.info("refused", account=self.account.name, kind=refusal.kind, detail=refusal.detail)
            answer = problems.response(refusal, self.ports.public_url + self.prefix)
        if request.path.startswith(f"{self.prefix}/uploads"):
            answer.headers["Tus-Resumable"] = VERSION
        return answer

    def _refusal(self, error: Exception) -> Refusal:
        match error:
            case Refusal():
                return error
            case InvalidReport():
                return Refusal("invalid-report", errors=error.problems)
            case Malformed():
                return Refusal("malformed", f"{error.field} {error.problem}", cure=error.cure)
            case TooLarge():
                return Refusal("too-large", f"at most {error.limit} bytes are taken here")
            case Unavailable():
                log.warning("try_again", account=self.account.name, reason=error.reason)
                return Refusal("unavailable", headers={"Retry-After": str(error.retry_after)})
            case web.HTTPMethodNotAllowed():
                return Refusal("method", headers={"Allow": ", ".join(sorted(error.allowed_methods))})
            case web.HTTPException() if error.status == 404:
                return Refusal("not-found")
            case _:
                log.error("handler_failed", account=self.account.name, exc_info=error)
                return Refusal("unavailable", headers={"Retry-After": "30"})


def _check(settings: AppSettings, where: str) -> None:
    """Raises `Misconfigured` for what cannot work, with the cure."""
    if not settings.secrets:
        cure = 'write secrets = ["auto:jaki"], and give JAKI the same'
        raise Misconfigured(f"{where}.secrets", "is empty, so nothing could prove itself", cure)
    own = [("secrets", secret) for secret in settings.secrets]
    for name, secret in own + [("callback_secret", settings.callback_secret)] * bool(
        settings.callback_secret
    ):
        if len(secret.reveal()) < _SECRET_MIN:
            cure = 'make one with `openssl rand -hex 32`, or write "auto:NAME"'
            raise Misconfigured(
                f"{where}.{name}", "one is shorter than {least} characters", cure, least=_SECRET_MIN
            )
    if not _PATH.fullmatch(settings.path):
        raise Misconfigured(
            f"{where}.path", "{path!r} is no path", 'write it as "/api/jaki/v1"', path=settings.path
        )
    if settings.callback_url:
        address = urlsplit(settings.callback_url)
        if address.scheme != "https" and not (address.scheme == "http" and _loopback(address.hostname or "")):
            raise Misconfigured(
                f"{where}.callback_url", "is no https address", "write https://…, as JAKI says it"
            )
        if not settings.callback_secret:
            cure = "agree on a secret with JAKI; it proves to them that the gateway calls"
            raise Misconfigured(f"{where}.callback_secret", "is absent", cure)


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
