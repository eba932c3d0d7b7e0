"""Verification: the names a peer must have, and what became of it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from OpenSSL._cffi_names.memory import NULL
from OpenSSL._cffi_names.verdicts import attempt
from OpenSSL._native.ssl import trust as native
from OpenSSL.crypto import X509_verify_cert_error_string
from OpenSSL.SSL import Connection

__all__ = ["FUNCTIONS"]


def get_param(connection: Connection) -> Connection:
    return connection


def set_hostflags(param: Connection, flags: int) -> None:
    param.set_hostflags(flags)


def set_host(param: Connection, name: bytes, length: int = 0) -> int:
    name = name[:length] if length else name
    # The end of a text of C is not a part of it; a NUL anywhere else is refused, not its end.
    return attempt(param.set_host, name.removesuffix(b"\0"))


def set_ip(param: Connection, address: bytes, length: int = 0) -> int:
    address = address[: length or None]
    if len(address) not in {4, 16}:
        return 0
    family = socket.AF_INET if len(address) == 4 else socket.AF_INET6
    return attempt(param.set_ip_asc, socket.inet_ntop(family, address))


def set_verify(connection: Connection, mode: int, callback: Any) -> None:
    if callback is not NULL:
        raise TypeError("callbacks of C cannot be called; use OpenSSL.SSL.Connection.set_verify")
    native.connection_set_verify_mode(connection, mode)


def cert_error_string(code: int) -> bytes:
    return X509_verify_cert_error_string(code).encode()


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "SSL_get0_param": get_param,
    "SSL_get_verify_result": Connection.get_verify_result,
    "SSL_set_verify": set_verify,
    "X509_VERIFY_PARAM_set1_host": set_host,
    "X509_VERIFY_PARAM_set1_ip": set_ip,
    "X509_VERIFY_PARAM_set_hostflags": set_hostflags,
    "X509_verify_cert_error_string": cert_error_string,
}
