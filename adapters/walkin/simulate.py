"""A clerk at the counter: signs in over HTTP, opens the form, and posts it as a browser would."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO

import aiohttp

from adapters.base import Account, Gateway, Letter, Simulator
from adapters.shared.form import kelurahan_label
from adapters.walkin.adapter import WalkinSettings
from normalizer.gazetteer import kelurahan_table
from normalizer.record import RawEvent

_HIDDEN = re.compile(r'name="(csrf|form_id|office)" value="([^"]*)"')


def simulator(account: Account, settings: WalkinSettings, gateway: Gateway) -> Simulator:
    """A clerk with the session's user name and password."""
    return Clerk(gateway)


def sign(raw: RawEvent, settings: WalkinSettings) -> RawEvent:
    """A form is proved by its session, before it becomes a raw event: there is nothing to add."""
    return raw


class Clerk:
    """One signed-in browser. `send` answers with the receipt's address, which ends in the ticket.

    `more` are fields of the form that no letter has, such as `against_office`.
    """

    def __init__(self, gateway: Gateway, more: Mapping[str, str] | None = None) -> None:
        self._gateway, self._more = gateway, dict(more or {})
        self._session: aiohttp.ClientSession | None = None
        self._forms: dict[int, dict[str, str]] = {}

    async def start(self) -> None:
        """Sign in. Raises ValueError without credentials, RuntimeError when they are refused."""
        if self._gateway.session is None:
            raise ValueError("the walk-in desk needs a session: (user name, password)")
        login, password = self._gateway.session
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        hidden = await self._open("/masuk")
        form = {"csrf": hidden["csrf"], "login": login, "password": password}
        async with self._http.post(self._gateway.http + "/masuk", data=form) as answer:
            if answer.url.path != "/loket":
                raise RuntimeError(f"the sign-in of {login} was refused: {answer.status}")

    async def send(self, letter: Letter) -> str:
        """Fill in the form and save it. The same number is the same form, sent again."""
        hidden = self._forms.get(letter.number) or await self._open("/loket")
        self._forms[letter.number] = hidden
        form = _form(letter, {**hidden, **self._more})
        async with self._http.post(self._gateway.http + "/loket", data=form, allow_redirects=False) as answer:
            place = answer.headers.get("Location", "")
            if answer.status != 303 or "/tanda-terima/" not in place:
                raise RuntimeError(f"the form was refused: {answer.status}")
        return place.partition("?")[0]

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("start() comes first")
        return self._session

    async def _open(self, path: str) -> dict[str, str]:
        """The hidden fields of a page's main form, which is its last."""
        async with self._http.get(self._gateway.http + path) as answer:
            return dict(_HIDDEN.findall(await answer.text()))


def _form(letter: Letter, hidden: dict[str, str]) -> aiohttp.FormData:
    """The fields as a browser writes them; photos are named after their content."""
    form = aiohttp.FormData(default_to_multipart=True)
    for key, value in hidden.items():
        form.add_field(key, value)
    form.add_field("text", f"{letter.subject}\n{letter.text}".strip())
    form.add_field("name", letter.sender)
    form.add_field("office", "31.71")
    form.add_field("consent", "1")
    chosen = [one for one in kelurahan_table() if one.code == letter.kelurahan_code]
    if chosen:
        form.add_field("kelurahan", kelurahan_label(chosen[0]))
    for photo in letter.photos:
        name = urlsafe_b64encode(sha256(photo).digest()[:6]).decode()
        form.add_field("files", BytesIO(photo), filename=f"{name}.jpg", content_type="image/jpeg")
    return form
