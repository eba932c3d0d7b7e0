# Written by tools/make_stubs.py from early_data.pyx.

from collections.abc import Callable
from typing import Any

from OpenSSL._native.ssl.connection import Connection
from OpenSSL._native.ssl.context import Context

def set_max(context: Context, size: int, received: bool) -> None: ...
def get_max(context: Context, received: bool) -> int: ...
def connection_get_max(connection: Connection, received: bool) -> int: ...
def set_allow_callback(
    target: Context | Connection, callback: Callable[..., Any] | None
) -> None: ...
def set_once_hook(context: Context, hook: Callable[..., Any] | None) -> None:
    """Ask about early data that is allowed otherwise: whether it comes for the first time.

    It stays when another callback is set, and where a connection is given a Context without one.
    """

def write(connection: Connection, data: Any) -> int:
    """How many bytes were taken: those of one record at most (SSL_write_ex(3))."""

def read(connection: Connection, size: int) -> bytes:
    """At most so many bytes; none when there will be no more."""

def get_status(connection: Connection) -> int: ...
def export(connection: Connection, label: bytes, size: int, context: bytes) -> bytes: ...
