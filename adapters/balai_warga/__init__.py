"""Balai Warga: the public web form, and the same form from the portal by signed POST."""

from adapters.balai_warga.adapter import BalaiWargaAdapter

ADAPTER = BalaiWargaAdapter
