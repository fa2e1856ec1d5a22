"""The table of channels: the thirteen of the law and those beyond, with the adapters that open them today.

README.md carries it between two markers (`make readme` writes it); a test compares both with what stands here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from adapters.base import load, names
from intake.words import say
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
    "facebook": ("medsos_gubernur",),
    "instagram": ("medsos_gubernur",),
}
#: What these serve is read by people, not by programs.
_PAGES = frozenset({"balai_warga"})


class Row(NamedTuple):
    """One channel. `adapters` is empty while nothing opens it; `ways` are those of the first: own loop, webhook, own
    HTTP interface, or else a web page; and whether it answers.
    """

    channel: str
    title: str
    official: bool
    adapters: tuple[str, ...]
    ways: str


def rows() -> list[Row]:
    """Every channel in the order of the law, then those beyond, then what further adapters bring."""
    opened: dict[str, list[str]] = {}
    for name in names():
        opened.setdefault(load(name).default_channel, []).append(name)
    for name, channels in ALSO.items():
        if name in names():
            for channel in channels:
                opened.setdefault(channel, []).append(name)
    known = (*OFFICIAL_CHANNELS, *FURTHER_CHANNELS)
    return [
        Row(channel, TITLES.get(channel, channel), channel in OFFICIAL_CHANNELS, adapters, _ways(adapters))
        for channel in (*known, *sorted(opened.keys() - set(known)))
        for adapters in (tuple(dict.fromkeys(opened.get(channel, ()))),)
    ]


def _ways(adapters: tuple[str, ...]) -> str:
    if not adapters:
        return ""
    kind = load(adapters[0])
    found = []
    # Webhook and Serves have members that are no methods, so `issubclass` cannot be asked about them.
    if hasattr(kind, "run"):
        found.append("own loop")
    if hasattr(kind, "verify") and hasattr(kind, "handshake"):
        found.append("webhook")
    if hasattr(kind, "web_app") and kind.name not in _PAGES:
        found.append("own HTTP interface")
    if not found:
        found.append("web page")
    if hasattr(kind, "reply"):
        found.append("answers")
    return ", ".join(found)


def markdown(table: list[Row]) -> str:
    """For README.md."""
    lines = ["| Channel | Name | Of the thirteen | Adapter | State |", "|---|---|---|---|---|"]
    for row in table:
        adapter = ", ".join(f"[{name}](adapters/{name}/doc.md)" for name in row.adapters)
        state = f"open: {row.ways}" if row.adapters else "planned"
        lines.append(
            f"| `{row.channel}` | {row.title} | {'yes' if row.official else ''} | {adapter} | {state} |"
        )
    return "\n".join(lines)


def _told(ways: str) -> str:
    """In the reader's language."""
    return ", ".join(say("way_" + way.replace(" ", "_").lower()) for way in ways.split(", ") if way)


def for_terminal(table: list[Row]) -> Table:
    """The same, for people at a terminal."""
    from rich.table import Table

    shown = Table()
    for name in say("channels_columns").split("|"):
        shown.add_column(name)
    for row in table:
        shown.add_row(
            row.channel,
            row.title,
            "✓" if row.official else "",
            ", ".join(row.adapters) or "—",
            _told(row.ways),
        )
    return shown
