"""What an operator may say about an old export."""

from __future__ import annotations

from msgspec import Struct

from normalizer.settings import Secret


class QlueSettings(Struct, frozen=True, kw_only=True):
    """`key` signs the pieces that `kanal import` sends.

    `fields` names the columns of a file whose heading says other things than `parse.COLUMNS` (our field = "their
    column"); `categories` and `channels` map their words to the CRM's codes and to our channels. `time_formats`
    are forms of `strptime`; a time without a zone is in `time_zone`.
    """

    key: Secret
    fields: dict[str, str] = {}
    categories: dict[str, str] = {}
    channels: dict[str, str] = {}
    time_formats: list[str] = []
    time_zone: str = "Asia/Jakarta"
