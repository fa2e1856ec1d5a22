"""Complaints that a clerk takes at a counter."""

from adapters.walkin.adapter import WalkinAdapter

ADAPTER = WalkinAdapter
