"""What went wrong, told so that somebody can go on: one line what, one line what to do, and the exit code.

Exit codes: 0 done; 1 what was looked at is not well, or was not done; 2 typed wrongly, or a setting is wrong: the same
again cannot help; 75 (`EX_TEMPFAIL` of sysexits.h) the broker, the gateway, the disk or a provider is not there now:
the same again can help; 130 interrupted. Of a command with `--json`, the error is one line of JSON on standard error.
"""

from __future__ import annotations

import errno
import sys
from typing import Any

import typer
from msgspec import Struct
from msgspec.json import encode
from typer._click.exceptions import BadParameter, MissingParameter, NoSuchOption, UsageError

from intake.commands.screen import coloured
from intake.words import say
from normalizer.errors import Damaged, KanalError, Malformed, Misconfigured, StorageFull

DONE, WRONG, MISUSED, AGAIN, INTERRUPTED = 0, 1, 2, 75, 130


class Failure(Struct, frozen=True, kw_only=True):
    """Why a command ended before it was done. `where` is the setting, field, option or file, if it is one."""

    error: str
    where: str = ""
    problem: str
    cure: str
    exit_code: int


def failure_of(error: Exception) -> Failure | None:
    """`error` in words; None for what nobody expected: then the traceback tells more."""
    match error:
        case Misconfigured():
            return Failure(
                error="configuration",
                where=error.setting,
                problem=error.problem,
                cure=error.cure,
                exit_code=MISUSED,
            )
        case Malformed():
            return Failure(
                error="input", where=error.field, problem=error.problem, cure=error.cure, exit_code=MISUSED
            )
        case StorageFull():
            return _plain(error, "unavailable", "cure_room", AGAIN)
        case Damaged():
            return _plain(error, "damaged", "cure_damaged", WRONG)
        case KanalError():
            return (
                _plain(error, "unavailable", "cure_again", AGAIN)
                if error.retryable
                else _plain(error, "refused", "cure_doctor", WRONG)
            )
        case UsageError():
            return _usage(error)
        case OSError() if error.filename is not None:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            return Failure(
                error="file",
                where=str(error.filename),
                problem=error.strerror or type(error).__name__,
                cure=say("cure_room" if full else "cure_file"),
                exit_code=AGAIN if full else MISUSED,
            )
    return None


def tell(failure: Failure, as_json: bool) -> None:
    """Say it on standard error."""
    if as_json:
        sys.stderr.write(encode(failure).decode() + "\n")
        return
    head = f"{failure.where}: {failure.problem}" if failure.where else failure.problem
    first = typer.style("kanal:", fg="red", bold=True) + " " + head
    second = "  " + typer.style(say("cure") + ":", bold=True) + " " + failure.cure
    typer.echo(f"{first}\n{second}", err=True, color=coloured(sys.stderr))


def _plain(error: KanalError, kind: str, cure: str, code: int) -> Failure:
    return Failure(error=kind, problem=str(error) or type(error).__name__, cure=say(cure), exit_code=code)


def _usage(error: UsageError) -> Failure:
    """Typed wrongly, in the reader's language where the words are few."""
    where, problem = "", error.format_message()
    match error:
        case MissingParameter():
            where, problem = _name(error), say("usage_missing")
        case NoSuchOption():
            near = [one for one in error.possibilities or () if one.startswith("-")]
            maybe = " " + say("usage_maybe", names=", ".join(near)) if near else ""
            problem = say("usage_option", name=error.option_name) + maybe
        case BadParameter():
            choices = getattr(getattr(error.param, "type_descriptor", None), "choices", None)
            where, problem = _name(error), error.message
            if choices:
                problem = say("usage_choice", choices=", ".join(str(one) for one in choices))
    command = error.ctx.command_path if error.ctx else "kanal"
    return Failure(
        error="usage",
        where=where,
        problem=problem.rstrip("."),
        cure=say("usage_help", command=command),
        exit_code=MISUSED,
    )


def _name(error: BadParameter) -> str:
    """The option or argument as it is typed."""
    parameter: Any = error.param
    if parameter is None:
        return str(error.param_hint or "")
    if parameter.param_type_name == "argument":
        return str(parameter.name)
    return str(max(parameter.opts, key=len))
