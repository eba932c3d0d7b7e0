# Written by tools/make_stubs.py from cert_verify.pyx.

from collections.abc import Callable
from typing import Any

from OpenSSL._native.ssl.connection import Connection
from OpenSSL._native.ssl.context import Context

def set_cert_verify_callback(context: Context, callback: Callable[..., Any] | None) -> None: ...
def get_cert_verify_callback(context: Context) -> Callable[..., Any] | None: ...
def connection_set_cert_verify_callback(
    connection: Connection, callback: Callable[..., Any] | None
) -> None: ...
