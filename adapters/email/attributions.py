"""The line above a quote that says who wrote it and when: `Pada Rab, 12 Mar 2025 10.11, Siti <a@b.c> menulis:`.

Programs write it in fixed shapes; people write sentences that look like it ("Pada hari Senin pukul 9.15 Pak RW
menulis:"). What tells them apart, in Indonesian and English: a program gives the address beside the verb, or a date
that no hand writes and then a name and nothing else. Each expression runs over one line or a few joined ones, at most
400 characters.
"""

from __future__ import annotations

import re

from adapters.email.quote_words import NOT_SENDERS, OFFICES, STARTERS, TITLES, VERBS, VERBS_ALONE

LONGEST_LINE = 400
#: Over how many lines an attribution may be wrapped.
_LINES = 5
_TIME = re.compile(r"\d{1,2}[.:h]\s?\d{2}")
_YEAR = re.compile(r"(19|20)\d{2}")
#: Yahoo's program for Android puts the quote itself behind the words that announce it.
_INLINE = re.compile(r"(\b(?:menulis|wrote):)\s{2,}\S.*")
#: The digits of Arabic, Persian, Bengali, Devanagari and Thai.
_DIGITS = {first + n: str(n) for first in (0x660, 0x6F0, 0x9E6, 0x966, 0xE50) for n in range(10)}
_ORNAMENT = "*_-–— "
_ENDING = _ORNAMENT + "\t\r\xa0"
_DAY = (
    r"(?:sen(?:in)?|sel(?:asa)?|rab(?:u)?|kam(?:is)?|jum(?:['’]?at)?|sab(?:tu)?|ming?(?:gu)?|ahad"
    r"|mon(?:day)?|tues?(?:day)?|wed(?:nesday)?|thur?s?(?:day)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)\b\.?,?\s+"
)
_SHORT_MONTH = (
    r"(?:jan|feb|mar|apr|mei|may|jun|jul|agt|agu|ags|agust|aug|sept?|okt|oct|nov|nop|des|dec|pebr?)\b\.?"
)
_MONTH = (
    r"(?:januari|februari|pebruari|maret|april|juni|juli|agustus|september|oktober|november|nopember|desember"
    r"|january|february|march|june|july|august|october|december)\b"
)
_CLOCK = (
    r"(?:,?\s*(?:pada\s+)?(?:pukul|pkl\.?|jam|pada|at)?\s*"
    r"(?P<time>\d{1,2}[.:]\d{2}(?P<seconds>[.:]\d{2})?(?:\s*[ap]m\b)?)"
    r"(?P<zone>\s*(?:\(?(?:gmt|utc)\s?[+-]?[\d.:]*\)?|wib\b|wita\b|wit\b|[+-]\d{4}))?)"
)
#: When: a day of the week, the date in one of its orders, the time of day.
_WHEN = re.compile(
    rf"(?P<day>{_DAY})?(?:"
    rf"\d{{1,2}}(?:st|nd|rd|th)?\s+(?:de\s+)?(?:{_SHORT_MONTH}|(?P<full>{_MONTH}))[ ,]+\d{{2,4}}"
    rf"|(?:{_SHORT_MONTH}|(?P<full_first>{_MONTH}))\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}"
    rf"|\d{{1,2}}[/.\-]\d{{1,2}}[/.\-]\d{{2,4}}|\d{{4}}-\d{{2}}-\d{{2}})\b{_CLOCK}?",
    re.IGNORECASE,
)
_WROTE = r"(?:telah\s+)?(?:menulis|menuliskan|mengirim|tulis|wrote|writes)"
_HAS_WROTE = re.compile(rf"\b{_WROTE}\b", re.IGNORECASE)
#: The address right before the verb, as all programs give it that give one.
_ADDRESS_WROTE = re.compile(
    rf"[\w.+\-]@[\w.\-]+[^\w@]{{0,8}}(?:mailto:[^\s>\]]+[>\])]{{1,3}})?[\s,;]*{_WROTE}\s*$", re.IGNORECASE
)
#: `Siti <siti@example.org> menulis pada tanggal 30 Sep 2024 14.05`.
_WROTE_ON = re.compile(
    rf"[^@<]{{0,80}}<[\w.+\-]{{1,64}}@[\w.\-]{{1,200}}>\s{{1,3}}{_WROTE}\s"
    r"(?:pada |on |tanggal |tgl ){0,2}[^@]{0,20}\d{4}[^@]{0,30}",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[<\[(]*\s?(?:mailto:)?[\w.+\-]{1,64}@[\w.\-]{1,200}\s?[>\])]*")
_ADDRESS_FIRST = re.compile(r"[^@<]{0,80}<[\w.+\-]{1,64}@[\w.\-]{1,200}>\s")
_ANGLED = re.compile(r"<[\w.+\-]{1,64}@[\w.\-]{1,200}>")
_QUOTING = re.compile(
    r"(?:quoting|mengutip|zitat von|citando a?)\s[^@]{0,100}[<(][\w.+\-]{1,64}@[\w.\-]{1,200}[>)]$",
    re.IGNORECASE,
)
_OPENING = re.compile(r"(?:(?:pada|pd|on|di|tanggal|tgl)\b\.?\s*(?=\S))", re.IGNORECASE)
_SPOKEN = re.compile(r"\bhari\b", re.IGNORECASE)
_SMALL = frozenset({"via", "dan", "and", "of", "de", "bin", "binti", "van", "der", "melalui"})


def attribution(lines: list[str], index: int) -> int:
    """How many lines from `index` on say who wrote what is quoted below; 0 when none do."""
    if _is_between_dashes(lines[index]):
        return 1
    if not any(map(_may_end, lines[index : index + _LINES])):
        return 0
    first = _plain(lines[index]).casefold()
    begins = first.startswith(STARTERS) or _WHEN.match(first) is not None
    if not begins and not _YEAR.search(first) and "@" not in first and not first.endswith((":", "：")):
        return 0
    parts: list[str] = []
    length = 0
    for count in range(1, _LINES + 1):
        if index + count > len(lines) or not lines[index + count - 1].strip():
            return 0
        parts.append(_plain(lines[index + count - 1]))
        length += len(parts[-1]) + 1
        if length > LONGEST_LINE:
            return 0
        if parts[-1].endswith((":", "：")) and _says_wrote(_joined(parts).strip().casefold(), begins):
            return count
        if not begins and count == 2:
            return 0
    return 0


def is_programmed(lines: list[str], quote: str) -> bool:
    """Whether a program wrote the `lines` that say who wrote, above a `quote` without marks (its first line)."""
    said = _joined([_plain(line) for line in lines]).rstrip(":： ")
    if _HAS_WROTE.search(said) is None:
        # Of a language that we have no grammar for; never a sentence such as "Pada 3 Maret 2025 10.15 tertulis:".
        if _OPENING.match(said):
            return _ANGLED.search(said) is not None and _names_only(said)
        return any(mark in said for mark in "@<[") or _TIME.search(said) is not None
    if _ADDRESS_WROTE.search(said) is not None or _WROTE_ON.fullmatch(said) is not None:
        return True
    return _names_only(said) and quote.strip()[:1] not in ('"', "“", "'", "‘", "«")


def _joined(parts: list[str]) -> str:
    """The lines as one; a verb that some telephones break in the middle of its letters made whole."""
    if len(parts) > 1 and parts[-1] and parts[-2] and " " not in parts[-1]:
        broken = parts[-2].split()[-1] + parts[-1]
        if _HAS_WROTE.fullmatch(broken.rstrip(":： ")):
            return f"{' '.join(parts[:-1])}{parts[-1]}"
    return " ".join(parts)


def _is_between_dashes(line: str) -> bool:
    """`---- On Tue, 01 Apr 2025 20:05:17 +0700 Siti <a@b.c> wrote ----`, as Zoho's programs write it."""
    line = line.strip()
    if not line.startswith("---") or not line.endswith("--") or len(line) > LONGEST_LINE:
        return False
    said = _plain(line).casefold()
    return said.endswith(VERBS_ALONE) and ("@" in said or _WHEN.search(said) is not None)


def _may_end(line: str) -> bool:
    """Whether an attribution may end with this line; the others need no closer look."""
    return line.rstrip(_ENDING).endswith((":", "：")) or "menulis:" in line or "wrote:" in line


def _plain(line: str) -> str:
    line = line.strip()
    if not line.isascii():
        line = line.translate(_DIGITS)
    return (_INLINE.sub(r"\1", line) if ":" in line else line).strip(_ORNAMENT)


def _names_only(said: str) -> bool:
    """Whether nothing but a name or an address is left beside the date and "wrote"."""
    when = _WHEN.search(said)
    if when is None or when["time"] is None:
        return False
    given = _ADDRESS.search(said) is not None
    english = re.search(r"\bwrote\b", said, re.IGNORECASE) is not None
    if not given and not english:
        # In letters dates are spelt out; a program that spells them out gives the second or the zone, too.
        spelt = (when["full"] or when["full_first"]) and not (when["seconds"] or when["zone"])
        if spelt or _SPOKEN.search(said):
            return False
    rest = f"{said[: when.start()]} {said[when.end() :]}"
    rest = _HAS_WROTE.sub(" ", _ADDRESS.sub(" ", rest), count=1)
    rest = rest.strip(" ,;:.\"'<>()[]")
    for _ in range(3):
        rest = _OPENING.sub("", rest, count=1).strip(" ,") if _OPENING.match(rest) else rest
    rest = re.sub(r"(?:^|\s)(?:pada|on|at|tanggal|hari)$", "", rest, flags=re.IGNORECASE).strip(
        " ,;:.\"'<>()[]"
    )
    return _is_sender(rest) if rest else given


def _is_sender(rest: str) -> bool:
    words = [word.strip(",;.\"'()<>[]") for word in rest.split()]
    words = [word for word in words if word]
    if not words or len(words) > 10 or words[0].casefold() in TITLES or words[0].casefold() in NOT_SENDERS:
        return False
    return rest.casefold() in OFFICES or all(
        word[0].isupper() or word[0].isdigit() or not word[0].isalpha() or word.casefold() in _SMALL
        for word in words
    )


def _says_wrote(joined: str, begins: bool) -> bool:
    dated = _TIME.search(joined) is not None or "@" in joined
    if begins and dated and any(verb in joined for verb in VERBS):
        return True
    body = joined.rstrip(":： ")
    if _QUOTING.match(body) is not None:
        return True
    if not (dated or _YEAR.search(joined)):
        return False
    if body.endswith(VERBS_ALONE):
        return True
    # "Siti menulis pada 12/03/2025 10.11:"
    when = _WHEN.search(body)
    if when is not None and when.end() == len(body) and _HAS_WROTE.search(body) is not None:
        return True
    # `"Siti" <siti@example.org> schrieb am 12.03.2025 10:11:`
    told = _ADDRESS_FIRST.match(body)
    if (
        told is not None
        and any(verb in body[told.end() :] for verb in VERBS)
        and _TIME.search(body) is not None
    ):
        return True
    # `2025年11月3日(月) 10:15 Siti <siti@example.org>:` has no verb at all, and many languages one that we do not know.
    return _ANGLED.search(body) is not None and None not in (_TIME.search(body), _YEAR.search(body))
