"""DTLS: cookies, retransmission timers and packet sizes."""

from __future__ import annotations

from OpenSSL._exceptions import WantReadError
from OpenSSL._face.common.arguments import hook, integer
from OpenSSL._native.ssl import datagram as native
from OpenSSL._native.ssl.connection import Connection
from OpenSSL._native.ssl.context import Context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from OpenSSL._face.ssl.connection import Connection as AnyConnection

    TimerHook: TypeAlias = Callable[[AnyConnection, float], float]

__all__ = ["ConnectionDatagram", "ContextDatagram"]


class ContextDatagram(Context):
    """The cookies by which a DTLS server makes sure of a client's address."""

    __slots__ = ()

    def set_cookie_generate_callback(self, callback: Callable[[Any], bytes] | None) -> None:
        """Let ``callback(connection)`` make the cookie a client has to send back.

        It returns at most 255 bytes, which should depend on the client's address
        and a secret. What it raises comes out of the call that ran it, and the
        handshake ends. None removes it. Raises TypeError if it cannot be called.

        ``SSL_CTX_set_cookie_generate_cb(3)``
        """
        native.set_cookie_generate_callback(self, hook("callback", callback))

    def set_cookie_verify_callback(self, callback: Callable[[Any, bytes], bool] | None) -> None:
        """Let ``callback(connection, cookie)`` judge the cookie a client sent back.

        It returns whether the cookie is one it made for this client. What it
        raises comes out of the call that ran it, and the cookie counts as wrong.
        None removes it. Raises TypeError if it cannot be called.

        ``SSL_CTX_set_cookie_verify_cb(3)``
        """
        native.set_cookie_verify_callback(self, hook("callback", callback))


class ConnectionDatagram(Connection):
    """Listening, timers and packet sizes of a DTLS Connection."""

    __slots__ = ()

    def DTLSv1_listen(self) -> None:
        """Answer ClientHellos until one brings a good cookie; then the handshake can go on.

        Needs both cookie callbacks. Raises :class:`WantReadError` until such a
        ClientHello is there, what a cookie callback raised, and :class:`Error`
        when a callback is missing or the connection is not a DTLS one.

        ``DTLSv1_listen(3)``
        """
        if not native.listen(self):
            raise WantReadError()

    def DTLSv1_get_timeout(self) -> float | None:
        """Return the seconds until :meth:`DTLSv1_handle_timeout` has to be called.

        None when no answer is being waited for.

        ``DTLSv1_get_timeout(3)``
        """
        return native.get_timeout(self)

    def DTLSv1_handle_timeout(self) -> bool:
        """Send again what went unanswered, if its time has come.

        Returns whether it had. Raises :class:`Error` after too many attempts and
        :class:`WantWriteError` when the transport takes nothing.

        ``DTLSv1_handle_timeout(3)``
        """
        return native.handle_timeout(self)

    def set_timer_callback(self, callback: TimerHook | None) -> None:
        """Ask ``callback(connection, seconds)`` how long to wait until messages are sent again.

        ``seconds`` is how long was waited for an answer in vain, 0.0 where they are sent for
        the first time. It returns seconds as well, 0.02 to 4294. Without it they are 1.0, and
        twice as many each time, up to 60. What it raises comes out of the call that ran it, and
        the handshake ends. None removes it. It stays when :meth:`set_context` gives another
        Context.

        Raises TypeError if it cannot be called, :class:`Error` when the connection is not a
        DTLS one.
        ``DTLS_set_timer_cb(3)``
        """
        native.set_timer_callback(self, hook("callback", callback))

    def set_ciphertext_mtu(self, mtu: int) -> None:
        """Keep every packet within ``mtu`` bytes, not counting IP and UDP headers.

        Set ``OP_NO_QUERY_MTU`` too, or OpenSSL may ask the transport instead.
        Raises TypeError if ``mtu`` is not an int, ValueError outside 256 to 65507 and
        :class:`Error` when the connection is not a DTLS one.

        ``SSL_set_mtu(3)``
        """
        native.set_mtu(self, integer("mtu", mtu))

    def get_cleartext_mtu(self) -> int:
        """Return how many bytes of data one packet carries; 0 before the handshake.

        Raises :class:`Error` when the connection is not a DTLS one.

        ``DTLS_get_data_mtu(3)``
        """
        return native.get_data_mtu(self)
