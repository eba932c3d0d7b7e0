"""Two sites behind one port, each with its certificate: sni_router.py PORT NAME=BACKEND ...

Each NAME has NAME.pem and NAME.key here, and BACKEND is the port of the plain server that
answers for it.  A client that asks for no known name gets an alert and nothing else.
"""

import argparse
import contextlib
import logging
import socket
import sys
import threading

from OpenSSL import SSL


class UnknownName(Exception):
    pass


def make_context(name):
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate_chain_file(f"{name}.pem")
    context.use_privatekey_file(f"{name}.key")
    return context


def make_front(sites):
    def choose(connection):
        name = (connection.get_servername() or b"").decode().lower()
        if name not in sites:
            raise UnknownName(name)
        context, port = sites[name]
        connection.set_context(context)
        connection.set_app_data(port)

    front = SSL.Context(SSL.TLS_SERVER_METHOD)
    front.set_tlsext_servername_callback(choose)
    return front


def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except SSL.ZeroReturnError:
        pass  # the client said goodbye
    except (SSL.Error, OSError) as error:
        logging.info("cut short: %s", error)
    finally:
        with contextlib.suppress(SSL.Error, OSError):  # it may have gone
            target.shutdown(socket.SHUT_WR)


def route(connection):
    try:
        connection.do_handshake()
        backend = socket.create_connection(("127.0.0.1", connection.get_app_data()))
    except (UnknownName, SSL.Error, OSError) as error:
        logging.info("refused: %r", error)
        connection.close()
        return
    with connection, backend:
        upwards = threading.Thread(target=copy, args=[connection, backend], daemon=True)
        upwards.start()
        copy(backend, connection)
        upwards.join()


def main(port, named):
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
    sites = {name: (make_context(name), backend) for name, backend in named}
    front = make_front(sites)
    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            sock, _ = listener.accept()
            connection = SSL.Connection(front, sock)
            connection.set_accept_state()
            threading.Thread(target=route, args=[connection], daemon=True).start()


def site(word):
    name, _, backend = word.partition("=")
    if not (name and backend.isdigit()):
        raise argparse.ArgumentTypeError(f"{word!r} is not NAME=BACKEND, with a port for BACKEND")
    return name, int(backend)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("port", type=int)
    parser.add_argument("sites", nargs="+", type=site, metavar="NAME=BACKEND")
    given = parser.parse_args()
    main(given.port, given.sites)
