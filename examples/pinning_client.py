"""A client that trusts one public key and nothing else: pinning_client.py HOST PORT PIN

PIN is the SHA-256 of the server's public key, in base64, as RFC 7469 has it.  Without it
the program prints the pin of the server that is there, and sends nothing.
"""

import argparse
import base64
import hashlib
import hmac
import socket
import sys

from OpenSSL import SSL, crypto


def pin_of(certificate):
    key = crypto.dump_publickey(crypto.FILETYPE_ASN1, certificate.get_pubkey())
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


def main(host, port, pin=None):
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    # The pin stands for the chain: whoever has that key is our server.  The handshake
    # proves that it has it, so asking before anything is sent is soon enough.
    context.set_verify(SSL.VERIFY_NONE)
    connection = SSL.Connection(context, socket.create_connection((host, port), 10))
    connection.set_tlsext_host_name(host.encode())
    connection.set_connect_state()
    connection.do_handshake()
    with connection:
        found = pin_of(connection.get_peer_certificate())
        if pin is None or not hmac.compare_digest(found, pin):
            print("the key is", found)
            return 1
        connection.sendall(b"hello\n")
        print(connection.recv(1000).decode(), end="")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("pin", nargs="?")
    given = parser.parse_args()
    sys.exit(main(given.host, given.port, given.pin))
