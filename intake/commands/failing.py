"""What went wrong, told so that somebody can go on: one line what, one line what to do, and the exit code.

Exit codes: 0 done; 1 what was looked at is not well, or was not done; 2 typed wrongly, or a setting is wrong: the same
again cannot help; 75 (`EX_TEMPFAIL` of sysexits.h) the broker, the gateway, the disk or a provider is not there now:
the same again can help; 130 interrupted. Of a command with `--json`, the error is one line of JSON on standard error.
"""

from __future__ import annotations

import errno
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import typer
from msgspec.json import encode
from typer._click.exceptions import BadOptionUsage, BadParameter, MissingParameter, NoSuchOption, UsageError

from intake.commands.screen import coloured
from intake.words import say, told
from normalizer.errors import Damaged, KanalError, Malformed, Misconfigured, StorageFull
from normalizer.sentence import Sentence, because

DONE, WRONG, MISUSED, AGAIN, INTERRUPTED = 0, 1, 2, 75, 130


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a command ended before it was done. `where` is the setting, field, option or file, if it is one; `told` the
    problem and its cure."""

    error: str
    where: str = ""
    told: tuple[Sentence, Sentence]
    exit_code: int

    @property
    def problem(self) -> str:
        return str(self.told[0])

    @property
    def cure(self) -> str:
        return str(self.told[1])

    def record(self) -> dict[str, str | int]:
        """For programs: the words are English, whatever the reader's language, so that they can be compared."""
        said = {"error": self.error, "where": self.where, "problem": self.problem, "cure": self.cure}
        return {**said, "exit_code": self.exit_code}


#: What to do where the error itself does not say it.
_AGAIN = Sentence("wait a moment, then try again; `kanal doctor` says what is not there")
_ROOM = Sentence("make room on the disk, then try again")
_DAMAGED = Sentence(
    "`kanal verify` names all that is damaged, `kanal mend` takes what can still be read from a damaged journal, "
    "`kanal restore` puts a backup back"
)
_DOCTOR = Sentence("`kanal doctor` looks at everything that can be wrong")
_FILE = Sentence("name a file that is there and that you may read or write")


def failure_of(error: Exception) -> Failure | None:
    """`error` in words; None for what nobody expected: then the traceback tells more."""
    match error:
        case Misconfigured():
            return Failure(error="configuration", where=error.setting, told=error.told, exit_code=MISUSED)
        case Malformed():
            return Failure(error="input", where=error.field, told=error.told, exit_code=MISUSED)
        case StorageFull():
            return _plain(error, "unavailable", _ROOM, AGAIN)
        case Damaged():
            return _plain(error, "damaged", _DAMAGED, WRONG)
        case KanalError():
            return (
                _plain(error, "unavailable", _AGAIN, AGAIN)
                if error.retryable
                else _plain(error, "refused", _DOCTOR, WRONG)
            )
        case UsageError():
            return _usage(error)
        case OSError() if error.filename is not None:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            return Failure(
                error="file",
                where=str(error.filename),
                told=(because(error), _ROOM if full else _FILE),
                exit_code=AGAIN if full else MISUSED,
            )
    return None


def tell(failure: Failure, as_json: bool) -> None:
    """Say it on standard error."""
    if as_json:
        sys.stderr.write(encode(failure.record()).decode() + "\n")
        return
    problem, cure = map(told, failure.told)
    head = f"{failure.where}: {problem}" if failure.where else problem
    first = typer.style("kanal:", fg="red", bold=True) + " " + head
    second = "  " + typer.style(say("cure") + ":", bold=True) + " " + cure
    typer.echo(f"{first}\n{second}", err=True, color=coloured(sys.stderr))


def _plain(error: KanalError, kind: str, cure: Sentence, code: int) -> Failure:
    words = error.words if str(error.words) else Sentence("{kind}", kind=type(error).__name__)
    return Failure(error=kind, told=(words, cure), exit_code=code)


class Misused(UsageError):
    """Typed wrongly, in words of our own: click's are English."""

    def __init__(self, words: Sentence, context: Any) -> None:
        super().__init__(str(words), context)
        self.words = words


def _usage(error: UsageError) -> Failure:
    """Typed wrongly, in the reader's language where the words are few."""
    said = error.format_message().rstrip(".")
    where, problem = "", Sentence("{why}", why=said)
    if found := _EXTRA.fullmatch(said):
        problem = Sentence("{extra} is too much here", extra=found[1])
    match error:
        case Misused():
            problem = error.words
        case MissingParameter():
            where, problem = _name(error), Sentence("is missing")
        case NoSuchOption():
            near = [one for one in error.possibilities or () if one.startswith("-")]
            problem = there_is_no("option", error.option_name, near)
        case BadOptionUsage():
            where, problem = error.option_name, Sentence("needs a value")
        case BadParameter():
            choices = getattr(getattr(error.param, "type_descriptor", None), "choices", None)
            where, problem = _name(error), _unfit(error.message.rstrip("."))
            if choices:
                problem = Sentence("is none of {choices}", choices=", ".join(str(one) for one in choices))
    command = error.ctx.command_path if error.ctx else "kanal"
    cure = Sentence("{command} --help tells what can be typed here", command=command)
    return Failure(error="usage", where=where, told=(problem, cure), exit_code=MISUSED)


_LIMIT = re.compile(r"Input should be (greater|less) than or equal to (\S+)")
_EXTRA = re.compile(r"Got unexpected extra arguments?(?:\(s\))? \((.+)\)")


def _unfit(message: str) -> Sentence:
    """What typer says of a value that does not fit, in words of our own where it is known."""
    if message.startswith("Input should be a valid integer"):
        return Sentence("must be a whole number")
    if message.startswith("Input should be a valid number"):
        return Sentence("must be a number")
    if (found := _LIMIT.fullmatch(message)) is None:
        return Sentence("{why}", why=message)
    if found[1] == "greater":
        return Sentence("must be {limit} or more", limit=found[2])
    return Sentence("must be {limit} or less", limit=found[2])


def there_is_no(what: Literal["command", "option"], name: str, near: Sequence[str]) -> Sentence:
    """A name that nothing bears, with those that are like it."""
    none = Sentence(
        "there is no command {name}" if what == "command" else "there is no option {name}", name=name
    )
    return Sentence("{none}. Did you mean {names}?", none=none, names=", ".join(near)) if near else none


def _name(error: BadParameter) -> str:
    """The option or argument as it is typed."""
    parameter: Any = error.param
    if parameter is None:
        return str(error.param_hint or "")
    if parameter.param_type_name == "argument":
        return str(parameter.name)
    return str(max(parameter.opts, key=len))
