"""Staples OCSP responses, and takes renewed files without a restart: stapling_server.py PORT

server.pem, server.key and server.ocsp are looked at every second.  A pair that does not
fit is refused and the one in use stays; connections that are open notice nothing.
"""

import argparse
import logging
import os
import socket
import sys
import threading
import time

from OpenSSL import SSL, crypto


def load(path):
    with open(path, "rb") as file:
        return crypto.load_certificates(crypto.FILETYPE_PEM, file.read())


def staple_from(path):
    authorities = load("ca.pem")
    store = crypto.X509Store()
    for each in authorities:
        store.add_cert(each)
    return crypto.StapleFile(path, [*load("server.pem"), *authorities], store)


def use_files(context):
    context.use_certificate_chain_file("server.pem")
    context.use_privatekey_file("server.key")
    context.check_privatekey()
    context.set_ocsp_server_callback(staple_from("server.ocsp"))


def renew(context):
    """Take the files again whenever one of the pair has changed."""

    def stamps():
        return [os.stat(name).st_mtime_ns for name in ("server.pem", "server.key")]

    known = stamps()
    while True:
        time.sleep(1)
        try:
            found = stamps()
            if found != known:
                use_files(context)
                known = found
                logging.info("renewed")
        except (SSL.Error, crypto.Error, OSError) as error:
            logging.info("not renewed: %s", error)


def serve(connection):
    try:
        with connection:
            connection.do_handshake()
            connection.sendall(b"hello\n")
    except (SSL.Error, OSError) as error:
        logging.info("failed: %s", error)


def main(port):
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    use_files(context)
    threading.Thread(target=renew, args=[context], daemon=True).start()
    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            sock, _ = listener.accept()
            sock.settimeout(10)
            connection = SSL.Connection(context, sock)
            connection.set_accept_state()
            threading.Thread(target=serve, args=[connection], daemon=True).start()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("port", type=int)
    main(parser.parse_args().port)
