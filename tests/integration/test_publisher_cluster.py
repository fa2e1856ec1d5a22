"""The publisher before a cluster of RabbitMQ whose queue has just lost its leader."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from complaint_queue import topology
from intake import private_rabbitmq
from intake.private_cluster import PrivateCluster
from tests.relay import Relay, declare_empty

pytestmark = [pytest.mark.rabbitmq, pytest.mark.timeout(300)]


@pytest.mark.skipif(not private_rabbitmq.installed(), reason="RabbitMQ's package is not installed")
async def test_connections_made_while_nobody_leads_do_not_keep_refusing(tmp_path: Path) -> None:
    """RabbitMQ nacks for ever what comes through a channel that was opened in that moment."""
    async with PrivateCluster(tmp_path) as cluster:
        await declare_empty(cluster.nodes[0].url)
        listed = await cluster.nodes[0].ctl(
            "list_queues", "-p", topology.VIRTUAL_HOST, "name", "leader", "--formatter", "json"
        )
        leaders = {queue["name"]: queue["leader"] for queue in json.loads(listed)}
        leader = next(node for node in cluster.nodes if node.node_name == leaders[topology.QUEUE])
        others = [node for node in cluster.nodes if node is not leader]
        relays = [Relay(node.url, declare=False) for node in others * 3]
        for relay in relays:
            relay.outbox.fill(complaints=5)
        await leader.kill()
        async with contextlib.AsyncExitStack() as stack:
            for relay in relays:
                await stack.enter_async_context(relay.running())
            for relay in relays:
                await relay.outbox.until_marked(5, within=30)
        assert leader.ended
