# Written by tools/make_stubs.py from datagram.pyx.

from collections.abc import Callable
from typing import Any

from OpenSSL._native.ssl.connection import Connection
from OpenSSL._native.ssl.context import Context

def set_cookie_generate_callback(
    context: Context, callback: Callable[[Any], bytes] | None
) -> None: ...
def set_cookie_verify_callback(
    context: Context, callback: Callable[[Any, bytes], bool] | None
) -> None: ...
def listen(connection: Connection) -> bool:
    """True when a client has shown a good cookie, False when none has so far."""

def set_timer_callback(
    connection: Connection, callback: Callable[[Any, float], float] | None
) -> None: ...
def get_timeout(connection: Connection) -> float | None:
    """Seconds until `handle_timeout` is due, or None when nothing is waited for."""

def handle_timeout(connection: Connection) -> bool: ...
def set_mtu(connection: Connection, mtu: int) -> None: ...
def get_data_mtu(connection: Connection) -> int: ...
