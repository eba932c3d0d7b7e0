"""How fast TLS is here, with a plot that moves: throughput_meter.py [SECONDS]

A server and a client in two threads, over loopback.  Needs the extra `cli`.
"""

import argparse
import collections
import socket
import threading
import time

from rich.live import Live
from rich.text import Text

from OpenSSL import SSL

BLOCK = bytes(1 << 20)
BARS = " ▁▂▃▄▅▆▇█"


def serve(listener, context, ended):
    sock, _ = listener.accept()
    with SSL.Connection(context, sock) as connection:
        connection.set_accept_state()
        try:
            while not ended.is_set():
                connection.sendall(BLOCK)
        except SSL.Error:
            pass  # the client has left


def client_of(port):
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.load_verify_locations("ca.pem")
    context.set_verify(SSL.VERIFY_PEER)
    connection = SSL.Connection(context, socket.create_connection(("127.0.0.1", port)))
    connection.set_host("localhost")
    connection.set_connect_state()
    connection.do_handshake()
    return connection


def plot(rates):
    top = max(rates)
    bars = "".join(BARS[round(rate / top * (len(BARS) - 1))] for rate in rates)
    return Text(f"{bars} {rates[-1] / 1e6:.0f} MB/s")


def measure(connection, seconds):
    buffer = bytearray(1 << 18)
    rates = collections.deque([1e-9], maxlen=60)
    end = time.monotonic() + seconds
    with Live(plot(rates), refresh_per_second=10) as live:
        while time.monotonic() < end:
            start, taken = time.monotonic(), 0
            while time.monotonic() < start + 0.1:
                taken += connection.recv_into(buffer)
            rates.append(taken / (time.monotonic() - start))
            live.update(plot(rates))
        # Above the plot, which ends without a line's end where there is no terminal.
        live.console.print(f"{max(rates) / 1e6:.0f} MB/s at best, {connection.get_cipher_name()}")


def main(seconds):
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate_chain_file("server.pem")
    context.use_privatekey_file("server.key")
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, args=[listener, context, ended], daemon=True)
        server.start()
        connection = client_of(listener.getsockname()[1])
        try:
            measure(connection, seconds)
        finally:
            ended.set()
            connection.close()
        server.join()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("seconds", type=float, nargs="?", default=10)
    main(parser.parse_args().seconds)
