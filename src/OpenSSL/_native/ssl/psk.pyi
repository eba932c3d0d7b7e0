# Written by tools/make_stubs.py from psk.pyx.

from collections.abc import Callable
from typing import Any

from OpenSSL._native.ssl.connection import Connection
from OpenSSL._native.ssl.context import Context
from OpenSSL._native.ssl.sessions import Session

def set_callback(context: Context, name: str, callback: Callable[..., Any] | None) -> None:
    """Another hook: "psk_client", "psk_server", "psk_use" or "psk_find"."""

def use_identity_hint(target: Context | Connection, hint: bytes | None) -> None: ...
def get_identity(connection: Connection) -> bytes | None:
    """Whose key is in use; None where there is none."""

def get_identity_hint(connection: Connection) -> bytes | None: ...
def make_session(
    key: object, cipher: object, size: int, protocol: bytes | None, host: bytes | None
) -> Session:
    """One that allows so many bytes early, for that protocol and that host."""
