"""The canonical record: what a message is, what a complaint is, and the events that the CRM receives.

Everything here is frozen, typed and versioned; JSON Schema is generated from these types
(`complaint_queue.wire.json_schema`). Names are the field's standard terms: CloudEvents 1.0 for the envelope,
Open311 GeoReport v2 for the request, ISO 639 for languages, E.164 for telephones, RFC 3339 for times (stored in
UTC), Kemendagri codes for regions (`31.71.01.1001`), WGS 84 degrees for coordinates.

Additions only within a major `SCHEMA_VERSION`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

SCHEMA_VERSION = "1.0"

#: A moment with its zone; stored and sent in UTC.
Moment = Annotated[datetime, Meta(tz=True)]
Confidence = Annotated[float, Meta(ge=0, le=1)]
ChannelName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{1,31}$")]

#: The thirteen official intake channels, as the CRM counts them.
OFFICIAL_CHANNELS = (
    "jaki",
    "facebook",
    "twitter",
    "email",
    "sms",
    "balai_kota",
    "medsos_gubernur",
    "sp4n_lapor",
    "balai_warga",
    "kantor_walikota",
    "kantor_inspektorat",
    "kantor_kecamatan",
    "kantor_kelurahan",
)
#: Channels beyond the law's list. A new adapter may bring its own name; this list only orders the tables.
FURTHER_CHANNELS = ("telegram", "whatsapp", "instagram", "open311", "lapor_video", "qlue")

Kind = Literal["complaint", "question", "suggestion", "thanks", "announcement", "spam", "abuse"]
EventKind = Literal["created", "information_added", "corrected", "withdrawn", "rated"]
#: What a person wants done with their complaint; empty: nothing but what the words say. A `note` was for the bot
#: alone and is no part of what is told; `mend` is an operator's, who says what does not belong here.
Act = Literal["", "note", "correct", "mend", "withdraw", "rate"]
AttachmentState = Literal["stored", "pending", "unavailable"]
Flag = Literal[
    "emergency",
    "spam",
    "abusive",
    "possible_duplicate",
    "third_party",
    "duplicate_message_id",
    "text_truncated",
    "edited_by_operator",
]


class Base(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Frozen, keyword-only; a field at its default is left out on the wire."""


class RawEvent(Base, frozen=True, kw_only=True):
    """What arrived, before anyone understood it: one HTTP request, one mail, one polled item, one form.

    `body` is exactly what came over the wire. It is empty when the bytes were too large for a row: then
    `body_file` is their SHA-256 in the file store. `headers` have lower-case names. `url` is the address as the
    provider called it (Twilio signs it). `envelope` holds what is not in the body: SMTP `mail_from`, `rcpt_to`
    (comma separated), `remote` address, clerk, office.
    """

    account: str
    received_at: Moment
    body: bytes = b""
    body_file: str = ""
    method: str = ""
    url: str = ""
    headers: dict[str, str] = {}
    envelope: dict[str, str] = {}


class Coordinates(Base, frozen=True, kw_only=True):
    """WGS 84 degrees; `accuracy` in metres."""

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    accuracy: float | None = None


class Region(Base, frozen=True, kw_only=True):
    """An administrative area: Kemendagri code (`31.71`, `31.71.01`, `31.71.01.1001`) and official name."""

    code: str
    name: str


class Place(Base, frozen=True, kw_only=True):
    """Where it happened, how we know (`method`), and the words that say so (`evidence`).

    `method` is one of `office`, `clerk`, `coordinates`, `photo`, `text`, `address`, `none`; `inside` is None when
    unknown, False when the place is surely outside the province.
    """

    coordinates: Coordinates | None = None
    address: str = ""
    kelurahan: Region | None = None
    kecamatan: Region | None = None
    city: Region | None = None
    inside: bool | None = None
    method: str = "none"
    confidence: Confidence = 0.0
    evidence: tuple[str, ...] = ()


class Contact(Base, frozen=True, kw_only=True):
    """One way to reach a person. `kind` is `phone` (E.164), `email`, or `handle`."""

    kind: Literal["phone", "email", "handle"]
    value: str


class Sender(Base, frozen=True, kw_only=True):
    """Who wrote, as the channel knows them. `reference` is stable within the adapter: an address, a user id."""

    reference: str = ""
    name: str = ""
    contacts: tuple[Contact, ...] = ()
    nik: str = ""


class Attachment(Base, frozen=True, kw_only=True):
    """A photo, letter, video or voice note.

    `sha256` is of the content and empty until it is stored; `size` is in bytes; `media_type` is found from the
    content, `declared_type` and `name` are what the sender claimed. `remote` is the provider's own id or
    address, from which the adapter fetches it; it never holds a credential. `url` is where the CRM fetches a
    stored one from the gateway until `url_expires_at`: its signature is the authorisation.

    `sha256` and `url` are of the original, which nobody changes: it is evidence. What may be shown to others is the
    copy at `public_url`, without place, device and names in its metadata, and the small picture at `thumbnail_url`;
    both are empty when there is no such copy, which is so for everything but readable photos, and for all that is
    confidential. `captured_at` and
    `captured_place` are what the original's metadata say; `metadata_place` is true when they speak of a place at
    all, believable or not: then the original shows where somebody was. `width` and `height` are in pixels as the
    picture is looked at, `duration` in seconds; 0 and None when unknown. `perceptual_hash` is 16 hexadecimal digits,
    few bits of which differ between two copies of one picture; empty when unknown.
    """

    name: str = ""
    media_type: str = "application/octet-stream"
    declared_type: str = ""
    size: int = 0
    sha256: str = ""
    state: AttachmentState = "stored"
    remote: str = ""
    inline: bool = False
    caption: str = ""
    url: str = ""
    url_expires_at: Moment | None = None
    captured_at: Moment | None = None
    captured_place: Coordinates | None = None
    metadata_place: bool = False
    width: int = 0
    height: int = 0
    duration: float | None = None
    perceptual_hash: str = ""
    public_sha256: str = ""
    public_url: str = ""
    thumbnail_sha256: str = ""
    thumbnail_url: str = ""


class Group(Base, frozen=True, kw_only=True):
    """Joins messages into one complaint: an album, the parts of a long SMS, a dialogue.

    `key` is unique within account and sender. The complaint closes when `parts` messages are there (if the
    number is known) or after `silence` seconds without another one. `order` sorts the parts.
    """

    key: str
    parts: int | None = None
    order: int = 0
    silence: float = 5.0


class Choice(Base, frozen=True, kw_only=True):
    """One thing that a person may tap. `name` comes back as `Message.choice`; `label` is what the button says."""

    name: str
    label: str


class Authenticity(Base, frozen=True, kw_only=True):
    """How the origin was proved: `method` (signature, secret, session, smtp, none) and mail verdicts.

    The verdicts are those of RFC 8601 (`pass`, `fail`, `softfail`, `neutral`, `none`, `temperror`, `permerror`).
    """

    method: str = "none"
    spf: str = ""
    dkim: str = ""
    dmarc: str = ""


class Message(Base, frozen=True, kw_only=True):
    """One message as a pure parser read it from a raw event.

    Its identity is account + `external_id` + `verb` + `version`: an edit is another message. Where a provider
    gives no id, the parser derives one from sender, provider's time and a hash of the text.

    `follows` are external ids in the same account that this message belongs to (the original of an edit, the
    mail it replies to): if one of them is known and the sender is the same, it becomes *information added*.
    `reply_to` is what the adapter needs to answer; nobody else reads it. `hold`, when it is not empty, says why a
    person has to look at the message before it becomes a case. `choice` is the name of the button that was tapped;
    `act` is what the sender wants done with a complaint that this message is joined to. `parts_joiner` joins the
    texts of a group: empty for a long SMS, a newline for an album. `against_office` is the code of the office that it
    is about, from which it is hidden. `removes` and `related` are of an operator who mended a wrong guess: external ids
    that do not belong here, and the tickets of the other side. `ticket` is one that its door gave out before.
    """

    external_id: str
    verb: Literal["new", "edit"] = "new"
    version: str = ""
    sent_at: Moment | None = None
    sender: Sender = Sender()
    subject: str = ""
    text: str = ""
    original_text: str = ""
    attachments: tuple[Attachment, ...] = ()
    place: Place = Place()
    category: str = ""
    group: Group | None = None
    parts_joiner: str = "\n"
    follows: tuple[str, ...] = ()
    thread_id: str = ""
    permalink: str = ""
    reply_to: dict[str, str] = {}
    channel: str = ""
    office_code: str = ""
    against_office: str = ""
    clerk_id: str = ""
    on_behalf_of: str = ""
    anonymous: bool = False
    confidential: bool = False
    public: bool = False
    authenticity: Authenticity = Authenticity()
    lapor_number: str = ""
    flags: tuple[Flag, ...] = ()
    hold: str = ""
    choice: str = ""
    act: Act = ""
    rating: int = 0
    removes: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    ticket: str = ""


class Evidence(Base, frozen=True, kw_only=True):
    """Why a step decided as it did: the words it relied on, and how sure it is."""

    step: str
    result: str
    words: tuple[str, ...] = ()
    confidence: Confidence = 1.0


class Language(Base, frozen=True, kw_only=True):
    """ISO 639 code (`id`, `en`, `jv`, `su`, `bew`), or `und` when it is not known."""

    code: str = "und"
    confidence: Confidence = 0.0


class CategorySuggestion(Base, frozen=True, kw_only=True):
    """A code of the CRM's category table; a suggestion, never a decision."""

    code: str
    confidence: Confidence


class Reporter(Base, frozen=True, kw_only=True):
    """Who complains. `reference` is a pseudonym that stays the same for one sender of one adapter.

    When the complaint is confidential, everything but `reference` is empty here and travels in `sealed`:
    base64 of an envelope that only the CRM's private key opens (see `complaint_queue.seal`).
    """

    reference: str = ""
    name: str = ""
    contacts: tuple[Contact, ...] = ()
    nik: str = ""
    sealed: str = ""


class DuplicateLink(Base, frozen=True, kw_only=True):
    """An earlier complaint that perhaps tells of the same thing at the same place; for a person to decide.

    `confidence` is the calibrated probability of it. `reasons` are what both share: `sender`, `photo`, `point`,
    `region`, `street`, `landmark`, `number` (RT, RW, house, kilometre, plate), `topic`, `words`. `words` are those of
    this complaint that the other one has too.
    """

    ticket: str
    confidence: Confidence
    reasons: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


class Complaint(Base, frozen=True, kw_only=True, omit_defaults=False):
    """The canonical complaint record, as far as it is known at this event.

    `office_code` is the office that took it; `against_office` the office that it is about (itself or an official of
    it), to which nobody may show it. Both are codes of normalizer/data/offices.csv, empty for none. `related` are the
    tickets that it was split from or joined to by an operator; `possible_duplicates` are suggestions of the gateway,
    the likeliest first, and change nothing about this complaint.
    """

    schema_version: str = SCHEMA_VERSION
    complaint_id: str
    ticket: str
    channel: ChannelName
    adapter: str
    account: str
    received_at: Moment
    sent_at: Moment | None = None
    office_code: str = ""
    against_office: str = ""
    clerk_id: str = ""
    on_behalf_of: str = ""
    external_ids: tuple[str, ...] = ()
    thread_id: str = ""
    permalink: str = ""
    crm_number: str = ""
    lapor_number: str = ""
    kind: Kind = "complaint"
    kind_confidence: Confidence = 0.0
    subject: str = ""
    text: str = ""
    original_text: str = ""
    public_text: str = ""
    language: Language = Language()
    reporter: Reporter = Reporter()
    anonymous: bool = False
    confidential: bool = False
    place: Place = Place()
    categories: tuple[CategorySuggestion, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    flags: tuple[Flag, ...] = ()
    authenticity: Authenticity = Authenticity()
    raw_sha256: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    related: tuple[str, ...] = ()
    possible_duplicates: tuple[DuplicateLink, ...] = ()


class Added(Base, frozen=True, kw_only=True):
    """What an event after the first brings: the new words and files, and whether a stranger sent them.

    `rating` is from 1 (very bad) to 5 (very good) in a `rated` event, else 0. `removed` are the sequence numbers of
    events whose words an operator took out: they were never part of this complaint.
    """

    text: str = ""
    public_text: str = ""
    attachments: tuple[Attachment, ...] = ()
    received_at: Moment
    third_party: bool = False
    edit: bool = False
    rating: Annotated[int, Meta(ge=0, le=5)] = 0
    removed: tuple[int, ...] = ()


class ComplaintEvent(Base, frozen=True, kw_only=True, omit_defaults=False):
    """What the CRM gets. Its id, `<complaint_id>.<sequence>.<revision>`, is the same at every delivery.

    `sequence` counts from 1 within the complaint without gaps; `revision` grows when the same event is sent
    again with another content. `complaint` is the whole record after this event, so that a consumer never has
    to replay; `added` is what is new in it.
    """

    event: EventKind
    sequence: Annotated[int, Meta(ge=1)]
    revision: Annotated[int, Meta(ge=0)] = 0
    occurred_at: Moment
    complaint: Complaint
    added: Added | None = None

    @property
    def event_id(self) -> str:
        return f"{self.complaint.complaint_id}.{self.sequence}.{self.revision}"
