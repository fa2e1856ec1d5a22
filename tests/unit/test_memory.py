"""What was worked out for a word is kept, within bounds that no sender can push."""

from __future__ import annotations

from normalizer.memory import LONGEST, Memory


def test_a_word_is_worked_out_once_and_the_memory_starts_anew_when_it_is_full() -> None:
    worked: list[str] = []
    memory = Memory(lambda word: worked.append(word) or len(word), most=2)
    assert [memory[word] for word in ("a", "bb", "a", "ccc", "a")] == [1, 2, 1, 3, 1]
    assert worked == ["a", "bb", "ccc", "a"]
    assert len(memory) <= 2


def test_a_long_word_is_answered_and_not_kept() -> None:
    memory = Memory(len)
    assert memory["x" * (LONGEST + 1)] == LONGEST + 1
    assert memory["x" * LONGEST] == LONGEST
    assert list(memory) == ["x" * LONGEST]
