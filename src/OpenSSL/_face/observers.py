"""Watching handshakes: state changes, and the keys for a decrypting recorder."""

from __future__ import annotations

from OpenSSL._face.arguments import hook
from OpenSSL._native import (
    connection as native_connection,
)
from OpenSSL._native import (
    context as native_context,
)
from OpenSSL._native import (
    observers as native,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from OpenSSL._face.connection import Connection

    InfoHook: TypeAlias = Callable[[Connection, int, int], object]
    KeylogHook: TypeAlias = Callable[[Connection, bytes], object]

__all__ = ["ConnectionObservers", "ContextObservers"]


class ContextObservers(native_context.Context):
    """The half of :class:`OpenSSL.SSL.Context` that watches."""

    __slots__ = ()

    def set_info_callback(self, callback: InfoHook | None) -> None:
        """Tell ``callback(connection, where, value)`` about each step of a handshake.

        ``where`` is made of ``SSL_CB_*`` and ``SSL_ST_*`` bits, ``value`` the result
        or the alert.  What it answers is ignored; what it raises ends the
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

        Whoever has the lines can read the traffic.  What it raises ends the
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
