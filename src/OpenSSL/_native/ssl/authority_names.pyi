# Written by tools/make_stubs.py from authority_names.pyx.

from OpenSSL._native.crypto.certificates import X509
from OpenSSL._native.crypto.names import X509Name
from OpenSSL._native.ssl.connection import Connection
from OpenSSL._native.ssl.context import Context

def add_client_ca(context: Context, authority: X509) -> None: ...
def load_client_ca(context: Context, path: bytes) -> None: ...
def set_client_ca_list(target: Context | Connection, authorities: list[X509Name]) -> None: ...
