"""The private node: starts beside others, dies, comes back with its data, and leaves nothing running."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import aio_pika
import pytest

from complaint_queue import schema, topology
from intake.private_rabbitmq import NICER, PrivateRabbitMQ
from normalizer.errors import Misconfigured

pytestmark = [pytest.mark.rabbitmq, pytest.mark.timeout(180)]


def alive(pid: int) -> bool:
    """Running; a zombie that nobody has buried yet is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_a_node_is_killed_and_comes_back_with_its_data_and_then_leaves_nothing(
    rabbitmq: PrivateRabbitMQ,
) -> None:
    async with PrivateRabbitMQ() as node:
        assert node.port != rabbitmq.port
        own = os.getpriority(os.PRIO_PROCESS, 0)
        assert os.getpriority(os.PRIO_PROCESS, node.pid) == min(19, own + NICER), "the gateway comes first"
        async with await aio_pika.connect(node.url) as connection, connection.channel() as channel:
            await topology.declare(channel)
            exchange = await channel.get_exchange(topology.EXCHANGE)
            message = aio_pika.Message(b"x", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
            await exchange.publish(message, "created.sms.3171")
        # RabbitMQ 3.10 forgets a quorum queue, with what it confirmed, when it is killed in the queue's first second.
        await asyncio.sleep(3)
        killed = node.pid
        await node.kill()
        assert not alive(killed)
        await node.restart()
        assert node.pid != killed
        # The count may read 0 for long after a restart; the message itself is what matters.
        async with await aio_pika.connect(node.url) as connection, connection.channel() as channel:
            queue = await channel.get_queue(topology.QUEUE)
            async with asyncio.timeout(30):
                while (kept := await queue.get(fail=False, no_ack=True)) is None:
                    await asyncio.sleep(0.1)
            assert kept.body == b"x"
        pid, folder = node.pid, node.folder
        epmd = node.epmd_pid
    assert not alive(pid)
    assert epmd is not None
    assert not alive(epmd)
    assert not folder.exists()


async def test_the_definitions_file_makes_what_the_code_declares(
    rabbitmq: PrivateRabbitMQ, tmp_path: Path
) -> None:
    schema.write(tmp_path)
    text = (tmp_path / schema.DEFINITIONS).read_text().replace(topology.VIRTUAL_HOST, "dari-berkas")
    (tmp_path / "definitions.json").write_text(text)
    url = await rabbitmq.declare_vhost("dari-berkas")
    await rabbitmq.ctl("import_definitions", str(tmp_path / "definitions.json"))
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        for queue in (topology.QUEUE, topology.DEAD_QUEUE):
            await channel.declare_queue(queue, passive=True)
        await topology.declare(channel)


async def test_a_missing_package_is_named_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KANAL_RABBITMQ_HOME", os.fspath(tmp_path))
    with pytest.raises(Misconfigured, match="apt-get install"):
        await PrivateRabbitMQ(tmp_path / "node").start()


async def test_a_node_does_not_outlive_a_killed_owner(rabbitmq: PrivateRabbitMQ, tmp_path: Path) -> None:
    code = (
        "import asyncio, pathlib, sys, time\n"
        "from intake.private_rabbitmq import PrivateRabbitMQ\n"
        "node = PrivateRabbitMQ(pathlib.Path(sys.argv[1]))\n"
        "asyncio.run(node.start())\n"
        "print(node.pid, node.epmd_pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    root = Path(__file__).resolve().parents[2]
    owner = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        str(tmp_path / "node"),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'queue'}"},
    )
    assert owner.stdout is not None
    pids = [int(word) for word in (await owner.stdout.readline()).split()]
    assert len(pids) == 2
    assert all(map(alive, pids))
    owner.kill()
    await owner.wait()
    async with asyncio.timeout(20):
        while any(map(alive, pids)):
            await asyncio.sleep(0.05)
