"""Three RabbitMQ nodes of one's own that form a cluster on loopback: for tests of what happens when one dies.

Each knows the others' names from its configuration and joins them at its first start. They share one port mapper,
are kept small (one scheduler, a bound on memory), and start at the same time.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from complaint_queue.topology import VIRTUAL_HOST
from intake.private_rabbitmq import PrivateRabbitMQ
from intake.private_server import Started

#: One scheduler: three nodes share a small machine.
ERLANG = "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}"
#: Of each node; beyond it publishers are blocked.
MEMORY = "300MB"


class PrivateCluster(Started):
    """`async with PrivateCluster(folder) as cluster:`; `cluster.nodes` are its nodes, `cluster.url` all of them."""

    def __init__(self, folder: Path, size: int = 3, virtual_host: str = VIRTUAL_HOST) -> None:
        self.nodes: list[PrivateRabbitMQ] = []
        for number in range(size):
            first = self.nodes[0] if self.nodes else None
            node = PrivateRabbitMQ(folder / f"node{number}", virtual_host, erlang=ERLANG, beside=first)
            self.nodes.append(node)

    @property
    def url(self) -> str:
        """The addresses of all nodes, with commas between."""
        return ",".join(node.url for node in self.nodes)

    async def start(self, within: float = 120.0) -> None:
        """Start all, and wait until they are one cluster. Raises `Misconfigured` or `Unavailable`."""
        for node in self.nodes:
            node.choose_ports()
        for node in self.nodes:
            node.settings = {
                "cluster_formation.peer_discovery_backend": "classic_config",
                **{
                    f"cluster_formation.classic_config.nodes.{number}": peer.node_name
                    for number, peer in enumerate(self.nodes, 1)
                },
                "cluster_partition_handling": "pause_minority",
                "vm_memory_high_watermark.absolute": MEMORY,
            }
        await self.nodes[0].start_mapper()
        await asyncio.gather(*(node.restart(within) for node in self.nodes))
        await self.until_whole(within)

    async def until_whole(self, within: float = 120.0) -> None:
        """Wait until every node sees every other one."""
        await self.nodes[0].ctl("await_online_nodes", str(len(self.nodes)), within=within)

    async def stop(self) -> None:
        """End all of them; the first one, whose port mapper the others use, at the end."""
        for node in reversed(self.nodes):
            await node.stop()
