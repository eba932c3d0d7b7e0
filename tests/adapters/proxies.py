"""A proxy that is spoken to over TLS and tunnels by CONNECT."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

from kit.sockets import LOOPBACK, PATIENCE

__all__ = ["Tunnel", "tunnel"]


class Tunnel:
    """One thread for each way of each client."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.tunnels = 0
        self.failures: list[BaseException] = []
        self._context = context
        self._listening = socket.create_server((LOOPBACK, 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    def _accept(self) -> None:
        while True:
            try:
                plain, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        plain.settimeout(PATIENCE)
        try:
            with self._context.wrap_socket(plain, server_side=True) as client:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    part = client.recv(1)
                    assert part, "no whole request"
                    head += part
                method, target, _ = head.split(b" ", 2)
                assert method == b"CONNECT"
                host, port = target.rsplit(b":", 1)
                with socket.create_connection((host.decode(), int(port)), PATIENCE) as server:
                    self.tunnels += 1
                    client.sendall(b"HTTP/1.1 200 here you are\r\n\r\n")
                    back = threading.Thread(target=self._copy, args=(server, client), daemon=True)
                    back.start()
                    self._copy(client, server)
                    back.join(PATIENCE)
        except BaseException as error:
            self.failures.append(error)
            plain.close()

    @staticmethod
    def _copy(one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Accept nobody any more."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE)
        self._listening.close()


@contextlib.contextmanager
def tunnel(context: ssl.SSLContext) -> Iterator[Tunnel]:
    """A proxy on the loopback."""
    made = Tunnel(context)
    try:
        yield made
    finally:
        made.close()
