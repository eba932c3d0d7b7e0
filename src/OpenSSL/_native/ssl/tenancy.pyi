# Written by tools/make_stubs.py from tenancy.pyx.

from OpenSSL._native.ssl.context import Context
from OpenSSL._native.ssl.locking import Entrance

class Tenant(Entrance):
    """What lives under a Context and may move to another."""
    def set_context(self, context: Context) -> None:
        """Go on with another Context, most often from a server-name callback.

        Its certificate, callbacks, verification and options are in force from
        here on; what was set on this connection itself stays.

        Raises TypeError if ``context`` is not a Context.
        ``SSL_set_SSL_CTX(3)``
        """
    def get_context(self) -> Context:
        """The Context given last.

        ``SSL_get_SSL_CTX(3)``
        """
    def get_app_data(self) -> object:
        """The object given to :meth:`set_app_data`, or None."""
    def set_app_data(self, data: object) -> None:
        """Keep an object of the program's own with the connection."""
