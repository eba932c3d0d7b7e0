"""``lib``: C functions and constants by name, answered from the tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from OpenSSL._cffi_names import ciphers, credentials, names, peer, settings, trust
from OpenSSL._cffi_names.hints import lacking
from OpenSSL._native.common import constants

__all__ = ["Library", "lib"]


def _version_number() -> int:
    return constants.OPENSSL_VERSION_NUMBER


#: Programs ask whether these are there, and call none of them.
_METHODS: dict[str, Callable[..., Any]] = {
    "DTLS_client_method": lambda: constants.DTLS_CLIENT_METHOD,
    "DTLS_method": lambda: constants.DTLS_METHOD,
    "DTLS_server_method": lambda: constants.DTLS_SERVER_METHOD,
    "TLS_client_method": lambda: constants.TLS_CLIENT_METHOD,
    "TLS_method": lambda: constants.TLS_METHOD,
    "TLS_server_method": lambda: constants.TLS_SERVER_METHOD,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **ciphers.FUNCTIONS,
    **credentials.FUNCTIONS,
    **names.FUNCTIONS,
    **peer.FUNCTIONS,
    **settings.FUNCTIONS,
    **trust.FUNCTIONS,
    **_METHODS,
    "OpenSSL_version_num": _version_number,
}


class Library:
    """The object that programs find as ``SSL._lib`` and ``OpenSSL._util.lib``."""

    def __getattr__(self, name: str) -> Any:
        if name in _FUNCTIONS:
            return _FUNCTIONS[name]
        if name in peer.CONSTANTS:
            return peer.CONSTANTS[name]
        # C's names of our constants have a prefix that ours may lack.
        for ours in (name, name.removeprefix("SSL_")):
            if ours in constants.__all__:
                return getattr(constants, ours)
        raise lacking("lib", name)

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *_FUNCTIONS, *peer.CONSTANTS})


lib = Library()
