"""The generated files say what the code declares."""

from __future__ import annotations

from pathlib import Path

import pytest

from complaint_queue import schema, topology

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("path", schema.files(), ids=str)
def test_a_generated_file_is_up_to_date(path: Path) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == schema.files()[path], (
        "run: PYTHONPATH=.:queue python -m complaint_queue.schema"
    )


def test_every_queue_is_quorum_bounded_and_refuses_when_full() -> None:
    queues = topology.definitions()["queues"]
    assert {q["name"] for q in queues} == {
        topology.QUEUE,
        topology.DEAD_QUEUE,
        topology.STATUS_QUEUE,
        topology.STATUS_DEAD_QUEUE,
    }
    for queue in queues:
        arguments = queue["arguments"]
        assert arguments["x-queue-type"] == "quorum"
        assert arguments["x-overflow"] == "reject-publish"
        assert arguments["x-max-length"] > 0
        assert queue["durable"]


def test_poison_goes_to_the_dead_letters_at_least_once() -> None:
    arguments = topology.QUEUE_ARGUMENTS
    assert arguments["x-dead-letter-strategy"] == "at-least-once"
    assert arguments["x-dead-letter-exchange"] == topology.DEAD_EXCHANGE
    assert arguments["x-delivery-limit"] == topology.DELIVERY_LIMIT


def test_the_dead_letters_of_the_two_ways_never_mix() -> None:
    arguments = topology.STATUS_ARGUMENTS
    assert arguments["x-dead-letter-strategy"] == "at-least-once"
    assert (arguments["x-dead-letter-exchange"], arguments["x-dead-letter-routing-key"]) == (
        "",
        topology.STATUS_DEAD_QUEUE,
    )


def test_no_credential_stands_in_the_definitions() -> None:
    assert "users" not in topology.definitions()
