# Written by tools/make_stubs.py from peer_names.pyx.

from OpenSSL._native.ssl.connection import Connection
from OpenSSL._native.ssl.context import Context

def get_check_hostname(context: Context) -> bool: ...
def set_check_hostname(context: Context, wanted: bool) -> None: ...
def add_host(connection: Connection, name: bytes, dotted: bool) -> None:
    """``dotted``: OpenSSL's own ways are needed for it."""

def set_email(connection: Connection, address: bytes) -> None: ...
