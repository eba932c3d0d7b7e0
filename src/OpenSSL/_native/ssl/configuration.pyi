# Written by tools/make_stubs.py from configuration.pyx.

from OpenSSL._native.ssl.connection import Connection
from OpenSSL._native.ssl.context import Context

def configure(target: Context | Connection, commands: list[tuple[bytes, bytes | None]]) -> None: ...

class File:
    """Owns a CONF."""

def read_section(path: bytes, section: bytes) -> list[tuple[bytes, bytes | None]]:
    """The commands of one section, in their order."""
