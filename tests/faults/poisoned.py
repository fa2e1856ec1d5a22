"""`python -m tests.faults.poisoned HOW serve …`: a gateway whose mail parser is killed by one word, at every try.

HOW is `worker`, when it takes the process down that it runs in, or `gateway`, when it takes the whole gateway with it.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from adapters.email import parse as parser
from intake.cli import main

WORD = b"racun-uji"
_HOW, _GATEWAY = "KANAL_TEST_POISON", "KANAL_TEST_GATEWAY"
_real = parser.parse


def parse(raw: Any, settings: Any) -> Any:
    if WORD in raw.body:
        if os.environ[_HOW] == "gateway":
            os.kill(int(os.environ[_GATEWAY]), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
    return _real(raw, settings)


# Also where the parser's own process begins: it imports this module again, and finds the variables.
parser.parse = parse

if __name__ == "__main__":
    os.environ[_HOW], os.environ[_GATEWAY] = sys.argv.pop(1), str(os.getpid())
    main()
