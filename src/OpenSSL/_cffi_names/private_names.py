"""The private names that programs take from ``OpenSSL.SSL`` and ``OpenSSL.crypto``."""

from __future__ import annotations

from typing import Any

from OpenSSL import _util
from OpenSSL._exceptions import CryptoError

__all__ = ["private"]

_NAMES = {
    "_byte_string": _util.byte_string,
    "_exception_from_error_queue": _util.exception_from_error_queue,
    "_ffi": _util.ffi,
    "_lib": _util.lib,
    "_make_assert": _util.make_assert,
    "_path_bytes": _util.path_bytes,
    "_text_to_bytes_and_warn": _util.text_to_bytes_and_warn,
}
_ASSERTS = {
    "OpenSSL.SSL": _util.openssl_assert,
    "OpenSSL.crypto": _util.make_assert(CryptoError),
}


def private(module: str, name: str) -> Any:
    """Return a private name of a module; AttributeError when it is not one of those."""
    if name == "_openssl_assert":
        return _ASSERTS[module]
    try:
        return _NAMES[name]
    except KeyError:
        raise AttributeError(f"module {module!r} has no attribute {name!r}", name=name) from None
