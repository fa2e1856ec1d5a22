"""A mail while it comes in: in memory as long as it is small, then in a spool; beyond the limit only counted."""

from __future__ import annotations

from collections.abc import Callable

from adapters.base import Spool

#: Mails up to this size travel in the raw event itself.
IN_MEMORY = 64 * 1024


class Growing:
    """The bytes of one mail, in order: in memory, then in a spool."""

    def __init__(self, limit: int, new_spool: Callable[[], Spool]) -> None:
        self.limit, self._new_spool = limit, new_spool
        self.head = bytearray()
        self.spool: Spool | None = None
        self.size = 0
        self._failure: Exception | None = None

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self.size > self.limit:
            self.discard()
        elif self._failure is None:
            self._write(chunk)

    def _write(self, chunk: bytes) -> None:
        try:
            if self.spool is None and self.size <= IN_MEMORY:
                self.head += chunk
                return
            if self.spool is None:
                self.spool = self._new_spool()
                self.spool.write(bytes(self.head))
                self.head.clear()
            self.spool.write(chunk)
        except Exception as error:
            self._failure = error
            self.discard()

    def check(self) -> None:
        """Raise what went wrong while the mail was coming in."""
        if self._failure is not None:
            raise self._failure

    def discard(self) -> None:
        self.head.clear()
        if self.spool is not None:
            self.spool.discard()
            self.spool = None


class Incoming(Growing):
    """A mail in SMTP's DATA, with the dots of RFC 5321 4.5.2 taken off."""

    def __init__(self, limit: int, new_spool: Callable[[], Spool]) -> None:
        super().__init__(limit, new_spool)
        self._carry = b""
        self._first = True

    def take(self, chunk: bytes, *, last: bool = False) -> None:
        chunk = self._carry + chunk if self._carry else chunk
        self._carry = b""
        if not last:
            # A line break at the very end may belong to a dot that is still to come.
            held = 2 if chunk.endswith(b"\r\n") else int(chunk.endswith(b"\r"))
            if held:
                chunk, self._carry = chunk[:-held], chunk[-held:]
        if b"\r\n." in chunk:
            chunk = chunk.replace(b"\r\n.", b"\r\n")
        if self._first and len(chunk) >= 2:
            chunk, self._first = chunk[2:], False  # the line break that was put before the mail
        self.add(chunk)
