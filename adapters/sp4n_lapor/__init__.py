"""SP4N-LAPOR!, the national complaint system: reports disposed to the province, pulled, pushed, and answered."""

from .adapter import LaporAdapter

ADAPTER = LaporAdapter
