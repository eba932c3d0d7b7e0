"""anyio's streams over TLS of this package, on asyncio and on trio.

The names are those of :mod:`anyio.streams.tls`, with ``context``, a
:class:`OpenSSL.SSL.Context`, where anyio has ``ssl_context``. It needs anyio: the extra
``anyio``.
"""

from __future__ import annotations

from OpenSSL._face.common.foreign import without

try:
    from OpenSSL.aio.listening import TLSListener, connect_tcp
    from OpenSSL.aio.wrapping import TLSStream
except ModuleNotFoundError as _missing:
    if _missing.name != "anyio":
        raise
    raise without("anyio") from _missing

__all__ = ["TLSListener", "TLSStream", "connect_tcp"]
