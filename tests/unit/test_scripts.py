"""The scripts behind make, where they have to refuse: the cure is said, and nothing is touched."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLS = (
    "sh", "dirname", "cat", "cksum", "tr", "awk", "df", "grep", "ls", "rm", "id", "tail", "mktemp", "chmod", "tee",
    "env", "sed",
)  # fmt: skip
SYSTEM_PACKAGES = ROOT / "scripts/system-packages"


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder of everyday tools, and no Python, apt or dpkg among them: the whole PATH of a test."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None, name
        (folder / name).symlink_to(found)
    return folder


def write(path: Path, text: str) -> None:
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


def run(script: Path, *arguments: str, path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(script), *arguments], env={"PATH": str(path), "HOME": "/nonexistent"} | environment,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What `scripts/environment` reads of the repository, in a folder whose name holds a space."""
    folder = tmp_path / "kanal aduan"
    (folder / "scripts").mkdir(parents=True)
    for name in ("environment", "system-packages"):
        shutil.copy2(ROOT / "scripts" / name, folder / "scripts")
    for name in ("pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy2(ROOT / name, folder)
    return folder


def test_without_a_python_that_is_new_enough_the_cure_is_said(clone: Path, tools: Path) -> None:
    write(tools / "python3", "exit 1\n")  # as an old one answers when it is asked for its version
    told = run(clone / "scripts/environment", "run", path=tools)
    assert told.returncode == 1
    assert "no Python 3.11 or later" in told.stderr
    assert told.stderr.count("cure:") == 2
    assert not (clone / ".venv").exists()


def test_a_folder_that_is_no_environment_is_left_alone(clone: Path, tools: Path) -> None:
    (clone / ".venv").mkdir()
    (clone / ".venv/precious.txt").write_text("mine")
    told = run(clone / "scripts/environment", "run", path=tools, PYTHON=sys.executable)
    assert told.returncode == 1
    assert "move it away" in told.stderr
    assert (clone / ".venv/precious.txt").read_text() == "mine"


def test_the_second_run_is_instant_and_another_lock_is_noticed(clone: Path, tools: Path) -> None:
    (clone / ".venv/bin").mkdir(parents=True)
    (clone / ".venv/bin/python").symlink_to(sys.executable)
    command = ["sh", "-c", "cat requirements.lock pyproject.toml | cksum"]
    summed = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=True).stdout
    (clone / ".venv/stamp-run").write_text(f"{summed.strip()} {clone}")
    began = time.monotonic()
    told = run(clone / "scripts/environment", "run", path=tools)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
    assert time.monotonic() - began < 2, "15 ms were measured"
    with (clone / "requirements.lock").open("a") as lock:
        lock.write("\n# changed\n")
    # It sets out to install now, and stops at the first thing that is missing here.
    assert run(clone / "scripts/environment", "run", path=tools).returncode == 1


APT = """echo "apt-get $*" >>"$LOG"
[ -e "$POLICY_RC_D" ] && echo "policy $(cat "$POLICY_RC_D" | tail -n 1)" >>"$LOG"
case "$*" in *update*) touch "$LOG.updated"; exit 0 ;; esac
[ -e "$LOG.updated" ] || { echo "E: Unable to locate package"; exit 100; }
printf '#!/bin/sh\\n' >"$BIN/wanted"; chmod 755 "$BIN/wanted"
"""


@pytest.fixture
def debian(tools: Path, tmp_path: Path) -> dict[str, str]:
    """A Debian that has no `wanted` yet, whose package lists are old; we are root there."""
    write(tools / "apt-get", APT)
    write(tools / "dpkg-query", "echo unknown\n")
    write(tools / "dpkg", "exit 0\n")
    (tools / "id").unlink()
    write(tools / "id", "echo 0\n")
    found = shutil.which("touch")
    assert found is not None
    (tools / "touch").symlink_to(found)
    return {"LOG": str(tmp_path / "log"), "BIN": str(tools), "POLICY_RC_D": str(tmp_path / "policy-rc.d")}


def test_a_missing_package_is_installed_and_starts_no_service(
    tools: Path, debian: dict[str, str], tmp_path: Path
) -> None:
    told = run(SYSTEM_PACKAGES, "ensure", "wanted", "wanted-server", path=tools, **debian)
    assert told.returncode == 0, told.stderr
    log = (tmp_path / "log").read_text()
    assert log.count("install --no-install-recommends wanted-server") == 2, "once more after the update"
    assert log.count("policy exit 101") == log.count("apt-get"), "nothing may start while it is installed"
    assert not Path(debian["POLICY_RC_D"]).exists(), "the file was ours, and is gone"
    (tmp_path / "log").unlink()
    assert run(SYSTEM_PACKAGES, "ensure", "wanted", "wanted-server", path=tools, **debian).returncode == 0
    assert not (tmp_path / "log").exists(), "it is there now"


def test_a_policy_of_the_machine_stays(tools: Path, debian: dict[str, str]) -> None:
    policy = Path(debian["POLICY_RC_D"])
    write(policy, "exit 101\n")
    assert run(SYSTEM_PACKAGES, "ensure", "wanted", "wanted-server", path=tools, **debian).returncode == 0
    assert policy.exists()


def test_who_may_not_install_is_told_what_to_type(tools: Path, debian: dict[str, str]) -> None:
    write(tools / "id", "echo 1000\n")
    told = run(SYSTEM_PACKAGES, "ensure", "wanted", "wanted-server", path=tools, **debian)
    assert told.returncode == 1
    assert "sudo apt-get install --no-install-recommends wanted-server" in told.stderr
    (tools / "apt-get").unlink()
    told = run(SYSTEM_PACKAGES, "ensure", "wanted", "wanted-server", path=tools, **debian)
    assert told.returncode == 1
    assert "no Debian" in told.stderr


def test_a_name_that_is_none_is_refused(tools: Path, debian: dict[str, str], tmp_path: Path) -> None:
    told = run(SYSTEM_PACKAGES, "install", "--allow-unauthenticated", path=tools, **debian)
    assert told.returncode == 1
    assert not (tmp_path / "log").exists()


def test_what_tests_leave_running_is_ended(tmp_path: Path) -> None:
    """A child that goes to the background in a session of its own is found by its mark, and nobody else is."""
    script = f"""
import os, runpy, subprocess, sys
module = runpy.run_path({str(ROOT / "scripts/run-tests")!r})
child = subprocess.Popen(["sleep", "60"], start_new_session=True, env=os.environ | {{"KANAL_TEST_RUN": "uji-2611"}})
other = subprocess.Popen(["sleep", "60"], env=os.environ | {{"KANAL_TEST_RUN": "uji-26"}})
module["stop_what_is_left"]("uji-2611")
print(child.wait(10), other.poll())
other.kill()
other.wait()
"""
    if not Path("/proc/self/environ").exists():
        pytest.skip("no /proc here")
    kept = {name: value for name, value in os.environ.items() if name != "KANAL_TEST_RUN"}
    told = subprocess.run(
        [sys.executable, "-c", script], env=kept, capture_output=True, text=True, timeout=60, check=True
    )
    assert told.stdout.splitlines()[-1] == "-15 None"


def test_a_server_of_ones_own_ends_with_the_tests_that_left_it_running(tmp_path: Path) -> None:
    """It has an environment of its own and so bears no mark; its guard must outlive the process that does."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("no /proc here")
    server = subprocess.Popen(["sleep", "60"], start_new_session=True, env={})
    of_the_tests = f"""
import time
from intake.private_server import Guard
Guard().watch_over({server.pid})
print("ready", flush=True)
time.sleep(60)
"""
    marked = os.environ | {"KANAL_TEST_RUN": "uji-2611", "PYTHONPATH": str(ROOT)}
    tests = subprocess.Popen(
        [sys.executable, "-c", of_the_tests], env=marked, stdout=subprocess.PIPE, text=True
    )
    assert tests.stdout is not None
    try:
        assert tests.stdout.readline() == "ready\n"
        ends = f"""
import runpy
runpy.run_path({str(ROOT / "scripts/run-tests")!r})["stop_what_is_left"]("uji-2611")
"""
        kept = {name: value for name, value in os.environ.items() if name != "KANAL_TEST_RUN"}
        subprocess.run([sys.executable, "-c", ends], env=kept, capture_output=True, timeout=60, check=True)
        assert tests.wait(10) == -signal.SIGTERM
        assert server.wait(10) == -signal.SIGKILL
    finally:
        for process in (tests, server):
            process.kill()
            process.wait()
        tests.stdout.close()
