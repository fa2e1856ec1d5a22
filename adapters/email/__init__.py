"""E-mail: our own SMTP and LMTP door, and the reading of mails."""

from adapters.email.adapter import EmailAdapter

ADAPTER = EmailAdapter
