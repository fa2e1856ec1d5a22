"""Guards the house: what stands where, what must never be committed, and that what we ship holds together."""

from __future__ import annotations

import configparser
import json
import os
import re
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from intake.channels import markdown, rows

ROOT = Path(__file__).resolve().parent.parent
ADAPTER_FILES = {"__init__.py", "adapter.py", "parse.py", "simulate.py", "doc.md", "fixtures"}
TOP = {
    ".ci", ".gitignore", "adapters", "docker", "docs", "intake", "normalizer", "queue", "scripts", "tests",
    "pyproject.toml", "requirements.lock", "requirements-dev.lock", "Makefile", "README.md", "CHANGELOG.md",
    "CONTRIBUTING.md",
}  # fmt: skip
#: What may stand there too.
ALSO = {"benchmarks", "kanal.toml"}


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`command` from the root; its output is caught, its exit code is the caller's to look at."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that belongs to the project, as paths from the root."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    if listed.returncode == 0:
        return tuple(Path(name) for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())
    skip = {".venv", ".git", "var", "build", "dist", "__pycache__"}
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return tuple(path for path in found if not skip & set(path.parts) and not path.name.endswith(".pyc"))


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in tracked():
        try:
            found.append((path, (ROOT / path).read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def test_the_standard_librarys_queue_is_not_hidden() -> None:
    script = "import asyncio, concurrent.futures, queue; queue.Queue, queue.SimpleQueue"
    assert run(sys.executable, "-c", script).returncode == 0


def test_folders_that_are_no_packages_stay_none() -> None:
    for folder in ("queue", "docker", "tests", "scripts"):
        assert not (ROOT / folder / "__init__.py").exists(), f"{folder}/__init__.py would make it a package"


def test_the_top_level_is_that_of_the_design() -> None:
    there = {path.parts[0] for path in tracked()}
    assert there <= TOP | ALSO, f"not part of the house: {there - TOP - ALSO}"
    assert there >= TOP, f"missing: {TOP - there}"


def adapter_folders() -> list[Path]:
    folders = (p for p in (ROOT / "adapters").iterdir() if p.is_dir() and (p / "__init__.py").is_file())
    return sorted(p for p in folders if p.name != "shared")


@pytest.mark.parametrize("folder", adapter_folders(), ids=lambda p: p.name)
def test_every_adapter_has_the_same_files(folder: Path) -> None:
    missing = ADAPTER_FILES - {p.name for p in folder.iterdir()}
    assert not missing, f"adapters/{folder.name} lacks {missing}"
    assert list(folder.glob("fixtures/**/account.toml")), "its fixtures name no account"


def test_no_module_is_over_five_hundred_lines() -> None:
    ours = [path for path in tracked() if path.suffix == ".py" and path.parts[0] != "tests"]
    lines = {str(path): len((ROOT / path).read_text().splitlines()) for path in ours}
    assert not {path: count for path, count in lines.items() if count > 500}


def own_index_hosts() -> set[str]:
    """The hosts of this machine's package indexes: they must not slip into a file."""
    urls = [value for name, value in os.environ.items() if "INDEX" in name or "REGISTRY" in name.upper()]
    listed = run(sys.executable, "-m", "pip", "config", "list").stdout
    urls += re.findall(r"https?://[^\s'\"]+", listed)
    return {
        host for url in urls if (host := urlsplit(url).hostname) and host not in ("localhost", "127.0.0.1")
    }


def test_nothing_of_this_machine_or_of_a_registry_is_committed() -> None:
    # Put together here, so that this file does not hold what it looks for.
    forbidden = [
        re.compile("/" + "work" + r"/(main|shared|\.library)"),
        re.compile("/" + "root" + r"/\."),
        re.compile(r"index-url[ =]+\S*:/" + "/"),
        re.compile(r"https?:/" + r"/[^\s/]+/(?:pypi/)?simple\b"),
        *(re.compile(re.escape(host)) for host in own_index_hosts()),
    ]
    found = [
        f"{path}: {match.group()}"
        for path, text in texts()
        for rule in forbidden
        if (match := rule.search(text))
    ]
    assert not found


def test_no_private_key_or_live_token_is_committed() -> None:
    rules = (
        re.compile("-----BEGIN [A-Z ]*PRIVATE" + " KEY-----"),
        re.compile(r"\b\d{9,10}:AA[A-Za-z0-9_-]{33}\b"),
        re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    )
    assert not [f"{path}: {rule.pattern}" for path, text in texts() for rule in rules if rule.search(text)]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_one_version_and_hashes(name: str) -> None:
    text = (ROOT / name).read_text()
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    assert len(blocks) > 50
    for block in blocks:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+", block), block.splitlines()[0]
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_the_development_lock_holds_the_same_versions() -> None:
    def versions(name: str) -> dict[str, str]:
        line = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==([^\s;]+)(.*)", re.MULTILINE)
        found = line.findall((ROOT / name).read_text())
        return {package + marker.strip(" \\"): version for package, version, marker in found}

    run_time, development = versions("requirements.lock"), versions("requirements-dev.lock")
    assert run_time.items() <= development.items()


def test_the_layers_hold() -> None:
    told = run(
        str(Path(sys.executable).with_name("lint-imports")),
        "--no-cache",
        PYTHONPATH=f"{ROOT}:{ROOT / 'queue'}",
    )
    assert told.returncode == 0, told.stdout + told.stderr


def test_the_readme_shows_the_channels_as_they_are() -> None:
    text = (ROOT / "README.md").read_text()
    between = text.partition("<!-- channels -->\n")[2].partition("\n<!-- /channels -->")[0]
    assert between == markdown(rows()), "run: make readme"


def anchors(text: str) -> set[str]:
    """GitHub's anchors of a page's headings."""
    titles = re.findall(r"^#+ +(.+?)\s*$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower().replace("`", "")).replace(" ", "-") for title in titles}


def test_every_link_between_documents_resolves() -> None:
    broken = []
    for path in tracked():
        if path.suffix != ".md":
            continue
        text = re.sub(r"```.*?```", "", (ROOT / path).read_text(encoding="utf-8"), flags=re.DOTALL)
        targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r"(?:src|srcset|href)=\"([^\"]+)\"", text)
        for target in targets:
            if re.match(r"[a-z+]+:", target):
                continue
            name, _, anchor = target.partition("#")
            found = (ROOT / path.parent / name) if name else ROOT / path
            if not found.exists() or (
                anchor and found.suffix == ".md" and anchor not in anchors(found.read_text(encoding="utf-8"))
            ):
                broken.append(f"{path}: {target}")
    assert not broken


def test_the_wheel_holds_the_four_packages_and_their_data(tmp_path: Path) -> None:
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entry = archive.read(next(n for n in names if n.endswith("entry_points.txt"))).decode()
    points = configparser.ConfigParser()
    points.read_string(entry)
    assert points["console_scripts"]["kanal"] == "intake.cli:main"
    assert {name.partition("/")[0] for name in names if name.endswith(".py")} == {
        "intake", "adapters", "normalizer", "complaint_queue",
    }  # fmt: skip
    assert not [name for name in names if "/fixtures/" in name], "fixtures are for tests"
    # What is neither code nor fixture is data that the program reads: all of it has to come along.
    for path in tracked():
        if path.parts[0] not in ("intake", "adapters", "normalizer", "queue") or "fixtures" in path.parts:
            continue
        inside = path.relative_to("queue") if path.parts[0] == "queue" else path
        assert inside.as_posix() in names, f"{path} is not in the wheel"
    for kind in ("migrations/*.sql", "templates/*.html", "data/*.csv", "messages/*.toml"):
        folder, _, pattern = kind.partition("/")
        assert [n for n in names if f"/{folder}/" in n and n.endswith(pattern.removeprefix("*"))], (
            f"no {kind} inside"
        )


def test_the_shell_scripts_parse_and_are_executable() -> None:
    for path in tracked():
        if path.parts[0] in ("scripts", ".ci") or path.parent == Path("docker"):
            first = (ROOT / path).read_text().partition("\n")[0]
            if not first.startswith("#!"):
                continue
            assert os.access(ROOT / path, os.X_OK), f"{path} is not executable"
            if first.endswith(("sh", "bash")):
                told = run(first.rsplit("/", 1)[-1].rsplit(" ", 1)[-1], "-n", str(path))
                assert told.returncode == 0, told.stderr


def test_the_definitions_of_rabbitmq_are_those_of_the_code() -> None:
    from complaint_queue.topology import definitions

    assert json.loads((ROOT / "docker/rabbitmq/definitions.json").read_text()) == definitions()
