"""An echo over datagrams: dtls_echo.py server PORT, and dtls_echo.py client PORT WORDS ...

The server keeps nothing about a client until the cookie it sent has come back.
"""

import argparse
import hmac
import secrets
import socket

from OpenSSL import SSL

SECRET = secrets.token_bytes(32)


def cookie_for(connection):
    return hmac.digest(SECRET, repr(connection.get_app_data()).encode(), "sha256")


def server_context():
    context = SSL.Context(SSL.DTLS_SERVER_METHOD)
    context.use_certificate_chain_file("server.pem")
    context.use_privatekey_file("server.key")
    context.set_cookie_generate_callback(cookie_for)
    context.set_cookie_verify_callback(
        lambda connection, cookie: hmac.compare_digest(cookie, cookie_for(connection))
    )
    return context


def serve(port):
    context = server_context()
    clients = {}
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", port))
    while True:
        datagram, address = sock.recvfrom(65536)
        connection = clients.get(address)
        known = connection is not None
        if connection is None:
            connection = SSL.Connection(context)
            connection.set_app_data(address)
            connection.set_accept_state()
        connection.bio_write(datagram)
        try:
            if not known:
                connection.DTLSv1_listen()
                clients[address] = connection  # it can receive where it sends from
            connection.sendall(connection.recv(65536))
        except SSL.WantReadError:
            pass
        except SSL.Error as error:  # a goodbye, too
            clients.pop(address, None)
            print("gone:", repr(error), flush=True)
        send_all(sock, connection, address)


def send_all(sock, connection, address):
    try:
        while True:
            sock.sendto(connection.bio_read(65536), address)
    except SSL.WantReadError:
        pass


def ask(port, *words):
    context = SSL.Context(SSL.DTLS_CLIENT_METHOD)
    context.load_verify_locations("ca.pem")
    context.set_verify(SSL.VERIFY_PEER)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(10)
    sock.connect(("127.0.0.1", port))
    with SSL.Connection(context, sock) as connection:
        connection.set_host("localhost")
        connection.set_connect_state()
        for word in words:
            connection.send(word.encode())
            print(connection.recv(65536).decode())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("role", choices=["server", "client"])
    parser.add_argument("port", type=int)
    parser.add_argument("words", nargs="*", help="what the client says")
    given = parser.parse_args()
    if given.role == "server":
        serve(given.port)
    else:
        ask(given.port, *given.words)
