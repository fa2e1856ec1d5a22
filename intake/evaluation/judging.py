"""Lets the steps of the running gateway judge labelled rows, and counts where they are right.

Every row goes through `normalise` as a message of its channel would; only the clerk's and citizen's own choices are
missing, because they would give the answer away. Mail is stripped of quotes and signatures first, as its adapter does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from adapters.email.quotes import reply_text
from intake.evaluation import duplicates
from intake.evaluation.scores import Confusion, Figure, Found
from intake.evaluation.sets import LabelledSet
from normalizer.assemble import assemble
from normalizer.context import Context
from normalizer.learning import said_in
from normalizer.pipeline import normalise
from normalizer.record import Attachment, Complaint, Message, Sender

#: What may never be left in a public text, not even once.
NEVER = ("phone", "nik", "email")
_NONE = "(none)"


class Miss(Struct, frozen=True, kw_only=True):
    """A row that was judged wrongly, for whoever wants to learn from it."""

    figure: str
    row: str
    wanted: str
    found: str
    text: str


class Judgement(Struct, kw_only=True):
    """What came out for all sets together."""

    figures: list[Figure]
    confusions: dict[str, Confusion]
    #: (probability that was claimed, whether it was right) for the charts of calibration.
    claims: dict[str, list[tuple[float, bool]]]
    misses: list[Miss]


def judge(
    sets: Sequence[LabelledSet], context: Context, progress: Callable[[int], None] = lambda done: None
) -> Judgement:
    """Every figure that the sets' columns allow. `progress` is told how many rows are done."""
    out = Judgement(figures=[], confusions={}, claims={}, misses=[])
    own = [s for s in sets if s.shape == "own" and "text" in s.columns]
    judged: list[tuple[LabelledSet, dict[str, str], Complaint]] = []
    for labelled in own:
        for number, row in enumerate(labelled.rows):
            judged.append((labelled, row, complaint_of(row, context, number)))
            progress(1)
    _reply(out, judged)
    _kind(out, judged)
    _category(out, judged)
    _place(out, judged)
    _privacy(out, judged)
    _own_language(out, judged)
    _duplicates(out, own, context)
    for shape in ("nusax", "nusawrites"):
        _language(out, shape, [s for s in sets if s.shape == shape], context, progress)
    _points(out, [s for s in sets if {"latitude", "longitude", "kelurahan"} <= s.columns], context)
    return out


def complaint_of(
    row: dict[str, str], context: Context, number: int = 0, attachments: tuple[Attachment, ...] = ()
) -> Complaint:
    """The row as the CRM would get it."""
    text = row["text"]
    if row.get("channel") == "email" or row.get("reply_text"):
        text = reply_text(text, row.get("subject", ""))
    message = Message(
        external_id=f"row-{number}",
        sender=Sender(name=row.get("reporter_name", "")),
        subject=row.get("subject", ""),
        text=text,
        original_text=row["text"],
        attachments=attachments,
    )
    complaint = assemble(
        complaint_id="0000000000001",
        ticket="",
        adapter="evaluation",
        account="evaluation",
        channel=row.get("channel") or "email",
        received_at=datetime.now(UTC),
        messages=[message],
        raw_sha256=(),
        reference="",
    )
    return normalise(complaint, context)


Judged = Iterable[tuple[LabelledSet, dict[str, str], Complaint]]


def _having(judged: Judged, column: str) -> list[tuple[dict[str, str], Complaint]]:
    """The rows of the sets that are labelled in `column`; where it is empty throughout, it says nothing."""
    rows = list(judged)
    sets_of = {labelled.name: labelled for labelled, _, _ in rows}
    filled = {name for name, labelled in sets_of.items() if any(row.get(column) for row in labelled.rows)}
    return [(row, complaint) for labelled, row, complaint in rows if labelled.name in filled]


def _miss(out: Judgement, figure: str, row: dict[str, str], wanted: str, found: str) -> None:
    text = said_in(row).replace("\n", " ")[:160]
    out.misses.append(Miss(figure=figure, row=row.get("id", ""), wanted=wanted, found=found, text=text))


def _reply(out: Judgement, judged: Judged) -> None:
    rows = [(row, c) for row, c in _having(judged, "reply_text") if row["reply_text"]]
    if not rows:
        return
    right = 0
    for row, complaint in rows:
        found, wanted = " ".join(complaint.text.split()), " ".join(row["reply_text"].split())
        right += found == wanted
        if found != wanted:
            _miss(out, "reply text", row, wanted[-160:], found[-160:])
    out.figures.append(Figure(name="reply text exact", value=right / len(rows), count=len(rows), goal=0.95))


def _kind(out: Judgement, judged: Judged) -> None:
    rows = [(row, c) for row, c in _having(judged, "kind") if row["kind"]]
    if not rows:
        return
    confusion = out.confusions["kind"] = Confusion()
    claims = out.claims["kind"] = []
    for row, complaint in rows:
        confusion.add(row["kind"], complaint.kind)
        claims.append((complaint.kind_confidence, row["kind"] == complaint.kind))
        if row["kind"] != complaint.kind:
            _miss(out, "kind", row, row["kind"], complaint.kind)
    kept, complaints = confusion.recall("complaint")
    others = confusion.total() - complaints
    told = sum(n for (w, f), n in confusion.pairs.items() if w == f != "complaint")
    apart = sum(n for (w, f), n in confusion.pairs.items() if w != "complaint" != f)
    out.figures.append(Figure(name="kind: complaints recognised", value=kept, count=complaints, goal=0.99))
    if others:
        out.figures.append(
            Figure(name="kind: others recognised", value=apart / others, count=others, goal=0.85)
        )
        out.figures.append(Figure(name="kind: others, the very kind", value=told / others, count=others))


def _category(out: Judgement, judged: Judged) -> None:
    rows = [(row, c) for row, c in _having(judged, "category") if row["category"]]
    rows = [(row, c) for row, c in rows if row.get("kind", "complaint") in ("complaint", "")]
    if not rows:
        return
    confusion = out.confusions["category"] = Confusion()
    claims = out.claims["category"] = []
    third = 0
    for row, complaint in rows:
        named = [suggestion.code for suggestion in complaint.categories]
        first = named[0] if named else _NONE
        confusion.add(row["category"], first)
        third += row["category"] in named
        if named:
            claims.append((complaint.categories[0].confidence, first == row["category"]))
        if first != row["category"]:
            _miss(out, "category", row, row["category"], " ".join(named))
    out.figures.append(Figure(name="category, first", value=confusion.right(), count=len(rows), goal=0.85))
    out.figures.append(
        Figure(name="category, among three", value=third / len(rows), count=len(rows), goal=0.95)
    )


def _place(out: Judgement, judged: Judged) -> None:
    rows = _having(judged, "kecamatan")
    if not rows:
        return
    count = Found()
    for row, complaint in rows:
        wanted = row.get("kelurahan") or row["kecamatan"]
        place = complaint.place
        named = place.kelurahan or place.kecamatan
        found = named.code if named is not None else ""
        # What is said more exactly than the text determines is as wrong as another place; less exactly is missed.
        if found and found == wanted:
            count.right += 1
            continue
        broader = bool(found) and wanted.startswith(found)
        count.wrong += bool(found) and not broader
        count.missed += bool(wanted)
        if wanted or found:
            _miss(out, "place", row, wanted or _NONE, found or _NONE)
    texts = len(rows)
    out.figures.append(
        Figure(name="place from text, precision", value=count.precision, count=texts, goal=0.97)
    )
    out.figures.append(Figure(name="place from text, recall", value=count.recall, count=texts, goal=0.90))
    said = [(row, c) for row, c in rows if row.get("inside") == "no"]
    if said:
        out.figures.append(
            Figure(
                name="outside the province said",
                value=sum(c.place.inside is False for _, c in said) / len(said),
                count=len(said),
            )
        )


def _privacy(out: Judgement, judged: Judged) -> None:
    planted = left = never = 0
    for row, complaint in _having(judged, "personal"):
        for item in json.loads(row["personal"] or "[]"):
            planted += 1
            if _readable(item["kind"], item["text"], complaint):
                left += 1
                never += item["kind"] in NEVER
                _miss(out, "privacy", row, f"{item['kind']}: {item['text']}", complaint.public_text[:160])
    if planted:
        out.figures.append(
            Figure(name="personal data left", value=left / planted, count=planted, goal=0.005, most=True)
        )
        out.figures.append(
            Figure(name="phone, NIK, e-mail left", value=never / planted, count=planted, goal=0.0, most=True)
        )
    harmless = masked = 0
    for row, complaint in _having(judged, "harmless"):
        for text in json.loads(row["harmless"] or "[]"):
            harmless += 1
            if " ".join(text.split()) not in " ".join(complaint.public_text.split()):
                masked += 1
                _miss(out, "over-masking", row, text, complaint.public_text[:160])
    if harmless:
        out.figures.append(Figure(name="harmless words masked too", value=masked / harmless, count=harmless))


#: A street stays public, whosever name it bears: what stands right before such a name.
_STREET = re.compile(
    r"\b(?:jl|jln|jalan|gg|gang)\b\.? ?(?:(?:h|hj|haji|kh|kyai|dr|ir|prof|jend|jenderal|letjen|mayjen|kapten)\b"
    r"\.? ?)*$",
    re.IGNORECASE,
)
_STREET_NEAR = 40
#: So short a name may be the beginning of any word.
_SHORT = 4
#: What stands right before the number of a house.
_NUMBERED = r"\b(?:no|nomor|nomer|nmr|rumah|rmh|unit|blok|kav|kavling|pintu|petak|kamar)\b[ .:]{0,3}"


def _readable(kind: str, item: str, complaint: Complaint) -> bool:
    """Whether `item` can be read in the public text, whatever became of spaces between.

    A name is no end of another word ("endah" in "bendahara"), a short one neither its beginning nor another word
    written small ("Dar" in "dari", "Hari" in "hari ini"), and none where a street is called so. The number of a house
    is no part of another number, and where it stands in the text in another meaning too ("RT 7, nomor 7") it is left
    when no place of it is masked, or one that follows a word for a house's number is not."""
    public = complaint.public_text
    if kind == "address":
        written = rf"(?<![^\W_]){re.escape(item)}(?![^\W_])"
        if re.search(_NUMBERED + written, public, re.IGNORECASE):
            return True
        readable = len(re.findall(written, public, re.IGNORECASE))
        return readable > 0 and readable >= len(re.findall(written, complaint.text, re.IGNORECASE))
    if kind != "name":
        return "".join(item.split()).lower() in "".join(public.split()).lower()
    if len(item) <= _SHORT:
        found = re.finditer(rf"(?<![^\W\d_]){re.escape(item)}(?:nya|ku|mu)?(?![^\W\d_])", public)
    else:
        letters = r"\s*".join(map(re.escape, "".join(item.split())))
        found = re.finditer(rf"(?<![^\W\d_]){letters}", public, re.IGNORECASE)
    return any(
        _STREET.search(public, max(0, match.start() - _STREET_NEAR), match.start()) is None for match in found
    )


def _own_language(out: Judgement, judged: Judged) -> None:
    rows = [(row, c) for row, c in _having(judged, "language") if row["language"]]
    if not rows:
        return
    confusion = out.confusions["language, own"] = Confusion()
    for row, complaint in rows:
        code = complaint.language.code
        confusion.add(row["language"], code if code in ("id", "jv", "su", "bew", "en", "und") else "other")
    out.figures.append(Figure(name="language, own texts", value=confusion.right(), count=len(rows)))


def _duplicates(out: Judgement, sets: Sequence[LabelledSet], context: Context) -> None:
    """Where the hours are known the goal holds; a corpus without them is told for its own sake."""
    timed = [s for s in sets if {"same_as", "hours"} <= s.columns]
    corpora = [s for s in sets if "same_as" in s.columns and "hours" not in s.columns]
    for chosen, where, goals in ((timed, "", True), (corpora, " in the corpora", False)):
        if not any(row["same_as"] for labelled in chosen for row in labelled.rows):
            continue
        judged = duplicates.judge(chosen, context)
        out.figures += duplicates.figures(judged, where, goals)
        if goals:
            out.claims["near-duplicates"] = judged.claims
        for row, wanted, found, text in judged.misses:
            out.misses.append(
                Miss(figure=f"near-duplicates{where}", row=row, wanted=wanted, found=found, text=text)
            )


def _language(
    out: Judgement, shape: str, sets: Sequence[LabelledSet], context: Context, progress: Callable[[int], None]
) -> None:
    rows = [row for labelled in sets for row in labelled.rows]
    if not rows:
        return
    confusion = out.confusions[f"language, {shape}"] = Confusion()
    short = Confusion()
    known = {"id", "jv", "su", "bew", "en"}
    for row in rows:
        code = context.detector.detect(row["text"]).language.code
        confusion.add(row["language"], code if code in known else "other")
        if row["language"] != "other":
            code = context.detector.detect(row["text"][:60]).language.code
            short.add(row["language"], code if code in known else "other")
        progress(1)
    if shape == "nusawrites":
        figure = Figure(name="NusaWrites, macro F1", value=confusion.macro_f1(), count=len(rows), goal=0.90)
        out.figures.append(figure)
        return
    named = Confusion()
    named.pairs.update({(w, f): n for (w, f), n in confusion.pairs.items() if w != "other"})
    out.figures.append(
        Figure(name="NusaX, four languages", value=named.right(), count=named.total(), goal=0.98)
    )
    out.figures.append(
        Figure(name="NusaX, first 60 characters", value=short.right(), count=short.total(), goal=0.97)
    )
    ours = ("id", "bew")
    right = sum(n for (w, f), n in confusion.pairs.items() if (w in ours) == (f in ours))
    out.figures.append(
        Figure(name="NusaX, Indonesian or not", value=right / len(rows), count=len(rows), goal=0.95)
    )


def _points(out: Judgement, sets: Sequence[LabelledSet], context: Context) -> None:
    rows = [row for labelled in sets for row in labelled.rows if row["latitude"] and row["kelurahan"]]
    if not rows or context.polygons is None:
        return
    right = 0
    for row in rows:
        found = context.polygons.locate(float(row["latitude"]), float(row["longitude"]))
        right += (
            found is not None and found.kelurahan is not None and found.kelurahan.code == row["kelurahan"]
        )
    out.figures.append(
        Figure(name="kelurahan from points", value=right / len(rows), count=len(rows), goal=0.999)
    )
