"""The second and every later Context that trusts the system's certificates.

A first one is made and kept before time is taken.  All peers read the same file.
"""

from __future__ import annotations

import os

from clock import Operation, best
from ends.peers import SSL


def of_interface(bundle: str) -> Operation:
    from OpenSSL.SSL import TLS_CLIENT_METHOD, VERIFY_PEER, Context

    def make() -> Context:
        context = Context(TLS_CLIENT_METHOD)
        context.load_verify_locations(bundle)
        context.set_verify(VERIFY_PEER)
        return context

    first = make()

    def operate(times: int) -> None:
        assert first is not None
        for _ in range(times):
            make()

    return operate


def of_standard(bundle: str) -> Operation:
    from ssl import create_default_context

    first = create_default_context(cafile=bundle)

    def operate(times: int) -> None:
        assert first is not None
        for _ in range(times):
            create_default_context(cafile=bundle)

    return operate


def work(peer: str, option: str, seconds: float) -> float:
    """Seconds of CPU for one Context."""
    bundle = os.environ["BENCH_BUNDLE"]
    return best((of_standard if peer == SSL else of_interface)(bundle), seconds)
