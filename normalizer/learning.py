"""What category and kind are learnt from, and the labelled texts that an operator adds.

The project brings texts, terms and phrases of its own (`data/`); an operator adds labelled messages as CSV. See
docs/classifying.md.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from normalizer.folding import whole
from normalizer.gazetteer import read_table
from normalizer.sentence import Sentence
from normalizer.tasks import CATEGORY, KIND, Task
from normalizer.text_training import Example

#: How much a labelled message counts beside a text of ours.
_MESSAGE = 2.0
#: Kinds other than complaint are rare in any collection, and must not drown.
_RARE = 3.0
#: Texts of each category, all of them complaints: as they come, and told in words that are harder to place.
_TOPICS = ("category_texts.csv", "category_cases.csv")


#: Whoever complains or asks often greets and thanks; so every so many texts are learnt once more with it.
_POLITE_EVERY = 20
_POLITE = (
    "{text} Terima kasih",
    "{text}. Terima kasih atas perhatiannya.",
    "{text}, mohon segera ditindaklanjuti. Terima kasih",
    "Selamat pagi. {text} Terima kasih.",
    "{text} makasih",
    "{text} mksh min",
    "Terima kasih sebelumnya. {text}",
    "Assalamualaikum, {text}. Atas bantuannya kami ucapkan terima kasih.",
    "{text} trims",
    "{text} tks",
    "{text} Matur nuwun",
    "{text} Hatur nuhun",
    "{text} Thank you.",
    "Pagi min, {text}",
    "Demikian laporan kami: {text} Atas perhatian Bapak/Ibu, terima kasih banyak.",
    "{text} Tolong diperbaiki. Terima kasih",
    "{text} mohon bantuannya, terimakasih",
)


def examples(task: Task, rows: Iterable[Mapping[str, str]]) -> list[Example]:
    """All that `task` is learnt from: the project's own, then the labelled `rows` (columns `text`, the task's
    column; `subject`, `reply_text` and `kind` where there are any). Rows whose `split` is `test` are never learnt."""
    own = _own_category() if task is CATEGORY else _own_kind()
    learnt = [row for row in rows if row.get("split") != "test" and row.get(task.column)]
    if task is CATEGORY:
        learnt = [row for row in learnt if row.get("kind", "complaint") in ("complaint", "suggestion")]
    added = (
        Example(
            text=said_in(row),
            label=row[task.column],
            weight=_weight(task, row[task.column]),
            judged=True,
            source=row.get("_source", "labelled"),
        )
        for row in learnt
    )
    return [*own, *added]


def said_in(row: Mapping[str, str]) -> str:
    """The text of a labelled row as the steps would see it: subject and what was newly written."""
    return whole(row.get("subject", ""), row.get("reply_text") or row["text"])


def read_labelled(paths: Sequence[Path]) -> Iterator[dict[str, str]]:
    """The rows of labelled CSV files. Raises `ValueError` that names the file and what is missing in it."""
    for path in paths:
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file)
                if "text" not in (reader.fieldnames or ()):
                    raise ValueError(
                        Sentence("{path} has no column text: its first line must name the columns", path=path)
                    )
                yield from (row | {"_source": path.stem} for row in reader)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise ValueError(
                Sentence("{path} cannot be read ({why}): give a CSV file in UTF-8", path=path, why=error)
            ) from error


def _weight(task: Task, label: str) -> float:
    if task is CATEGORY:
        return _MESSAGE
    return 1.0 if label == "complaint" else _RARE


def _own_category() -> Iterator[Example]:
    for table in _TOPICS:
        for row in read_table(table):
            yield Example(text=row["text"], label=row["category"], judged=True)
    for row in read_table("category_terms.csv"):
        for term in row["terms"].split(";"):
            yield Example(text=term, label=row["category"])
    for row in read_table("category_words.csv"):
        yield Example(text=row["phrase"], label=row["code"])


def _own_kind() -> Iterator[Example]:
    for number, (text, kind) in enumerate(_manners()):
        weight = _weight(KIND, kind)
        yield Example(text=text, label=kind, weight=weight, judged=True)
        if kind != "thanks" and number % _POLITE_EVERY == 0:
            polite = _POLITE[number // _POLITE_EVERY % len(_POLITE)]
            yield Example(text=polite.format(text=text), label=kind, weight=weight)


def _manners() -> Iterator[tuple[str, str]]:
    for table in ("kind_texts.csv", "kind_cases.csv"):
        for row in read_table(table):
            yield row["text"], row["kind"]
    for table in _TOPICS:
        for row in read_table(table):
            # A bare term shows no manner.
            if len(row["text"].split()) > 3:
                yield row["text"], "complaint"
