# Written by tools/make_stubs.py from context.pyx.

from collections.abc import Callable

def set_teller(told: Callable[[Context], None]) -> None:
    """Say which function tells the program of the sessions that a Context has let go of."""

class Method:
    """One way to make an SSL_CTX: its function and, where it fixes one, the version."""

class Context:
    """The owner of an SSL_CTX."""
    def __init__(self, number: int) -> None: ...
    def get_app_data(self) -> object:
        """The object given to :meth:`set_app_data`, or None."""
    def set_app_data(self, data: object) -> None:
        """Keep an object of the program's own with the Context."""

def method_of(context: Context) -> int:
    """The ``*_METHOD`` constant that the Context was made for."""
