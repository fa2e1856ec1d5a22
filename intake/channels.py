"""The table of channels: the thirteen of the law and those beyond, with the adapters that open them today.

README.md carries it between two markers (`make readme` writes it); a test compares both with what stands here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from adapters.base import load, names
from normalizer.record import FURTHER_CHANNELS, OFFICIAL_CHANNELS

if TYPE_CHECKING:
    from rich.table import Table

#: As the CRM and citizens call them.
TITLES = {
    "jaki": "JAKI",
    "facebook": "Facebook Pemprov DKI Jakarta",
    "twitter": "X @DKIJakarta",
    "email": "E-mail dki@jakarta.go.id",
    "sms": "SMS",
    "balai_kota": "Balai Kota",
    "medsos_gubernur": "Media sosial Gubernur",
    "sp4n_lapor": "SP4N-LAPOR!",
    "balai_warga": "Balai Warga",
    "kantor_walikota": "Kantor Wali Kota",
    "kantor_inspektorat": "Kantor Inspektorat",
    "kantor_kecamatan": "Kantor Kecamatan",
    "kantor_kelurahan": "Kantor Kelurahan",
    "telegram": "Telegram",
    "whatsapp": "WhatsApp",
    "instagram": "Instagram",
    "open311": "Open311 GeoReport",
    "lapor_video": "LaporVideo",
    "qlue": "Qlue",
}
#: Channels that an adapter opens beside its own default: offices are a walk-in form's choice, a video a mail's, and
#: the governor's account is a second one of the same adapter.
ALSO = {
    "walkin": ("balai_kota", "kantor_walikota", "kantor_inspektorat", "kantor_kecamatan", "kantor_kelurahan"),
    "email": ("lapor_video",),
    "x": ("medsos_gubernur",),
}


class Row(NamedTuple):
    """One channel. `adapter` is empty while nothing opens it; `ways` are webhook, own loop, answers."""

    channel: str
    title: str
    official: bool
    adapter: str
    ways: str


def rows() -> list[Row]:
    """Every channel in the order of the law, then those beyond, then what further adapters bring."""
    opened: dict[str, str] = {}
    for name in names():
        opened.setdefault(load(name).default_channel, name)
    for name, channels in ALSO.items():
        if name in names():
            for channel in channels:
                opened.setdefault(channel, name)
    known = (*OFFICIAL_CHANNELS, *FURTHER_CHANNELS)
    return [
        Row(channel, TITLES.get(channel, channel), channel in OFFICIAL_CHANNELS, adapter, _ways(adapter))
        for channel in (*known, *sorted(opened.keys() - set(known)))
        for adapter in (opened.get(channel, ""),)
    ]


def _ways(adapter: str) -> str:
    if not adapter:
        return ""
    kind = load(adapter)
    found = []
    # Webhook has members that are no methods, so `issubclass` cannot be asked about it.
    if hasattr(kind, "run"):
        found.append("own loop")
    if hasattr(kind, "verify") and hasattr(kind, "handshake"):
        found.append("webhook")
    if not found:
        found.append("web page")
    if hasattr(kind, "reply"):
        found.append("answers")
    return ", ".join(found)


def markdown(table: list[Row]) -> str:
    """For README.md."""
    lines = ["| Channel | Name | Of the thirteen | Adapter | State |", "|---|---|---|---|---|"]
    for row in table:
        adapter = f"[{row.adapter}](adapters/{row.adapter}/doc.md)" if row.adapter else ""
        state = f"open: {row.ways}" if row.adapter else "planned"
        lines.append(
            f"| `{row.channel}` | {row.title} | {'yes' if row.official else ''} | {adapter} | {state} |"
        )
    return "\n".join(lines)


def for_terminal(table: list[Row]) -> Table:
    """The same, for people at a terminal."""
    from rich.table import Table

    shown = Table()
    for name in ("Kanal", "Nama", "Resmi", "Adapter", "Cara"):
        shown.add_column(name)
    for row in table:
        shown.add_row(row.channel, row.title, "✓" if row.official else "", row.adapter or "—", row.ways)
    return shown
