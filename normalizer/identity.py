"""Numbers and keys that people and machines know things by: ids, tickets, tracking codes, claims.

Each is made from something else or from a counter, so that a retry finds the same one.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode
from datetime import date, datetime
from zoneinfo import ZoneInfo

JAKARTA = ZoneInfo("Asia/Jakarta")

# Damm's quasigroup of order ten (H. M. Damm, 2004): totally anti-symmetric, so the check digit catches every
# single wrong digit and every swap of two neighbours. Digits alone, because they are read over a telephone,
# typed on any keypad and hold no look-alikes.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_ALIKE = {"0": "Oo", "1": "IiLl"}
#: Upper-case base 32 without I, L, O and U (Crockford), so that a code survives being copied by hand.
_TO_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", _CROCKFORD.encode())
_READ_AS = str.maketrans("OIL", "011")
#: Each of its characters, and those that are taken for them, as the digit that `int` knows; all others as none.
_VALUES = dict.fromkeys(range(128), "?") | {
    ord(written): _DIGITS[value]
    for value, characters in enumerate(_CROCKFORD)
    for written in (characters, characters.lower(), *_ALIKE.get(characters, ""))
}


def _damm(digits: str) -> int:
    row = 0
    for digit in digits:
        row = _DAMM[row][int(digit)]
    return row


def ticket_of(day: date, number: int) -> str:
    """The public ticket of a day's `number`-th complaint: `261123-0042-4`.

    Six digits of the date in Jakarta, at least four of the number, one check digit.
    """
    date_part, number_part = f"{day.year % 100:02d}{day.month:02d}{day.day:02d}", f"{number:04d}"
    return f"{date_part}-{number_part}-{_damm(date_part + number_part)}"


def read_ticket(text: str) -> str | None:
    """The ticket that a person typed or dictated, in its canonical form; None when the check digit fails."""
    digits = "".join(c for c in text if c not in " -./\t")
    if not (11 <= len(digits) <= 15 and digits.isascii() and digits.isdigit()) or _damm(digits) != 0:
        return None
    return f"{digits[:6]}-{digits[6:-1]}-{digits[-1]}"


def ticket_day(moment: datetime) -> date:
    """The date in Jakarta on which a complaint received at `moment` counts."""
    return moment.astimezone(JAKARTA).date()


def encode_id(number: int) -> str:
    """A 63-bit id as 13 sortable characters."""
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(60, -1, -5))


def decode_id(text: str) -> int:
    """The number behind `encode_id`; ValueError when the text is none."""
    if len(text) != 13 or not text.isascii():
        raise ValueError("an id has 13 characters")
    number = int(text.translate(_VALUES), 32)
    if number >= 1 << 63:
        raise ValueError("an id has 63 bits")
    return number


def claim_of(account: str, external_id: str, verb: str = "new", version: str = "") -> bytes:
    """The 16 bytes by which a message is claimed: a retry yields the same ones."""
    name = "\x1f".join((account, external_id, verb, version))
    return hashlib.blake2b(
        name.encode("utf-8", "surrogatepass"), digest_size=16, person=b"kanal.claim"
    ).digest()


class Secrets:
    """Keyed derivations from the gateway's own secret: they cannot be guessed or reversed without it."""

    def __init__(self, key: bytes) -> None:
        self._keyed = hmac.new(key, digestmod="sha256")

    def _mac(self, purpose: bytes, value: bytes) -> bytes:
        # Keyed once, which takes a third of the time of hmac.digest.
        made = self._keyed.copy()
        made.update(purpose + b"\x00" + value)
        return made.digest()

    def person(self, adapter: str, reference: str) -> bytes:
        """16 bytes under which one sender is found again; the address itself is not stored in the clear."""
        return self._mac(b"person", f"{adapter}\x1f{reference}".encode("utf-8", "surrogatepass"))[:16]

    def group(self, account: str, sender: str, key: str) -> bytes:
        """16 bytes that name an open group."""
        return self._mac(b"group", "\x1f".join((account, sender, key)).encode("utf-8", "surrogatepass"))[:16]

    def fingerprint_key(self) -> bytes:
        """32 bytes by which the words of complaints are hashed, so that what is remembered cannot be read."""
        return self._mac(b"fingerprint", b"")

    def tracking_code(self, complaint_id: int) -> str:
        """The secret that shows a complaint's progress: its id and 65 bits that only we can make.

        26 characters in two halves; whoever holds it is shown the stages, so it goes to the reporter alone.
        """
        half = b32encode(self._mac(b"tracking", complaint_id.to_bytes(8, "big"))[:10])[:13]
        return encode_id(complaint_id) + half.translate(_TO_CROCKFORD).decode()

    def read_tracking_code(self, code: str) -> int | None:
        """The complaint's id if the code is genuine, else None; compared in constant time."""
        code = code.strip().replace("-", "").upper().translate(_READ_AS)
        if len(code) != 26 or not code.isascii():
            return None
        try:
            complaint_id = decode_id(code[:13])
        except ValueError:
            return None
        return complaint_id if hmac.compare_digest(self.tracking_code(complaint_id), code) else None

    def pin(self, complaint_id: int) -> str:
        """Six digits that open the tracking page together with the ticket; rate limited where it is asked."""
        return (
            f"{int.from_bytes(self._mac(b'pin', complaint_id.to_bytes(8, 'big'))[:8], 'big') % 1_000_000:06d}"
        )

    def sign(self, purpose: str, value: str) -> str:
        """A MAC for our own links (attachments), as 32 hexadecimal digits."""
        return self._mac(f"sign.{purpose}".encode(), value.encode()).hex()[:32]

    def verify(self, purpose: str, value: str, signature: str) -> bool:
        return hmac.compare_digest(self.sign(purpose, value).encode(), signature.encode("utf-8", "replace"))
