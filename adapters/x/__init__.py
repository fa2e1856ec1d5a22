"""X (Twitter): posts that mention an account, and its direct messages, by poll, stream or webhook."""

from adapters.x.adapter import XAdapter

ADAPTER = XAdapter
