"""How the gateway logs: one line per event on standard error, without personal data or credentials.

JSON where a machine reads (no terminal, or `KANAL_LOG=json`), coloured text where a person does. `KANAL_LOG_LEVEL`
is `info` unless it says otherwise. What libraries log through `logging` takes the same way out.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus

import structlog
from aiohttp.http_exceptions import HttpProcessingError
from structlog.typing import EventDict, WrappedLogger

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
#: Each pattern with what stands in its place. The order matters: a token may look like a number at its start.
_SECRETS = (
    (re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"), "***"),
    (re.compile(r"(?<!\d)\d{6,20}:[A-Za-z0-9_-]{16,}"), "[token]"),
    (re.compile(r"(/hooks/[^/\s?]+/)[^/\s?\"']+"), r"\1[token]"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), r"\1 [token]"),
    (re.compile(r"(?i)\b((?:secret|token|password|signature|sig|api_key|key)=)[^&\s\"']+"), r"\1[token]"),
    (re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"), "[e-mail]"),
    (re.compile(r"(?<![\d.])\d{16}(?![\d.])"), "[NIK]"),
    (re.compile(r"(?<![\w.:-])(?:\+?62|0)[ -]?8\d(?:[ -]?\d){6,11}(?!\d)|\+\d(?:[ -]?\d){7,14}"), "[phone]"),
)


#: The credentials of this process in every form in which a request may carry them.
_hidden: set[str] = set()
#: A shorter value would stand in ordinary words.
_SHORTEST = 8


def hide(value: str) -> str:
    """Never let this credential into a log, plain, percent-encoded or in base64; gives it back."""
    if len(value) >= _SHORTEST:
        plain = value.encode()
        _hidden.update((value, quote(value), quote(value, safe=""), quote_plus(value)))
        _hidden.update((b64encode(plain).decode(), urlsafe_b64encode(plain).decode(), repr(value)[1:-1]))
    return value


def redact(text: str) -> str:
    """`text` without our credentials, NIK, telephone numbers, e-mail addresses, and tokens in addresses."""
    for value in _hidden:
        if value in text:
            text = text.replace(value, "[secret]")
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def configure(environment: Mapping[str, str] = os.environ) -> None:
    """Set it up for this process; called once by the command that serves."""
    level = _LEVELS.get(environment.get("KANAL_LOG_LEVEL", "info").lower(), logging.INFO)
    asked = environment.get("KANAL_LOG", "")
    people = asked == "text" or (asked != "json" and sys.stderr.isatty())
    renderer: Any = structlog.dev.ConsoleRenderer() if people else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redact_values,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_Forward()], level=max(level, logging.WARNING), force=True)


def _redact_values(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {key: value if key in ("timestamp", "level") else _redacted(value) for key, value in event.items()}


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: _redacted(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return redact(repr(value))


class _Forward(logging.Handler):
    """Hands a library's record to structlog, so that it is redacted and rendered like ours."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            # Whoever sends what is no HTTP was told so. It is no fault of ours, and its bytes may be a citizen's.
            structlog.get_logger().warning("request_unreadable", logger=record.name, why=type(error).__name__)
            return
        structlog.get_logger().log(
            record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info or None
        )
