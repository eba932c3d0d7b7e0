"""Two hundred connections at once to one threaded server, every byte checked."""

from __future__ import annotations

import hashlib
import random
import socket
import threading

import pytest

from kit import contexts, sockets, stdlib

COUNT = 200
SIZE = 100_000

pytestmark = pytest.mark.timeout(120)


def payload(number):
    return random.Random(number).randbytes(SIZE)


class Crowd:
    """Clients that all hold their connection open until the last one is through."""

    def __init__(self, connect):
        self._connect = connect
        self._everybody = threading.Barrier(COUNT)

    def run(self):
        futures = [sockets.in_thread(self._one, number) for number in range(COUNT)]
        return [future.result(60) for future in futures]

    def _one(self, number):
        try:
            with self._connect() as (send, receive, finish):
                data = payload(number)
                send(data[: SIZE // 2])
                self._everybody.wait(60)
                send(data[SIZE // 2 :])
                answer = receive()
                finish()
                return answer == hashlib.sha256(data).digest()
        except BaseException:
            self._everybody.abort()
            raise


def answer_checksum(connection):
    connection.sendall(hashlib.sha256(sockets.receive_exactly(connection, SIZE)).digest())
    assert sockets.receive_all(connection) == b""
    connection.shutdown()


def test_our_own_clients():
    context = contexts.client_context()

    class Client:
        def __enter__(self):
            self.sock = socket.create_connection(server.address)
            end = sockets.client_end(context, self.sock)
            return end.sendall, lambda: sockets.receive_exactly(end, 32), end.shutdown

        def __exit__(self, *_):
            self.sock.close()

    with sockets.ThreadedServer(contexts.server_context(), answer_checksum) as server:
        assert all(Crowd(Client).run())
    assert server.failures == []
    assert server.handled == COUNT


def test_clients_of_the_standard_library():
    context = stdlib.client_context()

    class Client:
        def __enter__(self):
            self.sock = socket.create_connection(server.address)
            self.tls = context.wrap_socket(self.sock, server_hostname="localhost")
            return self.tls.sendall, lambda: self.tls.recv(32), self.tls.unwrap

        def __exit__(self, *_):
            self.tls.close()

    with sockets.ThreadedServer(contexts.server_context(), answer_checksum) as server:
        assert all(Crowd(Client).run())
    assert server.failures == []
    assert server.handled == COUNT
