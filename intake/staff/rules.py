"""What a staff account, a session and a one-time link are, and the rules that hold for them.

Implements what OWASP ASVS 5 asks of level 2 about passwords, guessing, sessions and one-time links.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from itertools import pairwise
from typing import Literal, get_args

from msgspec import Struct

from normalizer.errors import Rejected

Role = Literal["clerk", "operator", "administrator"]
ROLES: tuple[str, ...] = get_args(Role)
Purpose = Literal["first_administrator", "password"]

#: Fewer characters than this are guessed; more than the maximum only cost time to hash.
PASSWORD_MIN, PASSWORD_MAX = 12, 256
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")


class StaffSettings(Struct, frozen=True, kw_only=True):
    """Times in seconds.

    `guesses` per `window` hold for one account; `guesses_per_address` is wide, because a whole office may
    stand behind one address. `waiting` bounds the sign-ins that queue for the two hashing threads.
    """

    idle: float = 30 * 60
    absolute: float = 12 * 3600
    guesses: int = 10
    guesses_per_address: int = 300
    window: float = 15 * 60
    link_life: float = 30 * 60
    waiting: int = 100


class User(Struct, frozen=True, kw_only=True):
    """A member of staff. `office_code` is one of normalizer/data/offices.csv, empty for no fixed office."""

    login: str
    name: str
    role: Role
    office_code: str = ""
    language: str = "id"
    disabled: bool = False

    @property
    def sees_all_offices(self) -> bool:
        return self.role != "clerk"


class Session(Struct, frozen=True, kw_only=True):
    """A signed-in browser. `key` is the hash of the session id: it may be logged, the id itself may not."""

    key: str
    user: User
    started_at: datetime
    seen_at: datetime


class Link(Struct, frozen=True, kw_only=True):
    """A one-time link that is still good. `login` is empty for the first administrator, who chooses one."""

    purpose: Purpose
    login: str
    expires_at: datetime


class SignInRefused(Rejected):
    """Unknown user, wrong password, disabled: nobody is told which."""

    http_status = 401


class TooManyTries(Rejected):
    """The account or the address has used up its guesses. `retry_after` is in seconds."""

    http_status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many tries")
        self.retry_after = retry_after


class LinkRefused(Rejected):
    """A one-time link that is unknown, used or expired: nobody is told which."""

    http_status = 404


class PasswordRefused(Rejected):
    """A password that is too weak. `problem` is one of `short`, `long`, `guessable`."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the password is refused: {problem}")
        self.problem = problem


class UserRefused(Rejected):
    """An account cannot be made or changed: `problem` is `login`, `name`, `role`, `taken` or `unknown`."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the account is refused: {problem}")
        self.problem = problem


def fold_login(login: str) -> str:
    """The one form of a login: how it is stored and compared."""
    return unicodedata.normalize("NFKC", login).strip().lower()[:200]


def check_user(login: str, name: str, role: str) -> None:
    """Raises `UserRefused` for a login, name or role that cannot be."""
    if not _LOGIN.fullmatch(login):
        raise UserRefused("login")
    if not 1 <= len(name.strip()) <= 100:
        raise UserRefused("name")
    if role not in ROLES:
        raise UserRefused("role")


def fold_password(password: str) -> str:
    """NFKC, so that the same keys give the same password on every computer (NIST SP 800-63B 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, login: str) -> None:
    """Length, and not what everybody tries first. Raises `PasswordRefused`."""
    folded = fold_password(password)
    if len(folded) < PASSWORD_MIN:
        raise PasswordRefused("short")
    if len(folded) > PASSWORD_MAX:
        raise PasswordRefused("long")
    if len(set(folded.lower())) < 5 or _is_run(folded.lower()) or _is_common(folded.lower(), login):
        raise PasswordRefused("guessable")


def _is_run(text: str) -> bool:
    """Whether each character only counts on from the one before: 123456789012, abcdefghijkl."""
    steps = {
        (ord(b) - ord(a)) % 10 if a.isdigit() and b.isdigit() else ord(b) - ord(a) for a, b in pairwise(text)
    }
    return steps in ({1}, {-1}, {9})


_COMMON_WORDS = (
    *(
        "password",
        "katasandi",
        "sandi",
        "rahasia",
        "jakarta",
        "indonesia",
        "qwerty",
        "admin",
        "kanal",
        "aduan",
    ),
    *("kelurahan", "kecamatan", "bismillah", "dki", "crm", "asdfgh", "zxcvbn", "sayang"),
)


def _is_common(text: str, login: str) -> bool:
    """Whether little is left of it but digits and signs, once the words that everybody tries are taken out."""
    for word in (login, *_COMMON_WORDS):
        text = text.replace(word, "") if word else text
    return not any(c.isalpha() for c in text) and len(re.sub(r"\W", "", text)) < 8
