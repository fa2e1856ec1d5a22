"""A mail as received, read into the message that somebody wrote: pure, bounded, and never raising.

Every hostile shape was stored before it came here; caps on header, parts, depth, addresses, text and decoded size
keep the reading within a second or two. What a cap left out is flagged `text_truncated`: the raw mail has it.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from adapters.base import Accepted, Ignored, Item, NotRead, Receipt
from adapters.email import verify
from adapters.email.addresses import Mailbox, mailboxes, message_ids
from adapters.email.body import Body, File, collect
from adapters.email.mime import Part, read, read_header
from adapters.email.quotes import reply_text
from adapters.email.replies import message_id
from adapters.email.reports import classify, delivery_action, is_machine, suppresses_answers
from adapters.email.settings import EmailSettings
from adapters.email.words import charset_text, decode_words
from normalizer.record import Attachment, Authenticity, Contact, Message, RawEvent, Sender

_MAX_FOLLOWS = 20
_MAX_FILES = 200
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_CONTROLS_BUT_LINES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: A Message-ID that Gmail gives to a mail that came without one.
_ADDED_ID = re.compile(r"SMTPIN_ADDED_(MISSING|BROKEN)@")
#: What filters put before a subject: `[EXTERNAL]`, `***SPAM***`.
_TAGS = re.compile(r"^(?:\[[^\]]{1,40}\]\s*|\*{2,5}\s?[A-Za-z]{1,20}\s?\*{2,5}\s*)+")
_VIDEO_NAMES = (
    ".mp4",
    ".m4v",
    ".mov",
    ".3gp",
    ".3g2",
    ".avi",
    ".mkv",
    ".webm",
    ".wmv",
    ".mpg",
    ".mpeg",
    ".flv",
)


def parse(raw: RawEvent, settings: EmailSettings) -> list[Item]:
    """The one item of a mail: accepted, or ignored with the reason. Runs in a worker process."""
    if not raw.body.strip():
        return [Ignored(reason="empty")]
    mail = read(raw.body)
    root = mail.root
    own_id = _message_id(root)
    machine = classify(root, raw.envelope, settings)
    if machine is not None and machine[0] == "bounce":
        receipts = _receipts(raw, root, settings)
        if receipts:
            return receipts
    if machine is not None:
        return [Ignored(reason=machine[0], external_id=own_id, detail=machine[1])]
    body = collect(root)
    subject = _subject(root)
    if not body.text.strip() and not body.files and not subject:
        if _says_something(root):
            return [NotRead(reason="no text could be read from the mail", external_id=own_id)]
        return [Ignored(reason="empty", external_id=own_id)]
    return [_accepted(raw, settings, root, body, subject, own_id, mail.cut)]


def authenticity(raw: RawEvent, settings: EmailSettings) -> Authenticity:
    """The verdicts on the mail's origin, from where the account's `verify` says.

    Of a mail out of a mailbox the server that put it there knows most: it saw who delivered it.
    """
    from_mailbox = raw.envelope.get("transport") == "imap" and settings.authserv_id
    if settings.verify == "header" or (settings.verify == "dns" and from_mailbox):
        return verify.by_header(read_header(raw.body), settings.authserv_id)
    if settings.verify == "dns":
        return verify.from_words(raw.envelope.get("auth_results", ""))
    return Authenticity(method="smtp")


def _accepted(
    raw: RawEvent, settings: EmailSettings, root: Part, body: Body, subject: str, own_id: str, cut: bool
) -> Accepted:
    sender = _sender(root, raw)
    files = body.files[:_MAX_FILES]
    version = _version(root, body)
    full = _CONTROLS_BUT_LINES.sub("", body.text).strip()
    follows = _follows(root, own_id)
    video = _is_video_report(raw, settings, root, files)
    truncated = cut or body.cut or len(body.files) > _MAX_FILES
    message = Message(
        external_id=own_id or f"hash:{_fallback(root, body)}",
        version=version,
        sent_at=_sent_at(root, raw.received_at),
        sender=Sender(
            reference=sender.address,
            name=sender.name,
            contacts=(Contact(kind="email", value=sender.address),) if sender.address else (),
        ),
        subject=subject,
        text=reply_text(full, subject, settings.is_ours, sender.name) or subject,
        original_text=full,
        attachments=tuple(_attachment(file) for file in files),
        follows=follows,
        thread_id=_thread(root, own_id),
        reply_to=_reply_to(root, sender, own_id, subject, settings),
        channel="lapor_video" if video else "",
        confidential=video,
        authenticity=authenticity(raw, settings),
        flags=("text_truncated",) if truncated else (),
    )
    return Accepted(message=message, contents={index: file.content for index, file in enumerate(files)})


def _says_something(root: Part) -> bool:
    """Whether a mail without readable text has bytes that might be one: then an operator looks at it."""
    leaves = [part for part in root.walk() if not part.parts and part.media_type != "text/html"]
    return any(part.body.strip(b" \t\r\n-") for part in leaves)


def _message_id(root: Part) -> str:
    """The mail's own id as `<…>`; empty when it has none that can be used, or a server on its way gave it one."""
    value = root.raw("message-id")
    found = message_ids(value)
    if found:
        return "" if _ADDED_ID.search(found[0]) else found[0]
    bare = charset_text(value).strip(" <>\t")
    return f"<{bare}>" if 3 <= len(bare) <= 400 and not re.search(r"[\s<>\x00-\x1f]", bare) else ""


def _version(root: Part, body: Body) -> str:
    """Tells two mails apart that bear one Message-ID; the same for a mail that comes again by another way.

    On their way mails gain trace fields, lose the form of their line ends, are wrapped and encoded anew, and their
    subject is tagged. What is left of all that goes in: sender, date, subject, text and the content of the files.
    """
    subject = _TAGS.sub("", _subject(root), count=1)
    pieces = [_senders(root), _date(root), subject.encode("utf-8", "replace")]
    pieces.append(_unwrapped(body.text.encode("utf-8", "replace")))
    pieces += [_unwrapped(file.content) for file in body.files]
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(hashlib.sha256(piece).digest())
    return digest.hexdigest()[:12]


def _fallback(root: Part, body: Body) -> str:
    text = _unwrapped(body.text.encode("utf-8", "replace"))
    pieces = (_senders(root), _date(root), _TAGS.sub("", _subject(root), count=1).encode(), text)
    return hashlib.sha256(b"\x1f".join(pieces)).hexdigest()[:32]


def _unwrapped(content: bytes) -> bytes:
    """`content` without what transports change: the kind of line ends, and white space at the end of lines."""
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return b"\n".join(line.rstrip(b" \t") for line in lines).strip(b"\n")


def _date(root: Part) -> bytes:
    """The Date field as a moment, since servers write the same one in several ways; as it stands when it is broken."""
    moment = _moment(root)
    return moment.isoformat().encode() if moment else b" ".join(root.raw("date").split())


def _senders(root: Part) -> bytes:
    return ",".join(mailbox.address for mailbox in mailboxes(root.raw("from"))).encode("utf-8", "replace")


def _sender(root: Part, raw: RawEvent) -> Mailbox:
    for name in ("from", "sender", "reply-to", "x-original-from"):
        for mailbox in mailboxes(root.raw(name)):
            if mailbox.address:
                return mailbox
    named = mailboxes(root.raw("from"))
    fallback = mailboxes(raw.envelope.get("mail_from", "").encode() or root.raw("return-path"))
    return Mailbox(named[0].name if named else "", fallback[0].address if fallback else "")


def _subject(root: Part) -> str:
    return " ".join(_CONTROLS.sub(" ", decode_words(root.raw("subject"))).split())[:1000]


def _sent_at(root: Part, received_at: datetime) -> datetime | None:
    """The Date field in UTC; None when it is missing, broken, from before 1990 or from the future."""
    moment = _moment(root)
    if moment is None or moment.year < 1990 or moment > received_at + timedelta(days=1):
        return None
    return moment


def _moment(root: Part) -> datetime | None:
    try:
        moment = parsedate_to_datetime(root.text("date")[:200])
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None
    return moment.replace(microsecond=0)


def _follows(root: Part, own_id: str) -> tuple[str, ...]:
    """The mails that this one answers, the newest first."""
    answered = message_ids(root.raw("in-reply-to"))[:3] + message_ids(root.raw("references"))[::-1]
    return tuple(found for found in dict.fromkeys(answered) if found != own_id)[:_MAX_FOLLOWS]


def _thread(root: Part, own_id: str) -> str:
    found = message_ids(root.raw("references")) or message_ids(root.raw("in-reply-to"))
    return found[0] if found else own_id


def _reply_to(
    root: Part, sender: Mailbox, own_id: str, subject: str, settings: EmailSettings
) -> dict[str, str]:
    """Whom an answer goes to and what it refers to; empty when a machine, or we ourselves, would get it."""
    if suppresses_answers(root):
        return {}
    wanted = [mailbox.address for mailbox in mailboxes(root.raw("reply-to"))]
    for address in (*wanted[:1], sender.address):
        if address and not settings.is_ours(address) and not is_machine(address):
            references = message_ids(root.raw("references")) or message_ids(root.raw("in-reply-to"))
            handle = {"address": address, "message_id": own_id, "subject": subject[:200]}
            if references:
                handle["references"] = " ".join(references[-_MAX_FOLLOWS:])
            return handle
    return {}


def _receipts(raw: RawEvent, root: Part, settings: EmailSettings) -> list[Item]:
    """What a report says of answers of ours: which ones is seen by the address that it came back to (VERP)."""
    addresses = _recipients(raw, root)
    tokens = dict.fromkeys(token for address in addresses if (token := settings.bounce_token(address)))
    said = delivery_action(root)
    return [
        Receipt(external_id=message_id(settings, token), state=said[0], detail=said[1]) for token in tokens
    ]


def _recipients(raw: RawEvent, root: Part) -> list[str]:
    """Whom the mail was delivered to: as the envelope says, or, in a mailbox, as its header does."""
    envelope = [address for address in raw.envelope.get("rcpt_to", "").split(",") if address]
    if envelope:
        return envelope
    fields = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc")
    return [m.address for name in fields for value in root.all(name) for m in mailboxes(value) if m.address]


def _attachment(file: File) -> Attachment:
    return Attachment(
        name=file.name, declared_type=file.declared_type[:100], size=len(file.content), inline=file.inline
    )


def _is_video_report(raw: RawEvent, settings: EmailSettings, root: Part, files: list[File]) -> bool:
    """LaporVideo: a video, sent to the address that takes such reports."""
    if not settings.lapor_video or not any(_is_video(file) for file in files):
        return False
    address = settings.lapor_video_address.lower()
    recipients = _recipients(raw, root)
    if raw.envelope.get("transport") == "imap" and not any(settings.is_ours(one) for one in recipients):
        recipients = list(
            settings.addresses
        )  # a blind copy: it lies in our mailbox and names none of our addresses
    return any(_plain(recipient.lower()) == address for recipient in recipients)


def _plain(address: str) -> str:
    local, _, domain = address.strip().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _is_video(file: File) -> bool:
    if file.declared_type.startswith("video/") or file.name.lower().endswith(_VIDEO_NAMES):
        return True
    return file.content[4:8] == b"ftyp" and file.content[8:11] not in (b"hei", b"mif", b"avi", b"M4A")
