"""A server that lets in only clients with a certificate of ours: mutual_tls_server.py PORT

It greets each by the name in its certificate, one thread for each client.
"""

import argparse
import logging
import socket
import sys
import threading

from OpenSSL import SSL


def make_context():
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.use_certificate_chain_file("server.pem")
    context.use_privatekey_file("server.key")
    context.load_verify_locations("ca.pem")
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
    context.set_session_id(b"mutual-tls-server")
    return context


def greet(connection):
    try:
        with connection:
            connection.do_handshake()
            name = connection.get_peer_certificate().get_subject().CN
            logging.info("let in: %s", name)
            connection.sendall(f"hello, {name}\n".encode())
    except (SSL.Error, OSError) as error:
        logging.info("turned away: %s", error)


def main(port):
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
    context = make_context()
    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            sock, _ = listener.accept()
            sock.settimeout(10)
            connection = SSL.Connection(context, sock)
            connection.set_accept_state()
            threading.Thread(target=greet, args=[connection], daemon=True).start()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("port", type=int)
    main(parser.parse_args().port)
