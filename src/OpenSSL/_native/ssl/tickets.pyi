# Written by tools/make_stubs.py from tickets.pyx.

from collections.abc import Callable
from typing import Any

from OpenSSL._native.ssl.connection import Connection
from OpenSSL._native.ssl.context import Context

def set_callbacks(
    context: Context, make: Callable[..., Any] | None, take: Callable[..., Any] | None
) -> None: ...
def get_callbacks(
    context: Context,
) -> tuple[Callable[..., Any] | None, Callable[..., Any] | None]: ...
def new_ticket(connection: Connection) -> None: ...
def set_number(connection: Connection, count: int) -> None: ...
def get_number(connection: Connection) -> int: ...
