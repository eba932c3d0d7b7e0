"""One client of ``serve``: handshake, requests, farewell, each with a deadline."""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import socket
from http import HTTPStatus

from OpenSSL import SSL

from . import page, web
from .counts import Counts
from .printable import printable
from .refusals import reasons
from .waiting import Deadline, carry

__all__ = ["Visitor", "crowd_of"]

_FAREWELL_SECONDS = 2.0
_REQUESTS_LIMIT = 1000
_CHUNK = 16384


def crowd_of(address: str) -> str:
    """Return for whom an address, with its port, stands: in IPv6 a whole network of 64 bits.

    That is the least that anybody is given, so one client has as many addresses as it likes.
    """
    host = address.rpartition(":")[0]
    if not host.startswith("["):
        return host
    number = int(ipaddress.IPv6Address(host[1:-1].partition("%")[0]))
    return str(ipaddress.IPv6Network((number >> 64 << 64, 64)))


class Visitor:
    """A connection from accept to close; :meth:`serve` runs in a thread of its own."""

    def __init__(
        self, context: SSL.Context, sock: socket.socket, address: str, patience: float, log: Counts
    ) -> None:
        self.socket = sock
        self.address = address
        self.host = crowd_of(address)
        #: Seconds for the handshake, for each request and between requests.
        self.patience = patience
        self.log = log
        self.context = context
        #: True while no request is being answered: the moment to be closed at.
        self.idle = True
        self.stopping = False

    def serve(self) -> None:
        """Serve until the client leaves, errs or is too slow."""
        try:
            self.socket.setblocking(False)
            with contextlib.suppress(OSError):
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._shake():
                self._converse()
                self._farewell()
        except (SSL.Error, OSError):
            # Clients vanish; their share of the log was written when they spoke.
            self.log.vanished()
        finally:
            self.socket.close()

    def yield_place(self) -> None:
        """Make room for somebody else: this one has been idle for too long."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        """Ask the visitor to leave: at once when idle, else after this answer."""
        self.stopping = True
        if self.idle:
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)

    def _shake(self) -> bool:
        self.connection = SSL.Connection(self.context, self.socket)
        self.connection.set_accept_state()
        try:
            carry(self.connection.do_handshake, self.socket, Deadline(self.patience))
        except (SSL.Error, OSError) as error:
            why = _why(error)
            if "http request" in why:
                why = "plain HTTP"
                self._answer_in_plain_text()
            if not self.stopping:
                self.log.failed(self.address, why)
            return False
        self.log.connected(self.address, self.connection.session_reused())
        return True

    def _answer_in_plain_text(self) -> None:
        answer = web.plain(HTTPStatus.BAD_REQUEST, "This port speaks HTTPS: ask for https://")
        with contextlib.suppress(OSError):
            self.socket.send(web.head(answer, keep_alive=False) + answer.body)

    def _converse(self) -> None:
        buffer = b""
        for _ in range(_REQUESTS_LIMIT):
            self.idle = True
            if self.stopping:
                return
            try:
                request, buffer = self._request(buffer)
            except web.BadRequest as error:
                self.log.answered(self.address, "(unreadable request)", error.status)
                self._send(web.plain(error.status), keep_alive=False, body=True)
                return
            except TimeoutError:
                return
            if request is None:
                return
            answer = self._answer(request)
            self.log.answered(self.address, f"{request.method} {request.path}", answer.status)
            keep = request.keep_alive and not self.stopping
            self._send(answer, keep_alive=keep, body=request.method != "HEAD")
            if not keep:
                return

    def _request(self, buffer: bytes) -> tuple[web.Request | None, bytes]:
        # The first byte may take its time; once it is there the rest has to hurry.
        deadlines = [Deadline(self.patience)]

        def receive() -> bytes:
            try:
                data = carry(lambda: self.connection.recv(_CHUNK), self.socket, deadlines[-1])
            except (SSL.ZeroReturnError, SSL.SysCallError):
                return b""
            if self.idle:
                deadlines.append(Deadline(self.patience))
            self.idle = False
            return data

        self.idle = not buffer
        return web.read_request(receive, buffer)

    def _answer(self, request: web.Request) -> web.Answer:
        if request.method not in ("GET", "HEAD"):
            return web.plain(HTTPStatus.METHOD_NOT_ALLOWED, allow="GET, HEAD")
        if request.path.partition("?")[0] != "/":
            return web.plain(HTTPStatus.NOT_FOUND)
        return page.answer(request, self.connection, self.address)

    def _send(self, answer: web.Answer, *, keep_alive: bool, body: bool) -> None:
        self._send_bytes(web.head(answer, keep_alive=keep_alive) + (answer.body if body else b""))

    def _send_bytes(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            # Each piece that gets through gives a slow but living client more time.
            send = functools.partial(self.connection.send, rest[:_CHUNK])
            rest = rest[carry(send, self.socket, Deadline(self.patience)) :]

    def _farewell(self) -> None:
        with contextlib.suppress(SSL.Error, OSError):
            deadline = Deadline(_FAREWELL_SECONDS)
            carry(self.connection.shutdown, self.socket, deadline)
            self.socket.shutdown(socket.SHUT_WR)
            # Closing over unread bytes would reset the connection, and the
            # client could lose the end of its answer.
            while carry(lambda: self.connection.recv(_CHUNK), self.socket, deadline):
                pass


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "too slow"
    if isinstance(error, SSL.SysCallError | SSL.ZeroReturnError | ConnectionError):
        return "left in mid-handshake"
    said = reasons(error) if isinstance(error, SSL.Error) else []
    return printable("; ".join(said) or str(error) or type(error).__name__, 100)
