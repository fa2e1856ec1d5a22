"""The Graph API's way of saying no, for its fake."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


class Refused(Exception):
    """An error in Meta's shape."""

    def __init__(self, status: int, code: int, message: str, subcode: int | None = None) -> None:
        super().__init__(message)
        error: Json = {
            "message": message,
            "type": "OAuthException",
            "code": code,
            "fbtrace_id": "AContohTrace",
        }
        if subcode is not None:
            error["error_subcode"] = subcode
        self.status, self.error = status, error
