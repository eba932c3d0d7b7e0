"""A call that would block, and what the caller does with it: catch the exception.

Options: ``bio_read``, ``recv``, ``handshake``.  The standard module's
``MemoryBIO.read`` never would block; it answers ``b""``, which is what stands
beside ``bio_read`` here, though nothing is raised or caught.
"""

from __future__ import annotations

from clock import Operation, best
from ends.peers import RECORD, SSL


def through_interface(option: str) -> Operation:
    from ends.interface import Pair, client_context, connected, server_context
    from OpenSSL.SSL import WantReadError

    if option == "handshake":
        client = Pair(client_context(), server_context()).client
    else:
        client = connected().client
    call = {
        "bio_read": lambda: client.bio_read(RECORD),
        "recv": lambda: client.recv(4096),
        "handshake": client.do_handshake,
    }[option]
    try:
        call()
        raise AssertionError("nothing wanted")
    except WantReadError:
        pass

    def bio_read(times: int) -> None:
        for _ in range(times):
            try:
                client.bio_read(RECORD)
            except WantReadError:
                pass

    def recv(times: int) -> None:
        for _ in range(times):
            try:
                client.recv(4096)
            except WantReadError:
                pass

    def handshake(times: int) -> None:
        for _ in range(times):
            try:
                client.do_handshake()
            except WantReadError:
                pass

    return {"bio_read": bio_read, "recv": recv, "handshake": handshake}[option]


def through_standard(option: str) -> Operation:
    from ssl import SSLWantReadError

    from ends.standard import Pair, client_context, connected, server_context

    if option == "handshake":
        client = Pair(client_context(), server_context()).client
    else:
        client = connected().client
    tls, outgoing = client.tls, client.outgoing

    def bio_read(times: int) -> None:
        for _ in range(times):
            outgoing.read(RECORD)

    def recv(times: int) -> None:
        for _ in range(times):
            try:
                tls.read(4096)
            except SSLWantReadError:
                pass

    def handshake(times: int) -> None:
        for _ in range(times):
            try:
                tls.do_handshake()
            except SSLWantReadError:
                pass

    return {"bio_read": bio_read, "recv": recv, "handshake": handshake}[option]


def work(peer: str, option: str, seconds: float) -> float:
    """Seconds of CPU for one call."""
    through = through_standard if peer == SSL else through_interface
    return best(through(option), seconds)
