"""A conversation between two green threads, of the library that sys.argv names.

Run after that has put itself in the place of the standard library's sockets.
Everything runs in one thread, so a call that blocked behind the library's back would
stop the other end, and the clock beside them, for good.  Prints what came of it.
"""

from __future__ import annotations

import importlib
import json
import select
import socket
import sys
from typing import Any

from kit import contexts
from OpenSSL import SSL

green = importlib.import_module(sys.argv[1])

BULK = 3_000_000
PAUSE = 0.3  # seconds
ticks = 0


def tick() -> None:
    global ticks
    while True:
        green.sleep(PAUSE / 30)
        ticks += 1


def through(connection: SSL.Connection, call: Any, *arguments: Any) -> Any:
    """Call again until it does not have to wait, as programs do."""
    while True:
        try:
            return call(*arguments)
        except SSL.WantReadError:
            select.select([connection], [], [], 30)
        except SSL.WantWriteError:
            select.select([], [connection], [], 30)


def send_all(connection: SSL.Connection, data: bytes) -> None:
    sent = 0
    while sent < len(data):
        sent += through(connection, connection.send, memoryview(data)[sent:])


def serve(listener: socket.socket) -> None:
    sock, _address = listener.accept()
    connection = SSL.Connection(contexts.server_context(), sock)
    connection.set_accept_state()
    through(connection, connection.do_handshake)
    word = through(connection, connection.recv, 100)
    green.sleep(PAUSE)
    send_all(connection, word * (BULK // len(word)))
    through(connection, connection.shutdown)


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    green.spawn(tick)
    green.spawn(serve, listener)
    sock = socket.create_connection(listener.getsockname())
    connection = SSL.Connection(contexts.client_context(), sock)
    connection.set_connect_state()
    through(connection, connection.do_handshake)
    send_all(connection, b"word")
    before = ticks
    try:
        connection.recv(1)
        wanted = False
    except SSL.WantReadError:
        wanted = ticks == before
    received = 0
    while True:
        try:
            received += len(through(connection, connection.recv, 65536))
        except SSL.ZeroReturnError:
            break
    told = {
        "socket": type(sock).__module__,
        "timeout": sock.gettimeout(),
        "wanted at once": wanted,
        "received": received,
        "ticks": ticks - before,
    }
    print(json.dumps(told))


main()
