"""How right the normaliser is and why: `evaluate`, `train`, `explain`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from intake.commands.options import AsJson, ConfigFile, read
from intake.commands.screen import bars, console
from intake.words import say

#: More texts than this are explained one by one only to a file's reader who asks for them.
_MOST_EXPLAINED = 20


#: Both ways to learn fail alike: something is not installed, or the columns are others.
_CURE = "pip install 'kanal-aduan[train]' installs what is needed; kanal train --help names the columns"


#: What may be learnt anew.
What = Literal["category", "kind", "names", "people", "houses", "duplicate", "endings"]


def evaluate(
    files: Annotated[list[Path], typer.Argument()],
    part: Annotated[Literal["all", "dev", "test"], typer.Option("--part")] = "all",
    folder: Annotated[Path | None, typer.Option("--charts")] = None,
    polygons: Annotated[Path | None, typer.Option("--polygons")] = None,
    as_json: AsJson = False,
) -> None:
    from intake.evaluation import report, sets
    from intake.evaluation.judging import judge
    from normalizer.pipeline import build_context

    labelled = sets.read_all(files, part)
    context = build_context(polygons=polygons)
    texts = sum(len(s.rows) for s in labelled if "text" in s.columns)
    judging, seen = say("evaluate_judging", count=texts), 0
    with bars() as progress:

        def more(count: int) -> None:
            nonlocal seen
            seen += count
            progress(judging, seen, texts)

        judged = judge(labelled, context, more)
    if as_json:
        sys.stdout.buffer.write(report.as_json(judged) + b"\n")
    else:
        shown = console()
        for part_ in report.for_terminal(judged):
            shown.print(part_)
    if folder is not None:
        written = report.write(judged, folder, f"Evaluation of {', '.join(s.name for s in labelled)}")
        typer.echo(say("evaluate_written", count=len(written), folder=str(folder)), err=True)


def train(
    what: Annotated[What, typer.Argument()],
    files: Annotated[list[Path] | None, typer.Argument()] = None,
    out: Annotated[Path | None, typer.Option("--out")] = None,
) -> None:
    from rich.table import Table

    from normalizer import name_tagger, name_training, text_training
    from normalizer.errors import Misconfigured
    from normalizer.learning import examples, read_labelled
    from normalizer.tasks import TASKS

    if what == "names":
        with bars() as progress:
            progress(say("train_learning", count=name_training.count()), 0, 0)
            weights = name_training.learn()
        path = out or name_tagger.MODEL
        path.write_bytes(weights)
        typer.echo(say("train_written", path=str(path), size=f"{len(weights):,}"))
        return
    if what in ("houses", "people"):
        _train_judge(what, files or [], out)
        return
    if what == "duplicate":
        _train_duplicate(files or [], out)
        return
    if what == "endings":
        _train_endings(files or [], out)
        return
    task = TASKS[what]
    try:
        learnt = examples(task, read_labelled(files or []))
        with bars() as progress:
            progress(say("train_learning", count=len(learnt)), 0, 0)
            judged = text_training.unlearnt(learnt, task.reading)
            report = text_training.judge(learnt, judged) if judged.at else None
            names = [path.name for path in files or []]
            model = text_training.learn(learnt, task.reading, names, judged)
    except ValueError as error:
        raise Misconfigured("train", "{why}", _CURE, why=error) from None
    path = out or task.path
    path.write_bytes(model)
    if report is not None:
        table = Table(title=say("train_report", count=report.judged))
        for column in (what, "n", "%"):
            table.add_column(column, justify="left" if column == what else "right")
        for label, count, right in report.labels:
            table.add_row(label, str(count), f"{100 * right:.0f}")
        for source, count, first, third in report.sources:
            table.add_row(rf"\[{source or 'data'}]", str(count), f"{100 * first:.1f} / {100 * third:.1f}")
        table.add_row("1", str(report.judged), f"{100 * report.top1:.1f}")
        table.add_row("1-3", str(report.judged), f"{100 * report.top3:.1f}")
        console().print(table)
    typer.echo(say("train_written", path=str(path), size=f"{len(model):,}"))


def _train_judge(what: Literal["houses", "people"], files: list[Path], out: Path | None) -> None:
    from normalizer import house_judge, house_training, name_judge, name_judge_training
    from normalizer.errors import Misconfigured
    from normalizer.learning import read_labelled

    learning, judged = (
        (house_training, house_judge) if what == "houses" else (name_judge_training, name_judge)
    )
    try:
        told = learning.labelled(read_labelled(files))
    except ValueError as error:
        raise Misconfigured("train", "{why}", _CURE, why=error) from None
    with bars() as progress:
        progress(say("train_learning", count=learning.count() + len(told)), 0, 0)
        weights = learning.learn(learning.examples(told))
    path = out or judged.MODEL
    path.write_bytes(weights)
    typer.echo(say("train_written", path=str(path), size=f"{len(weights):,}"))


def _train_duplicate(files: list[Path], out: Path | None) -> None:
    from intake.evaluation import duplicates
    from normalizer import duplicate_training
    from normalizer.duplicate_score import MODEL
    from normalizer.errors import Misconfigured
    from normalizer.learning import read_labelled
    from normalizer.pipeline import build_context

    try:
        rows = [(path.name, list(read_labelled([path]))) for path in files]
        with bars() as progress:
            progress(say("train_learning", count=sum(len(r) for _, r in rows)), 0, 0)
            told = duplicates.told(rows, build_context())
            texts = duplicates.ordinary_texts(labelled for _, labelled in rows)
            model, report = duplicate_training.learn(told, texts)
    except ValueError as error:
        raise Misconfigured("train", "{why}", _CURE, why=error) from None
    path = out or MODEL
    path.write_bytes(model)
    shares = {
        name: f"{100 * getattr(report, name):.1f}"
        for name in ("precision", "recall", "precision_unknown", "recall_unknown")
    }
    typer.echo(say("train_pairs", pairs=report.pairs, same=report.same, **shares))
    typer.echo(say("train_written", path=str(path), size=f"{len(model):,}"))


def _train_endings(files: list[Path], out: Path | None) -> None:
    from adapters.email import ending, ending_training
    from normalizer.errors import Misconfigured
    from normalizer.learning import read_labelled

    try:
        rows = [list(read_labelled([path])) for path in files]
        with bars() as progress:
            progress(say("train_learning", count=sum(map(len, rows))), 0, 0)
            table = ending_training.learn(rows)
    except ValueError as error:
        raise Misconfigured("train", "{why}", _CURE, why=error) from None
    path = out or ending.MODEL
    path.write_bytes(table)
    typer.echo(say("train_written", path=str(path), size=f"{len(table):,}"))


def explain(
    what: Annotated[str, typer.Argument()],
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    from intake.evaluation import explaining

    texts = explaining.find(what, lambda: read(config))
    for number, explained in enumerate(texts):
        if number >= _MOST_EXPLAINED:
            typer.echo(say("explain_more", count=len(texts) - number), err=True)
            break
        explaining.show(explained, as_json=as_json)
