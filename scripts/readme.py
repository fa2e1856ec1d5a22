"""Writes the tables that follow the program, between their markers: channels in README.md, commands in
docs/commands.md. `make readme`."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "queue")]

from intake import channels  # noqa: E402
from intake.commands import page  # noqa: E402


def write(path: Path, name: str, table: str) -> None:
    """Put `table` between the markers called `name`."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, _, rest = path.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    path.write_text(f"{before}{begin}{table}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    write(ROOT / "README.md", "channels", channels.markdown(channels.rows()))
    write(ROOT / "docs" / "commands.md", "commands", page.markdown())
