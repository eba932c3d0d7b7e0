"""A server whose key is in a token: softhsm_key.py PORT CERTIFICATE_URI KEY_URI

The PIN is in the environment variable TOKEN_PIN, and OPENSSL_CONF names the configuration of
OpenSSL that has the pkcs11 provider; docs/howto/keys-elsewhere.md shows one.
"""

import argparse
import os
import socket

from OpenSSL import SSL


def main(port, certificate, key):
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.use_certificate_uri(certificate, key, os.environ["TOKEN_PIN"])
    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            sock, _ = listener.accept()
            sock.settimeout(10)
            connection = SSL.Connection(context, sock)
            connection.set_accept_state()
            try:
                with connection:
                    connection.sendall(b"signed in the token\n")
            except (SSL.Error, OSError) as error:
                print("turned away:", error, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("port", type=int)
    parser.add_argument("certificate", metavar="CERTIFICATE_URI")
    parser.add_argument("key", metavar="KEY_URI")
    given = parser.parse_args()
    if "TOKEN_PIN" not in os.environ:
        parser.error("the environment variable TOKEN_PIN has no PIN")
    main(given.port, given.certificate, given.key)
