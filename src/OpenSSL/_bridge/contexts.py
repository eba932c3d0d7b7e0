"""``ssl.SSLContext`` over a Context: every half of it, put together."""

from __future__ import annotations

import os
import ssl
import warnings
from typing import TYPE_CHECKING, Any

from OpenSSL._bridge.credentials import Credentials
from OpenSSL._bridge.negotiation import Negotiation
from OpenSSL._bridge.objects import ObjectLink, SSLObject
from OpenSSL._bridge.observers import Observers
from OpenSSL._bridge.rules import NO_PARTIAL_WILDCARDS, VARIABLE, Rules
from OpenSSL._bridge.sockets import SocketLink, SSLSocket, lend
from OpenSSL._face.ssl.context import Context
from OpenSSL._native.common.constants import (
    TLS_CLIENT_METHOD,
    TLS_METHOD,
    TLS_SERVER_METHOD,
    SSLv23_METHOD,
    TLSv1_1_METHOD,
    TLSv1_2_METHOD,
    TLSv1_METHOD,
)
from OpenSSL._native.ssl.context import method_of

if TYPE_CHECKING:
    import socket

__all__ = ["SSLContext", "bridged"]

PROTOCOLS = {
    SSLv23_METHOD: ssl.PROTOCOL_TLS,
    TLS_METHOD: ssl.PROTOCOL_TLS,
    TLS_CLIENT_METHOD: ssl.PROTOCOL_TLS_CLIENT,
    TLS_SERVER_METHOD: ssl.PROTOCOL_TLS_SERVER,
    TLSv1_METHOD: ssl.PROTOCOL_TLSv1,
    TLSv1_1_METHOD: ssl.PROTOCOL_TLSv1_1,
    TLSv1_2_METHOD: ssl.PROTOCOL_TLSv1_2,
}
METHODS = {protocol: method for method, protocol in PROTOCOLS.items()}
#: Whose sessions these are, where nobody says so.
SESSION_ID = b"Python\0"


class SSLContext(  # type: ignore[misc,override]  # what the halves define, `ssl` has as attributes
    Rules, Credentials, Negotiation, Observers, ssl.SSLContext
):
    """An ``ssl.SSLContext`` whose connections are :class:`OpenSSL.SSL.Connection` objects.

    :meth:`Context.as_ssl_context` makes one for a Context, and what is set on either is
    set on both. Made by its name it is like the ``ssl`` module's, defaults included.
    """

    sslsocket_class: type[ssl.SSLSocket] = SSLSocket
    sslobject_class: type[ssl.SSLObject] = SSLObject
    #: Some libraries reach for the module's C object; this one has another's.
    _aiofastnet_force_fallback_ssl = True

    def __init__(self, protocol: int | None = None) -> None:
        own: Any = ssl._ssl._SSLContext  # type: ignore[attr-defined]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            self._adopt(Context(METHODS[ssl._SSLMethod(own.protocol.__get__(self))]))
            # The defaults of this Python's module.
            self.context.set_options(own.options.__get__(self))
            self.context.set_cipher_list(ssl._DEFAULT_CIPHERS.encode())
            names = ["verify_flags", "verify_mode"]
            if self._protocol in VARIABLE:
                names += ["minimum_version", "maximum_version"]
            for name in names:
                setattr(self, name, getattr(own, name).__get__(self))
            self._check = own.check_hostname.__get__(self)
        self.context.set_session_id(SESSION_ID)

    def _adopt(self, context: Context) -> None:
        self.context = context
        self._protocol = PROTOCOLS[method_of(context)]
        self._check = None
        self._host_flags = NO_PARTIAL_WILDCARDS
        self._late = False
        self._optional = False
        self._name_hook = None
        self._key_log = None

    def _wrap_socket(
        self,
        sock: socket.socket,
        server_side: bool,
        server_hostname: str | None = None,
        *,
        owner: Any = None,
        session: Any = None,
    ) -> SocketLink:
        return SocketLink(self, lend(sock), server_side, server_hostname, owner, session)

    def _wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool,
        server_hostname: str | None = None,
        *,
        owner: Any = None,
        session: Any = None,
    ) -> ObjectLink:
        return ObjectLink(self, incoming, outgoing, server_side, server_hostname, owner, session)


def bridged(context: Context) -> SSLContext:
    """Return an ``ssl.SSLContext`` for ``context``."""
    if method_of(context) not in PROTOCOLS:
        raise ValueError("the ssl module has no DTLS, so there is no SSLContext for it")
    made: SSLContext = ssl.SSLContext.__new__(SSLContext, ssl.PROTOCOL_TLS_CLIENT)
    made._adopt(context)
    # A Context does not become laxer by this: its own set_host knows no common names.
    made.hostname_checks_common_name = False
    if made.protocol != ssl.PROTOCOL_TLS_CLIENT and not context._sessions_named:
        # Programs resume without being told to, and libssl refuses those who do so where clients
        # are verified and sessions have no name (ssl_get_prev_session, 3.0 to 4.0).  This one is
        # nobody else's.
        context.set_session_id(os.urandom(32))
    return made
