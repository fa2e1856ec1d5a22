"""What is sent that is more than text: choices as buttons or a list, and news through a template.

developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-reply-buttons-messages,
…/interactive-list-messages and …/templates
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from adapters.base import Outgoing
from adapters.shared.choices import fit, named
from normalizer.record import Choice

#: Reply buttons: how many, how long each, and the text above them; likewise the rows of a list.
BUTTONS, BUTTON, ABOVE_BUTTONS = 3, 20, 1024
ROWS, ROW, ABOVE_LIST = 10, 24, 4096
#: What opens a list, in both languages: an adapter does not know which one is spoken.
_OPEN = "Pilih / Choose"
#: Characters of the news in a template, whose body holds 1,024 in all.
_NEWS = 800


class Template(Protocol):
    """The settings that name one."""

    @property
    def template(self) -> str: ...
    @property
    def template_language(self) -> str: ...


def choosing(text: str, choices: Sequence[Choice]) -> dict[str, Any] | None:
    """`text` with its choices to tap; None when WhatsApp would not show them whole."""
    if fit(choices, BUTTONS, BUTTON) and len(text) <= ABOVE_BUTTONS:
        buttons = [{"type": "reply", "reply": {"id": named(c), "title": c.label}} for c in choices]
        return _interactive("button", text, {"buttons": buttons})
    if fit(choices, ROWS, ROW) and len(text) <= ABOVE_LIST:
        rows = [{"id": named(c), "title": c.label} for c in choices]
        return _interactive("list", text, {"button": _OPEN, "sections": [{"rows": rows}]})
    return None


def _interactive(kind: str, text: str, action: dict[str, Any]) -> dict[str, Any]:
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": text}, "action": action}}


def templated(outgoing: Outgoing, settings: Template) -> dict[str, Any]:
    """The news through the account's template; a parameter holds no line ends and no runs of spaces."""
    news = " ".join(outgoing.text.split())
    if len(news) > _NEWS:
        news = news[: _NEWS - 1].rsplit(" ", 1)[0] + "…"
    parameters = [{"type": "text", "text": value} for value in (outgoing.ticket or "-", news)]
    template = {
        "name": settings.template,
        "language": {"code": settings.template_language},
        "components": [{"type": "body", "parameters": parameters}],
    }
    return {"type": "template", "template": template}
