"""The load on a server on an event loop, the same program whatever serves.

Connections are this package's, or plain ones; all of them are in one thread, by a selector.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from typing import Any

from OpenSSL import SSL

SIZE = 256 * 1024


class Visit:
    """A connection that sends what it has and counts what comes."""

    def __init__(self, port: int, context: SSL.Context | None) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), 60)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.end: Any = self.sock
        if context is not None:
            self.end = SSL.Connection(context, self.sock)
            self.end.set_connect_state()
            self.end.do_handshake()
        self.buffer = bytearray(SIZE)
        self.outgoing = memoryview(b"")

    def say(self, data: bytes) -> None:
        """Begin to send."""
        self.outgoing = memoryview(data)
        self.send()

    def send(self) -> None:
        while self.outgoing:
            try:
                self.outgoing = self.outgoing[self.end.send(self.outgoing) :]
            except (SSL.WantReadError, SSL.WantWriteError, BlockingIOError):
                return

    def receive(self) -> int:
        """How many bytes have come; none is not an end."""
        count = 0
        while True:
            try:
                count += (got := self.end.recv_into(self.buffer))
            except (SSL.WantReadError, BlockingIOError):
                return count
            if not got:
                raise RuntimeError("the server hung up")

    def close(self) -> None:
        self.end.close()
        self.sock.close()


class Crowd:
    """Connections that are all open, and what to do when one has its answer."""

    def __init__(self, port: int, count: int, context: SSL.Context | None) -> None:
        self.selector = selectors.DefaultSelector()
        self.visits = [Visit(port, context) for _ in range(count)]
        for each in self.visits:
            each.sock.setblocking(False)
            self.selector.register(each.sock, selectors.EVENT_READ, each)

    def ask(self, first: bytes, question: bytes, answer: int, over: Callable[[int], bool]) -> int:
        """Every connection asks again when it has its answer; how many were answered.

        ``over`` is asked after each round, with the number of answers so far.
        """
        left = {id(each): answer for each in self.visits}
        for each in self.visits:
            each.say(first + question)
        answered = 0
        stop = False
        busy = len(self.visits)
        while busy:
            for key, mask in self.selector.select():
                each = key.data
                if mask & selectors.EVENT_WRITE:
                    each.send()
                left[id(each)] -= each.receive()
                if left[id(each)] <= 0:
                    answered += 1
                    left[id(each)] = answer
                    if stop:
                        busy -= 1
                    else:
                        each.say(question)
                wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if each.outgoing else 0)
                if wanted != key.events:
                    self.selector.modify(each.sock, wanted, each)
            stop = stop or over(answered)
        return answered

    def close(self) -> None:
        for each in self.visits:
            each.close()
        self.selector.close()


def until(seconds: float) -> Callable[[int], bool]:
    """That the time is over."""
    end = time.monotonic() + seconds
    return lambda _answered: time.monotonic() > end


def echoes(crowd: Crowd, size: int, seconds: float, first: bytes = b"") -> int:
    return crowd.ask(first, bytes(size), size, until(seconds))


def download(crowd: Crowd, size: int, seconds: float, first: bytes = b"") -> int:
    return crowd.ask(first, size.to_bytes(8, "big"), size, until(seconds))


def come_and_go(port: int, context: SSL.Context | None, seconds: float) -> int:
    """One connection after the other, each with a byte there and back; how many there were."""
    over = until(seconds)
    count = 0
    while not over(count):
        visit = Visit(port, context)
        visit.end.sendall(b"e!")
        if visit.end.recv(1) != b"!":
            raise RuntimeError("another byte came back")
        visit.close()
        count += 1
    return count
