"""What the gateway and the filing process say to each other: frames (`intake.pipes`) with one of these."""

from __future__ import annotations

from msgspec import Struct

from complaint_queue.fingerprints import StoredFingerprint
from complaint_queue.journal import ComplaintFile
from complaint_queue.keeping import NEVER, Restored
from intake.conversation.dialogue import Understood
from intake.filing.work import Failed, Offered, Work

#: Bytes of an answer: far above eight complaints of twenty messages each.
LARGEST = 512 * 1024 * 1024


class Setup(Struct, frozen=True, kw_only=True, tag="setup"):
    """To the process, first: everything that it may know.

    `adapters` has each account's adapter. `days` and `most` bound what is remembered of recent complaints; 0 days:
    nothing, duplicates are not looked for. `polygons`, `category_model` and `kind_model` are files; empty: none, ours.
    """

    identity_key: bytes
    crm_key: bytes | None
    public_url: str
    adapters: dict[str, str]
    days: float
    most: int
    polygons: str = ""
    category_model: str = ""
    kind_model: str = ""
    returned: Restored = NEVER


class Learn(Struct, frozen=True, tag="learn"):
    """To the process: remember these."""

    page: tuple[StoredFingerprint, ...]


class File(Struct, frozen=True, tag="file"):
    """To the process: make these ready to be written."""

    files: tuple[ComplaintFile, ...]


class Understand(Struct, frozen=True, tag="understand"):
    """To the process: say what the messages in each of these mean to the bot."""

    files: tuple[ComplaintFile, ...]


class Offer(Struct, frozen=True, tag="offer"):
    """To the process: say which categories each of these texts may belong to."""

    texts: tuple[str, ...]


class Ready(Struct, frozen=True, tag="ready"):
    """From the process: it has loaded its models, or has learnt."""


Made = Work | Understood | Offered | Failed


class Answers(Struct, frozen=True, tag="answers"):
    """From the process: what was asked for, in the order of the files or texts."""

    made: tuple[Made, ...]


Request = Learn | File | Understand | Offer
Answer = Ready | Answers
