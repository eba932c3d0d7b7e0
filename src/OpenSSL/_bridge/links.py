"""A link stands where the ``ssl`` module's classes have an object of C: one TLS connection.

Theory.  ``ssl.SSLSocket`` and ``ssl.SSLObject`` are Python; all that they know of TLS they
ask ``_sslobj``.  A link answers instead, from a Connection.  What both kinds of link
tell is here; how bytes move is in ``sockets`` and ``objects``.
"""

from __future__ import annotations

import socket
import ssl
import weakref
from typing import TYPE_CHECKING, Any

from OpenSSL import _exceptions as ours
from OpenSSL._bridge.certificates import Certificate, SSLSession, der, described
from OpenSSL._bridge.errors import failure, load_failure, translated
from OpenSSL._face.ssl.connection import Connection
from OpenSSL._native.common.constants import (
    VERIFY_PEER,
    VERIFY_POST_HANDSHAKE,
)
from OpenSSL._native.ssl import ciphers, trust

if TYPE_CHECKING:
    from collections.abc import Iterable

    from OpenSSL._bridge.contexts import SSLContext
    from OpenSSL._face.crypto.certificates import X509

__all__ = ["Link", "link_of"]


def link_of(connection: Connection) -> Link | None:
    """Return the link of a connection, or None for one that was made without this package."""
    known = connection.__dict__.get("_link")
    return None if known is None else known()


def is_address(name: str) -> bool:
    """Return whether a host is named by its IPv4 or IPv6 address."""
    try:
        socket.inet_pton(socket.AF_INET6 if ":" in name else socket.AF_INET, name)
    except (OSError, ValueError):
        return False
    return True


def _chain(certificates: Iterable[X509] | None) -> list[Certificate] | None:
    return None if certificates is None else [Certificate(one) for one in certificates]


def _facts(cipher: dict[str, Any]) -> tuple[str, str, int]:
    return cipher["name"], cipher["protocol"], cipher["strength_bits"]


class Link:
    """What ``ssl`` asks about a connection, whatever its transport is."""

    __slots__ = (
        "__weakref__",
        "_bridge",
        "_owner",
        "connection",
        "server_hostname",
        "server_side",
    )

    def __init__(
        self,
        bridge: SSLContext,
        transport: Any,
        server_side: bool,
        server_hostname: str | None,
        owner: Any,
        session: SSLSession | None,
    ) -> None:
        self._bridge = bridge
        self._owner = None if owner is None else weakref.ref(owner)
        self.server_side: bool = bool(server_side)
        self.server_hostname: str | None = server_hostname
        bridge.check_role(self.server_side)
        try:
            self.connection: Connection = Connection(bridge.context, transport)
            self.connection._link = weakref.ref(self)  # type: ignore[attr-defined]
            if self.server_side:
                self.connection.set_accept_state()
            else:
                self.connection.set_connect_state()
                self._be_client(server_hostname)
            if bridge.post_handshake_auth:
                self._expect_late_certificate()
        except ours.Error as error:
            raise self.failed(error) from error
        if session is not None:
            self.session = session

    # ---- how it begins

    def _be_client(self, name: str | None) -> None:
        """Say whom the server has to be; never go on without, where it has to be checked."""
        checked = self._bridge.checks_host(self.connection)
        if name is None:
            if checked:
                raise ValueError("check_hostname requires server_hostname")
            return
        if not isinstance(name, str):
            raise TypeError(f"server_hostname must be str, not {type(name).__name__}")
        if not name or name.startswith("."):
            raise ValueError(
                "server_hostname cannot be an empty string or start with a leading dot."
            )
        spelled = name.encode("ascii")
        if b"\0" in spelled:
            raise TypeError("server_hostname must not contain a NUL byte")
        address = is_address(name)
        if not address:
            self.connection.set_tlsext_host_name(spelled)
        if checked:
            self.connection.set_hostflags(self._bridge._host_flags)
            if address:
                self.connection.set_ip_asc(spelled)
            else:
                self.connection.set_host(spelled)

    def _expect_late_certificate(self) -> None:
        if not self.server_side:
            self.connection.set_post_handshake_auth(True)
            return
        mode = self.connection.get_verify_mode()
        # Without VERIFY_PEER it would mean something else.
        if mode & VERIFY_PEER:
            trust.connection_set_verify_mode(self.connection, mode | VERIFY_POST_HANDSHAKE)

    def failed(self, error: ours.Error) -> OSError:
        """Return what ``ssl`` raises in the place of ``error``."""
        return translated(error, self.server_hostname)

    # ---- who it belongs to

    @property
    def owner(self) -> Any:
        """The socket or object that people hold, as long as they do."""
        return None if self._owner is None else self._owner()

    @owner.setter
    def owner(self, owner: Any) -> None:
        self._owner = None if owner is None else weakref.ref(owner)

    @property
    def context(self) -> SSLContext:
        """The context given last."""
        return self._bridge

    @context.setter
    def context(self, bridge: SSLContext) -> None:
        if not isinstance(bridge, type(self._bridge)):
            raise TypeError("The value must be a SSLContext made by Context.as_ssl_context()")
        try:
            self.connection.set_context(bridge.context)
        except ours.Error as error:
            raise self.failed(error) from error
        self._bridge = bridge

    # ---- the peer

    def getpeercert(self, binary_form: bool = False, /) -> Any:
        """Return the peer's certificate: a dictionary, bytes, ``{}`` or None."""
        if not self.connection.is_init_finished():
            raise ValueError("handshake not done yet")
        certificate = self.connection.get_peer_certificate()
        if certificate is None:
            return None
        if binary_form:
            return der(certificate)
        if not self.connection.get_verify_mode() & VERIFY_PEER:
            return {}
        return described(certificate)

    def get_verified_chain(self) -> list[Certificate] | None:
        """Return the chain that the peer was verified by, or None."""
        return _chain(self.connection.get_verified_chain())

    def get_unverified_chain(self) -> list[Certificate] | None:
        """Return the chain that the peer sent, its own certificate first, or None."""
        chain = self.connection.get_peer_cert_chain()
        if chain is not None and self.server_side:
            own = self.connection.get_peer_certificate()
            chain = chain if own is None else [own, *chain]
        return _chain(chain)

    def cipher(self) -> tuple[str, str, int] | None:
        """Return name, protocol and secret bits of the cipher, or None."""
        name = self.connection.get_cipher_name()
        if name is None:
            return None
        return (
            name,
            self.connection.get_cipher_version() or "",
            self.connection.get_cipher_bits() or 0,
        )

    def shared_ciphers(self) -> list[tuple[str, str, int]] | None:
        """Return the client's ciphers that this server has as well; None on a client."""
        offered = ciphers.describe_client_ciphers(self.connection)
        if offered is None:
            return None
        known = set(self.connection.get_cipher_list())
        return [_facts(one) for one in offered if one["name"] in known]

    def version(self) -> str | None:
        """Return the protocol version by name; None before the handshake."""
        if not self.connection.is_init_finished():
            return None
        return self.connection.get_protocol_version_name()

    def selected_alpn_protocol(self) -> str | None:
        """Return the application protocol agreed on, or None."""
        return self.connection.get_alpn_proto_negotiated().decode() or None

    def compression(self) -> str | None:
        """Return the name of the compression in use, or None."""
        return self.connection.get_compression()

    def group(self) -> str | None:
        """Return the name of the group of the key exchange, or None."""
        return self.connection.get_group_name()

    def get_channel_binding(self, cb_type: str = "tls-unique") -> bytes | None:
        """Return the bytes that only both ends of this connection know, or None."""
        if not isinstance(cb_type, str):
            raise TypeError(f"cb_type must be str, not {type(cb_type).__name__}")
        if cb_type != "tls-unique":
            raise ValueError(f"{cb_type!r} channel binding type not implemented")
        # The first Finished message of the handshake.
        if self.connection.session_reused() != (not self.server_side):
            return self.connection.get_finished()
        return self.connection.get_peer_finished()

    def verify_client_post_handshake(self) -> None:
        """Ask the client for its certificate with what is sent next."""
        try:
            self.connection.verify_client_post_handshake()
        except ours.Error as error:
            raise load_failure(error) from error

    # ---- sessions

    @property
    def session(self) -> Any:
        """The session in use, or None."""
        session = self.connection.get_session()
        return None if session is None else SSLSession(session, self._bridge)

    @session.setter
    def session(self, value: SSLSession) -> None:
        if not isinstance(value, SSLSession):
            raise TypeError("Value is not a SSLSession.")
        if value.bridge is not self._bridge:
            raise ValueError("Session refers to a different SSLContext.")
        if self.server_side:
            raise ValueError("Cannot set session for server-side SSLSocket.")
        if self.connection.is_init_finished():
            raise ValueError("Cannot set session after handshake.")
        try:
            self.connection.set_session(value.session)
        except ours.Error as error:
            raise self.failed(error) from error

    @property
    def session_reused(self) -> bool:
        """Whether the handshake resumed a session."""
        return self.connection.session_reused()

    # ---- what both kinds do alike

    def pending(self) -> int:
        """Return how many bytes can be read at once."""
        return self.connection.pending()

    def ended(self, size: int, buffer: Any) -> Any:
        """Return what a read returns after the peer's close_notify."""
        if self.connection.get_shutdown() & ~2:
            # Both have said it: nobody should be reading.
            raise self.failed(ours.ZeroReturnError())
        return b"" if buffer is None else 0


def check_room(buffer: Any) -> None:
    """Refuse what cannot be read into, as ``ssl`` does."""
    with memoryview(buffer) as view:
        if not view.readonly and view.c_contiguous:
            return
    kind = type(buffer).__name__
    raise TypeError(f"read() argument 2 must be read-write bytes-like object, not {kind}")


def contents(data: Any) -> Any:
    """Return what is to be sent as bytes that lie side by side; refuse others as ``ssl`` does."""
    view = data if isinstance(data, (bytes, bytearray)) else memoryview(data)
    if isinstance(view, memoryview) and not view.c_contiguous:
        raise BufferError("memoryview: underlying buffer is not C-contiguous")
    return view


def gone() -> ssl.SSLError:
    """Return the error for a link whose socket has been collected."""
    return failure("Underlying socket connection gone")
