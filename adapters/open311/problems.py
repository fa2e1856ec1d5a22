"""What is wrong with a request: all of it at once, each with the field and the cure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from normalizer.errors import Malformed


class Problem(Struct, frozen=True, kw_only=True):
    """One thing that is wrong. `status` is the standard's: 404 for what is not there, 400 for the rest."""

    field: str
    problem: str
    cure: str
    status: Literal[400, 404] = 400

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}. {self.cure}"


class Refused(Malformed):
    """Everything that is wrong with one request. The HTTP status is the first problem's."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].field, problems[0].problem, problems[0].cure)
        self.problems = tuple(problems)
        self.http_status = problems[0].status
