"""Text as people meant it: one kind of line end and space, nothing invisible; and its folded form for matching.

`text` is cleaned for reading; `original_text` stays as received, apart from what no store can hold (NUL and lone
surrogates, both shown as U+FFFD).
"""

from __future__ import annotations

import re
import string
import unicodedata
from typing import Any

import msgspec
from ahocorasick_rs import AhoCorasick

from normalizer.context import Context, decided
from normalizer.folding import fold
from normalizer.record import Complaint, Evidence, Message

__all__ = ["MAX_CHARACTERS", "clean", "fold", "step", "storable", "storable_message"]

MAX_CHARACTERS = 50_000

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Zero-width characters, soft hyphens, byte order marks, bidirectional controls and tag characters: all can hide
# or reorder words. U+200D stays where it joins emoji.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
    "|(?<![\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])\u200d|\u200d(?![\u2190-\u2bff\U0001f000-\U0001faff])"
)
# Letters in fancy dress (full width, mathematical, ligatures): NFKC is safe for these; elsewhere it would turn
# "m²" into "m2" and "½" into "1/2".
_CONTROLS = re.compile("[\x01-\x08\x0e-\x1f\x7f]")
_STYLED = re.compile("[\uff01-\uff5e\U0001d400-\U0001d7ff\ufb00-\ufb06]+")
_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_SPACES = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_AROUND_LINE_END = re.compile(" ?\n ?")
_EMPTY_LINES = re.compile("\n{3,}")
_ANY_RUN = re.compile(r"(.)\1{3}")
#: The runs that a text of ASCII can have, found at once; the expressions behind them look at every character.
_ASCII_RUNS = AhoCorasick([character * 4 for character in f"{string.ascii_letters}!?.,;:*~=_-#"])
_LETTER_RUN = re.compile(r"([^\W\d_])\1{3,}")
_MARK_RUN = re.compile(r"([!?.,;:*~=_\-#])\1{3,}")


def storable(text: str) -> str:
    """`text` without NUL and lone surrogates: valid UTF-8 that any database takes."""
    if text.isascii() and "\0" not in text:
        return text
    return _UNSTORABLE.sub("\ufffd", text)


def storable_message(message: Message) -> Message:
    """`message` with nothing in any of its fields that a store downstream might refuse: names, addresses and ids bear
    the same signs as texts, and a number of over 64 bits, which is nonsense, becomes 0."""
    try:
        msgspec.msgpack.encode(message)
        if rb"\u0000" not in msgspec.json.encode(message):
            return message
    except (UnicodeEncodeError, OverflowError):  # half of an emoji; a file of 10^30 bytes
        pass
    return msgspec.convert(_all_storable(msgspec.to_builtins(message)), Message)


def _all_storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {_all_storable(key): _all_storable(one) for key, one in value.items()}
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else 0
    return [_all_storable(one) for one in value] if isinstance(value, list | tuple) else value


def clean(text: str) -> str:
    """`text` for reading; cleaning it again changes nothing.

    Runs of four and more equal letters become two, of punctuation three; digits, and letters beside them, are never
    touched.
    """
    before = None
    # Removing one thing can bring two others together; each round shortens the text, so this ends at once.
    while text != before:
        before, text = text, _once(text)
    return text


def _once(text: str) -> str:
    if not text.isascii():
        text = _STYLED.sub(lambda m: unicodedata.normalize("NFKC", m[0]), _UNSTORABLE.sub("\ufffd", text))
        text = _LINE_END.sub("\n", text)
        text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    else:
        if "\0" in text:
            return text.replace("\0", "\ufffd")
        if not text.isprintable():
            text = _CONTROLS.sub("", _LINE_END.sub("\n", text))
    # Each look is cheaper than the work, which most texts do not need.
    if "  " in text or "\t" in text or not text.isascii():
        text = _SPACES.sub(" ", text)
    if "\n" in text:
        text = _EMPTY_LINES.sub("\n\n", _AROUND_LINE_END.sub("\n", text))
    if _ASCII_RUNS.find_matches_as_indexes(text) if text.isascii() else _ANY_RUN.search(text):
        text = _LETTER_RUN.sub(_shorter, _MARK_RUN.sub(r"\1\1\1", text))
    return text.strip()


def _shorter(run: re.Match[str]) -> str:
    """Two of many equal letters; those beside a digit stand for others: "317506xxxxxx0004"."""
    before, behind = run.string[run.start() - 1 : run.start()], run.string[run.end() : run.end() + 1]
    return run[0] if before.isdigit() or behind.isdigit() else run[1] * 2


def step(complaint: Complaint, context: Context) -> Complaint:
    """Clean text and subject; cap the text at `MAX_CHARACTERS` and flag it."""
    original = storable(complaint.original_text or complaint.text)
    # Cleaning only shortens, so a text that is twice too long need not be cleaned to its end.
    text = clean(complaint.text[: 4 * MAX_CHARACTERS])
    cut = len(text) > MAX_CHARACTERS or len(complaint.text) > 4 * MAX_CHARACTERS
    evidence: list[Evidence] = []
    flags = complaint.flags
    if cut:
        text = text[:MAX_CHARACTERS].rstrip()
        flags = flags if "text_truncated" in flags else (*flags, "text_truncated")
        evidence.append(Evidence(step="text", result=f"cut at {MAX_CHARACTERS} characters"))
    if text != complaint.text:
        evidence.append(Evidence(step="text", result="cleaned"))
    subject = clean(complaint.subject[:2000]).replace("\n", " ")[:500]
    return decided(complaint, *evidence, text=text, original_text=original, subject=subject, flags=flags)
