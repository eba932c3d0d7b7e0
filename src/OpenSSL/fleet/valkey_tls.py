"""The client's connections to a store, over this package's own TLS."""

from __future__ import annotations

from valkey.connection import Connection as PlainConnection

from OpenSSL import SSL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["TLSConnection", "checked", "default_context"]


def default_context() -> SSL.Context:
    """A Context that verifies servers by the system's trust."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_default_verify_paths()
    context.set_verify(SSL.VERIFY_PEER)
    return context


def checked(context: SSL.Context) -> SSL.Context:
    """The same Context.  Raises ValueError if it verifies nobody."""
    if not context.get_verify_mode() & SSL.VERIFY_PEER:
        raise ValueError("the context of a store must verify servers: call set_verify")
    return context


class TLSConnection(PlainConnection):
    """A connection by ``tls_context``; the server must have a certificate for the host."""

    def __init__(self, tls_context: SSL.Context, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._bridge: Any = tls_context.as_ssl_context()

    def _connect(self) -> Any:
        sock = super()._connect()  # type: ignore[no-untyped-call]
        try:
            return self._bridge.wrap_socket(sock, server_hostname=self.host)
        except BaseException:
            sock.close()
            raise
