"""What stands on a citizen's paper beside the ticket: the PIN, and the code behind the QR.

Both are made of the complaint's number. A ticket that was reserved is on paper before its complaint is anywhere; then
they are made of the ticket, and hold for the complaint that bears it.
"""

from __future__ import annotations

from complaint_queue.journal import ComplaintFile, Journal
from intake.web.deps import PageDeps
from normalizer.identity import Secrets, read_ticket

#: Tickets as numbers have 11 to 15 digits; a complaint's number is larger by far.
_TICKETS = range(10**10, 10**15)


def ticket_number(ticket: str) -> int:
    """A ticket's digits as one number: never a complaint's."""
    return int(ticket.replace("-", ""))


def paper_number(found: ComplaintFile) -> int:
    """The number that this complaint's PIN and code are made of."""
    promised = found.messages[0].message.ticket if found.messages else ""
    return ticket_number(found.ticket) if promised == found.ticket else found.complaint_id


def tracking_link(deps: PageDeps, number: int) -> str:
    """The address behind the QR code: whoever has it sees the complaint's stages."""
    return f"{deps.public_url}/lacak/{deps.secrets.tracking_code(number)}"


async def found_by_code(journal: Journal, secrets: Secrets, code: str) -> tuple[ComplaintFile | None, bool]:
    """The complaint of a genuine code, and whether the code is on a paper whose complaint has not come yet."""
    number = secrets.read_tracking_code(code)
    if number is None:
        return None, False
    if number not in _TICKETS:
        return await journal.complaint(number), False
    ticket = read_ticket(str(number))
    found = await journal.complaint_by_ticket(ticket) if ticket else None
    if found is None:
        return None, ticket is not None
    return (found, False) if paper_number(found) == number else (None, False)
