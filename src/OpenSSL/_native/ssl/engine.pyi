from typing import Any, NoReturn

from OpenSSL._native.ssl.conduit import Conducted
from OpenSSL._native.ssl.context import Context
from OpenSSL._types import SocketLike

class Engine(Conducted):
    """The owner of an SSL, with the ways into it and out of it."""

    def __init__(self, context: Context, socket: SocketLike | None = None) -> None: ...
    def __reduce__(self) -> NoReturn: ...
    @property
    def _socket(self) -> Any: ...

def set_faces(plain: type[Engine], over_socket: type[Engine]) -> None: ...
