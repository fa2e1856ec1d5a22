"""The table of all commands in docs/commands.md (`make readme` writes it; a test compares both)."""

from __future__ import annotations

from typing import Any

from intake.commands.tree import SECTIONS, Tree, tree
from intake.words import help_of, words


def markdown() -> str:
    """Every command with its arguments and options, in English and in Bahasa Indonesia."""
    root = tree()
    parts = []
    for heading, below in SECTIONS.items():
        lines = [
            f"### {words('en')['say'][heading]} ({words('id')['say'][heading]})\n",
            "| command | what it does | yang dilakukannya |",
            "|---|---|---|",
        ]
        for name in below:
            command = root.get_command(None, name)
            verbs = command.list_commands(None) if isinstance(command, Tree) else [""]
            for verb in verbs:
                leaf = command.get_command(None, verb) if isinstance(command, Tree) else command
                path = f"{name} {verb}".strip()
                told = [
                    _cell(help_of(path, language)["help"].partition("\n")[0]) for language in ("en", "id")
                ]
                lines.append(f"| {_typed(path, leaf)} | {told[0]} | {told[1]} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _typed(path: str, command: Any) -> str:
    """What is typed; `--config` and `--json`, which nearly all take, are not repeated."""
    words_ = [f"kanal {path}"]
    for one in command.params:
        if one.param_type_name == "argument":
            name = one.name.upper() + ("…" if one.nargs == -1 or one.multiple else "")
            words_.append(name if one.required else f"[{name}]")
        elif one.name not in ("config", "as_json", "help"):
            option = max(one.opts, key=len)
            words_.append(option if one.required else f"[{option}]")
    return _cell(f"`{' '.join(words_)}`")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
