# Written by tools/make_stubs.py from messages.pyx.

from collections.abc import Callable, Iterable

from OpenSSL._native.ssl.connection import Connection
from OpenSSL._types import Buffer, WritableBuffer

def send_pieces(connection: Connection, pieces: Iterable[Buffer]) -> int:
    """Send every buffer that `pieces` gives, none of others in between; the bytes in all.

    They should be short: the lock is held while one of them is encrypted.  An exception
    has `bytes_sent`.
    """

def receive_into(receive: Callable[[int], bytes], buffers: list[WritableBuffer]) -> int:
    """Scatter what `receive(size)` returns, for the size of all buffers; how much it was.

    No buffer can be resized or freed meanwhile, and nothing is received before all
    have proved to be writable.
    """
