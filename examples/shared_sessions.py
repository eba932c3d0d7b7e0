"""Processes that resume each other's sessions: shared_sessions.py PORT PROCESSES KEYS

All of them listen on one port, and the kernel deals clients out among them.  The ticket
keys are in the file KEYS, sealed, and are rotated without a restart; `brisktls fleet
status KEYS --secret-file secret` shows them.  Needs the extra `fleet`.
"""

import argparse
import os
import signal
import socket
import sys

from OpenSSL import SSL
from OpenSSL.fleet import Fleet


def serve(port, keys):
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate_chain_file("server.pem")
    context.use_privatekey_file("server.key")
    context.set_session_id(b"shared-sessions")
    with open("secret") as file:
        secret = file.read().strip()
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(100)
    with Fleet(keys, secret) as fleet:
        fleet.attach(context)
        while True:
            sock, _ = listener.accept()
            sock.settimeout(10)
            connection = SSL.Connection(context, sock)
            connection.set_accept_state()
            try:
                with connection:
                    connection.do_handshake()
                    how = "resumed" if connection.session_reused() else "full"
                    connection.sendall(f"{how} by {os.getpid()}\n".encode())
            except (SSL.Error, OSError) as error:
                print("failed:", error, flush=True)


def main(port, processes, keys):
    children = []
    for _ in range(processes):
        child = os.fork()
        if not child:
            serve(port, keys)
        children.append(child)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    try:
        os.wait()
    finally:
        for child in children:
            os.kill(child, signal.SIGTERM)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("port", type=int)
    parser.add_argument("processes", type=int)
    parser.add_argument("keys", help="the file of the ticket keys")
    given = parser.parse_args()
    if given.processes < 1:
        parser.error("there has to be a process")
    main(given.port, given.processes, given.keys)
