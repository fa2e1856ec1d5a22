"""What is wrong, and the cure, can be told in Indonesian and English alike: no sentence is forgotten."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

from adapters.base import names
from intake.config import load
from intake.words import LANGUAGES, catalogue, catalogues, span, told, words
from normalizer.errors import Misconfigured, Unavailable
from normalizer.sentence import Retelling, Sentence, Several, because
from tests.sentences import ROOT, all_sentences, fields, sentences

HOME = "words.id.toml"
SAID = all_sentences()
FILES = {file: tomllib.loads(file.read_text(encoding="utf-8")) for file in catalogues()}
#: What the system says, which no code of ours spells out.
SYSTEM = ROOT / "normalizer" / HOME


def has_words(template: str) -> bool:
    """Whether anything is left to translate once the values are gone."""
    return re.search(r"[^\W\d_]{2}", re.sub(r"{[^{}]*}|rabbitmqctl", "", template)) is not None


def homes(file: Path) -> list[Path]:
    """The message files in which a sentence of `file` may stand: its folder's, or one above it; else the core's."""
    return [folder / HOME for folder in file.parents if folder / HOME in FILES] + [SYSTEM]


def test_every_sentence_can_be_read_from_the_code() -> None:
    assert [f"{one.where} {one.problem}" for one in SAID if one.problem] == []
    assert len(SAID) > 300, "the code is not read any more"


def test_every_sentence_is_there_in_indonesian() -> None:
    """In the folder of whoever says it, so that a channel is one folder and stays one."""
    missing = {
        f"{one.where} {one.template!r}"
        for one in SAID
        if not one.problem and has_words(one.template)
        if not any(one.template in FILES[home] for home in homes(one.file))
    }
    assert missing == set(), "write them into words.id.toml beside the code"


def test_no_translation_is_left_behind() -> None:
    used = defaultdict(set)
    for one in SAID:
        for home in homes(one.file):
            used[home].add(one.template)
    left = {
        f"{file.relative_to(ROOT)}: {template}"
        for file, found in FILES.items()
        for template in found.keys() - used[file]
        if not (file == SYSTEM and template[0].isupper())
    }
    assert left == set(), "nothing says this any more"


def test_both_languages_hold_the_same_values() -> None:
    """By the same name and written alike (`!r`, `:.1f`); what is typed stays as it is typed."""
    for file, found in FILES.items():
        for english, indonesian in found.items():
            held = [sorted(re.findall(r"{([^{}]+)}", text)) for text in (english, indonesian)]
            assert set(held[0]) == set(held[1]), f"{file}: {english}"
            assert fields(indonesian) == fields(english) or not fields(english), english
            for typed in re.findall(r"kanal [a-z]+|--\w+|\bKANAL_\w+", english):
                assert typed.rstrip() in indonesian, f"{english}: {typed}"


def test_two_files_never_differ() -> None:
    """They are put together for the one who reads."""
    together: dict[str, str] = {}
    for found in FILES.values():
        for english, indonesian in found.items():
            assert together.setdefault(english, indonesian) == indonesian, english


def test_a_wrong_setting_is_told_in_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    error = Misconfigured(
        "gateway.data_dir",
        "cannot write {path} ({why})",
        "give the gateway's user the right to write there, or set KANAL_DATA_DIR",
        path="/data/{ini}",
        why=because(PermissionError(13, "Permission denied")),
    )
    assert error.problem == "cannot write /data/{ini} (Permission denied)"
    assert str(error).startswith(
        "gateway.data_dir: cannot write /data/{ini} (Permission denied)\n  cure: give"
    )
    monkeypatch.setenv("KANAL_LANG", "id")
    assert told(error.told[0]) == "/data/{ini} tidak bisa ditulisi (tidak diizinkan)"
    assert told(error.words).startswith("gateway.data_dir: /data/{ini} tidak bisa ditulisi")
    assert "\n  perbaiki: izinkan" in told(error.words)
    monkeypatch.setenv("KANAL_LANG", "en")
    assert told(error.told[0]) == error.problem


def test_what_nobody_translated_is_told_in_english() -> None:
    foreign = Sentence("a {thing} of a library", thing="fault")
    both = Several([foreign, because(FileNotFoundError(2, "No such file or directory"))])
    assert foreign.told(catalogue("id")) == "a fault of a library"
    assert Sentence("{both}", both=both).told(catalogue("id")) == (
        "a fault of a library; berkas atau foldernya tidak ada"
    )
    assert str(Sentence("braces {stay} without values")) == "braces {stay} without values"


def test_an_error_keeps_its_values_and_its_wait() -> None:
    error = Unavailable("{host} does not answer", retry_after=30, host="rabbit.example.org")
    assert (error.reason, error.retry_after) == ("rabbit.example.org does not answer", 30)
    assert error.words.values == {"host": "rabbit.example.org"}


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ('Misconfigured("a", f"{path} is no path", "cure")', "is no literal"),
        ('Misconfigured("a", "{path} is no path", "cure")', "says ['path'] and is given []"),
        ('Misconfigured("a", "no path", "cure", path=1)', "says [] and is given ['path']"),
        ('Misconfigured("a", str(error), "cure")', "is no literal"),
        ('cure = f"use {x}"\nMisconfigured("a", "{p}", cure, p=1)', "is no literal"),
    ],
)
def test_a_sentence_that_cannot_be_told_is_noticed(code: str, problem: str) -> None:
    found = [one.problem for one in sentences(code, ROOT / "intake/x.py") if one.problem]
    assert found and all(one.startswith(problem) for one in found), found


def test_languages_and_adapters_are_those_that_are_there() -> None:
    assert set(LANGUAGES) == {"id", "en"}
    assert {file.parent.name for file in FILES if file.parent.parent.name == "adapters"} <= {
        *names(),
        "shared",
        "template",
    }


@pytest.mark.parametrize(
    ("written", "english", "indonesian"),
    [
        ("[gateway]\nlisten = x\n", "Invalid value (at line 2, column 10)", "(baris 2, kolom 10)"),
        (
            '[gateway]\nlisten = "x',
            "Unterminated string (at end of document)",
            "penutupnya belum ada (di akhir",
        ),
        ("[gateway]\n[gateway]\n", "twice (at line 2, column 9)", "(baris 2, kolom 9)"),
    ],
)
def test_a_mistake_of_toml_is_told_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, english: str, indonesian: str
) -> None:
    monkeypatch.setenv("KANAL_LANG", "id")
    file = tmp_path / "kanal.toml"
    file.write_text(written)
    with pytest.raises(Misconfigured) as caught:
        load(file, {})
    assert english in caught.value.problem
    assert indonesian in told(caught.value.told[0])


def test_what_was_kept_as_english_words_is_told_again() -> None:
    """Also when it stands within another sentence; what nobody said that way stays as it is."""
    retelling = Retelling(catalogue("id"))
    assert retelling.told("the body is no JSON") == "isinya bukan JSON"
    assert retelling.told("more than 500 messages") == "lebih dari 500 pesan"
    assert retelling.told("a message of type image without image") == "pesan berjenis image tanpa image"
    assert retelling.told("A1.3.0 cannot be published: its stored body is damaged") == (
        "A1.3.0 tidak bisa dikirim ke CRM: isi yang tersimpan rusak"
    )
    assert retelling.told("the oldest unpublished event is 49 minutes old").endswith(
        "sudah menunggu 49 menit"
    )
    assert (
        retelling.told("tanggal: 'kemarin' is no time. shorten it")
        == "tanggal: 'kemarin' bukan waktu. pendekkan"
    )
    assert retelling.told("KeyError: the body is no JSON") == "KeyError: isinya bukan JSON"
    for other in ("ValueError: {}", "hari ini", "", "more than"):
        assert retelling.told(other) == other
    assert Retelling(catalogue("en")).told("the body is no JSON") == "the body is no JSON"


@pytest.mark.parametrize(
    "template", [one.template for one in SAID if "{" in one.template and not one.problem]
)
def test_each_template_finds_what_it_made(template: str) -> None:
    """With values that are told as they are, and are in no other sentence."""
    names = fields(template)
    if not names or not has_words(template):
        return
    made = Sentence(template, **dict.fromkeys(names, 26))
    try:
        english = str(made)
    except (ValueError, TypeError):  # a format for words alone
        return
    if re.search(r"![rs]", template):
        return
    told = Retelling({template: catalogue("id").get(template, template)}).told(english)
    assert told == made.told(catalogue("id"))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 detik"), (119.9, "119 detik"), (2944, "49 menit"), (7200, "2 jam"), (172_800, "2 hari")],
)
def test_an_age_is_told_in_the_greatest_unit_of_which_there_are_two(seconds: float, words: str) -> None:
    assert span(seconds).told(catalogue("id")) == words


def test_short_names_are_the_same_in_both_languages() -> None:
    assert words("id")["names"].keys() >= words("en")["names"].keys()
