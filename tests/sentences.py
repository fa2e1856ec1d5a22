"""Every sentence that our code says to a person at the command line, found by reading the code.

What says one: `Misconfigured` and the like (`SAY`), and `Sentence` itself. A sentence is a literal, so that it can be
looked up; what comes from elsewhere (a path, a library's error) is put in as a named value.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("normalizer", "queue/complaint_queue", "adapters", "intake")
#: By the name of what is called, which of its arguments are sentences.
SAY: Mapping[str, tuple[int | str, ...]] = {
    "Misconfigured": (1, 2),
    "Finding": ("what", "found", "cure"),
    "Sentence": (0,),
    **dict.fromkeys(("Unavailable", "StorageFull", "Damaged"), (0,)),
    # What a command line hears of a file or an option; the doors' clients are programs, and read English.
    "Malformed": (1, 2),
    # `kanal verify`
    "_wrong": (0, 2, 3),
    "_step": (0,),
}
#: Of these the English words are kept, values and all, and told again where somebody reads them
#: (`normalizer.sentence.Retelling`): what is put in is called a, b, … in their templates.
KEPT: Mapping[str, int | str] = {"Unreadable": 0, "NotRead": "reason", "Held": "reason", ".quarantine": 1}
#: Where these words go to programs: adapters answer them, and pages have message files of their own.
TO_PROGRAMS = {"Malformed": ("adapters", "intake/web"), "Unavailable": ("adapters",), "_wrong": ("adapters",)}
#: Yet what this one answers is read at the command line, by whoever imports an old system's table.
TO_PEOPLE = ("adapters/qlue",)
#: What gives a `Sentence` that is looked at where it is written.
GIVING = {"because", "first_line", "cure_of"}
#: Named arguments that are no values of a sentence.
NO_VALUES = ("ok", "retry_after")


@dataclass(frozen=True)
class Said:
    """`template` is empty when it could not be read from the code: `problem` says why."""

    file: Path
    line: int
    template: str
    problem: str = ""

    @property
    def where(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line}"


def fields(template: str) -> set[str]:
    """The names in its braces; none where braces are only written about."""
    try:
        return {name for _, name, _, _ in Formatter().parse(template) if name and name.isidentifier()}
    except ValueError:
        return set()


class _Module:
    """One module's code: what its variables may hold, and which of its functions give a `Sentence`."""

    def __init__(self, source: str, file: Path) -> None:
        self.file, self.tree = file, ast.parse(source)
        self.assigned: dict[str, list[ast.expr]] = {}
        self.giving = set(GIVING)
        for node in ast.walk(self.tree):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)]):
                    self.assigned.setdefault(name, []).append(node.value)
                case (
                    ast.FunctionDef(returns=ast.Name(id="Sentence"))
                    | ast.AsyncFunctionDef(returns=ast.Name(id="Sentence"))
                ):
                    self.giving.add(node.name)

    def sentences(self) -> Iterator[Said]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and _name(node.func) in SAY and self._is_read(_name(node.func)):
                yield from self._said(node)
            elif isinstance(node, ast.Call):
                yield from self._kept(node)

    def _kept(self, call: ast.Call) -> Iterator[Said]:
        """What is kept of it, where it is written here; what comes from an error was said there."""
        name = _name(call.func)
        where = KEPT.get(name, KEPT.get(f".{name}") if isinstance(call.func, ast.Attribute) else None)
        named = [one.value for one in call.keywords if one.arg == where]
        given = call.args[where : where + 1] if isinstance(where, int) else named
        for node in given:
            for one in self.assigned.get(node.id, []) if isinstance(node, ast.Name) else [node]:
                for choice in (one.body, one.orelse) if isinstance(one, ast.IfExp) else (one,):
                    if template := _template(choice):
                        yield Said(self.file, call.lineno, template)

    def _is_read(self, name: str) -> bool:
        """Whether a person at the command line reads what this says."""
        parts = () if self._in(TO_PEOPLE) else TO_PROGRAMS.get(name, ())
        return not self._in(parts)

    def _in(self, parts: Sequence[str]) -> bool:
        return any(self.file.is_relative_to(ROOT / part) for part in parts)

    def _said(self, call: ast.Call) -> Iterator[Said]:
        named = {one.arg: one.value for one in call.keywords if one.arg}
        wanted = SAY[_name(call.func)]
        given = [call.args[one] for one in wanted if isinstance(one, int) and one < len(call.args)]
        given += [named.pop(one) for one in wanted if isinstance(one, str) and one in named]
        found = [one for expression in given for one in self._literals(expression, frozenset())]
        held: set[str] = set()
        for text in found:
            if isinstance(text, ast.expr):
                yield Said(self.file, call.lineno, "", f"is no literal: {ast.unparse(text)}")
            elif text:
                held |= fields(text)
                yield Said(self.file, call.lineno, text)
        for name in NO_VALUES:
            named.pop(name, None)
        if held != named.keys():
            yield Said(self.file, call.lineno, "", f"says {sorted(held)} and is given {sorted(named)}")

    def _literals(self, node: ast.expr, followed: frozenset[str]) -> Iterator[str | ast.expr]:
        """The sentences that `node` can be; none where another call says them; itself where that is not known."""
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.IfExp(body=body, orelse=orelse):
                yield from self._literals(body, followed)
                yield from self._literals(orelse, followed)
            case ast.Name(id=name) if name in self.assigned and name not in followed:
                for value in self.assigned[name]:
                    yield from self._literals(value, followed | {name})
            case ast.Call(func=ast.Attribute(value=ast.Name(id="Sentence"), attr="of")):
                return
            case ast.Call(func=func) if _name(func) in SAY or _name(func) in self.giving:
                return
            case (
                ast.Starred()
                | ast.Subscript(value=ast.Attribute(attr="told"))
                | ast.Attribute(attr="words" | "damage")
            ):
                return
            case _:
                yield node


def _template(node: ast.expr) -> str:
    """A literal as it is; of an f-string what its values are put into."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    names = iter("abcdefgh")
    parts = (one.value if isinstance(one, ast.Constant) else f"{{{next(names)}}}" for one in node.values)
    return "".join(map(str, parts))


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def sentences(source: str, file: Path) -> list[Said]:
    """Those of one module."""
    return list(_Module(source, file).sentences())


def all_sentences() -> list[Said]:
    """Those of the four packages."""
    return [
        one
        for package in PACKAGES
        for file in sorted((ROOT / package).rglob("*.py"))
        if file != ROOT / "normalizer/sentence.py"
        for source in [file.read_text(encoding="utf-8")]
        if any(f"{name}(" in source for name in (*SAY, *KEPT))
        for one in sentences(source, file)
    ]
