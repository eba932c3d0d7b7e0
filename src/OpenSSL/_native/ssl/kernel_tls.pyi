from collections.abc import Callable

from OpenSSL._native.ssl.connection import Connection
from OpenSSL._types import Buffer

def sending(connection: Connection) -> bool: ...
def receiving(connection: Connection) -> bool: ...
def is_stream(connection: Connection) -> bool: ...
def send_file(
    connection: Connection,
    read: Callable[[int, int], Buffer],
    file: int,
    offset: int,
    count: int,
) -> int: ...
