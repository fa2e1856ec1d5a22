"""Instagram: messages to a professional account, comments under its posts, mentions (developers.facebook.com)."""

from adapters.instagram.adapter import InstagramAdapter

ADAPTER = InstagramAdapter
