"""Mails that no person wrote to us: bounces, receipts, auto-replies, mailing lists, ourselves.

Only the top of a mail is judged (its header, its own parts, how its text begins), so that a citizen who forwards or
quotes a bounce is heard. What is not surely something else is a message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from adapters.email.addresses import Mailbox, mailboxes
from adapters.email.body import decoded
from adapters.email.mime import Part
from adapters.email.settings import EmailSettings
from adapters.email.words import charset_text, decode_words

Reason = Literal["bounce", "auto_reply", "mailing_list", "own_echo", "delivery_receipt"]

#: Local parts that only machines write under.
_DAEMONS = re.compile(
    r"(mailer?|mail|maildelivery|smtp|servermailer|mmsc|e?mail-?delivery)?[-_.]?(daemon|deamon)"
    r"|servermailer|mail-?delivery(-(sub)?system)?|bounces?|double-bounce|mdaemon|noreply-bounce"
)
_POSTMASTERS = re.compile(
    r"p[o]{1,2}stmaster|mail-?admin(istrator)?|root|sysadmin|mailer|complaints?-?feedback"
)
_DAEMON_NAMES = re.compile(
    r"mail(er)?[ _-]*(delivery|deliver)[ _-]*(sub)?(system|service)|mailer[ _-]*daemon|mail delivery"
    r"|system administrator|mail administrator|postmaster|content[- ]filter at|courier mail server|ndr administrator",
    re.IGNORECASE,
)
_BOUNCE_SUBJECTS = re.compile(
    r"\W*(undeliver(ed|able)|non[- ]?d[eé]livr|un(zustellbar|delivered)|delivery (status )?(notification|failure"
    r"|report|has failed|delayed|problem|error)|mail(er)? (delivery )?(failed|failure|system error|undeliverable)"
    r"|mail delivery|failure (notice|delivery)|failed mail|returned (e-?)?mail|return(ed)? to sender"
    r"|postmaster notify|message (delivery|could not be delivered|undeliverable|not delivered|status)"
    r"|(permanent |temporary )?(delivery|transport) (error|failed)|warning: (could not send|message)"
    r"|error sending|failure: |automatically rejected mail|(notice of )?rejected mail|could not send message"
    r"|user unknown|unknown user|dsn:|pengiriman (gagal|e-?mail gagal)|(email|pesan|surel) (tidak|gagal) terkirim"
    r"|tidak terkirim|gagal terkirim|недоставлен|ваше сообщение не доставлено|не доставлено|退信|系统退信"
    r"|配信不能|送信エラー|メール送信エラー|n[aã]o entregue|mensaje no entregado|no se (ha )?pudo entregar"
    r"|niet bezorgd|kan niet worden bezorgd|message non remis|.chec de remise|mancato recapito)",
    re.IGNORECASE,
)
_BOUNCE_WORDS = re.compile(
    r"final-recipient:|diagnostic-code:|reporting-mta:|action: (failed|delayed)|permanent (fatal )?error"
    r"|could(n't| not) be delivered|not (been )?delivered|wasn't delivered|undeliverable|user unknown|unknown user"
    r"|no such user|address rejected|mailbox (is )?(full|unavailable|not found)|returned (message|to you)"
    r"|\b[45]\d\d[ -]#?[45]\.\d{1,3}\.\d{1,3}|this (message|report) (was|is) (created|generated) automatically"
    r"|unable to deliver|delivery (attempt )?(to|failed|has failed)|host .{1,80} said:|rejected your message"
    r"|original message follows|tidak dapat (dikirim|diantar|disampaikan)",
    re.IGNORECASE,
)
_AUTO_SUBJECTS = re.compile(
    r"\W*((re|aw|sv|antw|bls|balas): *)?(automatic reply|auto(matic)?[- ]?(reply|response|responder|antwort"
    r"|svar|odpowied)|automated (reply|response)|out of (the )?office|on vacation|vacation reply|away from (my )?"
    r"(mail|office|desk)|(balasan|jawaban|respons?|tanggapan|pesan) (secara )?otomatis|balasan automatik"
    r"|di luar kantor|sedang di luar kantor|sedang (cuti|dinas luar)\W*$|automatische (antwort|antwoord|reply)"
    r"|automatisch(e)? (antwoord|bericht)|abwesenheit|ich bin abwesend|afwezig(heid)?\b|r[eé]ponse automatique"
    r"|absence du bureau|message d.absence|respuesta autom[aá]tica|fuera de (la )?oficina|risposta automatica"
    r"|fuori (sede|ufficio)|resposta autom[aá]tica|autosvar|autosvar|automatis(k|kt) svar|fr[aå]nvaro"
    r"|odpowied. automatyczna|автоответ|автоматический ответ|отсутств|自動(返信|応答|回[复覆复信])|自动(回复|答复)"
    r"|자동 ?(응답|회신)|otomatik (yan.t|cevap))",
    re.IGNORECASE,
)
_NOBODY = re.compile(r"(no|do-?not)[-_.]?repl(y|ies)|(jangan|tidak)[-_.]?(di)?balas", re.IGNORECASE)
_ACTION = re.compile(r"^action:\s*([a-z]+)", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"^status:\s*(\d\.\d{1,3}\.\d{1,3})", re.IGNORECASE | re.MULTILINE)
_MARKS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply",
    "x-auto-reply-from",
    "x-vacation",
)


def classify(root: Part, envelope: Mapping[str, str], settings: EmailSettings) -> tuple[Reason, str] | None:
    """Why this mail is no message, and by what it shows; None when a person may have written it."""
    senders = mailboxes(root.raw("from"))
    sender = senders[0] if senders else Mailbox("", "")
    subject = decode_words(root.raw("subject"))[:300]
    found: tuple[Reason, str] | None = _report(root, subject)
    if found is None:
        found = _bounce(root, sender, subject, _null_sender(root, envelope))
    if found is None and sender.address and settings.is_ours(sender.address):
        found = "own_echo", "from"
    return found or _automatic(root, subject, _null_sender(root, envelope)) or _list(root, settings)


def suppresses_answers(root: Part) -> bool:
    """Whether the sender asks machines not to answer, though a person may have written (MS-OXCMAIL 2.2.3.2.14)."""
    words = root.text("x-auto-response-suppress").lower()
    return "all" in words or "autoreply" in words


def is_machine(address: str) -> bool:
    """Whether only machines write under `address`, or nobody reads what is sent there."""
    local = address.rpartition("@")[0]
    return bool(_DAEMONS.fullmatch(local) or _POSTMASTERS.fullmatch(local) or _NOBODY.fullmatch(local))


def delivery_action(root: Part) -> tuple[Literal["queued", "delivered", "failed"], str]:
    """What a bounce says became of a mail (RFC 3464 2.3.3), and its status code where it names one."""
    action = status = ""
    for part in root.walk():
        if part.media_type in ("message/delivery-status", "message/global-delivery-status"):
            text = charset_text(decoded(part, 16_000))
            action = _first(_ACTION, text).lower()
            status = _first(_STATUS, text)
            break
    if action == "delayed":
        return "queued", status
    return ("delivered", status) if action in ("delivered", "relayed", "expanded") else ("failed", status)


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""


def _null_sender(root: Part, envelope: Mapping[str, str]) -> bool:
    if envelope.get("mail_from", "?").strip("<> ") == "":
        return True
    return any(charset_text(value).strip().replace(" ", "") == "<>" for value in root.all("return-path")[:2])


def _report(root: Part, subject: str) -> tuple[Reason, str] | None:
    """RFC 3462 reports: a mail program does not compose them for a person."""
    kinds = {part.media_type for part in root.parts}
    declared = root.type_parameters.get("report-type", "").lower()
    if declared == "feedback-report" or "message/feedback-report" in kinds:
        return "bounce", "feedback-report"
    if re.match(r"complaint about message from [\d.:a-f]+$", subject.strip(), re.IGNORECASE):
        return "bounce", "feedback-report"
    if root.media_type == "multipart/report":
        if declared == "disposition-notification" or "message/disposition-notification" in kinds:
            return "delivery_receipt", "disposition-notification"
        if declared.startswith("delivery") or kinds & {
            "message/delivery-status",
            "message/global-delivery-status",
        }:
            return "bounce", "delivery-status"
        return ("bounce", "report") if _BOUNCE_SUBJECTS.match(subject) else None
    return None


def _bounce(root: Part, sender: Mailbox, subject: str, null_sender: bool) -> tuple[Reason, str] | None:
    """The many bounces without a proper report: a machine's mark, and words of failure beside it."""
    local = sender.address.rpartition("@")[0] or sender.address
    raw_from = root.text("from").strip()
    machine = 0
    if (
        _DAEMONS.fullmatch(local)
        or re.match(r"mailer-daemon\b", raw_from, re.IGNORECASE)
        or root.raw("x-failed-recipients")
    ):
        machine = 4
    elif raw_from.endswith("<>") or null_sender:
        machine = 3
    elif _POSTMASTERS.fullmatch(local) or _DAEMON_NAMES.search(sender.name):
        machine = 2
    if not machine:
        return None
    words = 2 if _BOUNCE_SUBJECTS.match(subject) else 0
    if any(part.media_type == "message/delivery-status" for part in root.parts):
        words += 2
    if machine + words < 4 and _BOUNCE_WORDS.search(_beginning(root)):
        words += 2
    if machine + words >= 4:
        return "bounce", "sender"
    if null_sender and not _AUTO_SUBJECTS.match(subject) and not root.raw("auto-submitted"):
        return "bounce", "null sender"
    return None


def _automatic(root: Part, subject: str, null_sender: bool) -> tuple[Reason, str] | None:
    submitted = root.text("auto-submitted").partition(";")[0].strip().lower()
    if submitted and submitted != "no":
        return "auto_reply", "auto-submitted"
    for name in _MARKS:
        value = root.text(name).lower()
        if value and value not in ("no", "0", "false"):
            return "auto_reply", name
    if root.text("precedence").lower() in ("auto_reply", "auto-reply"):
        return "auto_reply", "precedence"
    if root.text("x-ms-exchange-inbox-rules-loop") and suppresses_answers(root):
        return "auto_reply", "x-auto-response-suppress"
    if _AUTO_SUBJECTS.match(subject):
        return "auto_reply", "subject"
    if null_sender:
        return "auto_reply", "null sender"
    return None


def _list(root: Part, settings: EmailSettings) -> tuple[Reason, str] | None:
    """A list's mail; unless the list is our own mailbox, which some mail services make of a group address."""
    list_id = root.text("list-id").lower()
    ours = {address.lower().replace("@", ".") for address in settings.addresses}
    if list_id:
        inside = list_id.rpartition("<")[2].partition(">")[0].strip()
        return None if inside in ours else ("mailing_list", "list-id")
    if root.text("precedence").lower() in ("list", "bulk", "junk"):
        return "mailing_list", "precedence"
    return None


def _beginning(root: Part) -> str:
    """How the mail's own text begins, wherever its first text stands."""
    for part in root.walk():
        if part.media_type in ("text/plain", "text/html", "message/delivery-status") and not part.parts:
            return charset_text(decoded(part, 16_000)[:8000], part.type_parameters.get("charset", ""))
    return charset_text(root.body[:8000])
