"""The shim: what BoringSSL's protocol runner starts for each test, over our public API.

Its exit code is 0 where all was as the test wants it, 1 where it was not, and 89 where
libssl has nothing like what is asked for.
"""

from __future__ import annotations

import os
import secrets
import sys
import traceback

from conversation import converse
from flags import OutOfScope, parse
from turning import advance

UNIMPLEMENTED = 89


def run(arguments: list[str]) -> int:
    """One test."""
    try:
        wishes = parse(arguments)
        first = wishes["initial"]
        if first["is-handshaker-supported"]:
            print("No")
            return 0
        key = secrets.token_bytes(80)
        session = context = None
        for number in range((first["resume-count"] or 0) + 1):
            now = wishes["resume" if number else "initial"]
            if now["server"] and not now["ticket-key"]:
                # All of a server's Contexts share their keys, as those of one server do.
                now["ticket-key"] = key
            session, context = converse(now, wishes["retry"], session, context, bool(number))
            if now["resumption-delay"]:
                advance(now["resumption-delay"] * 1_000_000)
    except OutOfScope as reason:
        print("out of scope:", *reason.args, file=sys.stderr)
        if log := os.environ.get("CONFORMANCE_SCOPE"):
            with open(log, "a") as lines:
                print(*reason.args, file=lines)
        return UNIMPLEMENTED
    except Exception as error:  # whatever it is, the runner is told
        traceback.print_exc()
        print("error:", type(error).__name__, *error.args, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
