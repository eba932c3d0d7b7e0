"""A transfer between two processes, acknowledged by one byte; wall time.

Options: ``pair-BYTES`` over a socket pair, ``tcp-BYTES`` over loopback TCP.  Both
ends are the same peer.  The data go out in one call and come into a buffer of 64 KiB.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from typing import Protocol

from clock import best
from ends.peers import SSL
from processors import halves, stay_on

BUFFER = 1 << 16


class Stream(Protocol):
    """What both kinds of connection have; C's is in plain.c."""

    def sendall(self, data: bytes, /) -> object: ...
    def recv(self, size: int, /) -> bytes: ...
    def recv_into(self, buffer: bytearray, /) -> int: ...
    def do_handshake(self) -> object: ...


def sockets(kind: str) -> tuple[socket.socket, socket.socket]:
    if kind == "pair":
        return socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _address = listener.accept()
    for end in (client, server):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client, server


def connect(peer: str, end: socket.socket, server: bool, shake: bool = True) -> Stream:
    if peer == SSL:
        from ends import standard

        context = standard.server_context() if server else standard.client_context()
        return context.wrap_socket(end, server, do_handshake_on_connect=shake)
    from ends import interface
    from OpenSSL.SSL import Connection

    if server:
        connection = Connection(interface.server_context(), end)
        connection.set_accept_state()
    else:
        connection = Connection(interface.client_context(), end)
        connection.set_connect_state()
    if shake:
        connection.do_handshake()
    return connection


def receive_for_ever(stream: Stream, size: int) -> None:
    buffer = bytearray(BUFFER)
    while True:
        left = size
        while left:
            left -= stream.recv_into(buffer)
        stream.sendall(b"k")


def work(peer: str, option: str, seconds: float) -> float:
    """Wall seconds of one transfer."""
    kind, _, size = option.partition("-")
    client, server = sockets(kind)
    own, other = halves()
    child = os.fork()
    if child == 0:
        client.close()
        try:
            stay_on(other)
            receive_for_ever(connect(peer, server, True), int(size))
        finally:
            os._exit(1)
    server.close()
    stay_on(own)
    stream = connect(peer, client, False)
    data = bytes(int(size))

    def operate(times: int) -> None:
        for _ in range(times):
            stream.sendall(data)
            assert stream.recv(1) == b"k"

    operate(1)
    found = best(operate, seconds, time.perf_counter)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return found
