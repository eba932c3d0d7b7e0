from collections.abc import Callable
from typing import NoReturn

class Method: ...

class Context:
    """The owner of an SSL_CTX."""

    def __init__(self, number: int) -> None: ...
    def __reduce__(self) -> NoReturn: ...
    def get_app_data(self) -> object:
        """The object given to :meth:`set_app_data`, or None."""
    def set_app_data(self, data: object) -> None:
        """Keep an object of the program's own with the Context."""

def set_teller(told: Callable[[Context], None]) -> None: ...
def method_of(context: Context) -> int: ...
