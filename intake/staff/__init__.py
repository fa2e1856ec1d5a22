"""Staff accounts: who may sign in, as what, and what they did."""

from intake.staff.rules import (
    Link,
    LinkRefused,
    PasswordRefused,
    Role,
    Session,
    SignInRefused,
    StaffSettings,
    TooManyTries,
    User,
    UserRefused,
)
from intake.staff.store import StaffStore

__all__ = [
    "Link",
    "LinkRefused",
    "PasswordRefused",
    "Role",
    "Session",
    "SignInRefused",
    "StaffSettings",
    "StaffStore",
    "TooManyTries",
    "User",
    "UserRefused",
]
