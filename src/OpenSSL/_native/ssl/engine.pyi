# Written by tools/make_stubs.py from engine.pyx.

from typing import Any

from OpenSSL._native.ssl.context import Context
from OpenSSL._native.ssl.working import Worker
from OpenSSL._types import SocketLike

def set_faces(plain: type[Engine], over_socket: type[Engine]) -> None:
    """Say which class becomes which other when it is given a socket."""

class Engine(Worker):
    """The owner of an SSL, with the ways into it and out of it."""
    def __init__(self, context: Context, socket: SocketLike | None = None) -> None: ...
    @property
    def _socket(self) -> Any: ...
