"""What people may tap, where a channel has buttons, and as a list of numbers where it has none that fit."""

from __future__ import annotations

from collections.abc import Sequence

from normalizer.record import Choice

#: Before the name of a button of ours, where others (a page's own menu, an advertisement) make buttons too.
OURS = "kanal:"


def numbered(text: str, choices: Sequence[Choice]) -> str:
    """`text` with its choices as a list of numbers, for channels without buttons."""
    lines = [
        choice.label if choice.label.startswith(str(number)) else f"{number}. {choice.label}"
        for number, choice in enumerate(choices, 1)
    ]
    return "\n".join((text, *lines))


def fit(choices: Sequence[Choice], count: int, length: int) -> bool:
    """Whether a platform shows all of them whole: at most `count`, none longer than `length` characters."""
    return 0 < len(choices) <= count and all(len(choice.label) <= length for choice in choices)


def named(choice: Choice) -> str:
    """What the platform gives back when it is tapped."""
    return OURS + choice.name


def tapped(payload: str | None) -> str:
    """The name of our button that was tapped; empty for anybody else's."""
    return (payload or "").removeprefix(OURS) if (payload or "").startswith(OURS) else ""
