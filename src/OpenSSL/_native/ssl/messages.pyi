from collections.abc import Callable, Iterable

from OpenSSL._native.ssl.connection import Connection
from OpenSSL._types import Buffer, WritableBuffer

def send_pieces(connection: Connection, pieces: Iterable[Buffer]) -> int: ...
def receive_into(receive: Callable[[int], bytes], buffers: list[WritableBuffer]) -> int: ...
