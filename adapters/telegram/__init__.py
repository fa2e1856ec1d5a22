"""Telegram: a bot that citizens write to, by webhook or by polling (Bot API, https://core.telegram.org/bots/api)."""

from adapters.telegram.adapter import TelegramAdapter

ADAPTER = TelegramAdapter
