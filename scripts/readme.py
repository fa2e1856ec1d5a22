"""Writes the table of channels, as the adapters are now, between its markers in README.md: `make readme`."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "queue")]

from intake.channels import markdown, rows  # noqa: E402

BEGIN, END = "<!-- channels -->\n", "\n<!-- /channels -->"


def main() -> None:
    page = ROOT / "README.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(before + BEGIN + markdown(rows()) + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
