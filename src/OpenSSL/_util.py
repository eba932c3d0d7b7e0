"""What programs import from pyOpenSSL's private module; for compatibility only."""

from __future__ import annotations

import os
import warnings
from typing import Any

from OpenSSL._cffi_names.library import lib
from OpenSSL._cffi_names.memory import ffi
from OpenSSL._cffi_names.verdicts import exception_from_error_queue, make_assert, openssl_assert

__all__ = [
    "UNSPECIFIED",
    "byte_string",
    "exception_from_error_queue",
    "ffi",
    "lib",
    "make_assert",
    "openssl_assert",
    "path_bytes",
    "text",
    "text_to_bytes_and_warn",
]

#: The default of a parameter for which None means something.
UNSPECIFIED = object()


def text(charp: Any) -> str:
    """Return C's text as a str, "" for NULL."""
    return "" if not charp else ffi.string(charp).decode("utf-8")


def byte_string(s: str) -> bytes:
    """Return the bytes of a str that has only Latin-1 letters."""
    return s.encode("latin-1")


def path_bytes(s: str | bytes | os.PathLike[str]) -> bytes:
    """Return a path in the bytes of the file system's encoding."""
    return os.fsencode(s)


def text_to_bytes_and_warn(label: str, obj: Any) -> Any:
    """Return ``obj``, encoded as UTF-8 with a warning when it is a str."""
    if not isinstance(obj, str):
        return obj
    warnings.warn(
        f"str for {label} is no longer accepted, use bytes", DeprecationWarning, stacklevel=3
    )
    return obj.encode("utf-8")
