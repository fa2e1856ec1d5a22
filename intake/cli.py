"""The `kanal` command: its tree, its help, and the one place where an error becomes words and an exit code.

Exit codes: 0 done; 1 something is wrong, and the cure was printed; 2 the command was typed wrongly; 130 interrupted.
The commands stand in `intake/commands/`, and import what they need only when they run, so that help is quick.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import typer

from intake.commands import (
    answers,
    auditing,
    crm,
    deadletters,
    evaluating,
    importing,
    keeping,
    looking,
    mending,
    pausing,
    quarantine,
    serving,
    staff,
    telling,
    triage,
    trying,
)
from intake.words import help_of, language_of
from normalizer.errors import KanalError, Malformed, Misconfigured

WRONG, INTERRUPTED = 1, 130

Command = Callable[..., None]
TOP: dict[str, Command] = {
    "serve": serving.serve,
    "health": serving.health,
    "doctor": trying.doctor,
    "consume": crm.consume,
    "simulate": trying.simulate,
    "demo": trying.demo,
    "import": importing.import_file,
    "status": answers.status,
    "split": mending.split,
    "join": mending.join,
    "rebuild": mending.rebuild,
    "pause": pausing.pause,
    "resume": pausing.resume,
    "resend": telling.resend,
    "reconcile": telling.reconcile,
    "audit": auditing.audit,
    "verify": keeping.verify,
    "mend": keeping.mend,
    "backup": keeping.backup,
    "restore": keeping.restore,
    "explain": evaluating.explain,
    "evaluate": evaluating.evaluate,
    "train": evaluating.train,
    "channels": looking.channels,
    "version": serving.version,
}
GROUPS: dict[str, dict[str, Command]] = {
    "quarantine": {
        "list": quarantine.held,
        "show": quarantine.show,
        "edit": quarantine.edit,
        "replay": quarantine.replay,
        "discard": quarantine.discard,
    },
    "deadletters": {
        "list": deadletters.waiting,
        "show": deadletters.show,
        "replay": deadletters.replay,
        "discard": deadletters.discard,
    },
    "triage": {"list": triage.waiting, "file": triage.file, "set-aside": triage.set_aside},
    "banner": {"show": answers.banner_show, "set": answers.banner_set, "clear": answers.banner_clear},
    "user": {"add": staff.add, "passwd": staff.passwd, "disable": staff.disable, "list": staff.users},
    "config": {"show": looking.config_show},
}


def build() -> typer.Typer:
    """The tree of commands, without a word of help: `localise` gives it."""
    app = typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # plain help is twice as quick
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for verb, command in TOP.items():
        app.command(verb)(command)
    for name, commands in GROUPS.items():
        group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
        for verb, command in commands.items():
            group.command(verb)(command)
        app.add_typer(group, name=name)
    return app


def localise(command: Any, language: str, path: str = "") -> None:
    """Give `command` and everything below it the help of `language`; keys are the commands' and options' names."""
    texts = help_of(path, language)
    command.help = texts.get("help", "")
    command.short_help = command.help.partition("\n")[0]
    for parameter in command.params:
        if parameter.name in texts:
            parameter.help = texts[parameter.name]
    for name, below in getattr(command, "commands", {}).items():
        localise(below, language, f"{path} {name}".strip())


def main(arguments: list[str] | None = None) -> None:
    """Run one command and leave with its exit code; no traceback for what has a cure."""
    command = typer.main.get_command(build())
    localise(command, language_of())
    try:
        command.main(args=arguments, prog_name="kanal")
    except KanalError as error:
        _tell(error)
        sys.exit(WRONG)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader (`| head`) has gone. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(WRONG)


def _tell(error: KanalError) -> None:
    """The problem on one line, the cure on the next."""
    if isinstance(error, Misconfigured):
        lines = [f"{error.setting}: {error.problem}", f"  cure: {error.cure}"]
    elif isinstance(error, Malformed):
        lines = [f"{error.field}: {error.problem}", f"  cure: {error.cure}"]
    else:
        lines = [str(error) or type(error).__name__]
    sys.stderr.write("kanal: " + "\n".join(lines) + "\n")
