"""Texts with personal data between « and »: all of that must go from what the public reads, every other word stay."""

from __future__ import annotations

import re

from normalizer.privacy import public

_MASK = re.compile(
    r"\[(?:email|akun|nomor telepon|nomor identitas|nomor rekening|pelat nomor|tanggal lahir|nama|nomor|…)\]"
)
_PLANTED = re.compile("«([^»]*)»")


def only_the_planted_goes(text: str) -> None:
    """Checks one text; ¶ ends a line."""
    text = text.replace("¶", "\n")
    shown = public(re.sub("[«»]", "", text))
    left = re.findall(r"\w+", _MASK.sub(" ", shown))
    assert left == re.findall(r"\w+", _PLANTED.sub(" ", text)), shown
