"""Watching handshakes: state changes, and the keys for a decrypting recorder."""

from __future__ import annotations

from OpenSSL._face.common.arguments import hook
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import context as native_context
from OpenSSL._native.ssl import observers as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from OpenSSL._face.ssl.connection import Connection

    InfoHook: TypeAlias = Callable[[Connection, int, int], object]
    KeylogHook: TypeAlias = Callable[[Connection, bytes], object]
    MessageHook: TypeAlias = Callable[[Connection, bool, int, int, bytes], object]

__all__ = ["ConnectionObservers", "ContextObservers"]


class ContextObservers(native_context.Context):
    """The half of :class:`OpenSSL.SSL.Context` that watches."""

    __slots__ = ()

    def set_info_callback(self, callback: InfoHook | None) -> None:
        """Tell ``callback(connection, where, value)`` about each step of a handshake.

        ``where`` is made of ``SSL_CB_*`` and ``SSL_ST_*`` bits, ``value`` the result
        or the alert.  What it returns is ignored; what it raises ends the
        handshake and comes out of the call that was shaking hands.  None tells
        nobody any more.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_CTX_set_info_callback(3)``
        """
        native.set_info_callback(self, hook("callback", callback))

    def get_info_callback(self) -> InfoHook | None:
        """The callback given to :meth:`set_info_callback`, or None.

        ``SSL_CTX_get_info_callback(3)``
        """
        return native.get_info_callback(self)

    def set_keylog_callback(self, callback: KeylogHook | None) -> None:
        """Give ``callback(connection, line)`` the secrets, as lines of an SSLKEYLOGFILE.

        Anyone who has the lines can read the traffic.  What it raises ends the
        handshake and comes out of the call that was shaking hands.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_CTX_set_keylog_callback(3)``
        """
        native.set_keylog_callback(self, hook("callback", callback))

    def get_keylog_callback(self) -> KeylogHook | None:
        """The callback given to :meth:`set_keylog_callback`, or None.

        ``SSL_CTX_get_keylog_callback(3)``
        """
        return native.get_keylog_callback(self)

    def set_message_callback(self, callback: MessageHook | None) -> None:
        """Show ``callback`` each protocol message, on its way out and after it came in.

        It is called as ``callback(connection, writing, version, content_type, data)``:
        ``writing`` is True for what this side sends, ``version`` a ``TLS1_*_VERSION``,
        ``content_type`` the number of the record's type (20 change_cipher_spec, 21 alert,
        22 handshake, 256 a record's header, 257 the type inside an encrypted record) and
        ``data`` the bytes, decrypted. Application data is not shown. What it raises ends a
        handshake and comes out of the call that was at work. None shows nobody. For
        connections made from now on. A :class:`Trace` prints them.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_CTX_set_msg_callback(3)``
        """
        native.set_message_callback(self, hook("callback", callback))

    def get_message_callback(self) -> MessageHook | None:
        """Return the callback given to :meth:`set_message_callback`, or None.

        ``SSL_CTX_set_msg_callback(3)``
        """
        return native.get_message_callback(self)

    @property
    def _keylog_callback(self) -> KeylogHook | None:
        return self.get_keylog_callback()


class ConnectionObservers(native_connection.Connection):
    """The half of :class:`OpenSSL.SSL.Connection` that watches."""

    __slots__ = ()

    def set_info_callback(self, callback: InfoHook | None) -> None:
        """Tell ``callback`` instead of the Context's; see there.  None tells nobody.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_set_info_callback(3)``
        """
        native.connection_set_info_callback(self, hook("callback", callback))
