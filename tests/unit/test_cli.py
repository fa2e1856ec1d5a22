"""The `kanal` command: help in both languages, plain words for what goes wrong, exit codes."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from intake.cli import main
from intake.commands.failing import AGAIN, DONE, INTERRUPTED, MISUSED, WRONG, failure_of
from intake.commands.page import markdown
from intake.commands.tree import Tree, paths, tree
from intake.config import TABLES
from intake.doctor import examine
from intake.simulate import TEXTS, account_of
from intake.words import LANGUAGES, help_of, language_of, words
from normalizer.errors import (
    Damaged,
    Malformed,
    Misconfigured,
    ProviderRefused,
    ProviderUnavailable,
    StorageFull,
    Unavailable,
)

ROOT = Path(__file__).resolve().parent.parent.parent


def kanal(*arguments: str, stdin: str = "", **environment: str) -> tuple[int, str, str]:
    """Run the command: exit code, standard output, standard error. In this process, because each start costs."""
    ends = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        for name in [
            one for one in os.environ if one.startswith(("KANAL_", "LC_", "LANG", "COLUMNS", "_KANAL"))
        ]:
            patch.delenv(name)
        for name, value in {"KANAL_BROKER": "none", **environment}.items():
            patch.setenv(name, value)
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8"))
        patch.setattr(sys, "stdout", ends[0])
        patch.setattr(sys, "stderr", ends[1])
        with pytest.raises(SystemExit) as left:
            main(arguments)
    for end in ends:
        end.flush()
    out, err = (end.buffer.getvalue().decode() for end in ends)  # type: ignore[attr-defined]
    return int(left.value.code or 0), out, err


def started(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("KANAL_", "LC_", "LANG"))
    }
    return subprocess.run(
        [sys.executable, "-m", "intake", *arguments],
        env=kept | {"PYTHONPATH": f"{ROOT}:{ROOT / 'queue'}", "KANAL_BROKER": "none"} | environment,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "kanal.toml"
    file.write_text(
        f'[gateway]\ndata_dir = "{tmp_path / "data"}"\nlisten = "127.0.0.1:9"\n'
        '[[account]]\nname = "loket"\nadapter = "walkin"\n'
        '[[account]]\nname = "sms-1708"\nadapter = "sms"\n'
        '[account.settings]\nprovider = "kannel"\nsecrets = { secret = "env:KANAL_UJI_SECRET" }\n'
    )
    return file


def commands() -> list[tuple[str, Any]]:
    """Every command and group by its path, as click knows them."""
    root = tree()
    found: list[tuple[str, Any]] = [("", root)]
    for name in root.list_commands(None):
        command = root.get_command(None, name)
        found.append((name, command))
        if isinstance(command, Tree):
            below = command.list_commands(None)
            found += [(f"{name} {verb}", command.get_command(None, verb)) for verb in below]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_and_option_has_its_help(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANAL_LANG", language)
    every = words(language)["help"]
    assert set(every) == {"kanal", "*", *paths()}, "the message file names other commands than there are"
    for path, command in commands():
        options = {one.name for one in command.params if one.name != "help"}
        assert set(every[path or "kanal"]) - {"help"} == options - set(every["*"]), path
        texts = help_of(path, language)
        assert command.help == texts["help"]
        assert {one.name: one.help for one in command.params} == {name: texts[name] for name in options}, path
        assert options or isinstance(command, Tree), f"{path} has nothing to say to a program"


def test_all_but_what_runs_and_what_a_shell_reads_speaks_json() -> None:
    silent = {
        path
        for path, command in commands()
        if not isinstance(command, Tree) and "as_json" not in {one.name for one in command.params}
    }
    assert silent == {"serve", "completion", "train"}


def test_the_page_of_commands_is_true() -> None:
    page = (ROOT / "docs/commands.md").read_text()
    between = page.partition("<!-- commands -->\n")[2].partition("\n<!-- /commands -->")[0]
    assert between == markdown(), "run: make readme"
    for code in (DONE, WRONG, MISUSED, AGAIN, INTERRUPTED):
        assert f"\n| {code} |" in page


def test_both_languages_say_the_same_things_with_the_same_values() -> None:
    first, second = (words(language)["say"] for language in LANGUAGES)
    assert first.keys() == second.keys()
    for key, sentence in first.items():
        assert set(re.findall(r"{(\w+)}", sentence)) == set(re.findall(r"{(\w+)}", second[key])), key
        assert sentence.count("|") == second[key].count("|"), key


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "id_ID.UTF-8"}, "id"),
        ({"LANG": "id_ID.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_GB.UTF-8", "KANAL_LANG": "id"}, "id"),
    ],
)
def test_the_language_is_the_readers(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


def test_help_is_in_the_language_asked_for_and_imports_no_command() -> None:
    began = time.monotonic()
    told = started("--help", KANAL_LANG="id")
    assert time.monotonic() - began < 5, "0.3 s were measured"
    assert told.returncode == 0
    assert "Gerbang penerimaan aduan" in told.stdout
    assert "Cara pakai: kanal" in told.stdout
    assert "Usage" not in told.stdout
    for path in paths():
        assert path.partition(" ")[0] in told.stdout, path
    # What takes long to import, and what a list of names does not need.
    script = (
        "import sys, intake.cli\n"
        "try: intake.cli.main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "heavy = ('asyncio', 'pydantic', 'rich', 'aiohttp', 'intake.config', 'email')\n"
        "print([one for one in heavy if one in sys.modules],"
        " file=sys.stderr)"
    )
    environment = dict(os.environ, PYTHONPATH=f"{ROOT}:{ROOT / 'queue'}")
    completing = {"_KANAL_COMPLETE": "complete_bash", "COMP_WORDS": "kanal re", "COMP_CWORD": "1"}
    for more, typed, seen in (({}, ["--help"], "reconcile"), (completing, [], "restore\nresend")):
        done = subprocess.run(
            [sys.executable, "-c", script, *typed],
            env=environment | more, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert seen in done.stdout
        assert done.stderr.strip() == "[]", "imported without need"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_typed_wrongly_ends_with_two_and_says_what_helps(language: str) -> None:
    for typed, words_ in (
        (("sirve",), ("sirve", "serve", "kanal --help")),
        (("user", "lst"), ("lst", "list", "kanal user --help")),
        (("user", "add", "siti", "--role", "queen"), ("--role", "clerk", "kanal user add --help")),
        (("health", "--jsen"), ("--jsen", "--json", "kanal health --help")),
        (("user", "add"), ("login", "kanal user add --help")),
        (("split", "261123-0042-4", "x"), ("sequence", "kanal split --help")),
    ):
        code, out, err = kanal(*typed, KANAL_LANG=language)
        assert (code, out) == (2, "")
        assert len(err.splitlines()) == 2
        assert all(word in err for word in words_), err
        assert {"id": "perbaiki:", "en": "cure:"}[language] in err
    assert kanal()[0] == 2, "help, to whoever types nothing"


def test_an_error_is_a_line_of_json_where_json_was_asked_for(config: Path) -> None:
    chosen = ("--config", str(config), "--json")
    for typed, error, code in (
        (("health", "--foo"), "usage", 2),
        (("banner", "set", "x" * 5000), "input", 2),
        (("quarantine", "list"), "configuration", 2),
        (("explain", str(config.parent)), "", 2),
    ):
        found, out, err = kanal(*typed, *chosen)
        assert (found, out) == (code, ""), err
        told = json.loads(err)
        assert told.keys() == {"error", "where", "problem", "cure", "exit_code"}
        assert told["exit_code"] == code
        assert told["problem"]
        assert told["cure"]
        assert not error or told["error"] == error


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_of_the_tree_has_a_cure_and_a_code(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KANAL_LANG", language)
    for error, code in (
        (Misconfigured("gateway.listen", "is no address", "write 127.0.0.1:8080"), 2),
        (Malformed("ticket", "is none", "copy it whole"), 2),
        (Unavailable("RabbitMQ cannot be reached"), 75),
        (StorageFull("no space left"), 75),
        (ProviderUnavailable("the provider does not answer"), 75),
        (ProviderRefused("the bot is blocked"), 1),
        (Damaged("a stored file is cut off"), 1),
        (FileNotFoundError(2, "No such file or directory", "laporan.csv"), 2),
        (OSError(28, "No space left on device", "/cadangan"), 75),
    ):
        failure = failure_of(error)
        assert failure is not None
        assert failure.exit_code == code, error
        assert failure.problem
        assert failure.cure
        assert "\n" not in failure.cure
    assert failure_of(ValueError("a fault of the program")) is None


def test_colours_are_the_readers_choice(tmp_path: Path) -> None:
    for environment, coloured in (
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ):
        for typed in (("--help",), ("sirve",), ("version",), ("health", "-c", str(tmp_path / "none"))):
            _, out, err = kanal(*typed, **environment)
            if typed != ("version",):
                assert ("\x1b[" in out + err) is coloured, (typed, environment)


def test_bash_completes_commands_options_and_values(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    command = tmp_path / "kanal"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m intake "$@"\n')
    command.chmod(0o755)
    script = f"""
eval "$({command} completion bash)"
try() {{
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
    _kanal_completion {command} "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD-1]}}"
    echo "${{COMPREPLY[@]}}"
}}
complete -p kanal
try kanal re
try kanal user ''
try kanal quarantine list --state ''
"""
    done = subprocess.run(
        [bash, "--norc", "-c", script],
        env=dict(os.environ, PYTHONPATH=f"{ROOT}:{ROOT / 'queue'}"),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    bound, first, second, third = done.stdout.splitlines()
    assert bound.endswith("_kanal_completion kanal")
    assert set(first.split()) == {"resume", "rebuild", "restore", "resend", "reconcile"}
    assert set(second.split()) == {"list", "add", "passwd", "disable"}
    assert set(third.split()) == {"held", "replayed", "edited", "discarded"}
    for shell in ("zsh", "fish"):
        assert "_KANAL_COMPLETE=complete_" + shell in kanal("completion", shell)[1]


def test_a_wrong_setting_is_named_with_its_cure_and_without_a_traceback(tmp_path: Path) -> None:
    file = tmp_path / "kanal.toml"
    file.write_text('[gateway]\nlissen = "127.0.0.1:80"\n')
    serve = started("serve", "--config", str(file))
    assert serve.returncode == 2
    assert "Traceback" not in serve.stderr
    for command, wanted in (("doctor", 1), ("health", 2)):
        code, out, err = kanal(command, "--config", str(file))
        assert code == wanted
        assert "gateway.lissen" in out + err
        assert "cure:" in out + err


def test_accounts_of_staff_by_standard_input_and_by_link(config: Path) -> None:
    chosen = ("--config", str(config))
    office = ("--office", "31.71.04.1002")
    code, out, err = kanal(
        "user", "add", "siti", *office, "--password-stdin", *chosen, stdin="sandi-panjang-2611\n"
    )
    assert (code, err) == (0, ""), err
    assert "sandi-panjang" not in out
    code, out, _ = kanal("user", "add", "budi", "--role", "operator", *chosen)
    assert code == 0
    assert re.search(r"http://127\.0\.0\.1:9/sandi/\S{20,}", out)
    code, out, _ = kanal("user", "list", "--json", *chosen)
    assert code == 0
    assert {(user["login"], user["role"]) for user in map(json.loads, out.splitlines())} == {
        ("budi", "operator"),
        ("siti", "clerk"),
    }
    for wrong in (
        ("add", "siti"),
        ("add", "*"),
        ("add", "ani", "--office", "99.99"),
        ("disable", "nobody"),
    ):
        code, out, err = kanal("user", *wrong, *chosen)
        assert code == 2, out
        assert "cure:" in err
    code, _, err = kanal("user", "passwd", "siti", "--password-stdin", *chosen, stdin="pendek\n")
    assert code == 2
    assert "pendek" not in err
    assert kanal("user", "disable", "siti", *chosen)[0] == 0


def test_the_settings_are_shown_without_a_secret(config: Path) -> None:
    amqp = "amqp://kanal:rahasia-uji@broker:5672/"
    code, out, _ = kanal(
        "config", "show", "--config", str(config), KANAL_AMQP_URL=amqp, KANAL_UJI_SECRET="x" * 20
    )
    assert code == 0
    assert "rahasia-uji" not in out
    assert "x" * 20 not in out
    assert 'secrets = { "secret" = "env:KANAL_UJI_SECRET" }' in out
    code, out, _ = kanal("config", "show", "--json", "--config", str(config))
    assert json.loads(out)["account"][0]["name"] == "loket"


def test_every_table_is_shown_and_what_a_reference_led_to_is_not(config: Path) -> None:
    config.write_text(
        config.read_text()
        + """
[journal]
url = "env:KANAL_UJI_URL"
files = "s3://aduan/lampiran"
[journal.s3]
access_key = "env:KANAL_UJI_SECRET"
secret_key = "env:KANAL_UJI_SECRET"
[alarms]
webhook = "env:KANAL_UJI_HOOK"
[retention]
read_days = 400
"""
    )
    secrets = {
        "KANAL_UJI_SECRET": "x" * 20,
        "KANAL_UJI_URL": "postgresql://kanal:rahasia-uji@127.0.0.1/kanal",
        "KANAL_UJI_HOOK": "https://piket.example.org/rahasia-uji",
    }
    for as_json in ((), ("--json",)):
        code, out, err = kanal("config", "show", "--config", str(config), *as_json, **secrets)
        assert code == 0, err
        assert "rahasia-uji" not in out
        assert "x" * 20 not in out
        shown = json.loads(out) if as_json else tomllib.loads(out)
        assert {*TABLES} <= shown.keys()
        assert (shown["retention"]["read_days"], shown["journal"]["s3"]["secret_key"]) == (400, "…")


def test_the_word_for_the_day_is_noted(config: Path) -> None:
    chosen = ("--config", str(config), "--json")
    assert kanal("banner", "set", " Banjir:  112. ", *chosen)[0] == 0
    assert kanal("banner", "set", "", *chosen)[0] == 2
    assert kanal("banner", "clear", *chosen)[0] == 0
    lines = [json.loads(line) for line in kanal("audit", *chosen)[1].splitlines()]
    assert [(one["what"], one["detail"]) for one in lines] == [
        ("banner_set", {"text": "Banjir: 112."}),
        ("banner_cleared", {}),
    ]


def test_a_gateway_that_does_not_run_is_unhealthy(config: Path) -> None:
    code, out, _ = kanal("health", "--json", "--config", str(config))
    assert code == 1
    assert json.loads(out)["status"] == "away"


def test_commands_that_need_a_journal_say_how_it_comes_to_be(config: Path) -> None:
    for command in (("quarantine", "list"), ("quarantine", "replay", "1"), ("consume",)):
        code, _, err = kanal(*command, "--config", str(config))
        assert code == 2
        assert "kanal serve" in err


async def test_doctor_names_an_absent_credential_and_a_key_that_others_can_read(config: Path) -> None:
    findings = {finding.what: finding for finding in await examine(config, {})}
    assert not findings["account sms-1708"].ok
    assert "KANAL_UJI_SECRET" in findings["account sms-1708"].cure
    assert findings["account loket"].ok
    assert findings["keys"].ok
    data = config.parent / "data"
    assert not data.exists(), "looking makes nothing"
    data.mkdir()
    (data / "keys.json").write_text("{}")
    (data / "keys.json").chmod(0o644)
    findings = {finding.what: finding for finding in await examine(config, {})}
    assert not findings["keys"].ok
    assert findings["keys"].cure.startswith("chmod 600")
    (data / "keys.json").chmod(0o600)
    findings = {finding.what: finding for finding in await examine(config, {})}
    assert not findings["keys"].ok, "it is no keyring"


async def test_doctor_says_what_the_walk_in_desk_lacks(config: Path) -> None:
    async def desk() -> tuple[bool, str]:
        (found,) = [one for one in await examine(config, {}) if one.what == "walk-in desk"]
        return found.ok, f"{found.found} {found.cure}"

    assert (await desk())[0]
    chosen = ("--config", str(config))
    assert (await asyncio.to_thread(kanal, "user", "add", "tanpa", *chosen))[0] == 0
    ok, told = await desk()
    assert not ok
    assert "tanpa" in told
    assert "--office" in told
    text = config.read_text().replace(
        'name = "loket"\nadapter = "walkin"', 'name = "lapor"\nadapter = "balai_warga"'
    )
    config.write_text(text)
    ok, told = await desk()
    assert not ok
    assert 'adapter = "walkin"' in told
    assert (await asyncio.to_thread(kanal, "user", "disable", "tanpa", *chosen))[0] == 0
    assert (await desk())[0], "a gateway without counters is well"


async def test_doctor_says_when_the_broker_does_not_answer(config: Path) -> None:
    found = await examine(config, {"KANAL_AMQP_URL": "amqp://kanal:rahasia-uji@127.0.0.1:9/"})
    broker = next(finding for finding in found if finding.what == "broker")
    assert not broker.ok
    assert "rahasia-uji" not in broker.found + broker.cure


def test_simulate_finds_an_account_by_its_name_or_its_adapter(config: Path) -> None:
    from intake.config import load

    settings = load(config, {})
    assert account_of(settings, "sms-1708") == account_of(settings, "sms") == "sms-1708"
    with pytest.raises(Misconfigured, match="no account uses"):
        account_of(settings, "telegram")
    with pytest.raises(Misconfigured, match="neither"):
        account_of(settings, "merpati")
    assert len(set(TEXTS)) == len(TEXTS)
