"""The client's connections to a store, over this package's own TLS."""

from __future__ import annotations

from valkey.connection import Connection as PlainConnection

from OpenSSL import SSL

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Any

__all__ = ["TLSConnection", "default_context"]


def default_context() -> SSL.Context:
    """A Context that verifies servers by the system's trust."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_default_verify_paths()
    context.set_verify(SSL.VERIFY_PEER)
    return context


class _Stream:
    """A Connection with the one habit of sockets that the client needs: ``shutdown(how)``."""

    def __init__(self, connection: SSL.Connection, sock: socket.socket) -> None:
        self._connection = connection
        self._sock = sock

    def shutdown(self, how: int) -> None:
        self._sock.shutdown(how)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class TLSConnection(PlainConnection):
    """Shakes hands by ``tls_context``, which must verify; the host's name is checked."""

    def __init__(self, tls_context: SSL.Context, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._tls_context = tls_context

    def _connect(self) -> Any:
        sock = super()._connect()  # type: ignore[no-untyped-call]
        try:
            connection = SSL.Connection(self._tls_context, sock)
            connection.set_host(self.host)
            if not self.host.replace(".", "").isdigit() and ":" not in self.host:
                connection.set_tlsext_host_name(self.host.encode("idna"))
            connection.set_connect_state()
            connection.do_handshake()
        except SSL.Error as error:
            sock.close()
            raise OSError(f"TLS with {self.host} failed: {error}") from error
        except BaseException:
            sock.close()
            raise
        return _Stream(connection, sock)
