"""How bytes travel between a connection and the runner: a socket, or memory.

A connection over a blocking socket is the plain case.  One in memory is fed byte by byte
(what the runner calls asynchronous), or packet by packet (DTLS).  Packets have a frame of
their own, and a clock that the runner turns: its word about the time that passes comes
between packets.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Any, TypeVar

from turning import Broken, advance

from OpenSSL import SSL

_T = TypeVar("_T")
_ROOM = 1 << 17


class Direct:
    """A blocking socket that libssl reads and writes itself."""

    def __init__(self, plug: socket.socket) -> None:
        self.socket = plug

    def connection(self, context: SSL.Context) -> SSL.Connection:
        self.ssl = SSL.Connection(context, self.socket)
        return self.ssl

    def run(self, work: Callable[..., _T], *values: Any) -> _T:
        while True:
            try:
                return work(*values)
            except (SSL.WantReadError, SSL.WantWriteError, SSL.WantX509LookupError):
                continue

    def flush(self) -> None:
        pass


class Memory(Direct):
    """Memory on this side; what comes is handed over in pieces of ``step`` bytes."""

    def __init__(self, plug: socket.socket, step: int) -> None:
        super().__init__(plug)
        self.step = step

    def connection(self, context: SSL.Context) -> SSL.Connection:
        self.ssl = SSL.Connection(context, None)
        return self.ssl

    def run(self, work: Callable[..., _T], *values: Any) -> _T:
        while True:
            try:
                result = work(*values)
            except (SSL.WantWriteError, SSL.WantX509LookupError):
                self.flush()
                continue
            except SSL.WantReadError:
                self.flush()
                self.take()
                continue
            except BaseException:
                with contextlib.suppress(OSError):
                    self.flush()
                raise
            self.flush()
            return result

    def take(self) -> None:
        piece = self.socket.recv(self.step)
        if piece:
            self.ssl.bio_write(piece)
        else:
            self.ssl.bio_shutdown()

    def flush(self) -> None:
        while True:
            try:
                piece = self.ssl.bio_read(_ROOM)
            except SSL.WantReadError:
                return
            self.put(piece)

    def put(self, piece: bytes) -> None:
        self.socket.sendall(piece)


class Packets(Memory):
    """Memory on this side, packets in frames on the runner's."""

    def __init__(self, plug: socket.socket) -> None:
        super().__init__(plug, 0)

    def put(self, piece: bytes) -> None:
        self.socket.sendall(b"P" + struct.pack(">I", len(piece)) + piece)

    def take(self) -> None:
        word = self.socket.recv(1)
        if word == b"P":
            self.ssl.bio_write(self.exactly(*struct.unpack(">I", self.exactly(4))))
        elif word == b"T":
            (passed,) = struct.unpack(">Q", self.exactly(8))
            self.socket.sendall(b"t")
            advance(passed // 1000)
            if self.ssl.DTLSv1_get_timeout() == 0.0:
                self.ssl.DTLSv1_handle_timeout()
                self.flush()
        elif word == b"M":
            self.ssl.set_ciphertext_mtu(*struct.unpack(">I", self.exactly(4)))
        elif word == b"E":
            self.expect_timeout(*struct.unpack(">Q", self.exactly(8)))
        elif word:
            raise Broken(f"unknown word {word!r}")
        else:
            self.ssl.bio_shutdown()

    def expect_timeout(self, nanoseconds: int) -> None:
        left = self.ssl.DTLSv1_get_timeout()
        wanted = None if nanoseconds == 2**64 - 1 else nanoseconds / 1e9
        if (left is None) != (wanted is None) or (
            left is not None and wanted is not None and abs(left - wanted) > 1e-3
        ):
            raise Broken(f"the next timeout is in {left} s, not {wanted} s")

    def exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                raise Broken("a packet was cut")
            data += piece
        return data


def wire_for(wishes: Any) -> Direct:
    """A connection to the runner, which has to be told first which shim this is."""
    family, host = (socket.AF_INET6, "::1") if wishes["ipv6"] else (socket.AF_INET, "127.0.0.1")
    plug = socket.socket(family, socket.SOCK_STREAM)
    plug.connect((host, wishes["port"]))
    plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    plug.sendall(struct.pack("<Q", wishes["shim-id"]))
    if wishes["dtls"]:
        return Packets(plug)
    if wishes["async"] or wishes["read-with-unfinished-write"]:
        return Memory(plug, 1)
    return Direct(plug)
