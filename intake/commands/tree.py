"""The tree of `kanal`'s commands: their names, in the order of the help, and where each one is.

A command's module is imported when the command is run or asked for its own help: the list of all commands, and what
a shell completes, cost no more than reading the message file.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import typer
from typer._click.formatting import HelpFormatter  # typer brings click with it, under this name
from typer._click.shell_completion import CompletionItem
from typer.core import TyperGroup

from intake.commands.screen import coloured
from intake.words import help_of, language_of, say

#: Heading (a key of `[say]`) -> name -> module and function below `intake.commands`, or the commands of a group.
SECTIONS: dict[str, dict[str, str | dict[str, str]]] = {
    "help_running": {
        "serve": "serving:serve",
        "health": "serving:health",
        "doctor": "trying:doctor",
        "pause": "pausing:pause",
        "resume": "pausing:resume",
        "channels": "looking:channels",
        "config": {"show": "looking:config_show"},
    },
    "help_trying": {
        "demo": "trying:demo",
        "simulate": "trying:simulate",
        "consume": "crm:consume",
    },
    "help_waiting": {
        "quarantine": {
            "list": "quarantine:held",
            "show": "quarantine:show",
            "edit": "quarantine:edit",
            "replay": "quarantine:replay",
            "discard": "quarantine:discard",
        },
        "deadletters": {
            "list": "deadletters:waiting",
            "show": "deadletters:show",
            "replay": "deadletters:replay",
            "discard": "deadletters:discard",
        },
        "triage": {"list": "triage:waiting", "file": "triage:file", "set-aside": "triage:set_aside"},
    },
    "help_people": {
        "status": "answers:status",
        "banner": {
            "show": "answers:banner_show",
            "set": "answers:banner_set",
            "clear": "answers:banner_clear",
        },
        "user": {
            "list": "staff:users",
            "add": "staff:add",
            "passwd": "staff:passwd",
            "disable": "staff:disable",
        },
    },
    "help_mending": {
        "split": "mending:split",
        "join": "mending:join",
        "import": "importing:import_file",
        "rebuild": "mending:rebuild",
    },
    "help_keeping": {
        "verify": "keeping:verify",
        "mend": "keeping:mend",
        "backup": "keeping:backup",
        "restore": "keeping:restore",
        "resend": "telling:resend",
        "reconcile": "telling:reconcile",
        "audit": "auditing:audit",
        "person": {"show": "person:show", "export": "person:export", "erase": "person:erase"},
    },
    "help_judging": {
        "explain": "evaluating:explain",
        "evaluate": "evaluating:evaluate",
        "train": "evaluating:train",
    },
    "help_shell": {
        "completion": "shell:completion",
        "version": "serving:version",
    },
}


class Formatter(HelpFormatter):
    """Help in the reader's language, with headings and names in colour where the terminal shows any."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        for word, key in (
            ("OPTIONS", "usage_options"),
            ("COMMAND", "usage_command"),
            ("ARGS", "usage_arguments"),
        ):
            args = re.sub(rf"\b{word}\b", say(key), args)
        super().write_usage(prog, args, _bold(say("help_usage")) + " ")

    def write_heading(self, heading: str) -> None:
        known = {"Options": "help_options", "Arguments": "help_arguments"}
        words = say(known[heading]) if heading in known else heading
        self.write(f"{'':>{self.current_indent}}{_bold(words + ':')}\n")

    def write_dl(self, rows: Any, col_max: int = 30, col_spacing: int = 2) -> None:
        default, required = say("help_default"), say("help_required")
        super().write_dl(
            [
                (
                    typer.style(name, fg="cyan"),
                    text.replace("[default: ", f"[{default}: ")
                    .replace("required]", f"{required}]")
                    .replace("Show this message and exit.", say("help_help")),
                )
                for name, text in rows
            ],
            col_max,
            col_spacing,
        )


class _Context(typer.Context):
    formatter_class = Formatter


class Tree(TyperGroup):
    """A group that knows its commands' names, and imports one when it is asked for."""

    context_class = _Context

    def __init__(self, path: str, sections: dict[str, dict[str, str | dict[str, str]]]) -> None:
        super().__init__(
            name=path or "kanal",
            no_args_is_help=True,
            rich_markup_mode=None,
            context_settings={"help_option_names": ["-h", "--help"], "color": coloured()},
        )
        self.path, self.sections = path, sections
        self.places = {name: place for below in sections.values() for name, place in below.items()}
        self.help = help_of(path, language_of())["help"]

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.places)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands and (place := self.places.get(cmd_name)) is not None:
            self.commands[cmd_name] = _made(f"{self.path} {cmd_name}".strip(), cmd_name, place)
        return self.commands.get(cmd_name)

    def short(self, name: str) -> str:
        """The first sentence of a command's help."""
        whole = help_of(f"{self.path} {name}".strip(), language_of())["help"].partition("\n")[0]
        sentence, dot, _ = whole.partition(". ")
        return sentence + dot.strip()

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing:
            return super().parse_args(ctx, args)
        # A shell completes: reading --help here would import pydantic, and double the wait for a list of names.
        ctx._protected_args, ctx.args = args[:1], args[1:]
        return args[1:]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0] not in self.places and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], self.places, cutoff=0.7)
            from intake.commands.failing import Misused, there_is_no

            raise Misused(there_is_no("command", args[0], close), ctx)
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The commands first: whoever asks looks for one of them."""
        # Every section's names take the same room.
        wide = max(len(name) for name in self.places)
        for heading, below in self.sections.items():
            with formatter.section(say(heading)):
                formatter.write_dl([(name.ljust(wide), self.short(name)) for name in below])
        formatter.write_paragraph()
        formatter.write_text(say("help_more", command=ctx.command_path))

    def shell_complete(self, ctx: Any, incomplete: str) -> list[CompletionItem]:
        found = [
            CompletionItem(name, help=self.short(name)) for name in self.places if name.startswith(incomplete)
        ]
        return found + super(TyperGroup, self).shell_complete(ctx, incomplete)


def tree() -> Tree:
    """The whole command, in the language that `language_of` finds."""
    return Tree("", SECTIONS)


def paths() -> Iterator[str]:
    """Every command's and every group's path, as `user add`, in the order of the help."""
    for below in SECTIONS.values():
        for name, place in below.items():
            yield name
            if isinstance(place, dict):
                yield from (f"{name} {verb}" for verb in place)


def _made(path: str, name: str, place: str | dict[str, str]) -> Any:
    """The command at `place` with its help."""
    if isinstance(place, dict):
        return Tree(path, {"help_commands": dict(place)})
    module, _, function = place.partition(":")
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name)(getattr(import_module(f"intake.commands.{module}"), function))
    command: Any = typer.main.get_command(app)
    command.context_class = _Context
    texts = help_of(path, language_of())
    command.help = texts["help"]
    for parameter in command.params:
        parameter.help = texts[parameter.name]
    return command


def _bold(words: str) -> str:
    return typer.style(words, bold=True)
