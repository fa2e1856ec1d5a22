"""Asking LAPOR for what was disposed to us since the last time, page by page, so that no crash leaves a gap.

The cursor holds where the last complete reading ended (`since`), the newest mark of the one that is under way (`high`)
and its next page (`next`). It moves with each page, in one transaction with the page's last item; `since` moves when
the last page is stored. Each reading begins `overlap` before `since`, for reports that LAPOR numbers or releases late:
what comes again is claimed already.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
import structlog
from msgspec import Struct
from msgspec.structs import replace

from adapters.base import Cursor, Ports
from adapters.sp4n_lapor.api import LONGEST_WAIT, LaporApi
from adapters.sp4n_lapor.frame import cut, decoded, value_at
from adapters.sp4n_lapor.parse import PULLED
from adapters.sp4n_lapor.reading import moment, plain, walk
from adapters.sp4n_lapor.settings import LOOPBACK, LaporSettings
from normalizer.errors import KanalError, ProviderRefused, ProviderUnavailable, Unavailable, Unreadable
from normalizer.record import RawEvent

CURSOR = "pull"
#: Seconds before a failed reading goes on; doubles up to the last.
FIRST_WAIT, LAST_WAIT = 1.0, 300.0
#: So many failures one after the other are a trouble that a person should know of.
TROUBLED = 5
#: More pages than this are no listing, but a circle.
MOST_PAGES = 10_000
#: Items whose bytes are remembered, so that the overlap costs no write: hashes of 16 bytes.
_REMEMBERED = 20_000

log = structlog.get_logger()


class Progress(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The cursor. `since` and `high` are RFC 3339 times, or numbers; `next` is LAPOR's token or address, or a page."""

    since: str = ""
    high: str = ""
    next: str = ""


class Puller:
    """The one reader of one account's listing."""

    def __init__(
        self, account: str, settings: LaporSettings, zone: ZoneInfo, ports: Ports, api: LaporApi
    ) -> None:
        self._account, self._settings, self._pull = account, settings, settings.pull
        self._zone, self._ports, self._api = zone, ports, api
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._failures = 0
        # On loopback it is the fake, which comes and goes with `kanal simulate`: looked for as often as ever.
        local = urlsplit(settings.api_base_url).hostname in LOOPBACK
        self._last_wait = max(FIRST_WAIT, settings.pull.seconds) if local else LAST_WAIT

    async def run(self) -> None:
        """Read for ever: every `seconds`, after failures with backoff, never earlier than LAPOR allows."""
        wait = min(FIRST_WAIT, self._pull.seconds)
        while True:
            try:
                await self.once()
            except (ProviderUnavailable, ProviderRefused, Unavailable) as error:
                named = getattr(error, "retry_after", None)
                pause = min(max(named or 0.0, wait), LONGEST_WAIT)
                self._failed(error)
                log.warning("lapor_pull_waits", account=self._account, why=str(error), seconds=pause)
                await asyncio.sleep(pause)
                wait = min(wait * 2, self._last_wait)
            else:
                self._failures = 0
                self._ports.trouble("pull", None)
                wait = min(FIRST_WAIT, self._pull.seconds)
                await asyncio.sleep(self._pull.seconds)

    async def once(self) -> int:
        """One reading to its last page; how many items were new to this process.

        Raises `ProviderUnavailable`, `ProviderRefused`, `Unavailable`; the next call goes on at the same page.
        """
        progress = await self._progress()
        if progress.next and self._pull.paging != "next":
            # Numbered pages have shifted meanwhile: only from the first on can none be skipped.
            progress = replace(progress, next="")
        count, seen, before = 0, {progress.next}, b""
        body: bytes | None = None
        if progress.next:
            try:
                body = await self._ask(progress)
            except ProviderRefused:
                # A token that LAPOR has forgotten meanwhile: from the first page on, and no loss.
                progress, seen = replace(progress, next=""), {""}
        for _ in range(MOST_PAGES):
            body = await self._ask(progress) if body is None else body
            items, following = await asyncio.to_thread(self._cut, body, progress.next)
            fingerprint = hashlib.sha256(b"\0".join(items)).digest()
            if following in seen or (items and fingerprint == before):
                following = ""  # the server goes round in circles
            seen.add(following)
            before = fingerprint
            high = self._highest([progress.high, *(self._mark(item) for item in items)])
            since = progress.since if following else self._highest([progress.since, high])
            progress = Progress(since=since, high=high if following else "", next=following)
            count += await self._take(items, progress)
            if not following:
                return count
            body = None
        raise ProviderUnavailable(f"LAPOR's listing has more than {MOST_PAGES} pages")

    # asking

    async def _ask(self, progress: Progress) -> bytes:
        pull, query = self._pull, {}
        if pull.paging == "next" and _is_address(progress.next):
            return await self._api.page({}, progress.next)
        since = self._from(progress.since)
        if pull.since and since:
            query[pull.since] = since
        if pull.size:
            query[pull.size] = str(pull.page_size)
        if progress.next:
            query[pull.page] = progress.next
        elif pull.paging == "number":
            query[pull.page] = "1"
        return await self._api.page(query)

    def _from(self, since: str) -> str:
        """What is asked for: `overlap` before `since`, in LAPOR's way of writing it; at first, `first_hours` back."""
        pull = self._pull
        if pull.since_format == "number":
            return str(max(0, int(since) - int(pull.overlap))) if since else ""
        if since:
            at = datetime.fromisoformat(since) - timedelta(seconds=pull.overlap)
        else:
            at = self._ports.clock.now() - timedelta(hours=pull.first_hours)
        if pull.since_format == "unix":
            return str(int(at.timestamp()))
        local = at.astimezone(self._zone).replace(microsecond=0)
        return local.isoformat() if pull.since_format == "iso" else local.strftime(pull.since_format)

    # what came

    def _cut(self, body: bytes, asked: str) -> tuple[list[bytes], str]:
        """The items of a page, and what asks for the one behind it (empty: it is the last)."""
        pull, form = self._pull, self._settings.format
        try:
            items = cut(body, pull.items, form, most=10_000, may_be_absent=True)
            if pull.paging == "next":
                return items, plain(value_at(body, pull.next, form))[:4000] if pull.next else ""
        except Unreadable as error:
            words = f"LAPOR's page cannot be read: {error.reason}"
            raise ProviderRefused(f"{words}; correct pull.items or format") from None
        if pull.paging == "none" or not items:
            return items, ""
        if pull.paging == "offset":
            return items, str(int(asked or 0) + len(items))
        return items, str(int(asked or 1) + 1)

    def _mark(self, item: bytes) -> str:
        """What `since` counts by; empty when the item does not say, or says what cannot be.

        A time to come would let everything until then go by unseen, so none is believed.
        """
        value = walk(decoded(item), self._pull.mark)
        if self._pull.since_format == "number":
            number = plain(value)
            return number if number.isascii() and number.isdigit() and len(number) < 16 else ""
        at = moment(value, self._zone, self._settings.time_format)
        return "" if at is None else min(at, self._ports.clock.now().astimezone(UTC)).isoformat()

    def _highest(self, marks: Sequence[str]) -> str:
        known = [mark for mark in marks if mark]
        key: Callable[[str], float] = (
            float if self._pull.since_format == "number" else lambda m: datetime.fromisoformat(m).timestamp()
        )
        return max(known, key=key, default="")

    async def _take(self, items: Sequence[bytes], progress: Progress) -> int:
        """Store what is new in a page, item by item in LAPOR's order, the last one together with the cursor."""
        cursor = Cursor(name=CURSOR, value=msgspec.json.encode(progress).decode())
        named = {hashlib.blake2b(item, digest_size=16).digest(): item for item in items if item}
        fresh = [(name, item) for name, item in named.items() if name not in self._seen]
        for place, (name, item) in enumerate(fresh, 1):
            await self._receive(item, cursor if place == len(fresh) else None)
            self._seen[name] = None
        for name in named:
            self._seen.move_to_end(name)
        while len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        if not fresh and cursor.value != await self._ports.inbox.cursor(CURSOR):
            await self._receive(b"", cursor)
        return len(fresh)

    async def _receive(self, item: bytes, cursor: Cursor | None) -> None:
        raw = RawEvent(
            account=self._account,
            received_at=self._ports.clock.now(),
            body=item,
            envelope={"transport": PULLED},
        )
        await self._ports.inbox.receive(raw, cursor=cursor)

    async def _progress(self) -> Progress:
        """The stored cursor; one that another way of counting has left behind is forgotten, and costs a repetition."""
        try:
            found = msgspec.json.decode(await self._ports.inbox.cursor(CURSOR) or "{}", type=Progress)
            self._from(found.since)
        except (msgspec.DecodeError, ValueError, OverflowError):
            return Progress()
        return found

    def _failed(self, error: KanalError) -> None:
        if isinstance(error, Unavailable) or self._api.token_refused:
            return  # our own store, or the token: each has an alarm of its own
        self._failures += 1
        if isinstance(error, ProviderRefused) or self._failures >= TROUBLED:
            self._ports.trouble(
                "pull",
                f"Reports cannot be pulled from LAPOR: {error}. To do: compare api_base_url and the table pull with "
                "LAPOR's documentation (adapters/sp4n_lapor/doc.md). Nothing is lost meanwhile.",
            )


def _is_address(following: str) -> bool:
    return following.startswith("/") or urlsplit(following).scheme in ("http", "https")
