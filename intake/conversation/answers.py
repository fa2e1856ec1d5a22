"""What is said of a complaint: the acknowledgement once it is filed, and each status of the CRM. Pure.

Where everybody can read the answer (a comment, a mention) it is one short sentence with nothing personal, and the
details follow in private, as far as the platform allows that. Nothing is said of a confidential complaint in public.
No deadline is named: nobody has promised one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from complaint_queue.journal import StoredMessage
from complaint_queue.way_out import NewReply, Purpose, Said
from intake.banner import NO_BANNER, Banner
from intake.conversation.texts import Texts, answer_language
from normalizer.categories import categories
from normalizer.identity import JAKARTA, decode_id, ticket_day
from normalizer.record import Choice, Complaint
from normalizer.stages import LAST, StatusUpdate, stage_of

#: A category that we are less sure of is not named: a wrong one makes people doubt the rest.
NAMED = 0.6
#: A rating is tapped or typed as one digit.
RATINGS = ("1", "2", "3", "4", "5")


@dataclass(frozen=True)
class Manner:
    """How one account answers. `form`: `chat`, `mail` or `sms`; `banner` is the operator's word for the day."""

    form: str = "chat"
    banner: Banner = NO_BANNER


@dataclass(frozen=True)
class QuietHours:
    """From when until when, in Jakarta, nothing is said that can wait; equal times: never quiet."""

    begin: time = time(21, 0)
    end: time = time(6, 0)

    def over(self, now: datetime) -> datetime | None:
        """When the quiet hours that `now` lies in end; None outside of them."""
        local = now.astimezone(JAKARTA)
        clock = local.time().replace(tzinfo=None)
        overnight = self.begin > self.end
        quiet = (
            clock >= self.begin or clock < self.end if overnight else self.begin <= clock < self.end
        ) and self.begin != self.end
        if not quiet:
            return None
        day = local.date() + timedelta(days=1 if overnight and clock >= self.begin else 0)
        return datetime.combine(day, self.end, JAKARTA).astimezone(now.tzinfo)


def answerable(stored: Sequence[StoredMessage]) -> StoredMessage | None:
    """The message to answer: the reporter's newest that says where; never a stranger's."""
    known = [m for m in stored if not m.third_party and m.message.reply_to]
    return known[-1] if known else None


def acknowledge(record: Complaint, to: StoredMessage, link: str, manner: Manner) -> tuple[NewReply, ...]:
    """What the reporter of a complaint that was just filed is told."""
    t = Texts(answer_language(record.language))
    text = _short_ack(t, record, link) if manner.form == "sms" else _ack(t, record, link, manner)
    subject = t("ack.subject", ticket=record.ticket) if manner.form == "mail" else ""
    public = "" if record.confidential else t("ack.public", ticket=record.ticket)
    if public and (banner := manner.banner.words(t.language)):
        public = f"{public} {banner}"
    return _said(record, to, "acknowledgement", text, public, subject=subject)


def tell_status(
    record: Complaint, to: StoredMessage, update: StatusUpdate, link: str, manner: Manner
) -> tuple[NewReply, ...]:
    """What the reporter is told of a status of the CRM."""
    t = Texts(answer_language(record.language))
    stage = stage_of(update.stage)
    text = _short_status(t, update, stage, link) if manner.form == "sms" else _status(t, update, stage, link)
    subject = t("status.subject", ticket=record.ticket) if manner.form == "mail" else ""
    public = ""
    if stage and not record.confidential:
        words = t(f"stage.{stage}_text")
        if update.note_is_public and update.note:
            words = f"{words} {update.note}"
        public = t("status.public", ticket=record.ticket, stage=t(f"stage.{stage}"), text=words)
    return _said(record, to, "status", text, public, subject=subject, stage=stage or "")


def ask_rating(record: Complaint, to: StoredMessage, manner: Manner) -> NewReply:
    """Once, after Selesai: one tap or one digit."""
    t = Texts(answer_language(record.language))
    key = "sms.rating" if manner.form == "sms" else "rating.ask"
    said = Said(
        reply_to=to.message.reply_to,
        text=t(key, ticket=record.ticket),
        subject=t("status.subject", ticket=record.ticket) if manner.form == "mail" else "",
        ticket=record.ticket,
        choices=tuple(Choice(name=f"nilai:{record.ticket}:{n}", label=t(f"rating.{n}")) for n in RATINGS),
    )
    return NewReply(
        person=to.sender,
        account=record.account,
        purpose="rating",
        said=said,
        complaint_id=decode_id(record.complaint_id),
    )


def rating_fits(record: Complaint, to: StoredMessage, stage: str) -> bool:
    """Whether to ask: the work is done, and the question reaches the reporter alone."""
    return stage == LAST and not to.message.public


def place_words(record: Complaint) -> str:
    """The place as people say it; empty when it is not known."""
    place = record.place
    names = [r.name for r in (place.kelurahan, place.kecamatan, place.city) if r is not None]
    return ", ".join(names) or place.address


def category_words(record: Complaint, language: str) -> str:
    """The likeliest category's name; empty when none is likely enough to be named."""
    best = max(record.categories, key=lambda c: c.confidence, default=None)
    if best is None or best.confidence < NAMED:
        return ""
    for one in categories(ticket_day(record.received_at)):
        if one.code == best.code:
            return one.label_en if language == "en" else one.label_id
    return ""


def _ack(t: Texts, record: Complaint, link: str, manner: Manner) -> str:
    place, category = place_words(record), category_words(record, t.language)
    facts = [
        t("ack.place", place=place) if place else "",
        t("ack.category", category=category) if category else "",
        t("ack.files", count=len(record.attachments)) if record.attachments else "",
    ]
    understood = "\n".join(filter(None, facts))
    parts = [
        t("ack.emergency") if "emergency" in record.flags else "",
        manner.banner.words(t.language),
        f"{t('ack.hello')}\n{t('ack.ticket', ticket=record.ticket)}",
        f"{t('ack.understood')}\n{understood}" if understood else "",
        t("ack.wrong") if place else t("ack.no_place"),
        t("ack.confidential") if record.confidential else "",
        f"{t('ack.next')}\n{t('ack.link', link=link)}",
    ]
    return "\n\n".join(filter(None, parts))


def _short_ack(t: Texts, record: Complaint, link: str) -> str:
    place = place_words(record).partition(",")[0]
    where = t("sms.ack_place", place=place[:40]) if place else t("sms.ack_no_place")
    words = t("sms.ack", ticket=record.ticket, place=where, link=link)
    return t("sms.ack_emergency") + words if "emergency" in record.flags else words


def _status(t: Texts, update: StatusUpdate, stage: str | None, link: str) -> str:
    parts = [
        t("status.moved", ticket=update.ticket),
        t("status.stage", stage=t(f"stage.{stage}"), text=t(f"stage.{stage}_text"))
        if stage
        else t("status.other", word=update.stage),
        t("status.agency", agency=update.agency) if update.agency else "",
        t("status.note", note=update.note) if update.note else "",
        t("status.crm_number", number=update.crm_number) if update.crm_number else "",
        t("status.link", link=link),
    ]
    return "\n".join(filter(None, parts))


def _short_status(t: Texts, update: StatusUpdate, stage: str | None, link: str) -> str:
    agency = t("sms.agency", agency=update.agency[:40]) if update.agency else ""
    note = t("sms.note", note=_shortened(update.note, 80)) if update.note else ""
    if stage is None:
        word = update.stage[:40]
        return t("sms.status_other", ticket=update.ticket, word=word, agency=agency, note=note, link=link)
    return t("sms.status", ticket=update.ticket, stage=stage, agency=agency, note=note, link=link)


def _shortened(text: str, most: int) -> str:
    words = " ".join(text.split())
    return words if len(words) <= most else words[: most - 3].rstrip() + "..."


def _said(
    record: Complaint,
    to: StoredMessage,
    purpose: Purpose,
    text: str,
    public: str,
    *,
    subject: str = "",
    stage: str = "",
) -> tuple[NewReply, ...]:
    """In private; where the message was public, a short sentence for everybody goes before it."""
    where = to.message.reply_to

    def made(words: str, private: bool) -> NewReply:
        said = Said(
            reply_to=where,
            text=words,
            subject=subject,
            ticket=record.ticket,
            private=private,
            stage=stage,
        )
        return NewReply(
            person=to.sender,
            account=record.account,
            purpose=purpose,
            said=said,
            complaint_id=decode_id(record.complaint_id),
        )

    spoken = [made(public, False)] if to.message.public and public else []
    return (*spoken, made(text, True))
