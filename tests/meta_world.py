"""One account of Meta's without the gateway: its adapter, a Graph API on loopback, and what its health says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from adapters.base import Account, Outgoing, Ports, load
from adapters.shared.meta import MetaAdapter
from adapters.shared.meta_fake_graph import FakeGraph, Product
from normalizer.record import Choice
from normalizer.settings import convert

US = "100000000000001"
TOKEN = "contoh-token"
SETTINGS: dict[str, dict[str, Any]] = {
    "facebook": {"page_id": US},
    "instagram": {"account_id": US},
    "whatsapp": {"phone_number_id": US},
}
DOORS = tuple(SETTINGS)
_PRODUCTS: dict[str, Product] = {"facebook": "page", "instagram": "instagram", "whatsapp": "whatsapp"}


@dataclass
class Health:
    """What the account's health says, and every change of it in order."""

    now: dict[str, str] = field(default_factory=dict)
    changes: list[tuple[str, bool]] = field(default_factory=list)
    """Name, and whether the trouble began (True) or ended."""

    def __call__(self, name: str, words: str | None) -> None:
        before = self.now.get(name)
        if words is None:
            self.now.pop(name, None)
        else:
            self.now[name] = words
        if (before is None) != (words is None):
            self.changes.append((name, words is not None))


@dataclass
class Clock:
    """A clock that the test moves."""

    at: datetime = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@dataclass
class MetaWorld:
    adapter: Any
    graph: FakeGraph
    health: Health
    clock: Clock

    async def reply(
        self,
        reply_to: Mapping[str, str],
        text: str,
        *,
        private: bool = True,
        key: str = "",
        ticket: str = "",
        choices: tuple[Choice, ...] = (),
    ) -> str:
        outgoing = Outgoing(text=text, key=key or text, private=private, ticket=ticket, choices=choices)
        answer: str = await self.adapter.reply(reply_to, outgoing)
        return answer

    @property
    def heard(self) -> list[tuple[str, str, bool]]:
        """Where each answer went, its words, and whether only one person reads it."""
        return [(said.key, said.text, said.private) for said in self.graph.heard]


@asynccontextmanager
async def meta_world(name: str, **changed: Any) -> AsyncIterator[MetaWorld]:
    """`changed` are settings of the account."""
    graph, health, clock = FakeGraph(TOKEN, _PRODUCTS[name], US), Health(), Clock()
    base = await graph.start()
    table = {
        "app_secret": "contoh-app-secret",
        "verify_token": "contoh-verify",
        "access_token": TOKEN,
        "graph_base_url": base,
        **SETTINGS[name],
        **changed,
    }
    kind = load(name)
    typed = convert(kind.Settings, table, f"account.{name}.settings", lambda value: value)
    ports = Ports(inbox=None, clock=clock, new_spool=None, trouble=health)  # type: ignore[arg-type]
    adapter = kind(Account(name=name, adapter=name), typed, ports)
    assert isinstance(adapter, MetaAdapter)
    try:
        yield MetaWorld(adapter, graph, health, clock)
    finally:
        await graph.stop()
