"""What callers give, looked at before anybody is called: each error names what was given."""

from __future__ import annotations

import asyncio
import os
import ssl
from socket import SOCK_STREAM, socket
from typing import TYPE_CHECKING, Any

from OpenSSL._bridge.contexts import PROTOCOLS, SSLContext
from OpenSSL._bridge.errors import failure
from OpenSSL._face.ssl.context import Context
from OpenSSL._native.common.constants import TLS_CLIENT_METHOD, TLS_SERVER_METHOD
from OpenSSL._native.ssl.context import method_of
from OpenSSL._native.ssl.pairs import may_prove_itself

if TYPE_CHECKING:
    from OpenSSL.aio.asking import Callbacks

__all__ = [
    "check_context",
    "check_factory",
    "check_name",
    "check_options",
    "check_path",
    "check_server",
    "check_stream",
    "checked_protocol",
    "name_the_host",
    "seconds",
]


def seconds(name: str, value: float | None, default: float) -> float:
    """Return a time limit; raise ValueError unless it is positive."""
    if value is None:
        return default
    if not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number of seconds, not {type(value).__name__}")
    if not value > 0:
        raise ValueError(f"{name} should be a positive number, got {value}")
    return value


def check_context(context: Any, server_side: bool | None = None) -> Context | SSLContext:
    """Return what connections of this side can be made by; raise TypeError for anything else.

    Raises ValueError for a Context of the other side, and for one of DTLS.
    """
    if not isinstance(context, (Context, SSLContext)):
        raise TypeError(
            "context must be an OpenSSL.SSL.Context, or an ssl.SSLContext made by its "
            f"as_ssl_context(), not {type(context).__name__}"
        )
    bridged = isinstance(context, SSLContext)
    method = method_of(context.context if isinstance(context, SSLContext) else context)
    if method not in PROTOCOLS:
        raise ValueError("the Context is for DTLS, and asyncio's transports are streams")
    wrong = {True: TLS_CLIENT_METHOD, False: TLS_SERVER_METHOD}
    if server_side is not None and method == wrong[server_side]:
        here, there = ("server", "CLIENT") if server_side else ("client", "SERVER")
        if bridged:  # with the words of ssl
            raise failure(f"Cannot create a {here} socket with a PROTOCOL_TLS_{there} context")
        raise ValueError(
            f"the Context is for {there.lower()}s (TLS_{there}_METHOD), and this is the side of "
            f"the {here}"
        )
    return context


#: How the names of ciphers begin that need no certificate: OpenSSL's aNULL.
_ANONYMOUS = ("ADH-", "AECDH-")


def check_server(context: Context | SSLContext, callbacks: Callbacks) -> None:
    """Raise ValueError for a Context by which a server could only refuse its clients.

    A bridged one starts without a word, as with ``ssl``.
    """
    if isinstance(context, SSLContext) or may_prove_itself(context):
        return
    if callbacks.cert or callbacks.client_hello or callbacks.servername:
        return
    if any(name.startswith(_ANONYMOUS) for name in context.get_cipher_list()):
        return
    raise ValueError(
        "the Context has no certificate, and no callback that may bring one: "
        "use_certificate_chain_file and use_privatekey_file"
    )


def check_options(options: dict[str, Any]) -> None:
    """Refuse what would have asyncio speak TLS as well."""
    if "ssl" in options:
        raise TypeError("context is in the place of ssl: leave ssl out")


def check_name(name: str, value: Any) -> None:
    """Raise TypeError unless a host's name is text: nothing else may mean "any host"."""
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{name} must be str, not {type(value).__name__}")


def check_factory(name: str, factory: Any) -> None:
    """Raise TypeError for what cannot be called."""
    if not callable(factory):
        raise TypeError(f"{name} must be callable, not {type(factory).__name__}")


def checked_protocol(protocol: Any) -> Any:
    """Return a protocol; raise TypeError for what is none, as a coroutine or a class."""
    if asyncio.iscoroutine(protocol):
        protocol.close()
        raise TypeError(
            "protocol_factory must return a protocol: it cannot be a coroutine function"
        )
    if isinstance(protocol, type) or not hasattr(protocol, "connection_lost"):
        kind = (
            f"the class {protocol.__name__}"
            if isinstance(protocol, type)
            else (type(protocol).__name__)
        )
        raise TypeError(f"an asyncio protocol is needed, not {kind}")
    return protocol


def check_path(path: Any) -> None:
    """Raise ValueError for a NUL byte behind the first one, where it would cut the path."""
    if b"\0" in os.fsencode(path)[1:]:
        raise ValueError("a path must not contain a NUL byte")


def check_stream(sock: Any) -> None:
    """Refuse what is not a stream in plain text."""
    if not isinstance(sock, socket):
        raise TypeError(f"sock must be a socket, not {type(sock).__name__}")
    if isinstance(sock, ssl.SSLSocket):
        raise TypeError("sock has TLS already: give the socket that is below it")
    if sock.type != SOCK_STREAM:
        raise ValueError(f"A Stream Socket was expected, got {sock!r}")


def name_the_host(error: Any, host: Any) -> None:
    """Note whom nobody could find, where the error does not say it."""
    if hasattr(error, "add_note"):  # since Python 3.11
        text = host.decode("ascii", "backslashreplace") if isinstance(host, bytes) else str(host)
        hint = ""
        if "://" in text or "/" in text:
            hint = " (of a URL the host alone is wanted)"
        elif ":" in text:
            hint = " (the port is an argument of its own, and an IPv6 address has no brackets here)"
        error.add_note(f"the host: {text!r}{hint}")
