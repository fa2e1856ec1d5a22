"""Accounts of staff: `user add|passwd|disable|list`. No password is ever an argument: the process list shows those."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from intake.commands.options import AsJson, ConfigFile, read
from intake.commands.screen import done, emit_each, line
from intake.staff.rules import Role
from intake.words import say
from normalizer.errors import Misconfigured
from normalizer.sentence import Sentence

if TYPE_CHECKING:
    from intake.config import Config
    from intake.staff.store import StaffStore


Login = Annotated[str, typer.Argument()]
FromStdin = Annotated[bool, typer.Option("--password-stdin")]


def add(
    login: Login,
    name: Annotated[str, typer.Option("--name")] = "",
    role: Annotated[Role, typer.Option("--role")] = "clerk",
    office: Annotated[str, typer.Option("--office")] = "",
    password_stdin: FromStdin = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    password = _from_stdin() if password_stdin else ""
    settings = read(config)
    token = asyncio.run(_add(settings, login, name, role, office, password))
    _told_of(settings, "user_added", login, token, as_json)


async def _add(config: Config, login: str, name: str, role: Role, office: str, password: str) -> str:
    from intake.staff.rules import check_password

    if password:
        with _told():
            check_password(password, login)
    _check_office(office)
    async with _store(config) as store:
        token = await store.add_user(login, name or login, role, office, by=_by())
        if password:
            await store.set_password(login, password, by=_by())
    return token


def passwd(
    login: Login, password_stdin: FromStdin = False, config: ConfigFile = None, as_json: AsJson = False
) -> None:
    password = _from_stdin() if password_stdin else ""
    settings = read(config)
    token = asyncio.run(_passwd(settings, login, password))
    _told_of(settings, "password_set", login, token, as_json)


async def _passwd(config: Config, login: str, password: str) -> str:
    async with _store(config) as store:
        if not password:
            return await store.reset_link(login, by=_by())
        await store.set_password(login, password, by=_by())
        return ""


def disable(login: Login, config: ConfigFile = None, as_json: AsJson = False) -> None:
    asyncio.run(_disable(read(config), login))
    done(as_json, "user_disabled", login=login)


async def _disable(config: Config, login: str) -> None:
    async with _store(config) as store:
        await store.disable(login, by=_by())


def users(config: ConfigFile = None, as_json: AsJson = False) -> None:
    asyncio.run(_users(read(config), as_json))


async def _users(config: Config, as_json: bool) -> None:
    async with _store(config) as store:
        found = await store.users()
    if as_json:
        emit_each(found)
        return
    for user in found:
        state = say("user_closed") if user.disabled else ""
        line(f"{user.login:<24} {user.role:<14} {user.office_code:<14} {user.name} {state}".rstrip())
    if not found:
        line(say("users_none"))


@asynccontextmanager
async def _store(config: Config) -> AsyncIterator[StaffStore]:
    """The staff file of this configuration; a refusal of its rules becomes the problem and the cure."""
    from intake.staff.store import StaffStore

    store = StaffStore(config.data_dir / "staff.sqlite3", lambda: datetime.now(UTC))
    await store.open()
    try:
        with _told():
            yield store
    finally:
        await store.close()


#: By the staff rules' word, what is wrong with a password.
_WEAK = {"short": Sentence("short"), "long": Sentence("long"), "guessable": Sentence("guessable")}
#: By the staff rules' word for a refusal, what is wrong with the account and what to do.
_REFUSED = {
    "login": (
        Sentence("is refused (login)"),
        Sentence("use 2 to 40 of a-z, 0-9, dot, - and _, beginning with a letter or a digit"),
    ),
    "name": (
        Sentence("is refused (name)"),
        Sentence("give a name of at most 100 characters with --name"),
    ),
    "taken": (
        Sentence("is refused (taken)"),
        Sentence("choose another, or set its password: kanal user passwd LOGIN"),
    ),
    "unknown": (Sentence("is refused (unknown)"), Sentence("look with `kanal user list`")),
    "role": (Sentence("is refused (role)"), Sentence("correct it")),
}


@contextmanager
def _told() -> Iterator[None]:
    """The staff rules' words for a refusal, made into a problem and a cure."""
    from intake.staff.rules import PASSWORD_MIN, PasswordRefused, UserRefused

    try:
        yield
    except PasswordRefused as error:
        raise Misconfigured(
            "password",
            "is refused ({why})",
            "use {least} characters or more that nobody guesses",
            why=_WEAK[error.problem],
            least=PASSWORD_MIN,
        ) from None
    except UserRefused as error:
        raise Misconfigured("user", *_REFUSED.get(error.problem, _REFUSED["role"])) from None


def _check_office(code: str) -> None:
    from normalizer.offices import offices

    if code and code not in offices():
        raise Misconfigured(
            "--office",
            "no office has the code {code!r}",
            "use a Kemendagri code such as 31.71.04.1002 (normalizer/data/offices.csv)",
            code=code,
        )


def _from_stdin() -> str:
    """One line of standard input, without its end."""
    if sys.stdin.isatty():
        return str(typer.prompt(say("password_ask"), hide_input=True))
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise Misconfigured("--password-stdin", "standard input is empty", "send the password as one line")
    return password


def _told_of(config: Config, key: str, login: str, token: str, as_json: bool) -> None:
    """What became of an account: its one-time link, or with a password the sentence `key`."""
    if token:
        done(as_json, "user_link", login=login, link=f"{config.public_url}/sandi/{token}")
    else:
        done(as_json, key, login=login)


def _by() -> str:
    """Who types, for the audit log."""
    from intake.control import user

    return f"os:{user()}"
