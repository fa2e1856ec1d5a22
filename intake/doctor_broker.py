"""`kanal doctor` looks at RabbitMQ: every host of a cluster by itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from intake.config import Config
from intake.findings import Finding, cure_of, first_line
from normalizer.errors import Misconfigured
from normalizer.sentence import Sentence, Several

if TYPE_CHECKING:
    from yarl import URL

    from complaint_queue.broker import Where


async def look_at_broker(config: Config) -> Finding:
    """Which broker there is, and what it says; nothing is declared."""
    from intake.broker import chosen

    try:
        where = await chosen(config.broker)
        if where:
            return await _broker_at(where, config)
        return Finding(
            what="broker",
            ok=True,
            found="none configured, none on localhost: the journal holds every event",
            cure="to publish, set KANAL_AMQP_URL=amqp://user:…@host:5672/",
        )
    except Misconfigured as error:
        return Finding(what="broker", ok=False, found=first_line(error), cure=cure_of(error))


async def _broker_at(where: Where, config: Config) -> Finding:
    """Connects to every host, opens our virtual host and looks for the queue, passively."""
    from complaint_queue.broker import Reach
    from complaint_queue.line import TROUBLE

    reach = Reach(where, config.broker.virtual_host, "kanal doctor")
    away: list[Sentence] = []
    found: Sentence | None = None
    for _ in range(len(reach)):
        url = reach.url
        try:
            found = await _look_for_queue(url) or found
        except TROUBLE as error:
            why = first_line(error) if str(error) else Sentence("{kind}", kind=type(error).__name__)
            away.append(Sentence("{host}:{port}: {why}", host=url.host, port=url.port, why=why))
        reach.failed()
    if away and found:
        cure = Sentence(
            "the other hosts of the cluster do the work: mend this one, or take it out of broker.url"
        )
        return Finding(
            what="broker",
            ok=False,
            found=Sentence("{away} ({found})", away=Several(away), found=found),
            cure=cure,
        )
    if away:
        cure = Sentence(
            "check KANAL_AMQP_URL, the user's rights, and the virtual host: "
            "rabbitmqctl add_vhost {vhost} && "
            "rabbitmqctl set_permissions -p {vhost} USER '.*' '.*' '.*'",
            vhost=config.broker.virtual_host,
        )
        return Finding(what="broker", ok=False, found=Sentence("{away}", away=Several(away)), cure=cure)
    return Finding(
        what="broker", ok=True, found=Sentence("{hosts}: {found}", hosts=reach.hosts.names, found=found)
    )


async def _look_for_queue(url: URL) -> Sentence:
    import aio_pika

    from complaint_queue import topology
    from complaint_queue.line import close, connection_of

    connection, socket = connection_of(url)
    try:
        async with asyncio.timeout(8):
            await connection.connect()
            channel = await connection.channel()
            try:
                queue = await channel.get_queue(topology.QUEUE, ensure=True)
            except aio_pika.exceptions.ChannelNotFoundEntity:
                return Sentence("answers; the gateway will declare its queues")
            count = queue.declaration_result.message_count
            return Sentence("answers; {count} messages wait for the CRM", count=count)
    finally:
        await close(connection, socket)
