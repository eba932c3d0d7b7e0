"""Distinguished names as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from OpenSSL._cffi_names.memory import NULL, Space
from OpenSSL.crypto import X509Name

__all__ = ["FUNCTIONS"]


def oneline(name: X509Name, buffer: Any, size: int) -> bytes | Space:
    if buffer is NULL:
        return name.oneline()
    buffer.write(name.oneline(), size)
    return buffer  # type: ignore[no-any-return]  # the room that ffi.new() made


FUNCTIONS: dict[str, Callable[..., Any]] = {"X509_NAME_oneline": oneline}
