"""Meta's checks of what is more than text, for the fake Graph API: buttons, lists, quick replies, templates."""

from __future__ import annotations

import re
from typing import Any

from adapters.shared.meta_fake_refused import Refused
from normalizer.record import Choice

_LOOSE = re.compile(r"[\n\t]| {5,}")


def interactive(given: Any) -> tuple[str, tuple[Choice, ...]]:
    """The text and the choices of a WhatsApp message with reply buttons or a list."""
    try:
        text, action = given["body"]["text"], given["action"]
        if given["type"] == "button":
            shown = [button["reply"] for button in action["buttons"] if button["type"] == "reply"]
            most, longest, above, name = 3, 20, 1024, 256
        elif given["type"] == "list":
            shown = [row for section in action["sections"] for row in section["rows"]]
            most, longest, above, name = 10, 24, 4096, 200
            if not 1 <= len(action["button"]) <= 20:
                raise ValueError("action.button")
        else:
            raise ValueError("type")
        choices = tuple(Choice(name=one["id"], label=one["title"]) for one in shown)
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(400, 100, f"(#100) The parameter interactive is invalid: {error}") from None
    ids = {choice.name for choice in choices}
    right = 1 <= len(choices) <= most and len(ids) == len(choices) and 1 <= len(text) <= above
    if not right or any(not 1 <= len(c.label) <= longest or not 1 <= len(c.name) <= name for c in choices):
        raise Refused(400, 131009, "(#131009) Parameter value is not valid")
    return text, choices


def templated(given: Any, known: dict[str, tuple[str, int]]) -> str:
    """What the citizen reads of a WhatsApp template, its variables put in."""
    try:
        name, language = given["name"], given["language"]["code"]
        values = [p["text"] for part in given.get("components", ()) for p in part["parameters"]]
    except (KeyError, TypeError) as error:
        raise Refused(400, 100, f"(#100) The parameter template is invalid: {error}") from None
    if name not in known or known[name][0] != language:
        raise Refused(404, 132001, "(#132001) Template name does not exist in the translation")
    if len(values) != known[name][1]:
        raise Refused(
            400, 132000, "(#132000) Number of parameters does not match the expected number of params"
        )
    if any(not value or _LOOSE.search(value) for value in values):
        raise Refused(400, 132018, "(#132018) There is an issue with the parameters in your template")
    return f"{name}: " + " | ".join(values)


def quick_replies(given: Any) -> tuple[Choice, ...]:
    """The choices below a message of Messenger or Instagram."""
    if given is None:
        return ()
    try:
        choices = tuple(
            Choice(name=one["payload"], label=one["title"]) for one in given if one["content_type"] == "text"
        )
    except (KeyError, TypeError) as error:
        raise Refused(400, 100, f"(#100) Param quick_replies is invalid: {error}") from None
    if not 1 <= len(choices) <= 13 or len(choices) != len(given):
        raise Refused(400, 100, "(#100) Param quick_replies must have between 1 and 13 elements")
    if any(not 1 <= len(c.label) <= 20 or not 1 <= len(c.name) <= 1000 for c in choices):
        raise Refused(400, 100, "(#100) Length of param title or payload is not valid")
    return choices
