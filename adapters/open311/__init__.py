"""Open311 GeoReport v2, the side that serves: other programs read our services and hand in service requests."""

from .adapter import Open311Adapter

ADAPTER = Open311Adapter
