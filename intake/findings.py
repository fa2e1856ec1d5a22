"""What `kanal doctor` finds, and how it puts an error into one line with its cure."""

from __future__ import annotations

from normalizer.errors import KanalError, Misconfigured
from normalizer.sentence import Sentence


class Finding:
    """One thing that was looked at: what was found, and the cure when that is not well.

    `what`, `found` and `cure` are English, as JSON has them; `told` holds the three as they can be told.
    """

    __slots__ = ("ok", "told")

    def __init__(
        self, *, what: str | Sentence, ok: bool, found: str | Sentence, cure: str | Sentence = ""
    ) -> None:
        self.ok = ok
        self.told = Sentence.of(what), Sentence.of(found), Sentence.of(cure)

    @property
    def what(self) -> str:
        return str(self.told[0])

    @property
    def found(self) -> str:
        return str(self.told[1])

    @property
    def cure(self) -> str:
        return str(self.told[2])

    def record(self) -> dict[str, str | bool]:
        """As `kanal doctor --json` shows it."""
        return {"what": self.what, "ok": self.ok, "found": self.found, "cure": self.cure}

    def __repr__(self) -> str:
        return f"Finding({self.record()})"


def first_line(error: BaseException) -> Sentence:
    """What is wrong."""
    match error:
        case Misconfigured():
            return Sentence("{setting}: {problem}", setting=error.setting, problem=error.told[0])
        case KanalError() if "\n" not in str(error):
            return error.words
    return Sentence("{why}", why=str(error).partition("\n")[0])


def cure_of(error: BaseException) -> Sentence:
    """What to do."""
    if isinstance(error, Misconfigured):
        return error.told[1]
    return Sentence("see the gateway's log; `kanal quarantine list`")
