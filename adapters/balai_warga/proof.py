"""Proof of work instead of a captcha: nobody is tracked, nobody has to read crooked letters, a flood costs something.

A challenge is text, `<difficulty>.<expires>.<seed>`; nothing is stored. The seed is the server's MAC over the form's
id, the difficulty and the end (seconds since 1970), so a challenge fits one form, for an hour, and cannot be made
easier. It is sixteen puzzles, so that luck evens out (the time's deviation is a quarter of its mean): of puzzle `i`
the nonce is a number so that the first four bytes of

    SHA-256( seed as 32 ASCII characters | i as 4 bytes | nonce as 4 bytes )      (big-endian)

are below 2^32 / difficulty. `difficulty` hashes are expected per puzzle. The proof is the nonces, eight hexadecimal
digits each. `intake/web/static/bukti.js` solves it in the browser.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from itertools import count

PUZZLES = 16
#: Seconds for which a challenge holds.
LIFETIME = 3600
_CHALLENGE = re.compile(r"([1-9][0-9]{0,8})\.([0-9]{1,12})\.([0-9a-f]{32})", re.ASCII)
_PROOF = re.compile(rf"[0-9a-f]{{{8 * PUZZLES}}}", re.ASCII)


def issue(sign: Callable[[str], str], form_id: str, difficulty: int, now: float) -> str:
    """A challenge for one form; `now` in seconds since 1970."""
    expires = int(now) + LIFETIME
    return f"{difficulty}.{expires}.{sign(f'{form_id}.{difficulty}.{expires}')}"


def genuine(sign: Callable[[str], str], form_id: str, challenge: str, now: float) -> bool:
    """Whether we issued this challenge for this form, and it still holds."""
    found = _CHALLENGE.fullmatch(challenge)
    if found is None:
        return False
    difficulty, expires, seed = found.groups()
    right = sign(f"{form_id}.{difficulty}.{expires}")
    return hmac.compare_digest(right, seed) and now <= int(expires)


def solved(challenge: str, proof: str) -> bool:
    """Whether every puzzle of a genuine challenge is solved. Costs at most sixteen hashes."""
    found = _CHALLENGE.fullmatch(challenge)
    if found is None or not _PROOF.fullmatch(proof):
        return False
    below, seed = 2**32 // int(found[1]), found[3].encode()
    return all(
        _hash(seed, puzzle, int(proof[8 * puzzle : 8 * puzzle + 8], 16)) < below for puzzle in range(PUZZLES)
    )


def solve(challenge: str) -> str:
    """The proof, found as the browser finds it; for the simulator and the tests. Raises ValueError for none of ours."""
    found = _CHALLENGE.fullmatch(challenge)
    if found is None:
        raise ValueError("not a challenge")
    below, seed = 2**32 // int(found[1]), found[3].encode()
    nonces = [
        next(nonce for nonce in count() if _hash(seed, puzzle, nonce) < below) for puzzle in range(PUZZLES)
    ]
    return "".join(f"{nonce:08x}" for nonce in nonces)


def _hash(seed: bytes, puzzle: int, nonce: int) -> int:
    block = seed + puzzle.to_bytes(4, "big") + nonce.to_bytes(4, "big")
    return int.from_bytes(hashlib.sha256(block).digest()[:4], "big")
