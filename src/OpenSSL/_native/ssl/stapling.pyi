# Written by tools/make_stubs.py from stapling.pyx.

from collections.abc import Callable
from typing import Any

from OpenSSL._native.ssl.connection import Connection
from OpenSSL._native.ssl.context import Context

def set_ocsp_client_callback(
    context: Context, callback: Callable[..., Any] | None, data: object
) -> None: ...
def set_ocsp_server_callback(
    context: Context, callback: Callable[..., Any] | None, data: object
) -> None: ...
def request_ocsp(target: object) -> None:
    """Let a connection, or all that a Context makes from now on, ask for a response."""

def get_tlsext_status_ocsp_resp(connection: Connection) -> bytes | None: ...
