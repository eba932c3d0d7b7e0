"""Extensions of the program's own, in the messages of a handshake."""

from __future__ import annotations

from OpenSSL._face.common.arguments import hook, integer
from OpenSSL._native.common.constants import EXT_TLS1_2_AND_BELOW_ONLY
from OpenSSL._native.ssl import context as native_context
from OpenSSL._native.ssl import custom_extensions as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from OpenSSL._face.crypto.certificates import X509
    from OpenSSL._face.ssl.connection import Connection

    AddHook: TypeAlias = Callable[[Connection, int, X509 | None], bytes | None]
    ParseHook: TypeAlias = Callable[[Connection, int, bytes, X509 | None], bool | None]

__all__ = ["ContextCustomExtensions"]

#: The one that SSL_CTX_add_custom_ext(3) takes although libssl knows it (RFC 6962, section 3.3).
_SIGNED_TIMESTAMPS = 18
#: One that libssl has for a fault of CryptoPro's, and hides in TLS 1.3 (``ext_defs``).
_CRYPTOPRO_BUG = 65000
#: The bits of ``context`` that stand for a version or a transport, and not for a message.
_CONDITIONS = 0x7F


class ContextCustomExtensions(native_context.Context):
    """The half of :class:`OpenSSL.SSL.Context` that has extensions beyond libssl's own."""

    __slots__ = ()

    def add_custom_ext(
        self,
        ext_type: int,
        context: int,
        add: AddHook | None = None,
        parse: ParseHook | None = None,
    ) -> None:
        """Send and read an extension of the number ``ext_type``, 0 to 65535.

        ``context`` says in which messages, by ``EXT_*`` constants. For each of them that is
        sent ``add(connection, message, certificate)`` returns the extension's body, at most
        65535 bytes, or None to send none, as where ``add`` is None; ``message`` is the constant
        of the message, ``certificate`` the X509 it goes with in ``EXT_TLS1_3_CERTIFICATE`` and
        None elsewhere. A server sends an extension only to clients that have sent it, but for
        requests for a certificate. For each that comes
        ``parse(connection, message, body, certificate)`` returns None or True to go on. False
        refuses the peer with handshake_failure. What they raise ends the handshake and comes
        out of the call that ran them, and an :class:`Error` whose ``alert`` is set says which
        alert the peer is sent.

        A client's hello is parsed when a server has looked for a session already: to choose
        rules by it there is :meth:`set_client_hello_callback`, which sees all extensions. Where
        extensions of certificates are parsed no sessions are resumed, for no certificates are
        sent then.

        An extension is added once, to each Context that a connection may be given in a handshake,
        and never taken away. For connections made from now on.

        Raises TypeError for wrong types, ValueError for a number out of range or one that
        libssl speaks of itself, or a ``context`` without a message, Error where it was added
        before or ``context`` makes no sense. Nor is there 65000 in TLS 1.3, which libssl hides.
        Signed certificate timestamps, 18, libssl reads in clients only, and only where
        :meth:`enable_ct` was called: elsewhere they may be added, as for a server that sends
        them; where it was called that is an Error.
        ``SSL_CTX_add_custom_ext(3)``
        """
        if not 0 <= integer("ext_type", ext_type) <= 0xFFFF:
            raise ValueError(f"ext_type must be from 0 to 65535, not {ext_type}")
        if not 0 <= integer("context", context) < 2**32:
            raise ValueError("context must be made of EXT_ constants")
        if not context & ~_CONDITIONS:
            raise ValueError("context names no message: nobody would send or read the extension")
        make, read = hook("add", add), hook("parse", parse)
        if ext_type != _SIGNED_TIMESTAMPS and native.is_supported(ext_type):
            raise ValueError(f"libssl itself speaks of extension {ext_type}")
        if ext_type == _CRYPTOPRO_BUG and not context & EXT_TLS1_2_AND_BELOW_ONLY:
            raise ValueError(
                f"libssl hides extension {ext_type} in TLS 1.3: take another number, or add "
                "EXT_TLS1_2_AND_BELOW_ONLY to context"
            )
        native.add(self, ext_type, context, make, read)
