"""E-mail: our own SMTP and LMTP door, and the reading of mails."""

from adapters.email.adapter import EmailAdapter

__all__ = ["ADAPTER", "EmailAdapter"]

ADAPTER = EmailAdapter
