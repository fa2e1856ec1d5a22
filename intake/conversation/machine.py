"""The bot's one state machine, for every channel: what was heard becomes a turn. Pure.

It asks only for what is missing, at most three questions, and files what it was told whatever the citizen does:
falling silent files it, only *batal* takes it back. What may be a complaint is never taken for a command: a
command is the whole message or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from intake.conversation.dialogue import Case, Dialogue, Facts, Heard, Question, Say, Turn, Want
from intake.conversation.intents import Intent, intent_of, only_ticket, tickets_in

MOST_QUESTIONS = 3
#: Below this many words, and without a file, we ask what happened.
FEW_WORDS = 3
#: So long after a complaint was filed, a file without words belongs to it, and a short remark may.
AFTERWARDS = timedelta(minutes=15)
SHORT_REMARK = 8
#: The menu is not said again so soon after it was.
MENU_AGAIN = timedelta(minutes=2)
_MENU: tuple[tuple[str, str], ...] = (
    ("menu:report", "bot.menu_report"),
    ("menu:status", "bot.menu_status"),
    ("menu:numbers", "bot.menu_numbers"),
    ("menu:correct", "bot.menu_correct"),
    ("menu:withdraw", "bot.menu_withdraw"),
    ("menu:help", "bot.menu_help"),
)
_SKIP, _YES, _NO = ("q:skip", "bot.skip"), ("q:yes", "bot.yes"), ("q:no", "bot.no")
_QUESTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "place": (_SKIP,),
    "clear": (_SKIP,),
    "photo": (_SKIP,),
    "secret": (_YES, _NO),
}
_WANTS: dict[str, Want] = {"status": "status", "correct": "correct", "withdraw": "withdraw"}


def take(before: Dialogue, heard: Heard, facts: Facts) -> Turn:
    """One turn."""
    options = before.options if before.phase != "idle" else ()
    dialogue = replace(before, stopped=False, language=_language(before, facts), options=options)
    choice = _choice(before, heard)
    if not heard.choice and not _menu_is_fresh(before, facts):
        choice = _rating_typed(before, heard, facts) or choice
    # A tapped button, or a command that is the whole message; everything else is told.
    intent: Intent | None = intent_of(heard.text) if not choice and not _has_files(heard) else None
    if choice.startswith("nilai:"):
        return _rate(dialogue, choice, facts)
    if choice.startswith("menu:"):
        intent = choice.removeprefix("menu:")  # type: ignore[assignment]
    for step in (_stop, _answered, _command, _about_a_ticket):
        turn = step(dialogue, heard, choice, intent, facts)
        if turn is not None:
            return turn
    if heard.choice:
        return _menu(dialogue, facts)  # a button of long ago, or of somebody else's making
    return _tell(dialogue, heard, facts)


# what people can always say


def _stop(d: Dialogue, heard: Heard, choice: str, intent: Intent | None, facts: Facts) -> Turn | None:
    if intent != "stop":
        return None
    return _note(replace(_idle(d), stopped=True), facts, Say(key="bot.stopped"))


def _command(d: Dialogue, heard: Heard, choice: str, intent: Intent | None, facts: Facts) -> Turn | None:
    if intent == "cancel":
        said = "bot.cancelled" if facts.has_draft or d.phase != "idle" else "bot.nothing_open"
        return Turn(dialogue=_idle(d), words="note", outcome="aside", says=(Say(key=said),))
    if intent == "report":
        # What was told before is a complaint of its own: it is filed, and a new one begins.
        return Turn(
            dialogue=_idle(d),
            words="note",
            outcome="close" if facts.has_draft else "aside",
            says=(Say(key="bot.report"),),
        )
    if intent == "send" and facts.has_draft:
        return Turn(dialogue=_idle(d), words="note", outcome="close")
    if intent == "thanks" and not facts.has_draft:
        return _note(d, facts, Say(key="bot.thanks"))
    if intent == "help":
        return _note(d, facts, Say(key="bot.help"))
    if intent == "numbers":
        return _note(d, facts, Say(key="bot.numbers"))
    if intent in _WANTS:
        return _want(d, _WANTS[intent], tickets_in(heard.text), facts)
    if intent == "menu" or (not choice and (_nothing(heard) or _number_of_nothing(heard, facts))):
        return _menu(d, facts)
    if intent in ("yes", "no", "skip", "send"):
        return _menu(d, facts)
    return None


def _menu(d: Dialogue, facts: Facts) -> Turn:
    if _menu_is_fresh(d, facts):
        return _note(d, facts)
    shown = replace(
        d, menu_at=facts.now, options=d.options if facts.has_draft else tuple(n for n, _ in _MENU)
    )
    return _note(shown, facts, Say(key="bot.menu", choices=_MENU))


# answers to what the bot asked


def _answered(d: Dialogue, heard: Heard, choice: str, intent: Intent | None, facts: Facts) -> Turn | None:
    if d.phase == "asked":
        return _answer_question(d, choice, intent, facts)
    if d.phase == "join":
        return _answer_join(d, choice, intent, facts)
    if d.phase == "sure":
        return _answer_sure(d, choice, intent, facts)
    if d.phase == "ticket":
        named = tickets_in(choice or heard.text)
        if named and (choice or only_ticket(heard.text)):
            return _want(d, d.want, named, facts)
    if d.phase == "correct" and intent is None and not choice and not _nothing(heard):
        case = _case(d, facts)
        if case is not None:
            said = Say(key="bot.corrected", values={"ticket": case.ticket})
            return _to_case(_idle(d), case.complaint_id, facts, said, act="correct")
    return None


def _answer_question(d: Dialogue, choice: str, intent: Intent | None, facts: Facts) -> Turn | None:
    if d.question == "secret" and (choice in ("q:yes", "q:no") or intent in ("yes", "no")):
        secret = choice == "q:yes" or intent == "yes"
        return _ask_on(replace(d, secret=d.secret or secret), facts, words="note")
    if choice == "q:skip" or intent in ("skip", "no"):
        return _ask_on(d, facts, words="note")
    return None


def _answer_join(d: Dialogue, choice: str, intent: Intent | None, facts: Facts) -> Turn | None:
    case = _case(d, facts)
    if case is not None and (choice == "join:yes" or intent == "yes"):
        said = Say(key="bot.added", values={"ticket": case.ticket})
        return Turn(
            dialogue=_idle(d), words="note", outcome="aside", says=(said,), to=case.complaint_id, whole=True
        )
    if choice == "join:new" or intent in ("no", "report"):
        return _ask_on(_idle(d), facts, words="note")
    return None


def _answer_sure(d: Dialogue, choice: str, intent: Intent | None, facts: Facts) -> Turn | None:
    case = _case(d, facts)
    if case is None:
        return None
    values = {"ticket": case.ticket}
    if choice == "q:yes" or intent in ("yes", "withdraw"):
        return _to_case(
            _idle(d), case.complaint_id, facts, Say(key="bot.withdrawn", values=values), act="withdraw"
        )
    if choice == "q:no" or intent in ("no", "cancel"):
        return _note(_idle(d), facts, Say(key="bot.kept", values=values))
    return None


# complaints that were filed before


def _about_a_ticket(
    d: Dialogue, heard: Heard, choice: str, intent: Intent | None, facts: Facts
) -> Turn | None:
    """A ticket in the words: its status when nothing else was said, else an addition to it.

    Somebody else's ticket and one that does not exist look the same: neither is told of, and the words are a
    complaint of their own.
    """
    named = tickets_in(heard.text)
    if not named:
        return None
    own = next((facts.cases[ticket] for ticket in named if ticket in facts.cases), None)
    if only_ticket(heard.text):
        return _want(d, "status", named, facts)
    if own is None or facts.has_draft:
        return None
    return _to_case(d, own.complaint_id, facts, Say(key="bot.added", values={"ticket": own.ticket}))


def _rating_typed(d: Dialogue, heard: Heard, facts: Facts) -> str:
    """One digit, when nothing is asked and a complaint is done and not rated: the button of its rating."""
    digit = heard.text.strip()
    if digit not in ("1", "2", "3", "4", "5") or facts.has_draft or d.phase != "idle":
        return ""
    done = [c for c in _own(d, facts) if c.stage == "Selesai" and not c.rated and not c.withdrawn]
    return f"nilai:{done[0].ticket}:{digit}" if done else ""


def _menu_is_fresh(d: Dialogue, facts: Facts) -> bool:
    return d.menu_at is not None and facts.now - d.menu_at < MENU_AGAIN


def _rate(d: Dialogue, choice: str, facts: Facts) -> Turn:
    _, ticket, digit = (*choice.split(":"), "", "")[:3]
    case = facts.cases.get(ticket)
    if case is None or digit not in ("1", "2", "3", "4", "5"):
        return _note(d, facts, Say(key="bot.none"))
    values = {"ticket": ticket}
    if case.rated:
        return _note(d, facts, Say(key="bot.rated_before", values=values))
    if case.stage != "Selesai":
        return _note(d, facts, Say(key="bot.not_rated", values=values))
    said = Say(key="bot.rated", values=values)
    return _to_case(d, case.complaint_id, facts, said, act="rate", rating=int(digit))


def _want(d: Dialogue, want: Want, named: Sequence[str], facts: Facts) -> Turn:
    """Status, correction or withdrawal: of the ticket that was named, of the only one, or we ask of which."""
    own = [facts.cases[ticket] for ticket in named if ticket in facts.cases]
    cases = own or ([] if named else _own(d, facts))
    if not cases:
        return _note(_idle(d, facts), facts, Say(key="bot.none"))
    if len(cases) == 1 or own:
        return _do(d, want, cases[0], facts)
    choices = tuple((f"t:{case.ticket}", case.ticket) for case in cases[:3])
    asked = replace(_idle(d, facts), phase="ticket", want=want, options=tuple(name for name, _ in choices))
    return _note(asked, facts, Say(key=f"bot.which_{want}", choices=choices))


def _do(d: Dialogue, want: Want, case: Case, facts: Facts) -> Turn:
    values = {"ticket": case.ticket}
    resting = _idle(d, facts)
    if case.joined_to:
        return _note(resting, facts, Say(key="bot.status_joined", values={**values, "other": case.joined_to}))
    if case.withdrawn:
        return _note(resting, facts, Say(key="bot.status_withdrawn", values=values))
    if want == "status":
        says = [Say(key="bot.status", values={**values, "stage": case.stage or "Menunggu"})]
        if case.agency:
            says.append(Say(key="bot.status_agency", values={"agency": case.agency}))
        return _note(resting, facts, *says)
    if want == "correct":
        asked = replace(resting, phase="correct", about=case.complaint_id)
        return _note(asked, facts, Say(key="bot.correct", values=values))
    asked = replace(resting, phase="sure", about=case.complaint_id, options=(_YES[0], _NO[0]))
    return _note(asked, facts, Say(key="bot.sure_withdraw", values=values, choices=(_YES, _NO)))


# a complaint is told


def _tell(d: Dialogue, heard: Heard, facts: Facts) -> Turn:
    known = facts.understood
    if known.emergency:
        number = f"bot.number_{known.emergency_kind}" if known.emergency_kind else ""
        said = Say(key="bot.emergency", values={"number": number})
        return Turn(dialogue=_idle(d), words="told", outcome="close", says=(said,))
    if known.surely_thanks and not facts.has_draft and known.words < SHORT_REMARK:
        return Turn(dialogue=d, words="note", outcome="aside", says=(Say(key="bot.thanks"),))
    last = _last(d, facts)
    if last is not None and not facts.has_draft and d.phase == "idle":
        values = {"ticket": last.ticket}
        if not heard.text.strip():
            return _to_case(d, last.complaint_id, facts, Say(key="bot.added", values=values))
        if known.words < SHORT_REMARK and not known.place and not known.surely_complaint:
            choices = (("join:yes", "bot.join_yes"), ("join:new", "bot.join_new"))
            asked = replace(
                d, phase="join", about=last.complaint_id, options=tuple(name for name, _ in choices)
            )
            said = Say(key="bot.join", values=values, choices=choices)
            return Turn(dialogue=asked, words="told", outcome="wait", says=(said,))
    if d.phase == "join":
        d = _idle(d)
    return _ask_on(d, facts, words="told", voice=heard.voice > 0)


def _ask_on(d: Dialogue, facts: Facts, *, words: str, voice: bool = False) -> Turn:
    """Ask for the next thing that is missing; with nothing missing, the complaint is filed at once."""
    missing = _missing(d, facts)
    if missing is None or len(d.asked) >= MOST_QUESTIONS:
        return Turn(dialogue=_idle(d), words=words, outcome="close")  # type: ignore[arg-type]
    choices = _QUESTIONS[missing]
    key = "bot.ask_voice" if missing == "clear" and voice else f"bot.ask_{missing}"
    asked = replace(
        d,
        phase="asked",
        question=missing,
        asked=(*d.asked, missing),
        options=tuple(name for name, _ in choices),
    )
    return Turn(dialogue=asked, words=words, outcome="wait", says=(Say(key=key, choices=choices),))  # type: ignore[arg-type]


def _missing(d: Dialogue, facts: Facts) -> Question | None:
    known = facts.understood
    if known.words < FEW_WORDS and "clear" not in d.asked:
        return "clear"
    if not known.place and "place" not in d.asked:
        return "place"
    if known.sensitive and not d.secret and "secret" not in d.asked:
        return "secret"
    # A photo helps, but nobody who has told everything is kept waiting for one.
    if facts.photos and not known.files and d.asked and "photo" not in d.asked:
        return "photo"
    return None


# small things


def _idle(d: Dialogue, facts: Facts | None = None) -> Dialogue:
    """Nothing is asked any more; while something is being told, its questions stay asked."""
    if facts is not None and facts.has_draft:
        return d
    return replace(d, phase="idle", question="", asked=(), want="", about=0, options=())


def _note(d: Dialogue, facts: Facts, *says: Say) -> Turn:
    """Words for us alone. What was being told goes on waiting; else there is nothing to keep open."""
    return Turn(dialogue=d, words="note", outcome="wait" if facts.has_draft else "aside", says=says)


def _to_case(
    d: Dialogue, complaint_id: int, facts: Facts, said: Say, *, act: str = "", rating: int = 0
) -> Turn:
    return Turn(
        dialogue=d,
        words="case",
        outcome="wait" if facts.has_draft else "aside",
        says=(said,),
        to=complaint_id,
        act=act,  # type: ignore[arg-type]
        rating=rating,
    )


def _choice(d: Dialogue, heard: Heard) -> str:
    """The button that was tapped, or that a typed number stands for."""
    if heard.choice:
        return heard.choice
    typed = heard.text.strip().rstrip(".)")
    if typed.isdecimal() and typed.isascii() and len(typed) <= 2 and 1 <= int(typed) <= len(d.options):
        return d.options[int(typed) - 1]
    return ""


def _has_files(heard: Heard) -> bool:
    return heard.seen > 0 or heard.voice > 0 or heard.placed


def _nothing(heard: Heard) -> bool:
    return not heard.text.strip() and not _has_files(heard)


def _number_of_nothing(heard: Heard, facts: Facts) -> bool:
    """One or two digits to which no list belongs, as when a list was answered too late: no case in itself."""
    typed = heard.text.strip().rstrip(".)")
    return not facts.has_draft and len(typed) <= 2 and typed.isdecimal() and not _has_files(heard)


def _language(d: Dialogue, facts: Facts) -> str:
    """Whoever once wrote a sentence in a language is answered in it, also when the next word says little."""
    return facts.understood.language if facts.understood.words >= FEW_WORDS + 1 else d.language


def _own(d: Dialogue, facts: Facts) -> list[Case]:
    """The person's complaints of this dialogue, the newest first."""
    found = (facts.cases.get(one.ticket) for one in reversed(d.recent))
    return [case for case in found if case is not None]


def _case(d: Dialogue, facts: Facts) -> Case | None:
    return next((case for case in facts.cases.values() if case.complaint_id == d.about), None)


def _last(d: Dialogue, facts: Facts) -> Case | None:
    """The complaint that was filed a moment ago."""
    if not d.recent or facts.now - d.recent[-1].at > AFTERWARDS:
        return None
    case = facts.cases.get(d.recent[-1].ticket)
    return case if case is not None and not case.withdrawn else None
