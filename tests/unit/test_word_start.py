"""`normalizer/word_start.py`: finds what `\\b(?i:...)` finds."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normalizer.word_start import word_start

WORDS = ("jl", "jalan", r"g\.g", "gang", "no(?:mor)?", "at number")
TEXTS = st.lists(
    st.sampled_from(
        ["jl", "JALAN", "Gang", "g.g", "no", "nomor", "at number", "a", "_", "9", "é", "'", " ", ".", "\n"]
    ),
    max_size=12,
).map("".join)


@given(TEXTS)
def test_it_finds_what_a_border_before_the_words_finds(text: str) -> None:
    for behind in ("", r"\b", r"\b[. ]{0,2}(?=[a-z])"):
        plain = re.compile(rf"\b(?i:{'|'.join(WORDS)}){behind}")
        found = re.compile(word_start(*WORDS) + behind)
        assert [m.start() for m in found.finditer(text)] == [m.start() for m in plain.finditer(text)]
        assert {m[0] for m in re.finditer(rf"{word_start('gang', 'jalan')}\b", text)} == {
            m[0] for m in re.finditer(r"\b(?i:gang|jalan)\b", text)
        }


@pytest.mark.parametrize("word", ["", "1", "Jl", "(?:jl|gg)", " jl", "élan"])
def test_a_word_that_begins_with_no_letter_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="small letter"):
        word_start("gang", word)
