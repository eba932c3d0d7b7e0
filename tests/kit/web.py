"""The standard library's HTTP server behind a context, and what tests ask it for."""

from __future__ import annotations

import contextlib
import http.server
import socketserver
import ssl
import sys
import threading
from collections.abc import Iterator
from typing import Any

from kit.sockets import LOOPBACK, PATIENCE

__all__ = ["BODY", "CUT", "Web", "web"]

#: A body of more than a hundred records.
BODY = bytes(range(256)) * 8000
#: So many bytes of the server come after the handshake and before the body's end.
CUT = 500_000


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers POST with the body turned round, GET with BODY."""

    protocol_version = "HTTP/1.1"
    server: Web

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/octet-stream")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        connection: Any = self.connection
        self.server.told.append((connection.version(), connection.getpeercert()))
        self._answer(BODY)

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"]))[::-1])

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Web(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Shakes hands in the thread of each client, and keeps what went wrong there."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext, handler: Any = Handler, port: int = 0) -> None:
        super().__init__((LOOPBACK, port), handler)
        self.context = context
        self.failures: list[BaseException] = []
        self.told: list[Any] = []

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(PATIENCE)
        with self.context.wrap_socket(request, server_side=True) as tls:
            super().finish_request(tls, client_address)
            with contextlib.suppress(OSError):
                tls.unwrap()

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        assert error is not None
        self.failures.append(error)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def url(self, port: int | None = None) -> str:
        return f"https://localhost:{port or self.port}/"


@contextlib.contextmanager
def web(context: ssl.SSLContext, handler: Any = Handler, port: int = 0) -> Iterator[Web]:
    """A server in a thread, one more thread for each client."""
    server = Web(context, handler, port)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join(PATIENCE)
        server.server_close()
