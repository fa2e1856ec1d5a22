"""Facebook: what citizens write on a page's feed, and to it in Messenger (developers.facebook.com)."""

from adapters.facebook.adapter import FacebookAdapter

ADAPTER = FacebookAdapter
