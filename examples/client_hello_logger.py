"""A server that tells who calls, by their first message: client_hello_logger.py PORT [JA4 ...]

It prints a line for each client: the host it wants, the versions and protocols it offers, and
its JA4 fingerprint.  Clients whose fingerprints are named on the command line are refused
before anything else is done for them.
"""

import argparse
import contextlib
import logging
import socket
import sys
import threading

from OpenSSL import SSL

NAMES = {0x0304: "TLS 1.3", 0x0303: "TLS 1.2", 0x0302: "TLS 1.1", 0x0301: "TLS 1.0"}


def describe(hello):
    versions = hello.supported_versions or (hello.legacy_version,)
    return ", ".join(
        [
            (hello.server_name or b"no host").decode("ascii", "backslashreplace"),
            "/".join(NAMES[each] for each in versions if each in NAMES),
            b" ".join(hello.alpn_protocols).decode("ascii", "backslashreplace") or "no protocol",
            hello.ja4,
        ]
    )


def make_context(refused):
    def look(connection, hello):
        logging.info("%s", describe(hello))
        return hello.ja4 not in refused

    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate_chain_file("server.pem")
    context.use_privatekey_file("server.key")
    context.set_client_hello_callback(look)
    return context


def serve(connection):
    try:
        with connection:
            connection.do_handshake()
            connection.sendall(b"hello\n")
    except (SSL.Error, OSError) as error:
        logging.info("refused: %s", error)
        with contextlib.suppress(OSError):
            connection.close()


def main(port, *refused):
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
    context = make_context(refused)
    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            sock, _ = listener.accept()
            connection = SSL.Connection(context, sock)
            connection.set_accept_state()
            threading.Thread(target=serve, args=[connection], daemon=True).start()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("port", type=int)
    parser.add_argument("refused", nargs="*", metavar="JA4")
    given = parser.parse_args()
    main(given.port, *given.refused)
