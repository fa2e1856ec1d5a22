"""A service request or an update, as a client posted it, becomes one message: pure, and everything wrong at once.

GeoReport gives a report no identity of its own, so a retry is known by what it says. `external_id` is made of the
client's name (that of its api_key) and

- the client's own number where it sends one (`attribute[fixmystreet_id]`), else
- a digest of all fields and files, and the `Idempotency-Key` header where there is one, else
- that digest and the hour in which an equal report first came, as the door's memory (`memory.py`) knows it.

The door notes what it has found out in the envelope: `client`, `first_seen`, and for an update `follows` and
`reference`, the opening message's id and sender. Without these notes the raw event proves itself by its api_key.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from urllib.parse import unquote, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from adapters.base import Accepted
from adapters.shared.form import file_name
from adapters.shared.multipart import Part
from normalizer.identity import read_ticket, ticket_day
from normalizer.record import Attachment, Message, Place, RawEvent
from normalizer.settings import Secret

from .form import Form, read_form
from .person import read_person
from .place import read_place
from .problems import Problem, Refused
from .proof import client_of, wrong_jurisdiction
from .services import Question, name_of, questions

DESCRIPTION_MAX = 4000
FILES_MAX, FILE_BYTES_MAX = 10, 10 * 1024 * 1024
_VALUE_MAX, _ATTRIBUTES_MAX = 1000, 50
_ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,100})\](\[\])?")
#: Attributes of FixMyStreet's that mean something of their own to us, so they are no words of the complaint's.
_MEANT = frozenset(("title", "report_url", "closest_address"))
_TRUE = frozenset(("true", "1", "yes"))


class Rules(Struct, frozen=True, kw_only=True):
    """What the account's settings say about reading. `own_ids` are attributes with the client's own number."""

    keys: dict[str, Secret]
    jurisdictions: tuple[str, ...] = ()
    own_ids: tuple[str, ...] = ()


def parse(raw: RawEvent, rules: Rules) -> Sequence[Accepted]:
    """The one message. Raises `Forged` without a good api_key, `Malformed` or `Refused` with all that is wrong."""
    form = read_form(raw)
    client = raw.envelope.get("client") or client_of(form.get("api_key"), rules.keys)
    read = Update(form, raw, client, rules) if is_update(raw.url) else Request(form, raw, client, rules)
    message = read.message()
    if read.problems:
        raise Refused(read.problems)
    first = len(message.attachments) - len(form.files)
    return (Accepted(message=message, contents={first + i: f.content for i, f in enumerate(form.files)}),)


def is_update(url: str) -> bool:
    """Whether an address is that of updates rather than of requests."""
    return unquote(urlsplit(url).path).rpartition("/")[2].partition(".")[0] == "servicerequestupdates"


def timeless_id(form: Form, headers: Mapping[str, str], own_ids: Sequence[str]) -> bool:
    """Whether the client itself says what is the same report, so that no memory is needed. Headers in lower case."""
    return bool(
        headers.get("idempotency-key") or own_id(form, own_ids) or form.get("update_id", "update_id_ext")
    )


def own_id(form: Form, own_ids: Sequence[str]) -> str:
    return form.get(*(f"attribute[{name}]" for name in own_ids))[:200]


def ticket_of(written: str) -> str:
    """The ticket in a service_request_id, or in a token, which is a `t` before its digits; empty when neither."""
    return read_ticket(written.removeprefix("t")) or ""


def token_of(ticket: str) -> str:
    """The token of a batch service: the ticket in other clothes, since tickets are public and known at once."""
    return "t" + ticket.replace("-", "")


class _Posted:
    """What requests and updates have in common."""

    def __init__(self, form: Form, raw: RawEvent, client: str, rules: Rules) -> None:
        self.problems: list[Problem] = []
        self._form, self._raw, self._client, self._rules = form, raw, client, rules
        wrong = wrong_jurisdiction(form.get("jurisdiction_id"), rules.jurisdictions)
        if wrong is not None:
            self.problems.append(wrong)

    def _wrong(self, field: str, problem: str, cure: str) -> None:
        self.problems.append(Problem(field=field, problem=problem, cure=cure))

    def _identified(self, message: Message, own: str, named: str = "") -> Message:
        """`message` with its ids: by `own`, the client's number, if there is one; by content, for the rest."""
        digest = self._form.digest()[:32]
        if own:
            # Its content is the version, so that a correction under the same number is not taken for a retry.
            return replace(message, external_id=f"{self._client}:{named}:{own}", version=digest)
        key = self._raw.headers.get("idempotency-key", "")
        if key:
            mark = "key-" + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        else:
            mark = f"{self._first_seen():%Y%m%dT%H}"
        return replace(message, external_id=f"{self._client}:{digest}:{mark}")

    def _first_seen(self) -> datetime:
        written = self._raw.envelope.get("first_seen")
        return (datetime.fromisoformat(written) if written else self._raw.received_at).astimezone(UTC)

    def _description(self) -> str:
        text = self._form.get("description")
        if len(text) > DESCRIPTION_MAX:
            self._wrong(
                "description", f"has {len(text)} characters", f"Send at most {DESCRIPTION_MAX}, in UTF-8"
            )
        return text

    def _attachments(self) -> tuple[Attachment, ...]:
        """What lies at the client's addresses, then what was sent along."""
        links, files = list(dict.fromkeys(self._form.all("media_url"))), self._form.files
        if len(links) + len(files) > FILES_MAX:
            self._wrong(
                "media_url", "there are too many files", f"Send at most {FILES_MAX} addresses and files"
            )
        if any(len(file.content) > FILE_BYTES_MAX for file in files):
            self._wrong("media", "a file is too large", f"Send files of at most {FILE_BYTES_MAX} bytes")
        return (*map(self._linked, links), *map(_sent_along, files))

    def _linked(self, url: str) -> Attachment:
        try:
            parts = urlsplit(url)
            good = parts.scheme in ("http", "https") and parts.hostname and parts.username is None
        except ValueError:
            good = False
        if not good or len(url) > 2000 or not url.isascii() or not url.isprintable() or " " in url:
            cure = "Send an absolute http or https address without a user name"
            self._wrong("media_url", "is no address of a file", cure)
            return Attachment()
        return Attachment(name=file_name(unquote(parts.path)), state="pending", remote=url)

    def _anonymous(self) -> bool:
        asked = self._form.get("public_anonymity_required", "attribute[public_anonymity_required]")
        return asked.lower() in _TRUE


class Request(_Posted):
    """A new service request."""

    def message(self) -> Message:
        """What the form says; only good when `problems` stayed empty."""
        code, day = self._form.get("service_code"), ticket_day(self._raw.received_at)
        service = self._service(code, day)
        answers = self._answers(code)
        own = own_id(self._form, self._rules.own_ids)
        message = self._identified(
            Message(
                external_id="",
                subject=" ".join(self._form.get("attribute[title]").split())[:200],
                text="\n".join((self._description() or service, *answers)),
                original_text=self._form.get("description"),
                category=code,
                place=read_place(self._form, self.problems),
                attachments=self._attachments(),
                permalink=_link(self._form.get("attribute[report_url]")),
                anonymous=self._anonymous(),
            ),
            own,
            "id",
        )
        sender = read_person(self._form, self._client, self.problems)
        # Who names nobody is somebody else each time.
        reference = sender.reference or f"request:{message.external_id}"
        return replace(message, sender=replace(sender, reference=reference))

    def _service(self, code: str, day: date) -> str:
        """The service's name in Bahasa Indonesia."""
        name = name_of(code, day, "id")
        if not name:
            cure = "Send a service_code out of GET services"
            self._wrong("service_code", "is not known" if code else "is missing", cure)
        return name

    def _answers(self, code: str) -> tuple[str, ...]:
        """The attributes as lines of the text: `Nomor tiang lampu: KJ-12`."""
        given: dict[str, list[str]] = {}
        for key, value in self._form.fields:
            if (match := _ATTRIBUTE.fullmatch(key)) and value.strip():
                given.setdefault(match[1], []).append(" ".join(value.split()))
        if len(given) > _ATTRIBUTES_MAX:
            self._wrong("attribute", "there are too many", f"Send at most {_ATTRIBUTES_MAX}")
        lines = []
        for question in questions(code):
            values = given.pop(question.code, [])
            if question.required and not values:
                cure = f"Send attribute[{question.code}]"
                self._wrong(f"attribute[{question.code}]", "is missing", cure)
            lines += [f"{question.id}: {self._answer(question, value)}" for value in values]
        skipped = _MEANT | set(self._rules.own_ids)
        lines += [f"{name}: {', '.join(values)}" for name, values in given.items() if name not in skipped]
        if any(len(line) > _VALUE_MAX for line in lines):
            self._wrong("attribute", "a value is too long", f"Send at most {_VALUE_MAX} characters in each")
        return tuple(lines)

    def _answer(self, question: Question, value: str) -> str:
        if not question.values:
            return value
        for choice in question.values:
            if value == choice.key:
                return choice.id
        keys = ", ".join(choice.key for choice in question.values)
        self._wrong(f"attribute[{question.code}]", "is none of the values", f"Send one of: {keys}")
        return value


class Update(_Posted):
    """An update to a request: FixMyStreet's extension of the standard (`POST servicerequestupdates`)."""

    def message(self) -> Message:
        """What the form says; only good when `problems` stayed empty."""
        envelope = self._raw.envelope
        ticket = ticket_of(self._form.get("service_request_id"))
        if not ticket:
            cure = "Send the service_request_id that POST requests answered"
            self._wrong("service_request_id", "is missing or not one of ours", cure)
        number = self._form.get("update_id", "update_id_ext")[:200]
        theirs = self._form.get("service_request_id_ext")[:200]
        follows = [envelope["follows"]] if "follows" in envelope else []
        if theirs and not follows:
            follows = [f"{self._client}:id:{theirs}"]
        sender = read_person(self._form, self._client, self.problems)
        message = Message(
            external_id="",
            sender=sender,
            sent_at=_moment(self._form.get("updated_datetime")),
            text=self._text(ticket, joins=bool(follows)),
            original_text=self._form.get("description"),
            place=Place(),
            attachments=self._attachments(),
            follows=tuple(follows),
            thread_id=ticket,
            anonymous=self._anonymous(),
        )
        message = self._identified(message, f"{ticket}:{number}" if number else "", "update")
        # Who names nobody is the client itself, and it speaks for the reporter whose request it brought.
        reference = sender.reference or envelope.get("reference") or f"update:{message.external_id}"
        return replace(message, sender=replace(sender, reference=reference))

    def _text(self, ticket: str, joins: bool) -> str:
        status = " ".join(self._form.get("status").split())[:40]
        lines = [self._description()]
        if status:
            lines.append(f"Status menurut pengirim: {status}")
        if not joins:
            lines.append(f"Menyambung laporan {ticket}")
        if not (lines[0] or status or self._form.files or self._form.get("media_url")):
            self._wrong("description", "is missing", "Send what is new, a status, or a media_url")
        return "\n".join(line for line in lines if line)


def _sent_along(part: Part) -> Attachment:
    return Attachment(
        name=file_name(part.filename or ""), declared_type=part.media_type[:100], size=len(part.content)
    )


def _link(url: str) -> str:
    return url if url.startswith(("http://", "https://")) and len(url) <= 2000 and url.isascii() else ""


def _moment(written: str) -> datetime | None:
    """A W3C time with zone in UTC; None for anything else: a strange time must not cost us the message."""
    try:
        moment = datetime.fromisoformat(written)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
