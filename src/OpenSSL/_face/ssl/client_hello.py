"""What a client says first, shown to the program before anything is chosen."""

from __future__ import annotations

from OpenSSL._exceptions import Error
from OpenSSL._face.common.arguments import hook, octets
from OpenSSL._face.common.showing import in_any_case
from OpenSSL._face.ssl import fingerprints
from OpenSSL._face.ssl.hello_parts import (
    Reader,
    identities,
    listed,
    name,
    numbers,
    protocols,
    shares,
)
from OpenSSL._native.ssl import client_hello as native
from OpenSSL._native.ssl import context as native_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias, TypeVar

    from OpenSSL._face.ssl.connection import Connection

    ClientHelloHook: TypeAlias = Callable[[Connection, "ClientHello"], bool | None]
    _T = TypeVar("_T")

__all__ = ["ClientHello", "ContextClientHello", "Shown"]

_SERVER_NAME, _GROUPS, _POINT_FORMATS, _SIGNATURES, _ALPN = 0, 10, 11, 13, 16
_SHARED_KEYS, _VERSIONS, _KEY_SHARES = 41, 43, 51
_ID = 32  # bytes of a session's id, as libssl makes them
_DECODE_ERROR = 50  # the alert


class ClientHello:
    """A client's first message, taken apart; for :meth:`Context.set_client_hello_callback`.

    Numbers are those on the wire, as IANA's registries list them, in the client's order,
    GREASE (RFC 8701) included. What the client did not send is None or empty. Where the body of
    an extension is malformed, asking for what it says raises an :class:`Error` whose
    ``alert`` is decode_error.

    ``message`` is a whole handshake message with its header, as
    :meth:`Context.set_message_callback` shows it, of DTLS if ``dtls`` is set. Raises TypeError
    if it is not bytes, ValueError if it is not a client's hello.

    ``SSL_CTX_set_client_hello_cb(3)``
    """

    __module__ = "OpenSSL.SSL"
    __slots__ = (
        "cipher_suites",
        "compression_methods",
        "cookie",
        "extensions",
        "is_dtls",
        "legacy_version",
        "message",
        "random",
        "session_id",
    )

    #: The whole message, with its header.
    message: bytes
    #: Whether it is a message of DTLS.
    is_dtls: bool
    #: The version in the message's head: 0x0303 for TLS 1.2 and newer, 0xfefd for DTLS.
    legacy_version: int
    #: 32 bytes.
    random: bytes
    #: The id of a session of TLS 1.2, or any bytes; at most 32.
    session_id: bytes
    #: DTLS: the cookie from the server, at most 255 bytes; empty for TLS.
    cookie: bytes
    #: Numbers of two bytes, for instance 0x1301 for TLS_AES_128_GCM_SHA256.
    cipher_suites: tuple[int, ...]
    #: Numbers of one byte; 0 is none.
    compression_methods: tuple[int, ...]
    #: Each extension's number and body, those that libssl does not know included.
    extensions: tuple[tuple[int, bytes], ...]

    def __init__(self, message: bytes, dtls: bool = False) -> None:
        self.message = octets("message", message)
        self.is_dtls = bool(dtls)
        try:
            self._read()
        except ValueError as error:
            raise ValueError(f"this is not a client's hello: {error}") from None

    def _read(self) -> None:
        outer = Reader(self.message)
        if outer.number(1) != 1:
            raise ValueError("it is another message")
        size = outer.number(3)
        if self.is_dtls:
            outer.take(8)  # number and fragment
        hello = Reader(outer.take(size))
        outer.end()
        self.legacy_version = hello.number(2)
        self.random = hello.take(32)
        self.session_id = hello.block(1)
        self.cookie = hello.block(1) if self.is_dtls else b""
        self.cipher_suites = numbers(hello.block(2))
        self.compression_methods = tuple(hello.block(1))
        found = []
        if hello.more():
            extensions = Reader(hello.block(2))
            while extensions.more():
                found.append((extensions.number(2), extensions.block(2)))
        hello.end()
        self.extensions = tuple(found)

    def __repr__(self) -> str:
        return in_any_case(
            self,
            lambda: (
                f"<ClientHello of {len(self.cipher_suites)} cipher suites "
                f"and {len(self.extensions)} extensions>"
            ),
        )

    def extension(self, number: int) -> bytes | None:
        """Return the body of the extension with this number, or None.

        ``SSL_client_hello_get0_ext(3)``
        """
        return next((body for kind, body in self.extensions if kind == number), None)

    def _said(self, number: int, read: Callable[[bytes], _T], nothing: _T) -> _T:
        """What an extension says, or ``nothing`` where there is none."""
        body = self.extension(number)
        if body is None:
            return nothing
        try:
            return read(body)
        except ValueError as error:
            words = f"extension {number} of the client's hello is malformed: {error}"
            raised = Error([("SSL routines", "", words)])
            raised.alert = _DECODE_ERROR
            raise raised from None

    @property
    def server_name(self) -> bytes | None:
        """The host that is asked for, or None."""
        return self._said(_SERVER_NAME, name, None)

    @property
    def alpn_protocols(self) -> tuple[bytes, ...]:
        """The application protocols on offer."""
        return self._said(_ALPN, protocols, ())

    @property
    def supported_versions(self) -> tuple[int, ...]:
        """The versions on offer, for instance 0x0304; empty before TLS 1.3."""
        return self._said(_VERSIONS, lambda body: listed(body, 1), ())

    @property
    def groups(self) -> tuple[int, ...]:
        """The groups on offer for the exchange of keys."""
        return self._said(_GROUPS, lambda body: listed(body, 2), ())

    @property
    def key_share_groups(self) -> tuple[int, ...]:
        """The groups for which there is a key already."""
        return self._said(_KEY_SHARES, shares, ())

    @property
    def session_ids(self) -> tuple[bytes, ...]:
        """The ids that a session get callback may be asked for, 32 bytes each.

        What looks like one may be of no session, or of one that nobody has any more.
        """
        none: tuple[bytes, ...] = ()
        found = (*self._said(_SHARED_KEYS, identities, none), self.session_id)
        return tuple(dict.fromkeys(each for each in found if len(each) == _ID))

    @property
    def signature_algorithms(self) -> tuple[int, ...]:
        """The signature algorithms that the client takes."""
        return self._said(_SIGNATURES, lambda body: listed(body, 2), ())

    @property
    def point_formats(self) -> tuple[int, ...]:
        """The formats of points on elliptic curves, numbers of one byte."""
        return self._said(_POINT_FORMATS, lambda body: listed(body, 1, 1), ())

    # ---- fingerprints: which program the client may be

    @property
    def ja3(self) -> str:
        """The text of JA3: version, suites, extensions, groups and formats of points."""
        return fingerprints.ja3(self)

    @property
    def ja3_hash(self) -> str:
        """JA3 as it is compared: MD5 of :attr:`ja3`, 32 hexadecimal digits."""
        import hashlib

        return hashlib.md5(self.ja3.encode(), usedforsecurity=False).hexdigest()

    @property
    def ja4(self) -> str:
        """JA4, for instance ``t13d1516h2_8daaf6152771_e5627efa2ab1``."""
        import hashlib

        first, suites, others = fingerprints.ja4_parts(self)
        digests = [
            hashlib.sha256(text.encode()).hexdigest()[:12] if text else "0" * 12
            for text in (suites, others)
        ]
        return "_".join([first, *digests])

    @property
    def ja4_r(self) -> str:
        """JA4 with what it digests in the place of the digests."""
        return "_".join(fingerprints.ja4_parts(self))


class Shown:
    """Makes a :class:`ClientHello` of the message before the program's callback is asked."""

    __slots__ = ("callback",)

    def __init__(self, callback: ClientHelloHook) -> None:
        self.callback = callback

    def __call__(self, connection: Connection, message: bytes, dtls: bool) -> bool | None:
        try:
            hello = ClientHello(message, dtls)
        except ValueError as error:
            # Not everything has been looked at yet, and this would be refused too.
            raised = Error([("SSL routines", "", str(error))])
            raised.alert, raised.alert_sent = _DECODE_ERROR, True
            raise raised from None
        return self.callback(connection, hello)


class ContextClientHello(native_context.Context):
    """The half of :class:`OpenSSL.SSL.Context` that looks at what clients say first."""

    __slots__ = ()

    def set_client_hello_callback(self, callback: ClientHelloHook | None) -> None:
        """Show ``callback(connection, hello)`` each client's hello before anything is chosen.

        ``hello`` is a :class:`ClientHello`. The callback comes before the version, ciphers,
        sessions and certificates are looked at, and before the other callbacks: what it sets on
        the connection counts in this handshake, and so does a Context that it
        chooses by :meth:`Connection.set_context`, whose callbacks for names and protocols
        follow. It returns None or True to go on. False refuses the client with
        handshake_failure; what it raises ends the handshake and comes out of the call that
        ran it, and an :class:`Error` whose ``alert`` is set says which alert the client is sent.
        It need not know yet: when it raises WantX509LookupError, that comes at once out of the
        call that was shaking hands, and the next call asks again.

        It is asked again where the client has to say hello again: after a request for another
        group (TLS 1.3) and in a renegotiation, by the Context that the connection has then.
        Over DTLS it is asked before a cookie is verified, except by ``DTLSv1_listen``. It is not
        asked for what libssl refuses as malformed. None removes it. For connections made from
        now on.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_CTX_set_client_hello_cb(3)``
        """
        checked = hook("callback", callback)
        native.set_client_hello_callback(self, None if checked is None else Shown(checked))

    def get_client_hello_callback(self) -> ClientHelloHook | None:
        """Return the callback given to :meth:`set_client_hello_callback`, or None.

        ``SSL_CTX_set_client_hello_cb(3)``
        """
        shown = native.get_client_hello_callback(self)
        return shown.callback if isinstance(shown, Shown) else None
