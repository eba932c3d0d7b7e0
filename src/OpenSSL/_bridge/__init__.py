"""An ``ssl.SSLContext`` whose TLS is this package's; see :meth:`Context.as_ssl_context`.

The classes of the ``ssl`` module do what they do with plain sockets, names and warnings;
what they ask OpenSSL for is done here, by a link in the place of the C object.
"""

from __future__ import annotations

from OpenSSL._bridge.contexts import SSLContext
from OpenSSL._bridge.objects import SSLObject
from OpenSSL._bridge.sockets import SSLSocket

__all__ = ["SSLContext", "SSLObject", "SSLSocket"]
