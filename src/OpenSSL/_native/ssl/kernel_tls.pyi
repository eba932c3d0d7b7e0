# Written by tools/make_stubs.py from kernel_tls.pyx.

from collections.abc import Callable

from OpenSSL._native.ssl.connection import Connection
from OpenSSL._types import Buffer

def sending(connection: Connection) -> bool: ...
def receiving(connection: Connection) -> bool: ...
def is_stream(connection: Connection) -> bool: ...
def send_file(
    connection: Connection, read: Callable[[int, int], Buffer], file: int, offset: int, count: int
) -> int:
    """Send `count` bytes, or all when it is -1; return how many that was.

    `read(size, offset)` returns bytes of the file; `file` is its descriptor, -1
    where there is none that may be used.  An exception has `bytes_sent`.
    """
