"""SPF, DKIM and DMARC verdicts of a mail: by our own look-ups, or as the mail server in front of us found them.

The verdicts travel as the words of RFC 8601, `spf=pass; dkim=fail; dmarc=none`, in the envelope's `auth_results`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol

from adapters.email.addresses import mailboxes
from adapters.email.mime import Part, read_header
from adapters.email.words import charset_text
from normalizer.record import Authenticity, RawEvent

_WORDS = ("pass", "fail", "softfail", "neutral", "none", "temperror", "permerror")
_VERDICT = re.compile(r"(?:^|[;\s])(spf|dkim|dmarc)\s*=\s*([a-z]+)", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]*\)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_LARGEST = 8 * 1024 * 1024


class DnsLookup(Protocol):
    """TXT, A, AAAA, MX or PTR records of `name`: their texts, without quotes; nothing when there are none."""

    def __call__(self, name: str, kind: str) -> list[str]: ...


def from_words(text: str) -> Authenticity:
    """The verdicts in `text`; of several DKIM signatures one that passes is enough."""
    found = {"spf": "", "dkim": "", "dmarc": ""}
    clean = _QUOTED.sub("", _COMMENT.sub(" ", text[:8192]))
    for method, verdict in _VERDICT.findall(clean):
        method, verdict = method.lower(), verdict.lower()
        if verdict in _WORDS and found[method] != "pass":
            found[method] = verdict
    return Authenticity(method="smtp", **found)


def by_header(root: Part, authserv_id: str) -> Authenticity:
    """What the topmost Authentication-Results of `authserv_id` says; others may have been written by anyone."""
    for value in root.all("authentication-results"):
        name, _, rest = charset_text(value).partition(";")
        words = name.split()
        if words and words[0].lower() == authserv_id.lower():
            return from_words(";" + rest)
    return Authenticity(method="smtp")


def by_dns(raw: RawEvent, lookup: DnsLookup | None, hostname: str) -> str:
    """Look the records up and judge; blocks on the network, so call it in a thread. Never raises.

    Of a mail out of a mailbox nobody tells us who delivered it: SPF is not judged then, and DMARC only where DKIM
    alone settles it.
    """
    import authheaders  # type: ignore[import-untyped]
    import dkim  # type: ignore[import-untyped]

    header = read_header(raw.body)
    senders = mailboxes(header.raw("from"))
    domain = senders[0].address.rpartition("@")[2] if senders else ""
    mail_domain = raw.envelope.get("mail_from", "").rpartition("@")[2] or raw.envelope.get("helo", "")
    delivered_to_us = raw.envelope.get("transport") != "imap"
    spf = _spf(raw, lookup, hostname) if delivered_to_us else "none"
    found = {"spf": spf, "dkim": "none", "dmarc": "none"}
    if header.raw("dkim-signature") and len(raw.body) <= _LARGEST:
        try:
            found["dkim"] = _dkim(dkim, raw.body, lookup)
        except Exception:  # a broken key or signature of a stranger is his verdict, not our failure
            found["dkim"] = "permerror"
    if domain:
        try:
            found["dmarc"] = _dmarc(authheaders, raw.body, mail_domain, found, lookup, header)
        except Exception:
            found["dmarc"] = "permerror"
    if not delivered_to_us:
        del found["spf"]
        if found["dmarc"] == "fail":
            del found["dmarc"]
    return "; ".join(f"{method}={verdict}" for method, verdict in found.items())


def _dkim(dkim: Any, body: bytes, lookup: DnsLookup | None) -> str:
    if lookup is None:
        return "pass" if dkim.verify(body) else "fail"

    def txt(name: bytes | str, timeout: int = 5) -> bytes | None:
        text = name.decode("ascii", "replace") if isinstance(name, bytes) else name
        found = lookup(text.rstrip("."), "TXT")
        return found[0].encode() if found else None

    return "pass" if dkim.verify(body, dnsfunc=txt) else "fail"


def _spf(raw: RawEvent, lookup: DnsLookup | None, hostname: str) -> str:
    import spf  # type: ignore[import-untyped]

    sender = raw.envelope.get("mail_from", "") or f"postmaster@{raw.envelope.get('helo', '')}"
    remote = raw.envelope.get("remote", "")
    if not remote:
        return "none"
    try:
        query = spf.query(
            i=remote, s=sender, h=raw.envelope.get("helo", ""), receiver=hostname, timeout=10, querytime=20
        )
        if lookup is not None:
            query.dns = lambda name, kind, *_, **__: _spf_records(lookup, name, kind)
        return str(query.check()[0])
    except Exception:
        return "temperror"


def _spf_records(lookup: DnsLookup, name: str, kind: str) -> list[Any]:
    """pyspf wants TXT as tuples of bytes and MX as (preference, host)."""
    found = lookup(name.rstrip("."), kind)
    if kind in ("TXT", "SPF"):
        return [(text.encode(),) for text in found]
    if kind == "MX":
        return [(index, text) for index, text in enumerate(found)]
    return list(found)


def _dmarc(
    authheaders: Any,
    body: bytes,
    mail_domain: str,
    found: dict[str, str],
    lookup: DnsLookup | None,
    header: Part,
) -> str:
    from authres import (  # type: ignore[import-untyped]
        DKIMAuthenticationResult,
        SPFAuthenticationResult,
    )

    signing = re.search(r"\bd\s*=\s*([^;\s]+)", charset_text(header.raw("dkim-signature")))
    spf_result = SPFAuthenticationResult(result=found["spf"], smtp_mailfrom=mail_domain)
    dkim_result = DKIMAuthenticationResult(result=found["dkim"], header_d=signing[1] if signing else "")
    options = {} if lookup is None else {"dnsfunc": _dmarc_records(lookup)}
    result = authheaders.check_dmarc(body, spf_result=spf_result, dkim_result=dkim_result, **options)
    return str(result.result or "none")


def _dmarc_records(lookup: DnsLookup) -> Callable[..., str | None]:
    """dmarc wants one text, or None."""

    def txt(name: str, timeout: int = 5) -> str | None:
        records = lookup(str(name).rstrip("."), "TXT")
        return records[0] if records else None

    return txt
