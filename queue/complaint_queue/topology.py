"""The exchanges and queues between gateway and CRM, declared in one place.

    aduan.events (topic) --#--> crm.complaints (quorum) --refused, or delivered too often--> aduan.dead (topic)
                                                                                  --#--> crm.complaints.dead (quorum)
    crm.status (topic) --#--> aduan.status (quorum) --of no ticket of ours, or unreadable--> aduan.status.dead

Quorum queues, because a confirm then means synced to disk on a majority. `reject-publish`, because a full queue
must answer "no" (the journal keeps the event) and never drop its oldest. `at-least-once`, because a dead letter
is a complaint too. There is no alternate exchange: what cannot be routed comes back to the publisher and alarms.
(RabbitMQ: quorum queues, dead letter exchanges; https://www.rabbitmq.com/docs/quorum-queues)
"""

from __future__ import annotations

from typing import Any

from aio_pika.abc import AbstractChannel, ExchangeType

VIRTUAL_HOST = "kanal-aduan"
EXCHANGE = "aduan.events"
QUEUE = "crm.complaints"
DEAD_EXCHANGE = "aduan.dead"
DEAD_QUEUE = "crm.complaints.dead"

STATUS_EXCHANGE = "crm.status"
STATUS_QUEUE = "aduan.status"
STATUS_DEAD_QUEUE = "aduan.status.dead"

#: Deliveries of one message before it counts as poison and goes to the dead letters.
DELIVERY_LIMIT = 20
#: Messages. A year's complaints are some 200,000; beyond this the journal holds them.
MAX_LENGTH = 1_000_000
DEAD_MAX_LENGTH = 100_000

QUEUE_ARGUMENTS: dict[str, Any] = {
    "x-queue-type": "quorum",
    "x-overflow": "reject-publish",
    "x-max-length": MAX_LENGTH,
    "x-delivery-limit": DELIVERY_LIMIT,
    "x-dead-letter-exchange": DEAD_EXCHANGE,
    "x-dead-letter-strategy": "at-least-once",
}
#: The default exchange routes by the queue's name; the dead letters of one way never mix with the other's.
STATUS_ARGUMENTS: dict[str, Any] = {
    **QUEUE_ARGUMENTS,
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": STATUS_DEAD_QUEUE,
}
DEAD_ARGUMENTS: dict[str, Any] = {
    "x-queue-type": "quorum",
    "x-overflow": "reject-publish",
    "x-max-length": DEAD_MAX_LENGTH,
}


def crm_arguments(single_active: bool) -> dict[str, Any]:
    """The arguments of the CRM's queue."""
    return {**QUEUE_ARGUMENTS, "x-single-active-consumer": True} if single_active else QUEUE_ARGUMENTS


async def declare(channel: AbstractChannel, *, single_active: bool = False) -> None:
    """Create what is missing; `single_active`: the CRM's queue serves one consumer at a time.

    Raises `aio_pika.exceptions.ChannelPreconditionFailed` where it differs.
    """
    dead_exchange = await channel.declare_exchange(DEAD_EXCHANGE, ExchangeType.TOPIC, durable=True)
    dead = await channel.declare_queue(DEAD_QUEUE, durable=True, arguments=DEAD_ARGUMENTS)
    await dead.bind(dead_exchange, "#")
    exchange = await channel.declare_exchange(EXCHANGE, ExchangeType.TOPIC, durable=True)
    queue = await channel.declare_queue(QUEUE, durable=True, arguments=crm_arguments(single_active))
    await queue.bind(exchange, "#")
    await channel.declare_queue(STATUS_DEAD_QUEUE, durable=True, arguments=DEAD_ARGUMENTS)
    statuses = await channel.declare_exchange(STATUS_EXCHANGE, ExchangeType.TOPIC, durable=True)
    status_queue = await channel.declare_queue(STATUS_QUEUE, durable=True, arguments=STATUS_ARGUMENTS)
    await status_queue.bind(statuses, "#")


def definitions() -> dict[str, Any]:
    """The same as a definitions file: `rabbitmqctl import_definitions definitions.json` makes it all.

    It holds no user: credentials do not belong into a repository.
    """
    here = {"vhost": VIRTUAL_HOST}
    exchange = {
        **here,
        "type": "topic",
        "durable": True,
        "auto_delete": False,
        "internal": False,
        "arguments": {},
    }
    queue = {**here, "durable": True, "auto_delete": False}
    binding = {**here, "destination_type": "queue", "routing_key": "#", "arguments": {}}
    return {
        "vhosts": [{"name": VIRTUAL_HOST}],
        "exchanges": [{"name": name, **exchange} for name in (EXCHANGE, DEAD_EXCHANGE, STATUS_EXCHANGE)],
        "queues": [
            {"name": QUEUE, **queue, "arguments": QUEUE_ARGUMENTS},
            {"name": DEAD_QUEUE, **queue, "arguments": DEAD_ARGUMENTS},
            {"name": STATUS_QUEUE, **queue, "arguments": STATUS_ARGUMENTS},
            {"name": STATUS_DEAD_QUEUE, **queue, "arguments": DEAD_ARGUMENTS},
        ],
        "bindings": [
            {"source": EXCHANGE, "destination": QUEUE, **binding},
            {"source": DEAD_EXCHANGE, "destination": DEAD_QUEUE, **binding},
            {"source": STATUS_EXCHANGE, "destination": STATUS_QUEUE, **binding},
        ],
    }
