"""Files made to break their reader: it says so, in time and in its memory, and the gateway's loop never waits.

The figures are those of the promise; times are asserted at ten times as much, because machines are noisy.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from complaint_queue.codec import Codec
from complaint_queue.files import FileStore
from complaint_queue.keys import load_or_create
from intake.content.reader import ContentReader, ReaderDied
from tests import pictures
from tests.hostile_files import MAKERS, hostile_files

SECONDS, MEMORY_KIB, LOOP_SECONDS = 2.0, 256 * 1024, 0.1
NOISE = 10


class Bytes:
    """A file in memory, as the reader is handed one."""

    def __init__(self, content: bytes) -> None:
        self._content, self.size, self.asked = content, len(content), 0

    async def read(self, offset: int, size: int) -> bytes:
        self.asked += size
        return self._content[offset : offset + size]


class Held(Bytes):
    """A file that is handed over when the test says so."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.asked_for, self.go_on = asyncio.Event(), asyncio.Event()

    async def read(self, offset: int, size: int) -> bytes:
        self.asked_for.set()
        await self.go_on.wait()
        return await super().read(offset, size)


class Stuck(Bytes):
    """A file whose bytes never come."""

    async def read(self, offset: int, size: int) -> bytes:
        await asyncio.sleep(60)
        return b""


def _peak(pid: int) -> int:
    """The most memory that a process ever had, in KiB (VmHWM)."""
    line = next(one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmHWM" in one)
    return int(line.split()[1])


async def _longest_turn(longest: list[float]) -> None:
    """Watch the loop: how long somebody else held it."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(0.005)
        longest[0] = max(longest[0], time.perf_counter() - before - 0.005)


@pytest.fixture
async def reader() -> ContentReader:  # type: ignore[misc]
    made = ContentReader()
    yield made
    await made.close()


class TestWhatBreaksReaders:
    async def test_each_is_ended_in_time_and_memory(self, reader: ContentReader) -> None:
        assert len(MAKERS) >= 30
        longest = [0.0]
        peaks: dict[str, int] = {}
        for name, media_type, content in hostile_files():
            watch = asyncio.create_task(_longest_turn(longest))
            started = time.perf_counter()
            found = await reader.read(Bytes(content), media_type)
            spent = time.perf_counter() - started
            watch.cancel()
            assert spent <= NOISE * SECONDS, name
            if reader.pid is not None:
                peaks[name] = _peak(reader.pid)
            assert found.captured_place is None and len(found.public) < 4 * 1024 * 1024
        assert max(peaks.values()) <= MEMORY_KIB, peaks
        assert longest[0] <= NOISE * LOOP_SECONDS

    async def test_what_is_too_large_is_known_before_it_is_decoded(self, reader: ContentReader) -> None:
        media_type, make = MAKERS["a PNG of 1.2 gigapixels"]
        bomb = Bytes(make())
        found = await reader.read(bomb, media_type)
        assert (found.width, found.height, found.public) == (40_000, 30_000, b"")
        assert found.remarks == ("a picture of 40000 × 30000 pixels is too large to be opened",)
        assert bomb.asked < bomb.size / 2

    async def test_what_a_photo_says_counts_although_its_pixels_take_too_long(
        self, reader: ContentReader
    ) -> None:
        _, make = MAKERS["a JPEG of 2,000 scans"]
        tags = pictures.exif(place=pictures.KENARI).tobytes()
        slow = make()
        slow = slow[:2] + b"\xff\xe1" + (len(tags) + 2).to_bytes(2, "big") + tags + slow[2:]
        found = await reader.read(Bytes(slow), "image/jpeg")
        assert found.captured_place is not None and not found.public
        assert found.remarks[-1] == "the file takes too long to be opened"
        sound = await reader.read(Bytes(pictures.saved(pictures.scene(1))), "image/jpeg")
        assert sound.public, "the next file is read by another process"


class TestTheProcess:
    async def test_it_has_no_keys_no_environment_and_can_open_nothing(
        self, reader: ContentReader, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KANAL_KEY", "a secret of the gateway")
        await reader.read(Bytes(pictures.saved(pictures.scene(1))), "image/jpeg")
        assert reader.pid is not None
        environment = Path(f"/proc/{reader.pid}/environ").read_bytes()
        assert b"KANAL" not in environment and b"secret" not in environment
        limits = Path(f"/proc/{reader.pid}/limits").read_text()
        files = next(line for line in limits.splitlines() if line.startswith("Max open files"))
        size = next(line for line in limits.splitlines() if line.startswith("Max file size"))
        assert int(files.split()[3]) <= 8 and size.split()[3] == "0"

    async def test_killed_midway_it_says_so_and_another_takes_over(self, reader: ContentReader) -> None:
        photo = pictures.saved(pictures.scene(1))
        content = Held(photo)
        reading = asyncio.create_task(reader.read(content, "image/jpeg"))
        await content.asked_for.wait()
        assert reader.pid is not None
        os.kill(reader.pid, signal.SIGKILL)
        content.go_on.set()
        with pytest.raises(ReaderDied, match="ended with -9"):
            await reading
        assert (await reader.read(Bytes(photo), "image/jpeg")).public

    async def test_what_does_not_answer_is_ended(self) -> None:
        reader = ContentReader(deadline=0.5)
        with pytest.raises(ReaderDied, match="no answer"):
            await reader.read(Stuck(b"\xff\xd8\xff" + bytes(100)), "image/jpeg")
        assert reader.pid is None
        await reader.close()

    async def test_without_work_it_ends(self) -> None:
        reader = ContentReader(idle=0.05)
        await reader.read(Bytes(pictures.saved(pictures.scene(1))), "image/jpeg")
        pid = reader.pid
        for _ in range(200):
            await asyncio.sleep(0.05)
            if not Path(f"/proc/{pid}").exists():
                break
        assert not Path(f"/proc/{pid}").exists() and reader.pid is None
        assert (await reader.read(Bytes(pictures.saved(pictures.scene(1))), "image/jpeg")).public
        await reader.close()


class TestFromTheStore:
    async def test_a_photo_is_read_piece_by_piece_from_the_encrypted_store(
        self, tmp_path: Path, reader: ContentReader
    ) -> None:
        store = FileStore(tmp_path / "files", Codec(load_or_create(tmp_path / "keys.json", {})))
        store.sweep()
        photo = pictures.saved(pictures.scene(9, 1600, 1200), quality=95)
        sha256 = await store.put(photo)
        async with store.opened(sha256) as content:
            assert content.size == len(photo)
            for offset, size in ((0, 10), (65_530, 20), (0, len(photo)), (len(photo) - 5, 50), (131_072, 1)):
                assert await content.read(offset, size) == photo[offset : offset + size]
            assert await content.read(len(photo), 10) == b"" == await content.read(-1, 5)
            found = await reader.read(content, "image/jpeg")
        assert (found.width, found.height) == (1600, 1200) and found.public
        await store.close()
