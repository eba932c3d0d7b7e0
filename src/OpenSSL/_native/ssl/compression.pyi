# Written by tools/make_stubs.py from compression.pyx.

from typing import Any

from OpenSSL._native.ssl.context import Context

def is_supported() -> bool: ...
def set_preference(target: Any, kinds: bytes) -> None: ...
def compress(context: Context) -> None: ...
def get_compressed(context: Context, kind: int) -> tuple[bytes, int] | None:
    """What is sent, and how long it is uncompressed; None where nothing can be."""
