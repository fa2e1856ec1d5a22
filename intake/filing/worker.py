"""The filing process: `python -m intake.filing.worker`, started by `process` and by nobody else.

It is told what it may know, loads its models, and answers one request after the other until its input closes. It has
no journal, no file store and no key but the two that records need: the one for pseudonyms and signatures, and the CRM's
for what is confidential.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from intake.file_addresses import FileAddresses
from intake.filing.filer import Filer
from intake.filing.frames import Answers, Learn, Offer, Ready, Request, Setup, Understand
from intake.pipes import give, own_ends, take
from normalizer.context import Context
from normalizer.duplicate_memory import Recent
from normalizer.identity import Secrets
from normalizer.pipeline import build_context

#: Added to its niceness: the doors come first.
NICER = 5
#: Bytes of address space: what wants more fails here, alone.
MEMORY = 4 * 1024**3


def filer_of(setup: Setup) -> Filer:
    """A filer that knows what `setup` says."""
    secrets = Secrets(setup.identity_key)
    recent = Recent(secrets.fingerprint_key(), days=setup.days, most=setup.most) if setup.days else None
    return Filer(
        context=replace(context_of(setup), recent=recent),
        secrets=secrets,
        adapter_of=partial(_adapter_of, setup.adapters),
        addresses=FileAddresses(secrets, setup.public_url, _now),
        crm_key=setup.crm_key,
        clock=_now,
        returned=setup.returned,
    )


def _adapter_of(adapters: Mapping[str, str], account: str) -> str:
    if account not in adapters:
        raise LookupError(f"there is no account {account!r} any more; put it back into the configuration")
    return adapters[account]


def context_of(setup: Setup) -> Context:
    """What the steps know. Raises `Misconfigured` for a file that is none."""
    return build_context(
        polygons=_path(setup.polygons),
        category_model=_path(setup.category_model),
        kind_model=_path(setup.kind_model),
    )


def _path(name: str) -> Path | None:
    return Path(name) if name else None


def _now() -> datetime:
    return datetime.now(UTC)


def main() -> None:
    """Serve until the gateway closes the pipe."""
    taking, giving = own_ends()
    encode = msgspec.msgpack.Encoder().encode
    requests = msgspec.msgpack.Decoder(Request)
    try:
        filer = filer_of(msgspec.msgpack.decode(take(taking), type=Setup))
        os.nice(NICER)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold what people wrote
        gc.collect()
        gc.freeze()  # the models stay: no collection need look at them again
        give(giving, encode(Ready()))
        while content := take(taking):
            request = requests.decode(content)
            if isinstance(request, Learn):
                filer.learn(request.page)
                give(giving, encode(Ready()))
            elif isinstance(request, Understand):
                give(giving, encode(Answers(tuple(map(filer.understand, request.files)))))
            elif isinstance(request, Offer):
                give(giving, encode(Answers(tuple(map(filer.offer, request.texts)))))
            else:
                give(giving, encode(Answers(tuple(map(filer.file, request.files)))))
    except (EOFError, BrokenPipeError):
        sys.exit(0)


if __name__ == "__main__":
    main()
