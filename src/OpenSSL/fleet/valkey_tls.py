"""The client's connections to a store, over this package's own TLS."""

from __future__ import annotations

from valkey.connection import Connection as PlainConnection
from valkey.sentinel import SentinelManagedConnection

from OpenSSL import SSL
from OpenSSL.fleet.checking import check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["TLSConnection", "connection_over", "to_the_primary"]


class TLSConnection(PlainConnection):
    """A connection whose server must have a certificate for the host."""

    bridge: Any

    def _connect(self) -> Any:
        sock = super()._connect()  # type: ignore[no-untyped-call]
        try:
            return self.bridge.wrap_socket(sock, server_hostname=self.host)
        except BaseException:
            sock.close()
            raise


def connection_over(context: SSL.Context | None) -> type[TLSConnection]:
    """A class of connections by ``context``, or by the system's trust.

    A class, because not every client hands options of ours to its connections.  Raises
    ValueError if the context verifies nobody.
    """
    bridge = (_default() if context is None else _checked(context)).as_ssl_context()
    return type("TLSConnection", (TLSConnection,), {"bridge": bridge})


def to_the_primary(connection: type[TLSConnection]) -> type[Any]:
    """The same for connections to where sentinels say."""
    managed: Any = SentinelManagedConnection
    return type("PrimaryTLSConnection", (managed, connection), {})


def _default() -> SSL.Context:
    """A Context that verifies servers by the system's trust."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_default_verify_paths()
    context.set_verify(SSL.VERIFY_PEER)
    return context


def _checked(context: SSL.Context) -> SSL.Context:
    check("context", context, SSL.Context, spelled="an OpenSSL.SSL.Context")
    if not context.get_verify_mode() & SSL.VERIFY_PEER:
        raise ValueError("the context of a store must verify servers: call set_verify")
    return context
