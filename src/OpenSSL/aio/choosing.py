"""Callbacks that choose: the certificate, and before that by the client's hello anything.

Theory.  libssl itself asks both, and stops where the answer is "not yet" (SSL_get_error(3)).  A
client's hello is shown to the callback for hellos first and to the one for server names then,
both before libssl looks at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from OpenSSL.aio.asking import Asked

if TYPE_CHECKING:
    from OpenSSL._face.ssl.client_hello import ClientHello
    from OpenSSL._face.ssl.connection import Connection
    from OpenSSL.aio.asking import Callbacks, CertCallback

__all__ = ["Choice", "Greeting"]


class Choice(Asked):
    """Asks for a certificate."""

    __slots__ = ("_callback",)

    name = "certificate"

    def __init__(self, callback: CertCallback) -> None:
        super().__init__()
        self._callback = callback

    def __call__(self, connection: Connection) -> None:
        """Answer libssl: at once, or with "not yet"."""
        self.answer(lambda: self._callback(connection))


class Greeting(Asked):
    """Shows a client's hello to the callback for that, and then asks the one for its name."""

    __slots__ = ("_callbacks", "_heard")

    name = "client hello"

    def __init__(self, callbacks: Callbacks) -> None:
        super().__init__()
        self._callbacks = callbacks
        self._heard = False  # the callback for hellos has answered, and the other is asked

    def __call__(self, connection: Connection, hello: ClientHello) -> bool | None:
        """Answer libssl: at once, or with "not yet"."""
        show, choose = self._callbacks.client_hello, self._callbacks.servername
        if show is not None and not self._heard:
            accepted: bool | None = self.answer(lambda: show(connection, hello))
            if choose is None or not (accepted is None or accepted is True):
                return accepted
        if choose is not None:
            self._heard = True
            try:
                self.answer(lambda: choose(connection))
            finally:
                # "Not yet" comes back here; a client may also say hello again.
                self._heard = self.is_awaited()
        return None
