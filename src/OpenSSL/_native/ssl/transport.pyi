# Written by tools/make_stubs.py from transport.pyx.

from OpenSSL._native.ssl.connection import Connection

def has_parted(connection: Connection) -> bool:
    """Whether nothing of TLS can be said any more, or nothing could be said so far."""

def part_at_once(connection: Connection) -> bool:
    """Send close_notify if nobody is sending and the transport takes it; whether it is out."""
