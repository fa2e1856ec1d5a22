"""The `kanal` command: help in both languages, plain words for what goes wrong, exit codes."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import typer

from intake.cli import GROUPS, TOP, build
from intake.doctor import examine
from intake.simulate import TEXTS, account_of
from intake.words import LANGUAGES, help_of, language_of, words
from normalizer.errors import Misconfigured

ROOT = Path(__file__).resolve().parent.parent.parent


def kanal(*arguments: str, stdin: str = "", **environment: str) -> tuple[int, str, str]:
    """Run the command in a process of its own: exit code, standard output, standard error."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("KANAL_", "LC_", "LANG"))
    }
    told = subprocess.run(
        [sys.executable, "-m", "intake", *arguments],
        env=kept | {"PYTHONPATH": f"{ROOT}:{ROOT / 'queue'}", "KANAL_BROKER": "none"} | environment,
        input=stdin, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return told.returncode, told.stdout, told.stderr


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
    root: Any = typer.main.get_command(build())
    found = [("", root)]
    for name, command in root.commands.items():
        found.append((name, command))
        found += [(f"{name} {verb}", below) for verb, below in getattr(command, "commands", {}).items()]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_and_option_has_its_help(language: str) -> None:
    paths = {path or "kanal" for path, _ in commands()}
    assert paths == {"kanal", *TOP, *GROUPS, *(f"{g} {v}" for g, verbs in GROUPS.items() for v in verbs)}
    assert set(words(language)["help"]) == paths, "the message file names other commands than there are"
    for path, command in commands():
        texts = help_of(path, language)
        assert set(texts) == {"help"} | {p.name for p in command.params if p.name != "help"}, path


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


def test_help_comes_quickly_and_in_the_language_asked_for() -> None:
    began = time.monotonic()
    code, out, _ = kanal("--help", KANAL_LANG="id")
    assert code == 0
    assert "Gerbang penerimaan aduan" in out
    assert time.monotonic() - began < 5, "0.3 s were measured"


def test_what_is_typed_wrongly_ends_with_two() -> None:
    assert kanal("sirve")[0] == 2
    assert kanal("user", "add", "siti", "--role", "queen")[0] == 2


def test_a_wrong_setting_is_named_with_its_cure_and_without_a_traceback(tmp_path: Path) -> None:
    file = tmp_path / "kanal.toml"
    file.write_text('[gateway]\nlissen = "127.0.0.1:80"\n')
    for command in ("serve", "doctor", "health"):
        code, out, err = kanal(command, "--config", str(file))
        assert code == 1
        assert "gateway.lissen" in out + err
        assert "cure:" in out + err
        assert "Traceback" not in out + err


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
    assert {(user["login"], user["role"]) for user in json.loads(out)} == {
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
        assert code == 1, out
        assert "cure:" in err
    code, _, err = kanal("user", "passwd", "siti", "--password-stdin", *chosen, stdin="pendek\n")
    assert code == 1
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


def test_a_gateway_that_does_not_run_is_unhealthy(config: Path) -> None:
    code, out, _ = kanal("health", "--json", "--config", str(config))
    assert code == 1
    assert json.loads(out)["status"] == "away"


def test_commands_that_need_a_journal_say_how_it_comes_to_be(config: Path) -> None:
    for command in (("quarantine", "list"), ("quarantine", "replay", "1"), ("consume",)):
        code, _, err = kanal(*command, "--config", str(config))
        assert code == 1
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
