# Written by tools/make_stubs.py from context_choice.pyx.

from OpenSSL._native.ssl.context import Context
from OpenSSL._native.ssl.context_use import ContextUser

class ContextChooser(ContextUser):
    """What may move to another Context."""
    def set_context(self, context: Context) -> None:
        """Go on with another Context, most often from a server-name callback.

        Its certificate, callbacks, verification and options are in force from
        here on; what was set on this connection itself stays.

        Raises TypeError if ``context`` is not a Context.
        ``SSL_set_SSL_CTX(3)``
        """
