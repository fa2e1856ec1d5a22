"""What a disk would hold if the power went at a moment of a traced run: only what was synced by then.

A kill leaves the page cache alive; a power cut does not. strace writes down every write with its bytes, every sync,
and every change of a folder (`TRACE`). `Disk` follows them: a file's bytes are safe once a sync of the file returned
that began after they were written, a name once its folder was synced. `write_to` makes a folder as it would be found
afterwards; what was not safe is gone, or, with a chance, some of it was lucky and the rest was not.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CALLS = "openat,mkdir,write,pwrite64,ftruncate,rename,link,unlink,fsync,fdatasync"
#: Comes before the command that is traced; the log's name follows, then the command.
TRACE = ("strace", "-f", "-y", "-xx", "-s", "33554432", "-e", f"trace={CALLS}", "-o")

_CALL = re.compile(r"(?P<name>\w+)\((?P<rest>.*)\) += (?P<result>-?\d+)")
_HEX = re.compile(r'"((?:\\x[0-9a-f]{2})*)"|<((?:\\x[0-9a-f]{2})+)>')


@dataclass(frozen=True)
class Call:
    """One system call, when it began (`returned` False) or when it was over. `strings` are paths and data in order."""

    name: str
    strings: tuple[bytes, ...]
    numbers: tuple[int, ...]
    flags: str
    thread: str
    returned: bool


def calls(log: Path) -> Iterator[Call]:
    """Every call of a trace twice: as it begins and as it ends, in their order; failed ones not."""
    begun: dict[str, str] = {}
    with log.open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            thread, _, rest = line.rstrip("\n").partition(" ")
            rest = rest.strip()
            if rest.endswith("<unfinished ...>"):
                begun[thread] = rest.removesuffix("<unfinished ...>")
                # Its end is not known yet; a write that begins is all that anybody asks for.
                if call := _parse(begun[thread] + ") = 0", thread, returned=False):
                    yield call
                continue
            if rest.startswith("<..."):
                whole = begun.pop(thread, "") + rest.partition("resumed>")[2]
                if call := _parse(whole, thread, returned=True):
                    yield call
                continue
            if call := _parse(rest, thread, returned=False):
                yield call
                yield Call(call.name, call.strings, call.numbers, call.flags, thread, returned=True)


def _parse(text: str, thread: str, *, returned: bool) -> Call | None:
    found = _CALL.match(text)
    if found is None or int(found["result"]) < 0:
        return None
    rest = found["rest"]
    strings = tuple(bytes.fromhex((a or b).replace("\\x", "")) for a, b in _HEX.findall(rest))
    plain = _HEX.sub("", rest)
    numbers = tuple(int(n) for n in re.findall(r"(?<![\w|])\d+", plain))
    return Call(found["name"], strings, (*numbers, int(found["result"])), plain, thread, returned)


@dataclass
class _File:
    safe: bytes = b""
    pending: list[tuple[str, int, bytes]] = field(default_factory=list)
    """What was done since the last sync: ("write", offset, data) or ("size", size, b"")."""
    syncing: dict[str, int] = field(default_factory=dict)
    end: int = 0

    def change(self, kind: str, number: int, data: bytes = b"") -> None:
        self.pending.append((kind, number, data))
        self.end = number if kind == "size" else max(self.end, number + len(data))

    def synced(self, count: int) -> None:
        self.safe = _after(self.safe, self.pending[:count])
        del self.pending[:count]
        self.syncing = {thread: left - count for thread, left in self.syncing.items() if left > count}


def _after(content: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    new = bytearray(content)
    for kind, number, data in changes:
        if kind == "size":
            new[number:] = bytes(max(0, number - len(new)))
        else:
            if len(new) < number:
                new.extend(bytes(number - len(new)))
            new[number : number + len(data)] = data
    return bytes(new)


class Disk:
    """A folder's disk, as `see` was told of it. What is in `folder` before the first call counts as safe."""

    def __init__(self, folder: Path) -> None:
        self._root = folder
        self._now: dict[Path, _File] = {}
        self._safe: dict[Path, _File] = {}
        self._offsets: dict[tuple[Path, int], int] = {}
        self._folders_safe: set[Path] = {folder}
        self._folders_new: set[Path] = set()
        self.syncs = 0

    def see(self, call: Call) -> None:
        """Follow one call of the trace."""
        if call.name in ("fsync", "fdatasync"):
            self._sync(call)
        elif call.returned:
            getattr(self, "_" + call.name)(call)

    def _path(self, raw: bytes) -> Path | None:
        path = Path(raw.decode())
        return path if path.is_relative_to(self._root) else None

    def _openat(self, call: Call) -> None:
        path = self._path(call.strings[1])
        if path is None or path.is_dir():
            return
        file = self._now.get(path)
        if "O_CREAT" in call.flags and file is None:
            file = self._now[path] = _File()
        if file is None:
            return
        if "O_TRUNC" in call.flags:
            file.change("size", 0)
        self._offsets[path, call.numbers[-1]] = 0

    def _mkdir(self, call: Call) -> None:
        if (path := self._path(call.strings[0])) is not None:
            self._folders_new.add(path)

    def _write(self, call: Call) -> None:
        path = self._path(call.strings[0])
        if path is None or path not in self._now:
            return
        key = (path, call.numbers[0])
        offset, written = self._offsets.get(key, 0), call.numbers[-1]
        self._now[path].change("write", offset, call.strings[1][:written])
        self._offsets[key] = offset + written

    def _pwrite64(self, call: Call) -> None:
        path = self._path(call.strings[0])
        if path is not None and path in self._now:
            self._now[path].change("write", call.numbers[-2], call.strings[1][: call.numbers[-1]])

    def _ftruncate(self, call: Call) -> None:
        path = self._path(call.strings[0])
        if path is not None and path in self._now:
            self._now[path].change("size", call.numbers[-2])

    def _rename(self, call: Call) -> None:
        old, new = (self._path(raw) for raw in call.strings[:2])
        if old is not None and new is not None and old in self._now:
            self._now[new] = self._now.pop(old)
            for path, number in list(self._offsets):
                if path == old:
                    self._offsets[new, number] = self._offsets.pop((old, number))

    def _link(self, call: Call) -> None:
        old, new = (self._path(raw) for raw in call.strings[:2])
        if old is not None and new is not None and old in self._now:
            self._now[new] = self._now[old]

    def _unlink(self, call: Call) -> None:
        if (path := self._path(call.strings[0])) is not None:
            self._now.pop(path, None)

    def _sync(self, call: Call) -> None:
        path = self._path(call.strings[0])
        if path is None:
            return
        file = self._now.get(path)
        if file is not None:
            if not call.returned:
                file.syncing[call.thread] = len(file.pending)
            else:
                file.synced(file.syncing.pop(call.thread, 0))
                self.syncs += 1
        elif call.returned:  # a folder: what it names is named for good
            self._folders_safe |= {new for new in self._folders_new if new.parent == path}
            for gone in [name for name in self._safe if name.parent == path and name not in self._now]:
                del self._safe[gone]
            self._safe |= {name: one for name, one in self._now.items() if name.parent == path}

    def write_to(self, target: Path, lucky: random.Random | None = None) -> None:
        """The folder as it would be found. With `lucky`, each write that was not synced may have been made."""
        names = dict(self._safe)
        if lucky is not None:
            names |= {name: one for name, one in self._now.items() if lucky.random() < 0.5}
        for name, file in names.items():
            if lucky is None and not self._reachable(name.parent):
                continue
            kept = [] if lucky is None else [one for one in file.pending if lucky.random() < 0.5]
            place = target / name.relative_to(self._root)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(_after(file.safe, kept))
            place.chmod(0o600)

    def _reachable(self, folder: Path) -> bool:
        while folder != self._root:
            if folder not in self._folders_safe:
                return False
            folder = folder.parent
        return True
