"""From the address of a store to the store."""

from __future__ import annotations

import os

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
        from OpenSSL.fleet.shared_file import SharedFile

        return SharedFile(text)
    if isinstance(where, SessionStore):
        return where
    raise TypeError(f"a store, an address or a path is needed, not {type(where).__name__}")
