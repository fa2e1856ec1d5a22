"""The folder in which gammu-smsd keeps what the modem received (docs.gammu.org, "Files backend"), looked into.

IN<YYYYMMDD>_<HHMMSS>_<serial>_<sender>_<sequence>.<ext>: one file per part, or one of all parts in the detailed
format. A message becomes what `gammu_hook.py` posts for it, so that both ways give it one identity, and its files go
away only when the journal has it.
"""

from __future__ import annotations

import asyncio
import configparser
import re
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from adapters.sms.charset import decode
from adapters.sms.providers.gammu import GammuSettings
from adapters.sms.sources.base import Source
from normalizer.errors import ProviderUnavailable

_NAME = re.compile(r"IN(\d{8}_\d{6}_\d+)_(.*)_(\d+)\.(txt|bin|ems|smsbackup)", re.ASCII | re.DOTALL)
#: smsd writes the parts of one message one after the other: seconds of silence after which it has ended.
_SETTLED = 1.0
#: Bytes of a file that are read; a text message has some hundred.
_MOST = 64 * 1024


class Waiting(NamedTuple):
    """The files of one message, in the order of its parts."""

    sender: str
    files: tuple[Path, ...]


class GammuSource(Source[GammuSettings]):
    """One smsd on this machine."""

    @property
    def pause(self) -> float:
        return self.settings.interval

    def wanted(self) -> bool:
        return bool(self.settings.inbox)

    async def look(self) -> None:
        stuck: OSError | None = None
        try:
            messages = await asyncio.to_thread(waiting, Path(self.settings.inbox), time.time())
        except OSError as error:
            messages, stuck = [], error
        for message in messages:
            try:
                body = await asyncio.to_thread(report, message, self.settings)
                await self.hand_on(body)
                await asyncio.to_thread(self._out_of_the_way, message.files)
            except (
                OSError
            ) as error:  # of this one; the others go on, and the claim knows it when it comes again
                stuck = error
        if stuck is not None:
            self.ports.trouble(
                "inbox",
                f"smsd's inbox cannot be worked on ({stuck.strerror}); cure: let the gateway's user read and write "
                "the folders named in options.inbox and options.done",
            )
            raise ProviderUnavailable("smsd's inbox cannot be worked on", retry_after=30.0)
        self.ports.trouble("inbox", None)

    def _out_of_the_way(self, files: Sequence[Path]) -> None:
        for file in files:
            if self.settings.done:
                file.rename(Path(self.settings.done) / file.name)
            else:
                file.unlink(missing_ok=True)


def waiting(inbox: Path, now: float) -> list[Waiting]:
    """The messages whose last part has settled, the oldest first. Other files are none of ours."""
    parts: dict[tuple[str, str], list[tuple[int, Path]]] = defaultdict(list)
    for file in inbox.iterdir():
        if found := _NAME.fullmatch(file.name):
            parts[found[1], found[2]].append((int(found[3]), file))
    ready = []
    for (_, sender), numbered in sorted(parts.items()):
        files = tuple(file for _, file in sorted(numbered))
        if all(now - file.stat().st_mtime >= _SETTLED for file in files):
            ready.append(Waiting(sender, files))
    return ready


def report(message: Waiting, settings: GammuSettings) -> bytes:
    """The message as `gammu_hook.py` posts it; what is no message of smsd's as it is, for the quarantine."""
    parts: list[dict[str, Any]] = []
    for file in message.files:
        with file.open("rb") as opened:
            data = opened.read(_MOST + 1)
        if len(data) > _MOST:
            return data
        if file.suffix == ".smsbackup":
            found = backup(data.decode("utf-8", "replace"), message.sender)
            if not found:
                return data
            parts += found
        else:
            text = _text(data, settings.charset) if file.suffix == ".txt" else None
            parts.append({"number": message.sender, "text": text})
    return msgspec.json.encode(
        {
            "phone": settings.phoneid or None,
            "ids": [file.name for file in message.files],
            "messages": parts,
        }
    )


def _text(data: bytes, charset: str) -> str | None:
    """The content of a text: UTF-16 with its mark (InboxFormat unicode), or in smsd's own character set."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return decode(data, charset)


def backup(text: str, sender: str) -> list[dict[str, Any]]:
    """The parts in a file of the detailed format (docs.gammu.org, "SMS Backup Format"); none when it is no such."""
    parser = configparser.RawConfigParser(strict=False, comment_prefixes=(";", "#"), delimiters=("=",))
    try:
        parser.read_string(text)
    except configparser.Error:
        return []
    found = []
    for name in parser.sections():
        section = parser[name]
        if not name.startswith("SMSBackup"):
            continue
        coded = "".join(section.get(f"text{number:02}", "") for number in range(100))
        try:
            words = bytes.fromhex(coded).decode("utf-16-be", "replace")
        except ValueError:
            return []
        binary = section.get("coding", "").lower().startswith("8bit")
        number = section.get("number", "").strip('"') or sender
        found.append({"number": number, "text": None if binary else words})
    return found


SOURCE = GammuSource
