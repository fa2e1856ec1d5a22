"""GET requests: what came in through this account, as far as the public may know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable

from msgspec import Struct

from adapters.base import Filed, Register
from normalizer.identity import JAKARTA, ticket_day
from normalizer.record import Message

from .answers import ServiceRequest
from .parse import ticket_of
from .problems import Problem, Refused
from .services import Language, name_of
from .words import words

#: The standard's limits of one answer.
SPAN, MOST = timedelta(days=90), 1000
#: As many requests as may be asked for by their numbers at once.
MOST_IDS = 100
#: How often the register is asked for more when little of what it gave fits the question.
PAGES = 20
CLOSED_STAGES = frozenset(("Selesai",))
_STATUSES = frozenset(("open", "closed"))


@runtime_checkable
class KnowsOpeners(Protocol):
    """A register that can tell which message opened a complaint of this account; then updates find their request."""

    async def opened_by(self, ticket: str) -> Message | None:
        """The message, or None when the complaint is none of this account's."""


class Question(Struct, frozen=True, kw_only=True):
    """A reading of the query of GET requests. Either `tickets`, or a span with filters (empty: everything)."""

    tickets: tuple[str, ...] = ()
    by_id: bool = False
    since: datetime
    until: datetime
    codes: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()


def read_question(query: Mapping[str, str], now: datetime) -> Question:
    """What is asked for. Raises `Refused` with everything that is wrong."""
    if query.get("service_request_id", "").strip():
        wanted = _listed(query["service_request_id"])
        if len(wanted) > MOST_IDS:
            problem = f"has more than {MOST_IDS} numbers"
            raise Refused([Problem(field="service_request_id", problem=problem, cure="Ask in several calls")])
        tickets = tuple(dict.fromkeys(ticket for one in wanted if (ticket := ticket_of(one))))
        return Question(tickets=tickets, by_id=True, since=now, until=now)
    problems: list[Problem] = []
    since, until = _span(query, now, problems)
    statuses = frozenset(one.lower() for one in _listed(query.get("status", "")))
    if not statuses <= _STATUSES:
        problems.append(Problem(field="status", problem="is not known", cure="Send open, closed, or both"))
    if problems:
        raise Refused(problems)
    codes = frozenset(_listed(query.get("service_code", "")))
    return Question(since=since, until=until, codes=codes, statuses=statuses)


def _listed(written: str) -> list[str]:
    return [bare for one in written.split(",") if (bare := one.strip())]


def _span(query: Mapping[str, str], now: datetime, problems: list[Problem]) -> tuple[datetime, datetime]:
    """From when to when; what is left out follows from the other end, or is now."""
    start, end = (_moment(query, name, problems) for name in ("start_date", "end_date"))
    if problems:
        return now, now
    try:
        if start is not None and end is None:
            end = min(now, start + SPAN)
        until = end or now
        since = start or until - SPAN
    except OverflowError:
        problems.append(
            Problem(field="start_date", problem="is out of range", cure="Send a date of our time")
        )
        return now, now
    if until - since > SPAN:
        problem = f"the span is longer than {SPAN.days} days"
        problems.append(Problem(field="end_date", problem=problem, cure="Ask in several calls"))
    return since, until


def _moment(query: Mapping[str, str], name: str, problems: list[Problem]) -> datetime | None:
    """A W3C date or time in UTC. A plus that a client left bare came as a space; a date alone is Jakarta's."""
    written = query.get(name, "").strip()
    if not written:
        return None
    try:
        moment = datetime.fromisoformat(written.replace(" ", "+"))
        if moment.tzinfo is None and len(written) <= 10:
            moment = moment.replace(tzinfo=JAKARTA)
        if moment.tzinfo is not None and 1970 <= moment.year <= 9000:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    cure = "Send a W3C time with its zone, as 2026-11-23T00:00:00Z"
    problems.append(Problem(field=name, problem="is no time with a zone", cure=cure))
    return None


class PublicRegister:
    """One account's requests. `listed` is whether more than the status may be told."""

    def __init__(self, register: Register | None, account: str, language: Language, listed: bool) -> None:
        self._register, self._account = register, account
        self._language, self._listed = language, listed

    async def find(self, ticket: str) -> ServiceRequest | None:
        """The request of this number; None when it is none of this account's."""
        filed = await self._find(ticket)
        return self._shown(filed) if filed is not None else None

    async def has(self, ticket: str) -> bool:
        return await self._find(ticket) is not None

    async def opened_by(self, ticket: str) -> Message | None:
        """The message that opened the request, where the register knows it."""
        return await self._register.opened_by(ticket) if isinstance(self._register, KnowsOpeners) else None

    async def ask(self, question: Question) -> Sequence[ServiceRequest]:
        """What a question is about, the newest first; at most `MOST`. The caller knows whether it may list."""
        if question.by_id:
            found = [await self.find(ticket) for ticket in question.tickets]
            return [request for request in found if request is not None]
        if self._register is None:
            return []
        fitting: dict[str, ServiceRequest] = {}
        until = question.until
        # Filtered here, so a page of which nothing fits says nothing about what lies before it.
        for _ in range(PAGES):
            filed = await self._register.between(question.since, until, MOST)
            shown = [self._shown(one) for one in filed if not one.confidential]
            fitting.update((one.service_request_id, one) for one in shown if _fits(one, question))
            if len(fitting) >= MOST or len(filed) < MOST or filed[-1].requested_at == until:
                break
            until = filed[-1].requested_at
        return list(fitting.values())[:MOST]

    async def _find(self, ticket: str) -> Filed | None:
        filed = await self._register.find(ticket) if ticket and self._register is not None else None
        return filed if filed is not None and filed.account == self._account else None

    def _shown(self, filed: Filed) -> ServiceRequest:
        told = self._listed and not filed.confidential
        code = next(iter(filed.categories), "") if told else ""
        place = filed.place
        point = place.coordinates if told else None
        regions = (place.kelurahan, place.kecamatan, place.city)
        where = place.address or ", ".join(region.name for region in regions if region is not None)
        return ServiceRequest(
            service_request_id=filed.ticket,
            status="closed" if filed.stage in CLOSED_STAGES else "open",
            status_notes=words(self._language).stage.get(filed.stage, filed.stage),
            service_name=name_of(code, ticket_day(filed.requested_at), self._language) if code else "",
            service_code=code,
            description=filed.text if told else "",
            agency_responsible="",
            service_notice="",
            requested_datetime=local(filed.requested_at),
            updated_datetime=local(filed.updated_at),
            expected_datetime=None,
            address=where if told else "",
            address_id=next((region.code for region in regions if region is not None), "") if told else "",
            zipcode="",
            lat=point.latitude if point else None,
            long=point.longitude if point else None,
            media_url="",
        )


def local(moment: datetime) -> datetime:
    """A moment as GeoReport writes it: Jakarta's time with its offset, to the second."""
    return moment.astimezone(JAKARTA).replace(microsecond=0)


def _fits(request: ServiceRequest, question: Question) -> bool:
    return (not question.codes or request.service_code in question.codes) and (
        not question.statuses or request.status in question.statuses
    )
