"""The words that somebody wrote now, without what they answered to and without signatures.

A line scanner in linear time: no expression runs over more than a few joined lines. In doubt a line stays; when
nothing would be left, everything stays, because the citizen's words weigh more than a tidy record.
"""

from __future__ import annotations

import re

from adapters.email.quote_words import (
    AD_ENDS,
    ADS,
    FORWARD_MARKS,
    HEADER_KEYS,
    ORIGINAL_MARKS,
    SENT_FROM,
    STARTERS,
    VERBS,
    VERBS_ALONE,
)

_LONGEST_LINE = 400
_SIGNATURE_LINES = 12
_MARKED = re.compile(r"\s{0,3}[>|]")
_TIME = re.compile(r"\d{1,2}[.:h]\s?\d{2}")
_YEAR = re.compile(r"(19|20)\d{2}")
_DASHES = re.compile(r"[\s\-_=*>.~|–—]+")
_KEY = re.compile(r"\*{0,2}([^:：*]{1,20}?)\*{0,2}\s?[:：]\*{0,2}\s*(.*)")
_RULE = re.compile(r"\s*[_\-=*]{5,}\s*")
_DELIMITER = re.compile(r"(--|__|—)\s?")
_FORWARDED = re.compile(
    r"\W*(fwd?|fw|terusan|teruskan|diteruskan|tr|wg|rv|enc|i|vs|vb|doorst)\s*:", re.IGNORECASE
)


def reply_text(text: str, subject: str = "") -> str:
    """`text` without quotes and signatures; whole when it is a forwarded mail or nothing else would be left."""
    lines = text.split("\n")
    if _FORWARDED.match(subject):
        return text.strip()
    kept = _without_quotes(lines)
    kept = _without_signature(kept)
    result = "\n".join(kept).strip()
    return result if any(c.isalnum() for c in result) else text.strip()


def _without_quotes(lines: list[str]) -> list[str]:
    out: list[str] = []
    index = 0
    while index < len(lines):
        line = lines[index]
        if _MARKED.match(line):
            index += 1
            continue
        if len(line) <= _LONGEST_LINE and line.strip():
            mark = _mark(line)
            if mark in FORWARD_MARKS:
                return out + lines[index:]
            if mark in ORIGINAL_MARKS and _has_words(out):
                return _without_rule(out)
            if _header_block(lines, index) and _has_words(out):
                return _without_rule(out)
            length = _attribution(lines, index)
            if length:
                following = _next_words(lines, index + length)
                if following is None or not _MARKED.match(lines[following]):
                    if _has_words(out):
                        return out
                    return out + lines[index:]
                index += length
                continue
        out.append(line)
        index += 1
    return out


def _mark(line: str) -> str:
    """A line such as `-------- Pesan asli --------` without its ornaments."""
    return " ".join(_DASHES.sub(" ", line).casefold().strip(" :：").split())


def _has_words(lines: list[str]) -> bool:
    return any(any(c.isalnum() for c in line) for line in lines)


def _next_words(lines: list[str], index: int) -> int | None:
    while index < len(lines):
        if lines[index].strip():
            return index
        index += 1
    return None


def _without_rule(out: list[str]) -> list[str]:
    """The ruler that some programs draw above a quote goes with it."""
    while out and (not out[-1].strip() or _RULE.fullmatch(out[-1])):
        out.pop()
    return out


def _attribution(lines: list[str], index: int) -> int:
    """How many lines from `index` on say who wrote what is quoted below: `Pada … menulis:`; 0 when none do."""
    first = lines[index].strip().strip("*_").casefold()
    begins = first.startswith(STARTERS)
    if not begins and not _YEAR.search(first) and "@" not in first and not first.endswith((":", "：")):
        return 0
    joined = ""
    for count in range(1, 5):
        if index + count > len(lines) or not lines[index + count - 1].strip():
            return 0
        joined = (joined + " " + lines[index + count - 1].strip().strip("*_")).strip().casefold()
        if len(joined) > _LONGEST_LINE:
            return 0
        if joined.endswith((":", "：")) and _says_wrote(joined, begins):
            return count
        if not begins and count == 2:
            return 0
    return 0


def _says_wrote(joined: str, begins: bool) -> bool:
    dated = _TIME.search(joined) is not None or "@" in joined
    if begins and dated and any(verb in joined for verb in VERBS):
        return True
    body = joined.rstrip(":： ")
    if not (dated or _YEAR.search(joined)):
        return False
    if body.endswith(VERBS_ALONE):
        return True
    # `2025年11月3日(月) 10:15 Siti <siti@example.org>:` has no verb at all.
    if not body.endswith(">") or "@" not in body or _TIME.search(body) is None:
        return False
    return _YEAR.search(body) is not None


def _header_block(lines: list[str], index: int) -> bool:
    """`Dari: … Dikirim: … Kepada: … Perihal: …` as programs write it: with a time, or an address.

    A letter begins with words like these too; but no citizen writes the minute into them.
    """
    match = _KEY.match(lines[index].strip())
    if match is None or HEADER_KEYS.get(match[1].strip().casefold()) not in ("from", "sent"):
        return False
    found: set[str] = set()
    proof = timed = False
    for line in lines[index : index + 8]:
        match = _KEY.match(line.replace("\u200e", "").strip()[:_LONGEST_LINE])
        kind = HEADER_KEYS.get(match[1].strip().casefold()) if match else None
        if match is None or kind is None:
            continue
        found.add(kind)
        if kind == "sent":
            timed = _TIME.search(match[2]) is not None
        proof = proof or "@" in match[2]
    return {"from", "sent"} <= found and len(found) >= 3 and (timed or proof)


def _without_signature(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and _is_dispensable(lines[end - 1]):
        end -= 1
    # The last delimiter that has only a few short lines behind it.
    for index in range(end - 1, max(end - _SIGNATURE_LINES - 8, -1), -1):
        listed = _RULE.fullmatch(lines[index]) is not None
        if index and (listed or _DELIMITER.fullmatch(lines[index])):
            behind = [line for line in lines[index + 1 : end] if line.strip()]
            if listed and not any("mailing list" in line.casefold() for line in behind):
                continue
            if len(behind) <= _SIGNATURE_LINES and all(len(line) <= 200 for line in behind):
                end = index
    while end and _is_dispensable(lines[end - 1]):
        end -= 1
    return lines[:end]


def _is_dispensable(line: str) -> bool:
    """Empty, a ruler, or what a telephone or a free mail service puts below everybody's mails."""
    words = line.strip().strip("-_*~<>[]() .").casefold()
    if not words:
        return not line.strip() or _RULE.fullmatch(line) is not None or len(line.strip()) <= 2
    if len(words) > 160:
        return False
    if words.startswith(ADS):
        return True
    return any(words.startswith(start) and _is_device(words[len(start) :]) for start in SENT_FROM)


def _is_device(rest: str) -> bool:
    """What follows "sent from": a product, not a sentence."""
    rest = rest.partition("<http")[0].strip(" .")
    return (
        0 < len(rest.split()) <= 8
        and "," not in rest
        and (any(word in rest for word in AD_ENDS) or (len(rest.split()) <= 4 and rest[-1:] not in ",;:!?"))
    )
