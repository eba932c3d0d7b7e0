"""A relay between a client and a server that cuts what the server says."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

from kit.sockets import LOOPBACK, PATIENCE

__all__ = ["Relay", "relay"]


class Relay:
    """Passes bytes both ways; after ``most`` bytes of the server the client gets an end.

    The end is FIN, as by anybody on the way: no goodbye of TLS, and no reset that would
    be an error by itself.
    """

    def __init__(self, port: int, most: int | None) -> None:
        self.most = most
        self.cuts = 0
        self._server = port
        self._listening = socket.create_server((LOOPBACK, 0))
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
                server = socket.create_connection((LOOPBACK, self._server))
            except OSError:
                return
            self._sockets += [client, server]
            for way in (self._up, self._down):
                thread = threading.Thread(target=way, args=(client, server), daemon=True)
                self._threads.append(thread)
                thread.start()

    @staticmethod
    def _end(sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_WR)

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                # What the server no longer takes is read all the same: no reset.
                with contextlib.suppress(OSError):
                    server.sendall(data)
        self._end(server)

    def _down(self, client: socket.socket, server: socket.socket) -> None:
        left = self.most
        with contextlib.suppress(OSError):
            while left != 0 and (data := server.recv(65536 if left is None else left)):
                client.sendall(data)
                if left is not None:
                    left -= len(data)
        self.cuts += left == 0
        self._end(client)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RD)

    def close(self) -> None:
        """End everything; wait for its threads."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._threads[0].join(PATIENCE)
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
        for sock in (self._listening, *self._sockets):
            sock.close()


@contextlib.contextmanager
def relay(port: int, most: int | None = None) -> Iterator[Relay]:
    """A relay to ``port`` on the loopback."""
    made = Relay(port, most)
    try:
        yield made
    finally:
        made.close()
