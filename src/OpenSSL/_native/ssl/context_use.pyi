# Written by tools/make_stubs.py from context_use.pyx.

from OpenSSL._native.ssl.context import Context
from OpenSSL._native.ssl.locking import Entrance

class ContextUser(Entrance):
    """What lives under a Context."""
    def get_context(self) -> Context:
        """The Context given last.

        ``SSL_get_SSL_CTX(3)``
        """
    def get_app_data(self) -> object:
        """The object given to :meth:`set_app_data`, or None."""
    def set_app_data(self, data: object) -> None:
        """Keep an object of the program's own with the connection."""
