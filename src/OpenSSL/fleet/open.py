"""From the address of a store to the store."""

from __future__ import annotations

import os

from OpenSSL.fleet.checking import looks_like_address
from OpenSSL.fleet.store import SessionStore

__all__ = ["open_store"]

SCHEMES = ("valkey", "redis", "unix")


def open_store(where: str | os.PathLike[str] | SessionStore) -> SessionStore:
    """The store at an address or a path; a store is returned as it is.

    Raises TypeError if it is not one of these, ValueError if the address is not understood.
    """
    if isinstance(where, (str, os.PathLike)):
        text = os.fspath(where)
        if text == "memory:":
            from OpenSSL.fleet.memory import MemoryStore

            return MemoryStore()
        if "://" in text and text.startswith(SCHEMES):
            from OpenSSL.fleet.valkey import Valkey

            return Valkey(text)
        if "://" in text:
            raise ValueError(f"{text.split('://')[0]}:// is not the address of a store")
        if looks_like_address(text) and not os.path.exists(text):
            raise ValueError(
                "this is neither a path nor the address of a store, which begins with its kind "
                "and two slashes, as valkey://localhost:6379/0 does; a path with a colon may begin "
                "with ./"
            )
        if not text:
            raise ValueError("the path of a store is empty")
        from OpenSSL.fleet.shared_file import SharedFile

        return SharedFile(text)
    if isinstance(where, SessionStore) and not isinstance(where, type):
        return where
    raise TypeError(f"a store, an address or a path is needed, not {type(where).__name__}")
