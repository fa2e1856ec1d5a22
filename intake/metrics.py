"""What the gateway counts and measures, as Prometheus sees it. No label ever holds a person's data."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

#: Reasons come from a closed set; a quarantine reason quotes a parser and would be a label without bound.
_OPEN_REASONS = {"quarantined"}


class Metrics:
    """One registry per service, so that two in one process (tests) do not meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._fates = Counter(
            "kanal_items_total",
            "Items by account, outcome and reason",
            ["account", "outcome", "reason"],
            registry=self.registry,
        )
        self.rejected = Counter(
            "kanal_rejected_total", "Requests refused", ["account", "error"], registry=self.registry
        )
        self.answer_seconds = Histogram(
            "kanal_answer_seconds",
            "From the last byte of a webhook to its answer",
            ["account"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
            registry=self.registry,
        )
        self.receipts = Counter(
            "kanal_receipts_total",
            "What providers said about messages that we sent",
            ["account", "state"],
            registry=self.registry,
        )
        self.replies = Counter(
            "kanal_replies_total",
            "Answers to citizens, by what became of an attempt",
            ["account", "outcome"],
            registry=self.registry,
        )
        self.reply_seconds = Histogram(
            "kanal_reply_seconds",
            "From the decision to say something to the provider's taking it",
            ["purpose"],
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 3600),
            registry=self.registry,
        )
        self.statuses = Counter(
            "kanal_statuses_total",
            "Statuses of the CRM, by what became of them",
            ["outcome"],
            registry=self.registry,
        )
        self.media_read = Counter(
            "kanal_files_read_total",
            "Stored files that were read, by kind and what came of it",
            ["kind", "outcome"],
            registry=self.registry,
        )
        self.slowed = Counter(
            "kanal_slowed_total",
            "Complaints filed later because their sender brought very many",
            ["account"],
            registry=self.registry,
        )
        self.settled = Counter(
            "kanal_settled_total", "Complaints settled, by kind of event", ["event"], registry=self.registry
        )
        self.published = Counter(
            "kanal_published_total", "Events confirmed by the broker", registry=self.registry
        )
        self.returned = Counter(
            "kanal_returned_total", "Events that the broker returned", registry=self.registry
        )
        self.restarts = Counter(
            "kanal_task_restarts_total",
            "Tasks that ended and were started again",
            ["task"],
            registry=self.registry,
        )
        self.waiting = Gauge("kanal_waiting", "What waits, by queue", ["queue"], registry=self.registry)
        self.oldest_unpublished = Gauge(
            "kanal_oldest_unpublished_seconds", "Age of the oldest unpublished event", registry=self.registry
        )

    def fate(self, account: str, outcome: str, reason: str) -> None:
        self._fates.labels(account, outcome, "" if outcome in _OPEN_REASONS else reason).inc()
