"""Writes the schema and the broker's definitions that the repository keeps: `python -m complaint_queue.schema`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from complaint_queue import reconciliation, statuses, topology, wire

SCHEMA = Path("docs/schema/complaint-event.schema.json")
STATUS_SCHEMA = Path("docs/schema/status-update.schema.json")
RECONCILIATION_SCHEMA = Path("docs/schema/reconciliation.schema.json")
DEFINITIONS = Path("docker/rabbitmq/definitions.json")


def files() -> dict[Path, str]:
    """Every generated file, relative to the repository's root, with what must stand in it."""
    made = {
        SCHEMA: wire.json_schema(),
        STATUS_SCHEMA: statuses.json_schema(),
        RECONCILIATION_SCHEMA: reconciliation.json_schema(),
        DEFINITIONS: topology.definitions(),
    }
    return {path: json.dumps(content, indent=2, ensure_ascii=False) + "\n" for path, content in made.items()}


def write(root: Path) -> None:
    """Write them below `root`."""
    for path, text in files().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd())
