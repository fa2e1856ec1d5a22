"""A further adapter is a further folder: a copy of the template works without another file being touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what adapters need, with the template copied once more as `contoh`."""
    for folder in ("adapters", "normalizer", "queue"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tests" / "contract").mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copy(ROOT / "tests" / "contract" / "test_adapters.py", tmp_path / "tests" / "contract")
    copy = tmp_path / "adapters" / "contoh"
    shutil.copytree(tmp_path / "adapters" / "template", copy)
    account = copy / "fixtures" / "account.toml"
    account.write_text(account.read_text().replace('adapter = "template"', 'adapter = "contoh"'))
    return tmp_path


def run(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{tree}{os.pathsep}{tree / 'queue'}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environment.pop("KANAL_WRITE_FIXTURES", None)
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_load_and_names_find_the_copy_and_names_leaves_out_the_template(tree: Path) -> None:
    program = (
        "import adapters.base as base, adapters\n"
        "print(adapters.__file__)\n"
        "print(base.load('contoh').name, base.load('template').name)\n"
        "print(*base.names())\n"
    )
    done = run(tree, "-c", program)
    assert done.returncode == 0, done.stderr
    where, loaded, names = done.stdout.splitlines()
    assert Path(where).is_relative_to(tree), "the copied tree is the one that was tested"
    assert loaded == "contoh template"
    assert "contoh" in names.split()
    assert "template" not in names.split()


def test_the_contract_holds_for_the_copy(tree: Path) -> None:
    done = run(
        tree,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "contoh",
        "tests/contract/test_adapters.py",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    fixtures = len(list((tree / "adapters" / "contoh" / "fixtures").glob("*.in.json")))
    passed = int(done.stdout.rsplit(" passed", 1)[0].split()[-1])
    assert passed >= 2 * fixtures, "every fixture of the copy was found, twice"


def test_a_copy_that_breaks_the_contract_is_found_out(tree: Path) -> None:
    parse = tree / "adapters" / "contoh" / "parse.py"
    parse.write_text(parse.read_text().replace("text=payload.text,", 'text=payload.text + "!",'))
    done = run(
        tree,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "contoh",
        "tests/contract/test_adapters.py",
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "contoh/text" in done.stdout
