"""The JAKI app (JakLapor): an HTTP interface of our own for reports, resumable uploads and their progress."""

from adapters.app.adapter import AppAdapter

ADAPTER = AppAdapter
