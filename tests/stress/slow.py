"""Slow peers that get and give byte by byte, and the smallest windows there are."""

from __future__ import annotations

import os
import socket
import threading

from kit import contexts, sockets

FULL = {"trickled": 40_000, "squeezed": 20_000_000}
SHORT = {"trickled": 1_000, "squeezed": 300_000}


def trickle(source: socket.socket, target: socket.socket) -> None:
    """Hand on what comes, a byte at a time, until the end."""
    try:
        while byte := source.recv(1):
            target.sendall(byte)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def exchange(server_sock: socket.socket, client_sock: socket.socket, size: int) -> int:
    server = sockets.server_end(contexts.server_context(), server_sock)
    client = sockets.client_end(contexts.client_context(), client_sock)
    shaking = sockets.in_thread(server.do_handshake)
    client.do_handshake()
    shaking.result(sockets.PATIENCE)
    data = os.urandom(size)
    futures = [sockets.in_thread(each.sendall, data) for each in (server, client)]
    other = sockets.in_thread(sockets.receive_exactly, server, size)
    assert sockets.receive_exactly(client, size) == data
    assert other.result(600) == data
    assert [each.result(60) for each in futures] == [size, size]
    return 2 * size


def trickled(size: int) -> int:
    with sockets.tcp_pair() as (server, left), sockets.tcp_pair() as (right, client):
        for each in (left, right):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threads = [
            threading.Thread(target=trickle, args=both) for both in ((left, right), (right, left))
        ]
        for thread in threads:
            thread.start()
        moved = exchange(server, client, size)
        for each in (server, client):
            each.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(sockets.PATIENCE)
        return moved


def squeezed(size: int) -> int:
    """The system makes more of 1 than 1, but not much."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        listening.bind((sockets.LOOPBACK, 0))
        listening.listen()
        client = socket.socket()
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            client.setsockopt(socket.SOL_SOCKET, option, 1)
        client.connect(listening.getsockname())
        server, _ = listening.accept()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    with server, client:
        return exchange(server, client, size)


def narrow_pair(size: int) -> int:
    with sockets.unix_pair() as both:
        for each in both:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        return exchange(*both, size)


def run(trickled: int, squeezed: int) -> dict[str, int]:
    return {
        "bytes one by one": _trickled(trickled),
        "through tiny windows": _squeezed(squeezed // 20),
        "through tiny buffers": narrow_pair(squeezed),
    }


_trickled, _squeezed = trickled, squeezed
