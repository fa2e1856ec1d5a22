"""The proof of work, and how hard it is: grows for a flood, sinks again, and never refuses anybody."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.balai_warga.pressure import ALL_CALM, CALM, CAP, HALF_LIFE, NETWORK_CALM, Pressure
from adapters.balai_warga.proof import LIFETIME, PUZZLES, genuine, issue, solve, solved
from normalizer.identity import Secrets

SIGN = partial(Secrets(b"k" * 32).sign, "lapor.challenge")
NOW = 1_795_408_200.0
STATIC = Path(__file__).parents[2] / "intake/web/static"


def test_a_challenge_fits_one_form_for_an_hour() -> None:
    challenge = issue(SIGN, "formulir-1", 20, NOW)
    assert genuine(SIGN, "formulir-1", challenge, NOW + LIFETIME)
    assert not genuine(SIGN, "formulir-2", challenge, NOW)
    assert not genuine(SIGN, "formulir-1", challenge, NOW + LIFETIME + 1)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("20.", "1.", 1),
        lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"),
        lambda text: re.sub(r"\.\d+\.", ".9999999999.", text),
        lambda text: "",
        lambda text: "..",
        lambda text: "0" + text,
        lambda text: text + "é",
        lambda text: text.replace(".", "١", 1),
    ],
)
def test_a_challenge_that_is_not_ours_counts_for_nothing(spoil: object) -> None:
    challenge = spoil(issue(SIGN, "formulir-1", 20, NOW))  # type: ignore[operator]
    assert not genuine(SIGN, "formulir-1", challenge, NOW)


def test_what_was_solved_is_solved_and_every_puzzle_counts() -> None:
    challenge = issue(SIGN, "formulir-1", 50, NOW)
    proof = solve(challenge)
    assert solved(challenge, proof)
    for puzzle in range(PUZZLES):
        wrong = proof[: 8 * puzzle] + "ffffffff" + proof[8 * puzzle + 8 :]
        below = 2**32 // 50
        digest = hashlib.sha256(
            challenge.rpartition(".")[2].encode() + puzzle.to_bytes(4, "big") + b"\xff\xff\xff\xff"
        ).digest()
        assert solved(challenge, wrong) is (int.from_bytes(digest[:4], "big") < below)
    assert not solved(issue(SIGN, "formulir-2", 50, NOW), proof), "solved for one form, good for that one"


@given(st.text(max_size=140))
def test_no_text_is_a_proof_by_accident(text: str) -> None:
    assert not solved(issue(SIGN, "formulir-1", 2**24, NOW), text)
    assert not solved(text, "0" * 128)
    assert not genuine(SIGN, "formulir-1", text, NOW)


class Time:
    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> float:
        return self.at


def test_in_quiet_times_it_is_easy_however_often_an_hour_comes_round() -> None:
    time = Time()
    pressure = Pressure(time)
    for _ in range(500):
        time.at += 60
        assert pressure.difficulty("203.0.113.7") == CALM


def test_it_grows_for_a_flooder_and_decays_when_he_rests() -> None:
    time = Time()
    pressure = Pressure(time)
    asked = [pressure.difficulty("203.0.113.7") for _ in range(400)]
    assert asked == sorted(asked)
    assert asked[0] == CALM
    assert asked[-1] == CAP, "and not beyond, however many"
    assert pressure.difficulty("198.51.100.9") == CALM, "his flood is not everybody's"
    time.at += HALF_LIFE * 3
    assert CALM < pressure.difficulty("203.0.113.7") < CAP
    time.at += HALF_LIFE * 4
    assert pressure.difficulty("203.0.113.7") == CALM


def test_who_shares_the_network_waits_longer_and_is_served() -> None:
    pressure = Pressure(Time())
    for _ in range(int(NETWORK_CALM) * 3):
        pressure.difficulty("203.0.113.7")
    assert CALM < pressure.difficulty("203.0.113.200") <= CAP


def test_ten_seconds_are_the_most_on_a_cheap_phone() -> None:
    """A hundred thousand hashes a second; the sum of sixteen draws deviates by a quarter of its mean."""
    seconds = CAP * PUZZLES / 100_000
    assert seconds < 6
    assert seconds * (1 + 2 * 0.25) < 10


def test_a_flood_from_everywhere_is_noticed_together() -> None:
    pressure = Pressure(Time())
    for number in range(int(ALL_CALM) * 2):
        pressure.difficulty(f"10.{number >> 8 & 255}.{number & 255}.1")
    assert pressure.difficulty("192.0.2.1") > CALM


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.250", True),
        ("203.0.113.7", "203.0.114.7", False),
        ("::ffff:203.0.113.7", "203.0.113.9", True),
        ("2001:db8:1:2::1", "2001:db8:1:ff::9", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("", "bukan alamat", True),
    ],
)
def test_networks(one: str, other: str, same: bool) -> None:
    pressure = Pressure(Time())
    for _ in range(100):
        pressure.difficulty(one)
    assert (pressure.difficulty(other) > CALM) is same


def test_many_networks_do_not_fill_the_memory() -> None:
    pressure = Pressure(Time())
    for number in range(50_100):
        pressure.difficulty(f"{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}.1")
    assert len(pressure._networks) == 50_000


@pytest.mark.skipif(
    shutil.which("node") is None, reason="node is not installed; the browser test solves it too"
)
def test_the_browsers_solver_finds_what_ours_finds() -> None:
    challenge = issue(SIGN, "formulir-1", 300, NOW)
    script = (
        "let hear; globalThis.self = {addEventListener: (_, f) => {hear = f},"
        " postMessage: (m) => m.proof && console.log(m.proof)};\n"
        + (STATIC / "bukti.js").read_text()
        + f"\nhear({{data: {challenge!r}}});"
    )
    told = subprocess.run(["node", "-e", script], capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout.strip() == solve(challenge)
