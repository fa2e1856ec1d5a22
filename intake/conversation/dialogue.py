"""What the bot knows while it talks with somebody, what it hears, and what it may do: the machine's words.

A turn is a pure function of the dialogue so far, what was heard, and what is known of the person's complaints; so
the same words replayed give the same outcome.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from normalizer.record import Act, Base, Moment

Question = Literal["", "place", "clear", "photo", "secret"]
Want = Literal["", "status", "correct", "withdraw"]
#: What the bot waits for: nothing, the answer to `question`, a ticket for `want`, whether words are an addition,
#: whether to withdraw, or the words of a correction.
Phase = Literal["idle", "asked", "ticket", "join", "sure", "correct"]


class Recent(Base, frozen=True, kw_only=True):
    """A complaint that came out of this dialogue."""

    complaint_id: int
    ticket: str
    at: Moment


class Dialogue(Base, frozen=True, kw_only=True):
    """Where the dialogue with one person stands. `heard_until` is the last message that it has taken in.

    `options` are the names of the buttons offered last, so that a typed number finds its button. `about` is the
    complaint that `phase` speaks of. `asked` are the questions about the complaint that is being told, `draft`, which
    waits for an answer until `waits_until`.
    """

    heard_until: int = 0
    phase: Phase = "idle"
    question: Question = ""
    asked: tuple[Question, ...] = ()
    want: Want = ""
    about: int = 0
    options: tuple[str, ...] = ()
    recent: tuple[Recent, ...] = ()
    language: str = "id"
    secret: bool = False
    menu_at: Moment | None = None
    draft: int = 0
    waits_until: Moment | None = None
    stopped: bool = False


class Heard(Struct, frozen=True, kw_only=True):
    """One message, or several that came in one breath. `choice` is the button that was tapped.

    `seen` and `voice` count files that can be looked at or listened to; `placed`: it says where it was sent from.
    """

    text: str = ""
    choice: str = ""
    seen: int = 0
    voice: int = 0
    placed: bool = False


class Understood(Struct, frozen=True, kw_only=True, tag="understood"):
    """What the normaliser makes of everything told so far about this complaint."""

    words: int = 0
    place: bool = False
    emergency: bool = False
    emergency_kind: str = ""
    sensitive: bool = False
    surely_thanks: bool = False
    surely_complaint: bool = False
    language: str = "id"
    files: int = 0


class Case(Struct, frozen=True, kw_only=True):
    """One of the person's own complaints. `stage` is the CRM's; `word` what it last said, if that is no stage."""

    complaint_id: int
    ticket: str
    stage: str = ""
    agency: str = ""
    joined_to: str = ""
    """The ticket that an operator joined it to."""
    withdrawn: bool = False
    rated: bool = False


class Facts(Struct, frozen=True, kw_only=True):
    """What is known beside the words. `cases` are the person's own, by ticket; `photos`: the channel carries them.

    `settled` is how long (seconds) nothing more has come; `has_draft`: something was told before this message.
    """

    now: datetime
    understood: Understood = Understood()
    cases: dict[str, Case] = {}
    photos: bool = True
    has_draft: bool = False


class Say(Struct, frozen=True, kw_only=True):
    """A text by its key in the message files, its values, and the buttons: (name, key of the label)."""

    key: str
    values: dict[str, str] = {}
    choices: tuple[tuple[str, str], ...] = ()


class Turn(Struct, frozen=True, kw_only=True):
    """What becomes of what was heard.

    `words`: `told` belong to the complaint that is being told, `note` are for us alone, `case` belong to the
    complaint `to` (0: the draft), as `act` says. `outcome` is what becomes of the draft: `wait` for more, `close` and
    file it, or lay it `aside`.
    """

    dialogue: Dialogue
    words: Literal["told", "note", "case"]
    outcome: Literal["wait", "close", "aside"]
    says: tuple[Say, ...] = ()
    to: int = 0
    act: Act = ""
    rating: int = 0
    #: The whole draft moves to `to`: what was told turned out to be an addition.
    whole: bool = False
