"""docker/ as far as a machine without an engine can check it: what it names exists, and its parts agree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from intake.config import load

ROOT = Path(__file__).resolve().parent.parent.parent
DOCKER = ROOT / "docker"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    return found


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, continued lines joined."""
    text = re.sub(r"\\\n\s*", " ", (DOCKER / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines]


def test_every_file_that_the_image_copies_is_there_and_is_sent_to_the_engine() -> None:
    rules = [r for r in (DOCKER / "Dockerfile.dockerignore").read_text().splitlines() if r and r[0] != "#"]
    allowed = [rule[1:] for rule in rules if rule.startswith("!")]
    copied = [arguments.split() for name, arguments in instructions() if name == "COPY"]
    sources = [s for parts in copied if not parts[0].startswith("--from") for s in parts[:-1]]
    assert len(sources) >= 7
    for source in sources:
        source = source.removeprefix("./")
        assert (ROOT / source).exists(), source
        assert any(fnmatch(source, rule) for rule in allowed), (
            f"{source} is kept back by the dockerignore file"
        )
    assert rules[0] == "*", "everything is kept back unless it is named"


def test_the_image_runs_without_rights_and_knows_whether_it_is_well() -> None:
    steps = instructions()
    last = max(index for index, (name, _) in enumerate(steps) if name == "FROM")
    final = dict(steps[last:])
    assert final["USER"] == "10001:10001"
    assert final["ENTRYPOINT"] == '["kanal"]'
    assert final["HEALTHCHECK"].endswith('CMD ["kanal", "health"]')
    installs = [arguments for name, arguments in steps if name == "RUN" and "pip install" in arguments]
    assert any("--require-hashes --requirement requirements.lock" in line for line in installs)
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)


def test_no_image_is_named_with_a_registrys_host(compose: dict[str, Any]) -> None:
    images = [arguments.split()[0] for name, arguments in instructions() if name == "FROM"]
    images += [service["image"] for service in compose["services"].values()]
    for image in images:
        assert "/" not in image, image
        assert not image.endswith(":latest") and ":" in image, f"{image} names no version"


def test_the_gateways_ports_and_folders_are_those_of_its_settings(compose: dict[str, Any]) -> None:
    secrets = DOCKER / "kanal.toml"
    text = secrets.read_text()
    # The broker's address is a secret that exists only where it runs.
    config_text = text.replace('url = "file:/run/secrets/amqp_url"\n', "")
    assert config_text != text
    gateway = compose["services"]["gateway"]
    inside = {int(port.rpartition(":")[2]) for port in gateway["ports"]}
    listening = {int(port) for port in re.findall(r'listen = "0\.0\.0\.0:(\d+)"', text)}
    exposed = {int(port) for name, ports in instructions() if name == "EXPOSE" for port in ports.split()}
    assert inside == listening == exposed
    assert all(port.startswith("127.0.0.1:") for port in gateway["ports"]), (
        "a door of the image is open to the world"
    )
    folder = re.search(r'data_dir = "(.+)"', text)
    assert folder is not None
    assert [volume.partition(":")[2] for volume in gateway["volumes"]] == [folder[1]]
    assert ("VOLUME", folder[1]) in instructions()
    assert gateway["read_only"] and gateway["cap_drop"] == ["ALL"]


def test_the_images_settings_load(tmp_path: Path) -> None:
    (tmp_path / "amqp_url").write_text("amqp://kanal:x@rabbitmq:5672/")
    file = tmp_path / "kanal.toml"
    file.write_text((DOCKER / "kanal.toml").read_text().replace("/run/secrets", str(tmp_path)))
    config = load(file, {"KANAL_DATA_DIR": str(tmp_path / "data")})
    assert {account.adapter for account in config.accounts} == {"email", "sms", "walkin"}
    assert config.broker.url is not None


def test_every_file_and_secret_that_compose_names_is_there_or_is_made(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    for service in compose["services"].values():
        for volume in service["volumes"]:
            source = volume.partition(":")[0]
            if source.startswith("."):
                assert (DOCKER / source).is_file(), source
            else:
                assert source in compose["volumes"]
        assert set(service["secrets"]) <= set(compose["secrets"])
        assert set(service["networks"]) <= set(compose["networks"])
    build = compose["services"]["gateway"]["build"]
    assert (DOCKER / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()

    shutil.copy(DOCKER / "make-secrets", tmp_path)
    for _ in range(2):
        subprocess.run([str(tmp_path / "make-secrets")], check=True, capture_output=True)
    made = {f"./secrets/{path.name}" for path in (tmp_path / "secrets").iterdir()}
    assert made == {secret["file"] for secret in compose["secrets"].values()}
    password = (tmp_path / "secrets/amqp_password").read_text()
    assert len(password) == 48
    assert (tmp_path / "secrets/amqp_url").read_text() == f"amqp://kanal:{password}@rabbitmq:5672/"
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_compose_itself_accepts_the_file() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True).returncode:
        pytest.skip("no docker client with compose here; the file was parsed and checked all the same")
    told = subprocess.run(
        [docker, "compose", "--file", str(DOCKER / "compose.yaml"), "config", "--quiet"],
        capture_output=True, text=True, env=os.environ | {"COMPOSE_PROJECT_NAME": "kanal-aduan"},
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
