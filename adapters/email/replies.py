"""An answer as a mail, and its way out through the smarthost (RFC 5322, RFC 3834, RFC 5321).

An answer goes to one address, says that a machine wrote it, and leaves under an envelope sender of its own (VERP), so
that a bounce names the answer that it is about. Nothing out of a citizen's mail reaches a header unchecked.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import smtplib
import ssl
from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime

from adapters.base import Outgoing
from adapters.email.settings import EmailSettings
from normalizer.errors import OutcomeUnknown, ProviderRefused, ProviderUnavailable
from normalizer.settings import Secret

_SECONDS = 60.0
_REFERENCES = 20
_ADDRESS = re.compile(
    r"[^\s\x00-\x20\x7f<>()\[\]:;,\"\\@]{1,64}@[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+"
)
_MESSAGE_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,400}>")
_NOT_IN_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_NOT_IN_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ANSWER_MARKS = re.compile(r"(?:(?:re|aw|sv|antw|bls|balas)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)


class OurFault(ProviderUnavailable):
    """The smarthost refuses us, not the citizen: the answer waits for the operator's cure."""


def token_of(outgoing: Outgoing) -> str:
    """Names the answer in its Message-ID and envelope; the same at every attempt. Letters, digits and `-`."""
    digest = hashlib.sha256(outgoing.key.encode("utf-8", "replace")).hexdigest()[:24]
    ticket = re.sub(r"[^a-z0-9]+", "-", outgoing.ticket.lower()).strip("-")[:40]
    return f"{ticket}-{digest}" if ticket else digest


def message_id(settings: EmailSettings, token: str) -> str:
    """The Message-ID of the answer with this token."""
    return f"<{token}@{settings.answers_as.rpartition('@')[2]}>"


def recipient(settings: EmailSettings, reply_to: Mapping[str, str]) -> str:
    """The one address that an answer goes to. Raises `ProviderRefused` when there is none that may be written to."""
    address = reply_to.get("address", "")
    if not address:
        raise ProviderRefused("the mail names nobody who may be answered")
    local, _, domain = address.rpartition("@")
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        domain = ""
    address = f"{local}@{domain}"
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        raise ProviderRefused("the citizen's address is not one that a mail can be sent to")
    if settings.is_ours(address):
        raise ProviderRefused("the address is our own: answers to it would go in circles")
    return address


def compose(
    settings: EmailSettings, reply_to: Mapping[str, str], outgoing: Outgoing, now: datetime
) -> EmailMessage:
    """The mail. Raises `ProviderRefused` when nobody may be answered."""
    to = recipient(settings, reply_to)
    local, _, domain = to.rpartition("@")
    message = EmailMessage(policy=SMTP_POLICY.clone(cte_type="7bit"))
    message["From"] = Address(_line(settings.reply_name), addr_spec=settings.answers_as)
    message["To"] = Address("", local, domain)
    message["Subject"] = subject_of(reply_to.get("subject", ""), outgoing)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id(settings, token_of(outgoing))
    answered = _MESSAGE_ID.findall(reply_to.get("message_id", ""))[:1]
    if answered:
        earlier = _MESSAGE_ID.findall(reply_to.get("references", ""))[-_REFERENCES:]
        message["In-Reply-To"] = answered[0]
        message["References"] = " ".join(dict.fromkeys([*earlier, *answered]))
    message["Auto-Submitted"] = "auto-replied"
    message["X-Auto-Response-Suppress"] = "All"
    text = _NOT_IN_TEXT.sub("", outgoing.text.replace("\r\n", "\n").replace("\r", "\n"))
    message.set_content(text.rstrip("\n") + "\n", charset="utf-8", cte="quoted-printable")
    return message


def subject_of(theirs: str, outgoing: Outgoing) -> str:
    """`Re: Lampu mati [261123-0042-4]`."""
    words = _ANSWER_MARKS.sub("", _line(theirs), count=1) if theirs else ""
    words = (words or _line(outgoing.subject) or "Aduan Anda")[:150].strip()
    ticket = _line(outgoing.ticket)
    return f"Re: {words} [{ticket}]" if ticket and f"[{ticket}]" not in words else f"Re: {words}"


def send(settings: EmailSettings, password: Secret, message: EmailMessage, sender: str, to: str) -> None:
    """Hand the mail to the smarthost; blocks on the network, so call it in a thread.

    Raises `ProviderUnavailable`, `OurFault`, or `ProviderRefused` when this address or mail is refused for good.
    """
    host, _, port = settings.smarthost.rpartition(":")
    host = host.strip("[]")
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    name = settings.hostname or None
    asked = False
    try:
        if settings.smarthost_tls == "tls":
            smarthost: smtplib.SMTP = smtplib.SMTP_SSL(
                host, int(port), name, timeout=_SECONDS, context=context
            )
        else:
            smarthost = smtplib.SMTP(host, int(port), name, timeout=_SECONDS)
        try:
            if settings.smarthost_tls == "starttls":
                smarthost.starttls(context=context)
            if settings.smarthost_user:
                smarthost.login(settings.smarthost_user, password.reveal())
            asked = True
            smarthost.send_message(message, sender, [to])
        finally:
            # What is said to our QUIT changes nothing about a mail that was taken.
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smarthost.quit()
            smarthost.close()
    except smtplib.SMTPRecipientsRefused as error:
        raise _verdict(*next(iter(error.recipients.values()))) from None
    except smtplib.SMTPDataError as error:
        raise _verdict(error.smtp_code, error.smtp_error) from None
    except smtplib.SMTPResponseException as error:  # greeting, EHLO, STARTTLS, AUTH, MAIL FROM: about us
        if error.smtp_code >= 500:
            raise OurFault(_words(error.smtp_code, error.smtp_error)) from None
        raise ProviderUnavailable(_words(error.smtp_code, error.smtp_error)) from None
    except smtplib.SMTPNotSupportedError as error:
        if not to.isascii():
            raise ProviderRefused("the smarthost cannot send to an address with such letters") from None
        raise OurFault(str(error)) from None
    except (smtplib.SMTPException, OSError) as error:
        if asked:
            raise OutcomeUnknown(f"the smarthost hung up before it answered: {error}") from None
        raise ProviderUnavailable(f"the smarthost cannot be reached: {error}") from None


def _verdict(code: int, said: bytes | str) -> ProviderRefused | ProviderUnavailable:
    words = _words(code, said)
    return ProviderRefused(words) if code >= 500 else ProviderUnavailable(words)


def _words(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"the smarthost says {code} {_line(text)[:200]}"


def _line(text: str) -> str:
    """One line without controls: what stands in a header is never able to begin another one.

    Nor is an encoded word: the standard library decodes those in a value, line breaks and all.
    """
    return " ".join(_NOT_IN_A_LINE.sub(" ", text).split()).replace("=?", "= ?")
