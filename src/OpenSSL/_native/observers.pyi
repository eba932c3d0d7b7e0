from collections.abc import Callable
from typing import Any

from OpenSSL._native.connection import Connection
from OpenSSL._native.context import Context

def set_info_callback(context: Context, callback: Callable[..., Any] | None) -> None: ...
def connection_set_info_callback(
    connection: Connection, callback: Callable[..., Any] | None
) -> None: ...
def set_keylog_callback(context: Context, callback: Callable[..., Any] | None) -> None: ...
