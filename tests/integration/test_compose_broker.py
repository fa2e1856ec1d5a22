"""The broker of docker/compose.yaml, as far as no engine is needed: its definitions on a real node."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import aio_pika
import pytest

from complaint_queue import topology
from complaint_queue.publisher import address
from intake.private_rabbitmq import PrivateRabbitMQ, installed

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.rabbitmq


def start_script(tmp_path: Path, password: str) -> tuple[int, str, Path]:
    """Run docker/rabbitmq/start.sh with an entrypoint that only says it was called."""
    (tmp_path / "password").write_text(password)
    entry = tmp_path / "entry"
    entry.write_text('#!/bin/sh\necho "would run $*"\n')
    entry.chmod(0o755)
    target = tmp_path / "definitions.json"
    told = subprocess.run(
        ["sh", str(ROOT / "docker/rabbitmq/start.sh")],
        env=os.environ
        | {
            "AMQP_PASSWORD_FILE": str(tmp_path / "password"),
            "SOURCE": str(ROOT / "docker/rabbitmq/definitions.json"),
            "DEFINITIONS": str(target),
            "ENTRYPOINT": str(entry),
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return told.returncode, told.stdout + told.stderr, target


async def test_the_definitions_give_the_user_and_queues_that_the_gateway_needs(tmp_path: Path) -> None:
    if not installed():
        pytest.skip("RabbitMQ is not installed")
    code, told, target = start_script(tmp_path, "kata-sandi-uji")
    assert (code, told) == (0, "would run rabbitmq-server\n")
    assert target.stat().st_mode & 0o777 == 0o600
    target.chmod(0o644)  # the node of this test may run as another user than root
    async with PrivateRabbitMQ(tmp_path / "node", virtual_host="another") as node:
        await node.ctl("import_definitions", str(target))
        url = address(f"amqp://kanal:kata-sandi-uji@127.0.0.1:{node.port}/")
        async with await aio_pika.connect(url) as connection:
            channel = await connection.channel()
            # Passive: it is there already. Then as the gateway does it: nothing differs.
            await channel.get_queue(topology.QUEUE, ensure=True)
            await topology.declare(channel)


def test_a_password_that_json_or_an_address_could_misread_is_refused(tmp_path: Path) -> None:
    for password in ("", 'a"b', "a/b@c"):
        code, told, target = start_script(tmp_path, password)
        assert code == 1
        assert "make-secrets" in told
        assert not target.exists()
