"""The message files say the same things in every language, and all that the pages ask for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.shared import form
from adapters.walkin import parse
from intake.web import texts

WEB = Path(texts.__file__).parent


def test_every_language_has_every_key() -> None:
    assert set(texts.texts("id")) == set(texts.texts("en"))


def test_every_language_fills_in_the_same_values() -> None:
    for key, words in texts.texts("id").items():
        assert set(re.findall(r"{(\w+)}", words)) == set(re.findall(r"{(\w+)}", texts.texts("en")[key])), key


@pytest.mark.parametrize("template", sorted(WEB.glob("templates/*.html")), ids=lambda path: path.name)
def test_a_template_asks_only_for_texts_that_are_there(template: Path) -> None:
    asked = re.findall(r"\bt\('([\w.]+)'[,)]", template.read_text())
    assert set(asked) <= set(texts.texts("id"))


def test_every_problem_of_the_parser_has_its_words() -> None:
    source = "".join(Path(module.__file__).read_text() for module in (form, parse))
    keys = set(re.findall(r'wrong\("?\w+"?, "(\w+)"', source)) | {
        "kelurahan_unclear",
        "kelurahan_unknown",
        "files_type",
        "nik_digits",
        "nik_region",
        "nik_date",
        "nik_serial",
    }
    assert len(keys) > 10
    assert {f"problem.{key}" for key in keys} <= set(texts.texts("id"))
