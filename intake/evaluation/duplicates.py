"""Labelled duplicates: rows about one incident, through the real steps in the order in which they were sent.

`same_as` names an earlier row of the file about the same incident, `hours` when it was sent, counted from any moment.
Where there are columns `sender`, `photo` (made-up names) or a point, the complaint has them too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec

from adapters.email.quotes import reply_text
from intake.evaluation.scores import Figure, Found
from intake.evaluation.sets import LabelledSet
from normalizer.assemble import assemble
from normalizer.context import Context
from normalizer.duplicate_memory import Recent
from normalizer.duplicate_training import Told
from normalizer.gazetteer import read_table
from normalizer.identity import encode_id
from normalizer.pipeline import normalise
from normalizer.record import Attachment, Complaint, Coordinates, Message, Place, Sender

_START = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


def hours_of(row: Mapping[str, str]) -> float:
    """When it was sent; 0 where nothing is said."""
    try:
        return float(row.get("hours") or 0)
    except ValueError:
        return 0.0


def incidents(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """For each row the name of its incident: the row that the chain of `same_as` ends at."""
    before = {row["id"]: row["same_as"] for row in rows if row.get("id") and row.get("same_as")}
    found = []
    for number, row in enumerate(rows):
        name = row.get("id") or f"#{number}"
        seen = {name}
        while name in before and before[name] not in seen:
            name = before[name]
            seen.add(name)
        found.append(name)
    return found


def complaint_of(row: Mapping[str, str], context: Context, number: int) -> Complaint:
    """The row as the CRM would get it; its ticket is its number."""
    text = row["text"]
    if row.get("channel") == "email" or row.get("reply_text"):
        text = reply_text(text, row.get("subject", ""))
    sender = row.get("sender", "")
    place = Place()
    if row.get("latitude") and row.get("longitude"):
        point = Coordinates(latitude=float(row["latitude"]), longitude=float(row["longitude"]))
        place = Place(coordinates=point, method="coordinates")
    photos: tuple[Attachment, ...] = ()
    if row.get("photo"):
        name = hashlib.sha256(row["photo"].encode()).hexdigest()
        photos = (Attachment(media_type="image/jpeg", sha256=name, perceptual_hash=name[:16]),)
    message = Message(
        external_id=f"row-{number}",
        sender=Sender(reference=sender or f"row-{number}", name=row.get("reporter_name", "")),
        subject=row.get("subject", ""),
        text=text,
        original_text=row["text"],
        place=place,
        attachments=photos,
    )
    complaint = assemble(
        complaint_id=encode_id(number + 1),
        ticket=str(number + 1),
        adapter="evaluation",
        account="evaluation",
        channel=row.get("channel") or "email",
        received_at=_START + timedelta(hours=hours_of(row)),
        messages=[message],
        raw_sha256=(),
        reference=sender or f"row-{number}",
    )
    return normalise(complaint, context)


class Judged(msgspec.Struct, kw_only=True):
    """What came out of some sets: counted pairs, (claimed probability, whether it was right), and what went wrong as
    (row, wanted, found, text)."""

    pairs: Found
    rows: int = 0
    claims: list[tuple[float, bool]] = []
    misses: list[tuple[str, str, str, str]] = []


def judge(sets: Sequence[LabelledSet], context: Context, recent: Recent | None = None) -> Judged:
    """Every two rows of one set: are they linked where they tell of one incident, and nowhere else?"""
    out = Judged(pairs=Found())
    memory = recent or Recent(b"evaluation")
    for labelled in sets:
        memory = Recent(b"evaluation", learned=memory.learned)
        _judge_set(out, labelled, replace(context, recent=memory), memory)
    return out


def _judge_set(out: Judged, labelled: LabelledSet, context: Context, memory: Recent) -> None:
    names = incidents(labelled.rows)
    told: dict[str, list[int]] = {}
    for number in sorted(range(len(names)), key=lambda n: hours_of(labelled.rows[n])):
        row = labelled.rows[number]
        out.rows += 1
        complaint = complaint_of(row, context, number)
        memory.add(number + 1, memory.of(complaint))
        wanted = set(told.get(names[number], ()))
        linked = {int(link.ticket) - 1: link.confidence for link in complaint.possible_duplicates}
        out.pairs.right += len(wanted & linked.keys())
        out.pairs.wrong += len(linked.keys() - wanted)
        out.pairs.missed += len(wanted - linked.keys())
        out.claims += [(likely, other in wanted) for other, likely in linked.items()]
        for other in sorted(wanted ^ linked.keys()):
            two = labelled.rows[other]
            said = ("same", "not linked") if other in wanted else ("another", "linked")
            both = f"{row['text'][:150]} || {two['text'][:150]}".replace("\n", " ")
            out.misses.append((f"{row.get('id', number)} {two.get('id', other)}", *said, both))
        told.setdefault(names[number], []).append(number)


def figures(judged: Judged, where: str = "", goals: bool = True) -> list[Figure]:
    """Precision and recall over pairs; `count` is of the pairs that they are shares of."""
    pairs = judged.pairs
    return [
        Figure(
            name=f"near-duplicates{where}, precision",
            value=pairs.precision,
            count=pairs.right + pairs.wrong,
            goal=0.95 if goals else None,
        ),
        Figure(
            name=f"near-duplicates{where}, recall",
            value=pairs.recall,
            count=pairs.right + pairs.missed,
            goal=0.85 if goals else None,
        ),
    ]


def told(files: Sequence[tuple[str, Sequence[dict[str, str]]]], context: Context) -> list[Told]:
    """What duplicates are learnt from: our own scenes, and the labelled files that say which rows are of one incident
    and when they were sent."""
    found = list(_own_scenes(context))
    for name, rows in files:
        if _timed(rows):
            found += _labelled(name, rows, context)
    return found


def _timed(rows: Sequence[Mapping[str, str]]) -> bool:
    return bool(rows) and {"same_as", "hours"} <= rows[0].keys()


def _own_scenes(context: Context) -> Iterator[Told]:
    for number, row in enumerate(read_table("duplicate_texts.csv")):
        yield Told(
            complaint=complaint_of(row, context, number),
            collection="scenes",
            incident=f"{row['scene']}{row['incident']}",
            part=f"scene {row['scene']}",
            judged=False,
        )


def _labelled(name: str, rows: Sequence[dict[str, str]], context: Context) -> Iterator[Told]:
    for number, (row, incident) in enumerate(zip(rows, incidents(rows), strict=True)):
        if row.get("split") != "test":
            yield Told(
                complaint=complaint_of(row, context, number),
                collection=name,
                incident=incident,
                part=f"{name} {incident}",
            )


def ordinary_texts(files: Iterable[Sequence[Mapping[str, str]]]) -> Iterator[str]:
    """What words are counted in: the texts of each category and kind, and labelled rows; but not those that tell of one
    incident several times, where a street's name is no rare word."""
    for table in ("category_texts.csv", "kind_texts.csv"):
        for row in read_table(table):
            yield row["text"]
    for rows in files:
        for labelled_row in () if _timed(rows) else rows:
            if labelled_row.get("split") != "test":
                yield labelled_row.get("reply_text") or labelled_row["text"]
