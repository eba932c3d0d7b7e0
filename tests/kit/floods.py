"""What a peer can send for ever that holds no data, and a thread that wants to live meanwhile."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kit import authority, contexts, pump, sealing
from kit.records import ALERT, DATA, HANDSHAKE
from OpenSSL import SSL

SERVER, CLIENT = True, False

#: A request for a certificate within TLS 1.3's connection: a context, signature algorithms.
CERTIFICATE_REQUEST = b"\x0d\0\0\x0e\x01c\0\x0a\0\x0d\0\x06\0\x04\x04\x03\x08\x04"
#: A record of DTLS that no key fits.
JUNK = b"\x17\xfe\xfd\0\x01\0\0\0\0\xff\xff\0\x20" + bytes(32)

Made = sealing.Sealer13 | sealing.Sealer12


@dataclass(frozen=True)
class Flood:
    """What comes, again and again, to a server or a client."""

    name: str
    version: str
    to: bool
    make: Callable[[Made], bytes]

    def __str__(self) -> str:
        return f"{self.name} to a {'server' if self.to else 'client'}"

    def parts(self, peer: SSL.Connection, size: int) -> list[bytes]:
        """So much of it in bytes, as it follows the handshake of ``peer``."""
        length = len(self.make(sealing.sealer(peer, from_client=self.to)))
        made = sealing.sealer(peer, from_client=self.to)
        return [self.make(made) for _ in range(max(size // max(length, 1), 2))]


def _key_update(made: Made) -> bytes:
    assert isinstance(made, sealing.Sealer13)
    return made.key_update()


def _answered_update(made: Made) -> bytes:
    assert isinstance(made, sealing.Sealer13)
    return made.key_update(sealing.KEY_UPDATE_REQUESTED)


def _messages(content: bytes) -> Callable[[Made], bytes]:
    return lambda made: made.seal(HANDSHAKE, content)


def _warnings(made: Made) -> bytes:
    """Four warnings in a row are allowed, if something else follows."""
    warned = [made.seal(ALERT, b"\x01\x5a") for _ in range(4)]
    return b"".join(warned) + made.seal(HANDSHAKE, sealing.HELLO_REQUEST)


def _empty(made: Made) -> bytes:
    """Records of data without any: libssl allows 32 of them, if something else follows."""
    assert isinstance(made, sealing.Sealer13)
    return made.key_update() + b"".join(made.seal(DATA, b"") for _ in range(30))


def fragment(number: int) -> bytes:
    """A byte of a client's hello over DTLS; however many come, it is never whole."""
    size, offset = 5000, 1 + number % 4900
    header = b"\1" + size.to_bytes(3, "big") + b"\0\0"
    return header + offset.to_bytes(3, "big") + (1).to_bytes(3, "big") + b"x"


def _fragments() -> Callable[[Made], bytes]:
    numbers = itertools.count()
    return lambda made: made.seal(HANDSHAKE, fragment(next(numbers)))


def _renegotiation(made: Made) -> bytes:
    """A message as any client begins with."""
    client = SSL.Connection(contexts.client_context(version="TLSv1.2"), None)
    client.set_connect_state()
    assert not pump.step(client.do_handshake)
    return made.seal(HANDSHAKE, pump.outgoing(client)[5:])


STREAMS = (
    Flood("key updates", "TLSv1.3", SERVER, _key_update),
    Flood("key updates", "TLSv1.3", CLIENT, _key_update),
    Flood("key updates to be answered", "TLSv1.3", SERVER, _answered_update),
    Flood("tickets", "TLSv1.3", CLIENT, _messages(sealing.TICKET)),
    Flood("tickets by the hundred", "TLSv1.3", CLIENT, _messages(sealing.TICKET * 850)),
    Flood("late requests", "TLSv1.3", CLIENT, _messages(CERTIFICATE_REQUEST)),
    Flood("late requests by the hundred", "TLSv1.3", CLIENT, _messages(CERTIFICATE_REQUEST * 900)),
    Flood("hello requests", "TLSv1.2", CLIENT, _messages(sealing.HELLO_REQUEST)),
    Flood("warnings", "TLSv1.2", CLIENT, _warnings),
    Flood("empty records", "TLSv1.3", SERVER, _empty),
    Flood("renegotiations", "TLSv1.2", SERVER, _renegotiation),
)
DATAGRAMS = (
    Flood("junk", "DTLS", SERVER, lambda _: JUNK),
    Flood("junk", "DTLS", CLIENT, lambda _: JUNK),
    Flood("nothing", "DTLS", CLIENT, lambda _: b""),
    Flood("hello requests", "DTLS", CLIENT, _messages(b"\0" * 12)),
    Flood("fragments", "DTLS", SERVER, _fragments()),
    Flood("fragments", "DTLS", CLIENT, _fragments()),
)


def _context(server: bool, version: str) -> SSL.Context:
    if version != "DTLS":
        make = contexts.server_context if server else contexts.client_context
        return make(version=version)
    context = SSL.Context(SSL.DTLS_METHOD)
    if server:
        contexts.use_identity(context, authority.identity())
    return context


def victim(flood: Flood, sock: socket.socket | None, bound: int | None = None) -> SSL.Connection:
    """The end that is flooded; ``bound`` is for records without data, None as it is by itself."""
    context = _context(flood.to, flood.version)
    if not flood.to:
        contexts.use_identity(context, authority.client_identity())
        context.set_post_handshake_auth(True)
    if bound is not None:
        context.set_max_records_without_data(bound)
    connection = SSL.Connection(context, sock)
    (connection.set_accept_state if flood.to else connection.set_connect_state)()
    return connection


def peer(flood: Flood, sock: socket.socket | None) -> SSL.Connection:
    """The other end."""
    connection = SSL.Connection(sealing.prepare(_context(not flood.to, flood.version)), sock)
    (connection.set_connect_state if flood.to else connection.set_accept_state)()
    return connection


def in_memory(flood: Flood, bound: int | None = None) -> tuple[SSL.Connection, SSL.Connection]:
    """A victim and its peer, after their handshake."""
    ours, theirs = victim(flood, None, bound), peer(flood, None)
    pump.handshake(*((ours, theirs) if flood.to else (theirs, ours)))
    return ours, theirs


@contextlib.contextmanager
def sent(sock: socket.socket, parts: list[bytes]) -> Iterator[None]:
    """``parts`` come out of ``sock`` meanwhile, by a process of its own; datagrams for ever."""
    stream = sock.type == socket.SOCK_STREAM
    data = b"".join(parts)
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            sock.setblocking(True)
            if stream:
                sock.sendall(data)
                time.sleep(60)
            while True:
                for each in parts:
                    sock.send(each)
        os._exit(0)
    try:
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


class Heart:
    """A thread that only wants to run; ``longest`` is how long it could not, in seconds."""

    def __init__(self) -> None:
        self.beats = 0
        self.longest = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def _beat(self) -> None:
        last = time.monotonic()
        while not self._over.is_set():
            time.sleep(0.001)
            now = time.monotonic()
            self.longest = max(self.longest, now - last)
            self.beats += 1
            last = now

    def __enter__(self) -> Heart:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
