"""The folder in which everything is kept: made at the first start."""

from __future__ import annotations

import os
from pathlib import Path

from normalizer.errors import Misconfigured
from normalizer.sentence import because


def data_folder(folder: Path) -> Path:
    """The data folder, made if need be, for our eyes alone. Raises `Misconfigured` when it cannot be used."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise Misconfigured(
            "gateway.data_dir",
            "{folder} cannot be used ({why})",
            "run: mkdir -p {folder} && chown $(id -un) {folder}, or set KANAL_DATA_DIR",
            folder=folder,
            why=because(error),
        ) from None
    return folder
