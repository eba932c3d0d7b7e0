"""One end of a TLS connection, before it has a transport: whose rules, which side, which host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from OpenSSL._bridge.contexts import SSLContext
from OpenSSL._bridge.links import Link
from OpenSSL._bridge.objects import SSLObject
from OpenSSL._exceptions import Error
from OpenSSL._face.common.hosts import host_bytes
from OpenSSL._face.ssl.client_hello import Shown
from OpenSSL._face.ssl.connection import Connection
from OpenSSL._face.ssl.context import Context
from OpenSSL._native.common.constants import VERIFY_PEER
from OpenSSL._native.ssl.client_hello import connection_set_callback as set_hello_callback
from OpenSSL.aio.asking import NO_CALLBACKS
from OpenSSL.aio.checking import check_context, check_name
from OpenSSL.aio.choosing import Choice, Greeting
from OpenSSL.aio.judging import Judge, Verifier

if TYPE_CHECKING:
    from typing import NoReturn

    from OpenSSL.aio.asking import Asked, Callbacks

__all__ = ["End", "TransportLink"]

#: Seconds; asyncio's own.
HANDSHAKE, GOODBYE = 60.0, 30.0


class TransportLink(Link):
    """What ``ssl`` asks about the connection of a transport, which alone moves its bytes."""

    __slots__ = ()

    def do_handshake(self, *args: Any) -> NoReturn:
        """Refuse: the transport does it."""
        raise ValueError("the bytes of this connection are moved by its transport")

    read: Any = do_handshake
    write: Any = do_handshake
    shutdown: Any = do_handshake


class End:
    """A Connection with its side and its host, and the time it has."""

    __slots__ = ("_link", "_name", "_object", "_server", "asked", "connection", "judge", "patience")

    connection: Connection
    #: Seconds for the goodbye.
    patience: float
    #: Who is asked in the handshake, beside the Context's own callbacks.
    asked: tuple[Asked, ...]
    #: Who is asked about the peer when it is done.
    judge: Judge | None

    def __init__(
        self,
        context: Context | SSLContext,
        transport: Any,
        server_side: bool,
        server_hostname: str | None,
        patience: float,
        callbacks: Callbacks = NO_CALLBACKS,
    ) -> None:
        self.patience = patience
        if callbacks != NO_CALLBACKS and isinstance(context, Context):
            # That gives the Context's sessions a name, which must not change while it waits.
            _bridge_of(context)
        self._begin(context, transport, server_side, server_hostname)
        self.asked = ()
        self.judge = None
        if callbacks != NO_CALLBACKS:
            self._ask(callbacks)

    def _ask(self, callbacks: Callbacks) -> None:
        asked: list[Asked] = []
        if callbacks.cert is not None:
            choice = Choice(callbacks.cert)
            self.connection.set_cert_callback(choice)
            asked.append(choice)
        if callbacks.client_hello is not None or callbacks.servername is not None:
            greeting = Greeting(callbacks)
            set_hello_callback(self.connection, Shown(greeting))
            asked.append(greeting)
        if callbacks.verify is not None:
            asked.append(Verifier(callbacks.verify, self.connection))
        if callbacks.peer is not None:
            self.judge = Judge(callbacks.peer, self.connection)
            asked.append(self.judge)
        self.asked = tuple(asked)

    def _begin(
        self,
        context: Context | SSLContext,
        transport: Any,
        server_side: bool,
        server_hostname: str | None,
    ) -> None:
        check_context(context, server_side)
        check_name("server_hostname", server_hostname)
        self._server = server_side
        self._name = server_hostname or None
        self._link: TransportLink | None = None
        self._object: SSLObject | None = None
        if isinstance(context, SSLContext):
            # By its rules, and with its errors.
            made = SSLObject.__new__(SSLObject)
            self._link = TransportLink(context, transport, server_side, self._name, made, None)
            made._sslobj = self._link
            self._object = made
            self.connection = self._link.connection
            return
        self.connection = Connection(context, transport)
        if server_side:
            self.connection.set_accept_state()
        else:
            self.connection.set_connect_state()
            self._name_host(server_hostname)

    def _name_host(self, name: str | None) -> None:
        """Say whom the server has to be: never go on without, but where that is asked for."""
        verifies = bool(self.connection.get_verify_mode() & VERIFY_PEER)
        if name is None and verifies:
            raise ValueError(
                "a Context that verifies needs server_hostname; an empty one lets every host be"
            )
        if not name:
            return
        spelled, address = host_bytes("server_hostname", ascii_name(name))
        if not address:
            self.connection.set_tlsext_host_name(spelled)
        if verifies:
            self.connection.set_host(spelled)

    def failed(self, error: BaseException) -> BaseException:
        """Return what a program that gave this context expects in the place of ``error``."""
        if self._object is not None and self._link is not None and isinstance(error, Error):
            translated = self._link.failed(error)
            translated.__cause__ = error
            return translated
        return error

    def link(self) -> TransportLink:
        """Return an object that answers in the shapes of ``ssl``."""
        if self._link is None:
            link = TransportLink.__new__(TransportLink)
            link._bridge = _bridge_of(self.connection.get_context())
            link._owner = None
            link.connection = self.connection
            link.server_side = self._server
            link.server_hostname = self._name
            self._link = link
        return self._link

    def object(self) -> SSLObject:
        """Return an ``ssl.SSLObject`` to ask; it does not read or write."""
        if self._object is not None:
            return self._object
        made = SSLObject.__new__(SSLObject)
        made._sslobj = self.link()
        return made


#: Letters of IDNA 2008 that IDNA 2003 writes as others, or leaves out.
_OTHERS = frozenset("\u00df\u1e9e\u03c2\u200c\u200d")


def ascii_name(name: str) -> str:
    """Return a host's name as it is on the wire."""
    if not isinstance(name, str):
        raise TypeError(f"server_hostname must be str, not {type(name).__name__}")
    if name.isascii():
        return name
    if not _OTHERS.isdisjoint(normalize("NFKC", name)):
        raise ValueError(
            f"the host {name!r} is another one to Python, which follows IDNA 2003, than to "
            "browsers and registries: give it in ASCII, as in xn--fa-hia.de"
        )
    return name.encode("idna").decode()


def _bridge_of(context: Context) -> SSLContext:
    """Return one ``ssl.SSLContext`` for all connections of a Context."""
    known = context.__dict__.get("_aio_bridge")
    if known is None:
        known = context.__dict__.setdefault("_aio_bridge", context.as_ssl_context())
    bridge: SSLContext = known
    return bridge
