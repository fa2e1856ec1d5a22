"""Reports of earlier systems: Qlue, and what CROP had collected from it and other sources."""

from adapters.qlue.adapter import QlueAdapter

ADAPTER = QlueAdapter
