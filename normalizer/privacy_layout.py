"""Words as the rules of `public_text` read them: one blank between two, no line ended where a program ended it.

Mail programs wrap lines at 60 to 80 letters, in the middle of "lahir¶3 Mei"; columns are made with many blanks. Both
say nothing to a reader, and every rule would have to know of them.
"""

from __future__ import annotations

import itertools
import re

_BLANKS = re.compile(r"(?<=\S)[ \t\u00a0]{2,}(?=\S)")
#: Lines are wrapped at these widths, in letters.
_NARROW, _WIDE = 50, 100
#: What ends a sentence, but no short word ("No.", "Jl.", "Bpk.").
_ENDED = re.compile(r"(?<!\b[A-Za-z])(?<!\b[A-Za-z]{2})(?<!\b[A-Za-z]{3})[.!?:;…]$|[!?:;…]$")
#: What begins a line of its own: a point of a list, a field of a form, a quoted line, a mark.
_OWN = re.compile(r"[-*•–>#\[]|\(?\d{1,2}[.)] |[a-z][.)] |[A-Za-z][\w/. ]{1,24}:(?: |$)")
#: What no line ends with: "rumah no¶12".
_OPEN = re.compile(
    r"(?:^|[\s,(])(?:no|nomor|nomer|nmr|lahir|tgl|tanggal|tahun|thn|pintu|petak|kamar|kmr|unit|blok|jl|jln|gg|gang|pak"
    r"|bu|bpk|bapak|ibu|bang|mas|mbak|si|di|dan|yang|yg|sama|dari|ke|dgn|dengan|atas nama|a\.?n\.?)\.?$",
    re.IGNORECASE,
)


def flowed(text: str) -> str:
    """`text` with runs of blanks between words as one blank, and wrapped lines joined. Linear time."""
    if "  " in text or "\t" in text or "\u00a0" in text:
        text = _BLANKS.sub(" ", text)
    if "\n" not in text:
        return text
    lines = text.split("\n")
    width = max((len(line) for line in lines if len(line) <= _WIDE), default=0)
    out = lines[:1]
    for before, line in itertools.pairwise(lines):
        out.append((" " if _is_wrapped(before, line, width) else "\n") + line)
    return "".join(out)


def _is_wrapped(before: str, line: str, width: int) -> bool:
    """Whether the line goes on where `before` had no room for its first word, or had to go on."""
    if line and _OPEN.search(before) and _OWN.match(line) is None:
        return True
    if not (_NARROW <= len(before) <= _WIDE and line and line[0] not in " \t"):
        return False
    first = line.find(" ")
    room = len(before) + 1 + (first if first > 0 else len(line))
    return room > width and _ENDED.search(before) is None and _OWN.match(line) is None
