"""One process of a fleet: ``worker.py ADDRESS PORT STORE CHAIN KEY [stateful|web]``.

It answers each client with one line: ``full`` or ``resumed``, and its own number.  One that is
``stateful`` gives out no tickets that hold a session; a ``web`` server waits for a request.
"""

from __future__ import annotations

import os
import socket
import sys
import threading

from kit.fleets import SECRET
from OpenSSL import SSL
from OpenSSL.fleet import Fleet, Policy

#: A key a second: twenty rotations in a third of a minute.
POLICY = Policy(period=1.0, lifetime=20.0, spread=0.8, skew=0.1)
REFRESH = 0.1
#: Seconds: eight processes share the processors of the store.
PATIENCE = 0.2


def greet(connection: SSL.Connection, kind: str) -> None:
    try:
        with connection:
            connection.do_handshake()
            how = "resumed" if connection.session_reused() else "full"
            if kind == "web":
                connection.recv(10_000)
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
            connection.sendall(f"{how} {os.getpid()}\n".encode())
    except (SSL.Error, OSError) as error:
        print("failed:", repr(error), flush=True)


def main(address: str, port: str, store: str, chain: str, key: str, kind: str = "") -> None:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate_chain_file(chain)
    context.use_privatekey_file(key)
    context.set_session_id(b"fleet")
    if kind == "stateful":
        context.set_options(SSL.OP_NO_TICKET)
    fleet = Fleet(store, SECRET, policy=POLICY, refresh=REFRESH, patience=PATIENCE)
    fleet.attach(context)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((address, int(port)))
        listener.listen(256)
        print("ready", flush=True)
        while True:
            sock, _ = listener.accept()
            sock.settimeout(20)
            connection = SSL.Connection(context, sock)
            connection.set_accept_state()
            threading.Thread(target=greet, args=[connection, kind], daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
